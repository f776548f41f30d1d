"""Earlier revisions and redlines: light pages of our own at permanent addresses, outside the engine's page pipeline.

`/d/EMS-PRO-007/` says which revision is current, `/d/EMS-PRO-007/r3/` is the text of revision 3 for ever, with what
changed since the one before, and `/d/EMS-PRO-007/r3-r4/` shows what the newest text changed. A thousand documents with
ten revisions must not make ten thousand passes through a site generator, so these are written after the build and
kept by what goes into them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from ems_control.approvals.lifecycle import Approval, State
from ems_control.documents.history import Version
from ems_control.documents.revision_changes import revision_changes
from ems_control.exports import views
from ems_control.exports.words import Words
from ems_control.ground.counting import count
from ems_control.handbook.addresses import waiting_page
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.successors import successors
from ems_control.handbook.translations import behind
from ems_control.site.addressing import Addresses, light_page, relative_address
from ems_control.site.build_cache import BuildCache, CacheEntry, key_of_all
from ems_control.site.content_policy import with_policy
from ems_control.site.revisions.compared import CHANGED, Compared, once_in_force
from ems_control.site.revisions.lighttexts import RenderedText, Sealing, Texts, compare, scrolling
from ems_control.site.revisions.told import TOLD_BESIDE, TOLD_FIRST, of_course, shown_change
from ems_control.site.revisions.ways import Tops, beside
from ems_control.site.theme import FOLDER, LIGHT_TEMPLATE, templates
from ems_control.site.to_come import to_come

__all__ = ["Addresses", "LightPages"]

RIGHT_TO_LEFT = ("ar", "fa", "he", "ur")

Facts = dict[str, Any]


class LightPages:
    """Makes the light pages of a handbook; `files` yields them as paths under the site with their bytes.

    `made` counts the pages that were not there from the last time, `rendered` the texts that went through Markdown.
    """

    def __init__(
        self, handbook: Handbook, pages: dict[str, str], sealing: Sealing, addresses: Addresses, cache: Path | None
    ) -> None:
        """`pages` maps documents to their page under docs/; `cache` is a folder for what was made, or None."""
        self.handbook, self.pages, self.addresses = handbook, pages, addresses
        self.made = 0
        self._texts = Texts(sealing, addresses, handbook.extensions)
        self._kept = BuildCache(cache / "light" if cache else None)
        self.template = templates(FOLDER / "ems").get_template(LIGHT_TEMPLATE)
        self.compared, self.tops = Compared(handbook), Tops(handbook, addresses)
        self.roles = [title for role in handbook.people.roles.values() for title in role.values()]
        self.roles_key = key_of_all(self.roles)

    @property
    def rendered(self) -> int:
        """How many texts had to be rendered."""
        return self._texts.rendered

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Every light page: of each document that stands on main, its texts, and the redlines between them."""
        for document in self.handbook.listed:
            shelf = self._kept.shelf(document.key)
            maker = _Maker(self, document, shelf)
            shown = (document.shown, document.current)
            older = [each for each in self.compared.texts(document).values() if each not in shown]
            self.handbook.tree.store.expect(each.blob for each in older if not each.file.keeps_text)
            for name, page in maker.pages():
                yield posixpath.splitext(light_page(document.id, name))[0] + ".html", page.encode()
            self.made += maker.made
            self._kept.store(shelf)
            for version in document.history.versions:
                if version not in shown:
                    version.file.forget()  # git gives it again
        self._kept.sweep()

    def text(self, version: Version, words: Words, shelf: CacheEntry) -> RenderedText:
        """The rendered text of a version."""
        return self._texts.of(version, words("dead link"), shelf)


@dataclass
class _Maker:
    """Makes the pages of one document."""

    light: LightPages
    document: Document
    shelf: CacheEntry
    made: int = 0
    _frames: dict[bool, tuple[Facts, str]] = field(default_factory=dict)

    @cached_property
    def words(self) -> Words:
        policy, own = self.light.handbook.policy, self.document.shown.facts.language
        return Words(own or (policy.languages[0] if policy.languages else "en"))

    @cached_property
    def _numbers(self) -> list[int]:
        return [approval.revision for approval in once_in_force(self.light.handbook, self.document)]

    def pages(self) -> Iterator[tuple[str, str]]:
        """The pages by name: none for the document itself, `r3`, `r2-r3`."""
        readable = self.light.compared.texts(self.document)
        yield "", self._page("", self._index())
        rendered = {number: self.light.text(version, self.words, self.shelf) for number, version in readable.items()}
        for approval in once_in_force(self.light.handbook, self.document):
            number, name = approval.revision, f"r{approval.revision}"
            facts = self._revision(approval)
            if number in readable:
                yield name, self._text(number, facts, readable, rendered)
            else:
                yield name, self._page(name, {**facts, "kept": self.words("text kept")})
        for old, new in self.light.compared.pages(self.document):
            yield f"r{old}-r{new}", self._redline(old, new, readable, rendered)
        yield from self._to_come(readable, rendered)

    def _text(self, number: int, facts: Facts, readable: dict[int, Version], rendered: dict[int, RenderedText]) -> str:
        """A revision with its text, and what changed with it, or where that stands."""
        name, text, old = f"r{number}", rendered[number], self.light.compared.before(self.document, number)
        if old is None:
            return self._page(name, facts, text.key, rest=lambda: {"body": text.html})
        where = self.light.compared.place(self.document, old, number).partition("#")[0]
        row = readable[number].row
        facts["changed"] = {
            "heading": self.words("what changed from to", old=old, new=number),
            "reason": (row.change or "") if row else "",
            "href": self._href(name, where) if where != name else "",
            "at": CHANGED,
        }
        if where != name:
            return self._page(name, facts, text.key, rest=lambda: {"body": text.html})

        def rest() -> Facts:
            told = self._told(readable[old], readable[number])
            return {
                "body": text.html,
                **told,
                "marked": self._compare(rendered[old], text, self._href(name, f"r{old}"), ""),
            }

        return self._page(name, facts, text.key, rendered[old].key, self.light.roles_key, rest=rest)

    def _to_come(self, readable: dict[int, Version], rendered: dict[int, RenderedText]) -> Iterator[tuple[str, str]]:
        """What changes with the texts that are not in force yet, against the newest that is or was."""
        if readable:
            old = max(readable)
            for number, version in to_come(self.light.handbook, self.document).items():
                texts_of = {**rendered, number: self.light.text(version, self.words, self.shelf)}
                both = {**readable, number: version}
                yield f"waiting-r{number}", self._redline(old, number, both, texts_of, f"waiting-r{number}")

    # --- the three kinds --------------------------------------------------------------------------------------

    def _index(self) -> Facts:
        rows = []
        for row in views.history(self.document).revisions:
            number = row.revision
            older = self.light.compared.before(self.document, number)
            rows.append(
                {
                    "number": number,
                    "state": self.words(f"state.{row.state}"),
                    "change": row.change or "",
                    "href": self._href("", f"r{number}") if number in self._numbers else "",
                    "redline": self._href("", self.light.compared.place(self.document, older, number)) if older else "",
                    "compared": f"{older} → {number}",
                }
            )
        return {"rows": rows, "heading": self.words("history")}

    def _revision(self, approval: Approval) -> Facts:
        facts: Facts = {"revision": approval.revision, "title": approval.version.facts.title or self.document.id}
        if self.document.revision_state(approval.revision) is not State.IN_FORCE:
            day = self.words.day(self.document.ended(approval))
            facts["banner"] = self.words("not for use", day=day) if day else self.words("state.withdrawn")
            facts["instead"] = self._instead
        elif late := behind(self.light.handbook, self.document):
            current = late.current.revision if late.current else "–"
            facts["banner"] = self.words("outdated banner", source=late.source.id, number=current)
            text = f"{late.source.id} {late.source.title}"
            facts["instead"] = [{"text": text, "href": self._current(late.source, f"r{approval.revision}")}]
        return facts

    def _redline(
        self, old: int, new: int, readable: dict[int, Version], rendered: dict[int, RenderedText], waiting: str = ""
    ) -> str:
        words, name = self.words, waiting or f"r{old}-r{new}"
        before, after = readable[old], readable[new]
        row = after.row
        facts: Facts = {
            "title": after.facts.title or self.document.id,
            "heading": words("what changed from to", old=old, new=new),
            "reason": (row.change or "") if row else "",
        }
        if waiting:
            facts |= {"banner": words("to come"), "instead": []}

        def rest() -> Facts:
            at = [self._href(name, f"r{number}") for number in (old, new)]
            at[1] = self._waits(new, name) if waiting else at[1]
            return {"body": "", "marked": self._compare(rendered[old], rendered[new], *at), **self._told(before, after)}

        return self._page(name, facts, rendered[old].key, rendered[new].key, self.light.roles_key, rest=rest)

    def _compare(self, old: RenderedText, new: RenderedText, old_at: str, new_at: str) -> str:
        return scrolling(compare(old, new, old_at, new_at, lambda count: self.words("unchanged", count=count)))

    def _told(self, before: Version, after: Version) -> Facts:
        """What changes for people between two texts."""
        changes = [c for c in revision_changes(before, after, self.light.roles) if not of_course(c)]
        return {
            "changes": [shown_change(c, self.words) for kind in TOLD_FIRST for c in changes if c.kind == kind],
            "also": [shown_change(c, self.words) for c in changes if c.kind in TOLD_BESIDE],
        }

    @cached_property
    def _instead(self) -> list[dict[str, str]]:
        """What to read instead of a revision: the one in force, or the documents that replaced this one."""
        name = "r1"  # all are as deep
        if self.document.in_force:
            text = f"{self.document.id} {self.words('revision', number=self.document.in_force.revision)}"
            return [{"text": text, "href": self._current(self.document, name)}]
        replaced = successors(self.light.handbook, self.document)
        return [{"text": f"{d.id} {d.title}", "href": self._current(d, name)} for d in replaced]

    # --- pages ------------------------------------------------------------------------------------------------

    def _href(self, here: str, name: str) -> str:
        """The link from a light page of this document to another one."""
        page, mark, anchor = name.partition("#")
        return _between(self.light.addresses, here, page) + mark + anchor

    def _waits(self, number: int, here: str) -> str:
        """The link from a light page to the page of a text that waits."""
        place = self.light.addresses.of(waiting_page(self.document.id, number))
        return relative_address(self.light.addresses.file(place), posixpath.dirname(light_page(self.document.id, here)))

    def _current(self, document: Document, here: str) -> str:
        """The link from a light page to the page of a document."""
        target = self.light.addresses.file(self.light.addresses.of(self.light.pages[document.key]))
        return relative_address(target, posixpath.dirname(light_page(self.document.id, here)))

    def _page(self, name: str, facts: Facts, *keys: str, rest: Callable[[], Facts] | None = None) -> str:
        """A page from the shelf, where it was made of the same facts and texts; else made now, with the `rest`."""
        frame, frame_key = self._frame(name)
        facts["beside"] = beside(name, self._numbers, self.words, lambda other: self._href(name, other))
        key = key_of_all(name, facts, frame_key, keys)
        kept = self.shelf.get(key)
        if kept is None:
            more = rest() if rest else {"body": ""}
            more["body"] = scrolling(more["body"])
            self.made += 1
            count("pages_rendered")
            kept = {"page": with_policy(self.light.template.render({**frame, **facts, **more, "words": self.words}))}
            self.shelf.put(key, kept)
        page: str = kept["page"]
        return page

    def _frame(self, name: str) -> tuple[Facts, str]:
        """What stands on every page of those as deep as this one, and its key."""
        if bool(name) not in self._frames:
            frame = self._framed(name)
            self._frames[bool(name)] = (frame, key_of_all(frame))
        return self._frames[bool(name)]

    def _framed(self, name: str) -> Facts:
        document, words, policy = self.document, self.words, self.light.handbook.policy
        approval = document.in_force
        state = words(f"state.{document.state.value}")
        language = document.shown.facts.language or words.language
        folder = posixpath.dirname(light_page(document.id, name))
        return {
            "language": language,
            "direction": "rtl" if language.split("-")[0] in RIGHT_TO_LEFT else "ltr",
            "organisation": policy.organisation,
            "id": document.id,
            "title": document.title,
            "current": f"{words('revision', number=approval.revision)} · {state}" if approval else state,
            "current_href": self._current(document, name),
            "top": self.light.tops.top(words, folder),
        }


@lru_cache(maxsize=10_000)  # the same for every document
def _between(addresses: Addresses, here: str, name: str) -> str:
    """The link from a light page of a document to another one."""
    target = addresses.file(addresses.light("-", name))
    return relative_address(target, posixpath.dirname(light_page("-", here)))
