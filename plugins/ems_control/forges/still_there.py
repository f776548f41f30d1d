"""What a forge says today about the reviews that records keep: `ems verify --online`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from ems_control.approvals.ledger import Entry
from ems_control.forges.base import Forge
from ems_control.forges.opening import ADDRESSES
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.records import Record, forge_of
from ems_control.ground.text import one_line
from ems_control.reviews.pull_request import PullRequest, Review


@dataclass(frozen=True)
class Difference:
    """A record that says something else than its forge does now: its path, its document, and what differs."""

    path: str
    document: str
    message: str


def differences(
    entries: Iterable[Entry], opener: Callable[[str, str, str], Forge], trusted: Collection[str] = ()
) -> list[Difference]:
    """Read every recorded pull request again and compare review, account, state and commit.

    `opener(forge name, its address, repository)` connects. Records are hostile material, and a token goes along: only
    the forges' own addresses are asked, and those in `trusted`, which the user named. Raises EmsError where a forge
    cannot be asked: an online check that asked nobody must not look like one that found nothing.
    """
    known = {url.rstrip("/") for url in trusted}
    asked: defaultdict[tuple[str, str, str], dict[int, list[tuple[str, Record]]]] = defaultdict(dict)
    for entry in entries:
        record = entry.record
        if record and record.witnessed and record.evidence.pull:
            place = forge_of(record.evidence.kind), record.evidence.forge, record.evidence.repository
            asked[place].setdefault(record.evidence.pull, []).append((entry.path, record))
    found = []
    for place, pulls in asked.items():
        name, url, _ = place
        if url not in known | {ADDRESSES.get(name)}:
            path = next(iter(pulls.values()))[0][0]
            words = f"{path} names a forge at {url[:200]}. Nothing was asked there; if it is yours, name it: --url URL."
            raise EmsError(one_line(words))
        forge = opener(*place)
        for number, records in sorted(pulls.items()):
            try:
                pull = forge.pull_request(number)
            except EmsError as error:
                path = records[0][0]
                raise EmsError(f"{path} cannot be compared: {error}") from None
            found += [
                Difference(path, record.document, message)
                for path, record in records
                if (message := _differs(record, pull)) is not None
            ]
    return found


def _differs(record: Record, pull: PullRequest) -> str | None:
    kept = record.evidence
    review = next((one for one in pull.reviews if one.id == kept.review), None)
    where = f"review {kept.review} of {pull.called}"
    if review is None:
        return f"the forge knows no {where} any more"
    if kept.account is None or review.account is None or review.account.id != kept.account.id:
        now = review.account.id if review.account else "nobody"
        return f"{where} is by account {now}, the record says {kept.account.id if kept.account else 'nobody'}"
    if (review.commit or "") != kept.commit:
        return f"{where} is about commit {(review.commit or 'none')[:10]}, the record says {kept.commit[:10]}"
    said = _said(review)
    wanted = "changes-requested" if record.action == "reject" else "approved"
    if said != wanted:
        return f"{where} says {said}, the record says {wanted}"
    return None


def _said(review: Review) -> str:
    """What it decided; a rejection that somebody dismissed is one still."""
    return "changes-requested" if review.was == "changes-requested" else review.state
