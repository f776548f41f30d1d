"""The history of a real handbook: 201 documents, 298 commits (the folder is EMS_SHARED/corpus, see its README)."""

from __future__ import annotations

import lzma
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.examples import ENVIRONMENT, git
from tests.running import Outcome, ems, ems_process

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("EMS_SHARED") or ROOT.parent / "shared").resolve() / "corpus/playbook.fast-export.xz"
DAY = "2026-07-01"
POLICY = """\
organisation: Digital playbook
docs_dir: src
timezone: Europe/London
fields:
  id: issuesheet.reference
  owner: issuesheet.owner
  approved_by: issuesheet.approved_by
  approved_on: issuesheet.approval_date
  revisions: issuesheet.revisions
  revisions.revision: version
  revisions.author: amended_by
  revisions.change: details
controlled: ["security/**", "technologies/**", how-to-contribute/document-control.md]
uncontrolled: ["**/index.md"]
types:
  standard: {prefix: STD, review_months: 12, approve: design-authority}
policy: design-authority
"""
PEOPLE = """\
roles: {design-authority: Technical Design Authority, software-lead: Head of Software Engineering}
people:
  person-01: {name: Person 01, emails: [person-01@example.org], roles: [{role: design-authority, from: 2019-01-01}]}
  person-20:
    name: Person 20
    emails: [person-20@example.org]
    roles: [{role: design-authority, from: 2019-01-01, deputy: true}]
"""
SITE = """\
site_name: Digital playbook
docs_dir: src
theme: {name: material, font: false}
plugins: [search, ems-control]
"""
"""Pages whose first commit copies a file that this commit leaves alone: `git log --follow` compares a new file with
every file there is, one log over the repository only with those that the same commit changes."""


def restore(folder: Path) -> Path:
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    with lzma.open(CORPUS) as file:
        git(folder, "fast-import", "--quiet", stdin=file.read())
    git(folder, "checkout", "-q", "main")
    return folder


@pytest.fixture(scope="module")
def playbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The handbook as it is."""
    return restore(tmp_path_factory.mktemp("corpus") / "playbook")


@pytest.fixture(scope="module")
def governed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The handbook with a policy that says where its facts stand."""
    root = restore(tmp_path_factory.mktemp("corpus") / "governed")
    for name, text in {"ems.yml": POLICY, "people.yml": PEOPLE, "mkdocs.yml": SITE}.items():
        (root / name).write_text(text, encoding="utf-8")
    return root


def lines(root: Path, *arguments: str) -> list[str]:
    return git(root, *arguments).decode().split("\n")[:-1]


# --- faults ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report(governed: Path) -> Any:
    """The result of `ems check` as JSON."""
    outcome = ems(governed, "check", "--format", "json", day=DAY)
    assert (outcome.status, outcome.err) == (1, "")
    return outcome.json


def test_the_kinds_of_faults(report: Any) -> None:
    rules = {finding["rule"] for finding in report["findings"]}
    assert rules == {"EMS106", "EMS108", "EMS111", "EMS113", "EMS119", "EMS502", "EMS504", "EMS508", "EMS513"}
    assert report["summary"]["errors"] == len(report["findings"])


def test_lists_that_the_forge_nests_and_the_page_does_not(report: Any) -> None:
    places = Counter(f["path"] for f in report["findings"] if f["rule"] == "EMS119")
    assert places == {
        "src/security/content-security-policy.md": 10,
        "src/security/tech-node-dependency-chain-abuse.md": 6,
        "src/technologies/tech-patching.md": 1,
    }


def test_what_to_write_instead_goes_by_what_is_wrong_not_by_words_beside_it(report: Any) -> None:
    deeper = "who approves sees a point at depth 2 here, who reads the page a point at depth 1"
    fixes = {f["fix"].split(":")[0] for f in report["findings"] if f["message"] == deeper}
    assert fixes == {"Nest by four columns a level"}


def test_every_fault_names_a_place(report: Any, governed: Path) -> None:
    for finding in report["findings"]:
        text = (governed / finding["path"]).read_text(encoding="utf-8").split("\n")
        assert 1 <= finding["line"] <= len(text)
        assert finding["message"]
        assert finding["fix"]


def test_no_document_has_an_id(report: Any) -> None:
    without = {
        f["path"] for f in report["findings"] if f["rule"] == "EMS106" and "issuesheet.reference" in f["message"]
    }
    assert without == {
        "src/how-to-contribute/document-control.md",
        "src/security/content-security-policy.md",
        "src/security/security-headers.md",
        "src/security/tech-node-dependency-chain-abuse.md",
        "src/technologies/tech-cloud.md",
        "src/technologies/tech-java.md",
        "src/technologies/tech-node.md",
        "src/technologies/tech-patching.md",
        "src/technologies/tech-release-adoption-schedule.md",
    }


@pytest.mark.parametrize(
    ("rule", "path", "line", "words"),
    [
        ("EMS111", "how-to-contribute/document-control.md", 13, '"Owner Role", which only keeps a place'),
        ("EMS111", "how-to-contribute/document-control.md", 16, '"Approval body", which only keeps a place'),
        ("EMS108", "how-to-contribute/document-control.md", 21, '"1.0 RC-1" is not a whole number'),
        ("EMS113", "security/content-security-policy.md", 16, '"Security Operations Manager" is no role of people.yml'),
        ("EMS113", "security/security-headers.md", 16, '"Security Operations Manager" is no role of people.yml'),
        ("EMS108", "security/content-security-policy.md", 5, "status must be one of"),
        ("EMS108", "security/content-security-policy.md", 29, '"1.1" is not a whole number'),
        ("EMS106", "technologies/tech-patching.md", 14, "issuesheet.owner is missing"),
        ("EMS106", "technologies/tech-cloud.md", 1, "issuesheet.revisions is missing"),
        ("EMS504", "development/coding-peer-review.md", 20, '"../images/code-review-process.png" is not there'),
        ("EMS508", "delivery/agile-delivery.md", 211, 'raw HTML refers to "../images/planning-poker.png"'),
    ],
)
def test_fault(report: Any, rule: str, path: str, line: int, words: str) -> None:
    places = [(f["rule"], f["path"], f["line"]) for f in report["findings"] if words in f["message"]]
    assert places.count((rule, f"src/{path}", line)) == 1


def test_what_is_not_controlled_is_only_checked_for_its_links(report: Any) -> None:
    controlled = ("src/security/", "src/technologies/", "src/how-to-contribute/document-control.md")
    others = Counter(f["rule"] for f in report["findings"] if not f["path"].startswith(controlled))
    assert set(others) == {"EMS502", "EMS504", "EMS508", "EMS513"}


@pytest.mark.parametrize("command", ["register", "check"])
def test_reading_commands_end_well(governed: Path, command: str) -> None:
    outcome = ems_process(governed, command, "--as-of", DAY)
    assert outcome.status == (1 if command == "check" else 0)
    assert "Traceback" not in outcome.out + outcome.err


# --- the site -------------------------------------------------------------------------------------------------


def built(root: Path, site: Path) -> Outcome:
    return ems_process(root, "build", "--site-dir", str(site), env=ENVIRONMENT)


def test_the_site_is_built(governed: Path, tmp_path: Path) -> None:
    outcome = built(governed, tmp_path / "site")
    assert (outcome.status, outcome.out) == (0, "")
    assert "Traceback" not in outcome.err
    assert (tmp_path / "site/index.html").is_file()
    pages = {path.parent.relative_to(tmp_path / "site").as_posix() for path in (tmp_path / "site").rglob("index.html")}
    assert {"development/coding-clean-code", "data/data-visualisation/charts/chart-types", "documents"} <= pages
    assert not {"security/security-headers", "technologies/tech-patching"} & pages
