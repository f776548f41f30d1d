"""New handbooks as a user begins them: `ems init` with a file of answers, in an empty folder."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.examples import ENVIRONMENT
from tests.running import Outcome, ems_process
from tests.signing import key_of

BERG = {"key": "m.berg", "name": "M. Berg", "email": "m.berg@example.org", "roles": ["manager"]}
KLEIN = {"key": "o.klein", "name": "O. Klein", "email": "o.klein@example.org", "roles": ["owner"]}
LANG = {"key": "d.lang", "name": "D. Lang", "email": "d.lang@example.org", "roles": ["manager", "controller"]}
ALONE = {**BERG, "roles": ["manager", "owner"]}
ANSWERS: dict[str, Any] = {
    "organisation": "Sample Works",
    "languages": ["en"],
    "standards": ["iso-14001:2026"],
    "level": "declared",
    "forge": "none",
    "people": [BERG, KLEIN],
}


def keyed(person: dict[str, Any]) -> dict[str, Any]:
    """A person with a public key."""
    return {**person, "public_key": key_of(person["key"]).public}


SIGNED: dict[str, Any] = {**ANSWERS, "level": "signed", "people": [keyed(BERG), keyed(KLEIN), keyed(LANG)]}


def who(person: dict[str, Any] = KLEIN) -> dict[str, str]:
    """The environment in which git knows a person, and nothing else."""
    said = {"NAME": person["name"], "EMAIL": person["email"]}
    who = {f"GIT_{part}_{what}": value for part in ("AUTHOR", "COMMITTER") for what, value in said.items()}
    return {**ENVIRONMENT, **who, "NO_MKDOCS_2_WARNING": "1", "TZ": "Europe/Berlin"}


def write_answers(place: Path, answers: Any) -> Path:
    """The answers as a file in a folder."""
    path = place / "answers.yml"
    path.write_text(answers if isinstance(answers, str) else yaml.safe_dump(answers, allow_unicode=True))
    return path


def begin(place: Path, answers: Any = ANSWERS, *more: str, person: dict[str, Any] = KLEIN) -> Outcome:
    """Run `ems init h --answers answers.yml` in a folder."""
    write_answers(place, answers)
    return ems_process(place, "init", "h", "--answers", "answers.yml", *more, env=who(person))


def git_says(root: Path, *arguments: str) -> str:
    """What git prints there."""
    done = subprocess.run(["git", *arguments], cwd=root, env=ENVIRONMENT, capture_output=True, check=True)
    return done.stdout.decode()
