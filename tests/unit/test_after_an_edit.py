"""What a check after an edit takes over from the check before it, rule by rule, on the golden folders."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.loading import load
from ems_control.rules.after_an_edit import MOST, Before, again, found_after, noted
from ems_control.rules.book import find_rule, found_by, rules, run
from ems_control.rules.finding import Finding
from ems_control.rules.only_these import only
from tests.examples import AS_OF, PROPOSED, git, make
from tests.unit.test_rule_book import GOLDEN

WHOLE = settings().max_examples >= 1000


def cases() -> Iterator[Path]:
    """A case with the finding of each rule; all of them where there is time."""
    for folder in sorted(path for path in GOLDEN.iterdir() if path.is_dir()):
        code = folder.name.split("-")[0]
        mine = [case for case in sorted(folder.glob("*.txt")) if "\npropose" not in case.read_text("utf-8")]
        found = [case for case in mine if f" {code} " in case.read_text("utf-8").split("\n=====\n")[1]]
        if not find_rule(code).history_only:
            yield from mine if WHOLE else found[:1]


CASES = list(cases())
PROPOSING = [case for case in sorted(GOLDEN.rglob("*.txt")) if "\npropose" in case.read_text("utf-8")]
ONE = [rule for rule in rules() if rule.sees == "one"]


def opened(root: Path) -> Handbook:
    return load(root, AS_OF, working_tree=True)


def before(handbook: Handbook) -> Before | None:
    """What is kept of a check, as it is kept: as JSON."""
    findings = run(handbook)
    kept = json.loads(json.dumps(noted(handbook, findings)))
    return again(kept, findings) if kept else None


def texts(handbook: Handbook) -> Iterator[Document]:
    return (one for one in handbook.documents.values() if one.current)


def unlike(handbook: Handbook) -> list[Finding]:
    """What rules that see one document find with the others out of sight, and not with them; and the other way round.

    A file that several texts show is told for the first of them.
    """

    def key(one: Finding, path: str) -> object:
        return (one.path, one.line, one.column, one.rule, one.message, one.path == path and one.document)

    found = found_by(ONE, handbook, lambda _: None)
    odd = []
    for document in texts(handbook):
        assert document.current
        path = document.current.path
        alone = found_by(ONE, only(handbook, document, document.current), lambda _: None)
        mine = [one for one in found if path == one.path or document.id == one.document]
        odd += [one for one in mine if key(one, path) not in {key(other, path) for other in alone}]
        odd += [one for one in alone if key(one, path) not in {key(other, path) for other in found}]
    return odd


def test_every_rule_says_what_it_sees() -> None:
    """One that says nothing has all be checked anew after each edit: right, and slow."""
    assert [rule.code for rule in rules() if rule.sees == "all"] == []


PLAIN = re.compile(rb"[\w\s.,;:()\'\"%/*?+-]*")
WORD = re.compile(rb"[^\W\d_]+")


def other_words(rows: list[bytes]) -> list[bytes]:
    """The same lines, with other words where a line has nothing but words."""
    return [WORD.sub(b"word", row) if PLAIN.fullmatch(row) else row for row in rows]


def taken_over(root: Path, known: Before | None) -> tuple[bool, Before | None]:
    """Whether what is taken over now is what is found anew; and what is known then."""
    with opened(root) as handbook:
        found = found_after(handbook, known) if known else None
        return found is None or found == run(handbook), before(handbook)


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_edit_is_found_out_of_what_was_found_before(case: Path, tmp_path: Path) -> None:
    """Each text gets other words, its own ones again, and a paragraph on top, so that all its lines move."""
    example, _ = case.read_text(encoding="utf-8").split("\n=====\n")
    make(tmp_path, example)
    with opened(tmp_path) as handbook:
        assert unlike(handbook) == []
        known = before(handbook)
        paths = [one.current.path for one in texts(handbook) if one.current and one.current.file.tree is not None]
        lines = {path: handbook.tree.file_at(path).body_line for path in paths if path in handbook.tree.files}
    for path, first in lines.items() if known else ():
        place = tmp_path / path
        was = place.read_bytes()
        rows = was.split(b"\n")
        head, body = rows[: first - 1], rows[first - 1 :]
        place.write_bytes(b"\n".join([*head, *other_words(body)]))
        right, then = taken_over(tmp_path, known)
        assert right, path
        place.write_bytes(was)
        assert taken_over(tmp_path, then)[0], path
        place.write_bytes(b"\n".join([*head, b"", b"One word more.", b"", *body]))
        assert taken_over(tmp_path, known)[0], path
        place.write_bytes(was)


def proposal_taken_over(root: Path, known: Before | None, base: str) -> bool | None:
    """Whether what is taken over for HEAD, proposed onto a commit, is what is found anew; None where nothing is."""
    with load(root, AS_OF, base=base) as handbook:
        found = found_after(handbook, known) if known else None
        return None if found is None else found == run(handbook)


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_proposed_edit_is_found_out_of_what_was_found_on_its_base(case: Path, tmp_path: Path) -> None:
    """What was checked before it was committed; each text with a paragraph more, then the first of them without."""
    example, _ = case.read_text(encoding="utf-8").split("\n=====\n")
    make(tmp_path, example)
    commit(tmp_path)
    if len(git(tmp_path, "rev-list", "--first-parent", "HEAD").split()) > 1:
        git(tmp_path, "reset", "-q", "--soft", "HEAD~1")
        with opened(tmp_path) as handbook:
            known = before(handbook)
        git(tmp_path, "reset", "-q", "--soft", "ORIG_HEAD")
        assert proposal_taken_over(tmp_path, known, "HEAD~1") is not False
    base = git(tmp_path, "rev-parse", "HEAD").decode().strip()
    with opened(tmp_path) as handbook:
        known = before(handbook)
        paths = [one.current.path for one in texts(handbook) if one.current and one.current.file.tree is not None]
    was = {path: (tmp_path / path).read_bytes() for path in paths[:MOST] if (tmp_path / path).is_file()}
    for path, data in was.items():
        (tmp_path / path).write_bytes(data + b"\n\nOne word more.\n")
    commit(tmp_path)
    assert proposal_taken_over(tmp_path, known, base) is not False
    with load(tmp_path, AS_OF, base=base) as handbook:
        then = before(handbook)
    for path, data in list(was.items())[:1]:
        (tmp_path / path).write_bytes(data)
    commit(tmp_path)
    assert proposal_taken_over(tmp_path, then, base) is not False


@pytest.mark.parametrize("case", PROPOSING, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_whatever_a_change_does_beside_an_edit_is_found(case: Path, tmp_path: Path) -> None:
    """What rules about a change as a whole find in it, on what was found before where it began."""
    example, _ = case.read_text(encoding="utf-8").split("\n=====\n")
    make(tmp_path, example)
    git(tmp_path, "checkout", "-q", PROPOSED)
    with opened(tmp_path) as handbook:
        known = before(handbook)
    git(tmp_path, "checkout", "-q", "-")
    assert proposal_taken_over(tmp_path, known, PROPOSED) is not False


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "Step")
