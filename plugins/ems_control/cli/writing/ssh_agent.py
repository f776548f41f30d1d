"""Keys that an agent holds: in memory, on a card, or a security key. `--key FILE.pub` names one by its public part."""

from __future__ import annotations

import base64
import os
import socket
from pathlib import Path

from sshsig.binary_io import SshReader

from ems_control.ground.errors import EmsError
from ems_control.ground.formats.public_keys import KINDS, strings
from ems_control.ground.formats.signatures import SignatureError, Signer, read_public_key

SIGN_REQUEST, SIGN_RESPONSE = 13, 14
RSA_SHA2_512 = 4
PATIENCE = 120
"""Seconds in which somebody can touch a security key."""


class AgentKey(Signer):
    """A key whose private part an ssh-agent holds."""

    def __init__(self, public: str) -> None:
        """`public` is the line of a `.pub` file."""
        self._public = " ".join(public.split()[:2])
        self.require_long_enough()

    @property
    def public(self) -> str:
        """The public key as a line of a `.pub` file, without comment."""
        return self._public

    def answer(self, message: bytes) -> bytes:
        """What the agent signs; raises EmsError where there is none, or where it does not."""
        blob = base64.b64decode(self._public.split()[1])
        request = bytes([SIGN_REQUEST]) + strings(blob, message) + RSA_SHA2_512.to_bytes(4)
        found = _ask(request)
        if found[:1] != bytes([SIGN_RESPONSE]):
            raise EmsError("the agent does not sign with this key. `ssh-add -l` lists its keys; add it: ssh-add FILE")
        try:
            return SshReader(found[1:]).read_string()
        except ValueError:
            raise EmsError("the agent answers with half a signature.") from None


def public_line(path: Path) -> str | None:
    """The line of a `.pub` file; None for a file that is none."""
    try:
        data = path.read_bytes()[:20_000]
    except OSError as error:
        raise EmsError(f"the key {path} cannot be read: {error.strerror}.") from None
    line = data.decode("utf-8", "replace").strip()
    if not line.startswith(tuple(f"{kind} " for kind in KINDS)):
        return None
    try:
        return read_public_key(line).openssh_str()
    except SignatureError as error:
        raise EmsError(f"{path}: {error}.") from None


def _ask(request: bytes) -> bytes:
    place = os.environ.get("SSH_AUTH_SOCK", "")
    if not place or not hasattr(socket, "AF_UNIX"):
        raise EmsError("no ssh-agent runs here (SSH_AUTH_SOCK is not set). Start one, or name the private key.")
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
            channel.settimeout(PATIENCE)
            channel.connect(place)
            channel.sendall(strings(request))
            with channel.makefile("rb") as answer:
                size = int.from_bytes(answer.read(4))
                return answer.read(min(size, 100_000))
    except OSError as error:
        raise EmsError(f"the ssh-agent at {place} does not answer: {error}.") from None
