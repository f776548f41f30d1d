"""The workflows of .github/ as they are, run by act on this machine, on real repositories and recorded events.

Replaced, because no network is needed then: actions/checkout (clones a bare repository here), setup-python (is there),
upload-artifact (copies), by the folders in standins/; the installed ems is that of the test run; the forge is
tests/forges' GitHub on loopback; `git@…` addresses lead to the bare repository. Events are those that GitHub publishes
(@octokit/webhooks-examples) with this repository's names, numbers and commits in them. What act does not know: it holds
nobody to `permissions` and `environment`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.examples import ENVIRONMENT
from tests.forges.serving import Answer, Server
from tests.forges.town import TOKEN, GitHubTown

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / ".github/workflows"
MODULES = ROOT / "tests/tools/node_modules"
STANDINS = Path(__file__).parent / "standins"
BIN = Path(sys.executable).parent
MACHINERY = (".github", "Makefile", "pyproject.toml", "requirements/site.lock")
USES = re.compile(r"uses: (actions/([a-z-]+)@[0-9a-f]{40})")


@cache
def recorded(event: str, action: str = "") -> str:
    """An event as GitHub publishes it, as JSON."""
    examples = json.loads((MODULES / "@octokit/webhooks-examples/api.github.com/index.json").read_bytes())
    found = next(each["examples"] for each in examples if each["name"] == event)
    return json.dumps(next(one for one in found if one.get("action", "") == action))


def rewrite(tree: dict[str, Any], **values: Any) -> None:
    """Give keys that the recording has other values; one that it lacks would be made up."""
    assert set(values) <= set(tree), set(values) - set(tree)
    tree.update(values)


@dataclass(frozen=True)
class Run:
    """What a run left: whether it went well, its log, the pages of its summary, its artefacts."""

    ok: bool
    log: str
    artefacts: Path

    @property
    def summary(self) -> str:
        """What the steps wrote for people to read."""
        lines = re.findall(r"Summary - (.*(?:\n(?!\[).*)*)", self.log)
        return "\n".join(lines)


class Forge(GitHubTown):
    """The town as GitHub tells it, which merges where it is told to."""

    merges = 200

    def places(self) -> list[tuple[str, Callable[..., Answer]]]:
        """What no other test asks for."""
        return [
            (r"PUT /pulls/(\d+)/merge", lambda *_: Answer({"message": "Required status check"}, self.merges)),
            (r"POST /actions/workflows/keep.yml/dispatches", lambda _: Answer(status=204, raw=b"")),
            *super().places(),
        ]


@dataclass
class Stage:
    """A repository with the workflows, its bare remote, and a forge; `started` is every server to stop."""

    root: Path
    remote: Path
    forge: Forge | None = None
    server: Server | None = None
    sent: list[Callable[[], None]] = field(default_factory=list)

    @property
    def changes(self) -> list[tuple[str, str, Any]]:
        """What was changed at the forge: method, the end of the path, body."""
        asked = self.server.asked if self.server else []
        return [
            (one.method, one.path.removeprefix(GitHubTown.api + "/"), one.body) for one in asked if one.method != "GET"
        ]

    def opens(self) -> Forge:
        """Let a forge tell of the remote."""
        self.forge = Forge(self.remote)
        self.server = Server(self.forge)
        self.sent.append(self.server.stop)
        return self.forge

    def push(self, *refs: str) -> None:
        """Bring commits to the remote."""
        run = ["git", "push", "--quiet", "--force", str(self.remote), *refs]
        subprocess.run(run, cwd=self.root, env=ENVIRONMENT, check=True, capture_output=True)

    def act(
        self,
        workflow: str,
        event: str,
        payload: dict[str, Any],
        *options: str,
        secrets: dict[str, str] | None = None,
        variables: dict[str, str] | None = None,
    ) -> Run:
        """Run a workflow on an event."""
        place = self.root.parent
        (place / "event.json").write_text(json.dumps(payload), encoding="utf-8")
        url = self.server.url if self.server else "http://127.0.0.1:1"
        repository = f'[url "{self.remote}"]\n insteadOf = git@127.0.0.1:works/handbook.git\n'
        (place / "gitconfig").write_text(repository, encoding="utf-8")
        artefacts = place / "artefacts"
        artefacts.mkdir(exist_ok=True)
        given = {
            "GITHUB_REPOSITORY": "works/handbook",
            "GITHUB_SERVER_URL": url,
            "GITHUB_API_URL": f"{url}/api/v3",
            "GIT_CONFIG_GLOBAL": str(place / "gitconfig"),
            "STANDIN_REMOTE": str(self.remote),
            "STANDIN_BIN": str(BIN),
            "STANDIN_ARTEFACTS": str(artefacts),
            "PAUSE": "0",
            "TRIES": "2",
        }
        line = [str(BIN / "act"), event, "--workflows", f".github/workflows/{workflow}"]
        line += ["--eventpath", str(place / "event.json"), "--platform", "ubuntu-latest=-self-hosted"]
        text = (self.root / ".github/workflows" / workflow).read_text(encoding="utf-8")
        for whole, name in sorted(set(USES.findall(text))):
            line += ["--local-repository", f"{whole}={STANDINS / name}"] if (STANDINS / name).is_dir() else []
        for name, value in given.items():
            line += ["--env", f"{name}={value}"]
        for name, value in (variables or {}).items():
            line += ["--var", f"{name}={value}"]
        kept = {"GITHUB_TOKEN": TOKEN, **(secrets or {})}
        for name in kept:
            line += ["--secret", name]  # act takes its value from the environment
        home = {"XDG_CACHE_HOME": str(place / "cache"), "HOME": str(place), "PATH": os.environ["PATH"]}
        done = subprocess.run(
            [*line, *options], cwd=self.root, env={**home, **kept}, capture_output=True, text=True, timeout=600
        )
        return Run(done.returncode == 0, done.stdout + done.stderr, artefacts)


def furnish(root: Path) -> None:
    """Put the machinery of this repository beside a handbook, as a handbook that uses it has it."""
    for name in MACHINERY:
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(ROOT / name, target) if (ROOT / name).is_dir() else shutil.copy(ROOT / name, target)
