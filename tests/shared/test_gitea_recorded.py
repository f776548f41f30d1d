"""What a real Gitea answered (EMS_SHARED/recorded/gitea-1.22): our fake says nothing else, and the desk reads it."""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.forges.keeping import DRILL, PRO, kept
from tests.forges.serving import Answer, Asked, serving
from tests.forges.town import TOKEN
from tests.forges.works import works

from ems_control.forges.desks.base import Comment, Status
from ems_control.forges.desks.gitea import GiteaDesk

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("EMS_SHARED") or ROOT.parent / "shared").resolve() / "recorded/gitea-1.22"
PLACES = {
    "/repos/R": r"/repos/[\w-]+/[\w-]+",
    "/repos/R/pulls": r"/repos/[\w-]+/[\w-]+/pulls",
    "/repos/R/pulls/N": r"/repos/[\w-]+/[\w-]+/pulls/\d+",
    "/repos/R/pulls/N/reviews": r"/repos/[\w-]+/[\w-]+/pulls/\d+/reviews",
    "/repos/R/pulls/N/commits": r"/repos/[\w-]+/[\w-]+/pulls/\d+/commits",
    "/repos/R/pulls/N/requested_reviewers": r"/repos/[\w-]+/[\w-]+/pulls/\d+/requested_reviewers",
    "/repos/R/issues/N/comments": r"/repos/[\w-]+/[\w-]+/issues/\d+/comments",
    "/repos/R/commits/S/statuses": r"/repos/[\w-]+/[\w-]+/commits/[0-9a-f]{40}/statuses",
    "/repos/R/statuses/S": r"/repos/[\w-]+/[\w-]+/statuses/[0-9a-f]{40}",
    "/user": r"/user",
    "/users/search": r"/users/search",
}


def place_of(path: str) -> str | None:
    """Which place of the interface a path is."""
    bare = path.split("?")[0].removeprefix("/api/v1")
    return next((name for name, pattern in PLACES.items() if re.fullmatch(pattern, bare)), None)


@cache
def recordings() -> dict[str, list[dict[str, Any]]]:
    """The answers by their file."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}


def kinds(tree: Any, head: str = "") -> Iterator[tuple[str, str]]:
    """Every key of an answer with the kind of its value."""
    yield head, type(tree).__name__
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from kinds(value, f"{head}.{key}")
    elif isinstance(tree, list):
        for one in tree:
            yield from kinds(one, head + "[]")


@cache
def really() -> dict[tuple[str, str], set[tuple[str, str]]]:
    """Method and place to every key and kind that the real Gitea gave there."""
    found: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for answers in recordings().values():
        for one in answers:
            place = place_of(one["request"]["path"])
            if place and one["status"] in (200, 201):
                found[one["request"]["method"], place] |= set(kinds(one["body"]))
    return found


def test_the_fake_says_nothing_that_the_real_one_never_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITEA_TOKEN", TOKEN)
    told: list[tuple[str, str, Any]] = []
    with kept(works(tmp_path, forge="gitea", documents={})) as one:
        answer = type(one.town).answer

        def listening(town: Any, asked: Asked, path: str) -> Answer:
            given = answer(town, asked, path)
            told.append((asked.method, place_of(asked.path) or asked.path, given.tree))
            return given

        monkeypatch.setattr(type(one.town), "answer", listening)
        head = one.propose({PRO: DRILL})
        one.keep()
        one.approve(head)
        one.keep()
        one.merge()
        one.keep("--records", "pull-request")
    compared = {(method, place) for method, place, _ in told} & really().keys()
    assert len(compared) >= 9, compared
    for method, place, tree in told:
        if (method, place) in compared:
            assert set(kinds(tree)) - really()[method, place] == set(), (method, place)


@pytest.fixture
def desk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[GiteaDesk]:
    """A desk to which the answers of some recordings are given: the last one to each question."""
    monkeypatch.setenv("GITEA_TOKEN", TOKEN)
    answers = [one for name in request.param for one in recordings()[name]]
    given = {(one["request"]["method"], one["request"]["path"].split("?")[0]): one for one in answers}

    def answer(asked: Asked) -> Answer:
        one = given.get((asked.method, asked.path))
        if asked.path == "/api/v1/user":
            return Answer({"id": 6, "login": "robot"})
        return Answer(one["body"], one["status"]) if one else Answer({"message": "Not Found"}, 404)

    repository = next(one["request"]["path"].split("/")[4:6] for one in answers if "/repos/" in one["request"]["path"])
    with serving(answer) as server:
        yield GiteaDesk(server.url, "/".join(repository))


@pytest.mark.parametrize("desk", [["two-pull-requests-one-head"]], indirect=True)
def test_a_status_that_was_recorded_is_read(desk: GiteaDesk) -> None:
    status = desk.status("5359261651b2af9a7d71851e7bfe1b0b4eee7796")
    assert status == Status("success", "pull request to other", mine=True)


@pytest.mark.parametrize("desk", [["repository"]], indirect=True)
def test_the_repository_that_was_recorded_is_read(desk: GiteaDesk) -> None:
    assert desk.default_branch() == "main"
    assert desk.one_by_one() is True


@pytest.mark.parametrize("desk", [["comment-only"]], indirect=True)
def test_comments_that_were_recorded_are_read(desk: GiteaDesk) -> None:
    asked = [one["request"]["path"] for one in recordings()["comment-only"] if "/comments" in one["request"]["path"]]
    for path in asked:
        if match := re.search(r"/issues/(\d+)/comments", path):
            assert all(isinstance(one, Comment) for one in desk.comments(int(match[1])))
