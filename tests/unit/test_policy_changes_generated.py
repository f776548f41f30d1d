"""Whatever legal policies follow one another, the register of every earlier day stays as it was: on made-up landings.

The landings are data; nothing of the package is replaced. The same on real repositories: tests/attacks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ems_control.approvals.contributors import Contributions
from ems_control.approvals.ledger import Ledger
from ems_control.approvals.policy_history import ApprovedPolicy, PolicyHistory
from ems_control.approvals.record_checks import Authority
from ems_control.approvals.record_judge import RecordJudge
from ems_control.documents.docs_tree import DocsTree
from ems_control.documents.store import Store
from ems_control.ground.formats.frontmatter import Mapping
from ems_control.ground.git.log import FILE, Change, Commit
from ems_control.ground.git.repository import Repository
from ems_control.ground.organisation.people import load_people
from ems_control.ground.organisation.policy import Policy, load_policy
from ems_control.handbook.loading import document_of

START = datetime(2026, 1, 5, 10, tzinfo=UTC)
PEOPLE, PEOPLE_TREE = load_people(
    b"""roles: {boss: managing director, head: head of site}
people:
  boss: {name: B, emails: [b@example.org], roles: [{role: boss, from: 2020-01-01}, {role: head, from: 2020-01-01}]}
  writer: {name: W, emails: [w@example.org]}
"""
)
NAMES = ("P-001", "P-002", "Q-001")


@dataclass(frozen=True)
class Made:
    """What git would tell of a line of landings."""

    landings: Sequence[Commit]
    contents: dict[str, bytes]
    prefix: str = ""
    proposal_order: int | None = None

    @property
    def contributions(self) -> Sequence[Commit]:
        """Every commit, newest first."""
        return self.landings[::-1]

    def ancestry(self) -> dict[str, Sequence[str]]:
        """The parents of each."""
        return {commit.sha: commit.parents for commit in self.landings}

    def blobs(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Their contents."""
        return ((name, self.contents[name]) for name in names)


@dataclass
class Line:
    """Landings, the contents they bring, and the policies approved with them."""

    commits: list[Commit] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)
    policies: list[tuple[int, Policy]] = field(default_factory=list)
    tree: dict[str, str] = field(default_factory=dict)

    def land(self, files: dict[str, bytes | None]) -> int:
        """One more landing, a day after the last."""
        changes = []
        for path, data in files.items():
            blob = hashlib.sha1(data).hexdigest() if data is not None else None  # noqa: S324
            if blob and data is not None:
                self.contents[blob] = data
            changes.append(Change(path, (self.tree.get(path),), blob, FILE if blob else "000000"))
            self.tree.pop(path, None)
            if blob:
                self.tree[path] = blob
        order = len(self.commits)
        moment = START + timedelta(days=order)
        parents = (self.commits[-1].sha,) if self.commits else ()
        sha = hashlib.sha1(f"{order}".encode()).hexdigest()  # noqa: S324
        self.commits.append(
            Commit(sha, parents, moment, moment, "W", "w@example.org", "w@example.org", "Step", tuple(changes))
        )
        return order

    def registers(self, end: int, days: list[date]) -> list[list[Any]]:
        """What the register says of these days, once `end` landings have come in."""
        chain = PolicyHistory()
        commits = self.commits[:end]
        for number, (order, policy) in enumerate((o, p) for o, p in self.policies if o < end):
            tree = Mapping()
            chain.links.append(
                ApprovedPolicy(
                    number + 1, f"{number}", policy, tree, PEOPLE, PEOPLE_TREE, "signed", order, commits[order]
                )
            )
        newest = chain.links[-1].policy
        readings, git = chain.readings(newest), cast("Repository", Made(commits, self.contents))
        store = Store(git, readings.last, sealing=True)
        files = Authority(newest, PEOPLE, None, "declared")
        evidence = RecordJudge(Ledger(), chain, Contributions(git, store), commits, files)
        replay = DocsTree(store, readings, "", evidence.days, set())
        replay.land(commits)
        found: list[list[Any]] = []
        documents = [document_of(h, newest, evidence, days[-1]) for _, h in sorted(replay.histories.items())]
        for day in days:
            rows: list[Any] = []
            for one in documents:
                standing = one.on(day)
                if standing.on_main:
                    approval, due = standing.in_force, standing.review_due
                    level = approval.level if approval else None
                    digest = approval.version.digest() if approval else None
                    latest = standing.latest
                    rows.append(
                        (one.id, standing.state, approval and approval.revision, level, digest, due, latest.path)
                    )
            found.append(rows)
        return found


KINDS = st.fixed_dictionaries(
    {"level": st.sampled_from(["declared", "signed"]), "approve": st.sampled_from(["boss", "head"])},
    optional={"review_months": st.sampled_from([1, 12])},
)
POLICIES = st.fixed_dictionaries(
    {"p": KINDS, "q": st.none() | KINDS, "name": st.sampled_from(["procedure", "process"])},
    optional={
        "fields": st.sampled_from(
            [{"distribution": "groups"}, {"id": "nummer"}, {"revision": "stand"}, {"approved_by": "wer"}, {}]
        ),
        "uncontrolled": st.sampled_from([["a/**"], ["**/P-001.md"], []]),
        "timezone": st.sampled_from(["UTC", "Pacific/Kiritimati", "America/Los_Angeles"]),
        "docs_dir": st.sampled_from(["docs", "docs", "other"]),
    },
)
TEXTS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(NAMES),
        "folder": st.sampled_from(["a", "b"]),
        "step": st.sampled_from(["next", "next", "claim", "edit", "gone"]),
        "submitted": st.booleans(),
        "key": st.sampled_from(["distribution", "groups", ""]),
        "nummer": st.booleans(),
    }
)


def _policy(facts: dict[str, Any]) -> Policy:
    types = {facts["name"]: {"prefix": "P", **facts["p"]}}
    if facts["q"]:
        types["plan"] = {"prefix": "Q", **facts["q"]}
    rest = {key: facts[key] for key in ("fields", "uncontrolled", "timezone", "docs_dir") if key in facts}
    tree = {"organisation": "O", "types": types, "policy": "boss", **rest}
    return load_policy(yaml.safe_dump(tree).encode())[0]


def _text(line: Line, facts: dict[str, Any], known: dict[str, dict[str, Any]]) -> dict[str, bytes | None]:
    """The files of one landing that brings a text; `known` is what each document said last."""
    name = facts["name"]
    last = known.get(name)
    if facts["step"] == "gone":
        known.pop(name, None)
        return {last["path"]: None} if last else {}
    path = f"docs/{facts['folder']}/{name}.md"
    number = (last["revision"] if last else 0) + (facts["step"] == "next" or last is None)
    body = f"Text {len(line.commits)}" if last is None or facts["step"] != "claim" else last["body"]
    day = (START + timedelta(days=len(line.commits))).date().isoformat()
    front: dict[str, Any] = {"nummer" if facts["nummer"] else "id": name, "title": "T", "revision": number}
    front |= {"status": "submitted", "approved_by": ["boss"], "approved_on": day} if facts["submitted"] else {}
    if facts["key"]:
        front[facts["key"]] = [f"g{len(line.commits)}"]
    known[name] = {"path": path, "revision": number, "body": body}
    data = f"---\n{yaml.safe_dump(front)}---\n{body}\n".encode()
    return {**({last["path"]: None} if last and last["path"] != path else {}), path: data}


@settings(
    max_examples=200,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(first=POLICIES, steps=st.lists(st.one_of(TEXTS, POLICIES), min_size=3, max_size=12))
def test_the_register_of_every_earlier_day_stays(first: dict[str, Any], steps: list[dict[str, Any]]) -> None:
    line, known = Line(), dict[str, dict[str, Any]]()
    line.policies.append((line.land({}), _policy(first)))
    for step in steps:
        if "p" in step:
            line.policies.append((line.land({}), _policy(step)))
        else:
            line.land(_text(line, step, known))
    end = len(line.commits)
    days = [START.date() + timedelta(days=order - 1) for order in range(end + 1)]
    whole = line.registers(end, days)
    for order, _ in line.policies[1:]:
        earlier = [day for day in days if day < START.date() + timedelta(days=order - 1)]
        if earlier:
            known = whole[: len(earlier)]
            assert (line.registers(order, earlier), line.registers(order + 1, earlier)) == (known, known)
