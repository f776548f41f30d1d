"""Detached SSH signatures, as `ssh-keygen -Y sign` makes them and `ssh-keygen -Y verify` checks them.

The format is OpenSSH's PROTOCOL.sshsig; reading it and the arithmetic are those of the libraries sshsig and
cryptography. What OpenSSH refuses (a weak hash, trailing bytes, armour in another form) is refused here as well.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from abc import ABC, abstractmethod
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
)
from sshsig import PublicKey
from sshsig.binary_io import ssh_read_string_pair
from sshsig.sshsig import SshsigSignature

from ems_control.ground.counting import count
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.public_keys import (
    CURVES,
    ENOUGH_BITS,
    KINDS,
    LEAST_BITS,
    NotTouchedError,
    OtherKey,
    numbers,
    other_key,
    rsa_bits,
    strings,
)

NAMESPACE = "ems-approval"
"""The namespace of every signature of ours: a signature made for git or a login is none here."""

_HASHES = (b"sha256", b"sha512")
_KINDS = (b"ssh-ed25519", b"rsa-sha2-256", b"rsa-sha2-512")
_MAGIC = b"SSHSIG" + SshsigSignature.VERSION.to_bytes(4)
_ARMOUR = re.compile(rb"-----BEGIN SSH SIGNATURE-----\n(?:[A-Za-z0-9+/]+={0,2}\n)+-----END SSH SIGNATURE-----\n?")


class SignatureError(EmsError):
    """A signature or key that counts for nothing; the message says why, in words for a sentence."""


@lru_cache(maxsize=1024)
def read_public_key(text: str) -> PublicKey:
    """The key that a line of a `.pub` file holds; raises SignatureError for what is none, or of another kind."""
    words = text.split(maxsplit=2)
    try:
        if len(words) > 1 and words[0] in KINDS[2:]:
            key = other_key(binascii.a2b_base64(words[1], strict_mode=True))
            if key is not None and key.kind == words[0]:
                return key
        found = PublicKey.from_openssh_str(text.strip())
        if base64.b64decode(words[1]) != _encoded(found):
            raise ValueError("half a key")
        return found
    except NotImplementedError:
        kinds = ", ".join(KINDS)
        raise SignatureError(f"a key of kind {words[0]} cannot be checked here; known are {kinds}") from None
    except (ValueError, EOFError, AssertionError):
        raise SignatureError("this is no SSH public key; copy the line of the .pub file") from None


@lru_cache(maxsize=1024)
def written_key(text: str) -> str:
    """A line of a `.pub` file as `openssh_str` writes its key; raises SignatureError as `read_public_key` does."""
    return line_of(read_public_key(text))


@lru_cache(maxsize=1024)
def line_of(key: PublicKey) -> str:
    """A key as a line of a `.pub` file, without comment."""
    return str(key.openssh_str())


def fingerprint(key: str | PublicKey) -> str:
    """The fingerprint of a public key as `ssh-keygen -l` prints it: `SHA256:…`."""
    return (read_public_key(key) if isinstance(key, str) else key).sha256_str()


def check(data: bytes, armoured: bytes, namespace: str = NAMESPACE) -> PublicKey:
    """The key that signed these bytes for this namespace; whether it may is for the caller to say.

    Raises SignatureError where the signature does not fit the bytes, the namespace or the format. The same is checked
    once in a run, whoever asks.
    """
    found = _signer(data, armoured, namespace)
    if isinstance(found, SignatureError):
        raise SignatureError(str(found))
    return found


@lru_cache(maxsize=100_000)
def _signer(data: bytes, armoured: bytes, namespace: str) -> PublicKey | SignatureError:
    try:
        return _verified(data, armoured, namespace)
    except SignatureError as error:
        return SignatureError(str(error))  # without the frames that it came through


def _verified(data: bytes, armoured: bytes, namespace: str) -> PublicKey:
    if not _ARMOUR.fullmatch(armoured):
        raise SignatureError("the signature file holds no SSH signature")
    try:
        raw = _raw(armoured)
        parts = _parts_of(raw)
        if len(parts) != 5 or parts[2] or parts[3] not in _HASHES:
            SshsigSignature(raw)  # raises where it is none at all
            raise SignatureError("the signature is not in the form that ssh-keygen writes")
        blob, made_for, _, algorithm, signature = parts
        if made_for != namespace.encode():
            other = made_for.decode("utf-8", "replace")
            raise SignatureError(f'the signature was made for "{other}", not for "{namespace}"')
        key = _checked(data, blob, made_for, algorithm, signature)
    except NotTouchedError as error:
        raise SignatureError(str(error)) from None
    except NotImplementedError as error:
        raise SignatureError(f"the signature cannot be checked: {error}") from None
    except (ValueError, EOFError, AssertionError):
        raise SignatureError("the signature file holds no SSH signature") from None
    bits = rsa_bits(key)
    if bits is not None and bits < LEAST_BITS:
        raise SignatureError(f"it is signed by an RSA key of {bits} bits, which is too short to count")
    return key


def _checked(data: bytes, blob: bytes, namespace: bytes, algorithm: bytes, signature: bytes) -> PublicKey:
    key = _key_of(blob)
    if key is None or not (isinstance(key, OtherKey) or _is_plain(signature)):
        raise SignatureError("the signature is not in the form that ssh-keygen writes")
    message = _message(namespace, algorithm, data)
    count("signatures_verified")
    error = key.do_verify(signature, message)
    if isinstance(error, NotTouchedError):
        raise error
    if error is not None:
        raise SignatureError("the signature does not fit these bytes")
    return key


@lru_cache(maxsize=4096)  # a few persons sign ten thousand records
def _key_of(blob: bytes) -> PublicKey | None:
    """The key that these bytes are; None where they are not written as ssh-keygen writes it."""
    key = _key_in(blob)
    return key if blob == _encoded(key) else None


@lru_cache(maxsize=4096)
def _key_in(blob: bytes) -> PublicKey:
    return other_key(blob) or PublicKey.from_ssh_encoding(blob)


def _message(namespace: bytes, algorithm: bytes, data: bytes) -> bytes:
    """What is signed, after PROTOCOL.sshsig."""
    return b"SSHSIG" + strings(namespace, b"", algorithm, hashlib.new(algorithm.decode("ascii"), data).digest())


def too_short(key: PublicKey) -> str:
    """Why a key signs nothing new, in words; "" where it may. What a short key signed before counts, with a warning."""
    bits = rsa_bits(key)
    return f"an RSA key of {bits} bits is too short" if bits is not None and bits < ENOUGH_BITS else ""


def key_named(armoured: bytes) -> PublicKey | None:
    """The key that a signature says it is by, nothing checked; None for what is no signature."""
    try:
        parts = _parts_of(_raw(armoured)) if _ARMOUR.fullmatch(armoured) else []
        return _key_in(parts[0] if len(parts) == 5 else SshsigSignature.from_armored(armoured).public_key)
    except (ValueError, EOFError, AssertionError, NotImplementedError):
        return None


def _encoded(key: PublicKey) -> bytes:
    return base64.b64decode(key.openssh_str().split()[1])


def _is_plain(signature: bytes) -> bool:
    """Whether the innermost part is of a kind that OpenSSH takes, with right lengths and nothing behind it."""
    parts = _strings_in(signature)
    if len(parts) != 2:
        ssh_read_string_pair(signature)  # raises where there are not even two
    return len(parts) == 2 and parts[0] in _KINDS


def _parts_of(raw: bytes) -> list[bytes]:
    """Key, namespace, what is reserved, hash, and innermost signature; fewer or more where it is in no such form."""
    return _strings_in(raw[len(_MAGIC) :]) if raw.startswith(_MAGIC) else []


def _strings_in(data: bytes) -> list[bytes]:
    """The strings that these bytes are, each with its length before it and nothing else; none where they are not."""
    found, at = [], 0
    while at < len(data):
        start = at + 4
        at = start + int.from_bytes(data[at:start])
        found.append(data[start:at])
    return found if at == len(data) else []


def _raw(armoured: bytes) -> bytes:
    return binascii.a2b_base64(b"".join(armoured.split(b"\n")[1:-1]).replace(b"-----END SSH SIGNATURE-----", b""))


class Signer(ABC):
    """Somebody's key, wherever its private part lies."""

    @property
    @abstractmethod
    def public(self) -> str:
        """The public key as a line of a `.pub` file, without comment."""

    @abstractmethod
    def answer(self, message: bytes) -> bytes:
        """The innermost signature over these bytes: its kind, and what belongs to it."""

    def sign(self, data: bytes, namespace: str = NAMESPACE) -> bytes:
        """The detached, armoured signature over these bytes."""
        signature = self.answer(_message(namespace.encode(), b"sha512", data))
        return SshsigSignature(_fields(read_public_key(self.public), namespace, signature)).to_armored().encode()

    def require_long_enough(self) -> None:
        """Raise EmsError where the key is too short to sign anything new."""
        if words := too_short(read_public_key(self.public)):
            raise EmsError(f"{words} to sign with. Make a key with: ssh-keygen -t ed25519, and have it in people.yml.")


class SigningKey(Signer):
    """A private key that signs in this process."""

    def __init__(self, private: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> None:
        """Wrap a key that is in memory already."""
        self._private = private

    @classmethod
    def generate(cls) -> SigningKey:
        """A fresh ed25519 key."""
        return cls(ed25519.Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path, passphrase: bytes | None = None) -> SigningKey:
        """Read an OpenSSH private key; raises PassphraseNeededError, or EmsError saying what is wrong with the file."""
        try:
            private = load_ssh_private_key(path.read_bytes(), passphrase)
        except OSError as error:
            raise EmsError(f"the key {path} cannot be read: {error.strerror}.") from None
        except TypeError:
            raise PassphraseNeededError(f"the key {path} has a passphrase.") from None
        except (ValueError, UnsupportedAlgorithm):
            words = (
                "Or is the passphrase wrong?" if passphrase else "A security key signs by its agent: --key FILE.pub."
            )
            raise EmsError(f"{path} is no private SSH key that can be read. {words}") from None
        if not isinstance(private, ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise EmsError(f"{path} is of a kind that cannot sign here. Make one with: ssh-keygen -t ed25519")
        key = cls(private)
        key.require_long_enough()
        return key

    @property
    def public(self) -> str:
        """The public key as a line of a `.pub` file, without comment."""
        return self._private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()

    @property
    def private(self) -> bytes:
        """The private key as an OpenSSH file without passphrase."""
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())

    def answer(self, message: bytes) -> bytes:
        """The innermost signature over these bytes: its kind, and what belongs to it."""
        if isinstance(self._private, ed25519.Ed25519PrivateKey):
            return strings(b"ssh-ed25519", self._private.sign(message))
        if isinstance(self._private, rsa.RSAPrivateKey):
            return strings(b"rsa-sha2-512", self._private.sign(message, padding.PKCS1v15(), hashes.SHA512()))
        kind = self.public.split()[0]
        algorithm = CURVES[kind.rsplit("-", 1)[-1]][1]
        pair = decode_dss_signature(self._private.sign(message, ec.ECDSA(algorithm())))
        return strings(kind.encode(), numbers(*pair))


class PassphraseNeededError(EmsError):
    """The private key is locked with a passphrase."""


def _fields(public: PublicKey, namespace: str, signature: bytes) -> bytes:
    return _MAGIC + strings(_encoded(public), namespace.encode(), b"", b"sha512", signature)
