"""`ems.yml` and `people.yml` as last approved, not as they stand (specification, Policy in force)."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, lru_cache

from ems_control.approvals.ledger import Entry, Ledger
from ems_control.approvals.record_checks import Authority, Break, Refused, ValidRecord, judge, latest_of
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.frontmatter import Mapping
from ems_control.ground.formats.records import POLICY_ID, Record, policy_digest
from ems_control.ground.formats.signatures import SignatureError, read_public_key
from ems_control.ground.git.log import Commit
from ems_control.ground.git.repository import Repository
from ems_control.ground.organisation.people import PEOPLE_FILE, RECOVERY, People, load_people
from ems_control.ground.organisation.policy import LEVELS, POLICY_FILE, Level, Policy, load_policy_that_stood
from ems_control.ground.organisation.readings import Readings
from ems_control.ground.text import normalise_lines

_DOCS_DIR = re.compile(rb"^docs_dir:[ \t]*[\"']?([^\s\"'#]+)", re.MULTILINE)


@dataclass(frozen=True)
class PolicyText:
    """The two files as they stood together on main from a landing on; None for a file that was not there."""

    digest: str
    order: int
    commit: Commit
    policy: bytes | None
    people: bytes | None


@dataclass(frozen=True, eq=False)
class ApprovedPolicy:
    """One approved state of the policy: number, digest, files, level of its own evidence, and from which landing on."""

    number: int
    digest: str
    policy: Policy
    policy_tree: Mapping
    people: People
    people_tree: Mapping
    level: Level
    order: int
    landing: Commit
    decisions: tuple[ValidRecord, ...] = ()

    @property
    def recovered(self) -> bool:
        """Whether the recovery key alone approved it."""
        return any(sound.record.by.person == RECOVERY for sound in self.decisions)

    @cached_property
    def keys(self) -> dict[str, date | None]:
        """Every public key that this policy lists, with the day since when it counts no more."""
        found: dict[str, date | None] = {}
        for person in self.people.persons.values():
            for own in person.keys:
                try:
                    key = read_public_key(own.key).openssh_str()
                except SignatureError:
                    continue
                found[key] = own.compromised or found.get(key)
        return found


@dataclass
class PolicyHistory:
    """The approved states of the policy, oldest first, and what was wrong with other policy records."""

    links: list[ApprovedPolicy] = field(default_factory=list)
    breaks: list[Break] = field(default_factory=list)
    idle: list[Entry] = field(default_factory=list)
    rejected: list[ValidRecord] = field(default_factory=list)
    """The rejections that stand over the next policy, whatever its files say."""
    texts: list[PolicyText] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)

    @property
    def root(self) -> ApprovedPolicy | None:
        """The trust root; None where nothing was approved."""
        return self.links[0] if self.links else None

    @property
    def newest(self) -> ApprovedPolicy | None:
        """The policy in force at HEAD."""
        return self.links[-1] if self.links else None

    def at(self, order: int) -> ApprovedPolicy | None:
        """The policy in force where a landing comes in: approved strictly before it; the root judges its own."""
        before = [link for link in self.links if link.order < order]
        if before:
            return before[-1]
        return self.root if self.root and self.root.order == order else None

    def number_of(self, digest: str) -> str:
        """The revision of an approved policy as its records are called: r001; "" where it was not approved."""
        return next((f"r{link.number:03d}" for link in reversed(self.links) if link.digest == digest), "")

    @property
    def rejected_by(self) -> str:
        """Who rejected the next policy, and what ends that, in words to go on with; "" where nobody did."""
        newest = self.newest
        if newest is None or not self.rejected:
            return ""
        said = (
            f"{newest.people.name(one.record.by.person)} rejected revision {one.record.revision} of them on "
            f"{one.record.decided_at.astimezone(newest.policy.zone).date()}, which stands until they decide again"
            for one in self.rejected
        )
        return f"; {'; '.join(said)}"

    def authority(self, order: int) -> Authority | None:
        """Policy and people that judge a landing, capped at the lowest level of the chain; None before the root."""
        link = self.at(order)
        if link is None:
            return None
        return Authority(link.policy, link.people, link.digest, self.level_at(link))

    def level_at(self, link: ApprovedPolicy) -> Level:
        """The lowest level of the chain up to a policy: none that it judges is higher."""
        return min((one.level for one in self.links[: self.links.index(link) + 1]), key=LEVELS.index)

    def known(self, order: int) -> list[str]:
        """The digests approved by a landing."""
        return [link.digest for link in self.links if link.order <= order]

    def readings(self, files: Policy) -> Readings:
        """How texts are read, landing by landing: from the root's own files on; without a root, as the files stand."""
        first = self.root.policy if self.root else files
        return Readings(first.reading, [(link.order, link.policy.reading) for link in self.links])

    def lie_in(self, was: str, now: str) -> None:
        """The texts moved from one `docs_dir` to another, and are followed: every policy names the new one."""
        self.moved[was] = now
        self.links = [replace(link, policy=self.laid(link.policy)) for link in self.links]

    def laid(self, policy: Policy) -> Policy:
        """A policy that names the folder in which the texts are read."""
        now = self.moved.get(policy.docs_dir)
        return policy.in_folder(now) if now else policy

    @cached_property
    def _stated(self) -> list[tuple[int, Authority]]:
        """The files as they stood before the root, where they can be read, each from a landing on."""
        found = []
        for text in self.texts:
            if text.digest and self.root and text.order < self.root.order:
                with suppress(Refused):
                    (policy, _), (people, _) = _files(text)
                    found.append((text.order, Authority(self.laid(policy), people, None, "declared")))
        return found

    def stated(self, order: int) -> list[Authority]:
        """The files by which a landing before the root was judged as long as there was none, the root's own last."""
        if self.root is None or order >= self.root.order:
            return []
        later = [one for since, one in self._stated if since > order]
        return [*[one for since, one in self._stated if since <= order][-1:], *later]

    def compromised(self, key: str) -> date | None:
        """Since when a key counts no more, as the newest policy says that lists it: left out, it is not forgiven."""
        return next((link.keys[key] for link in reversed(self.links) if key in link.keys), None)


def policy_texts(repository: Repository) -> list[PolicyText]:
    """The states of the two policy files on main, oldest first."""
    names = {repository.prefix + name: name for name in (POLICY_FILE, PEOPLE_FILE)}
    now: dict[str, str | None] = {POLICY_FILE: None, PEOPLE_FILE: None}
    states: list[tuple[int, Commit, str | None, str | None]] = []
    for order, commit in enumerate(repository.landings):
        changed = [change for change in commit.changes if change.path in names]
        for change in changed:
            now[names[change.path]] = change.after
        if changed:
            states.append((order, commit, now[POLICY_FILE], now[PEOPLE_FILE]))
    contents = repository.kept_blobs(blob for state in states for blob in state[2:] if blob)
    texts = []
    for order, commit, policy, people in states:
        both = contents[policy] if policy else None, contents[people] if people else None
        digest = policy_digest(both[0] or b"", both[1] or b"") if None not in both else ""
        texts.append(PolicyText(digest, order, commit, *both))
    return texts


def docs_folder(policy: bytes) -> str:
    """The `docs_dir` of an ems.yml, read without the rest of it."""
    match = _DOCS_DIR.search(policy)
    return match[1].decode("utf-8", "replace").rstrip("/") if match else "docs"


def build_chain(repository: Repository, ledger: Ledger, start: str | None = None) -> PolicyHistory:
    """Follow the policy records from the trust root on.

    `start` is the digest of a policy at which to start anew: its record signs itself, whatever came before.
    """
    entries = ledger.of(POLICY_ID)
    chain = PolicyHistory()
    if not entries:
        return chain
    chain.texts = policy_texts(repository)
    first = first_stood(chain.texts)
    pending: list[ValidRecord] = []
    moments = sorted({entry.order for entry in entries} | {text.order for text in first.values()})
    for order in moments:
        for entry in [entry for entry in entries if entry.order == order]:
            try:
                sound = judge_policy_record(entry, chain, ledger, first, start)
                pending = [one for one in pending if one.entry.name != sound.record.corrects] + [sound]
            except Refused as refused:
                chain.breaks.append(_break(entry, refused))
        _extend(chain, [one for one in pending if one.record.action != "correct"], first, order, repository, start)
    following = chain.newest.number + 1 if chain.newest else 1
    deciding = [one for one in pending if one.record.action != "correct" and one.record.revision == following]
    chain.rejected = [one for one in latest_of(deciding) if one.record.action == "reject"]
    linked = {sound.entry for link in chain.links for sound in link.decisions}
    chain.idle = [one.entry for one in pending if one.entry not in linked and one.record.action == "approve"]
    return chain


def first_stood(texts: list[PolicyText]) -> dict[str, PolicyText]:
    """By digest, where a state of the policy files first stood on main."""
    first: dict[str, PolicyText] = {}
    for text in texts:
        if text.digest:
            first.setdefault(text.digest, text)
    return first


def judge_policy_record(
    entry: Entry, chain: PolicyHistory, ledger: Ledger, first: dict[str, PolicyText], start: str | None = None
) -> ValidRecord:
    """A policy record judged by the policy before it; the root (and a new start) by itself. Raises Refused."""
    record = entry.record
    authority = chain.authority(entry.order)
    known = chain.known(entry.order)
    if record and (authority is None or record.digest == start):
        if record.action != "approve" or (record.revision != 1 and record.digest != start):
            raise Refused("policy-record-wrong", "the first policy record must be an approval of revision 1")
        text = first.get(record.digest)
        if text is None:
            raise Refused("policy-record-wrong", "the first policy record is about files that never stood on main")
        policy, people = _files(text)
        authority = Authority(policy[0], people[0], record.digest, "signed")
        known = [*known, record.digest]
        if record.by.person == RECOVERY:
            raise Refused("policy-record-wrong", "the recovery key cannot sign the first policy")
    elif authority is None:
        raise Refused("record-malformed", f"this record cannot be read: {entry.problem}")

    def counts(other: Entry) -> bool:
        try:
            judge_policy_record(other, chain, ledger, first, start)
        except Refused:
            return False
        return True

    sound = judge(entry, authority, ledger, known, chain.compromised if chain.links else lambda _: None, counts)
    if sound.record.by.person == RECOVERY and sound.record.by.role == RECOVERY:
        _saves_people_only(sound, chain, first)
    else:
        _is_asked(sound.record, authority)
    return sound


def _is_asked(record: Record, authority: Authority) -> None:
    """Whether the policy is decided about so, and in that role. Raises Refused."""
    role = authority.policy.policy_approval.role
    if record.by.role != role:
        message = f"the policy is approved by the {authority.people.title(role)}, not as {record.by.role}"
        raise Refused("record-without-role", message)
    if record.action not in ("approve", "reject", "correct"):
        raise Refused("policy-record-wrong", f"the policy takes no {record.action}: it is approved or rejected")


def _saves_people_only(sound: ValidRecord, chain: PolicyHistory, first: dict[str, PolicyText]) -> None:
    """The recovery key changes who holds roles and keys; what is asked stays as it was. Raises Refused."""
    before, after = chain.at(sound.order), first.get(sound.record.digest)
    if before is None or before.order == sound.order or (after and not _same_policy(first.get(before.digest), after)):
        message = "the recovery key may change nothing but people.yml, under a policy that lists it"
        raise Refused("policy-record-wrong", message, "Put ems.yml back, or have the policy role sign the change.")


def _same_policy(before: PolicyText | None, after: PolicyText) -> bool:
    return before is not None and normalise_lines(before.policy or b"") == normalise_lines(after.policy or b"")


def _files(text: PolicyText) -> tuple[tuple[Policy, Mapping], tuple[People, Mapping]]:
    try:
        return _loaded(text.policy or b"", text.people or b"")
    except EmsError as error:
        words = str(error).split("\n")[0]
        raise Refused("policy-record-wrong", f"the policy that was approved cannot be read: {words}") from None


@lru_cache(maxsize=256)
def _loaded(policy: bytes, people: bytes) -> tuple[tuple[Policy, Mapping], tuple[People, Mapping]]:
    return load_policy_that_stood(policy), load_people(people)


def _extend(
    chain: PolicyHistory,
    pending: list[ValidRecord],
    first: dict[str, PolicyText],
    order: int,
    repository: Repository,
    start: str | None,
) -> None:
    """Add the link that the records landed by now approve, if any."""
    number = chain.newest.number + 1 if chain.newest else 1
    by_digest: dict[str, list[ValidRecord]] = {}
    fitting = [s for s in pending if s.record.revision == number or s.record.digest == start]
    latest = latest_of(s for s in fitting if not any(s in link.decisions for link in chain.links))
    for sound in latest:
        if sound.record.action == "approve":
            by_digest.setdefault(sound.record.digest, []).append(sound)
    rejecting = [sound for sound in latest if sound.record.action == "reject"]
    for digest, decisions in by_digest.items():
        text = first.get(digest)
        if text is None or text.order > order:
            continue
        try:
            (policy, policy_tree), (people, people_tree) = _files(text)
        except Refused as refused:
            chain.breaks.append(_break(decisions[0].entry, refused))
            continue
        asking = chain.at(order)
        need = (asking.policy if asking and digest != start else policy).policy_approval
        recovered = [sound for sound in decisions if sound.record.by.person == RECOVERY]
        stopped = asking and any(not _yields(one, decisions, asking, repository.landings[order]) for one in rejecting)
        if (len(decisions) < need.number or stopped) and not recovered:
            continue
        level = min((sound.level for sound in decisions), key=LEVELS.index)
        number = decisions[0].record.revision
        landing = repository.landings[order]
        link = ApprovedPolicy(
            number, digest, policy, policy_tree, people, people_tree, level, order, landing, tuple(decisions)
        )
        chain.links.append(link)
        return


def _yields(rejection: ValidRecord, decisions: list[ValidRecord], asking: ApprovedPolicy, landing: Commit) -> bool:
    """Whether a rejection stops these decisions no more: its person's role was over before each was made and landed."""
    by, zone = rejection.record.by, asking.policy.zone
    person = asking.people.persons.get(by.person)
    if person is None or person.holds(by.role, landing.landed.astimezone(zone).date()):
        return person is None
    over = max((held.until for held in person.roles if held.role == by.role and held.until), default=None)
    days = [min(one.record.decided_at, one.entry.landing.landed).astimezone(zone).date() for one in decisions]
    return over is None or min(days) > over


def _break(entry: Entry, refused: Refused) -> Break:
    return Break(refused.kind, entry.path, "", entry.landing, refused.message, refused.fix, entry.name)
