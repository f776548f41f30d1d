"""One judge for the check, the gate and the signature: `ems approve` refuses every error that a text can have.

Every rule that is an error is tried here by its own bad example, or stands in ELSEWHERE with the reason why no text of
one document has it. A new rule makes this test fail until it is placed.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ems_control.rules.book import Rule, rules
from tests.examples import git, make
from tests.running import Outcome, ems
from tests.signing import key_of

ERRORS = [rule for rule in rules() if rule.severity == "error"]
NO_DOCUMENT = {"EMS101", "EMS102", "EMS104"}
"""The page of the example is no document, so there is nothing to sign; titles that are cut: test_before_signing.py."""
POLICY = {rule.code for rule in ERRORS if rule.family == 8} - {"EMS812", "EMS820", "EMS821", "EMS822"}
"""About ems.yml and people.yml: `ems approve policy` refuses them."""
REASONS = {
    "a record that has landed; one about to be written is judged by the same code: tests/attacks/test_refused.py": (
        [f"EMS{number}" for number in (*range(320, 333), 336, 337, 721, 820)]
    ),
    "what once stood on main; a text about to be signed is judged by the same code (test_waiting.py)": ["EMS333"],
    "a file that is gone, so nothing is left to sign": ["EMS335", "EMS704"],
    "the clone, the change or the move as a whole, whatever document it touches": (
        ["EMS410", "EMS701", "EMS711", "EMS712", "EMS720", "EMS723", "EMS724"]
    ),
    "files and settings that no document shows": ["EMS514", "EMS705", "EMS706", "EMS707", "EMS718"],
    "only the gate knows it before it lands; refused by approve in tests/attacks/test_waiting.py": ["EMS210"],
    "signing the policy is its remedy": ["EMS812", "EMS821"],
    "a document that a policy in force has given up; the gate of that policy names it": ["EMS822"],
}
ELSEWHERE = {code: reason for reason, codes in REASONS.items() for code in codes}


def approve(root: Path, name: str) -> Outcome:
    """Everything committed, b.boss signs."""
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "All of it")
    key = root.parent / "key"
    key.write_bytes(key_of("b.boss").private)
    key.chmod(0o600)
    return ems(root, "approve", name, "--as", "b.boss", "--key", str(key), day=None)


@pytest.mark.parametrize(
    "rule", [r for r in ERRORS if r.code not in {*ELSEWHERE, *POLICY, *NO_DOCUMENT}], ids=lambda rule: rule.code
)
def test_approve_refuses_what_the_check_calls_an_error(rule: Rule, tmp_path: Path) -> None:
    root = make(tmp_path / "handbook", rule.section("Bad"))
    found = json.loads(ems(root, "check", "--format", "json").out)["findings"]
    named = {one["document"] for one in found if one["rule"] == rule.code} - {""}
    assert named, found
    for document in named:
        outcome = approve(root, document)
        assert (outcome.status, rule.code in outcome.err) == (2, True), outcome.err
        assert not git(root, "status", "--porcelain"), "nothing was written"


@pytest.mark.parametrize("code", sorted(NO_DOCUMENT))
def test_a_page_that_is_no_document_cannot_be_signed(code: str, tmp_path: Path) -> None:
    rule = next(one for one in ERRORS if one.code == code)
    root = make(tmp_path / "handbook", rule.section("Bad"))
    page = next(one["path"] for one in ems(root, "check", "--format", "json").json["findings"] if one["rule"] == code)
    outcome = approve(root, Path(page).stem)
    assert (outcome.status, "there is no document" in outcome.err) == (2, True)


@pytest.mark.parametrize("rule", [r for r in ERRORS if r.code in POLICY], ids=lambda rule: rule.code)
def test_the_policy_is_not_signed_with_an_error(rule: Rule, tmp_path: Path) -> None:
    outcome = approve(make(tmp_path / "handbook", rule.section("Bad")), "policy")
    assert (outcome.status, rule.code in outcome.err) == (2, True), outcome.err


def test_every_rule_that_is_an_error_has_its_place() -> None:
    assert set(ELSEWHERE) | POLICY | NO_DOCUMENT <= {rule.code for rule in ERRORS}
