"""The MkDocs (and ProperDocs) plugin: hands the publication over, computes nothing itself."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
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
from mkdocs.structure.pages import Page as MkDocsPage

from ems_control.engines.beside import Beside, give
from ems_control.engines.kept_pages import KeptPages, nothing_beside
from ems_control.engines.kept_site import BUILDING, SiteNote
from ems_control.engines.languages import in_its_language, theme_language
from ems_control.engines.light_files import LightFiles, Make
from ems_control.engines.light_folder import laid_by
from ems_control.engines.publishing import Wanted, engine_of, ingredients, notice, read_and_publish, said
from ems_control.engines.reload import Reload, Whole
from ems_control.engines.run import DAY
from ems_control.engines.search_pieces import finish_search, in_pieces
from ems_control.ground.counting import count
from ems_control.ground.errors import EmsError
from ems_control.ground.git.repository import moves_of_head
from ems_control.ground.kept import keeping
from ems_control.ground.markdown.extensions import OURS, Extensions
from ems_control.ground.markdown.mkdocs_yml import RIGHT_THEME, WRONG_THEME
from ems_control.ground.markdown.quick import QUICK
from ems_control.ground.organisation.people import PEOPLE_FILE
from ems_control.ground.organisation.plugins import HARMFUL
from ems_control.ground.organisation.policy import POLICY_FILE
from ems_control.ground.whereabouts import find_root
from ems_control.handbook.handbook import Handbook
from ems_control.site.addressing import Addresses
from ems_control.site.navigation import paths_in
from ems_control.site.publication import Publication
from ems_control.site.theme import FOLDER, NEEDED, SCRIPTS, STYLES

log = get_plugin_logger(__name__)


class EmsControlConfig(Config):  # type: ignore[no-untyped-call]
    """Options of the plugin in mkdocs.yml. The policy itself stands in ems.yml."""

    as_of = option.Optional(option.Type((str, datetime.date)))
    """The day whose handbook is published, as 2026-03-01; default: today."""
    preview = option.Optional(option.Type(bool))
    """Show texts in work under a DRAFT banner; default: only while serving, or as `publish.preview` of ems.yml says."""
    kept_pages = option.Type(bool, default=True)
    """Take pages of whose making nothing changed from the last build; false renders all of them each time."""


WEIGHT = {"boost": 2000.0}
"""Of type, state and old numbers in Material's search: twice a title, so that the whole of an old number comes before
a part of it that begins a number in a title (01 for 019). Material's own weight is a thousand times a title."""


def _weigh(config: MkDocsConfig) -> None:
    """Have search show what a document is without looking there first, where mkdocs.yml does not say how it weighs."""
    for name in ("search", "material/search"):
        fields = getattr(getattr(config.plugins.get(name), "config", None), "fields", None)
        if isinstance(fields, dict) and fields.get("tags", _DEFAULT) == _DEFAULT:
            fields["tags"] = dict(WEIGHT)


_DEFAULT = {"boost": 1e6}


class EmsControlPlugin(BasePlugin[EmsControlConfig]):  # type: ignore[no-untyped-call]
    """Publishes what is in force, instead of what lies in docs/."""

    serving = False
    published: Publication | None = None
    handbook: Handbook | None = None
    """What the publication reads from; open until the build ends."""
    cache: Path | None = None
    light: LightFiles
    extensions = Extensions()
    beside: Beside | None = None
    kept: KeptPages | None = None
    nav: Navigation | None = None
    files: Files | None = None
    env: Any = None
    reload: Reload | None = None
    note: SiteNote | None = None
    pieces = False
    """Whether search comes in pieces."""
    within = 0
    """How many builds run: plugins that make a site for each language build inside a build."""

    def __init__(self) -> None:
        super().__init__()
        self.light = LightFiles()

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:  # noqa: ARG002
        """Remember whether pages are served; being defined, it keeps this object alive between rebuilds."""
        self.serving = command == "serve"

    @event_priority(100)
    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Put the theme's templates in front and load the extensions that generated pages use."""
        for name in config.plugins:
            if reason := HARMFUL.get(name.removeprefix("material/")):
                raise PluginError(f"the plugin {name} {reason}. Leave it out of mkdocs.yml.")
        if not any(Path(folder, NEEDED).is_file() for folder in config.theme.dirs):
            raise PluginError(f"{WRONG_THEME.format(name=config.theme.name or 'of your own')}. {RIGHT_THEME}")
        config.theme.dirs.insert(0, str(FOLDER))
        config.markdown_extensions.extend(e for e in (*OURS, QUICK) if e not in config.markdown_extensions)
        config.extra_javascript.extend(script for script in SCRIPTS if script not in config.extra_javascript)
        config.extra_css.extend(style for style in STYLES if style not in config.extra_css)
        _weigh(config)
        self.root = find_root(Path(config.config_file_path or ".").resolve().parent)
        theme_language(config, self.root)
        config.extra.setdefault("generator", False)
        return config

    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        """Compute the publication before the engine empties site/: where that fails, the last site stays."""
        if self.within == 0:
            if self.serving:
                self.reload = self.reload or Reload(self._wanted)
                self.reload.begin()
            run = os.environ.get(BUILDING, "")
            noted = run.isdigit() and not self.serving and keeping() and DAY not in os.environ
            self.note = SiteNote(self.root, engine_of(config), run) if noted else None
            self.published = self._publication(config)
            self.kept = KeptPages(config, self.published, self._folder(), self._foreign(config))
            self.beside = Beside(config, self.published, self.extensions, self.kept)
            self.beside.watch(self)
            if self.kept.alone:
                self.light.set_aside(Path(config.site_dir), laid_by(self.cache) if self.cache and self.note else None)
        self.within += 1

    def _folder(self) -> Path | None:
        """Where pages are kept; those for readers and those for authors do not take each other's place."""
        return (
            self.cache / ("pages-served" if self.serving else "pages")
            if self.cache and self.config.kept_pages
            else None
        )

    def _foreign(self, config: MkDocsConfig) -> bool:
        return bool(self.extensions.beyond(config.markdown_extensions, config.mdx_configs or {}))

    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """Replace the files of docs/ by the publication."""
        publication, beside = self.published, self.beside
        if publication is None or beside is None:
            return files
        known = {file.src_uri: file for file in files.documentation_pages()}
        for file in list(files):
            if (
                not file.generated_by
                and Path(file.src_dir or "") == Path(config.docs_dir)
                and file.src_uri not in publication.pages
            ):
                files.remove(file)
        for file in self._own_files(publication, known, config):
            if file.src_uri not in known:
                files.append(file)
            beside.hold(file)
        if self.within == 1:
            for path in publication.set_aside:
                said.warning("%s is not published: a document or a part of the site has its address", path)
        if not config.nav:
            config.nav = publication.nav
        config.extra["ems"] = self.kept.extra if self.kept else publication.extra
        if self.within == 1:
            self.light.open()
        return files

    def _own_files(self, publication: Publication, known: dict[str, File], config: MkDocsConfig) -> Iterator[File]:
        """The pages and sealed files, at their own paths; to other plugins they all lie under docs/."""
        listed = set(paths_in(publication.nav))
        for path, page in publication.pages.items():
            level = InclusionLevel.UNDEFINED if path in listed else InclusionLevel.NOT_IN_NAV
            if self.within > 1 and (page.kind != "page" or not Path(config.docs_dir, path).is_file()):
                level = InclusionLevel.EXCLUDED  # it is there already, and stays as it is
            if path in known:
                give(known[path], page.markdown(facts=False))
                if level is InclusionLevel.EXCLUDED:
                    known[path].inclusion = level
                yield known[path]
            else:
                file = File.generated(config, path, content=page.markdown(facts=False), inclusion=level)
                file.abs_src_path = str(Path(config.docs_dir, path))
                yield file
        for path, data in publication.assets.items():
            file = File.generated(config, path, content=data)
            file.abs_src_path = str(Path(config.docs_dir, path))
            yield file

    @event_priority(-100)
    def on_nav(self, nav: Navigation, *, config: MkDocsConfig, files: Files) -> Navigation:  # noqa: ARG002
        """Give every document its own number and title in the navigation, whatever mkdocs.yml or a plugin says."""
        labels = self.published.labels if self.published else {}
        for page in nav.pages:
            if page.file.src_uri in labels:
                page.title = labels[page.file.src_uri]
        self.nav, self.files = nav, files
        return nav

    def on_pre_page(self, page: MkDocsPage, *, config: MkDocsConfig, files: Files) -> MkDocsPage:  # noqa: ARG002
        """Have the page take from the last build what nothing changed of."""
        if self.kept:
            self.kept.watch(page)
        return page

    def on_env(self, env: Any, *, config: MkDocsConfig, files: Files) -> Any:  # noqa: ARG002
        """Keep pages free of blank lines, whose number would depend on every other page."""
        env.trim_blocks = env.lstrip_blocks = True
        self.env = env
        if self.kept and self.nav:
            self.kept.prepare(env, self.nav)
        return env

    def on_page_context(self, context: Any, *, page: MkDocsPage, config: MkDocsConfig, nav: Navigation) -> Any:  # noqa: ARG002
        """Give a page in another language the words of the theme and the tabs in that language."""
        tabs = self.published.tabs if self.published else {}
        return in_its_language(context, page, config, tabs)

    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Write the earlier revisions and redlines, and compare what lies there in the end."""
        self.within -= 1
        if self.within or self.published is None or self.beside is None:
            return
        site = Path(config.site_dir)
        finish_search(site, self.pieces)
        make = self._light(config, self.published, self.cache)
        written = self.light.write(make, self.published, site, self.serving)
        log.info(
            "Earlier revisions: %d files, %d pages made anew, %d texts rendered", len(written), *self.published.anew
        )
        self.beside.last(written)
        if self.kept:
            self.kept.close()
        count("files_written", len(self.published.assets))  # the engine copies them
        if self.reload and self.handbook and self.nav and self.files and self.kept:
            whole = Whole(config, self.files, self.nav, self.env, self.published, self.handbook, self.kept)
            self.reload.end(whole)
        if self.note and self.handbook and self.kept and not self.published.rewriting:
            self.note.end(self.handbook.repository.standing(None), site, self.kept.places(site))
        self._close()

    def _light(self, config: MkDocsConfig, publication: Publication, cache: Path | None) -> Make:
        """Makes the light pages."""
        return lambda: publication.light(Addresses(config.use_directory_urls), cache)

    def _early(self, config: MkDocsConfig, handbook: Handbook, publication: Publication) -> None:
        """Begin with the light pages, where nothing stands beside us that may change them on their way."""
        foreign = handbook.extensions.beyond(config.markdown_extensions, config.mdx_configs or {})
        if not self.serving and not foreign and nothing_beside(config):
            make = self._light(config, publication, handbook.repository.cache_dir)
            self.light.begin(publication, handbook, make, Path(config.site_dir))

    def on_build_error(self, *, error: Exception) -> None:
        """Close the handbook where the build ends early, and begin anew; too deep a text is told in a line."""
        self.within = 0
        self._close()
        if isinstance(error, RecursionError):  # the engine has named the page
            raise PluginError("no page can be made of it, it is nested too deep (EMS513)") from None

    def _close(self) -> None:
        self.light.end()
        if self.handbook:
            self.handbook.close()
        self.handbook = None

    def on_serve(self, server: LiveReloadServer, *, config: MkDocsConfig, builder: Any) -> LiveReloadServer:  # noqa: ARG002
        """Build again when the policy, the people or HEAD changes; where a text was edited, only what shows it."""
        watched = [self.root / POLICY_FILE, self.root / PEOPLE_FILE]
        with suppress(EmsError):  # where there is no repository, the home page says it
            moves = moves_of_head(self.root)
            watched.append(moves if moves.exists() else self.root / "approvals")  # git may be told to keep no such file
        for place in filter(Path.exists, watched):
            server.watch(str(place))
        if self.reload:
            self.reload.whole_build, server.builder = builder, self.reload
        return server

    def _publication(self, config: MkDocsConfig) -> Publication:
        self._close()
        try:
            self.handbook, publication = read_and_publish(self._wanted, config, partial(self._early, config))
            self.pieces = in_pieces(publication, self.handbook.policy, self.serving)
        except EmsError as error:
            self._close()
            if not self.serving:
                raise PluginError(str(error)) from None
            log.info("%s", error)  # a warning would end the rebuild in strict mode; the home page says it
            return notice(self.published, str(error))
        self.cache, self.extensions = self.handbook.repository.cache_dir, self.handbook.extensions
        if self.note:
            self.note.begin(ingredients(self._wanted, self.handbook, config))
        return publication

    @property
    def _wanted(self) -> Wanted:
        day = os.environ.get(DAY) or self.config.as_of
        return Wanted(self.root, str(day) if day else None, self.config.preview, self.serving)
