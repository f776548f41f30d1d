"""Situations in which the forge was green for a text that nobody had approved, or never turned green."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.examples import LONG_AFTER
from tests.forges.keeping import DRILL, PRO, Kept, kept
from tests.forges.serving import Answer
from tests.forges.town import ROBOT, TOKEN, TOKENS, GitHubTown
from tests.forges.works import PEOPLE, POLICY, text, works
from tests.running import MKDOCS, ems

WI = "docs/instructions/EMS-WI-001.md"
NEXT = DRILL.replace("revision: 1\n", "revision: 2\n").replace(
    "revisions:\n", "revisions:\n  - {revision: 2, date: 2026-02-05, author: a.author, change: Larger containers.}\n"
)
LARGER = NEXT.replace("60 litres", "250 litres")


@pytest.fixture
def gitea(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    """A handbook at a Gitea, with one procedure in force."""
    monkeypatch.setenv(TOKENS["gitea"], TOKEN)
    with kept(works(tmp_path, forge="gitea", documents={})) as one:
        yield one


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    """A handbook at a GitHub."""
    monkeypatch.setenv(TOKENS["github"], TOKEN)
    with kept(works(tmp_path, documents={}), "github") as one:
        yield one


def in_force(one: Kept) -> None:
    """A procedure that was proposed, approved, merged and recorded as request 1."""
    head = one.propose({PRO: DRILL}, 1, "first")
    one.approve(head, 1)
    one.merge(1, branch="first")
    one.keep()
    one.made.git("pull", "-q", "origin", "main")
    one.made.day = one.made.day.replace(month=2)
    assert len(one.records()) == 1


def words(one: Kept, number: int = 7) -> str:
    """The one comment on a request."""
    [said] = one.town.said(number)
    return html.unescape(said)


def test_a_commit_that_breaks_alone_is_said_before_the_merge(gitea: Kept) -> None:
    in_force(gitea)
    gitea.made.branch()
    gitea.made.commit({PRO: DRILL.replace("60 litres", "250 litres")}, message="Larger")
    head = gitea.made.commit({PRO: LARGER}, message="Its number")
    gitea.push("change")
    gitea.town.opens("change")
    gitea.approve(head)
    gitea.keep()
    assert gitea.state(head) == "success"  # a merge commit brings both at once, and nothing else is allowed
    gitea.town.rebase = True
    gitea.keep()
    assert gitea.state(head) == "failure"
    assert "commit by commit" in words(gitea)
    assert "EMS-PRO-001.md" in words(gitea)
    gitea.made.git("reset", "-q", "--soft", "main")
    one = gitea.made.commit()
    gitea.push("change")
    gitea.approve(one)
    gitea.keep()
    assert gitea.state(one) == "success"
    gitea.merge(how="rebase")
    gitea.keep()
    gitea.made.git("pull", "-q", "origin", "main")
    assert gitea.made.verify()["breaks"] == []
    assert gitea.made.standing()["revision"] == 2


def test_what_the_merge_left_broken_is_said_with_its_remedy(gitea: Kept) -> None:
    in_force(gitea)
    gitea.made.branch()
    gitea.made.commit({PRO: DRILL.replace("60 litres", "250 litres")}, message="Larger")
    head = gitea.made.commit({PRO: LARGER}, message="Its number")
    gitea.push("change")
    gitea.town.opens("change")
    gitea.approve(head)
    gitea.made.git("checkout", "-q", "main")
    gitea.made.git("merge", "-q", "--ff-only", "change")  # somebody went around the gate
    gitea.push("main")
    gitea.town.pulls[7].base = gitea.made.git("rev-parse", "main~2")
    gitea.town.lands(7, gitea.made.head)
    gitea.keep()
    assert "--action correct" in words(gitea)


def test_the_policy_of_main_now_judges_not_that_of_the_branch(gitea: Kept) -> None:
    head = gitea.propose({PRO: DRILL})
    gitea.approve(head, account=33)
    gitea.keep()
    assert gitea.state(head) == "success"  # the deputy may
    gitea.made.git("checkout", "-q", "main")
    people = (gitea.made.root / "people.yml").read_text()
    ended = people.replace(
        "role: manager, from: 2020-01-01, deputy: true", "role: lead, from: 2020-01-01, deputy: true"
    )
    assert ended != people
    gitea.made.day = datetime.now(UTC).date()
    gitea.made.commit({"people.yml": ended})
    gitea.made.day = datetime.now(UTC).date()
    approve = ["approve", "policy", "--as", "b.boss", "--key", str(gitea.made.keys["boss"])]
    assert ems(gitea.made.root, *approve, day=None).status == 0
    gitea.made.commit(email="b.boss@example.org", message="Policy")
    gitea.push("main")
    gitea.keep()
    assert gitea.state(head) == "pending"
    assert "B. Boss" in words(gitea)


def test_nothing_of_the_ems_yml_of_a_request_judges(gitea: Kept) -> None:
    easier = POLICY.replace(
        "procedure: {prefix: EMS-PRO, folder: procedures, level: witnessed",
        "procedure: {prefix: EMS-PRO, folder: procedures, level: declared",
    )
    assert easier != POLICY
    head = gitea.propose({PRO: DRILL, "ems.yml": easier})
    gitea.keep()
    assert gitea.state(head) == "failure"
    broken = gitea.propose({"ems.yml": "organisation: [\n"}, 8, "broken")
    gitea.keep(status=1)
    assert gitea.state(broken) == "error"
    assert gitea.state(head) == "failure"  # one that cannot be read stops no other


def test_what_cannot_be_judged_is_said_once_and_names_no_place_of_this_machine(gitea: Kept) -> None:
    head = gitea.propose({"ems.yml": None, PRO: DRILL})
    gitea.made.git("checkout", "-q", "main")
    out = gitea.keep(status=1).out
    assert (gitea.state(head), "ems.yml is missing in works/handbook." in words(gitea)) == ("error", True)
    assert "ems-keep-" not in out
    said = len(gitea.town.changes)
    gitea.keep(status=1)
    assert len(gitea.town.changes) == said


def test_the_same_commit_to_another_branch_is_not_judged(gitea: Kept) -> None:
    head = gitea.propose({PRO: DRILL})
    gitea.made.git("push", "-q", "origin", "main:refs/heads/elsewhere")
    gitea.town.opens("change", 8, target="elsewhere")
    gitea.approve(head, 8)
    gitea.keep()
    assert gitea.state(head) == "pending"
    assert "Request 7 to main" in gitea.town.at(head)["description"]  # type: ignore[index]
    assert gitea.town.said(8) == []


def test_a_request_to_another_branch_says_nothing_about_its_commit(gitea: Kept) -> None:
    head = gitea.propose({PRO: DRILL}, target="elsewhere", base=gitea.main())
    gitea.approve(head)
    gitea.keep()
    assert gitea.town.statuses == []
    gitea.town.pulls[7].target, gitea.town.pulls[7].base = "main", ""  # now it goes to main
    gitea.keep()
    assert gitea.state(head) == "success"
    gitea.town.review(7, 22, head, "changes-requested", at=gitea.made.moment(1))
    gitea.keep()
    assert gitea.state(head) == "pending"


def test_two_requests_of_one_commit_get_the_worse_answer(gitea: Kept) -> None:
    head = gitea.propose({PRO: DRILL})
    gitea.town.opens("change", 8, author=55)
    gitea.approve(head, 7)
    gitea.keep()
    assert gitea.state(head) == "pending"
    assert "Request 8" in gitea.town.at(head)["description"]  # type: ignore[index]
    gitea.town.pulls[8].open = False
    gitea.keep()
    assert gitea.state(head) == "success"


def test_a_rebased_branch_with_an_equal_text_stays_approved(gitea: Kept) -> None:
    head = gitea.propose({PRO: DRILL})
    gitea.approve(head)
    gitea.made.git("checkout", "-q", "main")
    gitea.made.commit({"docs/index.md": "# Home, again\n"})
    gitea.push("main")
    gitea.made.git("checkout", "-q", "change")
    gitea.made.git("rebase", "-q", "main")
    rebased = gitea.made.head
    assert rebased != head
    gitea.push("change")
    gitea.keep()
    assert gitea.state(rebased) == "success"
    gitea.merge()
    gitea.keep()
    gitea.made.git("pull", "-q", "origin", "main")
    assert gitea.made.standing()["state"] == "in force"
    assert gitea.made.verify()["breaks"] == []


def test_main_merged_into_the_branch_leaves_it_approved(gitea: Kept) -> None:
    head = gitea.propose({PRO: DRILL})
    gitea.approve(head)
    gitea.made.git("checkout", "-q", "main")
    gitea.made.commit({"docs/index.md": "# Home, again\n"})
    gitea.push("main")
    gitea.made.git("checkout", "-q", "change")
    gitea.made.git("merge", "-q", "--no-ff", "-m", "Update branch", "main")
    gitea.push("change")
    gitea.keep()
    assert gitea.state(gitea.made.head) == "success"


def test_two_approved_requests_on_one_document(gitea: Kept) -> None:
    in_force(gitea)
    one = gitea.propose({PRO: LARGER}, 7, "larger")
    gitea.made.git("checkout", "-q", "main")
    other = gitea.propose({PRO: NEXT.replace("2 minutes", "5 minutes")}, 8, "slower")
    gitea.approve(one, 7)
    gitea.approve(other, 8)
    gitea.keep()
    assert (gitea.state(one), gitea.state(other)) == ("success", "success")
    gitea.merge(7, branch="larger")
    gitea.keep()
    assert gitea.state(other) == "failure"  # on main of now it would be another text, or none


def test_a_text_that_the_merge_would_make_another_is_not_the_one_reviewed(gitea: Kept) -> None:
    base = text(status="draft", body="Close within 2 minutes.\n\nRing 5555.\n\nAt most 60 litres.")
    gitea.made.git("checkout", "-q", "main")
    gitea.made.commit({PRO: base})
    gitea.push("main")
    whole = base.replace("status: draft", "status: submitted")
    head = gitea.propose({PRO: whole.replace("60 litres", "250 litres")})
    gitea.approve(head)
    gitea.keep()
    assert gitea.state(head) == "success"
    gitea.made.git("checkout", "-q", "main")
    gitea.made.commit({PRO: base.replace("2 minutes", "9 minutes")})
    gitea.push("main")
    gitea.keep()
    assert gitea.state(head) == "failure"
    assert "would read otherwise than what was reviewed" in words(gitea)


@pytest.mark.parametrize("how", ["merge", "squash", "rebase", "ff"])
def test_every_way_of_merging_is_recorded_and_holds(gitea: Kept, how: str) -> None:
    in_force(gitea)
    gitea.town.rebase = True
    head = gitea.propose({PRO: LARGER})
    gitea.approve(head)
    gitea.keep()
    assert gitea.state(head) == "success"
    base = gitea.main()
    gitea.merge(how=how)
    gitea.town.pulls[7].base = base
    gitea.keep()
    gitea.made.git("pull", "-q", "origin", "main")
    assert gitea.made.verify()["breaks"] == []
    standing = gitea.made.standing()
    assert (standing["revision"], standing["evidence"]) == (2, "witnessed")


def test_an_answer_goes_to_the_commit_that_was_judged(gitea: Kept) -> None:
    good = gitea.propose({PRO: DRILL})
    gitea.approve(good)
    bad = gitea.made.commit({PRO: DRILL.replace("60 litres", "6000 litres")})
    gitea.push("change")

    def meanwhile(_: str, path: str) -> None:
        if path.endswith("/pulls/7"):  # after the list was read with the bad commit, the good one is pushed
            gitea.town.before = None
            gitea.town.git("update-ref", "refs/heads/change", good)

    gitea.town.before = meanwhile
    gitea.keep()
    assert (gitea.state(good), gitea.state(bad)) == ("success", "")


def test_a_token_without_a_user_knows_itself(github: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    places = type(github.town).places

    def of_an_app(town: GitHubTown) -> list[tuple[str, Callable[..., Answer]]]:
        viewer = {"data": {"viewer": {"databaseId": ROBOT}}}
        refused = Answer({"message": "Resource not accessible by integration"}, 403)
        mine = [
            (r"GET /api/v3/user", lambda _: refused),
            (r"POST /api/graphql", lambda _: Answer(viewer)),
        ]
        return [*mine, *places(town)]

    monkeypatch.setattr(type(github.town), "places", of_an_app)
    github.propose({PRO: DRILL})
    github.keep()
    github.keep()
    assert len(github.town.said(7)) == 1
    assert len(github.town.statuses) == 1


def test_a_draft_asks_nobody_until_it_is_ready(gitea: Kept) -> None:
    gitea.propose({PRO: DRILL}, draft=True)
    gitea.keep()
    assert gitea.town.pulls[7].asked == []
    assert "a draft" in words(gitea)
    gitea.town.pulls[7].draft = False
    gitea.keep()
    assert gitea.town.pulls[7].asked == [22]
    assert "a draft" not in words(gitea)


def test_a_reviewer_whom_the_forge_refuses_stops_no_other(gitea: Kept) -> None:
    gitea.town.refused[22] = (422, "Reviewer can't read [user_id: 22, repo_id: 10]")
    head = gitea.propose({PRO: DRILL, WI: text("EMS-WI-001")})
    done = gitea.keep(status=1)
    assert gitea.town.pulls[7].asked == [44]
    assert "B. Boss" in words(gitea)
    assert "Reviewer can't read" in words(gitea)
    assert "not asked: B. Boss" in done.out
    assert gitea.state(head) == "pending"


def test_whoever_has_no_account_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKENS["gitea"], TOKEN)
    without = PEOPLE.replace('    accounts: {{{forge}: {{id: "22", login: boss}}}}\n', "")
    with kept(works(tmp_path, forge="gitea", documents={}, people=without)) as one:
        one.propose({PRO: DRILL})
        done = one.keep(status=1)
        assert "B. Boss: people.yml names no account here" in done.out


def test_every_review_that_counts_for_nothing_is_said_with_its_reason(gitea: Kept) -> None:
    head = gitea.propose({PRO: DRILL})
    gitea.approve(head, account=55)  # a stranger
    gitea.approve(head, account=11)  # whoever opened it
    gitea.approve(head, account=44)  # has another role
    gitea.keep()
    said = words(gitea)
    assert gitea.state(head) == "pending"
    assert "stranger: people.yml knows nobody" in said
    assert "author: whoever opened a request cannot decide" in said
    assert "L. Lead (EMS-PRO-001): L. Lead was not plant manager" in said
    gitea.merge()
    gitea.keep()
    assert gitea.records() == []
    assert "stranger: people.yml knows nobody" in words(gitea)  # after the merge, too
    main = gitea.main()
    gitea.keep()
    assert gitea.main() == main  # told once
    gitea.approve(head, account=55)  # long after the merge
    gitea.town.pulls[7].reviews[-1]["at"] = "2026-04-01T00:00:00Z"
    gitea.keep()
    assert gitea.main() == main
    gitea.made.git("pull", "-q", "origin", "main")
    assert gitea.made.verify()["breaks"] == []
    gitea.made.commit({"mkdocs.yml": MKDOCS})
    stage = gitea.made.root.parent / "stage"
    assert ems(gitea.made.root, "stage", str(stage), day=LONG_AFTER).status == 0
    board = next(stage.rglob("review-board.md")).read_text()
    assert "The review by stranger in request 7 does not count: people.yml knows nobody" in html.unescape(board)
    gitea.approve(head)
    gitea.keep()
    assert len(gitea.records()) == 1


def test_the_comment_speaks_the_language_of_the_handbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKENS["gitea"], TOKEN)
    german = POLICY.replace("timezone: UTC\n", "timezone: UTC\nlanguages: [de]\n")
    with kept(works(tmp_path, forge="gitea", documents={}, policy=german)) as one:
        head = one.propose({PRO: DRILL.replace("type: procedure\n", "type: procedure\nlanguage: de\n")})
        one.approve(head, account=55)
        one.keep(status=None)
        assert "Geschrieben von: A. Author." in words(one)
        assert "people.yml kennt niemanden mit dem Konto 55" in words(one)
        assert not re.search(r"\b(commit|clone|fetch|branch|SHA)\b", words(one))


def test_a_text_that_is_gone_is_said_without_git(gitea: Kept) -> None:
    gitea.propose({PRO: DRILL})
    gitea.approve("ab" * 20)
    gitea.keep()
    assert "the text that was reviewed is no longer at the forge" in words(gitea)
    assert not re.search(r"\b(commit|clone|fetch|branch|SHA)\b", words(gitea))


def test_a_stale_approval_is_said(gitea: Kept) -> None:
    head = gitea.propose({PRO: DRILL})
    gitea.approve(head)
    newer = gitea.made.commit({PRO: DRILL.replace("60 litres", "250 litres")})
    gitea.push("change")
    gitea.keep()
    assert gitea.state(newer) == "pending"
    assert "another text (stale)" in words(gitea)


def test_a_merge_queue_gets_the_answer_at_its_own_commit(github: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    head = github.propose({PRO: DRILL})
    base = github.main()
    github.made.git("checkout", "-q", "-b", "queued", "main")
    github.made.git("merge", "-q", "--no-ff", "-m", "Queue", "change")
    queue = github.made.head
    github.made.git("push", "-q", "origin", f"queued:refs/heads/gh-readonly-queue/main/pr-7-{base}")
    github.keep()
    assert (github.state(head), github.state(queue)) == ("pending", "pending")
    github.approve(head)
    github.keep()
    assert (github.state(head), github.state(queue)) == ("success", "success")
    gone = {"ref": f"refs/heads/gh-readonly-queue/main/pr-7-{base}", "object": {"sha": "a" * 40, "type": "commit"}}
    monkeypatch.setattr(github.town, "refs", lambda *_: Answer([gone]))
    assert "Not done: request 7: commit aaaaaaaaaa of the merge queue" in github.keep(status=1).out


def test_a_default_branch_of_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKENS["gitea"], TOKEN)
    with kept(works(tmp_path, forge="gitea", documents={})) as one:
        one.town.git("branch", "-m", "main", "trunk/haupt")
        one.town.default = "trunk/haupt"
        one.made.git("checkout", "-q", "main")
        head = one.propose({PRO: DRILL}, target="trunk/haupt")
        one.approve(head)
        one.keep()
        assert one.state(head) == "success"
        merge = one.made.merge()
        one.push("main:trunk/haupt")
        one.town.lands(7, merge)
        one.keep()
        assert len(one.records()) == 1


def test_a_handbook_in_a_folder_of_its_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKENS["gitea"], TOKEN)
    with kept(works(tmp_path, forge="gitea", documents={}, inside="handbook")) as one:
        head = one.propose({PRO: DRILL})
        one.approve(head)
        one.keep()
        assert one.state(head) == "success"
        one.merge()
        one.keep()
        names = one.town.git("ls-tree", "-r", "--name-only", one.main()).splitlines()
        assert len([name for name in names if name.startswith("handbook/approvals/EMS-PRO-001/")]) == 2


def test_before_the_policy_is_approved_nothing_is_recorded_and_that_is_said_once(gitea: Kept) -> None:
    made = gitea.made
    made.git("checkout", "-q", "--orphan", "fresh")
    made.git("rm", "-q", "-r", "--cached", "approvals")
    made.git("commit", "-q", "-m", "New start")
    made.git("branch", "-q", "-M", "main")
    made.git("clean", "-qfd", "approvals")
    gitea.push("main")
    for number, name in ((7, "one"), (8, "two")):
        head = (
            gitea.propose({PRO: DRILL}, number, name)
            if number == 7
            else gitea.propose({WI: text("EMS-WI-001")}, 8, name)
        )
        gitea.approve(head, number)
        gitea.merge(number, branch=name)
    done = gitea.keep(status=1)
    assert done.out.count("before the policy is approved") == 1


def test_a_kept_build_folder_changes_nothing(gitea: Kept) -> None:
    head = gitea.propose({PRO: DRILL})
    gitea.made.git("checkout", "-q", "main")
    before = gitea.made.head
    gitea.made.write(PRO, "left over by another run")
    gitea.made.write("ems.yml", "organisation: [")
    gitea.approve(head)
    gitea.keep(status=None)
    (gitea.made.root / "ems.yml").write_text(POLICY)
    gitea.keep()
    assert gitea.state(head) == "success"
    assert (gitea.made.root / PRO).read_text() == "left over by another run"
    assert gitea.made.head == before


def test_main_that_moves_on_is_recorded_on_anew(gitea: Kept) -> None:
    head = gitea.propose({PRO: DRILL})
    gitea.approve(head)
    gitea.merge()
    other = gitea.made.commit({"docs/index.md": "# Home, again\n"})
    gitea.made.git("push", "-q", "origin", f"{other}:refs/heads/waiting")

    def meanwhile(_: str, path: str) -> None:
        if path.endswith("/pulls/7/reviews"):
            gitea.town.before = None
            gitea.town.git("update-ref", "refs/heads/main", other)

    gitea.town.before = meanwhile
    gitea.keep()
    assert len(gitea.records()) == 1
    assert gitea.town.git("merge-base", "main", other) == other


def test_a_push_that_is_refused_is_told_in_the_words_of_the_forge(gitea: Kept) -> None:
    head = gitea.propose({PRO: DRILL})
    gitea.approve(head)
    gitea.merge()
    hook = gitea.town.remote / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'Not allowed to push to protected branch main' >&2\nexit 1\n")
    hook.chmod(0o755)
    done = gitea.keep(status=1)
    assert "Not allowed to push to protected branch main" in done.out
    assert gitea.records() == []
    hook.unlink()
    gitea.keep()
    assert len(gitea.records()) == 1


def test_records_by_one_request_that_is_made_anew(gitea: Kept) -> None:
    by_request = ("--records", "pull-request")
    head = gitea.propose({PRO: DRILL})
    gitea.approve(head)
    gitea.merge()
    gitea.keep(*by_request)
    [waiting] = [pull for pull in gitea.town.pulls.values() if pull.open]
    first = gitea.town.head(waiting)
    assert (waiting.source, gitea.state(first)) == ("records/open", "success")
    gitea.keep(*by_request)
    assert gitea.town.head(waiting) == first  # nothing new: the same commit
    gitea.made.git("checkout", "-q", "main")
    more = gitea.propose({WI: text("EMS-WI-001")}, 20, "second")
    gitea.approve(more, 20)
    gitea.approve(more, 20, account=44)
    gitea.merge(20, branch="second")
    gitea.keep(*by_request)
    gitea.town.follow()
    second = gitea.town.head(waiting)
    names = gitea.town.git("diff", "--name-only", "main", second).splitlines()
    assert [pull.number for pull in gitea.town.pulls.values() if pull.open] == [waiting.number]
    assert len([name for name in names if name.endswith(".json")]) == 3
    assert all(name.startswith("approvals/") for name in names)
    assert gitea.state(second) == "success"
    gitea.made.git("fetch", "-q", "origin", "records/open:waiting")
    merge = gitea.made.merge("waiting")
    gitea.push("main")
    gitea.town.lands(waiting.number, merge)
    gitea.keep(*by_request)
    assert [pull for pull in gitea.town.pulls.values() if pull.open] == []
    gitea.made.git("pull", "-q", "origin", "main")
    assert gitea.made.verify()["breaks"] == []
    assert (len(gitea.records()), gitea.made.standing()["state"]) == (3, "in force")


def test_what_somebody_put_beside_the_records_is_not_taken_along(gitea: Kept) -> None:
    head = gitea.propose({PRO: DRILL})
    gitea.approve(head)
    gitea.merge()
    gitea.made.branch("evil")
    gitea.made.commit({"docs/index.md": "# Not yours\n"})
    gitea.made.git("push", "-q", "origin", "evil:records/open")
    gitea.keep("--records", "pull-request")
    names = gitea.town.git("diff", "--name-only", "main", "records/open").splitlines()
    assert names
    assert all(name.startswith("approvals/") for name in names)


def test_without_a_key_nothing_is_recorded_and_all_else_is_done(gitea: Kept) -> None:
    head = gitea.propose({PRO: DRILL})
    gitea.approve(head)
    gitea.merge()
    gitea.keep(records=False)
    assert gitea.records() == []


def test_publishing_runs_on_main_without_the_token(gitea: Kept) -> None:
    told = gitea.made.root.parent / "told"
    command = f"sh -c 'git rev-parse HEAD > {told}; env >> {told}; ls >> {told}'"
    gitea.keep("--publish", command)
    lines = told.read_text().splitlines()
    assert lines[0] == gitea.main()
    assert "ems.yml" in lines
    assert TOKEN not in told.read_text()
    done = gitea.keep("--publish", "sh -c 'exit 3'", status=1)
    assert "exit status 3" in done.out
    assert os.environ[TOKENS["gitea"]] == TOKEN
