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
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from sshsig.sshsig import SshsigWrapper

from ems_control.ground.errors import EmsError
from ems_control.ground.formats import signatures
from ems_control.ground.formats.signatures import (
    NAMESPACE,
    SignatureError,
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
    raw = signatures._fields(read_public_key(ed().public), NAMESPACE, b"ssh-ed25519", private.sign(wrapper))
    return armour(raw.replace(b"\0\0\0\6sha512", len(name).to_bytes(4) + name.encode(), 1))


def rsa_with(kind: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    """An RSA signature of the given kind."""
    wrapper = SshsigWrapper(
        namespace=NAMESPACE.encode(), hash_algo=b"sha512", hash=hashlib.sha512(DATA).digest()
    ).to_bytes()
    key = read_public_key(SigningKey(RSA).public)
    return armour(signatures._fields(key, NAMESPACE, kind, RSA.sign(wrapper, padding.PKCS1v15(), algorithm)))


RIGHT = {
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


def test_kinds_that_cannot_be_checked_are_refused() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    for text in (public, "", "ssh-ed25519", "ssh-ed25519 AAAA", "-----BEGIN OPENSSH PRIVATE KEY-----"):
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
