"""Kinds of SSH public keys that the library sshsig does not check: ECDSA, and security keys (`sk-…`).

OpenSSH's PROTOCOL.u2f says what a security key signs: the hash of its application, flags, a counter, and the hash of
the message. Without the flag that its owner was there, nobody decided anything.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from sshsig import PublicKey
from sshsig.binary_io import SshReader
from sshsig.ssh_public_key import RsaPublicKey

CURVES: dict[str, tuple[type[ec.EllipticCurve], type[hashes.HashAlgorithm]]] = {
    "nistp256": (ec.SECP256R1, hashes.SHA256),
    "nistp384": (ec.SECP384R1, hashes.SHA384),
    "nistp521": (ec.SECP521R1, hashes.SHA512),
}
ECDSA = {f"ecdsa-sha2-{curve}": curve for curve in CURVES}
SK_ED25519, SK_ECDSA = "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"
KINDS = ("ssh-ed25519", "ssh-rsa", *ECDSA, SK_ED25519, SK_ECDSA)
USER_PRESENT = 1
LEAST_BITS, ENOUGH_BITS = 2048, 3072
"""An RSA key below the first signs nothing; one below the second signs nothing new."""


def strings(*parts: bytes) -> bytes:
    """Each part with its length before it."""
    return b"".join([piece for part in parts for piece in (len(part).to_bytes(4), part)])


@dataclass(frozen=True)
class OtherKey(PublicKey):
    """An ECDSA key or a security key: its kind, its bytes as in the `.pub` file, and a security key's application."""

    kind: str
    blob: bytes
    point: bytes
    application: bytes = b""

    @property
    def algo_name(self) -> str:
        """The kind, as the `.pub` file names it."""
        return self.kind

    def openssh_str(self) -> str:
        """The line of the `.pub` file, without comment."""
        return f"{self.kind} {base64.b64encode(self.blob).decode()}"

    def do_verify(self, signature: bytes, message: bytes) -> Exception | None:
        """None where the signature fits; an exception where not."""
        try:
            reader = SshReader(signature)
            kind, raw = reader.read_string(), reader.read_string()
            rest = signature[len(strings(kind, raw)) :]
            if kind != self.kind.encode() or len(rest) != (5 if self.application else 0):
                raise ValueError("not in the form that ssh-keygen writes")
            if self.application:
                if not rest[0] & USER_PRESENT:
                    return NotTouchedError("nobody touched the security key")
                message = hashlib.sha256(self.application).digest() + rest + hashlib.sha256(message).digest()
            self._fits(raw, message)
        except (ValueError, EOFError, InvalidSignature) as error:
            return error
        return None

    def _fits(self, raw: bytes, message: bytes) -> None:
        if self.kind == SK_ED25519:
            ed25519.Ed25519PublicKey.from_public_bytes(self.point).verify(raw, message)
            return
        curve, algorithm = CURVES[self.kind.removesuffix("@openssh.com").rsplit("-", 1)[-1]]
        reader = SshReader(raw)
        r, s = reader.read_mpint(), reader.read_mpint()
        if r <= 0 or s <= 0 or raw != numbers(r, s):
            raise ValueError("not in the form that ssh-keygen writes")
        key = ec.EllipticCurvePublicKey.from_encoded_point(curve(), self.point)
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(algorithm()))


def numbers(*parts: int) -> bytes:
    """Each number above zero as SSH writes it: with its length, and a zero byte before a first bit that is set."""
    return strings(*(part.to_bytes(part.bit_length() // 8 + 1) for part in parts))


class NotTouchedError(ValueError):
    """A security key signed without its owner."""


def other_key(blob: bytes) -> OtherKey | None:
    """The key of one of these kinds; None for another kind. Raises ValueError or EOFError for half of one."""
    reader = SshReader(blob)
    kind = reader.read_string().decode("ascii")
    if kind in ECDSA or kind == SK_ECDSA:
        curve, point = reader.read_string().decode("ascii"), reader.read_string()
        if curve != ECDSA.get(kind, "nistp256"):
            raise ValueError("curve and kind differ")
        ec.EllipticCurvePublicKey.from_encoded_point(CURVES[curve][0](), point)
        head = [kind.encode(), curve.encode(), point]
    elif kind == SK_ED25519:
        point = reader.read_string()
        ed25519.Ed25519PublicKey.from_public_bytes(point)
        head = [kind.encode(), point]
    else:
        return None
    application = reader.read_string() if kind.startswith("sk-") else b""
    if application:
        head.append(application)
    if blob != strings(*head):
        raise ValueError("not in the form that ssh-keygen writes")
    return OtherKey(kind, blob, point, application)


def rsa_bits(key: PublicKey) -> int | None:
    """How long an RSA key is, in bits; None for a key of another kind."""
    if not isinstance(key, RsaPublicKey):
        return None
    blob = base64.b64decode(key.openssh_str().split()[1])
    reader = SshReader(blob)
    reader.read_string()
    reader.read_mpint()
    return int(reader.read_mpint()).bit_length()
