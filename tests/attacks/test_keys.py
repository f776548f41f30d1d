"""Keys of every kind that people have: which sign, which count, which are too short; with a real agent."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ems_control.ground.formats.signatures import Signer, SigningKey
from tests.attacks.scene import ID, Scene, scene
from tests.running import ems
from tests.unit.test_signatures import SK, Token

RSA = {bits: SigningKey(rsa.generate_private_key(65537, bits)) for bits in (1024, 2048, 3072)}


def with_key(tmp_path: Path, key: str) -> Scene:
    """The handbook, and a key of that kind for c.deputy, approved with the policy; then a second revision."""
    s = scene(tmp_path)

    def give(people: dict[str, Any]) -> None:
        people["c.deputy"]["keys"] = [{"key": key, "from": date(2020, 1, 1)}]

    s.policy(give)
    return s


def signed_by(s: Scene, signer: Signer) -> Path:
    """A record by c.deputy about the text as it stands, under this key; not committed."""
    path = s.sign(by="c.deputy")
    path.with_name(path.name + ".sig").write_bytes(signer.sign(path.read_bytes()))
    return path


GOOD = {
    "ecdsa": SigningKey(ec.generate_private_key(ec.SECP256R1())),
    "ecdsa-384": SigningKey(ec.generate_private_key(ec.SECP384R1())),
    "rsa": RSA[3072],
    **{name: Token(kind) for name, kind in SK.items()},
}


@pytest.mark.parametrize("kind", GOOD)
def test_kinds_of_keys_that_people_have(tmp_path: Path, kind: str) -> None:
    s = with_key(tmp_path, GOOD[kind].public)
    s.branch().revise().commit()
    signed_by(s, GOOD[kind])
    s.commit("c.deputy")
    assert s.gate().status == 0, s.gate().out
    s.merge()
    told = s.verify().json
    assert (told["breaks"], told["warnings"]) == ([], [])
    assert s.in_force()[ID][::2] == (2, "signed")


def test_security_key_that_nobody_touched_decides_nothing(tmp_path: Path) -> None:
    token = Token(SK["sk-ed25519"], flags=0)
    s = with_key(tmp_path, token.public)
    s.revise().commit()
    signed_by(s, token)
    s.commit("c.deputy")
    assert [one["rule"] for one in s.verify().json["breaks"]] == ["EMS326"]
    assert s.in_force()[ID][0] == 1


def test_key_of_1024_bits_counts_for_nothing(tmp_path: Path) -> None:
    s = with_key(tmp_path, RSA[1024].public)
    s.revise().commit()
    signed_by(s, RSA[1024])
    s.commit("c.deputy")
    breaks = s.verify().json["breaks"]
    assert ([one["rule"] for one in breaks], "1024 bits" in breaks[0]["message"]) == (["EMS326"], True)
    assert s.in_force()[ID][0] == 1


def test_key_of_2048_bits_counts_with_a_warning_and_signs_nothing_new(tmp_path: Path) -> None:
    s = with_key(tmp_path, RSA[2048].public)
    s.branch().revise().commit()
    key = tmp_path / "key"
    key.write_bytes(RSA[2048].private)
    refused = ems(s.root, "approve", ID, "--as", "c.deputy", "--key", str(key), day=None)
    assert (refused.status, "2048 bits" in refused.err) == (2, True)
    signed_by(s, RSA[2048])
    s.commit("c.deputy")
    gate = [one for one in s.gate().json["findings"] if one["severity"] == "error"]
    assert [(one["rule"], "2048 bits" in one["message"]) for one in gate] == [("EMS326", True)]
    s.merge()
    told = s.verify()
    assert (told.status, told.json["breaks"], len(told.json["warnings"])) == (0, [], 1)
    assert "2048 bits" in told.json["warnings"][0]
    assert s.in_force()[ID][::2] == (2, "signed")
    assert "EMS824" in {one["rule"] for one in s.check().json["findings"]}


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A real ssh-agent without keys, for this test."""
    place = Path("/tmp") / f"ems-agent-{abs(hash(tmp_path)) % 10**8}"  # noqa: S108 (a socket's path may be 107 letters long)
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(place)], stdout=subprocess.DEVNULL) as running:
        while not place.exists():
            assert running.poll() is None
        monkeypatch.setenv("SSH_AUTH_SOCK", str(place))
        yield place
        running.terminate()


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_agent_signs_for_a_public_key(tmp_path: Path, agent: Path, kind: str) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", key], check=True)
    public = tmp_path / "key.pub"
    s = with_key(tmp_path, " ".join(public.read_text().split()[:2]))
    s.revise().commit()
    line = ["approve", ID, "--as", "c.deputy", "--key", str(public)]
    without = ems(s.root, *line, day=None)
    assert (without.status, "ssh-add" in without.err) == (2, True)
    assert not s.git("status", "--porcelain")
    subprocess.run(["ssh-add", "-q", key], check=True, capture_output=True)
    key.unlink()
    done = ems(s.root, *line, day=None)
    assert done.status == 0, done.err
    written = [name for name in s.git("status", "--porcelain", "-uall").split() if name.endswith(".json")]
    [record] = written
    allowed = tmp_path / "allowed"
    allowed.write_text(f"c.deputy {public.read_text()}")
    verify = ["ssh-keygen", "-Y", "verify", "-f", allowed, "-I", "c.deputy", "-n", "ems-approval"]
    subprocess.run([*verify, "-s", s.root / f"{record}.sig"], input=(s.root / record).read_bytes(), check=True)


def test_public_key_where_no_agent_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    s = with_key(tmp_path, GOOD["ecdsa"].public)
    s.revise().commit()
    public = tmp_path / "key.pub"
    public.write_text(GOOD["ecdsa"].public + " c.deputy@works\n")
    told = ems(s.root, "approve", ID, "--as", "c.deputy", "--key", str(public), day=None)
    assert (told.status, "SSH_AUTH_SOCK" in told.err) == (2, True)
