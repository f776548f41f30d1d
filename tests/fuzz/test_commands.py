"""Broken files in a real repository: each command ends with 0, 1 or 2, in time, no traceback, nothing changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.attacks.scene import DOC, RECORD, Scene, scene
from tests.fuzz.draws import BOMB, broken, in_time
from tests.fuzz.test_readers import MKDOCS, PULL, STANDARD, TABLE
from tests.running import ems, picture

LIMITS = "docs/procedures/limits.csv"
SITE = MKDOCS.replace(b"INHERIT: ../base.yml\n", b"")
FILES = ["ems.yml", "people.yml", "mkdocs.yml", "standards.yml", "docs/index.md", LIMITS, DOC, RECORD, RECORD + ".sig"]
BASE = "BASE"
COMMANDS = [
    *(["check"], ["check", "--base", BASE], ["verify"], ["register"], ["matrix"], ["history", "EMS-PRO-001"]),
    *(["show", "EMS-PRO-001"], ["diff", "EMS-PRO-001"], ["doctor"]),
    ["record", "--forge", "github", "--from-json", "PULL", "--as", "r.recorder", "--dry-run"],
]
WHOLE = settings().max_examples >= 1000
SOME = settings(
    max_examples=80 if WHOLE else 6,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # a smaller case is not worth its minutes
)


@pytest.fixture(scope="module")
def stage() -> Iterator[tuple[Scene, dict[str, bytes]]]:
    """A signed handbook with a table, a site and a standard of its own; and its files."""
    with TemporaryDirectory() as folder:
        made = scene(Path(folder))
        made.write("mkdocs.yml", SITE)
        made.write(LIMITS, TABLE)
        made.write("standards.yml", STANDARD)
        made.write("docs/index.md", "# Works\n\n[Limits](procedures/limits.csv){ .table }\n")
        made.write("ems.yml", made.read("ems.yml") + "own_standards: [standards.yml]\n")
        made.commit()
        made.approve("policy")
        assert [made.check().status, made.verify().status] == [0, 0], made.check().err + made.check().out
        files = {name: (made.root / name).read_bytes() for name in FILES}
        yield made, {**files, "../pull.json": json.dumps(PULL, indent=2).encode()}


@SOME
@given(drawn=st.data(), how=st.sampled_from(["lies there", "landed", "proposed"]))
def test_commands(stage: tuple[Scene, dict[str, bytes]], drawn: st.DataObject, how: str) -> None:
    """Whether the broken file only lies there, landed on main, or is proposed on a branch."""
    made, files = stage
    start = made.head
    for name, data in files.items():
        (made.root / name).write_bytes(data)
    for name in drawn.draw(st.lists(st.sampled_from(sorted(files)), min_size=1, max_size=2, unique=True)):
        (made.root / name).write_bytes(drawn.draw(broken(files[name], odd=(BOMB,))))
    if how == "proposed":
        made.branch()
    if how != "lies there":
        made.commit()
    try:
        _run_all(made, start)
    finally:
        made.git("reset", "-q", "--hard", start)
        if how == "proposed":
            made.checkout().git("branch", "-q", "-D", "change")


def _run_all(made: Scene, start: str) -> None:
    before = picture(made.root.parent, cache=False)
    for words in COMMANDS:
        known = {BASE: start, "PULL": str(made.root.parent / "pull.json")}
        with in_time():
            outcome = ems(made.root, *[known.get(word, word) for word in words], day=None)
        assert outcome.status in (0, 1, 2), words
        assert "Traceback" not in outcome.out + outcome.err, words
        assert outcome.status != 2 or outcome.err.strip(), words
    assert picture(made.root.parent, cache=False) == before
