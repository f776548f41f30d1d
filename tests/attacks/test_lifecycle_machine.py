"""Any sequence of legal steps verifies clean, and what is in force is what a tiny model says; any tampering breaks.

The model knows no git and shares no code with the package: a document is its approved texts and a list of events.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.attacks.scene import ID, LATER, Scene, scene
from tests.signing import key_of, moment, open_ends, policy_digest, write

NAMES = ("EMS-PRO-002", "EMS-PRO-003")
CLAIMS = ("status", "approved_by", "approved_on", "review_by", "clauses", "distribution", "tags")
PAST, FUTURE = "2026-01-01", "2026-12-01"
DECIDERS = (
    ("a.author", "controller", "review"),
    ("b.boss", "manager", "approve"),
    ("c.deputy", "manager", "approve"),
    ("c.deputy", "manager", "reject"),
)
METHODS = ("merge", "queue", "squash", "gitlab", "rebase", "ff")


def digest_of(text: str) -> str:
    """`ems-content/1` of a text that shows no files, worked out by hand."""
    head, body = text.removeprefix("\ufeff").replace("\r\n", "\n")[4:].split("\n---\n", 1)
    tree = yaml.load(head, yaml.BaseLoader)  # noqa: S506
    metadata = {key: value for key, value in tree.items() if key not in CLAIMS}
    whole = {"method": "ems-content/1", "metadata": metadata, "body": body.strip("\n") + "\n", "attachments": []}
    canonical = json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


@dataclass
class Doc:
    """What the model knows of a document."""

    name: str
    path: str
    text: str
    number: int = 1
    approved: dict[int, str] = field(default_factory=dict)
    events: list[tuple[str, int, str]] = field(default_factory=list)
    """approved, reinstated or withdrawn; revision; first day."""
    decisions: dict[str, str] = field(default_factory=dict)
    """About the text in work: each person's latest."""
    rejecting: set[str] = field(default_factory=set)
    """Whose rejection stands over the revision in work, whatever its text."""
    there: bool = True

    @property
    def newest(self) -> int:
        return max(self.approved, default=0)

    @property
    def withdrawn(self) -> bool:
        return bool(self.events) and self.events[-1][0] == "withdrawn"

    @property
    def in_work(self) -> bool:
        return self.there and self.number == self.newest + 1 and not self.withdrawn

    @property
    def in_force(self) -> int | None:
        come = [event for event in self.events if event[2] <= LATER]
        return None if not come or come[-1][0] == "withdrawn" else come[-1][1]

    def decide(self, person: str, action: str, day: str) -> None:
        """A decision about the text in work has landed."""
        self.decisions[person] = action
        self.rejecting = self.rejecting | {person} if action == "reject" else self.rejecting - {person}
        said = list(self.decisions.values())
        if not self.rejecting and "approve" in said and "review" in said:
            self.approved[self.number] = self.text
            effective = yaml.safe_load(self.text[4:].split("\n---\n")[0])["effective"]
            self.events.append(("approved", self.number, max(day, str(effective))))
            self.decisions = {}


class Lifecycle(RuleBasedStateMachine):
    """A handbook on which people do what they may."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="ems-machine-"))
        self.docs: dict[str, Doc] = {}

    def teardown(self) -> None:
        """Every run ends with a look."""
        self.look()
        shutil.rmtree(self.folder)

    @initialize(how=st.sampled_from(METHODS))
    def start(self, how: str) -> None:
        """A signed handbook, whose procedures take a review by the controller and an approval by the manager.

        One is in force, signed after its text had landed.
        """
        self.s = s = scene(self.folder)
        ems = s.read("ems.yml").replace("approve: manager}", "review: controller, approve: manager}", 1)
        s.write("ems.yml", ems).commit()
        s.approve("policy")
        self.policy = policy_digest(s.root)
        self.write_new(how, PAST)
        for person, role, action in DECIDERS[:2]:
            self.take(self.docs[NAMES[0]], person, role, action)

    # --- helpers

    def land(self, how: str, by: str = "a.author") -> None:
        """Merge the branch `change` and forget it."""
        self.s.merge(how, by=by if how in ("merge", "queue", "squash") else "a.author")
        self.s.git("branch", "-q", "-D", "change")

    def record(self, doc: Doc, person: str, role: str, action: str, text: str, number: int) -> None:
        """Sign a record by hand and commit it, as its person."""
        s, at = self.s, moment(self.s.day)
        stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        tree: dict[str, Any] = {
            "schema": "ems-approval/1",
            "document": doc.name,
            "revision": number,
            "action": action,
            "meaning": f"I {action} it.",
            "digest": digest_of(text),
            "digest_method": "ems-content/1",
            "effective": None,
            "by": {"person": person, "name": person, "role": role},
            "decided_at": stamp,
            "evidence": {"kind": "signature", "contributors": ["a.author"]},
            "policy_digest": self.policy,
            "prev": open_ends(s.root / "approvals" / doc.name),
            "recorded": {"by": person, "at": stamp, "tool": "by hand"},
        }
        write(s.root, tree, key_of(person))
        s.commit(person)

    def take(self, doc: Doc, person: str, role: str, action: str) -> None:
        """A decision about the text in work."""
        self.record(doc, person, role, action, doc.text, doc.number)
        doc.decide(person, action, self.yesterday())

    def some(self, data: Any, wanted: Any) -> Doc:
        return data.draw(st.sampled_from([doc for doc in self.docs.values() if wanted(doc)]))

    def any_doc(self, wanted: Any) -> bool:
        return any(wanted(doc) for doc in self.docs.values())

    def yesterday(self) -> str:
        """The day of the landing just made."""
        return str(self.s.day - timedelta(days=1))

    # --- what authors do

    @precondition(lambda self: len(self.docs) < len(NAMES))
    @rule(how=st.sampled_from(METHODS), effective=st.sampled_from([PAST, PAST, FUTURE]))
    def new(self, how: str, effective: str) -> None:
        """A first draft, submitted."""
        self.write_new(how, effective)

    def write_new(self, how: str, effective: str) -> None:
        """A new document, at revision 1."""
        name, s = NAMES[len(self.docs)], self.s
        text = (
            f"---\nid: {name}\ntitle: Noise\ntype: procedure\nrevision: 1\nstatus: submitted\nowner: lead\n"
            f"effective: {effective}\nrevisions:\n"
            "  - {revision: 1, date: 2026-01-09, author: a.author, class: substantive, change: First issue.}\n"
            "---\nBe quiet at night.\n"
        )
        doc = self.docs[name] = Doc(name, f"docs/procedures/{name}.md", text)
        s.branch().write(doc.path, text).commit()
        self.land(how)

    def revised(self, doc: Doc, effective: str) -> None:
        """Write the next revision, or more of the one in work."""
        if doc.number != doc.newest + 1:
            doc.number = doc.newest + 1
            head, body = doc.text[4:].split("\n---\n", 1)
            tree = yaml.safe_load(head)
            row = f"  - {{revision: {doc.number}, date: {self.s.day}, author: a.author, change: More.}}"
            head = head.replace(f"revision: {tree['revision']}\n", f"revision: {doc.number}\n", 1)
            head = head.replace("revisions:\n", f"revisions:\n{row}\n").replace("status: draft", "status: submitted")
            head = head.replace("status: withdrawn", "status: submitted")
            head = head.replace(f"effective: {tree['effective']}", f"effective: {effective}")
            doc.text = f"---\n{head}\n---\n{body}"
        doc.text += f"Words of {self.s.day}.\n"
        doc.decisions = {}
        self.s.write(doc.path, doc.text)

    @precondition(lambda self: self.any_doc(lambda doc: doc.there and not doc.withdrawn))
    @rule(data=st.data(), how=st.sampled_from(METHODS), effective=st.sampled_from([PAST, FUTURE]))
    def revise(self, data: Any, how: str, effective: str) -> None:
        """The text lands; decisions come later."""
        doc = self.some(data, lambda doc: doc.there and not doc.withdrawn)
        self.s.branch()
        self.revised(doc, effective)
        self.s.commit()
        self.land(how)

    @precondition(lambda self: self.any_doc(lambda doc: doc.there and not doc.withdrawn))
    @rule(
        data=st.data(),
        how=st.sampled_from(METHODS),
        boss=st.sampled_from(["b.boss", "c.deputy"]),
        presser=st.sampled_from(["a.author", "b.boss", "c.deputy"]),
    )
    def revise_and_sign_in_the_request(self, data: Any, how: str, boss: str, presser: str) -> None:
        """Text, review and approval land together."""
        doc = self.some(data, lambda doc: doc.there and not doc.withdrawn)
        self.s.branch()
        self.revised(doc, PAST)
        self.s.commit()
        self.record(doc, "a.author", "controller", "review", doc.text, doc.number)
        self.record(doc, boss, "manager", "approve", doc.text, doc.number)
        self.land(how, presser)
        doc.decide("a.author", "review", self.yesterday())
        doc.decide(boss, "approve", self.yesterday())

    @precondition(lambda self: self.any_doc(lambda doc: doc.there))
    @rule(
        data=st.data(), by=st.sampled_from(["a.author", "b.boss"]), key=st.sampled_from(["clauses", "tags", "status"])
    )
    def change_what_is_no_content(self, data: Any, by: str, key: str) -> None:
        """A claim, a classification, a comment and all line ends; also by who approves later."""
        doc = self.some(data, lambda doc: doc.there)
        head, body = doc.text[4:].split("\n---\n", 1)
        lines = [line for line in head.split("\n") if not line.startswith(f"{key}:")]
        value = "draft" if key == "status" else f"[iso-14001:2026/8.{self.s.day.day % 2 + 1}]"
        if key == "status" and doc.withdrawn:
            value = "withdrawn"
        doc.text = "\n".join(["---", *lines, f"{key}: {value}  # {self.s.day}", "---", body])
        self.s.write(doc.path, doc.text.replace("\n", "\r\n") if self.s.day.day % 2 else doc.text).commit(by)

    @precondition(lambda self: self.any_doc(lambda doc: doc.there))
    @rule(data=st.data())
    def move(self, data: Any) -> None:
        """Another name for the file."""
        doc = self.some(data, lambda doc: doc.there)
        path = f"docs/procedures/{doc.name}-{self.s.day}.md"
        self.s.git("mv", doc.path, path)
        doc.path = path
        self.s.commit()

    # --- what deciders do

    @precondition(lambda self: self.any_doc(lambda doc: doc.in_work))
    @rule(data=st.data(), who=st.sampled_from(DECIDERS))
    def decide(self, data: Any, who: tuple[str, str, str]) -> None:
        """One person reviews, approves or rejects what waits."""
        doc = self.some(data, lambda doc: doc.in_work)
        self.take(doc, *who)

    @precondition(lambda self: self.any_doc(lambda doc: doc.newest and not doc.withdrawn))
    @rule(data=st.data(), file=st.sampled_from(["as it is", "says so", "goes"]))
    def withdraw(self, data: Any, file: str) -> None:
        """The document ends; its file may say so, go, or stay."""
        doc = self.some(data, lambda doc: doc.newest and not doc.withdrawn)
        self.record(doc, "c.deputy", "manager", "withdraw", doc.approved[doc.newest], doc.newest)
        doc.events.append(("withdrawn", doc.newest, self.yesterday()))
        if file == "goes" and doc.there:
            self.s.git("rm", "-q", doc.path)
            doc.there = False
            self.s.commit()
        elif file == "says so" and doc.there:
            doc.text = doc.text.replace("status: submitted", "status: withdrawn")
            self.s.write(doc.path, doc.text).commit()

    @precondition(lambda self: self.any_doc(lambda doc: doc.newest > 1 or doc.withdrawn))
    @rule(data=st.data())
    def reinstate(self, data: Any) -> None:
        """An approved text comes back, with its record, in one request."""
        doc = self.some(data, lambda doc: doc.newest > 1 or doc.withdrawn)
        number = data.draw(st.sampled_from(sorted(doc.approved)))
        doc.text, doc.number, doc.there, doc.decisions = doc.approved[number], number, True, {}
        doc.text = doc.text.replace("status: withdrawn", "status: submitted")
        self.s.branch().write(doc.path, doc.text).commit()
        self.record(doc, "b.boss", "manager", "reinstate", doc.text, number)
        self.land("merge")
        doc.events.append(("reinstated", number, self.yesterday()))

    @precondition(lambda self: self.any_doc(lambda doc: doc.newest and not doc.withdrawn))
    @rule(data=st.data())
    def periodic_review(self, data: Any) -> None:
        """The owner finds the text as it should be."""
        doc = self.some(data, lambda doc: doc.newest and not doc.withdrawn)
        self.record(doc, "a.author", "lead", "periodic-review", doc.approved[doc.newest], doc.newest)

    @rule(by=st.sampled_from(["b.boss", "c.deputy"]))
    def change_policy(self, by: str) -> None:
        """The policy gets another emergency line, approved."""
        self.s.write("ems.yml", self.s.read("ems.yml") + f"# {self.s.day}\n").commit()
        self.s.approve("policy", by=by)
        self.policy = policy_digest(self.s.root)

    # --- what a stranger sees

    @rule()
    def look(self) -> None:
        """Nothing breaks, and the texts in force are those of the model."""
        outcome = self.s.verify()
        assert (outcome.json["breaks"], outcome.status) == ([], 0)
        seen = {key: (number, digest) for key, (number, digest, _) in self.s.in_force().items() if key != ID}
        assert seen == {
            doc.name: (doc.in_force, digest_of(doc.approved[doc.in_force]))
            for doc in self.docs.values()
            if doc.in_force
        }

    @rule(data=st.data())
    def tampering_breaks(self, data: Any) -> None:
        """One byte of a record, a signature, the policy or an approved text, in a copy of the repository."""
        copy = Scene(self.folder / "tampered", self.s.day)
        shutil.copytree(self.s.root, copy.root)
        at_rest = [doc.path for doc in self.docs.values() if doc.there and doc.number == doc.newest]
        records = sorted(str(path.relative_to(copy.root)) for path in (copy.root / "approvals").rglob("*.json*"))
        path = data.draw(st.sampled_from([*records, "ems.yml", "people.yml", *at_rest]))
        content = bytearray((copy.root / path).read_bytes())
        start = content.index(b"\nBe quiet") if path in at_rest else 0
        place = data.draw(st.integers(start, len(content) - 2))
        content[place] = data.draw(st.sampled_from([byte for byte in b"aX7 " if byte != content[place]]))
        copy.write(path, bytes(content)).commit("b.boss")
        outcome = copy.verify()
        if outcome.status == 2:
            assert path in ("ems.yml", "people.yml"), "only a policy that cannot be read stops the command"
            assert outcome.err
        else:
            assert (bool(outcome.json["breaks"]), outcome.status) == (True, 1), (path, place)
        shutil.rmtree(copy.root)


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(max_examples=15, stateful_step_count=16, phases=[Phase.generate])
