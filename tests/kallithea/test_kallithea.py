"""A real Kallithea: push, pull request, vote, merge, `ems record`, a fresh clone; what it lets pass is refused."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.examples import ENVIRONMENT
from tests.forges.works import ACCOUNTS, PEOPLE, PRO, Works, text, works
from tests.kallithea.server import ADMIN, Kallithea, running
from tests.running import Outcome, ems

ZONE = "Europe/Berlin"
"""Of the handbook and of the server's clock, which does not tell its own."""
USERS = {person.split(".")[1]: person for person in ACCOUNTS}
"""User name to person key."""
NUMBERS = count(1)


@pytest.fixture(scope="module")
def kallithea(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kallithea]:
    """The server, with a user for everybody of the handbook who has an account."""
    with running(tmp_path_factory.mktemp("kallithea"), ZONE) as server:
        for user, person in USERS.items():
            server.create_user(user, f"{person}@example.org")
        server.ask("create_repo_group", group_name="works")
        yield server


class Scene:
    """A handbook at the server, and what its people do there today."""

    def __init__(self, made: Works, server: Kallithea) -> None:
        self.made, self.server = made, server
        self.repository = f"works/handbook-{next(NUMBERS)}"

    def git(self, *arguments: str, person: str = "a.author") -> str:
        """Run git in the working copy, now, as somebody."""
        email = f"{person}@example.org"
        who = {"GIT_AUTHOR_EMAIL": email, "GIT_COMMITTER_EMAIL": email, "GIT_TERMINAL_PROMPT": "0"}
        line = ["git", "-C", str(self.made.root), *arguments]
        done = subprocess.run(line, env=ENVIRONMENT | who, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, person: str = "a.author") -> str:
        """Commit everything as somebody; gives the commit."""
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "Step", person=person)
        return self.git("rev-parse", "HEAD")

    def push(self, *branches: str, user: str = "author") -> None:
        """Push to the server as a user of it, which takes it seconds: each push starts Kallithea anew, twice."""
        self.git("push", "-q", self.server.remote(user, self.repository), *branches)

    def propose(self, revision: int = 1, owner: str = "author", writer: str = "a.author") -> int:
        """Push a branch that revises the procedure, and open a pull request of it; gives its number."""
        main, branch = self.git("rev-parse", "main"), f"revision-{revision}"
        self.git("checkout", "-q", "-b", branch)
        self.made.write(PRO, text(revision=revision, body=f"Close valve V-{revision}."))
        head = self.commit(writer)
        self.push("main", branch)
        self.git("checkout", "-q", "main")
        return self.server.open(owner, self.repository, branch, head, main)

    def merge(self, revision: int = 1) -> None:
        """L. Lead merges by hand, for Kallithea has no button, and pushes main."""
        self.git("merge", "-q", "--no-ff", "-m", "Merge", f"revision-{revision}", person="l.lead")
        self.push("main", user="lead")

    def record(self, number: int) -> Outcome:
        """`ems record` of a pull request at the server."""
        place = ["--forge", "kallithea", "--url", self.server.url, "--repository", self.repository]
        outcome = ems(self.made.root, "record", *place, "--pull", str(number), *self.made.signing, day=None)
        assert outcome.status == 0, outcome.err
        return outcome

    def standing(self) -> dict[str, Any]:
        """The procedure's row in the register of a fresh clone, in which nothing is broken."""
        fresh = self.made.root.parent / f"fresh-{next(NUMBERS)}"
        self.git("clone", "-q", "-b", "main", self.server.remote("lead", self.repository), str(fresh))
        verified = ems(fresh, "verify", "--format", "json", day=None)
        assert (verified.status, verified.json["breaks"]) == (0, []), verified.out
        rows = ems(fresh, "register", "--format", "json", day=None).json["documents"]
        return dict(next(row for row in rows if row["id"] == "EMS-PRO-001"))


@pytest.fixture
def scene(kallithea: Kallithea, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A handbook whose people have their accounts at the server, with an approved policy in the server's time zone."""
    people = PEOPLE
    for user, person in USERS.items():
        people = people.replace(f'id: "{ACCOUNTS[person]}"', f'id: "{kallithea.user(user).id}"')
    scene = Scene(works(tmp_path, "kallithea", people=people), kallithea)
    monkeypatch.setenv("KALLITHEA_API_KEY", kallithea.user(ADMIN).key)
    kallithea.create_repository(scene.repository, list(USERS))
    made = scene.made
    made.write("ems.yml", (made.root / "ems.yml").read_text().replace("timezone: UTC", f"timezone: {ZONE}"))
    scene.commit()
    signed = ems(made.root, "approve", "policy", "--as", "b.boss", "--key", str(made.keys["boss"]), day=None)
    assert signed.status == 0, signed.err
    scene.commit("b.boss")
    return scene


def test_votes_bring_revisions_into_force(scene: Scene) -> None:
    for revision in (1, 2):
        number = scene.propose(revision)
        scene.server.vote(number, "boss", "approved")
        assert "Nothing to record" in scene.record(number).out  # it is not merged, which Kallithea cannot know
        scene.merge(revision)
        recorded = scene.record(number).out
        assert "1 record written" in recorded
        assert "Not recorded" not in recorded  # whoever opened it stands there as "under review", which is no vote
        scene.commit("robot")
        scene.push("main")
        standing = scene.standing()
        assert (standing["state"], standing["revision"]) == ("in force", revision)
        assert (standing["evidence"], standing["approved_by"]) == ("witnessed", ["b.boss"])
    newest = scene.made.records[-1]
    assert newest["evidence"]["kind"] == "kallithea-vote"
    assert newest["evidence"]["contributors"] == ["a.author"]
    assert abs(datetime.now(UTC) - datetime.fromisoformat(newest["decided_at"])) < timedelta(minutes=30)
    assert "it is recorded already" in scene.record(number).out


@pytest.mark.parametrize(
    ("owner", "voter", "reason"),
    [
        ("boss", "boss", "whoever opened a pull request cannot decide about it"),
        ("author", "lead", "L. Lead was not plant manager"),
        ("author", ADMIN, "people.yml knows nobody with the kallithea account"),
    ],
)
def test_an_approval_by_whom_it_does_not_belong_to(scene: Scene, owner: str, voter: str, reason: str) -> None:
    number = scene.propose(owner=owner)
    scene.server.vote(number, voter, "approved")
    refused(scene, number, voter, reason)


def test_an_approval_by_the_writer_who_made_somebody_else_the_owner(scene: Scene) -> None:
    number = scene.propose(owner="boss", writer="b.boss")
    scene.server.hand_over(number, scene.repository, "boss", "author")
    assert scene.server.pull(number)["owner"] == "author"
    scene.server.vote(number, "boss", "approved")
    refused(scene, number, "boss", "B. Boss is among the contributors")


def test_a_push_after_the_approval(scene: Scene) -> None:
    number = scene.propose()
    scene.server.vote(number, "boss", "approved")
    scene.git("checkout", "-q", "revision-1")
    scene.made.write(PRO, text(body="Open valve V-1."))
    scene.commit()
    scene.push("revision-1")
    scene.git("checkout", "-q", "main")
    refused(scene, number, "boss", "(stale)")


def refused(scene: Scene, number: int, voter: str, reason: str) -> None:
    """An approval that still stands at Kallithea gives no record; main is whole, and the procedure not in force."""
    last = scene.server.pull(number)["statuses"][-1]
    assert (last["reviewer"], last["status"]) == (voter, "approved")
    scene.merge()
    outcome = scene.record(number)
    assert reason in outcome.out
    assert "Nothing to record" in outcome.out
    assert scene.made.records == []
    assert scene.standing()["state"] != "in force"


def test_a_vote_changed_to_rejected(scene: Scene) -> None:
    number = scene.propose()
    scene.server.vote(number, "boss", "approved")
    scene.server.vote(number, "boss", "rejected")
    scene.merge()
    scene.record(number)
    assert [one["action"] for one in scene.made.records] == ["reject"]
    scene.commit("robot")
    scene.push("main")
    assert scene.standing()["state"] != "in force"
