"""A real Kallithea 0.7 on loopback, in a folder of its own: users, repositories, pull requests and votes."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import requests

BIN = Path(__file__).parent / ".venv" / "bin"
ADMIN = "admin"
PASSWORD = "made-up-word"  # noqa: S105
SECRET = "_session_csrf_secret_token"  # noqa: S105


class User(NamedTuple):
    """A user: its number and its key of the JSON-RPC interface."""

    id: int
    key: str


class Kallithea:
    """A running server whose files lie in `folder`."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder

    def user(self, name: str) -> User:
        """A user; Kallithea shows keys to their owners only, so the database is asked."""
        with closing(sqlite3.connect(self.folder / "kallithea.db")) as database:
            rows = database.execute("SELECT user_id, api_key FROM users WHERE username = ?", [name])
            return User(*rows.fetchone())

    def ask(self, method: str, user: str = ADMIN, **arguments: Any) -> Any:
        """What the JSON-RPC interface answers to a question of somebody."""
        question = {"id": 1, "api_key": self.user(user).key, "method": method, "args": arguments}
        reply = requests.post(f"{self.url}/_admin/api", json=question, timeout=60).json()
        assert reply["error"] is None, reply["error"]
        return reply["result"]

    def create_user(self, name: str, email: str) -> None:
        """A new user, who can log in and push."""
        self.ask("create_user", username=name, email=email, password=PASSWORD)

    def create_repository(self, name: str, users: list[str]) -> None:
        """A new and empty repository to which these may push."""
        self.ask("create_repo", repo_name=name, repo_type="git")
        for user in users:
            self.ask("grant_user_permission", repoid=name, userid=user, perm="repository.write")

    def remote(self, user: str, repository: str) -> str:
        """The address to and from which git goes for somebody."""
        return f"{self.url.replace('//', f'//{user}:{PASSWORD}@')}/{repository}"

    def open(self, owner: str, repository: str, branch: str, head: str, main: str) -> int:
        """Open a pull request of a branch by the web form; gives its number."""
        refs = {"org_ref": f"branch:{branch}:{head}", "other_ref": f"branch:main:{main}"}
        words = {"pullrequest_title": "A change", "pullrequest_desc": ""}
        place = {"org_repo": repository, "other_repo": repository}
        shown = self._send(owner, f"{repository}/pull-request/new", {**place, **refs, **words})
        number = re.search(r"/pull-request/(\d+)/", shown)
        assert number, shown
        return int(number[1])

    def hand_over(self, number: int, repository: str, owner: str, heir: str) -> None:
        """Let an owner make somebody else the owner of a pull request, by the web form."""
        words = {"pullrequest_title": "A change", "pullrequest_desc": "", "owner": heir}
        self._send(owner, f"{repository}/pull-request/{number}", words)

    def pull(self, number: int) -> dict[str, Any]:
        """What Kallithea tells of a pull request."""
        return dict(self.ask("get_pullrequest", pullrequest_id=number))

    def vote(self, number: int, user: str, status: str) -> None:
        """Ask somebody to review a pull request, who votes: approved, rejected, under_review."""
        self.ask("edit_reviewers", pull_request_id=number, add=user)
        self.ask("comment_pullrequest", user, pull_request_id=number, status=status)

    def _send(self, user: str, path: str, fields: dict[str, str]) -> str:
        """Log in, fill in the form of a page; gives the address of the page that follows."""
        with requests.Session() as browser:
            for target, filled in (("_admin/login", {"username": user, "password": PASSWORD}), (path, fields)):
                page = browser.get(f"{self.url}/{target}", timeout=60).text
                secret = re.search(rf'name="{SECRET}"[^>]*value="([^"]+)"', page)
                assert secret, page
                shown = browser.post(f"{self.url}/{target}", {**filled, SECRET: secret[1]}, timeout=60)
                shown.raise_for_status()
            return shown.url


@contextmanager
def running(folder: Path, zone: str) -> Iterator[Kallithea]:
    """A new Kallithea in an empty folder, with its clock in a time zone; it ends with the context."""
    assert (BIN / "gearbox").exists(), "there is no Kallithea: run `make test-kallithea`, which installs it"
    (folder / "repos").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": zone, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    administrator = [f"--user={ADMIN}", f"--password={PASSWORD}", "--email=admin@example.org"]
    answers = [f"--repos={folder / 'repos'}", *administrator, "--force-yes", "--no-public-access"]
    for command in (
        ["config-create", "k.ini", "host=127.0.0.1", f"port={port}"],
        ["db-create", "-c", "k.ini", *answers],
    ):
        line = [BIN / "kallithea-cli", *command]
        done = subprocess.run(line, cwd=folder, env=env, input=b"y\n", capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
    log = folder / "log"
    with log.open("wb") as file:
        line = [BIN / "gearbox", "serve", "-c", "k.ini"]
        server = subprocess.Popen(line, cwd=folder, env=env, stdout=file, stderr=file)
        try:
            _wait(server, port, log)
            yield Kallithea(f"http://127.0.0.1:{port}", folder)
        finally:
            server.kill()
            server.wait()


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Until it answers; fails with its log where it ends or takes more than two minutes."""
    end = time.monotonic() + 120
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        else:
            return
