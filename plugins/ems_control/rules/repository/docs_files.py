"""Family 7, the files under docs/: plain, with names that can be sealed, each with an address of its own."""

from __future__ import annotations

import posixpath
import unicodedata
from collections.abc import Iterable, Iterator

from ems_control.ground.formats.digest import CUTTING_CHARACTERS
from ems_control.ground.git.log import SUBMODULE, SYMLINK
from ems_control.ground.text import is_markdown
from ems_control.handbook import addresses
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.help_pages import help_pages
from ems_control.handbook.page_paths import address, by_address
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.references.textlinks import targets, texts

_LARGE_FILE = b"version https://git-lfs"


def plain_name(path: str) -> str:
    """A path as a text can write it: characters composed (NFC)."""
    return unicodedata.normalize("NFC", path)


def _shown(path: str) -> str:
    """A path as it can be printed, whatever bytes it has."""
    return path.encode("utf-8", "replace").decode("utf-8")


def _at(path: str, message: str, fix: str) -> Found:
    return Found(_shown(path), 0, 0, "", message, fix)


@rule("EMS705", "file-not-plain", "error", fixed=True, sees="shared")
def file_not_plain(handbook: Handbook) -> Iterator[Found]:
    """Something under docs/ stands for a file but is none.

    Checks: Among the files of docs/ is no symbolic link, no other repository (submodule) and no placeholder for a
        large file (Git LFS): what they stand for is not in the handbook and can change without a trace.
    Basis: Our own rule.
    Bad:
        docs/procedures/EMS-PRO-001.md
        link ../procedures/EMS-PRO-001.md docs/shared/drains.txt
    Good:
        docs/shared/drains.txt
          = Close valve V-3 first.
    Fix: Put the file itself there.
    """
    kinds = {SYMLINK: "a symbolic link", SUBMODULE: "another repository, or no file at all"}
    for path, mode in handbook.tree.odd.items():
        if path == handbook.docs_stand_in:
            message = (
                f"{_shown(path)} is {kinds.get(mode, 'no folder')}; links are not followed, so no document is seen"
            )
            yield _at(path, message, "Make it a folder, or name the real one in ems.yml: docs_dir.")
            continue
        message = f"{_shown(path)} is {kinds.get(mode, 'no plain file')}, which cannot be sealed"
        yield _at(path, message, "Put the file itself there.")
    files = {path: blob for path, blob in handbook.tree.files.items() if not is_markdown(path)}
    handbook.tree.store.prefetch(files.values())
    for path, blob in files.items():
        if handbook.tree.store.read(blob).startswith(_LARGE_FILE):
            message = f"{_shown(path)} is only a placeholder for a large file (Git LFS)"
            yield _at(path, message, "Commit the file itself; a large picture can mostly be made smaller.")


@rule("EMS706", "file-name-unsealable", "error", fixed=True, sees="shared")
def file_name_unsealable(handbook: Handbook) -> Iterator[Found]:
    """A file has a name, or is linked in a way, with which it cannot be sealed.

    Checks: What a document shows is found by the words of its text (the content digest). So no name under docs/ has
        one of ( ) < > [ ] { } " ' ` | , ; : = # ? & ! * or a backslash, or letters that are taken apart (NFD), and no
        two names are equal but for capitals or such letters. Spaces and umlauts are fine in a name; a link writes a
        space as %20, because a word ends at a space. A file without a full stop in its name cannot be linked, and a
        document behind a name that begins with one is on no page. The name of a page ends in .md, or in .markdown
        where ems.yml says so under controlled: engines and editors do not agree on others, and a page that no pattern
        covers would be published without any decision.
    Basis: Our own rule.
    Bad:
        docs/procedures/plan(old).png
          = picture
    Good:
        docs/procedures/Plan für Hof 2.png
          = picture
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
          clauses:
          > ![Plan of the yard](Plan%20für%20Hof%202.png)
    Fix: Give the file another name, with letters, digits, hyphens and full stops. In a link, write %20 for a space.
    """
    paths = sorted([*handbook.tree.files, *handbook.tree.odd])
    for path in paths:
        under = handbook.under_docs(path)
        bad = sorted(CUTTING_CHARACTERS & set(under)) + ["\\"] * ("\\" in under)
        unreadable = any(0xD800 <= ord(char) < 0xE000 or not (char.isprintable() or char == " ") for char in under)
        if bad:
            message = f"the name of {_shown(path)} has {' '.join(bad)} in it and cannot be sealed"
            yield _at(path, message, "Give it another name: letters, digits, hyphens, full stops.")
        elif unreadable or plain_name(path) != path:
            message = f"the name of {_shown(path)} has characters that no text can write"
            yield _at(path, message, "Give it the same name again, typed anew.")
        elif "/." in f"/{under}" and is_markdown(path) and handbook.is_controlled(path):
            message = f"{_shown(path)} lies behind a name that begins with a full stop, which no site shows"
            yield _at(path, message, "Give it another name: letters, digits, hyphens, full stops.")
        elif is_markdown(path) and not handbook.is_page(path):
            message = f"{_shown(path)} is a page by its name, but none that is controlled or published"
            yield _at(path, message, "Let its name end in .md.")
    yield from _twins(handbook, paths)
    yield from _unsealed_links(handbook)


def _twins(handbook: Handbook, paths: Iterable[str]) -> Iterator[Found]:
    """Files and folders whose names differ in capitals or composed letters only."""
    seen: dict[str, str] = {}
    for path in paths:
        parts = handbook.under_docs(path).split("/")
        for depth in range(1, len(parts) + 1):
            name = "/".join(parts[:depth])
            other = seen.setdefault(plain_name(name).casefold(), name)
            if other != name:
                message = f"{_shown(name)} and {_shown(other)} differ in capitals only; many computers hold one of them"
                yield _at(path, message, "Give one of them another name.")
                break


def _unsealed_links(handbook: Handbook) -> Iterator[Found]:
    """Links to a file that is there, written so that the content digest does not find it."""
    for text in texts(handbook):
        sealed = {attachment.path for attachment in text.version.attachments}
        for link, target in targets(handbook, text) if text.document else ():
            if target.blob is None or is_markdown(target.path) or target.path in sealed:
                continue
            if not CUTTING_CHARACTERS & set(handbook.under_docs(target.path)):
                fix = f"Write {link.target.replace(' ', '%20')}." if " " in link.target else "Rename the file."
                yield text.found(link.line, f'"{link.target}" cannot be sealed as it is written', fix)


@rule("EMS707", "two-sources-of-one-address", "error", fixed=True, sees="shared")
def two_sources_of_one_address(handbook: Handbook) -> Iterator[Found]:
    """Two files would be published at one address, or a file would replace a page or a part of the site.

    Checks: No address has two sources: `x.md` and `x/index.md`, `README.md` and `index.md`, a static `x/index.html`.
        No file takes the place of a generated page, of the addresses under /d/ (the codes on prints lead there), or of
        the site's own scripts, styles and search. A help page of the program gives way to one of the handbook.
    Basis: Our own rule.
    Bad:
        docs/help.md
          = # Help
        docs/help/index.md
          = # Help
        ems.yml
          uncontrolled: [index.md, help.md, "help/**"]
    Good:
        docs/help/index.md
          = # Help
        docs/help/reading.md
          = # Reading
        ems.yml
          uncontrolled: [index.md, "help/**"]
    Fix: Rename or remove one of the two.
    """
    seen: dict[str, str] = {}
    for path in handbook.generated_pages - help_pages(handbook.policy.languages).keys():
        if path != addresses.HOME:
            seen[address(path)] = ""
    for path in sorted(handbook.tree.files, key=lambda path: (posixpath.dirname(path), path)):
        under = handbook.under_docs(path)
        place = address(under)
        other = seen.setdefault(place, path)
        shown = "/" + place.removesuffix("index.html")
        if other == "":
            message = f"{shown} is the address of a generated page"
        elif other != path:
            message = f"{_shown(path)} and {_shown(other)} have one address, {shown}"
        elif place.startswith(addresses.BY_HAND):
            message = "addresses under /d/ belong to the codes on prints"
        elif place in addresses.ENGINE or (not is_markdown(path) and place.startswith(addresses.THEME)):
            message = f"{shown} would replace a part of the site itself"
        else:
            continue
        yield _at(path, message, "Rename or remove it.")
    yield from _documents_at_one_address(handbook)


def _documents_at_one_address(handbook: Handbook) -> Iterator[Found]:
    """Documents in force whose page another one in force has."""
    for place, (first, *others) in by_address(handbook).items():
        for document, path in others:
            if document.in_force:
                where = f"{document.id} stands under /d/ meanwhile"
                message = f"{first[0].id} and {document.id}, both in force, have one address, /{place}; {where}"
                yield Found(f"{handbook.docs}/{path}", 0, 0, document.id, message, "Move one of the two files.")
