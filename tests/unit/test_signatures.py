"""SSH signatures: every verdict is compared with that of stock `ssh-keygen -Y verify`."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from sshsig.sshsig import SshsigWrapper

from ems_control.ground.errors import EmsError
from ems_control.ground.formats import signatures
from ems_control.ground.formats.public_keys import numbers, strings
from ems_control.ground.formats.signatures import (
    NAMESPACE,
    SignatureError,
    Signer,
    SigningKey,
    check,
    fingerprint,
    read_public_key,
)
from tests.stranger import stock

DATA = b'{"schema": "ems-approval/1"}\n'
KEYGEN = shutil.which("ssh-keygen")


def ed(seed: bytes = b"alice") -> SigningKey:
    return SigningKey(ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed).digest()))


RSA = rsa.generate_private_key(65537, 2048)
SIGNED = ed().sign(DATA)


def ours(data: bytes, armoured: bytes, key: str, namespace: str = NAMESPACE) -> bool:
    """Our verdict: signed for this namespace, by this key."""
    try:
        return check(data, armoured, namespace).openssh_str() == read_public_key(key).openssh_str()
    except SignatureError:
        return False


def armour(blob: bytes, width: int = 70, end: str = "\n") -> bytes:
    text = base64.b64encode(blob).decode()
    lines = ["-----BEGIN SSH SIGNATURE-----", *re.findall(f".{{1,{width}}}", text), "-----END SSH SIGNATURE-----", ""]
    return end.join(lines).encode()


def blob_of(armoured: bytes) -> bytes:
    return base64.b64decode(b"".join(armoured.split(b"\n")[1:-2]))


def inner_changed(change: Callable[[bytes], bytes]) -> bytes:
    """The blob with its innermost part (algorithm, signature) changed, all lengths around it right."""
    blob = blob_of(SIGNED)
    inner = change(blob[-83:])
    return blob[:-87] + len(inner).to_bytes(4) + inner


def hashed_with(name: str) -> bytes:
    """A signature whose message was hashed with this algorithm."""
    private = ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"alice").digest())
    digest = hashlib.new(name, DATA, usedforsecurity=False).digest()
    wrapper = SshsigWrapper(namespace=NAMESPACE.encode(), hash_algo=name.encode(), hash=digest).to_bytes()
    raw = signatures._fields(read_public_key(ed().public), NAMESPACE, strings(b"ssh-ed25519", private.sign(wrapper)))
    return armour(raw.replace(b"\0\0\0\6sha512", len(name).to_bytes(4) + name.encode(), 1))


def rsa_with(kind: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    """An RSA signature of the given kind."""
    wrapper = SshsigWrapper(
        namespace=NAMESPACE.encode(), hash_algo=b"sha512", hash=hashlib.sha512(DATA).digest()
    ).to_bytes()
    key = read_public_key(SigningKey(RSA).public)
    return armour(signatures._fields(key, NAMESPACE, strings(kind, RSA.sign(wrapper, padding.PKCS1v15(), algorithm))))


class Token(Signer):
    """A security key in software, as PROTOCOL.u2f describes it; `flags` 1 says that its owner was there."""

    def __init__(self, kind: str, flags: int = 1, application: bytes = b"ssh:") -> None:
        self.kind, self.flags, self.application = kind, flags, application
        self.edwards = ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"token").digest())

    @property
    def public(self) -> str:
        if "ed25519" in self.kind:
            parts = [self.edwards.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)]
        else:
            point = CURVE.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            parts = [b"nistp256", point]
        blob = strings(self.kind.encode(), *parts, self.application)
        return f"{self.kind} {base64.b64encode(blob).decode()}"

    def answer(self, message: bytes) -> bytes:
        rest = bytes([self.flags]) + (7).to_bytes(4)
        told = hashlib.sha256(self.application).digest() + rest + hashlib.sha256(message).digest()
        if "ed25519" in self.kind:
            return strings(self.kind.encode(), self.edwards.sign(told)) + rest
        pair = decode_dss_signature(CURVE.sign(told, ec.ECDSA(hashes.SHA256())))
        return strings(self.kind.encode(), numbers(*pair)) + rest


class Changed(Signer):
    """A signer whose innermost answer is changed."""

    def __init__(self, signer: Signer, change: Callable[[bytes], bytes]) -> None:
        self.signer, self.change = signer, change

    @property
    def public(self) -> str:
        return self.signer.public

    def answer(self, message: bytes) -> bytes:
        return self.change(self.signer.answer(message))


CURVE = ec.generate_private_key(ec.SECP256R1())
SHORT = rsa.generate_private_key(65537, 1024)  # noqa: S505
SK = {"sk-ed25519": "sk-ssh-ed25519@openssh.com", "sk-ecdsa": "sk-ecdsa-sha2-nistp256@openssh.com"}
TOKENS = {name: Token(kind) for name, kind in SK.items()}
OTHERS: dict[str, Signer] = {
    "nistp256": SigningKey(CURVE),
    "nistp384": SigningKey(ec.generate_private_key(ec.SECP384R1())),
    "nistp521": SigningKey(ec.generate_private_key(ec.SECP521R1())),
    **TOKENS,
    "sk-ed25519 for another application": Token(SK["sk-ed25519"], application=b"ssh:works"),
    "sk-ecdsa with a PIN": Token(SK["sk-ecdsa"], flags=5),
}
"""Kinds of keys that people have."""
CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "trailing byte": lambda found: found + b"\0",
    "flags changed": lambda found: found[:-5] + b"\5" + found[-4:],
    "counter changed": lambda found: found[:-1] + b"\1",
    "no flags": lambda found: found[:-5],
    "a plain signature": lambda _: blob_of(SIGNED)[-83:],
}


def wrong_with(name: str, signer: Signer) -> dict[str, tuple[bytes, bytes, str]]:
    """What is refused of any kind of key."""
    changes = {f"{name}, {how}": Changed(signer, change) for how, change in CHANGES.items()}
    return {
        f"{name}, changed bytes": (DATA + b" ", signer.sign(DATA), signer.public),
        f"{name}, other namespace": (DATA, signer.sign(DATA, "git"), signer.public),
        f"{name}, other key": (DATA, signer.sign(DATA), ed().public),
        **{how: (DATA, changed.sign(DATA), signer.public) for how, changed in changes.items()},
    }


RIGHT = {
    **{name: (DATA, signer.sign(DATA), signer.public) for name, signer in OTHERS.items()},
    "ed25519": (DATA, SIGNED, ed().public),
    "rsa": (DATA, SigningKey(RSA).sign(DATA), SigningKey(RSA).public),
    "rsa-sha2-256": (DATA, rsa_with(b"rsa-sha2-256", hashes.SHA256()), SigningKey(RSA).public),
    "sha256": (DATA, hashed_with("sha256"), ed().public),
    "empty": (b"", ed().sign(b""), ed().public),
    "big": (DATA * 10_000, ed().sign(DATA * 10_000), ed().public),
    "no newline at the end": (DATA, SIGNED.rstrip(b"\n"), ed().public),
    "comment behind the key": (DATA, SIGNED, ed().public + " b.boss@works"),
}
WRONG = {
    **{case: found for name in ("nistp256", "nistp521", *SK) for case, found in wrong_with(name, OTHERS[name]).items()},
    "changed bytes": (DATA + b" ", SIGNED, ed().public),
    "other key": (DATA, SIGNED, ed(b"mallory").public),
    "another's signature": (DATA, ed(b"mallory").sign(DATA), ed().public),
    "other namespace": (DATA, ed().sign(DATA, "git"), ed().public),
    "namespace that begins alike": (DATA, ed().sign(DATA, NAMESPACE + "s"), ed().public),
    "sha1": (DATA, hashed_with("sha1"), ed().public),
    "md5": (DATA, hashed_with("md5"), ed().public),
    "sha384": (DATA, hashed_with("sha384"), ed().public),
    "ssh-rsa with sha1": (DATA, rsa_with(b"ssh-rsa", hashes.SHA1()), SigningKey(RSA).public),  # noqa: S303
    "empty file": (DATA, b"", ed().public),
    "no signature": (DATA, b"approved, b.boss\n", ed().public),
    "armour cut off": (DATA, SIGNED[:-40], ed().public),
    "armour without its begin": (DATA, SIGNED.split(b"\n", 1)[1], ed().public),
    "half a blob": (DATA, armour(blob_of(SIGNED)[:60]), ed().public),
    "trailing bytes": (DATA, armour(blob_of(SIGNED) + b"\0"), ed().public),
    "bytes behind the inner signature": (DATA, armour(inner_changed(lambda part: part + b"\0")), ed().public),
    "length of the inner signature too big": (
        DATA,
        armour(inner_changed(lambda part: part[:15] + b"\1" + part[16:])),
        ed().public,
    ),
    "other magic": (DATA, armour(b"SSHSIX" + blob_of(SIGNED)[6:]), ed().public),
    "version 2": (DATA, armour(b"SSHSIG\0\0\0\2" + blob_of(SIGNED)[10:]), ed().public),
    "PGP": (DATA, SIGNED.replace(b"SSH SIGNATURE", b"PGP SIGNATURE"), ed().public),
}
STRICTER = {
    "windows line ends": armour(blob_of(SIGNED), end="\r\n"),
    "words behind the armour": SIGNED + b"approved\n",
    "two signatures": SIGNED + SIGNED,
    "spaces in the armour": SIGNED.replace(b"\n", b" \n", 3),
    "words before the armour": b"approved\n" + SIGNED,
}
"""Where OpenSSH is lenient, or differs by version: we accept the one form that it writes."""


@pytest.mark.parametrize("case", RIGHT)
def test_good_signatures_count(case: str) -> None:
    assert (ours(*RIGHT[case]), stock(*RIGHT[case])) == (True, True)


@pytest.mark.parametrize("case", WRONG)
def test_bad_signatures_count_for_nothing(case: str) -> None:
    assert (ours(*WRONG[case]), stock(*WRONG[case])) == (False, False)


@pytest.mark.parametrize("case", STRICTER)
def test_only_the_form_that_ssh_keygen_writes(case: str) -> None:
    assert not ours(DATA, STRICTER[case], ed().public)


@pytest.mark.parametrize("bits", [[], ["-t", "rsa", "-b", "3072"]], ids=["ed25519", "rsa"])
@pytest.mark.parametrize("algorithm", ["sha512", "sha256"])
def test_what_ssh_keygen_signs_counts(tmp_path: Path, bits: list[str], algorithm: str) -> None:
    key, data = tmp_path / "key", tmp_path / "data"
    data.write_bytes(DATA)
    assert KEYGEN
    subprocess.run([KEYGEN, "-q", "-N", "", "-f", key, *(bits or ["-t", "ed25519"])], check=True)
    line = [KEYGEN, "-q", "-Y", "sign", "-O", f"hashalg={algorithm}", "-f", key, "-n", NAMESPACE, data]
    subprocess.run(line, check=True, capture_output=True)
    public = (tmp_path / "key.pub").read_text()
    assert ours(DATA, (tmp_path / "data.sig").read_bytes(), public)
    told = subprocess.run([KEYGEN, "-l", "-f", key], check=True, capture_output=True, text=True).stdout.split()
    assert fingerprint(public) == told[1]


def test_our_keys_are_read_by_ssh_keygen(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(ed().private)
    path.chmod(0o600)
    assert KEYGEN
    told = subprocess.run([KEYGEN, "-y", "-f", path], check=True, capture_output=True, text=True).stdout
    assert told.split()[:2] == ed().public.split()[:2]
    assert SigningKey.load(path).sign(DATA) == SIGNED


@pytest.mark.parametrize("kind", SK.values())
@pytest.mark.parametrize("flags", [0, 4])
def test_security_key_that_nobody_touched(kind: str, flags: int) -> None:
    """OpenSSH leaves the flag to the caller; a decision takes a person."""
    token = Token(kind, flags)
    assert stock(DATA, token.sign(DATA), token.public)
    with pytest.raises(SignatureError, match="touched"):
        check(DATA, token.sign(DATA))


def test_rsa_key_that_is_too_short_never_counts() -> None:
    with pytest.raises(SignatureError, match="1024 bits"):
        check(DATA, SigningKey(SHORT).sign(DATA))


@pytest.mark.parametrize(("bits", "signs"), [(2048, False), (3064, False), (3072, True), (4096, True)])
def test_rsa_key_signs_from_3072_bits(tmp_path: Path, bits: int, signs: bool) -> None:
    path = tmp_path / "key"
    key = SigningKey(rsa.generate_private_key(65537, bits))
    path.write_bytes(key.private)
    assert check(DATA, key.sign(DATA)).openssh_str() == key.public, "what it signed before counts"
    if signs:
        assert SigningKey.load(path).public == key.public
    else:
        with pytest.raises(EmsError, match=f"{bits} bits"):
            SigningKey.load(path)


@pytest.mark.parametrize("kind", ["ecdsa", "ed25519"])
def test_what_ssh_keygen_makes_signs_here(tmp_path: Path, kind: str) -> None:
    assert KEYGEN
    subprocess.run([KEYGEN, "-q", "-N", "", "-t", kind, "-f", tmp_path / "key"], check=True)
    key = SigningKey.load(tmp_path / "key")
    assert (ours(DATA, key.sign(DATA), key.public), stock(DATA, key.sign(DATA), key.public)) == (True, True)
    told = subprocess.run([KEYGEN, "-l", "-f", tmp_path / "key"], check=True, capture_output=True, text=True).stdout
    assert fingerprint(key.public) == told.split()[1]


def test_kinds_that_cannot_be_checked_are_refused() -> None:
    dss = "ssh-dss " + base64.b64encode(strings(b"ssh-dss", b"\1", b"\1", b"\1", b"\1")).decode()
    half, other = TOKENS["sk-ed25519"].public[:-8], TOKENS["sk-ecdsa"].public.split()[1]
    for text in (
        dss,
        half,
        f"sk-ssh-ed25519@openssh.com {other}",
        f"ecdsa-sha2-nistp256 {other}",
        "",
        "ssh-ed25519",
        "ssh-ed25519 AAAA",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
    ):
        with pytest.raises(EmsError):
            read_public_key(text)


@settings(max_examples=60)
@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_one_byte_of_the_record_changed(place: int, by: int) -> None:
    changed = bytes((*DATA[:place], DATA[place] ^ by, *DATA[place + 1 :]))
    assert not ours(changed, SIGNED, ed().public)


@settings(max_examples=60)
@given(st.integers(0, len(blob_of(SIGNED)) - 1), st.integers(1, 255))
def test_one_byte_of_the_signature_changed(place: int, by: int) -> None:
    blob = blob_of(SIGNED)
    forged = armour(bytes((*blob[:place], blob[place] ^ by, *blob[place + 1 :])))
    assert (ours(DATA, forged, ed().public), stock(DATA, forged, ed().public)) == (False, False)


@settings(max_examples=100)
@given(st.integers(0, len(SIGNED) - 1), st.integers(0, 255))
def test_whatever_counts_here_counts_for_openssh(place: int, byte: int) -> None:
    """One byte of the armour becomes any other: never do we take what stock OpenSSH refuses."""
    forged = SIGNED[:place] + bytes([byte]) + SIGNED[place + 1 :]
    if ours(DATA, forged, ed().public):
        assert stock(DATA, forged, ed().public)


@settings(max_examples=60)
@given(st.binary(max_size=300), st.booleans())
def test_noise_is_no_signature_and_no_crash(noise: bytes, armoured: bool) -> None:
    with pytest.raises(SignatureError):
        check(DATA, armour(b"SSHSIG\0\0\0\1" + noise) if armoured else noise)
