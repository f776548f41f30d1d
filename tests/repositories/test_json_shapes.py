"""The JSON of every command against the specification: no key that it does not list, none listed that never comes."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.examples import git, make
from tests.forges.fake_protection import ADMINISTRATOR, Gitea
from tests.forges.keeping import kept
from tests.forges.serving import serving
from tests.forges.town import TOKEN
from tests.forges.works import PRO, WITNESSED, text, works
from tests.handbook.reading import ROOT
from tests.running import Outcome, ems
from tests.signing import moment, sign
from tests.stranger import FOLDER

Shapes = dict[str, list[Any]]


def specified() -> dict[str, set[str]]:
    """Each command of the specification to the paths of its keys: `findings[].rule`."""
    page = (FOLDER / "commands.md").read_text(encoding="utf-8")
    found = {}
    for chapter in re.split(r"^### ", page, flags=re.MULTILINE)[1:]:
        rows = re.findall(r"^\| (`.*?`) \|", chapter, re.MULTILINE)
        found[chapter.split("\n")[0]] = {key for row in rows for key in re.findall(r"`([^`]+)`", row)}
    return found


def paths(value: Any, head: str = "") -> Iterator[str]:
    """The paths of everything in a JSON value; a list or group that holds nothing names itself."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from paths(inner, f"{head}.{key}" if head else key)
    elif isinstance(value, list) and value:
        for inner in value:
            yield from paths(inner, head + "[]")
    else:
        yield head + "[]" * isinstance(value, list)


def unlisted(given: list[Any], listed: set[str]) -> set[str]:
    """What commands gave and the specification does not list; a list or group that is empty or null is fine."""
    found = {path for one in given for path in paths(one)}
    return {path for path in found if not any(k == path or k.startswith((path + ".", path + "[]")) for k in listed)}


def missing(given: list[Any], listed: set[str]) -> set[str]:
    """What the specification lists and no command gave."""
    return listed - {path for one in given for path in paths(one)}


SPECIFIED = specified()
FINDINGS = {"ems check": "findings[]", "ems check --person": "findings[]", "ems verify": "breaks[]"}


def told(outcome: Outcome) -> Any:
    """The JSON of a command that did its work."""
    assert outcome.status in (0, 1), outcome.err
    return outcome.json


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Shapes:
    """What each command says about handbooks that have something of everything."""
    top = tmp_path_factory.mktemp("shapes")
    found: Shapes = defaultdict(list)
    _sample(found)
    _judged(found, make(top / "judged", "ems.yml\n  rules: {waivers: [" + WAIVER + "]}\nsigned\n" + OVERDUE))
    _proposed(found, top / "proposed")
    _at_a_forge(found, top / "forge")
    kept = make(top / "kept", KEPT)
    found["ems matrix"].append(told(ems(kept, "matrix", "--standard", "iso-14001:2026", "--format", "json")))
    return found


KEPT = """
docs/procedures/records.csv
  = id,evidence_for,kept_where,keeper,keep_for
  = R1,iso-14001:2026/8.1,,lead,
docs/procedures/EMS-PRO-001.md
  > ## Drains {#drains}
  >
  > [Records](records.csv){ .table }
"""
WAIVER = "{rule: review-overdue, document: EMS-PRO-002, reason: Waits for a permit., until: 2030-01-01}"
OVERDUE = "docs/procedures/EMS-PRO-002.md\n  review_by: 2026-02-01\ncommit\napprove EMS-PRO-002 by b.boss\ncommit"


def _sample(found: Shapes) -> None:
    """The handbook of this repository."""
    commands = {
        "ems check": ["check"],
        "ems check --person": ["check", "--person", "j.devries"],
        "ems verify": ["verify"],
        "ems register": ["register"],
        "ems matrix": ["matrix", "--standard", "iso-14001:2026"],
        "ems matrix --inverse": ["matrix", "--inverse"],
        "ems matrix --standard document-control": ["matrix", "--standard", "document-control"],
        "ems history": ["history", "EMS-PRO-008"],
        "ems show": ["show", "EMS-PRO-008"],
        "ems diff": ["diff", "EMS-PRO-008"],
    }
    for name, line in commands.items():
        found[name].append(told(ems(ROOT, *line, "--format", "json", day="2026-11-22")))
    found["ems register"].append(told(ems(ROOT, "register", "--format", "json", day="2026-03-14")))
    found["ems history"].append(told(ems(ROOT, "history", "EMS-FRM-003", "--format", "json", day="2026-11-26")))
    overdue = ["check", "--person", "a.demir", "--format", "json"]
    found["ems check --person"].append(told(ems(ROOT, *overdue, day="2026-11-22")))
    found["ems matrix"] += told(ems(ROOT, "matrix", "--format", "json", day="2026-11-22"))["standards"]
    found["ems rules"].append(told(ems(ROOT, "rules", "--format", "json", day=None)))
    found["ems doctor"].append(told(ems(ROOT, "doctor", "--format", "json", day=None)))
    explained = told(ems(ROOT, "explain", "EMS203", "--format", "json", day=None))
    assert explained.keys() - {"version"} == found["ems rules"][0]["rules"][0].keys()


def _judged(found: Shapes, root: Path) -> None:
    """A waiver that is used, a record that is idle, one that is broken and one that corrects another."""
    nowhere = "sha256:" + hashlib.sha256(b"nowhere").hexdigest()
    wrong = sign(root, "EMS-PRO-001", "c.deputy", "approve", moment(date(2026, 2, 1)), key="a.author")
    sign(root, "EMS-PRO-001", "b.boss", "approve", moment(date(2026, 2, 1)), digest=nowhere, revision=2)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Records", day=date(2026, 2, 1))
    found["ems verify"].append(told(ems(root, "verify", "--format", "json")))
    found["ems check"].append(told(ems(root, "check", "--format", "json")))
    name = "sha256:" + hashlib.sha256(wrong.read_bytes()).hexdigest()
    sign(root, "EMS-PRO-001", "b.boss", "correct", moment(date(2026, 2, 2)), corrects=name)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Corrected", day=date(2026, 2, 2))
    found["ems verify"].append(told(ems(root, "verify", "--format", "json")))


def _proposed(found: Shapes, folder: Path) -> None:
    """A pull request with a review that counts and one that does not; then a signature by hand."""
    folder.mkdir()
    made = works(folder, policy=WITNESSED)
    made.branch()
    head = made.commit({PRO: text(body="Close valve V-3.")})
    line = ["reviewers", "--base", "main", "--format", "json"]
    found["ems reviewers"].append(told(ems(made.root, *line, day=None)))
    pull = made.pull(head, made.merge(), [made.review("b.boss", head), made.review("a.author", head)])
    found["ems record"].append(told(made.record(pull, "--format", "json", "--dry-run")))
    key = folder / "b.boss"
    key.write_bytes(made.boss.private)
    key.chmod(0o600)
    line = ["approve", "EMS-PRO-001", "--as", "b.boss", "--key", str(key), "--format", "json"]
    found["ems approve"].append(told(ems(made.root, *line, day=None)))


def _at_a_forge(found: Shapes, folder: Path) -> None:
    """One request that was merged, with a review that counts and one that does not; one open, one to another branch."""
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch, kept(works(folder, forge="gitea", documents={})) as one:
        patch.setenv("GITEA_TOKEN", TOKEN)
        head = one.propose({PRO: text()})
        one.approve(head)
        one.approve(head, account=55)
        one.merge()
        one.propose({PRO: text(revision=2)}, 8, "next")
        one.propose({PRO: text(revision=2)}, 9, "other", target="elsewhere", base=head)
        one.town.refused[33] = (422, "Reviewer cannot read")
        one.propose({"docs/instructions/EMS-WI-001.md": text("EMS-WI-001")}, 10, "third")
        one.town.refused[44] = (422, "Reviewer cannot read")
        found["ems keep"].append(told(one.keep("--format", "json", status=1)))
        found["ems forge setup"] += _protected(one.made.root)


def _protected(root: Path) -> list[Any]:
    """What would be set, and what was, where the forge refuses a part of it."""
    settings = Gitea()
    settings.tags = None
    given = [told(ems(root, "forge", "setup", "gitlab", "--format", "json", day=None))]
    with pytest.MonkeyPatch.context() as patch, serving(settings) as server:
        patch.setenv("GITEA_TOKEN", ADMINISTRATOR)
        line = ["forge", "setup", "gitea", "--url", server.url, "--repository", "works/handbook", "--apply"]
        given.append(told(ems(root, *line, "--format", "json", day=None)))
    for one in given:  # what is sent has the shape that the forge asks for
        for step in one["steps"]:
            step["body"] = None
        for setting in one["settings"]:
            setting |= {"wanted": str(setting["wanted"])} | ({"found": ""} if "found" in setting else {})
    rulesets = told(ems(root, "forge", "setup", "github", "--format", "json", day=None))["rulesets"]
    assert all("rules" in one for one in rulesets)
    return given


@pytest.mark.parametrize("name", sorted(name for name in SPECIFIED if name.startswith("ems ")))
def test_a_command_gives_what_the_specification_lists(given: Shapes, name: str) -> None:
    listed = set(SPECIFIED[name])
    if name in FINDINGS:
        listed = listed - {FINDINGS[name]} | {f"{FINDINGS[name]}.{key}" for key in SPECIFIED["Findings"]}
    assert unlisted(given[name], listed) == set()
    assert missing(given[name], listed) == set()
    assert all(one["version"] == 1 for one in given[name])


def test_a_renamed_key_is_found(given: Shapes) -> None:
    listed = SPECIFIED["ems show"]
    renamed = [{("text" if key == "body" else key): value for key, value in one.items()} for one in given["ems show"]]
    assert (unlisted(renamed, listed), missing(renamed, listed)) == ({"text"}, {"body"})


def test_every_command_that_gives_json_is_specified(given: Shapes) -> None:
    assert set(given) == {name for name in SPECIFIED if name.startswith("ems ")}
