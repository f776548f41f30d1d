"""The records of what a forge's reviews decided, signed by the recorder (specification, Three ways onto main).

A review counts for a document where the text that was reviewed is the text that landed; the record of one that would
not count is not made, and the reason is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ems_control import __version__
from ems_control.approvals.ledger import Entry
from ems_control.approvals.policy_history import first_stood, judge_policy_record
from ems_control.approvals.record_checks import RECORDER, Refused
from ems_control.approvals.record_judge import RecordJudge
from ems_control.approvals.timeline import examine
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.digest import newest_method
from ems_control.ground.formats.records import (
    POLICY_ID,
    POLICY_METHOD,
    Evidence,
    Record,
    Recorded,
    Signatory,
    forge_kind,
    read_record,
    write_record,
)
from ems_control.ground.formats.signatures import SigningKey
from ems_control.ground.organisation.policy import DocumentType
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.outstanding.unrecognised import address_line, wrote
from ems_control.handbook.writing.record_files import Decided, lying, sweep
from ems_control.reviews.changed_documents import ChangedDocument, PullRequestView
from ems_control.reviews.decisions import Decision, NotADecision, about_document, about_policy, on_main_still, voter
from ems_control.reviews.pull_request import UNDATED, PullRequest, Review, latest, moment, unknown

MEANINGS = {
    "review": "{name} reviewed revision {revision} of {document} as {title}, by approving {pull}.",
    "approve": "{name} approved revision {revision} of {document} as {title}, by approving {pull}.",
    "reject": "{name} rejected revision {revision} of {document} as {title}, by asking for changes in {pull}.",
    "withdraw": "{name} withdrew {document} as {title}, by approving {pull}.",
    "reinstate": "{name} brought revision {revision} of {document} back into force as {title}, by approving {pull}.",
}

RECORDED_ALREADY = "it is recorded already"
NEEDS_SIGNATURE = "documents of this type need a signature: ems approve"


@dataclass(frozen=True)
class Skipped:
    """A review of which no record is made: document ("" for all), person or account, the review's number, and why.

    `kind` and `values` are those of the reason, as NotADecision has them.
    """

    document: str
    who: str
    review: str
    reason: str
    kind: str = ""
    values: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, document: str, who: str, review: str, why: NotADecision) -> Skipped:
        """Skipped for the reason why it is no decision."""
        return cls(document, who, review, str(why), why.kind, tuple(why.values.items()))


@dataclass
class Witnessed:
    """What came of a pull request: records ready to be written, and what was left out."""

    records: list[Decided] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def witness(handbook: Handbook, pull: PullRequest, recorder: str, key: SigningKey, at: datetime) -> Witnessed:
    """The records of a merged pull request's reviews; `at` is this moment, in UTC.

    Raises EmsError where nothing can be recorded at all: not merged, no trust root, no recorder, commits not fetched.
    """
    if pull.merged is False:
        raise EmsError(f"{pull.called} is not merged. Reviews are recorded once it is on main.")
    if handbook.records.chain.newest is None:
        raise EmsError("there is no approved policy yet that says who the recorder is. Run: ems approve policy")
    _recorder(handbook, recorder, at)
    return _Witness(handbook, pull, recorder, key, at).run()


def _recorder(handbook: Handbook, key: str, at: datetime) -> None:
    person = handbook.people.persons.get(key)
    day = at.astimezone(handbook.policy.zone).date()
    held = {role.role for role in person.roles if role.holds_on(day)} if person else set()
    if person is None or held != {RECORDER}:
        known = [name for name, _ in handbook.people.holders(RECORDER, day)]
        hint = f"Recorder is: {', '.join(known)}." if known else "Nobody holds the role recorder in people.yml."
        why = "is not in people.yml" if person is None else "does not hold the role recorder, and it alone"
        raise EmsError(f'"{key}" {why} (as approved, on {day}). {hint}')


class _Witness:
    def __init__(self, handbook: Handbook, pull: PullRequest, recorder: str, key: SigningKey, at: datetime) -> None:
        self.handbook, self.recorder, self.key = handbook, recorder, key
        self.at = at.replace(microsecond=0)
        self.pulled, self.done = PullRequestView(handbook, pull), Witnessed()
        self.pull = self.pulled.pull
        self.ahead = _Ahead(handbook, self.at)

    def run(self) -> Witnessed:
        for review in self.pull.reviews:
            if unknown(review):
                said = "the forge no longer knows whose it is" if review.account is None else UNDATED
                self._skip("", review, None, NotADecision(said, "nobody"))
        for review in sorted(latest(self.pull), key=moment):
            try:
                person = voter(self.handbook, self.pull, review)
            except NotADecision as why:
                self._skip("", review, None, why)
                continue
            if self.pulled.changes_policy:
                self._policy(review, person)
            for matter in self.pulled.matters:
                self._document(matter, review, person)
        return self.done

    def _document(self, matter: ChangedDocument, review: Review, person: str) -> None:
        document = self.handbook.get(matter.id)
        if document is None:
            return  # it came and went within the pull request
        try:
            vote = about_document(self.pulled, matter, self.pulled.landed(matter, document), review, person)
            self._not_yet(document.id, vote, review, document.kind)
            on_main_still(document, vote)
            record = self._record(document.id, vote, review, self._contributors(document, vote, review))
            self._take(record, lambda entry: examine(self.ahead.evidence(entry), document.history, entry))
        except NotADecision as why:
            self._skip(matter.id, review, person, why)

    def _policy(self, review: Review, person: str) -> None:
        chain = self.handbook.records.chain
        try:
            landing = self.pulled.landing
            stood = [text.digest for text in chain.texts if landing is None or text.order <= landing]
            vote = about_policy(self.pulled, stood[-1] if stood else "", review, person)
            if chain.newest and chain.texts[-1].digest == chain.newest.digest:
                raise NotADecision("ems.yml and people.yml are approved as they stand")
            self._not_yet(POLICY_ID, vote, review, None)
            record = self._record(POLICY_ID, vote, review, self.pulled.contributors(review.commit or ""))
            first = first_stood(chain.texts)
            self._take(
                record, lambda entry: judge_policy_record(entry, chain, self.ahead.evidence(entry).ledger, first)
            )
        except NotADecision as why:
            self._skip(POLICY_ID, review, person, why)

    def _skip(self, document: str, review: Review, person: str | None, why: NotADecision) -> None:
        account = f"{review.account.login or review.account.id}" if review.account else "nobody"
        who = self.handbook.people.name(person) if person else account
        self.done.skipped.append(Skipped.of(document, who, review.id, why))

    def _not_yet(self, document_id: str, vote: Decision, review: Review, kind: DocumentType | None) -> None:
        """Refuse what is recorded already, what its person has signed or overtaken, and what could not count."""
        for record in self.ahead.records(document_id).values():
            if record.by.person != vote.person or not vote.is_about(record):
                continue
            if record.evidence.review == review.id and record.evidence.kind == forge_kind(self.pull.forge):
                raise NotADecision(RECORDED_ALREADY)
            if record.action == vote.action and not record.witnessed:
                raise NotADecision("its person has signed the same decision, which is worth more")
            if record.decided_at >= moment(review):
                raise NotADecision("its person has decided again since", "again")
        if kind and kind.level == "signed" and vote.action != "reject":
            raise NotADecision(NEEDS_SIGNATURE, "signature")

    def _contributors(self, document: Document, vote: Decision, review: Review) -> tuple[str, ...]:
        """Who wrote the text: behind the pull request, and on main since the last approved revision."""
        handbook, people = self.handbook, self.pulled.people
        found = set(self.pulled.contributors(review.commit or ""))
        strangers = sorted(one for one in found if one not in people.persons)
        if strangers and vote.action == "approve":
            line = address_line(people, strangers[0])
            raise NotADecision(
                f"{strangers[0]} wrote part of this, and people.yml does not know the address; say there whose it is "
                f"({line}), or list it under external_contributors in ems.yml"
            )
        version = next((v for v in document.history.versions if v is vote.text or v.digest() == vote.digest), None)
        if version is not None:
            main = wrote(handbook, document, version, moment(review), people)
            found |= {one.person or one.email for one in main}
        return tuple(sorted(found))

    def _record(self, document_id: str, vote: Decision, review: Review, contributors: Sequence[str]) -> Record:
        people, newest = self.handbook.people, self.handbook.records.chain.newest
        person, held = people.persons[vote.person], vote.held
        title = ("deputy " if held.deputy else "") + people.title(held.role)
        words = {"name": person.name, "revision": vote.revision, "document": document_id, "title": title}
        return Record(
            schema="ems-approval/1",
            document=document_id,
            revision=vote.revision,
            action=vote.action,
            meaning=MEANINGS[vote.action].format(**words, pull=self.pull.called),
            digest=vote.digest,
            digest_method=POLICY_METHOD if document_id == POLICY_ID else newest_method(),
            effective=vote.effective,
            by=Signatory(person=vote.person, name=person.name, role=held.role, title=title),
            decided_at=moment(review),
            evidence=Evidence(
                kind=forge_kind(self.pull.forge),
                contributors=tuple(contributors),
                forge=self.pull.url,
                repository=self.pull.repository,
                pull=self.pull.number,
                review=review.id,
                account=review.account,
                commit=review.commit or "",
                controls=self.pull.controls,
            ),
            policy_digest=newest.digest if newest else None,
            prev=self.ahead.open_ends(document_id, moment(review)),
            recorded=Recorded(by=self.recorder, at=self.at, tool=f"ems-control {__version__}"),
        )

    def _take(self, record: Record, judge: Callable[[Entry], object]) -> None:
        data = write_record(record)
        decided = Decided(record, data, self.key.sign(data), record.evidence.contributors)
        entry = self.ahead.entry(record, data, decided.signature)
        try:
            judge(entry)
        except Refused as refused:
            if refused.kind == "record-signature-wrong":
                raise EmsError(f"{self.recorder} cannot record this: {refused}.") from None
            raise NotADecision(f"{refused}. {refused.fix}".strip().rstrip(".")) from None
        self.ahead.add(entry)
        self.done.records.append(decided)


class _Ahead:
    """The judge of records as it would be if what lies in the working tree, and what is made here, landed now."""

    def __init__(self, handbook: Handbook, at: datetime) -> None:
        landings = handbook.records.landings
        self._handbook, self._order, self._waiting = handbook, len(landings), list[Entry]()
        self._landing = landings[-1]._replace(sha="0" * 40, landed=max(at, landings[-1].landed), changes=())
        self._read = set[str]()

    def entry(self, record: Record, data: bytes, signature: bytes | None) -> Entry:
        """A record as if it landed now."""
        return Entry.written(data, signature, self._landing, self._order, record)

    def add(self, entry: Entry) -> None:
        """Take it for landed."""
        self._waiting.append(entry)

    def evidence(self, entry: Entry) -> RecordJudge:
        """What judges a record that lands beside the others."""
        return self._handbook.records.as_if([*self._waiting, entry], self._landing)

    def records(self, document_id: str) -> dict[str, Record]:
        """Every record of a document by its name, landed or not."""
        if document_id not in self._read:
            self._read.add(document_id)
            for path, data in lying(self._handbook, document_id).items():
                seal = self._handbook.committed_config.root / f"{path}.sig"
                self.add(self.entry(read_record(data), data, seal.read_bytes() if seal.is_file() else None))
        own = [one for one in self._waiting if one.record and one.record.document == document_id]
        entries = [*self._handbook.records.ledger.of(document_id), *own]
        return {entry.name: entry.record for entry in entries if entry.record}

    def open_ends(self, document_id: str, at: datetime) -> tuple[str, ...]:
        """The records of a document decided by then that no other names."""
        records = self.records(document_id)
        named = {name for record in records.values() for name in record.prev}
        return tuple(sorted(name for name, one in records.items() if one.decided_at <= at and name not in named))


def write_all(handbook: Handbook, records: Sequence[Decided]) -> None:
    """Write records with their signatures: all of them, or none."""
    written: list[Path] = []
    try:
        for decided in records:
            sweep(handbook, decided.record.document)
            written.append(decided.write(handbook.committed_config.root))
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
            path.with_name(path.name + ".sig").unlink(missing_ok=True)
        raise
