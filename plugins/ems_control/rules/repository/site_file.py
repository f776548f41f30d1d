"""Family 7, mkdocs.yml: what it may say of documents, and what it loads and runs beside them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ems_control.ground.markdown.active import ACTIVE_FILES
from ems_control.ground.markdown.mkdocs_yml import (
    CONFIG_FILE,
    PLUGIN,
    RIGHT_THEME,
    THEME,
    WRONG_THEME,
    SiteConfig,
)
from ems_control.ground.organisation.plugins import HARMFUL, TRIED
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.steering_files import site_config_of, site_files
from ems_control.rules.book import rule
from ems_control.rules.finding import Found

_REMOTE = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?//")


def _at(handbook: Handbook, line: int, message: str, fix: str) -> Found:
    return Found(handbook.repository.prefix + CONFIG_FILE, line, 1, "", message, fix)


@rule("EMS717", "navigation-renames-document", "warning", sees="shared")
def navigation_renames_document(handbook: Handbook) -> Iterator[Found]:
    """The navigation calls a document something else than its title and number.

    Checks: A label under `nav` of mkdocs.yml that leads to a document is its number, the title of one of its revisions,
        or both. The site shows number and title in force, whatever the label says.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.2 (identification); EMAS A.7.5.2.
    Bad:
        mkdocs.yml
          = site_name: Works
          = nav:
          =   - Start: index.md
          =   - WITHDRAWN, do not use: procedures/EMS-PRO-001.md
    Good:
        mkdocs.yml
          = site_name: Works
          = nav:
          =   - Start: index.md
          =   - EMS-PRO-001 Yard drains: procedures/EMS-PRO-001.md
          =   - procedures/EMS-PRO-001.md
    Fix: Leave the label out, or write the title.
    """
    documents = {handbook.under_docs(path): document for path, document in handbook.by_path.items()}
    config = _judged(handbook)
    for entry in config.navigation:
        document = documents.get(entry.target or "")
        if document and entry.label is not None and not _is_name(entry.label, document):
            message = f'the navigation calls {document.id} "{entry.label}"; the site shows its number and title'
            yield _at(handbook, config.line("nav"), message, "Leave the label out, or write the title.")


def _is_name(label: str, document: Document) -> bool:
    titles = {version.facts.title or "" for version in [*document.history.versions, document.current] if version}
    names = {document.id, *titles, *(f"{document.id} {title}" for title in titles)}
    return " ".join(label.split()).casefold() in {" ".join(name.split()).casefold() for name in names}


@rule("EMS725", "site-theme-not-material", "warning", sees="shared")
def site_theme_not_material(handbook: Handbook) -> Iterator[Found]:
    """The site has a theme in which no page of the handbook can be shown.

    Checks: Where mkdocs.yml names the plugin ems-control, the theme is Material for MkDocs; where it says none, MkDocs
        takes one of its own. A theme of yours in a folder (`name: null`, `custom_dir`) is not judged here. The build
        refuses every other.
    Basis: Our own rule.
    Bad:
        mkdocs.yml
          = site_name: Works
          = theme: readthedocs
          = plugins: [search, ems-control]
    Good:
        mkdocs.yml
          = site_name: Works
          = theme: {name: material, font: false}
          = plugins: [search, ems-control]
    Fix: Write `theme: {name: material, font: false}`; or leave the plugin out and build what `ems stage` writes.
    """
    config = _judged(handbook)
    if config.theme not in (None, THEME) and PLUGIN in [name for name, _ in config.entries("plugins")]:
        yield _at(handbook, config.line("theme"), WRONG_THEME.format(name=config.theme), RIGHT_THEME)


@rule("EMS718", "site-loads-from-elsewhere", "error", fixed=True, sees="shared")
def site_loads_from_elsewhere(handbook: Handbook) -> Iterator[Found]:
    """mkdocs.yml makes every page load something from another computer, or names a plugin that changes texts.

    Checks: Everything under `extra_css` and `extra_javascript`, and the theme's `logo` and `favicon`, lies in the
        repository, the first two not among the texts; and no plugin is known to change what is approved, or to ask
        another computer.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (loss of integrity); EMAS A.7.5.3.
    Bad:
        mkdocs.yml
          = site_name: Works
          = theme: material
          = plugins: [search, macros, ems-control]
          = extra_javascript: ["https://cdn.example.org/math.js"]
    Good:
        mkdocs.yml
          = site_name: Works
          = theme: material
          = plugins: [search, glightbox, ems-control]
          = extra_javascript: [assets/math.js]
    Fix: Save the file under custom_dir of the theme; leave the plugin out.
    """
    config = _judged(handbook)
    for key in ("extra_css", "extra_javascript"):
        for entry in _listed(config.tree.get(key)):
            if _REMOTE.match(entry):
                message = f"{key} loads {entry} from another computer"
                yield _at(handbook, config.line(key, entry), message, "Save the file under custom_dir of the theme.")
            elif f"{handbook.docs}/{entry}" in handbook.tree.files and not entry.lower().endswith(ACTIVE_FILES):
                message = f"{key} makes every page load {entry}, which lies among the texts"
                yield _at(handbook, config.line(key, entry), message, "Save the file under custom_dir of the theme.")
    theme = config.tree.get("theme")
    for key, value in theme.items() if isinstance(theme, Mapping) else ():
        if key in ("logo", "favicon") and _REMOTE.match(str(value)):
            message = f"{key} loads {value} from another computer"
            yield _at(handbook, config.line("theme", key), message, "Save the file under custom_dir of the theme.")
    for name, _ in config.entries("plugins"):
        if reason := HARMFUL.get(name.removeprefix("material/")):
            yield _at(handbook, config.line("plugins", name), f"the plugin {name} {reason}", "Leave it out.")


@rule("EMS719", "site-machinery-unknown", "warning", sees="shared")
def site_machinery_unknown(handbook: Handbook) -> Iterator[Found]:
    """mkdocs.yml runs something that nobody has tried beside this handbook.

    Checks: Plugins are among those that were tried beside ems-control (`ems doctor` lists them); hooks and a theme
        folder of one's own are named, because they can change every page.
    Basis: Our own rule: what reaches readers is compared with what was approved, and should not come as a surprise.
    Bad:
        mkdocs.yml
          = site_name: Works
          = theme: material
          = plugins: [search, ems-control, works-banner]
    Good:
        mkdocs.yml
          = site_name: Works
          = theme: material
          = plugins: [search, ems-control, section-index]
    Fix: Look at what it does, give it an owner (`ems codeowners`), and waive this with the reason.
    """
    config = handbook.site_config
    fix = "Look at what it does, give it an owner (ems codeowners), and waive this with the reason."
    for name, _ in config.entries("plugins"):
        bare = name.removeprefix("material/")
        if bare not in TRIED and bare not in HARMFUL:
            message = f"the plugin {name} has not been tried beside this handbook"
            yield _at(handbook, config.line("plugins", name), message, fix)
    for hook in _listed(config.tree.get("hooks")):
        yield _at(handbook, config.line("hooks", hook), f"the hook {hook} can change every page", fix)
    if config.theme_folder:
        message = f"the theme folder {config.theme_folder} can change every page"
        yield _at(handbook, config.line("theme", "custom_dir"), message, fix)


@rule("EMS720", "site-machinery-added", "error", needs_history=True, sees="shared")
def site_machinery_added(handbook: Handbook) -> Iterator[Found]:
    """A change lets mkdocs.yml run something that it did not run before.

    Checks: In a change onto main, mkdocs.yml names no new hook, no other theme folder and no plugin that has not been
        tried. Whoever holds the policy role accepts one by a waiver for mkdocs.yml.
    Basis: Our own rule: whoever could change every page at once needs more than a merge.
    Bad:
        mkdocs.yml
          = site_name: Works
        commit
        branch
        mkdocs.yml
          = site_name: Works
          = hooks: [hooks/stamp.py]
        commit
        propose
    Good:
        mkdocs.yml
          = site_name: Works
        commit
        branch
        mkdocs.yml
          = site_name: Works
          = theme: material
          = plugins: [search, ems-control, glightbox]
        commit
        propose
    Fix: Look at what it does; then a waiver in ems.yml: {rule: site-machinery-added, document: mkdocs.yml, …}.
    """
    if handbook.proposal is None:
        return
    before, after = handbook.site_config, _judged(handbook)
    known = set(_machinery(before))
    for key, name in _machinery(after):
        if (key, name) not in known:
            message = f"this change adds {name} to {key}, which can change every page"
            fix = "Look at what it does; then accept it by a waiver for mkdocs.yml in ems.yml."
            yield _at(handbook, after.line(key, name), message, fix)


def _machinery(config: SiteConfig) -> Iterator[tuple[str, str]]:
    """What a mkdocs.yml runs beside the handbook: key and name."""
    for name, _ in config.entries("plugins"):
        if name.removeprefix("material/") not in TRIED:
            yield "plugins", name
    yield from (("hooks", hook) for hook in _listed(config.tree.get("hooks")))
    if config.theme_folder:
        yield "theme", config.theme_folder


def _judged(handbook: Handbook) -> SiteConfig:
    """The mkdocs.yml that is judged, with what it inherits: of a proposed change what they would be."""
    proposal = handbook.proposal
    if proposal is None:
        return handbook.site_config
    changed = {change.path: change.after for change in proposal.changes}
    root = handbook.committed_config.root
    return handbook.once("proposed_site", lambda: site_config_of(handbook.repository, root, changed))


def runs_beside(handbook: Handbook) -> tuple[set[str], str | None]:
    """The files that mkdocs.yml runs or inherits from, and the folder of its theme; paths from the repository."""
    config, prefix = handbook.site_config, handbook.repository.prefix
    inherited = site_files(handbook.repository, handbook.committed_config.root)[1:]
    names = {posixpath.normpath(prefix + name) for name in (*inherited, *_listed(config.tree.get("hooks")))}
    return names, posixpath.normpath(prefix + config.theme_folder) + "/" if config.theme_folder else None


def _listed(value: Any) -> list[str]:
    entries = value if isinstance(value, list) else []
    return [str(e.get("path", e.get("name", ""))) if isinstance(e, dict) else str(e) for e in entries]
