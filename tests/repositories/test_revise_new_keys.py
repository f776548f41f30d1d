"""The next revision is written with the keys by which the policy in force reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.attacks.scene import DOC, ID, Scene, scene
from tests.attacks.test_policy_of_a_text import rename, steer
from tests.running import ems
from tests.signing import key_of

CHANGES: dict[str, tuple[Any, list[str], list[str]]] = {
    "classification": (
        lambda tree: tree.update(fields={"distribution": "groups"}),
        ["groups: [yard]  # all of them"],
        ["distribution:"],
    ),
    "number and rows": (
        lambda tree: tree.update(fields={"revision": "stand", "revisions": "verlauf"}),
        ["stand: 2", "verlauf:"],
        ["revision: 1", "revisions:"],
    ),
    "status": (lambda tree: tree.update(fields={"status": "zustand"}), ["zustand: draft"], ["status:"]),
    "a type renamed": (lambda tree: rename(tree, "procedure", "process"), ["type: process"], ["type: procedure"]),
}


def revise(s: Scene) -> Any:
    return ems(s.root, "revise", ID, "--author", "a.author", "--change", "Valve V-4.", day=None)


@pytest.mark.parametrize("what", CHANGES)
def test_next_revision_has_the_new_keys(tmp_path: Path, what: str) -> None:
    change, there, gone = CHANGES[what]
    s = scene(tmp_path)
    s.keys(distribution="[yard]  # all of them").commit()
    steer(s, change)
    told = revise(s)
    assert told.status == 0, told.err
    lines = s.read(DOC).split("---\n")[1].split("\n")
    assert [one for one in there if one not in lines] == []
    assert [line for line in lines if line.startswith(tuple(gone))] == []
    s.write(DOC, s.read(DOC).replace(": draft", ": submitted").replace("tanker", "lorry"))
    s.commit()
    (tmp_path / "key").write_bytes(key_of("b.boss").private)
    signed = ems(s.root, "approve", ID, "--as", "b.boss", "--key", str(tmp_path / "key"), day=None)
    assert signed.status == 0, signed.err


def test_withdrawal_is_written_with_the_keys_of_its_text(tmp_path: Path) -> None:
    s = scene(tmp_path)
    steer(s, lambda tree: tree.update(fields={"status": "zustand"}))
    assert ems(s.root, "withdraw", ID, day=None).status == 0
    assert "status: withdrawn" in s.read(DOC).split("\n")
    assert "zustand" not in s.read(DOC)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"distribution": "title"}, '"distribution" is called "title" now, and there is a "title" already'),
        ({"distribution": "custom.groups"}, 'keys are called otherwise since this text came in ("custom.groups")'),
    ],
)
def test_what_cannot_be_renamed_is_one_line_and_writes_nothing(
    tmp_path: Path, fields: dict[str, str], said: str
) -> None:
    s = scene(tmp_path)
    s.keys(distribution="[yard]").commit()
    steer(s, lambda tree: tree.update(fields=fields))
    before = s.read(DOC)
    told = revise(s)
    assert (told.status, said in told.err, s.read(DOC)) == (2, True, before), told.err


def test_policy_that_renames_nothing_leaves_every_key(tmp_path: Path) -> None:
    """The twin."""
    s = scene(tmp_path)
    s.keys(distribution="[yard]").commit()
    steer(s, lambda tree: tree["uncontrolled"].append("drafts/**"))
    told = revise(s)
    assert told.status == 0, told.err
    assert "distribution: [yard]" in s.read(DOC)
