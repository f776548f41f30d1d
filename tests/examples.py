"""Small handbooks out of a few lines: the form of the examples in rule docstrings and of the golden folders.

An example is a list of steps over the handbook of ems_control/rules/sample_handbook/; rules/examples.py parses them. A
line without indentation names a file (from the root of the repository); the lines below it, indented by two, change it:

    docs/procedures/EMS-PRO-001.md
      revision: 1.10                  a key of the front matter, set to this (nothing behind it: the key is removed)
      > Close valve V-3.              the body becomes these lines
      + last line                     this line is added at the end of the file
      = id,place                      the whole file becomes these lines
    delete docs/procedures/EMS-PRO-001.md
    move docs/a.md docs/b.md
    link docs/a.md docs/b.md          docs/b.md becomes a symbolic link that says docs/a.md
    copy docs/a.md docs/b/            a copy in another folder
    shallow                           the history is cut off before the last commit
    branch / on main                  what follows is committed on a branch / on main
    propose                           the branch is to be merged: judged as `ems check --base main` does
    keys                              everybody gets a key, and every type asks for signatures (committed)
    signed                            the same, then b.boss signs the policy and EMS-PRO-001 (three commits)
    approve EMS-PRO-002 by b.boss     a signed record about the committed text (also: review, reject, withdraw …);
                                      `as ROLE`, `at DAY`, `for REVISION`, `with PERSON` (whose key), `after RECORD`,
                                      `under POLICY` and `naming RECORD` make it say something else, and
                                      `from github-review` a review that the recorder copied in
    commit                            everything above is committed (2026-01-05 10:00 UTC, then a day later each time)
    commit 2026-02-01 by someone@example.org

What stands after the last `commit` is left uncommitted; an example without `commit` is committed once. A Markdown
document that the base does not have starts as a copy of EMS-PRO-001 with its own id.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
import tempfile
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from ems_control.rules.examples import ACTIONS, FIRST_DAY, SAMPLE, Step, own_day, steps
from ems_control.rules.examples import AS_OF as AS_OF
from tests.signing import give_keys, moment, sign

PROPOSED = "proposed-onto"
"""The tag on the commit onto which an example proposes its branch."""
SAYS = {
    "after": "prev",
    "under": "policy_digest",
    "naming": "corrects",
    "with": "key",
    "as": "role",
    "at": "at",
    "for": "revision",
}
SHARED = (("commit",), ("keys",), ("signed",))
"""First steps that many examples share."""
NO_STANDARD = """\
ems.yml
  standards:
docs/procedures/EMS-PRO-001.md
  clauses:
"""
"""Steps for a handbook whose site has no page for each clause of three standards."""
LONG_AFTER = max(date(2030, 1, 1), date.today() + timedelta(days=400)).isoformat()  # noqa: DTZ011
"""A day long after whatever a test does, whenever it runs."""
BASE = Path(str(SAMPLE))
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name != "CI"},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A. Author",
    "GIT_COMMITTER_NAME": "A. Author",
}

GIT = ("git", "-c", "maintenance.auto=false")
"""Git that commits and does nothing else: it would start a process to see whether the repository needs care."""


def git(
    root: Path,
    *arguments: str,
    day: date = FIRST_DAY,
    email: str = "a.author@example.org",
    stdin: bytes | None = None,
) -> bytes:
    """Run git in a test repository, with a fixed date and identity."""
    stamp = f"{day.isoformat()}T10:00:00+00:00"
    env = {
        **ENVIRONMENT,
        "GIT_AUTHOR_DATE": stamp,
        "GIT_COMMITTER_DATE": stamp,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_COMMITTER_EMAIL": email,
    }
    return subprocess.run([*GIT, *arguments], cwd=root, env=env, input=stdin, capture_output=True, check=True).stdout


def make(root: Path, example: str) -> Path:
    """Build the handbook that an example describes in the empty folder `root`."""
    found = list(steps(example))
    if not any(step.words[:1] == ("commit",) for step in found):
        found.append(Step(("commit",)))
    first = found[0].words if found[0].words in SHARED else ()
    begun, day = _begun(first)
    shutil.copytree(begun, root, symlinks=True, dirs_exist_ok=True)
    for step in found[bool(first) :]:
        day = _step(root, day, step)
    return root


@cache
def _begun(first: tuple[str, ...]) -> tuple[Path, date]:
    """The sample in a repository, as most examples begin, and the day after: made once, and copied."""
    root = Path(tempfile.mkdtemp(prefix="ems-begun-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    shutil.copytree(BASE, root, dirs_exist_ok=True)
    git(root, "init", "-q", "-b", "main")
    for sample in (root / ".git/hooks").iterdir():
        sample.unlink()
    return root, _step(root, FIRST_DAY, Step(first)) if first else FIRST_DAY


def _step(root: Path, day: date, step: Step) -> date:
    """Do what a step says; returns the day of the next commit."""
    words = step.words
    if not words:
        _change(root / step.path, list(step.lines), root)
    elif words[0] in ACTIONS:
        _record(root, day, *words)
    elif words[0] in ("keys", "signed"):
        return _signed(root, day, whole=words[0] == "signed")
    elif words[0] == "commit":
        return _commit(root, own_day(step, day), words[1:])
    else:
        _command(root, *words)
    return day


def _commit(root: Path, day: date, words: tuple[str, ...] = ()) -> date:
    email = words[words.index("by") + 1] if "by" in words else "a.author@example.org"
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "Step", day=day, email=email)
    return day + timedelta(days=1)


def _signed(root: Path, day: date, whole: bool) -> date:
    """A handbook under signatures: 5 January the files, 6 the trust root, 7 the approval of EMS-PRO-001."""
    give_keys(root)
    document = root / "docs/procedures/EMS-PRO-001.md"
    lines = document.read_text(encoding="utf-8").split("\n")
    document.write_text("\n".join(line for line in lines if not line.startswith("approved_")), encoding="utf-8")
    day = _commit(root, day)
    for name in ("policy", "EMS-PRO-001") if whole else ():
        sign(root, name, "b.boss", "approve", moment(day))
        day = _commit(root, day)
    return day


def _record(root: Path, day: date, action: str, document: str, *words: str) -> None:
    """A record by hand; pairs of words change what it says."""
    said = dict(zip(words[::2], words[1::2], strict=True))
    person, changes = said.pop("by"), {}
    for word, value in said.items():
        if word == "from":
            changes |= {"evidence": {"kind": value, "contributors": []}, "key": "recorder"}
        else:
            changes[SAYS[word]] = [value] if word == "after" else int(value) if word == "for" else value
    at = moment(date.fromisoformat(changes.pop("at")) if "at" in changes else day)
    sign(root, document, person, action, at, **changes)


def _command(root: Path, verb: str, source: str = "", target: str = "") -> None:
    """Delete, move, link, or cut the history off."""
    (root / target).parent.mkdir(parents=True, exist_ok=True)
    if verb == "delete":
        (root / source).unlink()
    elif verb == "move":
        (root / source).rename(root / target)
    elif verb in ("branch", "on", "propose"):
        switch = {"branch": ["-c", "change"], "on": ["main"], "propose": ["change"]}[verb]
        git(root, "switch", "-q", *switch)
        if verb == "propose":
            git(root, "tag", PROPOSED, "main")
    elif verb == "copy":
        (root / target).mkdir(parents=True, exist_ok=True)
        for name in (source, source + ".sig"):
            if (root / name).exists():
                shutil.copy(root / name, root / target)
    elif verb == "link":
        (root / target).symlink_to(source)
    else:
        (root / ".git/shallow").write_bytes(git(root, "rev-parse", "HEAD"))


def _change(path: Path, block: list[str], root: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = [line[2:] for line in block if line == "=" or line.startswith("= ")]
    if whole:
        path.write_text("\n".join(whole) + "\n", encoding="utf-8")
        return
    added = [line[2:] for line in block if line.startswith("+ ")]
    if added:
        with path.open("a", encoding="utf-8") as file:
            file.write("\n".join(added) + "\n")
        return
    if path.exists():
        text = path.read_text(encoding="utf-8")
    else:
        text = (root / "docs/procedures/EMS-PRO-001.md").read_text(encoding="utf-8")
        text = text.replace("id: EMS-PRO-001", f"id: {path.stem}")
    is_document = path.suffix == ".md" and text.startswith("---\n")
    head, body = text[4:].split("\n---\n", 1) if is_document else (text.rstrip("\n"), "")
    lines = [line[2:] for line in block if line == ">" or line.startswith("> ")]
    if lines:
        body = "\n".join(lines) + "\n"
    head = _set_keys(head, [line for line in block if line != ">" and not line.startswith("> ")])
    path.write_text(f"---\n{head}\n---\n{body}" if is_document else head + "\n", encoding="utf-8")


def _set_keys(head: str, changes: list[str]) -> str:
    """Replace top-level keys of a YAML text; a key's value runs to the next line without indentation."""
    groups: dict[str, list[str]] = {}
    name = ""
    for line in changes:
        if not line.startswith((" ", "-")):
            name = line.split(":", 1)[0]
            groups.setdefault(name, [])
            if len(groups[name]) and line.split(":", 1)[0] == name:
                groups[name].append(line)  # a key given twice on purpose
                continue
        groups[name].append(line)
    for key, lines in groups.items():
        text = "\n".join(lines) if lines != [f"{key}:"] else ""
        pattern = re.compile(rf"^{re.escape(key)}:.*\n?(?:^(?:[ \-].*|)\n?)*", re.MULTILINE)
        replaced, count = pattern.subn(lambda _, text=text: text + "\n" if text else "", head + "\n", count=1)
        head = replaced if count else head + ("\n" + text if text else "")
        head = head.strip("\n")
    return head
