"""The first hour of a new user: an empty folder, at most eight commands, no YAML by hand, a page in force."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.beginning_walk import BIN, Walk
from tests.beginnings import ANSWERS, SIGNED, git_says, write_answers
from tests.running import COMMAND, ems

CURRENT = {"en": "Current", "de": "Gültig", "nl": "Geldig"}


@pytest.mark.parametrize(("language", "signed"), [("en", False), ("en", True), ("de", True), ("nl", False)])
def test_from_an_empty_folder_to_a_page_in_force(tmp_path: Path, language: str, signed: bool) -> None:
    answers = write_answers(tmp_path, {**(SIGNED if signed else ANSWERS), "languages": [language]})
    walk = Walk(tmp_path, COMMAND, {})
    page = walk.to_a_page(answers, signed=signed, language=language)
    assert BIN[language] in page
    assert CURRENT[language] in page
    assert "DRAFT" not in page
    for word, told in zip(("ems new", "ems submit", "ems approve", "ems build"), walk.told[0:1] * 4, strict=True):
        assert word in told
    assert "ems submit EMS-PRO-001" in "".join(walk.told[1:4])  # each step names the next
    root = walk.root
    [line] = ems(root, "register", "--format", "json", day=None).json["documents"]
    assert (line["state"], line["evidence"]) == ("in force", "signed" if signed else "declared")
    assert line["approved_by"] == ["m.berg"]
    assert ems(root, "verify", day=None).status == 0
    found = json.loads(ems(root, "check", "--format", "json", day=None).out)["findings"]
    assert {one["rule"] for one in found} <= {"EMS803", "EMS409"}
    assert git_says(root, "status", "--porcelain") == ""  # nothing of the site is in git, nothing is left behind
    assert not [path for path in git_says(root, "ls-files").split() if path.startswith("site/")]
