"""The six questions of `ems init`, asked at a terminal; each answer is held against the same model as a file's."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from ems_control.cli.telling import own_word, spoken, tell
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.config import to_problem
from ems_control.ground.organisation.people import RECOVERY
from ems_control.handbook.writing.beginning import MANAGER, Answers, standards
from ems_control.handbook.writing.templates import languages

LEVELS = ("declared", "signed")
FORGES = ("github", "gitlab", "forgejo", "none")
SOMEBODY = {"key": "x", "name": "X", "email": "x@example.org", "roles": [MANAGER]}
ANOTHER = {"key": "z", "name": "Z", "email": "z@example.org", "roles": ["owner"]}


def ask() -> Answers:
    """Ask at the terminal; raises EmsError where there is none, or where the answers do not fit together."""
    if not sys.stdin.isatty():
        raise EmsError("there is no terminal to ask at. Name a file with the answers: ems init DIR --answers FILE.")
    given: dict[str, Any] = {"organisation": _asked("1/6 Name of the organisation", "organisation", str.strip, None)}
    given["languages"] = _choices("2/6 Languages, the first is the site's", "languages", languages(), "en")
    given["standards"] = _choices("3/6 Standards", "standards", standards(), "iso-14001:2026")
    tell(f"4/6 People. Whoever has the role {MANAGER} approves; others own and write (owner, or any word).")
    people = _people()
    tell("5/6 Level: declared = the file says who approved; signed = the approver signs with an SSH key.")
    given["level"] = click.prompt(own_word("Level"), type=click.Choice(LEVELS), default="declared")
    if given["level"] == "signed":
        _keys(people)
    given["forge"] = click.prompt(own_word("6/6 Forge"), type=click.Choice(FORGES), default="none")
    try:
        return Answers.model_validate({**given, "people": people})
    except ValidationError as error:
        raise EmsError("\n".join(sorted({_words(error, number) for number in range(error.error_count())}))) from None


def _words(error: ValidationError, number: int = 0) -> str:
    problem = to_problem(error.errors()[number], {}, Answers)
    return re.sub(r'^"[\w.]+" (?=")', "", f"{problem.message}. {problem.fix}".strip())


def _wrong(field: str, value: Any, person: bool = False) -> str:
    """What is wrong with one answer, seen alone; "" where nothing is."""
    people = [SOMEBODY, {**ANOTHER, field: value}] if person else [SOMEBODY]
    given = {"organisation": "X", "people": people, **({} if person else {field: value})}
    try:
        Answers.model_validate(given)
    except ValidationError as error:
        return _words(error)
    return ""


def _asked(words: str, field: str, read: Callable[[str], Any], default: str | None, person: bool = False) -> Any:
    """Ask until the answer is one."""
    while True:
        value = read(click.prompt(spoken(words), default=default, show_default=bool(default)))
        wrong = _wrong(field, value, person)
        if not wrong:
            return value
        tell(wrong)


def _listed(text: str) -> list[str]:
    return [one for one in re.split(r"[\s,;]+", text.strip()) if one]


def _choices(words: str, field: str, known: tuple[str, ...], default: str) -> Any:
    return _asked(f"{own_word(words)} ({', '.join(known)})", field, _listed, default)


def _people() -> list[dict[str, Any]]:
    """Persons until no name is given."""
    people: list[dict[str, Any]] = []
    while True:
        words = "Name of somebody else (empty: that is all)" if people else "Name"
        name = click.prompt(spoken(words), default="" if people else None, show_default=False).strip()
        if not name:
            return people
        email = _asked(f"E-mail address of {name}", "email", str.strip, None, person=True)
        roles = _asked(f"Roles of {name}", "roles", _listed, "owner" if people else MANAGER, person=True)
        people.append({"key": _key(name, [one["key"] for one in people]), "name": name, "email": email, "roles": roles})


def _key(name: str, taken: list[str]) -> str:
    """A key made of a name: m.berg."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    key = ".".join(re.findall(r"[a-z0-9]+", plain))
    key = key if re.match("[a-z]", key) and not _wrong("key", key, person=True) else f"person.{len(taken) + 1}"
    while key in taken or key == RECOVERY:
        key += ".2"
    return key


def _keys(people: list[dict[str, Any]]) -> None:
    """The public keys, and the one on paper where only one person could sign the policy."""
    for one in people:
        words = f"Public SSH key of {one['name']}, the line or the .pub file (empty: none yet)"
        one["public_key"] = _asked(words, "public_key", _key_line, "", person=True)
    if sum(bool(one["public_key"]) for one in people if MANAGER in one["roles"]) < 2:
        tell(f"One lost key would end this handbook: a second {MANAGER} with a key, or a recovery key, saves it.")
        words = "Public part of a recovery key, made with `ems recovery-key new` (empty: later)"
        paper = _asked(words, "public_key", _key_line, "", person=True)
        if paper:
            people.append({"key": RECOVERY, "name": "Recovery key", "public_key": paper})


def _key_line(text: str) -> str:
    """The line of a public key, out of its file where a file is named."""
    text = text.strip()
    if not text.endswith(".pub"):
        return text
    try:
        return Path(text).expanduser().read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return text
