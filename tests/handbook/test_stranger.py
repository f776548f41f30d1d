"""This handbook as somebody reads it who has git, ssh-keygen and the specification's little program, but not `ems`.

What they compute is compared with what the commands say.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import yaml
from tests.examples import git
from tests.handbook.reading import DAY, ROOT, register
from tests.running import ems
from tests.stranger import digests, stock

Record = dict[str, Any]


@cache
def tree(commit: str) -> dict[str, bytes]:
    """The regular files of a commit below docs/ and approvals/, and the two policy files."""
    names = ["docs", "approvals", "ems.yml", "people.yml"]
    listed = git(ROOT, "ls-tree", "-r", "-z", commit, "--", *names).decode().rstrip("\0").split("\0")
    rows = [re.split(r"[ \t]", line, maxsplit=3) for line in listed]
    files = {path: blob for mode, _, blob, path in rows if mode in ("100644", "100755")}
    return {path: blob_of(blob) for path, blob in files.items()}


@cache
def blob_of(name: str) -> bytes:
    """The bytes of a blob."""
    return git(ROOT, "cat-file", "blob", name)


@cache
def records() -> dict[str, Record]:
    """Every record of HEAD, by path."""
    found = [path for path in tree("HEAD") if path.startswith("approvals/") and path.endswith(".json")]
    return {path: json.loads(tree("HEAD")[path]) for path in found}


@cache
def policies() -> list[str]:
    """The digests of all states of the policy files on main, oldest first."""
    line = git(ROOT, "log", "--first-parent", "--reverse", "--format=%H", "--", "ems.yml", "people.yml").decode()
    states = [tree(commit) for commit in line.split() if {"ems.yml", "people.yml"} <= tree(commit).keys()]
    return [digests.policy_digest(state["ems.yml"], state["people.yml"]) for state in states]


def test_every_record_lies_where_it_says_and_has_the_signature_of_its_person() -> None:
    people = yaml.safe_load(tree("HEAD")["people.yml"])["people"]
    assert len(records()) > 80
    for path, record in records().items():
        moment = record["decided_at"].replace("-", "").replace(":", "")
        name = f"r{record['revision']:03d}-{moment}-{record['by']['person']}-{record['action']}.json"
        assert path == f"approvals/{record['document']}/{name}"
        keys = [own["key"] for own in people[record["by"]["person"]]["keys"]]
        data, seal = tree("HEAD")[path], tree("HEAD")[path + ".sig"]
        assert any(stock(data, seal, key) for key in keys), path
    assert not stock(data + b" ", seal, keys[-1])


def test_prev_names_records_of_the_same_document_that_are_older() -> None:
    named = {digests.digest(tree("HEAD")[path]): record for path, record in records().items()}
    pairs = [(record, named[name]) for record in records().values() for name in record["prev"]]
    assert pairs
    assert all(a["document"] == b["document"] and a["decided_at"] >= b["decided_at"] for a, b in pairs)


def test_the_policy_is_a_chain_from_the_root_that_verify_prints() -> None:
    chain = sorted((r for r in records().values() if r["document"] == "policy"), key=lambda r: r["revision"])
    assert [record["revision"] for record in chain] == list(range(1, len(chain) + 1))
    places = [policies().index(record["digest"]) for record in chain]
    assert places == sorted(places)
    approved = {record["digest"] for record in chain}
    assert {record["policy_digest"] for record in records().values()} - approved == {None}
    verified = ems(ROOT, "verify", "--format", "json", day=DAY).json
    assert (verified["root"], verified["policy"]) == (chain[0]["digest"], chain[-1]["digest"])
    assert (verified["records"], verified["breaks"]) == (len(records()), [])
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"In force: {verified['levels']['signed']} signed. Trust root: {verified['root'][:15]}" in readme
    assert f"{verified['documents']} documents, {verified['records']} records, 0 breaks" in readme


def decided(document: str, path: str, commit: str) -> dict[str, str]:
    """The digest that records about a document name, and what the text of a commit gives."""
    text = yaml.load(digests.cut(digests.text_of(tree(commit)[path]))[0], yaml.BaseLoader)  # noqa: S506
    about = [r for r in records().values() if r["document"] == document and str(r["revision"]) == text["revision"]]
    about = [r for r in about if r["action"] != "reject"]
    return dict.fromkeys((r["digest"] for r in about), digests.content_digest(tree(commit), path))


def test_what_was_decided_about_is_what_stands_or_stood_on_main() -> None:
    rows = ems(ROOT, "register", "--format", "json", day=DAY).json["documents"]
    later = [row for row in rows if row["revision"] and row["revision"] != row["latest_revision"]]
    seen = 0
    for row in rows:
        found = decided(row["id"], row["path"], "HEAD")
        assert all(named == computed for named, computed in found.items()), row["id"]
        assert row in later or not row["revision"] or row["digest"] in found
        seen += len(found)
    assert seen > 50
    assert later
    for row in later:
        [old] = [r for r in told(row["id"]) if r["revision"] == row["revision"]]
        assert decided(row["id"], row["path"], old["commit"]) == {row["digest"]: row["digest"]}


def test_what_was_rejected_stood_on_main_and_is_not_what_stands() -> None:
    rejected = [record for record in records().values() if record["action"] == "reject"]
    assert rejected
    for record in rejected:
        row = next(r for r in register() if r["id"] == record["document"])
        line = git(ROOT, "log", "--first-parent", "--format=%H", "--", row["path"]).decode().split()
        assert record["digest"] in {digests.content_digest(tree(commit), row["path"]) for commit in line[:4]}
        assert record["digest"] != row["digest"]


def told(document: str) -> list[Record]:
    """The revisions of a document, as `ems history` tells them."""
    return list(ems(ROOT, "history", document, "--format", "json", day=DAY).json["revisions"])
