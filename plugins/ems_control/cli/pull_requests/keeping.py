"""What `ems keep` works with: a desk at the forge, the way there for git, the recorder's key, what publishes."""

from __future__ import annotations

import base64
import os
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ems_control.engines.command import run_command
from ems_control.forges.desks.opening import VARIABLES, open_desk
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.signatures import PassphraseNeededError, SigningKey
from ems_control.ground.git.clone import Remote
from ems_control.ground.git.opened import GitError
from ems_control.ground.git.repository import Repository
from ems_control.keeper.judging import root_in
from ems_control.keeper.landing import Recorder
from ems_control.keeper.rounds import Keeper, Round

if TYPE_CHECKING:
    from ems_control.cli.context import Context
    from ems_control.cli.pull_requests.keep import Wish

KEY, KEY_FILE, HOSTS = "RECORDER_KEY", "RECORDER_KEY_FILE", "EMS_KNOWN_HOSTS"
GITHUB_HOST = "github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dsh2l9GKJl"
"""The host key that GitHub publishes, so that the first connection of a fresh machine is not taken on trust."""


@contextmanager
def keeping(context: Context, wish: Wish) -> Iterator[tuple[Keeper, Callable[[Round], None]]]:
    """The keeper, and what publishes; what they need lies in a folder that is gone afterwards."""
    desk = open_desk(wish.forge, wish.url, wish.repository)
    here, inside = _here(context)
    inside = inside if wish.inside is None else wish.inside.strip("/")
    if ".." in inside.split("/"):
        raise EmsError(f"{wish.inside} lies outside the repository.")
    secret = os.environ[VARIABLES[wish.forge]].strip()
    with TemporaryDirectory(prefix="ems-key-", ignore_cleanup_errors=True) as folder:
        key_file = _key_file(wish, Path(folder))
        recorder = Recorder(_key(key_file), wish.recorder, wish.records == "pull-request") if key_file else None
        fetch = wish.remote or here or f"{desk.url}/{wish.repository}.git"
        network = _network(desk.url, fetch, secret) | _ssh(key_file, Path(folder))
        remote = Remote(fetch, wish.push, network, (secret, _basic(secret)))
        with Keeper.opened(desk, remote, inside, recorder, wish.only) as keeper:
            yield keeper, lambda done: _publish(keeper, wish.publish, done)


def _here(context: Context) -> tuple[str, str]:
    """Where the clone comes from in which the command runs, and where the handbook lies in it; "" without one."""
    try:
        root = context.root
    except EmsError:
        if context.given is not None:
            raise
        return "", ""
    try:
        with Repository(root) as repository:
            origin, top = repository.origin, repository.top
            here = str((top / origin).resolve()) if origin and ":" not in origin else origin
            return here, repository.prefix.strip("/")
    except GitError:
        return "", ""


def _key_file(wish: Wish, folder: Path) -> Path | None:
    if wish.key_file is not None:
        return wish.key_file
    text = os.environ.get(KEY, "")
    if not text.strip():
        return None
    path = folder / "key"
    path.touch(mode=0o600)
    path.write_text(text.replace("\r\n", "\n").strip() + "\n", encoding="utf-8")
    return path


def _key(path: Path) -> SigningKey:
    try:
        return SigningKey.load(path)
    except PassphraseNeededError as error:
        raise EmsError(f"{error} The recorder's key is used by a machine; it must have none.") from None


def _basic(secret: str) -> str:
    return base64.b64encode(f"x-access-token:{secret}".encode()).decode()


def _network(url: str, fetch: str, secret: str) -> dict[str, str]:
    """The token for git over https at the forge's own address, and at no other: in the environment only."""
    there, forge = urlsplit(fetch), urlsplit(url)
    if (there.scheme, there.netloc.rpartition("@")[2].lower()) != (forge.scheme, forge.netloc.lower()):
        return {}
    key = f"http.{forge.scheme}://{forge.netloc}/.extraHeader"
    value = f"Authorization: Basic {_basic(secret)}"
    return {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": key, "GIT_CONFIG_VALUE_0": value}


def _ssh(key_file: Path | None, folder: Path) -> dict[str, str]:
    """The recorder's key for git over ssh, where no other way was named; the host's key is pinned."""
    if key_file is None or "GIT_SSH_COMMAND" in os.environ:
        return {}
    hosts = folder / "known_hosts"
    hosts.write_text(os.environ.get(HOSTS, "").strip() or GITHUB_HOST, encoding="utf-8")
    options = ["-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "ConnectTimeout=30"]
    options += ["-o", f'UserKnownHostsFile="{hosts}" ~/.ssh/known_hosts', "-o", "StrictHostKeyChecking=yes"]
    return {"GIT_SSH_COMMAND": shlex.join(["ssh", "-i", str(key_file.resolve()), *options])}


def _publish(keeper: Keeper, line: str, done: Round) -> None:
    """Run the command on main of then; a failure is told and ends nothing."""
    keeper.clone.checkout(done.main)
    root = root_in(keeper.clone, keeper.inside)
    status = run_command(line, root, {*VARIABLES.values(), KEY, KEY_FILE, "GIT_SSH_COMMAND"}, EMS_MAIN=done.main)
    if status:
        done.problems.append(f"the command that publishes ended with exit status {status}")
