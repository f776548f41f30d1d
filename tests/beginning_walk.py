"""The way of a new user from an empty folder to a page in force, as commands; the wheel is tried with the same."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.beginnings import BERG, KLEIN, who
from tests.signing import key_of

MOST_COMMANDS = 8
BIN = {"en": "The yellow bin is for film.", "de": "Die gelbe Tonne ist für Folie.", "nl": "De gele bak is voor folie."}


class Walk:
    """Runs commands as persons, counts them, and lets none of them fail."""

    def __init__(self, place: Path, command: str, env: Mapping[str, str]) -> None:
        """`place` is empty; `command` is the ems to call, in this environment."""
        self.place, self.command, self.env = place, command, dict(env)
        self.root = place / "h"
        self.told: list[str] = []

    def ems(self, *arguments: str, person: dict[str, Any] = KLEIN, stdin: str = "", at: Path | None = None) -> str:
        """Run a command that must end well and complain of nothing."""
        env = {**who(person), **self.env}
        done = subprocess.run(
            [self.command, *arguments], cwd=at or self.root, env=env, input=stdin, capture_output=True, text=True
        )
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        assert not re.search(r"Traceback|WARNING|ERROR", done.stdout + done.stderr), done.stderr
        self.told.append(done.stdout)
        return done.stdout

    def to_a_page(self, answers: Path, *more: str, signed: bool, language: str) -> str:
        """From nothing to the page of a procedure in force; its HTML."""
        keys = self.place / "keys"
        keys.mkdir()
        for person in (BERG, KLEIN):
            path = keys / person["key"]
            path.touch(mode=0o600)
            path.write_bytes(key_of(person["key"]).private)
        with_key = ["--key", str(keys / BERG["key"])] if signed else ["--yes"]
        self.ems("init", "h", "--answers", str(answers), *more, at=self.place)
        if signed:
            self.ems("approve", "policy", "--as", BERG["key"], *with_key[:2], "--commit", person=BERG)
        written = self.ems("new", "procedure", "Waste")
        path = self.root / written.split(": ")[1].split("\n")[0]
        path.write_text(re.sub(r"TODO.*", BIN[language], path.read_text()))
        self.ems("submit", "EMS-PRO-001", "--commit")
        self.ems("approve", "EMS-PRO-001", "--as", BERG["key"], *with_key, "--commit", person=BERG)
        self.ems("build")
        assert len(self.told) <= MOST_COMMANDS
        return (self.root / "site/procedures/EMS-PRO-001/index.html").read_text()
