"""Detached SSH signatures, as `ssh-keygen -Y sign` makes them and `ssh-keygen -Y verify` checks them.

The format is OpenSSH's PROTOCOL.sshsig; reading it and the arithmetic are those of the libraries sshsig and
cryptography. What OpenSSH refuses (a weak hash, trailing bytes, armour in another form) is refused here as well.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
)
from sshsig import InvalidSignature, PublicKey, check_signature
from sshsig.binary_io import SshWriter, ssh_read_string_pair
from sshsig.sshsig import SshsigSignature, SshsigWrapper

from ems_control.ground.errors import EmsError

NAMESPACE = "ems-approval"
"""The namespace of every signature of ours: a signature made for git or a login is none here."""

_HASHES = (b"sha256", b"sha512")
_KINDS = (b"ssh-ed25519", b"rsa-sha2-256", b"rsa-sha2-512")
_ARMOUR = re.compile(rb"-----BEGIN SSH SIGNATURE-----\n(?:[A-Za-z0-9+/]+={0,2}\n)+-----END SSH SIGNATURE-----\n?")


class SignatureError(EmsError):
    """A signature or key that counts for nothing; the message says why, in words for a sentence."""


@lru_cache(maxsize=1024)
def read_public_key(text: str) -> PublicKey:
    """The key that a line of a `.pub` file holds; raises SignatureError for what is none, or of another kind."""
    try:
        return PublicKey.from_openssh_str(text.strip())
    except NotImplementedError:
        kind = text.split(maxsplit=1)[0] if text.split() else ""
        raise SignatureError(f"a key of kind {kind} cannot be checked here; use ssh-ed25519 or ssh-rsa") from None
    except (ValueError, EOFError, AssertionError):
        raise SignatureError("this is no SSH public key; copy the line of the .pub file") from None


def fingerprint(key: str | PublicKey) -> str:
    """The fingerprint of a public key as `ssh-keygen -l` prints it: `SHA256:…`."""
    return (read_public_key(key) if isinstance(key, str) else key).sha256_str()


def check(data: bytes, armoured: bytes, namespace: str = NAMESPACE) -> PublicKey:
    """The key that signed these bytes for this namespace; whether it may is for the caller to say.

    Raises SignatureError where the signature does not fit the bytes, the namespace or the format.
    """
    if not _ARMOUR.fullmatch(armoured):
        raise SignatureError("the signature file holds no SSH signature")
    try:
        parts = SshsigSignature.from_armored(armoured)
        if parts.hash_algo not in _HASHES or bytes(parts) != _raw(armoured):
            raise SignatureError("the signature is not in the form that ssh-keygen writes")
        if parts.namespace != namespace.encode():
            other = parts.namespace.decode("utf-8", "replace")
            raise SignatureError(f'the signature was made for "{other}", not for "{namespace}"')
        key = check_signature(data, armoured, namespace)
        if parts.public_key != _encoded(key) or not _is_plain(parts.signature):
            raise SignatureError("the signature is not in the form that ssh-keygen writes")
        return key
    except InvalidSignature:
        raise SignatureError("the signature does not fit these bytes") from None
    except NotImplementedError as error:
        raise SignatureError(f"the signature cannot be checked: {error}") from None
    except (ValueError, EOFError, AssertionError):
        raise SignatureError("the signature file holds no SSH signature") from None


def _encoded(key: PublicKey) -> bytes:
    return base64.b64decode(key.openssh_str().split()[1])


def _is_plain(signature: bytes) -> bool:
    """Whether the innermost part is of a kind that OpenSSH takes, with right lengths and nothing behind it."""
    kind, raw = ssh_read_string_pair(signature)
    return kind in _KINDS and signature == _strings(kind, raw)


def _raw(armoured: bytes) -> bytes:
    return binascii.a2b_base64(b"".join(armoured.split(b"\n")[1:-1]).replace(b"-----END SSH SIGNATURE-----", b""))


class SigningKey:
    """A private key that signs in this process. Hardware keys and agents sign with `ssh-keygen -Y sign`."""

    def __init__(self, private: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey) -> None:
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
            words = "or the passphrase is wrong" if passphrase else "Name the file without .pub"
            raise EmsError(f"{path} is no private SSH key of kind ed25519 or RSA that can be read. {words}.") from None
        if not isinstance(private, ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey):
            raise EmsError(f"{path} is of a kind that cannot sign here. Make one with: ssh-keygen -t ed25519")
        return cls(private)

    @property
    def public(self) -> str:
        """The public key as a line of a `.pub` file, without comment."""
        return self._private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()

    @property
    def private(self) -> bytes:
        """The private key as an OpenSSH file without passphrase."""
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())

    def sign(self, data: bytes, namespace: str = NAMESPACE) -> bytes:
        """The detached, armoured signature over these bytes."""
        wrapper = SshsigWrapper(
            namespace=namespace.encode(), hash_algo=b"sha512", hash=hashlib.sha512(data).digest()
        ).to_bytes()
        if isinstance(self._private, ed25519.Ed25519PrivateKey):
            kind, raw = b"ssh-ed25519", self._private.sign(wrapper)
        else:
            kind, raw = b"rsa-sha2-512", self._private.sign(wrapper, padding.PKCS1v15(), hashes.SHA512())
        blob = _fields(read_public_key(self.public), namespace, kind, raw)
        return SshsigSignature(blob).to_armored().encode()


class PassphraseNeededError(EmsError):
    """The private key is locked with a passphrase."""


def _fields(public: PublicKey, namespace: str, kind: bytes, raw: bytes) -> bytes:
    outer = SshWriter(io.BytesIO())
    outer.write(b"SSHSIG")
    outer.write_uint32(SshsigSignature.VERSION)
    outer.write_string(_encoded(public))
    outer.write_string(namespace.encode())
    outer.write_string(b"")
    outer.write_string(b"sha512")
    outer.write_string(_strings(kind, raw))
    return outer.output_fh.getvalue()


def _strings(*parts: bytes) -> bytes:
    out = SshWriter(io.BytesIO())
    for part in parts:
        out.write_string(part)
    return out.output_fh.getvalue()
