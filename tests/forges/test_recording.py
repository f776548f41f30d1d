"""`ems record`: which reviews become records, by every way of merging, and what `ems verify` says of them after."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.examples import git
from tests.forges.works import PEOPLE, POLICY, PRO, WITNESSED, Works, text, works
from tests.running import Outcome, picture

WI = "docs/instructions/EMS-WI-001.md"
MAN = "docs/manuals/EMS-MAN-001.md"


@pytest.fixture
def made(tmp_path: Path) -> Works:
    """A handbook with an approved policy and one form."""
    return works(tmp_path)


def change(made: Works, files: dict[str, str | None] | None = None, email: str = "a.author@example.org") -> str:
    """A pull request; gives its newest commit."""
    made.branch()
    return made.commit(files or {PRO: text(body="Close valve V-3.")}, email)


def merged(made: Works, head: str, *reviews: dict[str, Any], **more: Any) -> Outcome:
    """Merge the branch and record its reviews."""
    return made.record(made.pull(head, made.merge(), list(reviews), **more))


def in_force(made: Works, name: str = "EMS-PRO-001") -> int | None:
    """The revision in force once the records have landed; nothing may be broken."""
    made.land()
    assert made.verify()["breaks"] == []
    revision = made.standing(name)["revision"]
    assert revision is None or isinstance(revision, int)
    return revision


def approved(made: Works) -> None:
    """Revision 1 of the procedure, approved and in force."""
    head = change(made)
    assert merged(made, head, made.review("b.boss", head)).status == 0
    assert in_force(made) == 1
    made.git("branch", "-D", "change")


@pytest.mark.parametrize("how", ["merge", "squash", "rebase", "ff"])
def test_an_approved_pull_request_is_in_force_once_recorded(made: Works, how: str) -> None:
    made.branch()
    made.commit({PRO: text(status="draft", body="Close it.")})
    head = made.commit({PRO: text(body="Close valve V-3.")})
    reviews = [made.review("b.boss", head)]
    made.git("checkout", "-q", "main")
    if how != "ff":
        made.commit({"docs/index.md": "# Home\n\nNews.\n"})
    merge = made.merge(how=how)
    assert made.standing()["state"] == "awaiting approval"

    outcome = made.record(made.pull(head, merge, reviews))
    assert outcome.status == 0, outcome.err
    assert "B. Boss approved revision 1 of EMS-PRO-001 as plant manager" in outcome.out
    [record] = made.records
    assert record["action"] == "approve"
    assert record["evidence"]["kind"] == "github-review"
    assert record["evidence"]["commit"] == head
    assert record["evidence"]["account"] == {"id": "22", "login": "boss"}
    assert record["evidence"]["contributors"] == ["a.author"]
    assert record["evidence"]["controls"] == {"pull_request_required": True, "admins_included": None}
    assert record["by"]["person"] == "b.boss"
    assert record["recorded"]["by"] == "robot"
    assert in_force(made) == 1
    row = made.standing()
    assert (row["evidence"], row["approved_by"]) == ("witnessed", ["b.boss"])

    again = made.record(made.pull(head, merge, reviews))
    assert (again.status, "recorded already" in again.out, len(made.records)) == (0, True, 1)


def test_a_handbook_in_a_folder_of_its_repository(tmp_path: Path) -> None:
    made = works(tmp_path, inside="ehs/handbook", policy=WITNESSED)
    head = change(made, {PRO: text(), "ems.yml": WITNESSED + "languages: [en, de]\n", "../other.md": "x"})
    assert merged(made, head, made.review("b.boss", head)).status == 0
    assert [record["document"] for record in made.records] == ["EMS-PRO-001"]
    assert list((made.root / "approvals/policy").glob("r002-*.json"))
    assert in_force(made) == 1


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_a_pull_request_whose_merge_nobody_knows_is_found_by_git_and_by_its_text(made: Works, how: str) -> None:
    head = change(made)
    merge = made.merge(how=how)
    pull = made.pull(head, merge, [made.review("b.boss", head)], base=made.git("rev-parse", f"{merge}^1"))
    assert made.record({**pull, "merged": None, "merge_commit": None}).status == 0
    assert in_force(made) == 1


def test_a_text_changed_after_the_review_is_stale(made: Works) -> None:
    reviewed = change(made)
    head = made.commit({PRO: text(body="Open valve V-3.")})
    outcome = merged(made, head, made.review("b.boss", reviewed))
    assert "(stale)" in outcome.out
    assert in_force(made) is None


def test_what_changes_no_text_leaves_the_review_standing(made: Works) -> None:
    reviewed = change(made)
    review = made.review("b.boss", reviewed)
    made.commit({"docs/index.md": "# Home again\n"})
    made.git("checkout", "-q", "main")
    made.commit({"docs/forms/EMS-FRM-002.md": text("EMS-FRM-002")})
    made.git("checkout", "-q", "change")
    made.git("merge", "-q", "--no-edit", "main", email="b.boss@example.org")  # "Update branch", by the approver
    assert merged(made, made.head, review).status == 0
    assert in_force(made) == 1
    assert [record["document"] for record in made.records] == ["EMS-PRO-001"]


def test_the_merge_itself_may_not_change_the_text(made: Works) -> None:
    head = change(made)
    made.git("checkout", "-q", "main")
    made.git("merge", "-q", "--no-ff", "--no-commit", "change")
    merge = made.commit({PRO: text(body="Open valve V-3.")})
    assert "(stale)" in made.record(made.pull(head, merge, [made.review("b.boss", head)])).out
    assert in_force(made) is None


A, R, D, C, P = "approved", "changes-requested", "dismissed", "commented", "pending"


@pytest.mark.parametrize(
    ("states", "recorded"),
    [
        ([A, C], ["approve"]),
        ([A, P], ["approve"]),
        ([C], []),
        ([P], []),
        ([A, R], ["reject"]),
        ([R, A], ["approve"]),
        ([(D, A)], []),
        ([A, (D, A)], []),
        ([(D, R)], ["reject"]),
        ([A, (D, R)], ["reject"]),
        ([(D, R), A], ["approve"]),
        ([(D, None)], []),
    ],
)
def test_the_latest_decision_of_a_person_counts(made: Works, states: list[Any], recorded: list[str]) -> None:
    head, reviews = change(made), []
    for state in states:
        state, was = state if isinstance(state, tuple) else (state, None)
        reviews.append(made.review("b.boss", head, state, was=was, submitted_at=None if state == P else made.moment()))
        made.commit({"docs/index.md": f"# Home {len(reviews)}\n"})
    assert merged(made, made.head, *reviews[::-1]).status == 0
    assert [record["action"] for record in made.records] == recorded
    assert in_force(made) == (1 if recorded == ["approve"] else None)


def test_a_dismissed_rejection_stands_until_its_person_approves(made: Works) -> None:
    head = change(made)
    reviews = [made.review("b.boss", head, D, was=R), made.review("c.deputy", head)]
    merge = made.merge()
    assert made.record(made.pull(head, merge, reviews)).status == 0
    assert in_force(made) is None
    later = made.review("b.boss", head, submitted_at=made.moment())
    assert made.record(made.pull(head, merge, [*reviews, later])).status == 0
    assert in_force(made) == 1


@pytest.mark.parametrize(
    ("person", "more", "reason"),
    [
        (None, {}, "no longer knows whose it is"),
        ("b.boss", {"commit": None}, "does not say which commit"),
        ("a.author", {}, "whoever opened a pull request"),
        ("l.lead", {}, "L. Lead was not plant manager"),
        ("b.boss", {"account": {"id": "99", "login": "boss"}}, "knows nobody with the github account 99 (boss)"),
        ("b.boss", {"commit": "f" * 40}, f"git fetch origin {'f' * 40}"),
        ("b.boss", {"submitted_at": "2019-12-31T10:00:00Z"}, "was not plant manager on 2019-12-31"),
        ("b.boss", {"state": "dismissed", "was": "approved"}, "the approval was dismissed"),
        ("b.boss", {"state": "dismissed"}, "it was dismissed or taken back"),
    ],
)
def test_what_is_no_decision_is_told_and_not_recorded(
    made: Works, person: str | None, more: dict[str, Any], reason: str
) -> None:
    head = change(made)
    outcome = merged(made, head, made.review(person, head) | more)
    assert (outcome.status, made.records) == (0, [])
    assert reason in outcome.out
    assert in_force(made) is None


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
@pytest.mark.parametrize("trace", ["author", "co-author", "account"])
def test_nobody_approves_what_they_wrote(made: Works, how: str, trace: str) -> None:
    made.branch()
    made.commit({PRO: text(body="Close it.")})
    email = {"author": "b.boss@example.org", "account": "boss@home.example"}.get(trace, "a.author@example.org")
    message = "Step\n\nCo-authored-by: B. Boss <b.boss@example.org>" if trace == "co-author" else "Step"
    head = made.commit({PRO: text(body="Close valve V-3.")}, email, message)
    merge = made.merge(how=how)
    pull = made.pull(head, merge, [made.review("b.boss", head)])
    if trace == "account":
        pull["commits"] = [{"sha": head, "author": {"id": "22", "login": "boss"}}]
    outcome = made.record(pull)
    assert outcome.status == 0
    assert made.records == []
    assert "B. Boss" in outcome.out
    assert in_force(made) is None


def test_an_unknown_contributor_makes_the_approval_fail(made: Works) -> None:
    head = change(made, email="x@elsewhere.example")
    outcome = merged(made, head, made.review("b.boss", head))
    assert "x@elsewhere.example wrote part of this" in outcome.out
    assert made.records == []


def test_a_consultant_named_in_the_policy_does_not(made: Works) -> None:
    head = change(made, email="x@consultant.example.org")
    assert merged(made, head, made.review("b.boss", head)).status == 0
    assert in_force(made) == 1


def test_reviews_and_approvals_by_two_persons_over_two_documents(made: Works) -> None:
    head = change(made, {PRO: text(), WI: text("EMS-WI-001")})
    outcome = merged(made, head, made.review("l.lead", head), made.review("c.deputy", head))
    assert outcome.status == 0
    found = {(r["document"], r["by"]["person"], r["action"]): r for r in made.records}
    assert sorted(found) == [
        ("EMS-PRO-001", "c.deputy", "approve"),
        ("EMS-WI-001", "c.deputy", "approve"),
        ("EMS-WI-001", "l.lead", "review"),
    ]
    assert found["EMS-WI-001", "c.deputy", "approve"]["by"]["title"] == "deputy plant manager"
    assert len(found["EMS-WI-001", "c.deputy", "approve"]["prev"]) == 1
    assert in_force(made) == 1
    assert in_force(made, "EMS-WI-001") == 1


def test_a_late_approval_is_recorded_beside_the_first(made: Works) -> None:
    head = change(made)
    merge = made.merge()
    first = made.review("b.boss", head)
    assert made.record(made.pull(head, merge, [first])).status == 0
    second = made.review("c.deputy", head)
    assert made.record(made.pull(head, merge, [first, second])).status == 0  # the first record not committed yet
    assert [len(record["prev"]) for record in made.records] == [0, 1]
    assert in_force(made) == 1


def test_a_draft_is_not_approved_by_approving_that_it_is_saved(made: Works) -> None:
    head = change(made, {PRO: text(status="draft")})
    outcome = merged(made, head, made.review("b.boss", head))
    assert "was a draft" in outcome.out
    made.git("branch", "-D", "change")
    head = change(made, {PRO: text(status="submitted")})
    assert merged(made, head, made.review("b.boss", head)).status == 0
    assert in_force(made) == 1


def test_a_type_that_needs_signatures_takes_no_witnessed_approval(made: Works) -> None:
    head = change(made, {MAN: text("EMS-MAN-001")})
    outcome = merged(made, head, made.review("b.boss", head))
    assert "need a signature" in outcome.out
    assert made.records == []


@pytest.mark.parametrize("gone", [True, False])
def test_a_withdrawal_by_pull_request(made: Works, gone: bool) -> None:
    approved(made)
    head = change(made, {PRO: None if gone else text(status="withdrawn", body="Close valve V-3.")})
    assert merged(made, head, made.review("b.boss", head)).status == 0
    assert made.records[-1]["action"] == "withdraw"
    made.land()
    assert made.verify()["breaks"] == []
    assert made.standing()["state"] == "withdrawn"


def test_an_earlier_text_is_brought_back_by_pull_request(made: Works) -> None:
    approved(made)
    first = (made.root / PRO).read_text()
    head = change(made, {PRO: text(revision=2, body="Open valve V-3.")})
    assert merged(made, head, made.review("b.boss", head)).status == 0
    assert in_force(made) == 2
    made.git("branch", "-D", "change")
    head = change(made, {PRO: first})
    assert merged(made, head, made.review("c.deputy", head)).status == 0
    assert [record["action"] for record in made.records] == ["approve", "reinstate", "approve"]
    assert in_force(made) == 1


def test_an_editorial_revision_takes_the_editor(made: Works) -> None:
    approved(made)
    edited = text(revision=2, body="Close the valve V-3.").replace("change: Step 2", "class: editorial, change: Step 2")
    head = change(made, {PRO: edited}, "b.boss@example.org")
    author = {"author": {"id": "22", "login": "boss"}}
    outcome = merged(made, head, made.review("a.author", head), **author)
    assert outcome.status == 0, outcome.err
    assert made.records[-1]["by"]["role"] == "controller"
    assert in_force(made) == 2


def test_a_change_of_the_policy_is_recorded_beside_the_trust_root(tmp_path: Path) -> None:
    made = works(tmp_path, policy=WITNESSED)
    head = change(made, {"ems.yml": WITNESSED + "languages: [en, de]\n"})
    pull = made.pull(head, made.merge(), [made.review("b.boss", head)])
    outcome = made.record(pull)
    assert outcome.status == 0, outcome.err
    [path] = list((made.root / "approvals/policy").glob("r002-*.json"))
    record = json.loads(path.read_bytes())
    assert (record["document"], record["digest_method"]) == ("policy", "ems-policy/1")
    made.land()
    report = made.verify()
    assert report["breaks"] == []
    assert report["policy"] == record["digest"]
    assert "approved as they stand" in made.record(pull).out


def test_a_witnessed_policy_would_end_all_signatures_and_is_not_recorded(made: Works) -> None:
    head = change(made, {"ems.yml": POLICY + "languages: [en, de]\n"})
    outcome = merged(made, head, made.review("b.boss", head))
    assert "sign it: ems approve policy" in outcome.out
    assert not list((made.root / "approvals/policy").glob("r002-*.json"))


def test_the_commits_must_be_in_the_clone(made: Works, tmp_path: Path) -> None:
    head = change(made)
    pull = made.pull(head, made.merge(how="squash"), [made.review("b.boss", head)])
    origin = tmp_path / "origin.git"
    git(tmp_path, "clone", "-q", "--bare", str(made.root), str(origin))
    git(origin, "update-ref", "refs/pull/7/head", head)
    git(origin, "update-ref", "-d", "refs/heads/change")
    git(tmp_path, "clone", "-q", "--single-branch", "--branch", "main", f"file://{origin}", "clone")
    made.root = tmp_path / "clone"
    before = picture(made.root)
    outcome = made.record(pull)
    assert (outcome.status, outcome.out) == (2, "")
    assert "Fetch it: git fetch origin refs/pull/7/head" in outcome.err
    assert picture(made.root) == before
    git(made.root, "fetch", "-q", "origin", "refs/pull/7/head")
    assert made.record(pull).status == 0
    assert in_force(made) == 1


@pytest.mark.parametrize(
    ("pull", "reason"),
    [
        ({"merged": False, "merge_commit": None}, "is not merged"),
        ({"merge_commit": "f" * 40}, "not on main here"),
        ({"forge": "gitea"}, "not what was asked for"),
        ({"head": "HEAD"}, '"head" "HEAD" is no whole commit name'),
        ({"reviews": [{"id": "1"}]}, '"reviews.0.account" is missing'),
        ({"approved": True}, '"approved" is not known'),
        ({"number": "seven"}, '"number" is not what it should be'),
        (
            {"reviews": [{"id": "", "account": None, "state": "pending", "commit": None, "submitted_at": None}]},
            "reviews.0.id",
        ),
    ],
)
def test_a_pull_request_that_cannot_be_recorded_leaves_nothing(made: Works, pull: dict[str, Any], reason: str) -> None:
    head = change(made)
    whole = made.pull(head, made.merge(), [made.review("b.boss", head)])
    before = picture(made.root, cache=False)
    outcome = made.record({**whole, **pull})
    assert (outcome.status, outcome.out) == (2, "")
    assert reason in outcome.err
    assert outcome.err.count("\n") == 1
    assert picture(made.root, cache=False) == before


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--as", "b.boss"], "does not hold the role recorder, and it alone"),
        (["--as", "nobody"], '"nobody" is not in people.yml'),
        (["--key", "boss.key"], "not signed by the recorder's key"),
        (["--key", "locked.key"], "it must have none"),
        (["--key", "missing.key"], "cannot be read"),
    ],
)
def test_only_the_recorder_records(made: Works, tmp_path: Path, options: list[str], reason: str) -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", str(tmp_path / "locked.key")], check=True
    )
    head = change(made)
    pull = made.pull(head, made.merge(), [made.review("b.boss", head)])
    before = picture(made.root, cache=False)
    if options[0] == "--key":
        options = ["--key", str(tmp_path / options[1])]
    outcome = made.record(pull, *options)
    assert (outcome.status, outcome.out) == (2, "")
    assert reason in outcome.err
    assert picture(made.root, cache=False) == before


def test_a_recorder_with_another_role_is_none(tmp_path: Path) -> None:
    both = PEOPLE.replace("[{{role: recorder,", "[{{role: lead, from: 2020-01-01}}, {{role: recorder,")
    made = works(tmp_path, people=both)
    head = change(made)
    assert "does not hold the role recorder" in merged(made, head, made.review("b.boss", head)).err


def test_a_dry_run_says_all_and_writes_nothing(made: Works) -> None:
    head = change(made)
    pull = made.pull(head, made.merge(), [made.review("b.boss", head), made.review("l.lead", head)])
    before = picture(made.root, cache=False)
    outcome = made.record(pull, "--dry-run", "--format", "json")
    assert outcome.status == 0
    [record], [skipped] = outcome.json["records"], outcome.json["skipped"]
    assert (record["document"], record["person"], record["action"]) == ("EMS-PRO-001", "b.boss", "approve")
    assert (skipped["document"], skipped["who"]) == ("EMS-PRO-001", "L. Lead")
    assert picture(made.root, cache=False) == before
    assert made.record(pull).status == 0
    assert [one["digest"] for one in made.records] == [record["digest"]]


def test_what_a_forge_says_cannot_speak_for_the_log(made: Works) -> None:
    head = change(made)
    evil = {"id": "99", "login": "x\n::error file=a::\x1b[31m##[error]"}
    outcome = merged(made, head, made.review("b.boss", head) | {"account": evil})
    assert outcome.status == 0
    assert not any(line.startswith("::") for line in outcome.out.splitlines())
    assert "\x1b" not in outcome.out
    assert "##[" not in outcome.out


@pytest.mark.parametrize("since", ["another text", "a draft again", "gone", "its next revision", "nothing"])
def test_what_main_went_another_way_from_before_it_was_recorded_is_not_put_in_force(made: Works, since: str) -> None:
    """A record would break main, and bring into force what two requests after each other have already replaced."""
    head = change(made)
    pull = made.pull(head, made.merge(), [made.review("b.boss", head)])
    later: dict[str, dict[str, str | None]] = {
        "another text": {PRO: text(body="Open valve V-3.")},
        "a draft again": {PRO: text(status="draft", body="Open valve V-3.")},
        "gone": {PRO: None},
        "its next revision": {PRO: text(revision=2, status="draft", body="Open valve V-3.")},
        "nothing": {},
    }
    made.commit(later[since])
    holds = since in ("its next revision", "nothing")
    outcome = made.record(pull)
    assert outcome.status == 0
    assert ("main was changed since" in outcome.out) is not holds
    assert len(made.records) == holds
    made.land()
    assert made.verify()["breaks"] == []


@pytest.mark.parametrize("reverted", [True, False])
def test_a_request_that_was_reverted_before_it_was_recorded_leaves_what_was_in_force(
    made: Works, reverted: bool
) -> None:
    approved(made)
    head = change(made, {PRO: text(revision=2, body="Open valve V-3.")})
    merge = made.merge()
    if reverted:
        made.git("revert", "--no-edit", "-m", "1", merge)
    assert made.record(made.pull(head, merge, [made.review("b.boss", head)])).status == 0
    assert in_force(made) == (1 if reverted else 2)
    made.git("branch", "-D", "change")
    head = change(made, {PRO: None})
    merge = made.merge()
    if reverted:
        made.git("revert", "--no-edit", "-m", "1", merge)
    assert made.record(made.pull(head, merge, [made.review("b.boss", head)])).status == 0
    made.land()
    assert made.standing()["revision"] == (1 if reverted else None)


@pytest.mark.parametrize("reverted", [True, False])
def test_a_policy_that_was_reverted_before_it_was_recorded_is_not_in_force(tmp_path: Path, reverted: bool) -> None:
    made = works(tmp_path, policy=WITNESSED)
    head = change(made, {"ems.yml": WITNESSED + "languages: [en, de]\n"})
    merge = made.merge()
    if reverted:
        made.git("revert", "--no-edit", "-m", "1", merge)
    assert made.record(made.pull(head, merge, [made.review("b.boss", head)])).status == 0
    assert len(list((made.root / "approvals/policy").glob("r002-*.json"))) == (not reverted)
    made.land()
    fixes = [one["fix"] for one in made.verify()["breaks"]]
    assert fixes == [] or (reverted and "They are as approved again" in fixes[0])
