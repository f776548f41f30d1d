"""What stands beside us in mkdocs.yml: at each hook, what readers would get is compared with what was handed over.

Plugins and hook files may do what they like with the frame of a page, and with pages of their own. Where one changes
what a reader gets of a text that we handed over, the build stops and names it.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import logging
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import markdown
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import meta

from ems_control.engines.kept_pages import KeptPages
from ems_control.engines.searched import FOR_SEARCH
from ems_control.ground.counting import count
from ems_control.ground.markdown.extensions import Extensions
from ems_control.ground.organisation.plugins import TRIED
from ems_control.site import as_read
from ems_control.site.content_policy import with_policy
from ems_control.site.publication import Publication

Handler = Callable[..., Any]
_ID = re.compile(r"\sid=\"([^\"]*)\"")
_WATCHED = "ems_watched"
_TODO = "Leave it out: nothing may change a text on its way to readers."


class Beside:
    """Compares, for one build, what plugins and hooks leave of a publication."""

    def __init__(self, config: MkDocsConfig, publication: Publication, extensions: Extensions, kept: KeptPages) -> None:
        """`extensions` are those of the handbook; others that a plugin adds must not change a text either."""
        self.config, self.publication, self.extensions, self.kept = config, publication, extensions, kept
        self._foreign = extensions.beyond(config.markdown_extensions, config.mdx_configs or {})
        self._files = dict[str, File]()
        self._facts, self._text, self._content = dict[str, str](), dict[str, str](), dict[str, str]()
        self._written = dict[str, tuple[str, str, str]]()
        self._changed_by = dict[str, str]()
        own = Path(config.theme.custom_dir) if config.theme.custom_dir else None
        self._alone = kept.alone and not (own and any(own.rglob("*.html")))
        """Whether every page is made by templates and plugins that we know, and by nothing else."""

    # --- wrapping -------------------------------------------------------------------------------------------------

    def watch(self, own: Any) -> None:
        """Wrap the handlers of all others; those of `own`, our plugin, that decide come last."""
        events = self.config.plugins.events
        for event, check in (
            ("page_read_source", self._source),
            ("page_markdown", self._markdown),
            ("page_content", self._html),
            ("page_context", self._context),
            ("post_page", self._output),
        ):
            events[event] = [self._watched(handler, check) for handler in events[event]]
        events["post_build"] = [self._noticing(handler, own) for handler in events["post_build"]]
        events["files"].append(self._stand)
        events["page_markdown"].insert(0, self._read)
        events["page_content"].insert(0, self._rendered)
        events["page_context"].append(self._composed)
        events["post_page"].insert(0, self._templated)
        events["post_page"].append(self._finished)
        for event in ("nav", "post_build"):
            events[event].sort(key=lambda handler: getattr(handler, "__self__", None) is own)

    def _watched(self, handler: Handler, check: Callable[[Page, Any, Any, str], None]) -> Handler:
        who = self._name(handler)

        @functools.wraps(handler)
        def watched(*item: Any, **words: Any) -> Any:
            result = handler(*item, **words)
            page = words.get("page")
            if isinstance(page, Page) and page.file.src_uri in self.publication.pages:
                check(page, item[0] if item else None, result, who)
            return result

        return watched

    def _noticing(self, handler: Handler, own: Any) -> Handler:
        who = self._name(handler)
        if getattr(handler, "__self__", None) is own:
            return handler

        @functools.wraps(handler)
        def noticing(**words: Any) -> Any:
            before = self._stamps()
            result = handler(**words)
            after = self._stamps()
            for path in before.keys() | after.keys():
                if before.get(path) != after.get(path):
                    self._changed_by[path] = who
            return result

        return noticing

    def _stamps(self) -> dict[str, tuple[int, int, int]]:
        """When each file that we know was last written."""
        found = {}
        for path in [*self._written, *self._assets()]:
            if (place := Path(path)).is_file():
                stat = place.stat()
                found[path] = (stat.st_ctime_ns, stat.st_size, stat.st_ino)
        return found

    def _assets(self) -> dict[str, bytes]:
        return {str(Path(self.config.site_dir, path)): data for path, data in self.publication.assets.items()}

    def _name(self, handler: Handler) -> str:
        """Whose handler it is, as its line in mkdocs.yml says."""
        owner = getattr(handler, "__self__", None)
        for name, plugin in self.config.plugins.items():
            if plugin is owner:
                return f"the plugin {name}"
            if handler.__module__ == getattr(plugin, "__name__", None) or handler in vars(plugin).values():
                return f"the hook {name}"
        return f"the plugin {handler.__module__}"

    # --- pages on their way ---------------------------------------------------------------------------------------

    def hold(self, file: File) -> None:
        """Remember a file that we hand over."""
        self._files[file.src_uri] = file

    def _stand(self, files: Files, *, config: MkDocsConfig) -> Files:  # noqa: ARG002
        """After all plugins: each file that we handed over is there, with our content."""
        known = {file.src_uri: file for file in files}
        for path, own in self._files.items():
            there, page = known.get(path), self.publication.pages.get(path)
            if page is not None and page.kind == "page" and not own.generated_by:
                if there is not None and there is not own:
                    give(there, page.markdown(facts=False))
            elif there is not own:
                if there is not None:
                    files.remove(there)
                    vars(own).update({k: v for k, v in vars(there).items() if not hasattr(own, k)})  # notes of others
                files.append(own)
        return files

    def _source(self, page: Page, _item: Any, result: Any, who: str) -> None:
        if result is not None and result != self.publication.pages[page.file.src_uri].markdown(facts=False):
            self._same_text(page, self._body(page), meta.get_data(result)[0], who)
            raise self._error(page, who, "its front matter is another")

    def _read(self, text: str, *, page: Page, **_: Any) -> None:
        path = page.file.src_uri
        if path in self.publication.pages:
            page.meta["ems"] = self.kept.facts(path)
            self._text[path] = self._body(page)
            self._same_text(page, self._text[path], text, "something that runs before the text is read")
            self._facts[path] = repr(page.meta.get("ems"))

    def _markdown(self, page: Page, before: Any, result: Any, who: str) -> None:
        if result is not None:
            self._same_text(page, before, result, who)
        self._same_facts(page, who)

    def _same_text(self, page: Page, before: str, after: str, who: str) -> None:
        if after is before or after.strip().splitlines() == before.strip().splitlines():
            return
        extensions, configs = self.config.markdown_extensions, self.config.mdx_configs or {}
        renderer = markdown.Markdown(extensions=extensions, extension_configs=configs)
        old, new = (as_read.of_fragment(renderer.reset().convert(text)) for text in (before, after))
        self._same(page, old, new, who)
        self._text[page.file.src_uri] = after

    def _rendered(self, content: str, *, page: Page, files: Files, **_: Any) -> str | None:
        count("pages_rendered", not self.kept.read(page))
        path = page.file.src_uri
        if path not in self.publication.pages:
            return None
        if page.markdown is not None:
            self._same_text(page, self._text[path], page.markdown, "something that runs after the text is read")
        if self._foreign:
            said = f"the Markdown extension {' or '.join(self._foreign)}"
            self._same(page, as_read.of_fragment(self._reference(page, files)), as_read.of_fragment(content), said)
        content = self._footed(page, content)
        self._content[path] = content
        if self._alone:  # nobody asks for the Markdown any more, of which each page holds three copies
            del self._text[path]
            page.markdown = ""
            give(page.file, "")
        return content

    def _footed(self, page: Page, content: str) -> str:
        """What was made of the text, and what stands below it, which is HTML already."""
        foot = self.publication.pages[page.file.src_uri].foot
        page.present_anchor_ids = (page.present_anchor_ids or set()) | set(_ID.findall(foot))
        return "\n".join(filter(None, (content, foot)))

    def _reference(self, page: Page, files: Files) -> str:
        """The page as the extensions of the handbook alone make it."""
        own, config = copy.copy(page), copy.copy(self.config)
        config["markdown_extensions"] = list(self.extensions.names)
        config["mdx_configs"] = self.extensions.loaded()
        logger = logging.getLogger("mkdocs")
        logger.disabled, before = True, logger.disabled  # its links were spoken of already
        try:
            type(own).render(own, config, files)  # not what keeps pages: that is bound to the page itself
        finally:
            logger.disabled = before
        return own.content or ""

    def _html(self, page: Page, before: Any, result: Any, who: str) -> None:
        if result is not None and result != before:
            self._same(page, as_read.of_fragment(before), as_read.of_fragment(result), who)
            self._content[page.file.src_uri] = result
        self._same_facts(page, who)

    def _context(self, page: Page, _item: Any, _result: Any, who: str) -> None:
        before, content = self._content[page.file.src_uri], page.content or ""
        if content != before:
            if content != FOR_SEARCH.sub("", before):
                self._same(page, as_read.of_fragment(before), as_read.of_fragment(content), who)
            self._content[page.file.src_uri] = content
        self._same_facts(page, who)

    def _same_facts(self, page: Page, who: str) -> None:
        """What the page says of its state is told to the template, and nobody else's to say."""
        if repr(page.meta.get("ems")) != self._facts[page.file.src_uri]:
            raise self._error(page, who, "what the page says of its state is another")

    def _composed(self, context: Any, *, page: Page, **_: Any) -> None:  # noqa: ARG002
        if page.file.src_uri in self.publication.pages:
            self._context(page, None, None, "something that runs before the page is written")

    # --- pages as they are written --------------------------------------------------------------------------------

    def _templated(self, output: str, *, page: Page, **_: Any) -> None:
        content = self._content.get(page.file.src_uri)
        if content is None or self.kept.is_whole(page) or (self._alone and _stands_in(content, output)):
            return
        run, whole = as_read.of_fragment(content), as_read.of_article(output)
        if whole is None and self._is_free(page):
            return  # the page of a plugin, with a template of its own
        if whole is None or not as_read.holds(whole, run):
            raise self._error(page, "the theme", "its text is not on the page as it was handed over")

    def _output(self, page: Page, before: Any, result: Any, who: str) -> None:
        if result is not None and result != before:
            self._same(page, as_read.of_page(before), as_read.of_page(result), who)
            if as_read.of_article(result) is None and not self._is_free(page):
                raise self._error(page, who, "its text would not be seen")

    def _finished(self, output: str, *, page: Page, **_: Any) -> str:
        count("files_written")
        path = page.file.src_uri
        ours = path in self.publication.pages
        if self.kept.is_whole(page):  # nothing stands beside us: whatever is another in the end is not ours
            self._written[page.file.abs_dest_path] = (_key(output), "", path)
            self.kept.done(page)
            return output
        given, output = output, with_policy(output)
        self.kept.keep(page, given, output)
        self.kept.done(page)
        article = _key("\n".join(as_read.of_article(given) or [])) if ours and not self._alone else ""
        self._written[page.file.abs_dest_path] = (_key(output), article, path if ours else "")
        return output

    def last(self, fresh: set[str]) -> None:
        """What lies there in the end, after all plugins: compared once more, then given its policy.

        `fresh` are the files that we wrote just now.
        """
        for path, data in self._assets().items():
            if not Path(path).is_file() or Path(path).read_bytes() != data:
                raise self._lost(path, "is not the file that was handed over")
        pages = _pages(self.config, fresh)
        for path in sorted(self._written.keys() - set(pages) - fresh):
            if self._written[path][2]:
                raise self._lost(path, "is missing")
        for path in pages:
            page = Path(path).read_bytes().decode(errors="replace")
            key, article, ours = self._written.get(path, ("", "", ""))
            if key != _key(page):
                if ours and article != _key("\n".join(as_read.of_article(page) or [])):
                    raise self._lost(path, "does not hold the text that was handed over")
                Path(path).write_bytes(with_policy(page).encode())

    def _lost(self, path: str, words: str) -> PluginError:
        who = self._changed_by.get(path, "something that runs after the pages are written")
        name = Path(path).relative_to(Path(self.config.site_dir)).as_posix()
        return PluginError(f"{name} {words}: {who} changed it. {_TODO}")

    # --- comparing ------------------------------------------------------------------------------------------------

    def _body(self, page: Page) -> str:
        """Our text as MkDocs gives it behind the front matter that we wrote."""
        return self.publication.pages[page.file.src_uri].text.lstrip("\n")

    def _same(self, page: Page, old: list[str], new: list[str], who: str) -> None:
        if old != new and not self._allowed(page, who):
            raise self._error(page, who, as_read.difference(old, new))

    def _allowed(self, page: Page, who: str) -> bool:
        """A page that is not controlled is the place for lists of tags and the like."""
        name = who.removeprefix("the plugin ").removeprefix("material/")
        return self._is_free(page) and name in TRIED

    def _is_free(self, page: Page) -> bool:
        return self.publication.pages[page.file.src_uri].kind == "page"

    def _error(self, page: Page, who: str, words: str) -> PluginError:
        return PluginError(f"{who} changes what readers get of {page.file.src_uri}: {words}. {_TODO}")


def give(file: File, text: str) -> None:
    """Give a file our text; to others it still lies where it did."""
    path = file.abs_src_path
    file.content_string = text
    file.abs_src_path = path


def _stands_in(content: str, output: str) -> bool:
    """Whether a text stands in the article of our own template, letter by letter."""
    opens = f'<div id="{as_read.ARTICLE}"'
    at = output.find(opens)
    return at >= 0 and output.find(opens, at + 1) < 0 and output.find(content, at) >= 0


def _pages(config: MkDocsConfig, known: set[str]) -> list[str]:
    """The pages of the site, but for those that are known."""
    found = (str(Path(here, name)) for here, _, names in os.walk(config.site_dir) for name in names)
    return sorted(path for path in found if path.endswith(".html") and path not in known and Path(path).is_file())


def _key(text: str) -> str:
    return hashlib.sha256(text.encode(errors="xmlcharrefreplace")).hexdigest()
