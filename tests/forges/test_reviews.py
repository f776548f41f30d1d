"""What a pull request still needs before the merge, and what a forge says later about what was recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ems_control.forges.opening import open_forge
from ems_control.forges.still_there import differences
from ems_control.ground.errors import EmsError
from ems_control.handbook.loading import load
from tests.examples import LONG_AFTER
from tests.forges.fake_github import TOKEN, GitHub
from tests.forges.serving import Answer, Server, serving
from tests.forges.works import POLICY, PRO, WITNESSED, Works, text, works
from tests.running import ems

WI = "docs/instructions/EMS-WI-001.md"
MAN = "docs/manuals/EMS-MAN-001.md"
DAY = date.fromisoformat(LONG_AFTER)


@pytest.fixture
def made(tmp_path: Path) -> Works:
    """A handbook with an approved policy and one form."""
    return works(tmp_path)


def asked(made: Works, head: str, *reviews: dict[str, Any], **more: Any) -> list[str]:
    """What is missing for the branch, as `ems check --base main --reviews` says it."""
    path = made.root.parent / "pull.json"
    path.write_text(json.dumps(made.pull(head, None, list(reviews), **more)), encoding="utf-8")
    line = ["check", "--base", "main", "--reviews", "--from-json", str(path), "--format", "json"]
    found = ems(made.root, *line, day=LONG_AFTER).json["findings"]
    return [f["message"] for f in found if (f["name"], f["severity"]) == ("awaiting-approval", "error")]


def test_what_is_missing_goes_review_by_review(made: Works) -> None:
    made.branch()
    head = made.commit(
        {WI: text("EMS-WI-001"), PRO: text(), "docs/forms/EMS-FRM-001.md": text("EMS-FRM-001", body="x")}
    )
    pro = "EMS-PRO-001 revision 1 still needs 1 approval by the plant manager (B. Boss or C. Deputy)"
    lead = "EMS-WI-001 revision 1 still needs 1 review by the yard lead (L. Lead)"
    boss = "EMS-WI-001 revision 1 still needs 1 approval by the plant manager (B. Boss or C. Deputy)"
    assert sorted(asked(made, head)) == [pro, boss, lead]
    first = made.review("l.lead", head)
    assert sorted(asked(made, head, first)) == [pro, boss]
    assert asked(made, head, first, made.review("c.deputy", head)) == []


@pytest.mark.parametrize(
    ("state", "more", "words"),
    [
        ("commented", {}, "still needs 1 approval"),
        ("dismissed", {"was": "approved"}, "still needs 1 approval"),
        ("approved", {"commit": None}, "still needs 1 approval"),
        ("approved", {"account": None}, "still needs 1 approval"),
        ("approved", {"submitted_at": "2019-12-31T10:00:00Z"}, "still needs 1 approval"),
        ("approved", {"account": {"id": "11", "login": "author"}}, "still needs 1 approval"),
        ("changes-requested", {}, "B. Boss asked for changes of EMS-PRO-001 and has not approved since"),
        ("dismissed", {"was": "changes-requested"}, "dismissing that does not answer it"),
    ],
)
def test_what_counts_for_nothing_leaves_it_missing(made: Works, state: str, more: dict[str, Any], words: str) -> None:
    made.branch()
    head = made.commit({PRO: text()})
    found = asked(made, head, made.review("b.boss", head, state) | more)
    assert words in found[0]


def test_a_rejection_stands_although_somebody_else_approved(made: Works) -> None:
    made.branch()
    first = made.commit({PRO: text()})
    no = made.review("b.boss", first, "changes-requested")
    head = made.commit({PRO: text(body="Close valve V-3.")})
    yes = made.review("c.deputy", head)
    assert asked(made, head, no, yes) == ["B. Boss asked for changes of EMS-PRO-001 and has not approved since"]
    assert asked(made, head, no, yes, made.review("b.boss", head)) == []


def test_an_approval_of_an_earlier_text_does_not_count_and_of_the_same_text_does(made: Works) -> None:
    made.branch()
    head = made.commit({PRO: text()})
    review = made.review("b.boss", head)
    same = made.commit({"docs/index.md": "# Home again\n"})
    assert asked(made, same, review) == []
    changed = made.commit({PRO: text(body="Open the valve.")})
    assert len(asked(made, changed, review)) == 1


def test_nobody_is_asked_about_drafts_moves_and_what_needs_no_more_than_a_claim(made: Works) -> None:
    made.branch()
    draft = made.commit({PRO: text(status="draft"), "docs/forms/EMS-FRM-002.md": text("EMS-FRM-002")})
    assert asked(made, draft) == []


def test_approving_what_one_wrote_is_still_missing(made: Works) -> None:
    made.branch()
    made.commit({PRO: text()})
    head = made.commit({PRO: text(body="Close valve V-3.")}, "b.boss@example.org")
    assert len(asked(made, head, made.review("b.boss", head))) == 1
    assert asked(made, head, made.review("c.deputy", head)) == []


def test_a_type_that_needs_signatures_says_so(made: Works) -> None:
    made.branch()
    head = made.commit({MAN: text("EMS-MAN-001")})
    [message] = asked(made, head, made.review("b.boss", head))
    assert "1 approval by signature by the plant manager" in message


def test_a_change_of_the_policy_asks_for_its_role(tmp_path: Path) -> None:
    made = works(tmp_path, policy=WITNESSED)
    made.branch()
    head = made.commit({"ems.yml": WITNESSED + "languages: [en, de]\n"})
    words = "The change of ems.yml and people.yml still needs 1 approval by the plant manager (B. Boss or C. Deputy)"
    assert asked(made, head) == [words]
    assert asked(made, head, made.review("b.boss", head)) == []


def test_a_change_of_the_policy_asks_for_a_signature_where_a_type_does(made: Works) -> None:
    made.branch()
    head = made.commit({"ems.yml": POLICY + "languages: [en, de]\n"})
    [message] = asked(made, head, made.review("b.boss", head))
    assert "1 approval by signature by the plant manager" in message


def test_withdrawing_asks_those_who_approve(made: Works) -> None:
    made.branch()
    head = made.commit({PRO: text()})
    made.record(made.pull(head, made.merge(), [made.review("b.boss", head)]))
    made.land()
    made.branch("end")
    gone = made.commit({PRO: None})
    assert asked(made, gone) == [
        "Withdrawing EMS-PRO-001 still needs 1 approval by the plant manager (B. Boss or C. Deputy)"
    ]
    assert asked(made, gone, made.review("c.deputy", gone)) == []


@pytest.fixture
def recorded(made: Works, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[GitHub, Server]]:
    """A GitHub with an approval that was recorded from it, and where it is."""
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    made.branch()
    head = made.commit({PRO: text()})
    github = GitHub(made.pull(head, made.merge(), [made.review("b.boss", head)]))
    with serving(github) as server:
        place = ["--forge", "github", "--url", server.url, "--repository", "works/handbook", "--pull", "7"]
        assert ems(made.root, "record", *place, *made.signing, day=None).status == 0
        made.land()
        yield github, server


def compared(made: Works, *trusted: str) -> list[str]:
    """What differs between the records and what the forges that are trusted say now."""
    with load(made.root, DAY) as handbook:
        found = differences(handbook.records.ledger.entries, partial(open_forge, zone=UTC), trusted)
    return [one.message for one in found]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, None),
        ({"state": "dismissed", "was": "approved"}, "says dismissed, the record says approved"),
        ({"state": "changes-requested"}, "says changes-requested, the record says approved"),
        ({"account": {"id": "33", "login": "boss"}}, "is by account 33, the record says 22"),
        ({"account": {"id": "22", "login": "new-name"}}, None),
        ({"account": None}, "is by account nobody"),
        ({"commit": "a" * 40}, "is about commit aaaaaaaaaa"),
        ({"id": "5"}, "knows no review 1001"),
    ],
)
def test_what_a_forge_says_today_is_compared(
    made: Works, recorded: tuple[GitHub, Server], change: dict[str, Any], words: str | None
) -> None:
    github, server = recorded
    github.pull["reviews"] = [github.pull["reviews"][0] | change]
    found = compared(made, server.url)
    assert len(found) == (words is not None)
    assert words is None or words in found[0]


def test_a_forge_that_cannot_be_asked_is_an_error_not_silence(made: Works, recorded: tuple[GitHub, Server]) -> None:
    github, server = recorded
    github.wrong["/pulls/7"] = Answer({}, 404)
    with pytest.raises(EmsError, match=r"approve.json cannot be compared: .*404"):
        compared(made, server.url)


def test_no_token_goes_where_only_a_record_says(made: Works, recorded: tuple[GitHub, Server]) -> None:
    server = recorded[1]
    before = len(server.asked)
    with pytest.raises(EmsError, match="Nothing was asked there"):
        compared(made)
    with pytest.raises(EmsError, match="Nothing was asked there"):
        compared(made, server.url + ".example.org")
    assert len(server.asked) == before


def test_what_is_submitted_in_another_commit_than_the_newest_is_decided_by_nobody(made: Works) -> None:
    """CI judges a commit after it was replaced by a push: the reviews of the newest one say nothing about it."""
    made.branch()
    replaced = made.commit({PRO: text(), WI: text("EMS-WI-001")})
    made.git("checkout", "-q", "-B", "change", "main")
    newest = made.commit({PRO: text(), WI: text("EMS-WI-001", status="draft")})
    review = made.review("b.boss", newest)
    assert asked(made, newest, review) == []
    made.git("checkout", "-q", replaced)
    assert asked(made, newest, review) == ["EMS-WI-001 revision 1 is submitted here, and not in pull request 7 now"]
    made.git("checkout", "-q", "-b", "merged", "main")
    made.git("merge", "-q", "--no-ff", "--no-edit", "change")  # as GitHub's refs/pull/7/merge has it
    assert asked(made, newest, review) == []
