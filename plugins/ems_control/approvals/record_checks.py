"""Whether an approval record is sound where it lands: its form, its chain, its signature, its person's role.

Those that need its text are in timeline.py (specification, When a record counts).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from ems_control.approvals.ledger import Entry, Ledger
from ems_control.ground.formats.records import POLICY_ID, Record, place_of
from ems_control.ground.formats.signatures import SignatureError, check, line_of, written_key
from ems_control.ground.git.log import Commit
from ems_control.ground.organisation.people import RECOVERY, HeldRole, People, Person
from ems_control.ground.organisation.policy import Level, Policy

RECORDER = "recorder"
"""The role whose key signs what a forge says; whoever holds it holds no other."""
DECIDING = ("review", "approve", "reject")


@dataclass(frozen=True)
class Break:
    """Evidence that does not hold: `kind` is the name of the rule that tells it.

    `path` is seen from the folder of ems.yml; `commit` is the landing that did it; `document` the id or "".
    """

    kind: str
    path: str
    document: str
    commit: Commit | None
    message: str
    fix: str = ""
    record: str = ""


def ends(document: str, named: str) -> str:
    """Who ends a finding about a record (its path) or a commit, and by which command."""
    return f"The policy role ends this finding: ems approve {document} --action correct --corrects {named}"


class Refused(Exception):  # noqa: N818
    """A record does not count; carries the kind of break, what is wrong, and what to do."""

    def __init__(self, kind: str, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.kind, self.message, self.fix = kind, message, fix


@dataclass(frozen=True)
class Authority:
    """The policy and the people that judge a record: those in force where it lands."""

    policy: Policy
    people: People
    digest: str | None
    level: Level


@dataclass(frozen=True)
class ValidRecord:
    """A sound record, the level of its signature, and whether its person decided as deputy."""

    entry: Entry
    record: Record
    level: Level
    deputy: bool
    key: str
    """The public key that signed it, as a line of a `.pub` file."""

    @property
    def order(self) -> int:
        """The landing that brought it."""
        return self.entry.order


def latest_of(sounds: Iterable[ValidRecord]) -> list[ValidRecord]:
    """Each person's latest decision."""
    found: dict[str, ValidRecord] = {}
    for sound in sorted(sounds, key=lambda s: (s.record.decided_at, s.order)):
        found[sound.record.by.person] = sound
    return list(found.values())


def judge(
    entry: Entry,
    authority: Authority,
    ledger: Ledger,
    known_policies: Iterable[str],
    compromised: Callable[[str], date | None],
    counts: Callable[[Entry], bool],
) -> ValidRecord:
    """Whether a record is sound; raises Refused with the first thing that is wrong.

    `known_policies` are the digests approved by where it lands; `compromised(key)` tells since when a public key counts
    no more, by the newest policy; `counts(entry)` whether another `correct` record does: only a broken one is ended.
    """
    record = _form(entry)
    if record.by.person == RECOVERY and not (record.is_policy and record.action == "approve"):
        message = "the recovery key decides about people.yml only"
        raise Refused("record-without-role", message, "Have somebody decide who holds the role.")
    _chain(entry, record, ledger)
    known = set(known_policies)
    if record.policy_digest not in known and (known - {record.digest} or record.policy_digest is not None):
        message = "policy_digest names no approved state of ems.yml and people.yml"
        raise Refused("record-under-unknown-policy", message, "Sign again under the policy in force.")
    day = entry.landing.landed.astimezone(authority.policy.zone).date()
    decided = record.decided_at.astimezone(authority.policy.zone).date()
    level, key = _signature(entry, record, authority, decided, day, compromised)
    held = _role(record, authority, decided, day)
    _correction(record, ledger, counts)  # last: whoever cannot sign sets no other record judged
    return ValidRecord(entry, record, level, held.deputy, key)


def _form(entry: Entry) -> Record:
    record, place = entry.record, place_of(entry.path)
    if record is None:
        raise Refused("record-malformed", f"this record cannot be read: {entry.problem}")
    if place is None and entry.path == record.path:
        message = f'no record can be named by "{record.by.person}": only by letters from A to Z, digits, "." and "-"'
        raise Refused("record-misplaced", message, "Write the person's key in people.yml like m.berg.")
    if place is None or entry.path != record.path:
        raise Refused("record-misplaced", f"this record says that it lies at {record.path}")
    if record.decided_at > entry.landing.landed + timedelta(days=1):
        moment, landed = record.decided_at.isoformat(), entry.landing.landed.isoformat()
        raise Refused("record-dated-ahead", f"decided_at {moment} is later than its landing on {landed}")
    return record


def _chain(entry: Entry, record: Record, ledger: Ledger) -> None:
    for name in record.prev:
        same = (one for one in reversed(ledger.of(record.document)) if one.name == name)
        named = next((one for one in same if one.order <= entry.order and one is not entry), None)
        if named is None:
            raise Refused("record-chain-broken", f"prev names {name[:19]}…, which is no record of {record.document}")
        if named.record and named.record.decided_at > record.decided_at:
            raise Refused("record-chain-broken", f"prev names {name[:19]}…, which was decided later than this one")


def _correction(record: Record, ledger: Ledger, counts: Callable[[Entry], bool]) -> None:
    named = ledger.by_name.get(record.corrects) if record.corrects else None
    if named is None or named.record is None:
        return
    fix = "Nothing is ended by it. Name the record that is wrong by itself, or a commit."
    if named.record.action == "correct" and counts(named):
        raise Refused("record-chain-broken", "it names a correct record that counts; those are ended by nothing", fix)
    if named is next(iter(ledger.of(POLICY_ID)), None):
        fix = "A new beginning takes a new fingerprint: ems verify --root-fingerprint."
        raise Refused("record-chain-broken", "it names the trust root, which is ended by nothing", fix)


def _signature(
    entry: Entry,
    record: Record,
    authority: Authority,
    decided: date,
    landed: date,
    compromised: Callable[[str], date | None],
) -> tuple[Level, str]:
    kind = "record-signature-wrong"
    person = authority.people.persons.get(record.by.person)
    if person is None:
        raise Refused(kind, f'"{record.by.person}" is nobody whom people.yml knew when this record landed')
    if entry.signature is None:
        raise Refused(kind, "it has no signature; whoever can push could have written it")
    try:
        key = check(entry.data, entry.signature)
    except SignatureError as error:
        raise Refused(kind, str(error)) from None
    text = line_of(key)
    since = compromised(text)
    if since and landed >= since:
        raise Refused(kind, f"its key counts no more for what landed since {since}")
    if not record.witnessed and _owns(person, text, decided, landed):
        return "signed", text
    if record.witnessed or record.evidence.kind == "external":
        recorders = [p for p in authority.people.persons.values() if _is_recorder(p, landed)]
        if any(_owns(recorder, text, landed, landed) for recorder in recorders):
            return "witnessed", text
        if record.witnessed:
            raise Refused(kind, "it is not signed by the recorder's key, as people.yml had it when it landed")
    raise Refused(kind, f"it is not signed by a key that {person.name} had on {decided} and on {landed}")


def _owns(person: Person, text: str, *days: date) -> bool:
    for own in person.keys:
        if all(own.from_ <= day and (own.until is None or day <= own.until) for day in days):
            try:
                if written_key(own.key) == text:
                    return True
            except SignatureError:
                continue
    return False


def _is_recorder(person: Person, day: date) -> bool:
    held = {role.role for role in person.roles if role.holds_on(day)}
    return held == {RECORDER}


def _role(record: Record, authority: Authority, decided: date, landed: date) -> HeldRole:
    person = authority.people.persons[record.by.person]
    for day in (decided,) if record.witnessed else (decided, landed):
        held = person.holds(record.by.role, day)
        if held is None:
            fix = "It must be decided by somebody who holds the role, and land while they do."
            title = authority.people.title(record.by.role)
            raise Refused("record-without-role", f"{person.name} was not {title} on {day}", fix)
    assert held is not None
    return held
