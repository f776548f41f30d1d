"""Real repositories under attack: a signed handbook, and people who do things to it, one readable line each.

The handbook that every scene starts from: EMS-PRO-001 is in force at revision 1, signed by b.boss, and shows an image
(also by `srcset` and by reference) and an included file. b.boss is manager, c.deputy and d.deputy stand in for the
manager (d.deputy also for the controller, a.author), a.author
writes, e.gone was manager until 31 January, r.recorder witnesses. The policy was signed by b.boss.
Days are fixed: it stands on 8 January 2026, and every commit comes a day after the one before.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from ems_control.ground.kept import FEW_LANDINGS
from tests.examples import ENVIRONMENT, GIT, make
from tests.running import Outcome, ems
from tests.signing import key_of, moment, plain, sign

ID = "EMS-PRO-001"
DOC = f"docs/procedures/{ID}.md"
IMAGE = "docs/procedures/img/drains.png"
PHONES = "docs/shared/phones.md"
LATER = "2026-06-01"
RECORD = f"approvals/{ID}/r001-20260107T090000Z-b.boss-approve.json"
NOREPLY = "noreply@github.com"
BODY = """\
## Drains {#drains}

Close valve V-3 before any tanker is emptied.

![Drains](img/drains.png) and ![Plan][plan]

--8<-- "shared/phones.md"

The yard lead opens it again.

Nobody else touches it.

[plan]: img/plan.png
"""
START = (
    f"""\
ems.yml
  uncontrolled: [index.md, "**/index.md", "shared/*"]
  external_contributors: ["*@bots.example.org"]
people.yml
  people:
    a.author: {{name: A. Author, emails: [a.author@example.org], roles: [{{role: controller, from: 2020-01-01}}, \
{{role: lead, from: 2020-01-01}}], accounts: {{github: {{id: "101", login: author}}}}}}
    b.boss: {{name: B. Boss, emails: [b.boss@example.org], roles: [{{role: manager, from: 2020-01-01}}], \
accounts: {{github: {{id: "102", login: boss}}}}}}
    c.deputy: {{name: C. Deputy, emails: [c.deputy@example.org], \
roles: [{{role: manager, from: 2020-01-01, deputy: true}}]}}
    d.deputy: {{name: D. Deputy, emails: [d.deputy@example.org], \
roles: [{{role: manager, from: 2020-01-01, deputy: true}}, {{role: controller, from: 2020-01-01, deputy: true}}]}}
    e.gone: {{name: E. Gone, emails: [e.gone@example.org], \
roles: [{{role: manager, from: 2020-01-01, until: 2026-01-31}}]}}
    r.recorder: {{name: Recorder, emails: [recorder@example.org], roles: [{{role: recorder, from: 2020-01-01}}]}}
  roles: {{manager: manager, controller: document controller, lead: yard lead, recorder: recorder}}
.gitattributes
  = approvals/** -text
{IMAGE}
  = drains
docs/procedures/img/plan.png
  = plan
{PHONES}
  = Emergency: 4444
docs/procedures/{ID}.md
"""
    + "".join(f"  > {line}\n" for line in BODY.splitlines())
    + "signed\n"
)


@dataclass
class Scene:
    """A repository, and the day on which the next commit is made."""

    root: Path
    day: date = date(2026, 1, 9)
    before: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """What the stranger knows besides: options for `ems verify`."""

    # --- what people do

    def stamp(self, day: date) -> str:
        """When a commit of a day is made."""
        return f"{day.isoformat()}T10:00:00+00:00"

    def git(self, *arguments: str, author: str = "a.author", committer: str = "", day: date | None = None) -> str:
        """Run git as somebody: a person's key, or an address; the dates are those of the scene."""
        stamp = self.stamp(day or self.day)
        people = {"AUTHOR": address(author), "COMMITTER": address(committer or author)}
        env = dict(ENVIRONMENT)
        for who, email in people.items():
            env |= {f"GIT_{who}_EMAIL": email, f"GIT_{who}_NAME": email.split("@")[0], f"GIT_{who}_DATE": stamp}
        done = subprocess.run([*GIT, *arguments], cwd=self.root, env=env, capture_output=True, check=False)
        assert done.returncode == 0, (arguments, done.stderr.decode())
        return done.stdout.decode().strip()

    def write(self, path: str, content: str | bytes) -> Scene:
        """Write a file."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self

    def read(self, path: str) -> str:
        """The text of a file."""
        return (self.root / path).read_bytes().decode()

    def replace(self, path: str, old: str, new: str) -> Scene:
        """Put one piece of a file in place of another."""
        text = self.read(path)
        assert old in text, (old, text)
        return self.write(path, text.replace(old, new))

    def draft(self, document: str, **keys: str) -> Scene:
        """Write a new document: a copy of EMS-PRO-001 as it stands, with its own id, at revision 1."""
        text = self.read(DOC).replace(f"id: {ID}", f"id: {document}").replace("title: Yard drains", "title: Noise")
        self.write(f"docs/procedures/{document}.md", text)
        return self.keys(document, **keys)

    def keys(self, document: str = ID, **keys: str) -> Scene:
        """Set keys of the front matter, each on its line."""
        path = f"docs/procedures/{document}.md"
        lines = self.read(path).split("\n")
        for key, value in keys.items():
            at = next((n for n, line in enumerate(lines) if line.startswith(f"{key}:")), None)
            if at is None:
                lines.insert(1, f"{key}: {value}")
            else:
                lines[at] = f"{key}: {value}"
        return self.write(path, "\n".join(lines))

    def edit(self, old: str = "Close valve V-3", new: str = "Never close valve V-3", document: str = ID) -> Scene:
        """Change words of a document."""
        return self.replace(f"docs/procedures/{document}.md", old, new)

    def revise(self, number: int = 2, old: str = "tanker", new: str = "lorry", document: str = ID) -> Scene:
        """Make the next revision of a document: number, row, changed words, submitted."""
        row = (
            f"  - {{revision: {number}, date: {self.day}, author: a.author, class: substantive, change: Rewritten.}}\n"
        )
        path = f"docs/procedures/{document}.md"
        self.keys(document, revision=str(number), status="submitted")
        self.replace(path, "revisions:\n", f"revisions:\n{row}")
        return self.edit(old, new, document)

    def worth_keeping(self) -> Scene:
        """More landings than are read as fast as what was kept of them."""
        for _ in range(FEW_LANDINGS):
            self.git("commit", "-q", "--allow-empty", "-m", "Nothing")
        return self

    def commit(self, by: str = "a.author", committer: str = "", co: str = "", message: str = "Step") -> str:
        """Commit everything, and go to the next day; returns the commit."""
        self.git("add", "-A")
        trailer = f"\n\nCo-authored-by: Somebody <{address(co)}>" if co else ""
        self.git("commit", "-q", "--allow-empty", "-m", message + trailer, author=by, committer=committer)
        self.day += timedelta(days=1)
        return self.head

    @property
    def head(self) -> str:
        """The commit checked out."""
        names = self.root / ".git"
        branch = (names / "HEAD").read_text().strip().removeprefix("ref: ") if names.is_dir() else ""
        ref = names / branch
        return ref.read_text().strip() if ref.is_file() else self.git("rev-parse", "HEAD")

    def sign(self, document: str = ID, by: str = "b.boss", action: str = "approve", **changes: Any) -> Path:
        """Write a signed record about the committed text; `changes` make it say something else (tests/signing.py)."""
        at = changes.pop("at", None) or moment(self.day)
        return sign(self.root, document, by, action, at, **changes)

    def approve(self, document: str = ID, by: str = "b.boss", **changes: Any) -> Path:
        """Sign and commit, as the person who signs."""
        path = self.sign(document, by, **changes)
        self.commit(by)
        return path

    def policy(self, change: Callable[[dict[str, Any]], None], by: str = "b.boss") -> Scene:
        """Change people.yml, and have it approved, in one commit."""
        self.people(change).commit(by)
        self.approve("policy", by)
        return self

    def people(self, change: Callable[[dict[str, Any]], None]) -> Scene:
        """Change people.yml; `change` gets the people by key."""
        tree = plain(self.read("people.yml"))
        change(tree["people"])
        return self.write("people.yml", yaml.safe_dump(tree, sort_keys=False, width=200))

    def branch(self, name: str = "change", start: str = "HEAD") -> Scene:
        """Go to a new branch."""
        self.git("checkout", "-q", "-b", name, start)
        return self

    def checkout(self, name: str = "main") -> Scene:
        """Go to a branch."""
        self.git("checkout", "-q", name)
        return self

    def merge(self, how: str = "merge", by: str = "a.author", name: str = "change") -> str:
        """Bring a branch onto main, as a forge's button does it when `by` presses it.

        merge and queue: a merge commit, by the presser, committed by the forge; squash: one commit by the branch's
        author, committed by the forge, all others as co-authors; gitlab: the same, committed by the presser; rebase:
        each commit again, committed by the presser; ff: nothing new.
        """
        self.checkout("main")
        if how == "ff":
            self.git("merge", "-q", "--ff-only", name)
        elif how in ("merge", "queue"):
            self.git("merge", "-q", "--no-ff", "-m", "Merge", name, author=by, committer=NOREPLY)
        elif how == "rebase":
            for sha in self.git("rev-list", "--reverse", "--first-parent", f"main..{name}").split():
                self.git("cherry-pick", "--keep-redundant-commits", "--allow-empty", sha, author=by)
        else:
            authors = self.git("log", "--reverse", "--format=%ae", f"main..{name}").split()
            first, rest = authors[0], [one for one in dict.fromkeys(authors) if one != authors[0]]
            trailers = "\n".join(f"Co-authored-by: Somebody <{one}>" for one in rest)
            self.git("merge", "-q", "--squash", name)
            presser = NOREPLY if how == "squash" else by
            self.git("commit", "-q", "-m", f"Squashed\n\n{trailers}", author=first, committer=presser)
        self.day += timedelta(days=1)
        return self.head

    # --- what a stranger sees

    def verify(self, *arguments: str) -> Outcome:
        """`ems verify --format json`."""
        return ems(self.root, "verify", "--format", "json", *arguments, day=LATER)

    def check(self, *arguments: str, day: str = LATER) -> Outcome:
        """`ems check --format json`."""
        return ems(self.root, "check", "--format", "json", *arguments, day=day)

    def gate(self) -> Outcome:
        """`ems check --base main`, on the day of the scene: what the request says before it is merged."""
        return self.check("--base", "main", day=str(self.day))

    def in_force(self, day: str = LATER) -> dict[str, tuple[int, str, str]]:
        """What is in force by the register: id to revision, digest and evidence."""
        outcome = ems(self.root, "register", "--format", "json", day=day)
        assert outcome.status == 0, outcome.err
        found = outcome.json["documents"]
        return {d["id"]: (d["revision"], d["digest"], d["evidence"]) for d in found if d["revision"]}

    def text(self, document: str = ID) -> str:
        """The text in force."""
        outcome = ems(self.root, "show", document, day=LATER)
        assert outcome.status == 0, outcome.err
        return outcome.out

    def settled(self) -> Scene:
        """From here on the attack begins: what is in force now must stay in force."""
        self.before = {"register": self.in_force(), "text": {key: self.text(key) for key in self.in_force()}}
        return self

    def untouched(self) -> None:
        """What was in force before the attack is in force, with its text, and nothing else is."""
        assert self.in_force() == self.before["register"]
        assert {key: self.text(key) for key in self.before["text"]} == self.before["text"]


def address(who: str) -> str:
    """A person's e-mail address; an address stays what it is."""
    return who if "@" in who else f"{who}@example.org".replace("r.recorder@", "recorder@")


@functools.cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="ems-attacks-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return make(folder / "handbook", START)


@functools.cache
def _settled() -> dict[str, Any]:
    """What is in force in every fresh copy of the signed handbook."""
    with tempfile.TemporaryDirectory(prefix="ems-attacks-") as folder:
        return scene(Path(folder)).settled().before


def scene(folder: Path) -> Scene:
    """A fresh copy of the signed handbook."""
    shutil.copytree(_template(), folder / "handbook", symlinks=True)
    return Scene(folder / "handbook")


Act = Callable[[Scene], None]
ATTACKS: dict[str, tuple[str, str]] = {}
"""Attack to its rule and the command that finds it: the threat model's table."""
TWINS: dict[str, list[str]] = {}
"""Attack to its innocent twins."""


def attack(rule: str, *also: str, by: str = "verify", shown: bool = True) -> Callable[[Act], Callable[[Path], None]]:
    """A test: what it does to a scene is found by this rule (and `also`), and the text in force stays.

    `by` is the command that finds it: verify, check, or the gate, `check --base main`, from whose branch we then go
    back to main. Without `shown`, no register can be had at all.
    """

    def make_test(act: Act) -> Callable[[Path], None]:
        def test(tmp_path: Path) -> None:
            stage = scene(tmp_path)
            stage.before = _settled()
            act(stage)
            look = {"verify": lambda: stage.verify(*stage.asked), "check": stage.check, "gate": stage.gate}[by]
            outcome = look()
            key = "breaks" if by == "verify" else "findings"
            found = {one["rule"] for one in outcome.json[key] if one["severity"] == "error"}
            assert found == {rule, *also}, [f"{one['rule']} {one['message']}" for one in outcome.json[key]]
            assert outcome.status == 1
            if by == "gate":
                stage.checkout()
            if shown:
                stage.untouched()

        ATTACKS[act.__name__] = (rule, by)
        return _named(test, act)

    return make_test


def twin(
    of: Callable[[Path], None], revision: int = 1, idle: int = 0, **others: int
) -> Callable[[Act], Callable[[Path], None]]:
    """A test: the innocent twin of an attack breaks nothing, and makes no error in `ems check`.

    `revision` of EMS-PRO-001 is in force afterwards (0: none), and `others`, by the number behind EMS-PRO-. So many
    records are `idle`. The twin of an attack that the gate finds passes the gate, and is merged.
    """

    def make_test(act: Act) -> Callable[[Path], None]:
        def test(tmp_path: Path) -> None:
            stage = scene(tmp_path)
            act(stage)
            if ATTACKS[of.__name__][1] == "gate":
                gate = [
                    f"{one['rule']} {one['message']}"
                    for one in stage.gate().json["findings"]
                    if one["severity"] == "error"
                ]
                assert gate == []
                stage.merge()
            outcome = stage.verify(*stage.asked)
            assert (outcome.json["breaks"], outcome.status) == ([], 0)
            assert len(outcome.json["idle"]) == idle
            findings = stage.check().json["findings"]
            assert [f"{one['rule']} {one['message']}" for one in findings if one["severity"] == "error"] == []
            expected = {ID: revision, **{f"EMS-PRO-{key[1:]}": number for key, number in others.items()}}
            assert {key: number for key, (number, _, _) in stage.in_force().items()} == {
                key: number for key, number in expected.items() if number
            }
            assert all(level == "signed" for _, _, level in stage.in_force().values())

        TWINS.setdefault(of.__name__, []).append(act.__name__)
        return _named(test, act)

    return make_test


def _named(test: Callable[[Path], None], act: Act) -> Callable[[Path], None]:
    test.__name__ = test.__qualname__ = act.__name__
    test.__module__, test.__doc__ = act.__module__, act.__doc__
    return test


__all__ = [
    "ATTACKS", "BODY", "DOC", "ID", "IMAGE", "NOREPLY", "PHONES", "RECORD", "TWINS", "Scene", "attack", "key_of",
    "moment", "os", "scene", "twin",
]  # fmt: skip
