"""Who wrote: everything that git reads as a co-author counts, and what names nobody refuses."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.attacks.scene import ID, Scene, attack, scene, twin
from tests.signing import moment

READ_BY_GIT = {
    "plain": "Co-authored-by: B. Boss <b.boss@example.org>",
    "folded": "Co-authored-by: B. Boss\n <b.boss@example.org>",
    "folded with a tab, and empty before": "Co-authored-by:\n\tB. Boss <b.boss@example.org>",
    "first of two": "Co-authored-by: B. Boss <b.boss@example.org>, C. Deputy <c.deputy@example.org>",
    "second of two": "Co-authored-by: C. Deputy <c.deputy@example.org>; B. Boss <b.boss@example.org>",
    "full stop": "Co-authored-by: B. Boss <b.boss@example.org>.",
    "blank before the colon": "Co-authored-by : B. Boss <b.boss@example.org>",
    "tab before the colon": "Co-authored-by\t: B. Boss <b.boss@example.org>",
    "bare": "Co-authored-by: b.boss@example.org",
    "capitals, carriage return": "CO-AUTHORED-BY: B. Boss <B.Boss@Example.ORG>\r",
    "blanks in the brackets": "Co-authored-by: B. Boss < b.boss@example.org >",
    "no blank at all": "co-authored-by:<b.boss@example.org>",
    "words behind": "Co-authored-by: B. Boss <b.boss@example.org> (pairing)",
    "second line": "Signed-off-by: A. Author <a.author@example.org>\nCo-authored-by: B. Boss <b.boss@example.org>",
}
NAMES_NOBODY = ("Co-authored-by: B. Boss", "Co-authored-by:", "Co-authored-by: B. Boss <b.boss at example.org>")


@pytest.mark.parametrize("line", READ_BY_GIT.values(), ids=READ_BY_GIT)
def test_co_author_in_any_form_that_git_reads(tmp_path: Path, line: str) -> None:
    s = scene(tmp_path).settled().revise()
    s.commit(message=f"New revision\n\n{line}\n")
    message = s.root / ".git/message"
    message.write_text(s.git("log", "-1", "--format=%B") + "\n")
    assert "boss@" in s.git("interpret-trailers", "--parse", str(message)).lower()
    s.approve()
    assert {one["rule"] for one in s.verify().json["breaks"]} == {"EMS328"}
    s.untouched()


@pytest.mark.parametrize("line", NAMES_NOBODY)
def test_co_author_line_without_an_address(tmp_path: Path, line: str) -> None:
    """Nobody can say whether the approver is meant, until the policy says whose words these are."""
    s = scene(tmp_path).settled().revise()
    s.commit(message=f"New revision\n\n{line}\n")
    s.approve()
    found = s.verify().json["breaks"]
    assert [one["rule"] for one in found] == ["EMS329"]
    assert "without an e-mail address" in found[0]["message"]
    s.untouched()


@attack("EMS328")
def test_approval_by_the_first_of_two_co_authors(s: Scene) -> None:
    s.revise().commit(message="New\n\nCo-authored-by: B. Boss <b.boss@example.org>, C. Deputy <c.deputy@example.org>")
    s.approve()


@twin(test_approval_by_the_first_of_two_co_authors, 2)
def test_co_author_is_somebody_else(s: Scene) -> None:
    """Folded, several in a line, with words around: and the approver is none of them."""
    s.revise().commit(message="New\n\nCo-authored-by : C. Deputy\n <c.deputy@example.org>, a.author@example.org (pair)")
    s.approve()


@twin(test_approval_by_the_first_of_two_co_authors, 2)
def test_message_that_only_speaks_of_co_authors(s: Scene) -> None:
    s.revise().commit(message="Co-authored-by lines are read\n\nb.boss@example.org asked for it: co-authored texts.")
    s.approve()


@twin(test_approval_by_the_first_of_two_co_authors, 2)
def test_co_author_without_address_whom_the_policy_knows(s: Scene) -> None:
    s.revise().commit(message="New\n\nCo-authored-by: Alex Author")
    s.policy(lambda people: people["a.author"]["emails"].append("Alex Author"))
    s.approve(ID, by="c.deputy")


# --- a decision dated before its text


def signed_earlier(s: Scene, committer: str) -> None:
    """b.boss brings in what a.author wrote a day before, and dates the decision between the two."""
    s.branch().revise().git("add", "-A")
    s.git("commit", "-q", "-m", "Step", day=s.day)
    written = s.day
    s.day += timedelta(days=2)
    s.git(
        "commit", "-q", "--amend", "--no-edit", "--date", f"{written}T10:00:00Z", author="a.author", committer=committer
    )
    s.sign(at=moment(written + timedelta(days=1)))
    s.commit("b.boss")


@attack("EMS337", by="gate")
def test_committer_dates_the_decision_before_the_commit(s: Scene) -> None:
    signed_earlier(s, "b.boss")


@attack("EMS337", by="gate")
def test_decision_dated_before_the_text_was_written(s: Scene) -> None:
    s.branch().revise().commit()
    s.approve(at=moment(s.day - timedelta(days=2)))


@attack("EMS337", by="gate")
def test_decision_dated_before_a_picture_of_the_text(s: Scene) -> None:
    s.branch().revise().commit()
    s.write("docs/procedures/img/plan.png", "new plan").commit()
    s.approve(at=moment(s.day - timedelta(days=1)))


@attack("EMS337", by="gate")
def test_decision_of_another_request_dated_before_the_text(s: Scene) -> None:
    s.revise().commit()
    s.branch().approve(at=moment(s.day - timedelta(days=2)))


@twin(test_committer_dates_the_decision_before_the_commit, 2)
def test_branch_rebased_by_its_author_after_the_decision(s: Scene) -> None:
    signed_earlier(s, "a.author")


@twin(test_decision_dated_before_the_text_was_written, 2)
def test_claim_keys_changed_after_the_decision(s: Scene) -> None:
    s.branch().revise().commit()
    s.sign()
    s.keys(clauses="[iso-14001:2015/8.1#drains, iso-14001:2026/8.1#drains, iso-14001:2026/8.2#drains]").commit("b.boss")


@twin(test_decision_dated_before_a_picture_of_the_text, 2)
def test_decision_on_the_day_of_the_text(s: Scene) -> None:
    s.branch().revise().commit()
    s.approve(at=moment(s.day - timedelta(days=1), 11))


@twin(test_decision_of_another_request_dated_before_the_text, 2)
def test_decision_in_a_request_of_its_own(s: Scene) -> None:
    s.revise().commit()
    s.branch().approve()
