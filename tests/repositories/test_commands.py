"""The reading commands: shapes of the Contract, exit statuses, and the states of a document moment by moment."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.examples import git, make
from tests.running import DAY, Outcome, ems, ems_process

Build = Callable[..., Path]

DOCUMENT = "docs/procedures/EMS-PRO-001.md"
ROW_1 = "    - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}\n"


def revised(number: int, *keys: str, body: str = "Close valve V-3 within five minutes.") -> str:
    """A step that makes EMS-PRO-001 a further revision; `keys` are lines of front matter."""
    rows = "".join(
        f"    - {{revision: {n}, date: 2026-01-10, author: a.author, class: substantive, change: Limit {n} is new.}}\n"
        for n in range(number, 1, -1)
    )
    lines = "".join(f"  {key}\n" for key in keys)
    text = f"  > ## Drains {{#drains}}\n  >\n  > {body}\n"
    return f"{DOCUMENT}\n  revision: {number}\n{lines}  revisions:\n{rows}{ROW_1}{text}"


APPROVED = ("approved_on: 2026-01-15", "effective:")
UNAPPROVED = ("approved_by:", "approved_on:", "effective:")
DRAFT = ("status: draft", *UNAPPROVED)


def row(root: Path, document: str = "EMS-PRO-001", day: str = DAY) -> dict[str, Any]:
    """The line of a document in the register."""
    found = [
        line for line in ems(root, "register", "--format", "json", day=day).json["documents"] if line["id"] == document
    ]
    assert len(found) == 1
    line: dict[str, Any] = found[0]
    return line


def state(root: Path, day: str = DAY) -> tuple[str, int | None, int]:
    """State, revision in force and latest revision of EMS-PRO-001."""
    line = row(root, day=day)
    return line["state"], line["revision"], line["latest_revision"]


def listed(root: Path, day: str) -> list[str]:
    """The ids in the register."""
    return [line["id"] for line in ems(root, "register", "--format", "json", day=day).json["documents"]]


def found(root: Path, *severities: str) -> set[str]:
    """The rules that `check` finds broken at these severities (default: error); its exit status must agree."""
    outcome = ems(root, "check", "--format", "json")
    findings = outcome.json["findings"]
    assert outcome.status == (1 if any(f["severity"] == "error" for f in findings) else 0)
    return {f["rule"] for f in findings if f["severity"] in (severities or ("error",))}


# --- shapes ---------------------------------------------------------------------------------------------------------

TEXT, NUMBER, FLAG, NONE = str, int, bool, type(None)
SHAPES: dict[str, dict[str, tuple[type, ...]]] = {
    "finding": {
        "rule": (TEXT,), "name": (TEXT,), "severity": (TEXT,), "path": (TEXT,), "line": (NUMBER,),
        "column": (NUMBER,), "document": (TEXT,), "message": (TEXT,), "fix": (TEXT,),
    },
    "register": {
        "id": (TEXT,), "title": (TEXT,), "type": (TEXT,), "state": (TEXT,), "revision": (NUMBER, NONE),
        "effective": (TEXT, NONE), "owner": (TEXT, NONE), "review_by": (TEXT, NONE), "overdue": (FLAG,),
        "approved_on": (TEXT, NONE), "approved_by": (list,), "evidence": (TEXT, NONE), "clauses": (list,),
        "path": (TEXT,), "digest": (TEXT, NONE), "latest_revision": (NUMBER, NONE), "upcoming": (dict, NONE),
    },
    "matrix": {
        "clause": (TEXT,), "title": (TEXT,), "assessable": (FLAG,), "documents": (list,), "duty": (TEXT,),
        "weak": (FLAG,),
    },
    "history": {
        "revision": (NUMBER,), "state": (TEXT,), "date": (TEXT, NONE), "effective": (TEXT, NONE),
        "author": (TEXT, NONE), "change": (TEXT, NONE), "digest": (TEXT, NONE), "commit": (TEXT, NONE),
        "approvals": (list,),
    },
    "approval": {
        "person": (TEXT,), "role": (TEXT,), "decided_at": (TEXT,), "landed": (TEXT,), "level": (TEXT,),
    },
}  # fmt: skip


def assert_shape(value: dict[str, Any], name: str) -> None:
    for key, types in SHAPES[name].items():
        assert type(value[key]) in types, (key, value[key])


def mixed(handbook: Build) -> Path:
    """A document in force with a finding, one upcoming, one draft."""
    return handbook(
        "docs/procedures/EMS-PRO-002.md\n  title: Spills\n  effective: 2026-06-01\n"
        "docs/procedures/EMS-PRO-003.md\n  title: Noise\n  status: draft\n  approved_by:\n  approved_on:\n  clauses:\n"
        f"commit\n{DOCUMENT}\n  > ## Drains {{#drains}}\n  >\n  > Open valve V-3.\n"
    )


def test_check_has_the_shape_of_the_contract(handbook: Build) -> None:
    outcome = ems(mixed(handbook), "check", "--format", "json")
    data = outcome.json
    assert (outcome.status, data["version"], data["as_of"]) == (1, 1, DAY)
    assert set(data["summary"]) >= {"documents", "errors", "warnings"}
    assert data["summary"]["documents"] == 3
    assert data["summary"]["errors"] == sum(f["severity"] == "error" for f in data["findings"]) > 0
    for finding in data["findings"]:
        assert_shape(finding, "finding")
    (found,) = [f for f in data["findings"] if f["rule"] == "EMS203"]
    assert (found["severity"], found["path"], found["line"]) == ("error", DOCUMENT, 5)
    assert (found["document"], found["name"]) == ("EMS-PRO-001", "content-changed-without-revision")


FROM_PAPER = """\
docs/procedures/EMS-PRO-001.md
  revision: 3
  revisions:
    - {revision: 3, date: 2025-12-01, author: a.author, class: substantive, change: Gate added.}
    - {revision: 2, date: 2022-05-01, effective: 2022-06-01, author: a.author, change: "Valve \\x1b[31mnamed."}
    - {revision: 1, date: 2020-05-01, author: a.author, change: First issue.}
"""


@pytest.mark.parametrize(
    ("day", "revision", "since"),
    [
        ("2020-04-30", None, None),
        ("2020-05-01", 1, "2020-05-01"),
        ("2022-05-31", 1, "2020-05-01"),
        ("2022-06-01", 2, "2022-06-01"),
        ("2025-12-31", 2, "2022-06-01"),
        ("2026-03-01", None, None),
    ],
)
def test_the_list_of_a_past_day_says_what_it_does_not_know(
    handbook: Build, day: str, revision: int | None, since: str | None
) -> None:
    root = handbook(FROM_PAPER)
    told = ems(root, "register", "--format", "json", day=day).json["without_text"]
    expected = [{"id": "EMS-PRO-001", "title": "Yard drains", "revision": revision, "since": since}]
    assert told == (expected if revision else [])
    table, csv_ = ems(root, "register", day=day), ems(root, "register", "--format", "csv", day=day)
    said = f"EMS-PRO-001 Yard drains: revision {revision}, since {since}"
    assert (said in table.out, said in csv_.err) == (bool(revision), bool(revision))
    assert ("Not in this list: 1 document of which" in table.out) is bool(revision)
    assert table.err == ""


def test_register_has_the_shape_of_the_contract(handbook: Build) -> None:
    data = ems(mixed(handbook), "register", "--format", "json").json
    assert (data["version"], data["as_of"]) == (1, DAY)
    in_force, upcoming, draft = data["documents"]
    for line in data["documents"]:
        assert_shape(line, "register")
    assert in_force | {"digest": in_force["digest"][:7]} == in_force | {
        "id": "EMS-PRO-001", "title": "Yard drains", "type": "procedure", "state": "in force", "revision": 1,
        "effective": "2026-01-01", "owner": "lead", "review_by": "2028-01-05", "overdue": False,
        "approved_on": "2025-12-10", "approved_by": ["b.boss"], "evidence": "declared",
        "clauses": ["iso-14001:2015/8.1#drains", "iso-14001:2026/8.1#drains"], "path": DOCUMENT, "digest": "sha256:",
        "latest_revision": 1, "upcoming": None,
    }  # fmt: skip
    assert (upcoming["state"], upcoming["upcoming"]) == ("upcoming", {"revision": 1, "effective": "2026-06-01"})
    for line in (upcoming, draft):
        assert [line[key] for key in ("revision", "digest", "evidence", "approved_on")] == [None] * 4
        assert line["approved_by"] == []
    assert (draft["state"], draft["upcoming"]) == ("draft", None)


@pytest.mark.parametrize(("standard", "assessable"), [("iso-14001:2015", 32), ("iso-14001:2026", 35), ("emas", 72)])
def test_matrix_has_the_shape_of_the_contract(handbook: Build, standard: str, assessable: int) -> None:
    data = ems(handbook(), "matrix", "--standard", standard, "--format", "json").json
    assert (data["version"], data["standard"], data["as_of"]) == (1, standard, DAY)
    for clause in data["clauses"]:
        assert_shape(clause, "matrix")
        assert clause["duty"] in ("met", "unmet", "none")
    assessed = [c for c in data["clauses"] if c["assessable"]]
    assert len(assessed) == assessable
    assert data["gaps"] == [c["clause"] for c in assessed if not c["documents"]]
    assert data["unmet"] == [c["clause"] for c in data["clauses"] if c["duty"] == "unmet"]
    answered = {c["clause"] for c in assessed if c["documents"] == ["EMS-PRO-001"]}
    assert answered == ({"A.8.1"} if standard == "emas" else {"8.1"})


def test_matrix_of_every_claimed_standard_and_of_one_not_claimed(handbook: Build) -> None:
    root = handbook("ems.yml\n  standards: [iso-14001:2015, emas]")
    assert [m["standard"] for m in ems(root, "matrix", "--format", "json").json["standards"]] == [
        "iso-14001:2015",
        "emas",
    ]
    other = ems(root, "matrix", "--standard", "iso-14001:2026", "--format", "json")
    assert (other.status, other.json["standard"]) == (0, "iso-14001:2026")


def test_matrix_names_only_what_is_in_force(handbook: Build) -> None:
    root = handbook(f"{DOCUMENT}\n  effective: 2026-06-01\n")

    def clause(day: str) -> dict[str, Any]:
        data = ems(root, "matrix", "--standard", "iso-14001:2026", "--format", "json", day=day).json
        return next(c for c in data["clauses"] if c["clause"] == "8.1")

    assert (clause(DAY)["documents"], clause(DAY)["weak"]) == ([], True)
    assert clause("2026-06-01")["documents"] == ["EMS-PRO-001"]


def test_history_has_the_shape_of_the_contract(handbook: Build) -> None:
    root = handbook("commit\n" + revised(2, *APPROVED) + "commit 2026-02-01\n" + revised(3, *DRAFT) + "commit")
    data = ems(root, "history", "ems-pro-001", "--format", "json").json
    assert (data["version"], data["document"]) == (1, "EMS-PRO-001")
    for line in data["revisions"]:
        assert_shape(line, "history")
        for approval in line["approvals"]:
            assert_shape(approval, "approval")
    assert [(r["revision"], r["state"]) for r in data["revisions"]] == [
        (3, "draft"),
        (2, "in force"),
        (1, "superseded"),
    ]
    commits = git(root, "log", "--format=%H").decode().split()
    assert [r["commit"] for r in data["revisions"]] == commits
    assert len({r["digest"] for r in data["revisions"]}) == 3
    (approval,) = data["revisions"][1]["approvals"]
    assert (approval["person"], approval["role"], approval["level"]) == ("b.boss", "manager", "declared")
    assert (approval["decided_at"][:10], approval["landed"][:10]) == ("2026-01-15", "2026-02-01")
    assert data["revisions"][0]["approvals"] == []


def test_revision_from_before_git_has_no_text(handbook: Build) -> None:
    root = handbook(revised(2))
    older = ems(root, "history", "EMS-PRO-001", "--format", "json").json["revisions"][1]
    assert (older["revision"], older["digest"], older["commit"], older["approvals"]) == (1, None, None, [])
    shown = ems(root, "show", "EMS-PRO-001", "--revision", "1")
    assert shown.status == 2
    assert "revision 1 is not in this repository. Here are: 2." in shown.err


@pytest.mark.parametrize("shape", ["table", "csv"])
def test_register_lists_every_document_once(handbook: Build, shape: str) -> None:
    outcome = ems(mixed(handbook), "register", "--format", shape)
    assert outcome.status == 0
    for document in ("EMS-PRO-001", "EMS-PRO-002", "EMS-PRO-003"):
        assert outcome.out.count(document) == (1 if shape == "table" else 2), "id, and path in the csv"


@pytest.mark.parametrize("command", [["register"], ["matrix"], ["history", "EMS-PRO-001"]])
def test_csv_is_a_rectangle_with_a_heading(handbook: Build, command: list[str]) -> None:
    rows = list(csv.reader(io.StringIO(ems(mixed(handbook), *command, "--format", "csv").out)))
    assert len(rows) > 1
    assert {len(line) for line in rows} == {len(rows[0])}
    assert all(rows[0])


def test_output_goes_to_a_file_and_not_to_the_terminal(handbook: Build, tmp_path: Path) -> None:
    root, target = handbook(), tmp_path / "list.json"
    outcome = ems(root, "register", "--format", "json", "--output", str(target))
    assert (outcome.status, outcome.out) == (0, "")
    assert json.loads(target.read_text("utf-8"))["documents"][0]["id"] == "EMS-PRO-001"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["list.json"]


# --- show and diff --------------------------------------------------------------------------------------------------


def test_show_prints_exactly_the_body_in_force(handbook: Build) -> None:
    root = handbook("commit\n" + revised(2, *DRAFT) + "commit")
    committed = git(root, "show", f"HEAD~1:{DOCUMENT}").decode()
    body = committed.split("\n---\n", 1)[1]
    assert ems(root, "show", "EMS-PRO-001") == Outcome(0, body, "")
    assert ems_process(root, "show", "EMS-PRO-001", "--as-of", DAY) == Outcome(0, body, "")
    draft = (root / DOCUMENT).read_text("utf-8").split("\n---\n", 1)[1]
    assert ems(root, "show", "EMS-PRO-001", "--revision", "2").out == draft != body


def test_show_without_a_revision_in_force_prints_nothing(handbook: Build) -> None:
    outcome = ems(handbook(f"{DOCUMENT}\n  status: draft\n"), "show", "EMS-PRO-001")
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err == "ems: EMS-PRO-001 has no revision in force (draft). Name one with --revision.\n"


def test_diff_shows_what_was_deleted_and_inserted(handbook: Build) -> None:
    root = handbook("commit\n" + revised(2, "title: Drains of the yard", *DRAFT) + "commit")
    data = ems(root, "diff", "EMS-PRO-001", "--format", "json").json
    assert (data["version"], data["document"], data["from"], data["to"]) == (1, "EMS-PRO-001", 1, 2)
    changed = [(line["kind"], line["text"]) for line in data["lines"] if line["kind"] != "same"]
    assert changed == [
        ("deleted", "# Yard drains"),
        ("inserted", "# Drains of the yard"),
        ("deleted", "Close valve V-3 before any tanker is emptied. The yard lead opens it again."),
        ("inserted", "Close valve V-3 within five minutes."),
    ]
    assert ems(root, "diff", "EMS-PRO-001", "2", "1", "--format", "json").json["to"] == 1
    text = ems(root, "diff", "EMS-PRO-001").out
    assert "+ Close valve V-3 within five minutes." in text


def test_diff_of_the_first_revision_has_nothing_to_compare(handbook: Build) -> None:
    outcome = ems(handbook(), "diff", "EMS-PRO-001")
    assert (outcome.status, outcome.out) == (2, "")
    assert "nothing to compare" in outcome.err


# --- statuses -------------------------------------------------------------------------------------------------------


def test_nothing_wrong_is_0(handbook: Build) -> None:
    outcome = ems(handbook(), "check")
    assert outcome.status == 0
    assert outcome.out.splitlines()[-1] == f"1 document checked as of {DAY}: nothing wrong"


def test_errors_are_1_and_warnings_0(handbook: Build) -> None:
    root = mixed(handbook)
    assert ems(root, "check").status == 1
    policy = (root / "ems.yml").read_text("utf-8")
    (root / "ems.yml").write_text(policy + "rules: {severity: {EMS203: warning}}\n", "utf-8")
    outcome = ems(root, "check", "--format", "json")
    assert [f["severity"] for f in outcome.json["findings"] if f["rule"] == "EMS203"] == ["warning"]
    assert outcome.status == (1 if outcome.json["summary"]["errors"] else 0)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["chekc"], "No such command"),
        (["check", "--format", "yaml"], "yaml"),
        (["check", "--as-of", "1.3.2026"], "write it as 2026-03-01"),
        (["check", "--as-of", "2026-02-30"], "write it as YYYY-MM-DD"),
        (["show"], "ID"),
        (["show", "EMS-PRO-001", "--revision", "0"], "0"),
        (["show", "EMS-PRO-01"], "Did you mean EMS-PRO-001?"),
        (["history", "--output=x.md"], "no such option"),
        (["history", "--", "--output=x.md"], "there is no document"),
        (["matrix", "--standard", "iso-14001"], "iso-14001:2026"),
        (["explain", "EMS999"], "there is no rule"),
        (["check", "nowhere.md"], "does not exist"),
        (["check", "/etc/passwd"], "outside the repository"),
        (["check", "../.."], "outside the repository"),
        (["stage", "."], "not empty"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_call_is_2_and_says_why(
    handbook: Build, monkeypatch: pytest.MonkeyPatch, line: list[str], words: str
) -> None:
    root = handbook()
    monkeypatch.chdir(root)
    outcome = ems(root, *line, day=None)
    assert (outcome.status, outcome.out) == (2, "")
    assert words.casefold() in outcome.err.casefold()
    assert "Traceback" not in outcome.err


def test_a_base_that_cannot_be_merged_is_one_line(handbook: Build) -> None:
    root = handbook()
    other = git(root, "commit-tree", "HEAD^{tree}", "-m", "Another beginning").decode().strip()
    outcome = ems(root, "check", "--base", other, day=None)
    said = f"ems: git cannot merge HEAD onto {other[:10]}: fatal: refusing to merge unrelated histories\n"
    assert (outcome.status, outcome.out, outcome.err) == (2, "", said)
    assert ems(root, "check", "--base", "HEAD").status == 0


def test_help_is_0(handbook: Build, tmp_path: Path) -> None:
    for line in (["--help"], ["check", "--help"], ["--version"], ["rules"], ["explain", "EMS203"]):
        outcome = ems_process(tmp_path, *line)
        assert (outcome.status, outcome.err) == (0, "")
        assert outcome.out


def test_the_handbook_is_found_from_a_folder_inside_it(handbook: Build) -> None:
    root = handbook()
    assert "EMS-PRO-001" in ems_process(root / "docs" / "procedures", "register").out


def test_check_of_a_path_shows_only_its_findings(handbook: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    root = mixed(handbook)
    monkeypatch.chdir(root)
    assert {path for _, path, _ in ems(root, "check", DOCUMENT, "--format", "json").findings} == {DOCUMENT}
    assert ems(root, "check", "docs/procedures/EMS-PRO-002.md", "--format", "json").status == 0


# --- the day that counts --------------------------------------------------------------------------------------------


def test_upcoming_becomes_in_force_on_its_day(handbook: Build) -> None:
    root = handbook("commit\n" + revised(2, "approved_on: 2026-01-15", "effective: 2026-06-01") + "commit 2026-02-01")
    assert state(root, "2026-05-31") == ("in force", 1, 2)
    assert row(root, day="2026-05-31")["upcoming"] == {"revision": 2, "effective": "2026-06-01"}
    assert state(root, "2026-06-01") == ("in force", 2, 2)
    assert row(root, day="2026-06-01")["upcoming"] is None
    assert "valve V-3 before" in ems(root, "show", "EMS-PRO-001", day="2026-05-31").out
    assert "five minutes" in ems(root, "show", "EMS-PRO-001", day="2026-06-01").out


def test_a_day_in_the_past_shows_what_was_known_then(handbook: Build) -> None:
    root = handbook("commit\n" + revised(2, *APPROVED) + "commit 2026-02-01")
    assert ems(root, "register", "--format", "json", day="2026-01-04").json["documents"] == []
    assert state(root, "2026-01-05") == ("in force", 1, 1)
    assert state(root, "2026-01-31") == ("in force", 1, 1)
    assert state(root, "2026-02-01") == ("in force", 2, 2)


def test_days_begin_in_the_time_zone_of_the_policy(handbook: Build) -> None:
    root = handbook("ems.yml\n  timezone: Pacific/Kiritimati\n")
    assert ems(root, "register", "--format", "json", day="2026-01-05").json["documents"] == []
    assert state(root, "2026-01-06") == ("in force", 1, 1), "10:00 UTC is the next day on Kiritimati"


def test_the_default_day_is_today(handbook: Build) -> None:
    for zone in ("Pacific/Kiritimati", "America/Los_Angeles"):
        root = handbook(f"ems.yml\n  timezone: {zone}\n", zone.split("/")[0])
        before = datetime.now(ZoneInfo(zone)).date()
        today = date.fromisoformat(ems(root, "register", "--format", "json", day=None).json["as_of"])
        assert before <= today <= datetime.now(ZoneInfo(zone)).date()


# --- moment by moment (specification), level declared ----------------------------------------------------------------


def test_first_draft_on_main(handbook: Build) -> None:
    root = handbook(f"{DOCUMENT}\n  status: draft\n  approved_by:\n  approved_on:\n")
    assert state(root) == ("draft", None, 1)
    assert found(root, "error", "warning", "info") == set()


def test_submitted_without_a_decision_awaits_approval(handbook: Build) -> None:
    root = handbook(f"{DOCUMENT}\n  approved_by:\n  approved_on:\n")
    assert state(root) == ("awaiting approval", None, 1)
    assert (found(root), found(root, "info")) == (set(), {"EMS307"})


def test_next_revision_as_draft_leaves_the_one_in_force(handbook: Build) -> None:
    root = handbook("commit\n" + revised(2, *DRAFT) + "commit")
    assert state(root) == ("in force", 1, 2)
    assert found(root, "error", "warning", "info") == set()


def test_next_revision_submitted_leaves_the_one_in_force(handbook: Build) -> None:
    root = handbook("commit\n" + revised(2, *UNAPPROVED) + "commit")
    assert state(root) == ("in force", 1, 2)
    assert (found(root), found(root, "info")) == (set(), {"EMS307"})


def test_effective_passed_before_the_approval_landed(handbook: Build) -> None:
    root = handbook("commit\n" + revised(2, "effective: 2026-01-10", "approved_on: 2026-01-15") + "commit 2026-02-10")
    assert state(root, "2026-02-09") == ("in force", 1, 1)
    assert state(root, "2026-02-10") == ("in force", 2, 2)
    assert found(root, "error", "warning", "info") == set()


def test_text_differs_at_its_number(handbook: Build) -> None:
    root = handbook(f"commit\n{DOCUMENT}\n  > ## Drains {{#drains}}\n  >\n  > Open valve V-3.\ncommit")
    before = ems(root, "show", "EMS-PRO-001", day="2026-01-05").out
    assert ems(root, "show", "EMS-PRO-001").out == before, "as approved"
    assert state(root) == ("in force", 1, 1)
    assert found(root) == {"EMS203"}


def test_a_number_left_out(handbook: Build) -> None:
    root = handbook("commit\n" + revised(3, *APPROVED) + "commit 2026-02-01")
    assert state(root) == ("in force", 1, 3)
    assert found(root) == {"EMS204"}


def test_a_number_gone_back(handbook: Build) -> None:
    first = handbook("commit", "first") / DOCUMENT
    root = handbook("commit\n" + revised(2, *APPROVED) + "commit 2026-02-01")
    (root / DOCUMENT).write_bytes(first.read_bytes())
    git(root, "commit", "-qam", "Back", day=date(2026, 2, 10))
    assert state(root)[:2] == ("in force", 2)
    assert "five minutes" in ems(root, "show", "EMS-PRO-001").out
    assert found(root) == {"EMS205"}


def test_withdrawn_with_a_decision(handbook: Build) -> None:
    step = f"{DOCUMENT}\n  status: withdrawn\n  approved_on: 2026-01-20\n"
    root = handbook(f"commit\n{step}commit 2026-02-01")
    assert state(root, "2026-01-31") == ("in force", 1, 1)
    assert state(root)[:2] == ("withdrawn", None)
    assert found(root, "error", "warning", "info") == set()
    assert ems(root, "show", "EMS-PRO-001").status == 2


def test_withdrawn_without_a_decision(handbook: Build) -> None:
    root = handbook(f"commit\n{DOCUMENT}\n  status: withdrawn\n  approved_by:\n  approved_on:\ncommit 2026-02-01")
    assert state(root)[:2] == ("in force", 1)
    assert found(root) == {"EMS304"}


def test_deleted_without_withdrawal_stays_in_force(handbook: Build) -> None:
    root = handbook(f"docs/index.md\n  = # Home\ncommit\ndelete {DOCUMENT}\ncommit 2026-02-01")
    assert state(root) == ("in force", 1, 1)
    assert ems(root, "show", "EMS-PRO-001").out.startswith("## Drains")
    assert found(root) == {"EMS704"}


def test_deleted_after_withdrawal(handbook: Build) -> None:
    step = f"docs/index.md\n  = # Home\n{DOCUMENT}\n  status: withdrawn\n  approved_on: 2026-01-20\n"
    root = handbook(f"commit\n{step}commit 2026-02-01\ndelete {DOCUMENT}\ncommit")
    assert state(root)[:2] == ("withdrawn", None)
    assert found(root, "error", "warning", "info") == set()


@pytest.mark.parametrize("status", ["draft", "submitted"])
@pytest.mark.parametrize(
    ("step", "left"),
    [
        ("delete docs/procedures/EMS-PRO-002.md", ["EMS-PRO-001"]),
        ("docs/procedures/EMS-PRO-002.md\n  id: EMS-PRO-020", ["EMS-PRO-001", "EMS-PRO-020"]),
    ],
)
def test_never_approved_and_removed_or_its_id_corrected(
    handbook: Build, status: str, step: str, left: list[str]
) -> None:
    draft = f"docs/procedures/EMS-PRO-002.md\n  title: Spills\n  status: {status}\n  approved_by:\n  approved_on:\n"
    root = handbook(f"{draft}commit\n{step}\ncommit\n")
    assert found(root, "error", "warning") == set()
    assert listed(root, "2026-01-05") == ["EMS-PRO-001", "EMS-PRO-002"]
    assert listed(root, "2026-01-06") == left


def test_never_approved_removed_and_brought_back(handbook: Build) -> None:
    draft = "docs/procedures/EMS-PRO-002.md\n  title: Spills\n  status: draft\n  approved_by:\n  approved_on:\n"
    root = handbook(f"{draft}commit\ndelete docs/procedures/EMS-PRO-002.md\ncommit\n{draft}commit\n")
    days = ("2026-01-05", "2026-01-06", "2026-01-07")
    assert [len(listed(root, day)) for day in days] == [2, 1, 2]


def test_overdue_from_the_day_after_the_review_date(handbook: Build) -> None:
    root = handbook(f"{DOCUMENT}\n  review_by: 2026-02-28\n")
    assert [row(root, day=day)["overdue"] for day in ("2026-02-28", "2026-03-01")] == [False, True]
    assert state(root) == ("in force", 1, 1)
    assert found(root, "error", "warning") == {"EMS601"}


def test_a_role_that_ended_later_changes_nothing(handbook: Build) -> None:
    root = handbook()
    people = (root / "people.yml").read_text("utf-8")
    ended = people.replace(
        "[{role: manager, from: 2020-01-01}]", "[{role: manager, from: 2020-01-01, until: 2026-01-31}]"
    )
    assert ended != people
    (root / "people.yml").write_text(ended, "utf-8")
    git(root, "commit", "-qam", "B. Boss leaves", day=date(2026, 2, 1))
    assert state(root) == ("in force", 1, 1)


@pytest.mark.parametrize(
    ("keys", "rules"),
    [
        ("approved_by: [z.stranger]", {"EMS301"}),
        ("approved_by: [a.author]", {"EMS302"}),
        ("approved_on: 2019-12-31", {"EMS302", "EMS305"}),
        ("approved_on: 2026-01-06", {"EMS305"}),
    ],
    ids=["unknown person", "wrong role", "before the role began", "after it was committed"],
)
def test_a_claim_that_does_not_count(handbook: Build, keys: str, rules: set[str]) -> None:
    root = handbook(f"{DOCUMENT}\n  {keys}\n")
    assert state(root) == ("awaiting approval", None, 1)
    assert found(root) == rules


def test_nobody_approves_a_text_they_changed(handbook: Build) -> None:
    root = handbook("commit by b.boss@example.org")
    assert state(root) == ("awaiting approval", None, 1)
    assert found(root) == {"EMS303"}


def test_an_unknown_author_makes_approval_fail(handbook: Build) -> None:
    root = handbook("commit by stranger@example.net")
    assert state(root) == ("awaiting approval", None, 1)
    assert found(root) == {"EMS306"}


def test_a_co_author_is_an_author(handbook: Build) -> None:
    root = handbook("commit")
    step = revised(2, *APPROVED)
    make_step(root, step)
    git(root, "commit", "-qam", "Revise\n\nCo-authored-by: B. Boss <b.boss@example.org>", day=date(2026, 2, 1))
    assert state(root) == ("in force", 1, 2)


def test_an_approver_who_only_filled_in_the_claim_did_not_contribute(handbook: Build) -> None:
    root = handbook("commit\n" + revised(2, *UNAPPROVED) + "commit")
    claimed = (root / DOCUMENT).read_text("utf-8")
    claimed = claimed.replace("revisions:\n", "approved_by: [b.boss]\napproved_on: 2026-01-31\nrevisions:\n")
    (root / DOCUMENT).write_text(claimed, "utf-8")
    git(root, "commit", "-qam", "Approve", day=date(2026, 2, 1), email="b.boss@example.org")
    assert state(root) == ("in force", 2, 2)


def test_a_type_that_asks_for_signatures_has_nothing_in_force_without_them(handbook: Build) -> None:
    root = handbook()
    policy = (root / "ems.yml").read_text("utf-8")
    (root / "ems.yml").write_text(policy.replace("level: declared", "level: signed", 1), "utf-8")
    git(root, "commit", "-qam", "Signed", day=date(2026, 1, 6))
    assert state(root)[1] is None
    assert row(root)["evidence"] is None
    assert ems(root, "matrix", "--standard", "iso-14001:2026", "--format", "json").json["clauses"]
    assert ems(root, "show", "EMS-PRO-001").status == 2


# --- what git tells -------------------------------------------------------------------------------------------------


def make_step(root: Path, step: str) -> None:
    """Apply one step of an example to the working tree of a repository that exists."""
    copy = root.parent / "step"
    copy.mkdir()
    made = make(copy, step) / DOCUMENT
    (root / DOCUMENT).write_bytes(made.read_bytes())


def test_a_document_is_followed_by_its_id(handbook: Build) -> None:
    moved = "docs/procedures/waste/drains.md"
    step = f"docs/index.md\n  = # Home\nmove {DOCUMENT} {moved}\n" + revised(2, *APPROVED).replace(DOCUMENT, moved)
    root = handbook(f"commit\n{step}commit 2026-02-01")
    assert (state(root), row(root)["path"]) == (("in force", 2, 2), moved)
    numbers = [r["revision"] for r in ems(root, "history", "EMS-PRO-001", "--format", "json").json["revisions"]]
    assert numbers == [2, 1]
    assert "before any tanker" in ems(root, "show", "EMS-PRO-001", "--revision", "1").out


def test_two_documents_that_change_places_keep_their_histories(handbook: Build) -> None:
    other = "docs/procedures/EMS-PRO-002.md"
    swap = f"move {DOCUMENT} docs/procedures/x.md\nmove {other} {DOCUMENT}\nmove docs/procedures/x.md {other}\n"
    root = handbook(f"{other}\n  title: Spills\n  > Spill kit.\ncommit\n{swap}commit")
    assert [row(root, name)["path"] for name in ("EMS-PRO-001", "EMS-PRO-002")] == [other, DOCUMENT]
    assert ems(root, "show", "EMS-PRO-002").out == "Spill kit.\n"
    assert [row(root, name)["revision"] for name in ("EMS-PRO-001", "EMS-PRO-002")] == [1, 1]


def test_uncommitted_edits_are_checked_but_change_no_standing(handbook: Build) -> None:
    root = handbook(f"commit\n{DOCUMENT}\n  > ## Drains {{#drains}}\n  >\n  > Open valve V-3.\n")
    assert ("EMS203", DOCUMENT, 5) in ems(root, "check", "--format", "json").findings
    assert "before any tanker" in ems(root, "show", "EMS-PRO-001").out
    assert ems(root, "register", "--format", "json").json["documents"][0]["digest"] == row(root)["digest"]


def test_staged_and_new_files_are_checked(handbook: Build) -> None:
    root = handbook("commit\ndocs/procedures/EMS-PRO-002.md\n  title: Spills\n  status: draft\n")
    assert ems(root, "check", "--format", "json").json["summary"]["documents"] == 2
    assert [line["id"] for line in ems(root, "register", "--format", "json").json["documents"]] == ["EMS-PRO-001"]


def merge(root: Path, branch: str, day: date) -> None:
    git(root, "merge", "-q", "--no-ff", "-m", "Merge", branch, day=day)


def test_only_the_landing_on_main_counts(handbook: Build) -> None:
    root = handbook()
    git(root, "checkout", "-qb", "work")
    make_step(root, revised(2, *APPROVED))
    git(root, "commit", "-qam", "Revise", day=date(2026, 1, 20))
    git(root, "checkout", "-q", "main")
    merge(root, "work", date(2026, 2, 10))
    assert state(root, "2026-02-09") == ("in force", 1, 1), "the branch is not main"
    assert state(root, "2026-02-10") == ("in force", 2, 2)
    landed = ems(root, "history", "EMS-PRO-001", "--format", "json").json["revisions"][0]
    assert landed["commit"] == git(root, "rev-parse", "HEAD").decode().strip()


def test_contributors_behind_a_merge_are_found(handbook: Build) -> None:
    root = handbook()
    git(root, "checkout", "-qb", "work")
    make_step(root, revised(2, *APPROVED))
    git(root, "commit", "-qam", "Revise", day=date(2026, 1, 10), email="b.boss@example.org")
    git(root, "checkout", "-q", "main")
    merge(root, "work", date(2026, 2, 10))
    assert state(root) == ("in force", 1, 2)


def test_an_evil_merge_lands_what_no_branch_held(handbook: Build) -> None:
    root = handbook()
    git(root, "checkout", "-qb", "work")
    git(root, "commit", "-q", "--allow-empty", "-m", "Nothing")
    git(root, "checkout", "-q", "main")
    git(root, "merge", "-q", "--no-ff", "--no-commit", "work")
    text = (root / DOCUMENT).read_text("utf-8").replace("Close valve", "Open valve")
    (root / DOCUMENT).write_text(text, "utf-8")
    git(root, "commit", "-qam", "Merge", day=date(2026, 2, 10))
    assert "Close valve" in ems(root, "show", "EMS-PRO-001").out
    assert found(root) == {"EMS203"}


def test_a_shared_table_changed_is_a_change_of_each_document(handbook: Build) -> None:
    body = "  > ## Drains {#drains}\n  >\n  > Valves:\n  >\n  > [Valves](../valves.csv){ .table }\n"
    table = "docs/valves.csv\n  = valve,place\n  = V-{},yard\n"
    steps = f"{DOCUMENT}\n{body}docs/procedures/EMS-PRO-002.md\n  title: Spills\n{body}"
    root = handbook(f"{table.format(3)}{steps}commit\n{table.format(4)}commit")
    found = {f["document"] for f in ems(root, "check", "--format", "json").json["findings"] if f["rule"] == "EMS203"}
    assert found == {"EMS-PRO-001", "EMS-PRO-002"}
