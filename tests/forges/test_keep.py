"""`ems keep`: what is open is judged, asked and said once, what was merged is recorded once, whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.forges.keeping import DRILL, PRO, Kept, kept
from tests.forges.town import TOKEN, TOKENS
from tests.forges.works import works

FORGES = tuple(TOKENS)


@pytest.fixture(params=FORGES)
def anywhere(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    """A handbook at each kind of forge."""
    monkeypatch.setenv(TOKENS[request.param], TOKEN)
    with kept(works(tmp_path, forge=request.param, documents={}), request.param) as one:
        yield one


@pytest.fixture
def gitea(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    """A handbook at a Gitea."""
    monkeypatch.setenv(TOKENS["gitea"], TOKEN)
    with kept(works(tmp_path, forge="gitea", documents={})) as one:
        yield one


def test_from_asking_to_the_record(anywhere: Kept) -> None:
    head = anywhere.propose({PRO: DRILL})
    done = anywhere.keep("--format", "json").json
    assert [(one["pull"], one["state"], one["asked"]) for one in done["requests"]] == [(7, "pending", ["B. Boss"])]
    assert anywhere.state(head) == "pending"
    assert anywhere.town.pulls[7].asked == [22]
    [said] = anywhere.town.said(7)
    assert "EMS-PRO-001" in said
    assert "A. Author" in said
    changes = list(anywhere.town.changes)
    assert anywhere.keep().out.startswith("Request 7 at")
    assert anywhere.town.changes == changes  # nothing twice
    anywhere.approve(head)
    anywhere.keep()
    assert anywhere.state(head) == "success"  # without a click, and without a run of the forge's own
    assert len(anywhere.town.said(7)) == 1
    anywhere.merge()
    anywhere.keep()
    assert len(anywhere.records()) == 1
    main = anywhere.main()
    anywhere.keep()
    assert (anywhere.main(), len(anywhere.records())) == (main, 1)
    anywhere.made.git("pull", "-q", "origin", "main")
    assert anywhere.made.verify()["breaks"] == []
    assert anywhere.made.standing()["state"] == "in force"
