"""A page for each text that is not in force yet, and the review board leads there."""

from __future__ import annotations

import re
import shlex
import subprocess
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from icalendar import Calendar
from tests.engines.test_control_pages import link_of, published, rows
from tests.examples import ENVIRONMENT, git, make
from tests.running import ems

from ems_control.site.publication import Publication
from ems_control.site.revisions.light import Addresses

BOARD = "control/review-board.md"
WAITS, LATER, FIRST = "waiting/EMS-PRO-001/r2.md", "waiting/EMS-PRO-002/r2.md", "waiting/EMS-PRO-003/r1.md"
ROW = """\
  revision: 2
  {more}
  revisions:
    - {{revision: 2, date: 2026-02-10, author: a.author, class: substantive, change: "{why}"}}
    - {{revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}}
"""
EXAMPLE = f"""\
docs/procedures/EMS-PRO-001.md
  clauses: [iso-14001:2026/8.1]
  > ## Drains {{#drains}}
  >
  > Close valve V-3 within 15 minutes.
docs/procedures/EMS-PRO-002.md
  title: Noise
  > See [the drains](EMS-PRO-001.md).
docs/registers/posted-copies.csv
  = id,document,revision,place,position,copies,posted,posted_by
  = PC-01,EMS-PRO-001,1,gatehouse,door,1,2026-01-05,lead
commit
docs/procedures/EMS-PRO-001.md
{ROW.format(more="approved_by:", why="Five minutes, after the <b>drill</b> of January.")}  approved_on:
  clauses: [iso-14001:2026/8.1, iso-14001:2026/8.2]
  > ## Drains {{#drains}}
  >
  > Close valve V-3 within 5 minutes.
docs/procedures/EMS-PRO-002.md
{ROW.format(more="effective: 2026-06-01", why="Quieter.")}  approved_on: 2026-02-10
  > See [the drains](EMS-PRO-001.md). Never after 22:00.
docs/procedures/EMS-PRO-003.md
  title: Hoses
  revision: 1
  revisions:
    - {{revision: 1, date: 2026-02-10, author: a.author, class: substantive, change: First issue.}}
  approved_by:
  approved_on:
  > Text. <form action="https://example.org/"><button>Approve</button></form>
commit 2026-02-10
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("waiting") / "works", EXAMPLE)


def words(site: Publication, path: str) -> str:
    """A page as it is read: entities and anchors gone."""
    body = re.sub(r"&#(\d+);", lambda match: chr(int(match[1])), site.pages[path].body)
    return " ".join(body.split())


def test_the_board_leads_to_the_text_and_its_act(root: Path) -> None:
    with published(root) as site:
        assert [row[0] for row in rows(site, BOARD, "Waiting")] == ["EMS-PRO-001", "EMS-PRO-003"]
        assert link_of(site, BOARD, "Read and decide") == WAITS
        assert link_of(site, BOARD, "Tell those it is for") == LATER
        page = words(site, WAITS)
    assert "Not in force. Waits for B. Boss (manager) since 10 February 2026." in page
    assert "ems approve EMS-PRO-001 --as b.boss" in page
    assert page.index("ems approve") < page.index("{#changes}") < page.index("{#text-to-come}")
    assert "Five minutes, after the <b>drill</b> of January." in page
    assert "Written by A. Author, who may not approve it." in page


def test_it_says_what_changes_and_what_it_touches(root: Path) -> None:
    with published(root) as site:
        page = words(site, WAITS)
        light = dict(site.light(Addresses(), None))
    assert "| limit | Drains | Close valve V-3 within 15 minutes. | Close valve V-3 within 5 minutes. |" in page
    assert "Clauses answered anew: iso-14001:2026/8.2. No longer: –." in page
    assert "Printed copies to exchange: PC-01 gatehouse." in page
    assert "[EMS-PRO-002](../../procedures/EMS-PRO-002.md)" in page
    redline = light["d/EMS-PRO-001/waiting-r2/index.html"].decode()
    assert "../../../d/EMS-PRO-001/waiting-r2/index.html" in page or "d/EMS-PRO-001/waiting-r2" in page
    assert '<del class="ems">15' in redline
    assert "Not in force yet." in redline


def test_what_starts_later_can_be_read_before(root: Path) -> None:
    with published(root) as site:
        page = words(site, LATER)
        entry = site.pages[LATER]
    assert "Not in force. Approved; applies from 1 June 2026." in page
    assert "Never after 22:00." in page[page.index("{#text-to-come}") :]
    assert "ems approve" not in page
    assert (entry.kind, entry.searchable) == ("waiting", False)


def test_what_no_page_may_hold_is_not_shown_before_anybody_approved_it(root: Path) -> None:
    with published(root) as site:
        page = words(site, FIRST)
        light = dict(site.light(Addresses(), None))
    assert "This is the first revision." in page
    assert "The text is not shown here: it holds what no page may hold." in page
    assert "<form" not in page
    assert not [path for path in light if "EMS-PRO-003/waiting" in path]


def test_a_house_can_hide_what_waits(root: Path, tmp_path: Path) -> None:
    hidden = tmp_path / "works"
    git(tmp_path, "clone", "-q", "--no-local", str(root), str(hidden))
    with (hidden / "ems.yml").open("a", encoding="utf-8") as file:
        file.write("publish: {waiting: false}\n")
    git(hidden, "commit", "-q", "-am", "Hidden")
    with published(hidden) as site:
        assert not [path for path in site.pages if path.startswith("waiting/")]
        assert not [path for path, _ in site.light(Addresses(), None) if "waiting" in path]
        assert rows(site, BOARD, "Waiting")[0][-1] == "Ask document controller (A. Author) for the text"


def test_a_text_on_a_branch_is_named_and_not_shown(tmp_path: Path) -> None:
    root = make(tmp_path / "works", "commit\n")
    git(root, "switch", "-q", "-c", "drains")
    text = (root / "docs/procedures/EMS-PRO-001.md").read_text("utf-8")
    text = re.sub(r"(?m)^approved_\w+:.*\n", "", text).replace("id: EMS-PRO-001", "id: EMS-PRO-009")
    (root / "docs/procedures/EMS-PRO-009.md").write_text(text + "Secret.\n", "utf-8")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "On a branch")
    git(root, "switch", "-q", "main")
    with published(root) as site:
        page = words(site, "waiting/EMS-PRO-009/r1.md")
    assert "it stands on the branch drains" in page
    assert "Secret." not in page


def test_what_waits_beats_what_is_due(tmp_path: Path) -> None:
    example = EXAMPLE.replace("clauses: [iso-14001:2026/8.1, iso-14001:2026/8.2]", "review_by: 2026-03-10")
    with published(
        make(
            tmp_path,
            example.replace(
                "docs/procedures/EMS-PRO-001.md\n  >", "docs/procedures/EMS-PRO-001.md\n  review_by: 2026-02-20\n  >", 1
            ),
        )
    ) as site:
        assert "EMS-PRO-001" not in {row[0] for row in rows(site, BOARD, "Review overdue")}
        assert "EMS-PRO-001" in {row[0] for row in rows(site, BOARD, "Waiting")}


# --- the other acts of the board ------------------------------------------------------------------------------------


def test_an_overdue_review_is_confirmed_by_the_command_of_its_page(tmp_path: Path) -> None:
    root = tmp_path / "works"
    assert ems(tmp_path, "demo", str(root), day=None).status == 0
    listed = ems(root, "register", "--format", "json", day=None).json["documents"]
    due = date.fromisoformat(next(line["review_by"] for line in listed if line["id"] == "EMS-PRO-001"))
    with published(root, due + timedelta(days=5)) as site:
        (late,) = [row for row in rows(site, BOARD, "Review overdue") if row[0] == "EMS-PRO-001"]
        assert f"[{late[-1]}](acts/EMS-PRO-001.md)" in site.pages[BOARD].body
        page = words(site, "control/acts/EMS-PRO-001.md")
        body = site.pages["control/acts/EMS-PRO-001.md"].body
        record = next(page.body for page in site.pages.values() if page.ems.get("id") == "EMS-PRO-001")
    (command,) = [line.split() for line in body.split("\n") if line.startswith("    ems periodic-review ")]
    person = command[command.index("--as") + 1]
    assert f"<code>{' '.join(command)}</code>" in record  # before it is due, the owner finds it there
    assert page.index("(M. Ferrer)") < page.index("ems periodic-review") < page.index("ems revise EMS-PRO-001")
    key = str(root / f".demo-keys/{person}")
    done = ems(root, *[key if word == "FILE" else word for word in command[1:] if word != "--commit"], day=None)
    assert done.status == 0, done.err
    who = {f"GIT_{role}_EMAIL": f"{person}@example.org" for role in ("AUTHOR", "COMMITTER")}
    for line in (["add", "-A"], ["commit", "-q", "-m", "Reviewed"]):
        subprocess.run(["git", *line], cwd=root, env={**ENVIRONMENT, **who}, check=True)
    with published(root, due + timedelta(days=5)) as site:
        assert "EMS-PRO-001" not in {row[0] for row in rows(site, BOARD, "Review overdue")}


def test_a_change_is_proposed_beside_print(tmp_path: Path) -> None:
    root = make(tmp_path, "ems.yml\n  publish: {change_requests: ems@example.org}\n")
    with published(root) as site:
        facts = site.pages["procedures/EMS-PRO-001.md"].ems
    assert facts["propose"] == "Propose a change"
    mail = unquote(facts["wrong"])
    assert "EMS-PRO-001 r1" in mail
    assert "What is wrong:" in mail
    assert "What should it say:" in mail


POLICY_ACTS = """\
ems.yml
  types: {procedure: {prefix: EMS-PRO, folder: procedures, review_months: 24, level: declared, approve: manager}}
  rules: {waivers: [{rule: EMS601, document: EMS-PRO-001, reason: Waits for a permit., until: 2026-03-20}]}
people.yml
  people:
    a.author:
      name: A. Author
      emails: [a.author@example.org]
      roles: [{role: lead, from: 2025-01-01, until: 2026-03-10}]
    b.boss: {name: B. Boss, emails: [b.boss@example.org], roles: [{role: manager, from: 2025-01-01}]}
docs/registers/posted-copies.csv
  = id,document,revision,place,position,copies,posted,posted_by
  = PC-01,EMS-PRO-001,7,yard,gate,1,2026-01-06,lead
docs/registers/emergency-equipment.csv
  = id,item,place,check_every,last_check,checked_by
  = K1,spill kit,yard,1,2026-01-15,lead
"""
FORGE_FILE = "repo_url: https://github.com/works/handbook\n"


def test_each_act_about_role_waiver_print_and_equipment_has_a_page_with_its_person_and_command(tmp_path: Path) -> None:
    root = make(tmp_path / "works", POLICY_ACTS)
    (root / "mkdocs.yml").write_text(FORGE_FILE)
    with published(root) as site:
        board, pages = site.pages[BOARD].body, site.pages
        acts = {name: page.body for name, page in pages.items() if name.startswith("control/to-do/")}
        edit = pages["procedures/EMS-PRO-001.md"].ems["propose_href"]
    assert all(f"({name.removeprefix('control/')})" in board for name in acts)
    role, waiver = acts["control/to-do/role-lead.md"], acts["control/to-do/waiver-EMS601-EMS-PRO-001.md"]
    assert role.index("manager (B. Boss)") < role.index("    roles: [{role: lead, from: 2026-03-11}]")
    assert "(https://github.com/works/handbook/edit/main/people.yml)" in role
    assert "ems approve policy" not in role  # at level declared the file counts as it lies there
    assert "    {rule: EMS601, document: EMS-PRO-001, reason: …, until: …}" in waiver
    assert "[EMS601](../../help/rules/dates.md#EMS601)" in waiver
    [equipment] = [text for name, text in acts.items() if "equipment" in name]
    assert "    last_check: 2026-03-01" in equipment
    assert edit == "https://github.com/works/handbook/edit/main/docs/procedures/EMS-PRO-001.md"


@pytest.mark.parametrize(
    ("more", "docs", "policy"),
    [
        ("", "edit/trunk/docs/", "edit/trunk/"),
        ("edit_uri: edit/next/docs/\n", "edit/next/docs/", "edit/next/"),
        ("edit_uri: src/next/handbook?path=\n", "src/next/handbook?path=/", "edit/trunk/"),
    ],
)
def test_a_change_is_proposed_on_the_branch_that_is_published(
    tmp_path: Path, more: str, docs: str, policy: str
) -> None:
    root = make(tmp_path / "works", POLICY_ACTS)
    (root / "mkdocs.yml").write_text(FORGE_FILE + more)
    git(root, "branch", "-m", "trunk")
    forge = "https://github.com/works/handbook/"
    with published(root) as site:
        assert f"({forge}{policy}people.yml)" in site.pages["control/to-do/role-lead.md"].body
        page = site.pages["procedures/EMS-PRO-001.md"].ems
    assert page["propose_href"] == f"{forge}{docs}procedures/EMS-PRO-001.md"
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--no-local", str(root), str(clone))
    (clone / "mkdocs.yml").write_text(FORGE_FILE + more)
    git(clone, "switch", "-q", "-c", "gully")
    with published(clone) as site:
        assert site.pages["procedures/EMS-PRO-001.md"].ems == page, "of a branch the remote says where it goes"


def test_at_level_declared_a_review_without_a_change_is_told_without_a_key(tmp_path: Path) -> None:
    root, later = make(tmp_path / "works", "commit\n"), date.today() + timedelta(days=500)  # noqa: DTZ011
    for key, value in {"email": "a.author@example.org", "name": "A. Author"}.items():
        git(root, "config", f"user.{key}", value)
    with published(root, later) as site:
        assert "EMS-PRO-001" in {row[0] for row in rows(site, BOARD, "Review overdue")}
        body = site.pages["control/acts/EMS-PRO-001.md"].body
    assert "--key" not in body
    (command,) = [line.strip() for line in body.split("\n") if "nothing changed" in line]
    assert command.startswith("ems revise EMS-PRO-001 --change ")
    approve = ("approve", "EMS-PRO-001", "--as", "b.boss", "--yes", "--commit")
    for line in (shlex.split(command)[1:], ("submit", "EMS-PRO-001", "--commit"), approve):
        done = ems(root, *line, day=None)
        assert done.status == 0, done.err
    with published(root, later) as site:
        assert "EMS-PRO-001" not in {row[0] for row in rows(site, BOARD, "Review overdue")}


def test_a_print_that_is_too_old_leads_to_its_print_and_is_gone_once_its_row_says_so(tmp_path: Path) -> None:
    root = make(tmp_path / "works", POLICY_ACTS.replace("EMS-PRO-001,7,", "EMS-PRO-009,1,"))
    with published(root) as site:
        assert "control/to-do/copy-PC-01.md" not in site.pages  # nothing is known of that document
    sample = make(tmp_path / "two", SECOND)
    with published(sample) as site:
        page = site.pages["control/to-do/copy-PC-01.md"].body
        assert "(to-do/copy-PC-01.md)" in site.pages[BOARD].body
    assert (
        page.index("yard lead (A. Author)")
        < page.index("print this copy")
        < page.index("    PC-01: revision 2, posted")
    )
    assert "EMS-PRO-001.md#copy-PC-01)" in page
    table = sample / "docs/registers/posted-copies.csv"
    table.write_text(table.read_text().replace("EMS-PRO-001,1,", "EMS-PRO-001,2,"))
    git(sample, "add", "-A")
    git(sample, "commit", "-q", "-m", "Exchanged", day=date(2026, 2, 1))
    with published(sample) as site:
        assert "control/to-do/copy-PC-01.md" not in site.pages


SECOND = """\
docs/registers/posted-copies.csv
  = id,document,revision,place,position,copies,posted,posted_by
  = PC-01,EMS-PRO-001,1,yard,gate,1,2026-01-06,lead
commit
docs/procedures/EMS-PRO-001.md
  revision: 2
  effective: 2026-01-10
  approved_on: 2025-12-20
  revisions:
    - {revision: 2, date: 2025-12-15, author: a.author, class: substantive, change: Valve V-4 too.}
    - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
  > ## Drains {#drains}
  >
  > Close valves V-3 and V-4.
commit
"""


TABLES = """\
ems.yml
  transition: {from: iso-14001:2015, to: iso-14001:2026, end: {date: 2026-04-15, source: three years}}
docs/procedures/obligations.csv
  = id,title,owner,next_evaluation
  = O-01,Sewer consent,lead,2024-05-01
  = O-02,Permit,lead,2024-05-01
  = O-03,Law,manager,2028-05-01
docs/registers/emergency-equipment.csv
  = id,item,place,check_every,last_check,checked_by
  = K1,spill kit,yard,1,2026-01-15,lead
docs/procedures/EMS-PRO-001.md
  > ## Drains {#drains}
  >
  > [Obligations](obligations.csv){ .table }
"""


def test_what_rows_of_tables_ask_for_is_on_the_board_and_in_the_calendar(tmp_path: Path) -> None:
    with published(make(tmp_path, TABLES)) as site:
        right = {row[1]: row for row in rows(site, BOARD, "To put right")}
        assert right["Evaluate O-01, O-02"][2].startswith("1 May 2024 (669 days ago)")
        assert right["Evaluate O-01, O-02"][3] == "yard lead (A. Author)"
        assert right["Check K1"][3] == "yard lead (A. Author)"
        assert "Certificates to the old edition end" in right
        assert "Evaluate O-03" not in right
        assert "Evaluate O-03" in site.pages[BOARD].body
        page = words(site, "control/acts/EMS-PRO-001.md")
        events = Calendar.from_ical(site.assets["assets/ems/data/calendar.ics"]).walk("VEVENT")
    assert page.index("Evaluate, and write the result") < page.index("yard lead (A. Author)") < page.index("O-01, O-02")
    known = {(str(event["summary"]), event.decoded("dtstart")) for event in events}
    assert ("Evaluation due: EMS-PRO-001 O-01, O-02", date(2024, 5, 1)) in known
    assert ("Equipment check due: K1", date(2026, 2, 15)) in known


def test_what_a_person_holds_before_she_leaves(root: Path, tmp_path: Path) -> None:
    told = ems(root, "check", "--person", "b.boss", "--format", "json")
    assert told.status in (0, 1), told.err
    person = told.json["person"]
    assert [(one["role"], one["deputy"], one["others"]) for one in person["roles"]] == [
        ("manager", False, ["c.deputy"])
    ]
    assert {"document": "EMS-PRO-001", "revision": 2, "action": "approve"} in person["acts"]
    owner = ems(root, "check", "--person", "a.author", "--format", "json").json
    assert "EMS-PRO-001" in owner["person"]["documents"]
    assert {finding["document"] for finding in owner["findings"]} <= set(owner["person"]["documents"])
    lines = ems(root, "check", "--person", "b.boss").out
    assert "decides   EMS-PRO-001 revision 2: approve" in lines
    unknown = ems(root, "check", "--person", "b.bos")
    assert (unknown.status, "Did you mean b.boss?" in unknown.err) == (2, True)
    assert ems(root, "check", "--person", "b.boss", "--format", "sarif").status == 2
    with published(root) as site:
        page = words(site, "control/people.md")
    assert "## B. Boss {#b.boss}" in page
    assert "**manager**: also C. Deputy" in page
    assert "[EMS-PRO-001 revision 2](../waiting/EMS-PRO-001/r2.md)" in page
