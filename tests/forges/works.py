"""A handbook whose procedures need a witnessed approval: people with accounts and keys, a recorder, a trust root.

Pull requests are branches; `merge` lands them as a forge would; `exported` is what a forge says of one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from ems_control.ground.formats.records import Record, policy_digest, write_record
from ems_control.ground.formats.signatures import SigningKey
from tests.examples import LONG_AFTER, git
from tests.running import Outcome, ems

POLICY = """\
organisation: Sample Works
timezone: UTC
uncontrolled: [index.md]
types:
  procedure: {prefix: EMS-PRO, folder: procedures, level: witnessed, approve: manager}
  instruction: {prefix: EMS-WI, folder: instructions, level: witnessed, review: lead, approve: manager}
  manual: {prefix: EMS-MAN, folder: manuals, level: signed, approve: manager}
  form: {prefix: EMS-FRM, folder: forms, level: declared, approve: manager}
policy: manager
editorial: controller
external_contributors: ["*@consultant.example.org"]
"""
WITNESSED = POLICY.replace("level: signed", "level: witnessed")
PEOPLE = """\
roles: {{manager: plant manager, controller: document controller, lead: yard lead, recorder: recorder}}
people:
  a.author:
    name: A. Author
    emails: [a.author@example.org]
    accounts: {{{forge}: {{id: "11", login: author}}}}
    roles: [{{role: controller, from: 2020-01-01}}]
  b.boss:
    name: B. Boss
    emails: [b.boss@example.org]
    accounts: {{{forge}: {{id: "22", login: boss}}}}
    keys: [{{key: {boss}, from: 2020-01-01}}]
    roles: [{{role: manager, from: 2020-01-01}}]
  c.deputy:
    name: C. Deputy
    emails: [c.deputy@example.org]
    accounts: {{{forge}: {{id: "33", login: deputy}}}}
    roles: [{{role: manager, from: 2020-01-01, deputy: true}}, {{role: controller, from: 2020-01-01, deputy: true}}]
  l.lead:
    name: L. Lead
    emails: [l.lead@example.org]
    accounts: {{{forge}: {{id: "44", login: lead}}}}
    roles: [{{role: lead, from: 2020-01-01}}]
  robot:
    name: Recorder
    emails: [robot@example.org]
    keys: [{{key: {robot}, from: 2020-01-01}}]
    roles: [{{role: recorder, from: 2020-01-01}}]
"""
DOCUMENT = """\
---
id: {id}
title: Yard drains
type: {kind}
revision: {revision}
status: {status}
owner: lead
revisions:
{rows}
---
{body}
"""
ACCOUNTS = {"a.author": 11, "b.boss": 22, "c.deputy": 33, "l.lead": 44}
PRO = "docs/procedures/EMS-PRO-001.md"


def text(
    name: str = "EMS-PRO-001", revision: int = 1, status: str = "submitted", body: str = "Close the valve."
) -> str:
    """A document; its history has a row per revision."""
    rows = [
        f"  - {{revision: {n}, date: 2026-01-05, author: a.author, change: Step {n}.}}" for n in range(revision, 0, -1)
    ]
    kind = "instruction" if "-WI-" in name else "procedure"
    return DOCUMENT.format(id=name, kind=kind, revision=revision, status=status, rows="\n".join(rows), body=body)


@dataclass
class Works:
    """The repository, the keys, and the day of the next commit."""

    root: Path
    boss: SigningKey
    robot: SigningKey
    forge: str = "github"
    day: date = date(2026, 1, 5)
    keys: dict[str, Path] = field(default_factory=dict)

    def git(self, *arguments: str, email: str = "a.author@example.org") -> str:
        """Run git here, on the day, by somebody; gives what it says."""
        return git(self.root, *arguments, day=self.day, email=email).decode().strip()

    def write(self, path: str, content: str) -> None:
        """Write a file."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(content, encoding="utf-8")

    def commit(
        self, files: dict[str, str | None] | None = None, email: str = "a.author@example.org", message: str = "Step"
    ) -> str:
        """Write (None: remove) and commit everything; the next commit is a day later. Gives its name."""
        for path, content in (files or {}).items():
            if content is None:
                (self.root / path).unlink()
            else:
                self.write(path, content)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message, email=email)
        self.day += timedelta(days=1)
        return self.head

    @property
    def head(self) -> str:
        """The commit checked out."""
        return self.git("rev-parse", "HEAD")

    def branch(self, name: str = "change", at: str = "main") -> None:
        """Start a pull request."""
        self.git("checkout", "-q", "-b", name, at)

    def merge(self, branch: str = "change", how: str = "merge", email: str = "noreply@github.com") -> str:
        """Land a branch as a forge does: merge, squash, rebase or ff. Gives the commit on main."""
        self.git("checkout", "-q", "main")
        if how == "merge":
            self.git("merge", "-q", "--no-ff", "-m", f"Merge {branch}", branch, email=email)
        elif how == "squash":
            self.git("merge", "-q", "--squash", branch)
            self.git("commit", "-q", "-m", f"Squash {branch}")
        elif how == "rebase":
            base = self.git("merge-base", "main", branch)
            self.git("cherry-pick", "--allow-empty", f"{base}..{branch}")
        else:
            self.git("merge", "-q", "--ff-only", branch)
        self.day += timedelta(days=1)
        return self.head

    def moment(self, days: int = 0) -> str:
        """A moment on the day before the next commit."""
        nine = datetime.combine(self.day, time(9), UTC)
        return f"{nine + timedelta(days=days - 1):%Y-%m-%dT%H:%M:%SZ}"

    def review(self, person: str | None, commit: str | None, state: str = "approved", **more: Any) -> dict[str, Any]:
        """A review as a pull request's JSON has it."""
        self.reviews = getattr(self, "reviews", 1000) + 1
        account = {"id": str(ACCOUNTS[person]), "login": person.split(".")[1]} if person else None
        made = {"id": str(self.reviews), "account": account, "state": state, "commit": commit}
        return {**made, "submitted_at": self.moment(), **more}

    def pull(self, head: str, merge: str | None, reviews: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        """A pull request by A. Author in our own JSON; `merge` is its commit on main."""
        base = self.git("rev-list", "--max-parents=0", "HEAD")
        commits = self.git("rev-list", head, f"^{merge}^1" if merge else "^main").split()
        made = {
            "forge": self.forge,
            "url": "https://github.com",
            "repository": "works/handbook",
            "number": 7,
            "author": {"id": "11", "login": "author"},
            "head": head,
            "base": base,
            "merged": merge is not None,
            "merge_commit": merge,
            "commits": [{"sha": sha} for sha in commits] or [{"sha": head}],
            "reviews": reviews,
            "controls": {"pull_request_required": True, "admins_included": None},
        }
        return {**made, **more}

    def record(self, pull: dict[str, Any], *options: str) -> Outcome:
        """`ems record` of a pull request in our own JSON, from a file outside the repository."""
        path = self.root.parent / "pull.json"
        path.write_text(json.dumps(pull), encoding="utf-8")
        line = ["record", "--forge", self.forge, "--from-json", str(path)]
        return ems(self.root, *line, *self.signing, *options, day=None)

    @property
    def signing(self) -> list[str]:
        """The options by which the recorder signs."""
        return ["--as", "robot", "--key", str(self.keys["robot"])]

    def land(self) -> None:
        """Commit what lies there, by the recorder."""
        self.commit(email="robot@example.org", message="Records")

    def verify(self) -> dict[str, Any]:
        """What `ems verify` says on a day long after."""
        return dict(ems(self.root, "verify", "--format", "json", day=LONG_AFTER).json)

    def standing(self, name: str = "EMS-PRO-001") -> dict[str, Any]:
        """The row of a document in the register."""
        rows = ems(self.root, "register", "--format", "json", day=LONG_AFTER).json["documents"]
        return next(row for row in rows if row["id"] == name)

    @property
    def records(self) -> list[dict[str, Any]]:
        """Every record of documents that lies there."""
        paths = sorted((self.root / "approvals").rglob("*.json"))
        return [json.loads(path.read_bytes()) for path in paths if path.parent.name != "policy"]


def works(
    folder: Path,
    forge: str = "github",
    documents: dict[str, str] | None = None,
    people: str = PEOPLE,
    policy: str = POLICY,
    inside: str = "",
) -> Works:
    """A new handbook in `folder`: its policy approved by B. Boss, then the first documents, on main.

    `inside` is the folder of the repository in which it lies.
    """
    root = folder / "works" / inside
    root.mkdir(parents=True)
    made = Works(root, SigningKey.generate(), SigningKey.generate(), forge)
    for name, key in (("boss", made.boss), ("robot", made.robot)):
        made.keys[name] = folder / f"{name}.key"
        made.keys[name].write_bytes(key.private)
        made.keys[name].chmod(0o600)
    git(folder / "works", "init", "-q", "-b", "main")
    written = people.format(forge=forge, boss=made.boss.public, robot=made.robot.public)
    made.commit(
        {
            "ems.yml": policy,
            "people.yml": written,
            "docs/index.md": "# Home\n",
            ".gitattributes": "approvals/** -text\n",
        }
    )
    _root(made, policy, written)
    made.commit(documents if documents is not None else {"docs/forms/EMS-FRM-001.md": text("EMS-FRM-001")})
    return made


def _root(made: Works, policy: str, people: str) -> None:
    moment = made.moment()
    tree = {
        "schema": "ems-approval/1",
        "document": "policy",
        "revision": 1,
        "action": "approve",
        "meaning": "I approve the policy.",
        "digest": policy_digest(policy.encode(), people.encode()),
        "digest_method": "ems-policy/1",
        "by": {"person": "b.boss", "name": "B. Boss", "role": "manager"},
        "decided_at": moment,
        "evidence": {"kind": "signature"},
        "policy_digest": None,
        "recorded": {"by": "b.boss", "at": moment, "tool": "test"},
    }
    record = Record.model_validate(tree)
    data = write_record(record)
    made.write(record.path, data.decode())
    (made.root / (record.path + ".sig")).write_bytes(made.boss.sign(data))
    made.commit(message="Trust root", email="b.boss@example.org")
