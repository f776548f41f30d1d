"""What `ems stage` writes of a handbook full of odd neighbours: sealed texts and files, nothing in their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.examples import make
from tests.running import ems

STEPS = """
ems.yml
  uncontrolled: [index.md, "d/*", "notes/*", "shared/*", procedures/EMS-PRO-001/index.md]
docs/shared/loop.md
  = Ring 4444.
  = --8<-- "shared/loop.md"
docs/procedures/plan.png
  = sealed
docs/d/plan.png
  = at an address of ours
docs/procedures/limits.csv
  = Substance,Limit
  = Zinc,2.0
docs/procedures/active.svg
  = <svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>
docs/procedures/EMS-PRO-001.md
  > ## Drains {#drains}
  >
  > --8<-- "shared/loop.md"
  >
  > ![Plan](plan.png) and ![Drawing](active.svg) and ![odd](../d/plan.png)
  >
  > [nowhere](/etc/passwd), [no file](gone.pdf), [two](EMS-PRO-002.md#drains),
  > [two elsewhere](EMS-PRO-002.md#no-such-heading)
  >
  > Code follows.
  >
  >     [Limits](limits.csv){ .table }
  >
  > 1. A step.
  >
  >     [Limits](limits.csv){ .table }
  >
  > [Limits](limits.csv){ .table }
docs/procedures/EMS-PRO-002.md
  title: Second
docs/procedures/EMS-PRO-003.md
  title: Third
  status: draft
  approved_by:
  approved_on:
commit
docs/procedures/plan.png
  = changed since
docs/d/x.md
  = # At an address of ours
docs/procedures/EMS-PRO-001/index.md
  = # In the place of a document
docs/notes/free.md
  = # A page of the user
docs/notes/other.markdown
  = # A page that no pattern covers
docs/notes/CP.MD
  = # Another one
commit
"""


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the pages."""
    folder = tmp_path_factory.mktemp("published")
    root = make(folder / "handbook", STEPS)
    outcome = ems(root, "stage", str(folder / "staged"), day="2026-06-01")
    assert outcome.status == 0, outcome.err
    return folder / "staged/docs"


def test_pages_beside_documents(staged: Path) -> None:
    """None takes the place of a document or of a page of ours; a draft is no page of the user."""
    pages = {path.relative_to(staged).as_posix() for path in staged.rglob("*.md")}
    assert {"procedures/EMS-PRO-001.md", "procedures/EMS-PRO-002.md", "notes/free.md"} <= pages
    assert not {"d/x.md", "procedures/EMS-PRO-001/index.md"} & pages
    assert "A page of the user" in (staged / "notes/free.md").read_text()
    assert {path.name for path in (staged / "notes").iterdir()} == {"free.md"}


def test_another_suffix_is_one_of_pages_where_a_pattern_says_so(tmp_path: Path) -> None:
    suffixes = 'ems.yml\n  controlled: ["**/*.md", "**/*.markdown"]\n'
    for given, found in (("", ["EMS706"]), (suffixes, [])):
        root = make(
            tmp_path / f"handbook{len(found)}", f"{given}docs/procedures/EMS-PRO-001.markdown\n  title: One\ncommit\n"
        )
        said = ems(root, "check", "--format", "json", day="2026-06-01").json["findings"]
        assert [one["rule"] for one in said if one["rule"] in ("EMS706", "EMS101")] == found, said


def test_sealed_files_in_their_version(staged: Path) -> None:
    pictures = {path.relative_to(staged).as_posix(): path.read_bytes() for path in staged.rglob("plan*.png")}
    assert set(pictures.values()) == {b"sealed\n", b"at an address of ours\n"}
    assert not {"procedures/plan.png", "d/plan.png"} & set(pictures)
    assert not list(staged.rglob("*.svg")), "what a browser would run is on no page"


def test_links_lead_where_something_is_to_be_read(staged: Path) -> None:
    text = (staged / "procedures/EMS-PRO-001.md").read_text()
    for dead in ("/etc/passwd", "gone.pdf", "active.svg", "#no-such-heading"):
        assert f"{dead})" not in text
    assert "EMS-PRO-002.md#drains)" in text
    assert "EMS-PRO-002.md)" in text


def test_includes_and_tables(staged: Path) -> None:
    """What includes itself is there once; a table in code is code, one below a step is a table."""
    text = (staged / "procedures/EMS-PRO-001.md").read_text()
    assert text.count("Ring 4444.") == 1
    assert text.count("| Zinc |") == 2
    assert "    | Zinc |" in text
    assert text.count("    [Limits](limits.csv){ .table }") == 1
