"""The published specification: its vectors come out, its generated parts are fresh, the code cites it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ems_control.documents.reading import read_document
from ems_control.ground.formats.digest import canonical_json, find_attachments, sha256
from ems_control.ground.formats.records import policy_digest, read_record
from ems_control.ground.formats.signatures import check, read_public_key
from ems_control.ground.organisation.policy import Policy
from tests.stranger import FOLDER, VECTORS, digests, files_of, stock
from tests.tools.make_specification import files

CONTENT = VECTORS["content"]
KIND = {"prefix": "EMS-PRO", "approve": "manager"}


def ours(vector: dict[str, Any]) -> str:
    """The content digest that `ems` computes."""
    tree, docs = files_of(vector), vector.get("docs_dir", "docs")
    facts = {"organisation": "Sample Works", "types": {"procedure": KIND}, "policy": "manager"}
    policy = Policy.model_validate({**facts, "docs_dir": docs, "fields": vector.get("fields", {})})
    path = vector["document"]
    file = read_document(tree[path], policy)
    found = find_attachments(file.body, path, docs, lambda p: p if p in tree else None, tree.__getitem__)
    return file.digest("ems-content/1", [(a.name, sha256(tree[a.path])) for a in found])


def test_a_stranger_runs_the_vectors(tmp_path: Path) -> None:
    line = [sys.executable, "-I", str(FOLDER / "digests.py")]
    done = subprocess.run([*line, str(FOLDER / "vectors.json")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == sum(map(len, (VECTORS[part] for part in ("content", "policy", "records"))))
    other = (FOLDER / "vectors.json").read_text(encoding="utf-8").replace("Yard drains", "Yard drain", 1)
    (tmp_path / "other.json").write_text(other, encoding="utf-8")
    done = subprocess.run([*line, str(tmp_path / "other.json")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.count("DIFFERS")) == (1, 1)


@pytest.mark.parametrize("vector", CONTENT, ids=lambda vector: vector["name"])
def test_ems_agrees_with_every_content_vector(vector: dict[str, Any]) -> None:
    assert ours(vector) == vector["digest"] == digests.digest(vector["canonical"].encode())
    assert canonical_json(json.loads(vector["canonical"])).decode() == vector["canonical"]


def test_vectors_show_what_they_say() -> None:
    by_name = {vector["name"]: vector["digest"] for vector in CONTENT + VECTORS["policy"]}
    same = [(v["name"], v["same_as"]) for v in CONTENT + VECTORS["policy"] if "same_as" in v]
    other = [(v["name"], v["differs_from"]) for v in CONTENT if "differs_from" in v]
    assert len(same) > 5
    assert len(other) > 5
    assert all(by_name[one] == by_name[two] for one, two in same)
    assert all(by_name[one] != by_name[two] for one, two in other)


@pytest.mark.parametrize("vector", VECTORS["policy"], ids=lambda vector: vector["name"])
def test_ems_agrees_with_every_policy_vector(vector: dict[str, Any]) -> None:
    found = files_of(vector)
    assert policy_digest(found["ems.yml"], found["people.yml"]) == vector["digest"]


@pytest.mark.parametrize("vector", VECTORS["records"], ids=lambda vector: vector["name"])
def test_the_record_and_its_signature_are_what_ems_and_stock_tools_take(vector: dict[str, Any]) -> None:
    data, seal = digests.bytes_of(vector["record"]), digests.bytes_of(vector["signature"])
    record = read_record(data)
    assert record.path == vector["path"]
    assert (record.digest, record.policy_digest) == (CONTENT[0]["digest"], VECTORS["policy"][0]["digest"])
    assert check(data, seal, vector["namespace"]).openssh_str() == read_public_key(vector["public_key"]).openssh_str()
    assert stock(data, seal, vector["public_key"], vector["namespace"])
    assert not stock(data + b" ", seal, vector["public_key"], vector["namespace"])


@pytest.mark.parametrize("name", sorted(files()))
def test_what_the_models_know_is_fresh(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == files()[name], "run: make specification"


def headings() -> set[str]:
    """The titles and headings of the specification."""
    pages = [path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")]
    lines = [line for page in pages for line in page.split("\n") if re.match(r"title:|#+ ", line)]
    return {re.sub(r"^(?:title:|#+) | \{#.*\}$", "", line) for line in lines}


def wrong_citations(text: str) -> list[str]:
    """References to the specification that lead to no heading, and such to a design that is not published."""
    flat = re.sub(r"\s+", " ", text)
    cited = re.findall(r"\(specification, ([^)]*)\)", flat)
    loose = flat.count("specification,") - len(cited)
    return [*(set(cited) - headings()), *re.findall(r"\b[Dd]esign section \d+", flat), *["specification,"] * loose]


def test_every_reference_to_the_specification_leads_to_a_heading() -> None:
    sources = sorted((Path(__file__).parents[2] / "plugins").rglob("*.py"))
    texts = {path.name: path.read_text(encoding="utf-8") for path in sources}
    assert sum(text.count("(specification,") for text in texts.values()) > 20
    assert not {name: wrong for name, text in texts.items() if (wrong := wrong_citations(text))}


def test_a_reference_that_leads_nowhere_is_found() -> None:
    assert wrong_citations("(specification,\n Content digest) and (specification, ems.yml)") == []
    assert wrong_citations("(specification, Contents digest), design section 5, specification, In force") == [
        "Contents digest",
        "design section 5",
        "specification,",
    ]
