"""`ems reviewers`, `ems codeowners`, and the summary of a check for people who never open a log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.examples import git
from tests.forges.works import PEOPLE, PRO, Works, text, works
from tests.running import ems

WI = "docs/instructions/EMS-WI-001.md"


def asked(made: Works, *options: str) -> list[tuple[str, str, list[str]]]:
    """Who is to be asked for what, about the branch that is checked out."""
    outcome = ems(made.root, "reviewers", "--base", "main", "--format", "json", *options, day=None)
    assert outcome.status == 0, outcome.err
    return [(one["document"], one["action"], one["persons"]) for one in outcome.json["documents"]]


@pytest.fixture
def made(tmp_path: Path) -> Works:
    """On a branch beside main."""
    made = works(tmp_path)
    made.branch()
    return made


def test_a_submitted_text_asks_every_role_that_decides(made: Works) -> None:
    made.commit({WI: text("EMS-WI-001")})
    assert asked(made) == [("EMS-WI-001", "review", ["l.lead"]), ("EMS-WI-001", "approve", ["b.boss"])]
    outcome = ems(made.root, "reviewers", "--base", "main", "--format", "json", day=None)
    assert outcome.json["accounts"] == ["lead", "boss"]
    shown = ems(made.root, "reviewers", "--base", "main", day=None).out
    assert "EMS-WI-001 revision 1: review as yard lead by L. Lead" in shown


def test_a_draft_and_a_moved_file_ask_nobody(made: Works) -> None:
    made.commit({PRO: text(status="draft")})
    assert asked(made) == []
    assert "Nobody needs to be asked." in ems(made.root, "reviewers", "--base", "main", day=None).out


def test_who_wrote_it_is_not_asked_but_a_deputy(made: Works) -> None:
    made.commit({PRO: text()}, email="b.boss@example.org")
    assert asked(made) == [("EMS-PRO-001", "approve", ["c.deputy"])]


def test_what_was_submitted_on_main_already_is_not_asked_again(made: Works) -> None:
    made.commit({PRO: text()})
    made.merge()
    made.branch("other")
    made.commit({"docs/index.md": "# Home\n\nNews.\n"})
    assert asked(made) == []
    made.commit({PRO: text(body="Open the valve.")})
    assert [document for document, *_ in asked(made)] == ["EMS-PRO-001"]


def test_codeowners_takes_accounts_else_addresses(made: Works, tmp_path: Path) -> None:
    lines = ems(made.root, "codeowners", day=None).out.split("\n")
    assert "/people.yml      @boss @deputy" in lines
    assert "/ems.yml         b.boss@example.org c.deputy@example.org" in (
        ems(made.root, "codeowners", "--forge", "gitlab", day=None).out.split("\n")
    )
    nobody = PEOPLE.replace("b.boss@example.org", "").replace("c.deputy@example.org", "")
    (tmp_path / "other").mkdir()
    without = works(tmp_path / "other", people=nobody.replace("emails: []", "emails: []"))
    refused = ems(without.root, "codeowners", "--forge", "gitea", day=None)
    assert (refused.status, "has an account or address" in refused.err) == (2, True)


def test_what_makes_the_site_has_owners_in_a_folder_too(handbook: Callable[[str], Path]) -> None:
    root = handbook("""
mkdocs.yml
  = site_name: Works
  = theme: {name: material, custom_dir: our look}
  = hooks: [tools/banner.py]
""")
    inside = root / "manual"
    inside.mkdir()
    for path in [path for path in root.iterdir() if path.name not in (".git", "manual")]:
        path.rename(inside / path.name)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Moved")
    owned = [line.rsplit("  ", 1)[0].strip() for line in ems(inside, "codeowners", day=None).out.split("\n")[2:-1]]
    assert {"/.github/", "/.gitattributes", "/manual/mkdocs.yml", "/manual/Makefile", "/manual/pyproject.toml"} < {
        *owned
    }
    assert {"/manual/our\\ look/", "/manual/tools/banner.py", "/manual/ems.yml", "/manual/requirements*"} < {*owned}
    assert not any(path.startswith("/manual/docs") for path in owned)


def test_the_summary_shows_what_people_wrote_and_runs_none_of_it(
    made: Works, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    evil = "</h3><img src=x onerror=alert(1)> [x](javascript:alert) | `a` ![i](https://example.org/x.png)"
    made.commit({PRO: text().replace("title: Yard drains", f"title: '{evil}'").replace("owner: lead", "owner: nobody")})
    outcome = ems(made.root, "check", "--base", "main", "--format", "github", day=None)
    assert outcome.status == 1
    shown = page.read_text(encoding="utf-8")
    assert "must be put right before this can be merged" in shown
    assert "**What to do:**" in shown
    for hostile in ("<img", "</h3", "](", "`a`", "https://"):
        assert hostile not in shown
    assert "onerror" in shown
