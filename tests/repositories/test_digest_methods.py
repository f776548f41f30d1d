"""A second digest method beside the first: old records stay valid, new ones use it, both in one document."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ems_control.ground.formats.digest import METHODS
from ems_control.handbook.loading import load
from tests.examples import git, make
from tests.running import ems
from tests.signing import key_of, moment, sign

FIRST, SECOND = "ems-content/1", "ems-content/2"
DOC = "docs/procedures/EMS-PRO-001.md"
BEGIN = """\
ems.yml
  types: {procedure: {prefix: EMS-PRO, folder: procedures, level: declared, review: lead, approve: manager}}
people.yml
  people:
    a.author: {name: A. Author, emails: [a.author@example.org], roles: [{role: controller, from: 2020-01-01}]}
    b.boss: {name: B. Boss, emails: [b.boss@example.org], roles: [{role: manager, from: 2020-01-01}]}
    l.lead: {name: L. Lead, emails: [l.lead@example.org], roles: [{role: lead, from: 2020-01-01}]}
keys
approve policy by b.boss
commit
review EMS-PRO-001 by l.lead
commit
"""


def second(metadata: Mapping[str, Any], body: str, attachments: Iterable[tuple[str, str]], _: Mapping[str, str]) -> str:
    """A dummy that seals the whole front matter, clauses too."""
    said = json.dumps([SECOND, metadata, body, sorted(attachments)], sort_keys=True)
    return "sha256:" + hashlib.sha256(said.encode()).hexdigest()


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on the program knows a second method."""
    monkeypatch.setitem(METHODS, SECOND, second)


def commit(root: Path, day: date) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Step", day=day)


def by_hand(root: Path, person: str, action: str, day: date, method: str) -> None:
    """A record by a person, its digest made by a method; committed that day."""
    with load(root, day) as handbook:
        found = handbook.get("EMS-PRO-001")
        assert found
        digest = found.history.versions[-1].digest(method)
    sign(root, "EMS-PRO-001", person, action, moment(day, 8), digest=digest, digest_method=method)
    commit(root, day)


def register(root: Path, day: date) -> tuple[Any, ...]:
    [row] = ems(root, "register", "--format", "json", day=str(day)).json["documents"]
    return row["state"], row["revision"], row["digest"]


def breaks(root: Path) -> list[str]:
    return [one["name"] for one in ems(root, "verify", "--format", "json", day=None).json["breaks"]]


def revise(root: Path, day: date) -> None:
    text = (root / DOC).read_text()
    row = "  - {revision: 2, date: 2026-01-20, author: a.author, class: substantive, change: Valve V-4.}\n"
    text = text.replace("revision: 1\n", "revision: 2\n", 1).replace("revisions:\n", "revisions:\n" + row)
    (root / DOC).write_text(text.replace("V-3", "V-4"))
    commit(root, day)


def refile(root: Path, day: date) -> None:
    """Another clause: no content by the first method, content by the second."""
    (root / DOC).write_text((root / DOC).read_text().replace("iso-14001:2015/8.1#drains, ", ""))
    commit(root, day)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(tmp_path, BEGIN)


@pytest.mark.parametrize("method", [FIRST, SECOND])
def test_one_decision_by_each_method_about_one_text(root: Path, newer: None, method: str) -> None:
    """The review stands by the first; the approval counts by either, and the text is in force."""
    assert register(root, date(2026, 1, 8))[:2] == ("awaiting approval", None)
    by_hand(root, "b.boss", "approve", date(2026, 1, 9), method)
    assert register(root, date(2026, 1, 10))[:2] == ("in force", 1)
    assert breaks(root) == []


def test_a_digest_of_the_other_method_is_of_no_text(root: Path, newer: None) -> None:
    """Looked up by method and digest: a true digest under the wrong name is idle, and puts nothing in force."""
    with_first = json.loads(next((root / "approvals/EMS-PRO-001").glob("*.json")).read_text())["digest"]
    sign(root, "EMS-PRO-001", "b.boss", "approve", moment(date(2026, 1, 9)), digest=with_first, digest_method=SECOND)
    commit(root, date(2026, 1, 9))
    assert register(root, date(2026, 1, 10))[:2] == ("awaiting approval", None)
    assert len(ems(root, "verify", "--format", "json", day=None).json["idle"]) == 1


def test_old_records_stay_valid_and_new_ones_use_the_new_method(root: Path, newer: None, tmp_path: Path) -> None:
    by_hand(root, "b.boss", "approve", date(2026, 1, 9), FIRST)
    first = register(root, date(2026, 1, 10))
    refile(root, date(2026, 1, 12))
    assert register(root, date(2026, 1, 13)) == first
    assert breaks(root) == []
    revise(root, date(2026, 1, 20))
    key = tmp_path / "key"
    made = {}
    for person, action in (("l.lead", "review"), ("b.boss", "approve")):
        key.write_bytes(key_of(person).private)
        key.chmod(0o600)
        line = ["approve", "EMS-PRO-001", "--as", person, "--key", str(key), "--action", action, "--format", "json"]
        done = ems(root, *line, day=None)
        assert done.status == 0, done.err
        made = json.loads((root / done.json["path"]).read_text())
        assert made["digest_method"] == SECOND
        day = date.fromisoformat(made["decided_at"][:10])
        commit(root, day)
    assert register(root, day) == ("in force", 2, made["digest"])
    history = ems(root, "history", "EMS-PRO-001", "--format", "json", day=str(day)).json
    assert [(one["revision"], one["digest"]) for one in history["revisions"]] == [(2, made["digest"]), (1, first[2])]
    assert breaks(root) == []
    (root / DOC).write_text((root / DOC).read_text().replace("clauses: [", "tags: [yard]\nclauses: ["))
    commit(root, day)
    assert breaks(root) == ["text-not-as-approved"]


def test_a_program_that_knows_no_second_method_says_so(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METHODS, SECOND, second)
    by_hand(root, "b.boss", "approve", date(2026, 1, 9), SECOND)
    monkeypatch.undo()
    [found] = ems(root, "verify", "--format", "json", day=None).json["breaks"]
    assert (found["name"], "ems-content/2" in found["message"]) == ("record-malformed", True)
    assert register(root, date(2026, 1, 10))[:2] == ("awaiting approval", None)
