"""What people do on a handbook makes of it what the model says: what applies on any day, and which records break.

The model (lifecycle_model.py) knows no git and shares no code with the package. Most steps are legal; some decisions
are signed with a key that has ended, by who wrote the text, or in a role that nobody asks: those break, nothing else.
"""

from __future__ import annotations

import copy
import hashlib
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.attacks.lifecycle_model import (
    CONTROLLER,
    LEAD,
    MANAGER,
    Key,
    Landing,
    Life,
    Policy,
    Record,
    Row,
    Text,
    World,
)
from tests.attacks.scene import ID, Scene, scene
from tests.running import ems
from tests.signing import key_of, moment, open_ends, policy_digest, write

NAMES = ("EMS-PRO-002", "EMS-FRM-001", "EMS-PRO-003")
PEOPLE = {
    "a.author": (CONTROLLER, LEAD),
    "b.boss": (MANAGER,),
    "c.deputy": (MANAGER,),
    "d.deputy": (MANAGER, CONTROLLER),
}
MANAGERS = ("b.boss", "c.deputy", "d.deputy")
DECISIONS = (
    ("a.author", CONTROLLER, "review"),
    ("b.boss", MANAGER, "approve"),
    ("c.deputy", MANAGER, "approve"),
    ("d.deputy", MANAGER, "approve"),
    ("d.deputy", CONTROLLER, "approve"),
    ("c.deputy", MANAGER, "reject"),
)
METHODS = st.sampled_from(("merge", "queue", "squash", "gitlab", "rebase", "ff"))
WRITERS = st.sampled_from(("a.author", "a.author", "c.deputy"))
SOON = st.sampled_from((None, None, -30, 3, 40))
"""In how many days something begins."""
LAST = st.sampled_from((None, None, None, 5, 60))
DEEP = settings.default is not None and settings.default.max_examples > 500
"""In `make fuzz`."""


@dataclass
class Doc:
    """A document on main: its text, its file, the lines of it that are no content."""

    text: Text
    path: str
    claims: dict[str, str] = field(default_factory=dict)
    there: bool = True

    @property
    def name(self) -> str:
        return self.text.name


class Lifecycle(RuleBasedStateMachine):
    """A handbook on which people do what they may, and sometimes what they may not."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="ems-machine-"))
        self.docs: dict[str, Doc] = {}
        self.world = World()
        self.branched: list[Landing] | None = None
        self.policies: dict[str, date] = {}
        """The last day on which each key signed a policy."""

    def teardown(self) -> None:
        """Every run ends with a look at three days, and at what the check warns of."""
        for offset in (-1, 0, 45):
            self.look(offset)
        self.warned()
        shutil.rmtree(self.folder)

    @initialize(how=METHODS)
    def start(self, how: str) -> None:
        """A signed handbook, and a procedure in force, signed after its text had landed."""
        self.s = scene(self.folder)
        self.put(Policy(keys={who: Key(who, date(2020, 1, 1)) for who in PEOPLE}), "b.boss")
        self.write_new(how, "a.author", None, None)
        for who, role, action in DECISIONS[:2]:
            self.decided(self.docs[NAMES[0]].text, who, role, action)

    # --- helpers

    @property
    def policy(self) -> Policy:
        return self.world.policy(len(self.world.landings))

    def life(self, doc: Doc) -> Life:
        return self.world.life(doc.name)

    def key(self, person: str) -> str:
        """The newest key of a person."""
        return next(name for name, key in reversed(self.policy.keys.items()) if key.person == person)

    def in_days(self, number: int | None) -> date | None:
        return None if number is None else self.s.day + timedelta(days=number)

    def came(self, landing: Landing) -> None:
        """A commit has come onto main, or onto the branch that will."""
        (self.world.landings if self.branched is None else self.branched).append(landing)

    def commit(self, by: str, **brings: Any) -> None:
        day = self.s.day
        self.s.commit(by)
        self.came(Landing(day, **brings))

    def branch(self) -> None:
        self.s.branch()
        self.branched = []

    def land(self, how: str, by: str = "a.author") -> None:
        """Merge the branch `change` and forget it."""
        day, came, self.branched = self.s.day, self.branched or [], None
        self.s.merge(how, by=by if how in ("merge", "queue", "squash") else "a.author")
        self.s.git("branch", "-q", "-D", "change")
        if how in ("ff", "rebase"):
            for one in came:
                self.came(one if how == "ff" else replace(one, day=day))
        else:
            self.came(Landing(day, [t for one in came for t in one.texts], [r for one in came for r in one.records]))

    def put(self, policy: Policy, by: str) -> None:
        """Write both policy files, and have them approved by somebody with a key that holds."""
        s = self.s
        ems_yml = yaml.safe_load(s.read("ems.yml"))
        needs = {name: policy.needs(name) for name in ("EMS-PRO-", "EMS-FRM-")}
        for kind, prefix in (("procedure", "EMS-PRO-"), ("form", "EMS-FRM-")):
            for action in ("review", "approve"):
                found = [{"role": role, "number": n} for (wanted, role), n in needs[prefix].items() if wanted == action]
                ems_yml["types"][kind][action] = found
            ems_yml["types"][kind]["review_months"] = policy.months
        ems_yml["editorial"] = CONTROLLER if policy.editorial else None
        ems_yml = {key: value for key, value in ems_yml.items() if value is not None}
        s.write("ems.yml", yaml.safe_dump(ems_yml, sort_keys=False, width=200) + f"# {s.day}\n")
        s.people(lambda people: [people[who].update(keys=self.keys_of(policy, who)) for who in PEOPLE])
        self.commit(by)
        key = self.key(by) if self.policies else by
        s.sign("policy", by, key=key)
        self.policies[key] = s.day
        self.commit(by, policy=policy)
        self.signed = policy_digest(s.root)

    def keys_of(self, policy: Policy, who: str) -> list[dict[str, str]]:
        """The keys of a person as people.yml lists them."""
        found = []
        for name, key in policy.keys.items():
            days = {"from": key.first, "until": key.until, "compromised": self.world.stolen.get(name)}
            if key.person == who:
                found.append({"key": key_of(name).public, **{k: str(day) for k, day in days.items() if day}})
        return found

    def decided(self, text: Text, who: str, role: str, action: Any, key: str = "", **more: Any) -> Record:
        """Sign a record by hand and commit it, as its person."""
        s, at, key = self.s, moment(self.s.day), key or self.key(who)
        stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        tree: dict[str, Any] = {
            "schema": "ems-approval/1",
            "document": text.name,
            "revision": text.number,
            "action": action,
            "meaning": f"I {action} it.",
            "digest": text.digest,
            "digest_method": "ems-content/1",
            "effective": str(more["effective"]) if more.get("effective") else None,
            "by": {"person": who, "name": who, "role": role},
            "decided_at": stamp,
            "evidence": {"kind": "signature", "contributors": []},
            "policy_digest": self.signed,
            "prev": open_ends(s.root / "approvals" / text.name),
            "recorded": {"by": who, "at": stamp, "tool": "by hand"},
        } | ({"corrects": more["corrects"]} if "corrects" in more else {})
        path = write(s.root, tree, key_of(key))
        name = "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
        where = str(path.relative_to(s.root))
        record = Record(where, name, action, who, role, key, text, s.day, **more)
        self.commit(who, records=[record])
        return record

    def wrote(self, doc: Doc, by: str, before: str | None) -> None:
        """Write the file of a document as it is now, and commit it; `before` is the digest that stood there."""
        self.s.write(doc.path, doc.text.file(doc.claims))
        if before != doc.text.digest:
            self.world.wrote.append((doc.name, self.s.day, by))
        self.commit(by, texts=[doc.text])

    def some(self, data: Any, wanted: Any) -> Doc:
        return data.draw(st.sampled_from([doc for doc in self.docs.values() if wanted(doc)]))

    def in_work(self, doc: Doc) -> bool:
        life = self.life(doc)
        return doc.there and doc.text.number == life.number + 1 and not life.withdrawn

    def stands(self, doc: Doc) -> bool:
        """Whether something of it is approved, and not withdrawn."""
        life = self.life(doc)
        return bool(life.newest) and not life.withdrawn

    # --- what authors do

    @precondition(lambda self: len(self.docs) < len(NAMES))
    @rule(how=METHODS, by=WRITERS, begins=SOON, lasts=LAST)
    def write_new(self, how: str, by: str, begins: int | None, lasts: int | None) -> None:
        """A first text, submitted."""
        name, day = NAMES[len(self.docs)], self.s.day
        folder = "procedures" if "-PRO-" in name else "forms"
        text = Text(name, "Be quiet at night.\n", (Row(1, day),), self.in_days(begins), self.in_days(lasts), day)
        doc = self.docs[name] = Doc(text, f"docs/{folder}/{name}.md")
        self.branch()
        self.wrote(doc, by, None)
        self.land(how)

    def revised(self, doc: Doc, by: str, begins: int | None, lasts: int | None, replaces: bool = False) -> None:
        """Write the next revision, which may say that it comes instead of the last, or more of the one in work."""
        life, day, was = self.life(doc), self.s.day, doc.text
        words = f"{was.words}Words of {day}.\n"
        if was.number == life.number + 1:
            doc.text = replace(was, words=words, written=day)
        else:
            row = Row(life.number + 1, day, instead_of=life.number if replaces else None)
            days = {"effective": self.in_days(begins), "until": self.in_days(lasts)}
            doc.text = replace(was, words=words, rows=(row, *was.rows), written=day, **days)
            doc.claims = {}
        self.wrote(doc, by, was.digest)

    @precondition(lambda self: any(doc.there and not self.life(doc).withdrawn for doc in self.docs.values()))
    @rule(data=st.data(), how=METHODS, by=WRITERS, begins=SOON, lasts=LAST, replaces=st.booleans())
    def revise(self, data: Any, how: str, by: str, begins: Any, lasts: Any, replaces: bool) -> None:
        """The text lands; decisions come later."""
        doc = self.some(data, lambda doc: doc.there and not self.life(doc).withdrawn)
        self.branch()
        self.revised(doc, by, begins, lasts, replaces)
        self.land(how)

    @precondition(lambda self: any(doc.there and not self.life(doc).withdrawn for doc in self.docs.values()))
    @rule(data=st.data(), how=METHODS, by=WRITERS, begins=SOON, lasts=LAST, presser=st.sampled_from(tuple(PEOPLE)))
    def revise_and_sign_in_the_request(
        self, data: Any, how: str, by: str, begins: Any, lasts: Any, presser: str
    ) -> None:
        """Text, review and approvals land together."""
        doc = self.some(data, lambda doc: doc.there and not self.life(doc).withdrawn)
        self.branch()
        self.revised(doc, by, begins, lasts)
        for (action, role), number in self.policy.needs(doc.name).items():
            people = ("a.author",) if action == "review" else MANAGERS
            for who in data.draw(st.permutations(people))[:number]:
                self.decided(doc.text, who, role, action)
        self.land(how, presser)

    def may_be_edited(self, doc: Doc) -> bool:
        """Whether no next revision is in work; an earlier one may have been brought back."""
        return doc.there and self.stands(doc) and doc.text.number <= self.life(doc).number

    @precondition(lambda self: any(self.may_be_edited(doc) for doc in self.docs.values()))
    @rule(data=st.data(), how=METHODS, signs=st.booleans())
    def correct_a_typing_error(self, data: Any, how: str, signs: bool) -> None:
        """An editorial revision of the newest text, also where it waits or an earlier one replaced it."""
        doc, day = self.some(data, self.may_be_edited), self.s.day
        before, was = doc.text.digest, self.life(doc).newest
        assert was
        row = Row(was.number + 1, day, "editorial")
        doc.text = replace(was, words=f"{was.words}Spelt on {day}.\n", rows=(row, *was.rows), written=day)
        self.branch()
        self.wrote(doc, "a.author", before)
        if signs:
            self.decided(doc.text, "d.deputy", CONTROLLER, "approve")
        self.land(how)

    @precondition(lambda self: any(doc.there for doc in self.docs.values()))
    @rule(
        data=st.data(), by=st.sampled_from(["a.author", "b.boss"]), key=st.sampled_from(["clauses", "tags", "status"])
    )
    def change_what_is_no_content(self, data: Any, by: str, key: str) -> None:
        """A claim, a classification, a comment and all line ends; also by who approves later."""
        doc = self.some(data, lambda doc: doc.there)
        value = "draft" if key == "status" else f"[iso-14001:2026/8.{self.s.day.day % 2 + 1}]"
        if key == "status" and self.life(doc).withdrawn:
            value = "withdrawn"
        doc.claims[key] = f"{value}  # {self.s.day}"
        text = doc.text.file(doc.claims)
        self.s.write(doc.path, text.replace("\n", "\r\n") if self.s.day.day % 2 else text)
        self.commit(by, texts=[doc.text])

    @precondition(lambda self: any(doc.there for doc in self.docs.values()))
    @rule(data=st.data())
    def move(self, data: Any) -> None:
        """Another name for the file."""
        doc = self.some(data, lambda doc: doc.there)
        path = f"{Path(doc.path).parent}/{doc.name}-{self.s.day}.md"
        self.s.git("mv", doc.path, path)
        doc.path = path
        self.commit("a.author", texts=[doc.text])

    # --- what deciders do

    @precondition(lambda self: any(self.in_work(doc) for doc in self.docs.values()))
    @rule(data=st.data(), what=st.sampled_from(DECISIONS), former=st.booleans())
    def decide(self, data: Any, what: tuple[str, str, str], former: bool) -> None:
        """One person reviews, approves or rejects what waits, whoever wrote it; perhaps with the key of yesterday."""
        doc = self.some(data, self.in_work)
        who, role, action = what
        keys = [name for name, key in self.policy.keys.items() if key.person == who]
        self.decided(doc.text, who, role, action, keys[-2:][0] if former else keys[-1])

    @precondition(lambda self: any(self.stands(doc) for doc in self.docs.values()))
    @rule(data=st.data(), file=st.sampled_from(["as it is", "says so", "goes"]), begins=SOON, all_sign=st.booleans())
    def withdraw(self, data: Any, file: str, begins: int | None, all_sign: bool) -> None:
        """The document ends; its file may say so, go, or stay. One of two who are asked is not enough."""
        doc, day = self.some(data, self.stands), self.in_days(begins)
        text = self.life(doc).newest
        assert text
        number = self.policy.needs(doc.name)["approve", MANAGER] if all_sign else 1
        for who in data.draw(st.permutations(MANAGERS))[:number]:
            if not self.life(doc).withdrawn:
                self.decided(text, who, MANAGER, "withdraw", effective=day)
        if not self.life(doc).withdrawn or not doc.there:
            return
        if file == "goes":
            self.s.git("rm", "-q", doc.path)
            doc.there = False
            self.world.wrote.append((doc.name, self.s.day, "a.author"))
            self.commit("a.author")
        elif file == "says so":
            doc.claims["status"] = "withdrawn"
            self.s.write(doc.path, doc.text.file(doc.claims))
            self.commit("a.author", texts=[doc.text])

    @precondition(lambda self: any(self.life(doc).number > 1 or self.life(doc).withdrawn for doc in self.docs.values()))
    @rule(data=st.data(), begins=SOON)
    def reinstate(self, data: Any, begins: int | None) -> None:
        """An approved text comes back, with its records, in one request."""
        doc = self.some(data, lambda doc: self.life(doc).number > 1 or self.life(doc).withdrawn)
        text = data.draw(st.sampled_from([event.text for event in self.life(doc).approved]))
        was, doc.text, doc.claims = doc.text.digest if doc.there else None, text, {}
        doc.there = True
        self.branch()
        self.wrote(doc, "a.author", was)
        for who in data.draw(st.permutations(MANAGERS))[:2]:
            self.decided(text, who, MANAGER, "reinstate", effective=self.in_days(begins))
        self.land("merge")

    @precondition(lambda self: any(self.stands(doc) for doc in self.docs.values()))
    @rule(data=st.data(), who=st.sampled_from([("a.author", LEAD), ("b.boss", MANAGER), ("d.deputy", CONTROLLER)]))
    def periodic_review(self, data: Any, who: tuple[str, str]) -> None:
        """The owner, or who approves, finds the text as it should be; nobody else is asked."""
        text = self.life(self.some(data, self.stands)).newest
        assert text
        self.decided(text, *who, "periodic-review")

    @precondition(lambda self: any(self.life(doc).broken for doc in self.docs.values()))
    @rule(data=st.data(), by=st.sampled_from(MANAGERS))
    def correct(self, data: Any, by: str) -> None:
        """The policy role ends a record that breaks."""
        broken = {path for doc in self.docs.values() for path in self.life(doc).broken}
        all_ = [record for landing in self.world.landings for record in landing.records]
        record = data.draw(st.sampled_from([one for one in all_ if one.path in broken]))
        if record.action != "correct":
            self.decided(record.text, by, MANAGER, "correct", corrects=record.name)

    # --- the policy, and keys

    @rule(by=st.sampled_from(MANAGERS), key=st.sampled_from(["approvals", "review", "months", "editorial"]))
    def change_policy(self, by: str, key: str) -> None:
        """More or fewer approve, a review is asked or not, reviews are due sooner or later, errors are released."""
        now = self.policy
        value = {"approvals": 3 - now.approvals, "months": 36 - now.months}.get(key, not getattr(now, key))
        self.put(replace(now, **{key: value}), by)

    @rule(who=st.sampled_from(("b.boss", "c.deputy", "a.author")), last=st.sampled_from((-20, -1, 0, 2)))
    def another_key(self, who: str, last: int) -> None:
        """A person has a new key; the one before holds until some day, past or to come."""
        now, old = self.policy, self.key(who)
        keys = dict(now.keys)
        keys[old] = replace(keys[old], until=self.in_days(last))
        keys[f"{who}.{len(keys)}"] = Key(who, self.s.day)
        self.put(replace(now, keys=keys), "d.deputy")

    @rule(who=st.sampled_from(("b.boss", "c.deputy", "a.author")), since=st.sampled_from((-4, -1, 0)))
    def steal_a_key(self, who: str, since: int) -> None:
        """A key counts no more for what landed since some day, also looking back, where that makes no text wrong."""
        old, day = self.key(who), self.s.day + timedelta(days=since)
        if self.policies.get(old, date.min) >= day or not self.harmless(old, day):
            return
        self.world.stolen[old] = day
        keys = {**self.policy.keys, f"{who}.{len(self.policy.keys)}": Key(who, self.s.day)}
        self.put(replace(self.policy, keys=keys), "d.deputy")

    def harmless(self, key: str, day: date) -> bool:
        """Whether every text on main may stand there without what this key signed since."""
        lost = [r for one in self.world.landings if one.day >= day for r in one.records if r.key == key]
        if any(record.action not in ("review", "approve", "periodic-review") for record in lost):
            return False
        other = copy.copy(self.world)
        other.stolen = {**self.world.stolen, key: day}
        lives = [(doc, self.life(doc), other.life(doc.name)) for doc in self.docs.values()]
        return all(
            len(after.events) == len(before.events)
            or (doc.there and len(before.events) - len(after.events) == 1 and doc.text.number == after.number + 1)
            for doc, before, after in lives
        )

    # --- what a stranger sees

    @rule(offset=st.sampled_from((-12, -3, 0, 1, 4, 30, 300)))
    def look(self, offset: int) -> None:
        """Broken is what the model says, and in force on a day is what it says."""
        outcome = self.s.verify()
        broken = {path: why for doc in self.docs.values() for path, why in self.life(doc).broken.items()}
        assert {one["path"]: one["rule"] for one in outcome.json["breaks"]} == broken
        assert (len(outcome.json["breaks"]), outcome.status) == (len(broken), 1 if broken else 0)
        day = self.s.day + timedelta(days=offset)
        rows = ems(self.s.root, "register", "--format", "json", day=str(day)).json["documents"]
        keys = ("revision", "digest", "since", "until", "review_by", "evidence")
        seen = {row["id"]: tuple(row[key] for key in keys) for row in rows if row["revision"] and row["id"] != ID}
        expected = {}
        for doc in self.docs.values():
            life = self.life(doc)
            event = life.applies(day)
            if event and event.text:
                due = life.due(event, day, self.world.policy_on(day).months)
                until = event.text.until and str(event.text.until)
                expected[doc.name] = (event.number, event.text.digest, str(event.first), until, str(due), "signed")
        assert seen == expected, str(day)

    def warned(self) -> None:
        """The check warns of approvals that never apply."""
        findings = self.s.check(day=str(self.s.day)).json["findings"]
        found = {one["document"] for one in findings if one["rule"] == "EMS211"}
        expected = set()
        for doc in self.docs.values():
            for event in self.life(doc).events if doc.there else ():
                lost = self.life(doc).overtaking(event) if event.text else []
                last = event == self.life(doc).events[-1]
                if lost and (last or any(one.first >= self.s.day for one in lost)):
                    expected.add(doc.name)
        assert found == expected

    @rule(data=st.data())
    def tampering_breaks(self, data: Any) -> None:
        """One byte of a record, a signature, the policy or an approved text, in a copy of the repository."""
        copied = Scene(self.folder / "tampered", self.s.day)
        shutil.copytree(self.s.root, copied.root)
        at_rest = [doc.path for doc in self.docs.values() if doc.there and doc.text.number == self.life(doc).number]
        records = sorted(str(path.relative_to(copied.root)) for path in (copied.root / "approvals").rglob("*.json*"))
        path = data.draw(st.sampled_from([*records, "ems.yml", "people.yml", *at_rest]))
        content = bytearray((copied.root / path).read_bytes())
        start = content.index(b"\nBe quiet") if path in at_rest else 0
        place = data.draw(st.integers(start, len(content) - 2))
        content[place] = data.draw(st.sampled_from([byte for byte in b"aX7 " if byte != content[place]]))
        copied.write(path, bytes(content)).commit("b.boss")
        outcome = copied.verify()
        broken = {item for doc in self.docs.values() for item in self.life(doc).broken.items()}
        if outcome.status == 2:
            assert path in ("ems.yml", "people.yml"), "only a policy that cannot be read stops the command"
            assert outcome.err
        else:
            found = {(one["path"], one["rule"]) for one in outcome.json["breaks"]}
            assert (bool(found - broken), outcome.status) == (True, 1), (path, place)
        shutil.rmtree(copied.root)


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(
    max_examples=60 if DEEP else 30, stateful_step_count=24 if DEEP else 18, phases=[Phase.generate]
)
