"""Making the demonstration: keys, texts, records, commits, in one stream."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import yaml

from ems_control import __version__
from ems_control.demo.story import Plan, Step, data, plans, steps, text
from ems_control.documents.reading import read_document
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.digest import newest_method, sha256
from ems_control.ground.formats.records import (
    POLICY_ID,
    POLICY_METHOD,
    Evidence,
    Record,
    Recorded,
    Signatory,
    name_of,
    policy_digest,
    write_record,
)
from ems_control.ground.formats.signatures import SigningKey
from ems_control.ground.git.importing import Import
from ems_control.ground.organisation.people import PEOPLE_FILE, People, load_people
from ems_control.ground.organisation.policy import POLICY_FILE, Policy, load_policy

KEYS = ".demo-keys"
MKDOCS = """\
# The site. No policy in here: that is ems.yml.
site_name: Larkfield Metal Finishing (demonstration)
docs_dir: docs
strict: true
theme:
  name: material
  font: false
  features: [navigation.tabs, navigation.indexes, navigation.prune, toc.follow]
plugins:
  - search
  - ems-control
"""
LINK = re.compile(r"\[([^\]]+)\]\((?:[^()]*/)?(EMS-[A-Z]+-\d+)\.md([^()]*)\)")
"""A link to a document, wherever it lies; a small demonstration may not have it."""
IN_OFFICE = date(2023, 2, 21)
"""Everybody holds their role and key since this day, whatever day it is: what is written about them can name it."""
HOME = "# Larkfield Metal Finishing\n\nA demonstration. Start with the documents, or with the help.\n"


def make_demo(folder: Path, documents: int, revisions: int, today: date, flat: bool = False) -> int:
    """Write a handbook with a signed history into `folder`; returns the number of records.

    `documents` and `revisions` (0: as the story has it) say how large it is; if `flat`, all of a type lie in one
    folder. Fresh keys of everybody lie in
    `folder/.demo-keys/`. Raises EmsError where the folder holds something.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise EmsError(f"{folder} is not empty. Name a new folder.")
    folder.mkdir(parents=True, exist_ok=True)
    writer = _Writer(folder, plans(documents, revisions, flat), today)
    for step in writer.steps:
        writer.revise(step)
    writer.history.write(folder, writer.identity("m.ferrer"))
    return writer.records


class _Writer:
    """Keeps what stands on main while the story is told."""

    def __init__(self, folder: Path, found: list[Plan], today: date) -> None:
        self.steps, self.plans = list(steps(found, today)), {plan.id: plan for plan in found}
        self.keys = {name: SigningKey.generate() for name in data("handbook.yml")["people"]}
        self._write_keys(folder)
        self.files = self._steering(self.steps[0].at.date())
        self.policy: Policy = load_policy(self.files[POLICY_FILE])[0]
        self.people: People = load_people(self.files[PEOPLE_FILE])[0]
        self.digest = policy_digest(self.files[POLICY_FILE], self.files[PEOPLE_FILE])
        self.open: defaultdict[str, str] = defaultdict(str)
        self.rows: defaultdict[str, list[str]] = defaultdict(list)
        self.history, self.records = Import(), 0
        self._begin(found, self.steps[0].at - timedelta(hours=2))

    def _write_keys(self, folder: Path) -> None:
        place = folder / KEYS
        place.mkdir(mode=0o700)
        for name, key in self.keys.items():
            path = place / name
            path.touch(mode=0o600)
            path.write_bytes(key.private)
            (place / f"{name}.pub").write_text(f"{key.public} {name}\n", encoding="utf-8")

    def _steering(self, start: date) -> dict[str, bytes]:
        """The files that are no documents, as they are committed first."""
        story = data("handbook.yml")
        first = min(start - timedelta(days=400), IN_OFFICE).isoformat()
        people = ["roles:", *(f"  {role}: {title}" for role, title in story["roles"].items()), "people:"]
        for name, person in story["people"].items():
            held = [
                f"{{role: {role.lstrip('~')}, from: {first}" + (", deputy: true}" if role.startswith("~") else "}")
                for role in person["roles"]
            ]
            people += [f"  {name}:", f"    name: {person['name']}", f"    emails: [{name}@example.org]"]
            people += ["    keys:", f'      - {{key: "{self.keys[name].public}", from: {first}}}']
            people += [f"    roles: [{', '.join(held)}]"]
        return {
            POLICY_FILE: text("ems.yml").encode(),
            PEOPLE_FILE: ("\n".join(people) + "\n").encode(),
            "mkdocs.yml": MKDOCS.encode(),
            "docs/index.md": HOME.encode(),
            ".gitignore": f"/{KEYS}/\n/site/\n".encode(),
            ".gitattributes": b"approvals/** -text\n",
        }

    def identity(self, person: str) -> tuple[str, str]:
        """Name and address of a person, as git wants them."""
        return self.people.name(person), f"{person}@example.org"

    def _begin(self, found: list[Plan], at: datetime) -> None:
        """The files, then the trust root, then the tables."""
        self.history.commit("The handbook begins", self.identity("m.ferrer"), at, self.files)
        signer = next(self.people.holders(self.policy.policy_approval.role, at.date()))[0]
        decided = at + timedelta(minutes=30)
        record = self._record(POLICY_ID, 1, self.digest, signer, self.policy.policy_approval.role, decided, None)
        self.history.commit("Policy approved: the trust root", self.identity(signer), decided, record)
        tables = {f"{self._folder(plan)}/{name}": body.encode() for plan in found for name, body in plan.files.items()}
        if tables:
            self.history.commit("Tables", self.identity("m.ferrer"), at + timedelta(hours=1), tables)

    def _folder(self, plan: Plan) -> str:
        kind = self.policy.types[self.policy.type_of(plan.id) or ""]
        return posixpath.join("docs", kind.folder or "", plan.area).removesuffix("/")

    def revise(self, step: Step) -> None:
        """A revision as it comes about: the author writes it on a branch, the approver signs, it is merged."""
        plan = step.plan
        kind = self.policy.type_of(plan.id) or ""
        role = self.policy.types[kind].approve[0].role
        signer = next(key for key, held in self.people.holders(role, step.at.date()) if not held.deputy)
        body = self._text(step, kind)
        attachments = [(name, sha256(content.encode())) for name, content in plan.files.items()]
        digest = read_document(body, self.policy.reading).digest(newest_method(), attachments)
        path = f"{self._folder(plan)}/{plan.id}.md"
        decided = step.at - timedelta(minutes=20)
        record = self._record(plan.id, step.revision, digest, signer, role, decided, step.effective)
        words = f"{plan.id} revision {step.revision}: {step.change}"
        written = step.at - timedelta(hours=1)
        base = (self.history.head,)
        first = self.history.commit(words, self.identity(step.author), written, {path: body}, base, main=False)
        second = self.history.commit(f"{words} Approved.", self.identity(signer), decided, record, (first,), main=False)
        both = {path: body, **record}
        merged = f"Merge {plan.id} revision {step.revision}"
        self.history.commit(merged, self.identity("d.nowak"), step.at, both, (*base, second))

    def _text(self, step: Step, kind: str) -> bytes:
        plan, day = step.plan, (step.at - timedelta(hours=1)).date()
        row = (
            f"  - {{revision: {step.revision}, date: {day}, author: {step.author}, class: substantive, "
            f"change: {yaml.safe_dump(step.change, default_style=chr(34), width=1000).strip()}}}"
        )
        self.rows[plan.id].insert(0, row)
        lines = [f"id: {plan.id}", f"title: {plan.title}", f"type: {kind}", f"revision: {step.revision}"]
        lines += ["status: submitted", f"owner: {plan.owner}", f"effective: {step.effective}"]
        lines += [f"clauses: [{', '.join(plan.clauses)}]", f"distribution: [{', '.join(plan.distribution)}]"]
        head = "\n".join([*lines, "revisions:", *self.rows[plan.id]])
        body = "\n\n".join(f"## {title} {{#{anchor}}}\n\n{words}" for title, anchor, words in step.sections)
        body = LINK.sub(partial(self._linked, self._folder(plan)), body)
        return f"---\n{head}\n---\n{body}\n".encode()

    def _linked(self, folder: str, link: re.Match[str]) -> str:
        """A link as it stands in a folder; only its words where there is no such document."""
        other = self.plans.get(link[2])
        if other is None:
            return link[1]
        place = posixpath.relpath(f"/{self._folder(other)}/{other.id}.md", f"/{folder}")
        return f"[{link[1]}]({place}{link[3]})"

    def _record(
        self, document: str, revision: int, digest: str, signer: str, role: str, at: datetime, effective: date | None
    ) -> dict[str, bytes | None]:
        """The files of an approval record, and its signature."""
        title = self.people.title(role)
        what = "the policy" if document == POLICY_ID else f"revision {revision} of {document}"
        before = self.open[document]
        record = Record(
            schema="ems-approval/1",
            document=document,
            revision=revision,
            action="approve",
            meaning=f"I have read {what} and approve it as {title}.",
            digest=digest,
            digest_method=POLICY_METHOD if document == POLICY_ID else newest_method(),
            effective=effective,
            by=Signatory(person=signer, name=self.people.name(signer), role=role, title=title),
            decided_at=at.replace(microsecond=0),
            evidence=Evidence(kind="signature"),
            policy_digest=None if document == POLICY_ID else self.digest,
            prev=(before,) if before else (),
            recorded=Recorded(by=signer, at=at.replace(microsecond=0), tool=f"ems-control {__version__}"),
        )
        written = write_record(record)
        self.open[document] = name_of(written)
        self.records += 1
        return {record.path: written, f"{record.path}.sig": self.keys[signer].sign(written)}
