"""`ems history` and `ems show` read of other documents the id at the top: they say what a reading of every text says.

However a text hides its id, loses it or takes another's place.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ems_control.ground.kept import FEW_LANDINGS, SWITCH
from tests.examples import BASE, git, make
from tests.running import ems

PAGE = "docs/procedures/EMS-PRO-001.md"
OTHER = "docs/procedures/EMS-PRO-002.md"
THIRD = "docs/procedures/EMS-PRO-003.md"
GOOD = (BASE / PAGE).read_text("utf-8")
AT_THE_TOP = "id: EMS-PRO-001\n"


def changed(was: str, now: str) -> str:
    assert was in GOOD
    return GOOD.replace(was, now, 1)


ODD = {
    "another title": changed("title: ", "title: A new "),
    "goes on below": changed(AT_THE_TOP, "id: EMS-PRO-001\n  and more\n"),
    "a comment": changed(AT_THE_TOP, "id: EMS-PRO-001  # ours\n"),
    "quoted": changed(AT_THE_TOP, 'id: "EMS-PRO-001"\n'),
    "twice": changed(AT_THE_TOP, "id: EMS-PRO-001\nid: EMS-PRO-009\n"),
    "another first": changed(AT_THE_TOP, "id: EMS-PRO-009\nid: EMS-PRO-001\n"),
    "in a value": changed(AT_THE_TOP, "note: |\n  id: EMS-PRO-001\nid: EMS-PRO-009\n"),
    "between quotes": changed(AT_THE_TOP, 'note: "\nid: EMS-PRO-001\n"\nid: EMS-PRO-009\n'),
    "an anchor": changed("title: ", "title: &x "),
    "not to be read": changed("title: ", "title: [\n"),
    "no end": "---\n" + AT_THE_TOP + "title: No end\n",
    "no front matter": "# Only a heading\n",
    "line ends": GOOD.replace("\n", "\r\n"),
    "a mark of the order": "\ufeff" + GOOD,
    "no text": "\0",
    "small letters": changed(AT_THE_TOP, "id: ems-pro-001\n"),
    "another document": changed(AT_THE_TOP, "id: EMS-PRO-009\n"),
    "shows a file": GOOD + '\n![Plan](plan%2Epng) ![Map](ma\\p.png)\n\n--8<-- "parts/who.txt"\n',
    "an umlaut": GOOD + "\nLageplan für die Wache: ![Plan](plän.png)\n",
}


def landed(root: Path, **files: str) -> None:
    for name, text in files.items():
        place = root / {"page": PAGE, "other": OTHER, "third": THIRD}.get(name, name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Step")


OURS = {
    "another title",
    "a comment",
    "quoted",
    "twice",
    "line ends",
    "a mark of the order",
    "small letters",
    "shows a file",
}
OURS |= {"an umlaut"}
"""Those of them that are EMS-PRO-001; of the others it is none, or nobody can say what they are."""


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each odd text between two good ones; then two texts change places, and pictures come and go."""
    root = tmp_path_factory.mktemp("few") / "handbook"
    make(root, "signed")
    for number, text in enumerate(ODD.values(), 1):
        landed(root, page=text.replace("revision: 1", f"revision: {number}1", 1))
        landed(root, page=GOOD.replace("revision: 1", f"revision: {number}2", 1))
    landed(root, **{"docs/procedures/plan.png": "1", "docs/parts/who.txt": "A", "docs/procedures/plän.png": "1"})
    for name in ("shows a file", "an umlaut"):
        landed(root, page=ODD[name])
        landed(root, **{"docs/procedures/plan.png": name, "docs/parts/who.txt": name, "docs/procedures/plän.png": name})
    landed(root, other=GOOD, page=changed(AT_THE_TOP, "id: EMS-PRO-002\n"))
    landed(root, third=GOOD, other="No document.\n")
    assert len(git(root, "log", "--format=%h").split()) > FEW_LANDINGS
    return root


@pytest.mark.parametrize("document", ["EMS-PRO-001", "EMS-PRO-002", "EMS-PRO-009"])
def test_the_same_as_where_all_is_read(odd: Path, document: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where `ems register` read all before, what it kept of that answers; then nothing is kept."""
    assert ems(odd, "register").status == 0
    whole = ems(odd, "history", document, "--format", "json")
    monkeypatch.setenv(SWITCH, "1")
    assert ems(odd, "history", document, "--format", "json") == whole
    assert whole.json["document"] == document
    assert whole.json["revisions"]


def test_an_id_is_that_which_the_whole_front_matter_gives(odd: Path) -> None:
    told = {row["revision"] for row in ems(odd, "history", "EMS-PRO-001", "--format", "json").json["revisions"]}
    assert {name for number, name in enumerate(ODD, 1) if number * 10 + 1 in told} == OURS
