"""What another distribution adds: a rule, a forge, a format of findings; installed beside us, not part of us."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples import ENVIRONMENT, make
from tests.forges.works import works
from tests.running import Outcome, ems, ems_process

RULES = '''
from ems_control.api import at_key, current, rule

@rule("ACME601", "title-shouts", "error")
def title_shouts(handbook):
    """The title is written in capitals.

    Checks: The title of every document.
    Fix: Write it as a sentence.
    """
    for document, version in current(handbook):
        if (version.metadata.title or "").isupper():
            yield at_key(document, version, "title", "the title shouts", "Write it in small letters.")
'''
FORGE = """
import json
from pathlib import Path
from ems_control.api import CONTROLS, PullRequest

class Acme:
    def __init__(self, url, repository, zone):
        self.url, self.repository = url, repository
    def pull_request(self, number):
        return PullRequest.model_validate_json(Path(self.url.removeprefix("file://")).read_text())
    def controls(self, branch):
        return dict.fromkeys(CONTROLS)
"""
FORMAT = """
def render(handbook, findings):
    return "".join(f"{one.rule}@{one.path}\\n" for one in findings) or "all well on " + str(handbook.day)
"""
POINTS = """
[ems_control.rules]
acme = acme_ems.rules

[ems_control.forges]
acme = acme_ems.forge:Acme

[ems_control.formats]
acme = acme_ems.report:render
"""
RULE = "[ems_control.rules]\nacme = acme_ems.rules"
SHOUTS = "docs/procedures/EMS-PRO-001.md\n  title: YARD DRAINS"


def install(folder: Path, points: str = POINTS, **modules: str) -> dict[str, str]:
    """A distribution as pip leaves it; gives the environment in which it is installed."""
    package = folder / "acme_ems"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    for name, source in {"rules": RULES, "forge": FORGE, "report": FORMAT, **modules}.items():
        (package / f"{name}.py").write_text(source)
    info = folder / "acme_ems-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-ems\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(points)
    return {**ENVIRONMENT, "PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}


def check(root: Path, env: dict[str, str], *options: str) -> Outcome:
    return ems_process(root, "check", "--as-of", "2026-03-01", *options, env=env)


def test_a_rule_is_added(tmp_path: Path) -> None:
    env, root = install(tmp_path / "installed"), make(tmp_path / "handbook", SHOUTS)
    found = check(root, env, "--format", "json")
    assert ("ACME601", "docs/procedures/EMS-PRO-001.md", 3) in found.findings
    assert found.status == 1
    assert "ACME601" not in [rule for rule, *_ in ems(root, "check", "--format", "json").findings]
    assert "ACME601" in ems_process(root, "rules", env=env).out
    assert "Write it as a sentence" in ems_process(root, "explain", "title-shouts", env=env).out
    (root / "ems.yml").write_text((root / "ems.yml").read_text() + "rules: {severity: {title-shouts: info}}\n")
    assert check(root, env).status == 0


def test_a_quiet_twin_passes(tmp_path: Path) -> None:
    env, root = install(tmp_path / "installed"), make(tmp_path / "handbook", "docs/index.md\n  = # Home")
    assert check(root, env, "--format", "json").json == ems(root, "check", "--format", "json").json


def test_evidence_is_judged_without_it(tmp_path: Path) -> None:
    env, root = install(tmp_path / "installed"), make(tmp_path / "handbook", f"signed\n{SHOUTS}\ncommit")
    assert ems_process(root, "verify", env=env).out == ems_process(root, "verify").out


def test_a_format_is_added(tmp_path: Path) -> None:
    env, root = install(tmp_path / "installed"), make(tmp_path / "handbook", SHOUTS)
    assert "ACME601@docs/procedures/EMS-PRO-001.md" in check(root, env, "--format", "acme").out.splitlines()
    known = check(root, env, "--format", "amce")
    assert (known.status, "amce" in known.err) == (2, True)


def test_a_forge_is_added_and_its_reviews_count_for_a_stranger_without_it(tmp_path: Path) -> None:
    env = install(tmp_path / "installed")
    made = works(tmp_path, forge="acme")
    made.branch()
    head = made.commit({"docs/procedures/EMS-PRO-001.md": DOCUMENT})
    pull = made.pull(head, made.merge(), [made.review("b.boss", head)])
    told = tmp_path / "told.json"
    told.write_text(json.dumps(pull))
    ask = ["record", "--forge", "acme", "--url", f"file://{told}", "--repository", "works/handbook", "--pull", "7"]
    assert "'acme' is not one of" in ems(made.root, *ask, *made.signing, day=None).err
    done = ems_process(made.root, *ask, *made.signing, env=env)
    assert done.status == 0, done.err
    assert [one["evidence"]["kind"] for one in made.records] == ["acme-review"]
    made.land()
    assert made.verify()["breaks"] == []
    assert (made.standing()["state"], made.standing()["evidence"]) == ("in force", "witnessed")


DOCUMENT = """\
---
id: EMS-PRO-001
title: Yard drains
revision: 1
status: submitted
owner: lead
revisions:
  - {revision: 1, date: 2026-01-05, author: a.author, change: First issue.}
---
Close valve V-3.
"""


@pytest.mark.parametrize("kind", ["gitlab-review", "Acme-review", "acme-vote", "review"])
def test_evidence_of_no_forge_is_malformed(tmp_path: Path, kind: str) -> None:
    root = make(
        tmp_path, f"signed\ndocs/procedures/EMS-PRO-002.md\ncommit\napprove EMS-PRO-002 by b.boss from {kind}\ncommit"
    )
    breaks = ems(root, "verify", "--format", "json", day=None).json["breaks"]
    assert [(one["name"], kind in one["message"]) for one in breaks] == [("record-malformed", True)]


@pytest.mark.parametrize(
    ("points", "modules", "said"),
    [
        (RULE, {"rules": RULES.replace("ACME601", "EMS999")}, "not EMS999"),
        (
            RULE,
            {"rules": RULES.replace("title-shouts", "rows-disagree")},
            "EMS201",
        ),
        ("[ems_control.rules]\nacme = acme_ems.nothing", {}, "acme of acme-ems cannot be loaded"),
        (RULE, {"rules": "def broken(:\n"}, "cannot be loaded"),
    ],
)
def test_what_cannot_be_added_is_said(tmp_path: Path, points: str, modules: dict[str, str], said: str) -> None:
    env, root = install(tmp_path / "installed", points, **modules), make(tmp_path / "handbook", "")
    done = check(root, env)
    assert (done.status, len(done.err.splitlines()), said in done.err) == (2, 1, True), done.err


def test_no_other_forge_takes_a_name_of_ours(tmp_path: Path) -> None:
    env = install(tmp_path / "installed", "[ems_control.forges]\ngithub = acme_ems.forge:Acme")
    made = works(tmp_path)
    ask = ["record", "--forge", "github", "--url", "file:///x", "--repository", "works/handbook", "--pull", "7"]
    done = ems_process(made.root, *ask, *made.signing, env=env)
    assert (done.status, "no other forge can be called github" in done.err) == (2, True)


def test_a_rule_in_a_new_file_is_found(tmp_path: Path) -> None:
    """Found by walking the package: in a new module, and in a module of a new folder; what imports it matters not."""
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper/__init__.py").touch()
    body = "from ems_control.rules.book import rule\n@rule('EMS8{n}', 'new-{n}', 'info')\ndef check(handbook): yield\n"
    (tmp_path / "fresh.py").write_text(body.replace("{n}", "98"))
    (tmp_path / "deeper/other.py").write_text(body.replace("{n}", "99"))
    program = (
        f"import ems_control.rules as rooms; rooms.__path__.append({str(tmp_path)!r})\n"
        "from ems_control.cli.main import main\nmain(['rules'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {"EMS898", "EMS899"} <= set(done.stdout.split())
