"""`ems record`: which reviews become records, by every way of merging, and what `ems verify` says of them after."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.forges.works import PRO, Works, text, works


def changed(made: Works, body: str = "Close valve V-3.", **more: str) -> str:
    """A pull request with a new procedure; gives its newest commit."""
    made.branch()
    return made.commit({PRO: text(body=body, **more)})


@pytest.mark.parametrize("how", ["merge", "squash", "rebase", "ff"])
def test_an_approved_pull_request_is_in_force_once_recorded(tmp_path: Path, how: str) -> None:
    made = works(tmp_path)
    made.branch()
    made.commit({PRO: text(status="draft", body="Close it.")})
    head = made.commit({PRO: text(body="Close valve V-3.")})
    reviews = [made.review("b.boss", head)]
    made.git("checkout", "-q", "main")
    made.commit({"docs/index.md": "# Home\n\nNews.\n"}) if how != "ff" else None
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
    made.land()
    assert made.verify()["breaks"] == []
    row = made.standing()
    assert (row["state"], row["evidence"], row["approved_by"]) == ("in force", "witnessed", ["b.boss"])

    again = made.record(made.pull(head, merge, reviews))
    assert (again.status, "recorded already" in again.out, len(made.records)) == (0, True, 1)
