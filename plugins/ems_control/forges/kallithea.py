"""Kallithea: votes on a pull request by its JSON-RPC interface, as 0.7 has it.

A pull request of Kallithea is one iteration with fixed commits: a push makes a new one, and a vote is about the
newest commit of its own. It knows no merge button, no protection of branches and no time zone.
"""

from __future__ import annotations

from datetime import UTC, tzinfo
from itertools import groupby
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, Field

from ems_control.forges.base import CONTROLS, Controls, HalfAnswerError, token, whole
from ems_control.forges.http import Http
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.records import Account
from ems_control.ground.text import one_line
from ems_control.reviews.pull_request import (
    CommitName,
    LocalMoment,
    Number,
    PullCommit,
    PullRequest,
    Review,
    ReviewState,
)

VARIABLE = "KALLITHEA_API_KEY"

_STATES: dict[str, ReviewState] = {
    "approved": "approved",
    "rejected": "changes-requested",
    "under_review": "dismissed",
    "not_reviewed": "dismissed",
}
"""Whoever votes "under review" after an approval takes it back; Kallithea has whoever opened one begin with it."""


class _Status(BaseModel):
    status: str
    modified_at: LocalMoment
    reviewer: str


class _Pull(BaseModel):
    pull_request_id: Number
    title: str
    owner: str
    status: str
    url: str
    revisions: list[CommitName] = Field(min_length=1)
    org_ref_parts: tuple[str, str, CommitName]
    other_ref_parts: tuple[str, str, CommitName]
    statuses: list[_Status]


class _User(BaseModel):
    user_id: int
    username: str


class _Reply(BaseModel):
    id: int
    result: Any
    error: Any


class Kallithea:
    """One repository at a Kallithea server."""

    def __init__(self, url: str, repository: str, zone: tzinfo) -> None:
        """`zone` is that of the server's clock, which it does not tell. Raises EmsError without KALLITHEA_API_KEY."""
        self.url, self.repository, self.zone = url.rstrip("/"), repository, zone
        self._key = token(VARIABLE)
        self._http = Http(self.url, {})
        self._asked = 0

    def _call(self, method: str, what: str, **arguments: Any) -> Any:
        self._asked += 1
        question = {"id": self._asked, "api_key": self._key, "method": method, "args": arguments}
        reply = self._http.read(_Reply, self._http.post("_admin/api", question, what), what)
        if reply.error is not None:
            words = one_line(str(reply.error)).replace(self._key, "…")[:200]
            raise EmsError(f"Kallithea refuses to tell of {what}: {words}. Check {VARIABLE} and its rights.")
        if reply.id != self._asked:
            raise HalfAnswerError(f"Kallithea gives the answer to another question for {what}. Try again.")
        return reply.result

    @whole
    def pull_request(self, number: int) -> PullRequest:
        """The pull request with each vote once, although Kallithea keeps one for every commit."""
        what = f"pull request {number} of {self.repository}"
        pull = self._http.read(_Pull, self._call("get_pullrequest", what, pullrequest_id=number), what)
        place = urlsplit(pull.url).path.removeprefix(urlsplit(self.url).path).split("/pull-request/")[0]
        if unquote(place).strip("/") != self.repository:
            raise EmsError(f"{what} does not exist: number {number} is one of another repository.")
        head = pull.org_ref_parts[2]
        if head not in pull.revisions:
            raise HalfAnswerError(f"Kallithea does not name the newest commit of {what} among its commits. Try again.")
        voters = dict.fromkeys([pull.owner, *(one.reviewer for one in pull.statuses)])
        accounts = {name: self._account(name, what) for name in voters}
        return PullRequest(
            forge="kallithea",
            url=self.url,
            repository=self.repository,
            number=pull.pull_request_id,
            title=pull.title,
            author=accounts[pull.owner],
            head=head,
            base=pull.other_ref_parts[2],
            merged=None,
            commits=tuple(PullCommit(sha=sha) for sha in pull.revisions),
            reviews=self._votes(pull, accounts, head, what),
            controls=self.controls(pull.other_ref_parts[1]),
        )

    def _votes(self, pull: _Pull, accounts: dict[str, Account], head: str, what: str) -> tuple[Review, ...]:
        deciding = {one.reviewer for one in pull.statuses if one.status in ("approved", "rejected")}
        found = []
        for (name, moment, status), _ in groupby((one.reviewer, one.modified_at, one.status) for one in pull.statuses):
            if status not in _STATES:
                raise HalfAnswerError(f'Kallithea gives a vote on {what} the status "{status[:40]}", not known here.')
            if name not in deciding:
                continue
            at = (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).astimezone(UTC)
            account = accounts[name]
            review = f"{account.id}/{moment:%Y%m%dT%H%M%S}"
            found.append(Review(id=review, account=account, state=_STATES[status], commit=head, submitted_at=at))
        return tuple(found)

    def _account(self, name: str, what: str) -> Account:
        """The account behind a user name; asking for others takes the key of an administrator."""
        result = self._call("get_user", f"the user {name} ({what})", userid=name)
        user = self._http.read(_User, result, f"the user {name}")
        if user.username != name:
            raise HalfAnswerError(f"Kallithea tells of another user than {name}. Try again.")
        return Account(id=str(user.user_id), login=user.username)

    def controls(self, branch: str) -> Controls:  # noqa: ARG002
        """None is in force: whoever may push may push anything; votes bind nobody."""
        return dict.fromkeys(CONTROLS, False)
