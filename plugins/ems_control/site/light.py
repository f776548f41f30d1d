"""Earlier revisions and redlines: light pages of our own at permanent addresses, outside the engine's page pipeline.

`/d/EMS-PRO-007/` says which revision is current, `/d/EMS-PRO-007/r3/` is the text of revision 3 for ever, and
`/d/EMS-PRO-007/r2-r3/` shows what changed between two. A thousand documents with ten revisions must not make ten
thousand passes through a site generator, so these are written after the build, their rendered texts kept by content.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from importlib.metadata import version as version_of
from pathlib import Path

import jinja2
import markdown
from lxml import html

from ems_control.handbook import views
from ems_control.handbook.handbook import Document, Handbook
from ems_control.handbook.history import Version
from ems_control.handbook.lifecycle import Approval, State
from ems_control.handbook.sealed import expand
from ems_control.handbook.wording import changes_for_people
from ems_control.site.redline import redline
from ems_control.site.theme import EXTENSIONS, FOLDER, LIGHT_STYLE, LIGHT_TEMPLATE
from ems_control.site.words import Words

ALL_PAIRS_UP_TO = 5
"""A document with at most so many texts has a redline for every two of them; else neighbours, and each with the last."""

_LINK = re.compile(r'(<(?:a|img)\b[^>]*?\s(?:href|src)=")([^"]*)(")')


@dataclass(frozen=True)
class Addresses:
    """How an engine turns paths under docs/ into addresses: `procedures/x.md` to `procedures/x/` or `…/x.html`."""

    directories: bool = True

    def of(self, path: str) -> str:
        """The address of a page or file, from the root of the site."""
        stem, suffix = posixpath.splitext(path)
        if suffix != ".md":
            return path
        if posixpath.basename(stem) in ("index", "README"):
            folder = posixpath.dirname(stem)
            return f"{folder}/" if self.directories and folder else f"{folder}/index.html".lstrip("/")
        return f"{stem}/" if self.directories else f"{stem}.html"

    def light(self, document_id: str, name: str = "") -> str:
        """The address of a light page: of the document, or of `r3` or `r2-r3` of it."""
        folder = f"d/{document_id}/{name + '/' if name else ''}"
        return folder if self.directories else f"{folder}index.html"

    def href(self, page: str, target: str) -> str:
        """The link in raw HTML from a page (a path under docs/) to an address; engines leave raw HTML alone."""
        return _relative(target, posixpath.dirname(self.of(page)))


class LightPages:
    """Makes the light pages of a handbook; `files` yields them as paths under the site with their bytes."""

    def __init__(
        self,
        handbook: Handbook,
        words: Words,
        pages: dict[str, str],
        sealed: Callable[[Version, str], str],
        addresses: Addresses,
        cache: Path | None,
    ) -> None:
        """`pages` maps documents to their page; `sealed(version, page)` gives a text for a page under docs/.

        `cache` is a folder for rendered texts, or None.
        """
        self.handbook, self.words, self.pages, self.sealed = handbook, words, pages, sealed
        self.addresses, self.cache = addresses, cache
        self.depth = handbook.policy.publish.earlier_revisions
        self._markdown = markdown.Markdown(extensions=[*EXTENSIONS, "toc", "fenced_code"])
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(FOLDER / "ems"), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        self._template = environment.get_template(LIGHT_TEMPLATE)
        self._versions = ",".join(f"{name}={version_of(name)}" for name in ("markdown", "ems-control"))

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Every light page: of each document that stands on main, its texts, and the redlines between them."""
        for document in self.handbook.listed:
            texts = self.texts(document)
            yield self._file(document, "", self._index(document, texts))
            for number, text in texts.items():
                yield self._file(document, f"r{number}", self._revision(document, number, text))
            for old, new in pairs(sorted(texts)):
                yield self._file(document, f"r{old}-r{new}", self._redline(document, old, new, texts))

    def texts(self, document: Document) -> dict[int, Version]:
        """The approved texts that are in git and may be read: what is in force or was, newest first, to the depth."""
        known = [a for a in reversed(document.approvals) if a.first_day <= self.handbook.day]
        return {approval.revision: approval.version for approval in known[: self.depth + 1]}

    # --- the three kinds --------------------------------------------------------------------------------------

    def _index(self, document: Document, texts: dict[int, Version]) -> dict[str, object]:
        rows = []
        for row in views.history(document)["revisions"]:
            number = row["revision"]
            older = next((n for n in sorted(texts, reverse=True) if n < number), None)
            rows.append(
                {
                    "number": number,
                    "state": self.words(f"state.{row['state']}"),
                    "change": row["change"] or "",
                    "href": self._href(document, "", f"r{number}") if number in texts else "",
                    "redline": self._href(document, "", f"r{older}-r{number}") if number in texts and older else "",
                }
            )
        return {"rows": rows, "heading": self.words("history")}

    def _revision(self, document: Document, number: int, text: Version) -> dict[str, object]:
        approval = next(a for a in document.approvals if a.revision == number)
        until = self._until(document, approval)
        facts: dict[str, object] = {"body": self._html(text, self._page(document, f"r{number}")), "revision": number}
        if document.revision_state(number) is not State.IN_FORCE:
            day = self.words.day(until) if until else ""
            facts["banner"] = self.words("not for use", day=day) if day else self.words("state.withdrawn")
        return facts

    def _redline(self, document: Document, old: int, new: int, texts: dict[int, Version]) -> dict[str, object]:
        page = self._page(document, f"r{old}-r{new}")
        before, after = texts[old], texts[new]
        titles = [title for role in self.handbook.people.roles.values() for title in role.values()]
        changes = changes_for_people(expand(before), expand(after), titles)
        row = after.metadata.row
        return {
            "body": fold(redline(self._html(before, page), self._html(after, page)), self.words("unchanged")),
            "heading": self.words("what changed from to", old=old, new=new),
            "reason": (row.change or "") if row else "",
            "changes": [
                {"kind": self.words(f"change.{c.kind}"), "label": c.label, "old": c.old, "new": c.new} for c in changes
            ],
        }

    def _until(self, document: Document, approval: Approval) -> date | None:
        """The day from which a revision is no longer in force: its successor's, its withdrawal's or its own end's."""
        at = document.events.index(approval)
        ends = [event.first_day for event in document.events[at + 1 :] if event.first_day <= self.handbook.day]
        if approval.until and approval.until < self.handbook.day:
            ends.append(approval.until + timedelta(days=1))
        return max(min(ends), approval.first_day) if ends else None

    # --- rendering --------------------------------------------------------------------------------------------

    def _page(self, document: Document, name: str) -> str:
        return f"d/{document.id}/{name + '/' if name else ''}index.md"

    def _href(self, document: Document, here: str, name: str) -> str:
        target = self.addresses.light(document.id, name)
        return _relative(target, posixpath.dirname(self._page(document, here)))

    def _html(self, version: Version, page: str) -> str:
        """The rendered text of a version for a light page, from the cache where it is there."""
        text = self.sealed(version, page)
        key = hashlib.sha256(f"{self._versions}\0{self.addresses.directories}\0{page}\0{text}".encode()).hexdigest()
        kept = self.cache / "light" / key[:2] / key if self.cache else None
        if kept and kept.is_file():
            return kept.read_text(encoding="utf-8")
        rendered = self._addressed(self._markdown.reset().convert(text), posixpath.dirname(page))
        if kept:
            kept.parent.mkdir(parents=True, exist_ok=True)
            temporary = kept.with_suffix(".new")
            temporary.write_text(rendered, encoding="utf-8")
            temporary.replace(kept)
        return rendered

    def _addressed(self, rendered: str, folder: str) -> str:
        """Links to pages as the addresses that they have on the site."""

        def address(match: re.Match[str]) -> str:
            path, mark, anchor = match[2].partition("#")
            if not path.endswith(".md") or ":" in path:
                return match[0]
            target = self.addresses.of(posixpath.normpath(posixpath.join(folder, path)))
            return f"{match[1]}{_relative(target, folder)}{mark}{anchor}{match[3]}"

        return _LINK.sub(address, rendered)

    def _file(self, document: Document, name: str, facts: dict[str, object]) -> tuple[str, bytes]:
        page = self._page(document, name)
        folder = posixpath.dirname(page)
        standing = document.standing
        approval = standing.in_force if standing else None
        state = self.words(f"state.{document.state.value}")
        current = f"{self.words('revision', number=approval.revision)} · {state}" if approval else state
        text = self._template.render(
            {
                "language": document.shown.metadata.language or self.words.language,
                "organisation": self.handbook.policy.organisation,
                "emergency": self.handbook.policy.emergency,
                "document": document,
                "title": document.title,
                "current": current,
                "current_href": _relative(self.addresses.of(self.pages[document.key]), folder),
                "words": self.words,
                "style": _relative(LIGHT_STYLE, folder),
                **facts,
            }
        )
        return posixpath.splitext(page)[0] + ".html", text.encode()


def pairs(numbers: list[int]) -> list[tuple[int, int]]:
    """Which revisions are compared: every two of a few; of many, neighbours and each with the last."""
    if len(numbers) <= ALL_PAIRS_UP_TO:
        return [(a, b) for i, a in enumerate(numbers) for b in numbers[i + 1 :]]
    neighbours = list(zip(numbers, numbers[1:], strict=False))
    return sorted({*neighbours, *((n, numbers[-1]) for n in numbers[:-1])})


def fold(marked: str, label: str) -> str:
    """Fold stretches of a redline in which nothing changed."""
    root = html.fragment_fromstring(marked, create_parent="div")
    pieces: list[str] = []
    same: list[str] = []

    def close() -> None:
        if len(same) > 2:
            pieces.append(f"<details><summary>{escape(label)}</summary>{''.join(same)}</details>")
        else:
            pieces.extend(same)
        same.clear()

    for block in root:
        text = html.tostring(block, encoding="unicode")
        changed = 'class="ems"' in text or "data-ems=" in text
        if changed or re.fullmatch(r"h[1-6]", str(block.tag)):
            close()
            pieces.append(text)
        else:
            same.append(text)
    close()
    return "".join(pieces)


def _relative(target: str, folder: str) -> str:
    path = posixpath.relpath(target or ".", folder or ".")
    return path + "/" if target.endswith("/") and not path.endswith("/") else path
