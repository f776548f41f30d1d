"""The examples of the rules: steps over a small handbook, and the same as somebody reads them.

An example is written in the few lines that tests/examples.py describes; tests build a handbook out of its steps. Who
reads the rule book sees files with front matter and text, and sentences for what happens between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from ems_control.rules.translated import in_words

COMMANDS = ("commit", "keys", "signed", "delete", "move", "link", "copy", "shallow", "branch", "on", "propose")
FIRST_DAY = date(2026, 1, 5)
"""The day of an example's first commit; each further one is a day later."""
AS_OF = date(2026, 3, 1)
"""The day as of which examples are judged."""
DAYS = {"commit": 1, "keys": 1, "signed": 3}
"""How many days a step takes, a commit on each."""
SAMPLE = Path(__file__).with_name("sample_handbook")
"""The handbook that examples change."""

_VERBS = {
    "approve": "approves {0}",
    "review": "reviews {0}",
    "reject": "rejects {0}",
    "withdraw": "withdraws {0}",
    "reinstate": "reinstates {0}",
    "periodic-review": "has reviewed {0}, and it stays",
    "baseline": "takes the paper approval of {0} over",
    "correct": "corrects a record of {0}",
}
ACTIONS = tuple(_VERBS)
"""Every action of a record."""
_SAYS = {
    "as": "in the role {0}",
    "at": "dated {0}",
    "for": "about revision {0}",
    "with": "with the key of {0}",
    "after": "`prev` names {0}",
    "under": "`policy_digest` is {0}",
    "naming": "names {0}",
    "from": "as a {0} that the recorder copied in",
}
_SENTENCES = {
    "keys": "Everybody has a key, and every type asks for signatures.",
    "signed": "Everybody has a key, every type asks for signatures; `b.boss` has signed the policy and EMS-PRO-001.",
    "delete": "`{0}` is deleted.",
    "move": "`{0}` is moved to `{1}`.",
    "copy": "`{0}` is copied to `{1}`, with its signature.",
    "link": "`{1}` becomes a symbolic link to `{0}`.",
    "shallow": "The clone holds the last commit only.",
    "branch": "On a branch:",
    "on": "On main:",
    "propose": "The branch is to be merged.",
}
_THERE = "`{0}` is there."
_COMMITTED, _COMMITTED_BY = "Committed on {0}.", "Committed on {0} by {1}."


@dataclass(frozen=True)
class Step:
    """One step: the `words` of a command, or the `lines` that change the file at `path`."""

    words: tuple[str, ...]
    path: str = ""
    lines: tuple[str, ...] = ()


def steps(example: str) -> Iterator[Step]:
    """The steps of an example, in their order."""
    path, block = "", list[str]()
    for line in [*example.strip("\n").split("\n"), ""]:
        if line.startswith("  "):
            block.append(line[2:])
            continue
        if path:
            yield Step((), path, tuple(block))
        path, block = "", []
        words = tuple(line.split())
        if words and words[0] in (*ACTIONS, *COMMANDS):
            yield Step(words)
        elif words:
            path = line


def day_after(step: Step, day: date) -> date:
    """The day of the next commit, where `day` is that of the next before this step."""
    return day + timedelta(days=DAYS.get(step.words[0], 0)) if step.words else day


def own_day(step: Step, day: date) -> date:
    """The day on which a commit is made: the one that it names, or the next."""
    named = step.words[1:2] if step.words[0] == "commit" and "by" not in step.words[1:2] else ()
    return date.fromisoformat(named[0]) if named else day


@dataclass(frozen=True)
class Part:
    """A part of an example as it is read: a sentence, or a file's path with what matters of its text."""

    sentence: str = ""
    path: str = ""
    text: str = ""


def read(example: str, language: str = "en") -> list[Part]:
    """An example as it is read, its sentences in a language."""
    found, day = [], FIRST_DAY
    for step in steps(example):
        if step.path:
            text = visible("\n".join(_file(step.path, step.lines)))
            there = in_words(_THERE, language).format(step.path)
            found.append(Part(path=step.path, text=text) if step.lines else Part(there))
            continue
        day = own_day(step, day)
        found.append(Part(visible(_sentence(step.words, day, language))))
        day = day_after(step, day)
    return found


def plain(example: str, language: str = "en") -> str:
    """An example as it is read, as plain text."""
    blocks = []
    for part in read(example, language):
        text = "".join(f"\n  {line}".rstrip(" ") for line in part.text.split("\n")) if part.text else ""
        blocks.append((part.sentence or part.path + text).replace("`", ""))
    return "\n".join(blocks)


def sample_files() -> dict[str, str]:
    """The handbook that examples change: path to text."""
    return dict(_below(SAMPLE, ""))


def _below(folder: Path, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: (entry.is_dir(), entry.name)):
        if entry.is_dir():
            yield from _below(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry.read_text(encoding="utf-8")


def _sentence(words: tuple[str, ...], day: date, language: str) -> str:
    verb, *rest = words
    if verb == "commit":
        by = rest[rest.index("by") + 1] if "by" in rest else ""
        return in_words(_COMMITTED_BY if by else _COMMITTED, language).format(day, by)
    if verb in ACTIONS:
        document, said = rest[0], dict(zip(rest[1::2], rest[2::2], strict=True))
        person = said.pop("by")
        more = "".join(f", {in_words(_SAYS[word], language).format(value)}" for word, value in said.items())
        return f"`{person}` {in_words(_VERBS[verb], language).format(document)}{more}."
    return in_words(_SENTENCES[verb], language).format(*rest)


def _file(path: str, lines: tuple[str, ...]) -> list[str]:
    """What an example says of a file: all of it, what is added, or the keys and the text that matter."""
    whole = [line[2:] for line in lines if line == "=" or line.startswith("= ")]
    added = [line[2:] for line in lines if line.startswith("+ ")]
    if whole or added:
        return whole or ["# …", *added]
    body = [line[2:] for line in lines if line == ">" or line.startswith("> ")]
    keys = [line for line in lines if line != ">" and not line.startswith("> ")]
    gone = [one[:-1] for one, after in pairwise([*keys, ""]) if _removes(one, after)]
    kept = [line for line in keys if line[:-1] not in gone or not line.endswith(":")]
    rest = [f"# without: {', '.join(gone)}"] * bool(gone) + ["# …"]
    if not path.endswith(".md"):
        return [*kept, *rest]
    if not any(line.startswith("id:") for line in keys):
        kept.insert(0, f"id: {path.rsplit('/', 1)[-1].removesuffix('.md')}")
    return ["---", *kept, *rest, "---", *(body or ["…"])]


def _removes(line: str, after: str) -> bool:
    """Whether a line of an example takes a key away: nothing stands behind it, nor below it."""
    return re.fullmatch(r"[^\s-][^:]*:", line) is not None and not after.startswith((" ", "-"))


def visible(text: str) -> str:
    """A text with the characters that nobody sees written out."""
    return "".join(c if c.isprintable() or c == "\n" else f"‹U+{ord(c):04X}›" for c in text)
