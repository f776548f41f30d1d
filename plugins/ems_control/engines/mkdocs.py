"""The MkDocs (and ProperDocs) plugin: hands the publication over, computes nothing itself."""

from __future__ import annotations

import datetime
import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from mkdocs.config import config_options as option
from mkdocs.config.base import Config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.livereload import LiveReloadServer
from mkdocs.plugins import BasePlugin, event_priority, get_plugin_logger
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.nav import Navigation

from ems_control.ground.errors import EmsError
from ems_control.ground.formats.extensions import OURS
from ems_control.ground.organisation.people import PEOPLE_FILE
from ems_control.ground.organisation.plugins import HARMFUL
from ems_control.ground.organisation.policy import POLICY_FILE
from ems_control.handbook.handbook import Handbook, find_root, load, read_configuration
from ems_control.site.addressing import Addresses
from ems_control.site.page import Page
from ems_control.site.publication import Publication, publish
from ems_control.site.theme import FOLDER, SCRIPTS, STYLES

log = get_plugin_logger(__name__)
said = logging.getLogger("ems_control")
"""What is said aloud and ends no build: a warning of MkDocs' own loggers would, in strict mode."""


class EmsControlConfig(Config):  # type: ignore[no-untyped-call]
    """Options of the plugin in mkdocs.yml. The policy itself stands in ems.yml."""

    as_of = option.Optional(option.Type((str, datetime.date)))
    """The day whose handbook is published, as 2026-03-01; default: today."""
    preview = option.Optional(option.Type(bool))
    """Show texts in work under a DRAFT banner; default: only while serving, or as `publish.preview` of ems.yml says."""


class EmsControlPlugin(BasePlugin[EmsControlConfig]):  # type: ignore[no-untyped-call]
    """Publishes what is in force, instead of what lies in docs/."""

    serving = False
    published: Publication | None = None
    handbook: Handbook | None = None
    """What the publication reads from; open until the build ends."""
    cache: Path | None = None
    light: tuple[object, list[tuple[str, bytes]]] = (None, [])

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:  # noqa: ARG002
        """Remember whether pages are served; being defined, it keeps this object alive between rebuilds."""
        self.serving = command == "serve"

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Put the theme's templates in front and load the extensions that generated pages use."""
        for name in config.plugins:
            if reason := HARMFUL.get(name.removeprefix("material/")):
                raise PluginError(f"the plugin {name} {reason}. Leave it out of mkdocs.yml.")
        config.theme.dirs.insert(0, str(FOLDER))
        config.markdown_extensions.extend(e for e in OURS if e not in config.markdown_extensions)
        config.extra_javascript.extend(script for script in SCRIPTS if script not in config.extra_javascript)
        config.extra_css.extend(style for style in STYLES if style not in config.extra_css)
        self.root = find_root(Path(config.config_file_path or ".").resolve().parent)
        return config

    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        """Compute the publication before the engine empties site/: where that fails, the last site stays."""
        self.published = self._publication(config)

    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """Replace the files of docs/ by the publication."""
        publication = self.published or Publication()
        for path in publication.set_aside:
            said.warning("%s is not published: a document or a part of the site has its address", path)
        known = {file.src_uri: file for file in files.documentation_pages()}
        for file in list(files):
            if (
                not file.generated_by
                and Path(file.src_dir or "") == Path(config.docs_dir)
                and file.src_uri not in publication.pages
            ):
                files.remove(file)
        listed = set(_paths(publication.nav))
        for path, page in publication.pages.items():
            if path in known:
                known[path].content_string = page.markdown()
            else:
                level = InclusionLevel.UNDEFINED if path in listed else InclusionLevel.NOT_IN_NAV
                files.append(File.generated(config, path, content=page.markdown(), inclusion=level))
        for path, data in publication.assets.items():
            files.append(File.generated(config, path, content=data))
        if not config.nav:
            config.nav = publication.nav
        config.extra["ems"] = publication.extra
        return files

    @event_priority(-100)
    def on_nav(self, nav: Navigation, *, config: MkDocsConfig, files: Files) -> Navigation:  # noqa: ARG002
        """Give every document its own number and title in the navigation, whatever mkdocs.yml or a plugin says."""
        labels = self.published.labels if self.published else {}
        for page in nav.pages:
            if page.file.src_uri in labels:
                page.title = labels[page.file.src_uri]
        return nav

    def on_env(self, env: Any, *, config: MkDocsConfig, files: Files) -> Any:  # noqa: ARG002
        """Keep pages free of blank lines, whose number would depend on every other page."""
        env.trim_blocks = env.lstrip_blocks = True
        return env

    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Write the earlier revisions and redlines; while serving they are kept as long as no commit comes in."""
        if self.published is None:
            return
        kept, files = self.light
        fresh = self.published.light(Addresses(config.use_directory_urls), self.cache)
        if self.serving and kept == self.published.extra.get("head"):
            fresh = iter(files)
        elif self.serving:
            self.light = (self.published.extra.get("head"), list(fresh))
            fresh = iter(self.light[1])
        count = sum(_write(Path(config.site_dir) / path, data) for path, data in fresh)
        log.info("Earlier revisions: %d files, %d pages made anew, %d texts rendered", count, *self.published.anew)
        self._close()

    def on_build_error(self, *, error: Exception) -> None:  # noqa: ARG002
        """Close the handbook where the build ends early."""
        self._close()

    def _close(self) -> None:
        if self.handbook:
            self.handbook.close()
        self.handbook = None

    def on_serve(self, server: LiveReloadServer, *, config: MkDocsConfig, builder: Any) -> LiveReloadServer:  # noqa: ARG002
        """Rebuild when the policy, the people or a record changes."""
        for name in (POLICY_FILE, PEOPLE_FILE, "approvals"):
            if (self.root / name).exists():
                server.watch(str(self.root / name))
        return server

    def _publication(self, config: MkDocsConfig) -> Publication:
        try:
            return self._publish(config)
        except EmsError as error:
            if not self.serving:
                raise PluginError(str(error)) from None
            log.info("%s", error)  # a warning would end the rebuild in strict mode; the home page says it
            return _notice(self.published, str(error))

    def _publish(self, config: MkDocsConfig) -> Publication:
        configuration = read_configuration(self.root)
        expected = (self.root / configuration.policy.docs_dir).resolve()
        if Path(config.docs_dir).resolve() != expected:
            raise EmsError(
                f"docs_dir of mkdocs.yml is {config.docs_dir}, of ems.yml {expected}. Make them the same folder."
            )
        built = _now()
        day = _day(str(self.config.as_of)) if self.config.as_of else built.astimezone(configuration.policy.zone).date()
        preview = self.config.preview
        if preview is None:
            preview = configuration.policy.publish.preview or self.serving
        self._close()
        self.handbook = handbook = load(configuration, day, working_tree=preview, now=built)
        try:
            handbook.require_history()
            self.cache = handbook.repository.cache_dir
            return publish(handbook, built, preview, Addresses(config.use_directory_urls), config.site_url or "")
        except BaseException:
            self._close()
            raise


def _write(path: Path, data: bytes) -> int:
    """Write one file of the site; it counts as one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return 1


def _paths(nav: list[Any]) -> Iterator[str]:
    """The paths that a navigation names, at any depth."""
    for entry in nav:
        for value in entry.values() if isinstance(entry, dict) else (entry,):
            yield from _paths(value) if isinstance(value, list) else (value,)


def _now() -> datetime.datetime:
    """This moment, or SOURCE_DATE_EPOCH for builds that can be repeated."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch and epoch.isdigit():
        return datetime.datetime.fromtimestamp(int(epoch), datetime.UTC)
    return datetime.datetime.now(datetime.UTC)


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise EmsError(f'as_of: "{text}" is not a day; write it as YYYY-MM-DD.') from None


def _notice(before: Publication | None, message: str) -> Publication:
    """While serving: the last good pages, with what is wrong now on top of the home page."""
    publication = before or Publication()
    lines = "\n".join(f"    {line}" for line in message.split("\n"))
    home = Page("index.md", "To put right", f"The handbook cannot be read:\n\n{lines}\n")
    return replace(publication, pages={**publication.pages, "index.md": home})
