"""Approval records made by hand, right and wrong, for tests: written here a second time, independent of the package.

Keys are made out of the person's key, so that every run has the same: they protect nothing.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ems_control.ground.formats.signatures import SigningKey
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.loading import load


def key_of(person: str) -> SigningKey:
    """The private key of a made-up person."""
    return SigningKey(Ed25519PrivateKey.from_private_bytes(hashlib.sha256(person.encode()).digest()))


def plain(text: str) -> Any:
    """What YAML holds, read by the quick one of the two safe loaders."""
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


def moment(day: date, hour: int = 9, second: int = 0) -> datetime:
    """A moment in UTC on a day."""
    return datetime.combine(day, time(hour, 0, second), UTC)


def give_keys(root: Path) -> None:
    """Everybody in people.yml gets a key, and every type of ems.yml asks for signatures."""
    people = plain((root / "people.yml").read_text())
    for name, person in people["people"].items():
        person["keys"] = [{"key": key_of(name).public, "from": "2020-01-01"}]
        for role in person["roles"]:
            role["from"] = str(role["from"])
            role.update({"until": str(role["until"])} if "until" in role else {})
    people["roles"]["recorder"] = "recorder"
    people["people"]["recorder"] = {
        "name": "Recorder",
        "keys": [{"key": key_of("recorder").public, "from": "2020-01-01"}],
        "roles": [{"role": "recorder", "from": "2020-01-01"}],
    }
    (root / "people.yml").write_text(yaml.safe_dump(people, sort_keys=False, width=200))
    text = (root / "ems.yml").read_text()
    (root / "ems.yml").write_text(text.replace("level: declared", "level: signed"))


def digest_of(root: Path, document: str, revision: int | None = None, day: date = date(2099, 1, 1)) -> tuple[str, int]:
    """Digest and revision of a document's committed text, of HEAD or the last that had this revision."""
    with load(root, day) as handbook:
        return _digest(handbook, document, revision)


def _digest(handbook: Handbook, document: str, revision: int | None = None) -> tuple[str, int]:
    found = handbook.get(document)
    assert found, document
    texts = [v for v in found.history.versions if revision is None or v.facts.revision == revision]
    return texts[-1].digest("ems-content/1"), texts[-1].facts.revision or 0


def policy_digest(root: Path) -> str:
    """The digest of ems.yml and people.yml as they stand, worked out by hand."""
    files = [[name, hashlib.sha256((root / name).read_bytes()).hexdigest()] for name in ("ems.yml", "people.yml")]
    tree = {"method": "ems-policy/1", "files": files}
    canonical = json.dumps(tree, sort_keys=True, separators=(",", ":")).encode()
    return "sha256:" + hashlib.sha256(canonical).hexdigest()


def open_ends(folder: Path) -> list[str]:
    """The records of a folder that no other names, by their SHA-256."""
    records = {"sha256:" + hashlib.sha256(p.read_bytes()).hexdigest(): p for p in folder.glob("*.json")}
    named = set()
    for path in records.values():
        try:
            named |= set(json.loads(path.read_text()).get("prev", []))
        except ValueError:
            continue
    return sorted(set(records) - named)


def tree_of(root: Path, document: str, person: str, action: str, at: datetime, role: str = "") -> dict[str, Any]:
    """A record that says what it should, as a JSON tree."""
    people = plain((root / "people.yml").read_text())["people"]
    with load(root, at.date()) as handbook:
        if document == "policy":
            done = len(list((root / "approvals/policy").glob("*approve.json")))
            digest, revision = policy_digest(root), done + 1
        else:
            digest, revision = _digest(handbook, document)
        seen = handbook.records.chain.newest
        policy_role = handbook.policy.policy_approval.role
    own = [held["role"] for held in people[person].get("roles", ())] if person in people else ["manager"]
    if not role:
        role = policy_role if action in ("baseline", "correct") or document == "policy" else own[0]
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    tree = {
        "schema": "ems-approval/1",
        "document": document,
        "revision": revision,
        "action": action,
        "meaning": f"I {action} it.",
        "digest": digest,
        "digest_method": "ems-policy/1" if document == "policy" else "ems-content/1",
        "effective": None,
        "by": {"person": person, "name": people.get(person, {}).get("name", person), "role": role},
        "decided_at": stamp,
        "evidence": {"kind": "external" if action == "baseline" else "signature", "contributors": []},
        "policy_digest": seen.digest if seen else None,
        "prev": open_ends(root / "approvals" / document),
        "recorded": {"by": person, "at": stamp, "tool": "by hand"},
    }
    if action == "baseline":
        tree["effective"] = at.date().isoformat()
    return tree


def write(root: Path, tree: dict[str, Any], key: SigningKey | None) -> Path:
    """Write a record where it belongs, signed; returns its path."""
    moment_ = tree["decided_at"].replace("-", "").replace(":", "")
    name = f"r{tree['revision']:03d}-{moment_}-{tree['by']['person']}-{tree['action']}.json"
    path = root / "approvals" / tree["document"] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(tree, indent=2) + "\n")
    if key:
        path.with_name(name + ".sig").write_bytes(key.sign(path.read_bytes()))
    return path


def sign(root: Path, document: str, person: str, action: str, at: datetime, **changes: Any) -> Path:
    """A record about committed text by a person, signed with the person's key (or that of `key`)."""
    key = key_of(changes.pop("key", person))
    tree = tree_of(root, document, person, action, at, changes.pop("role", ""))
    for name, value in changes.items():
        tree[name] = value
    return write(root, tree, key)
