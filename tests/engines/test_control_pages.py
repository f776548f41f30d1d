"""The control pages of small handbooks, as they are published: who has to do what, what changed, who decided."""

from __future__ import annotations

import csv
import html
import io
import json
import posixpath
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree

import icalendar
import lxml.html
import openpyxl
import pytest
from tests.examples import AS_OF, ENVIRONMENT, git, make

from ems_control.exports.downloads import FOLDER
from ems_control.handbook.loading import load
from ems_control.site.publication import Publication, publish
from ems_control.site.revisions.light import Addresses

BUILT = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
SECOND = """\
docs/procedures/EMS-PRO-001.md
  revision: 2
  {more}
  revisions:
    - {{revision: 2, date: {day}, author: a.author, class: substantive, change: Close V-3 within five minutes.}}
    - {{revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}}
  > ## Drains {{#drains}}
  >
  > Close valve V-3 within five minutes.
commit {day}
"""


@contextmanager
def published(root: Path, day: date = AS_OF, style: Addresses | None = None) -> Iterator[Publication]:
    with load(root, day) as handbook:
        yield publish(handbook, BUILT, style=style or Addresses())


def rows(publication: Publication, path: str, heading: str = "") -> list[list[str]]:
    """The rows of the first table of a page, or of the first below a heading, without markup."""
    text = publication.pages[path].body
    text = text[text.index(f"## {heading}") :] if heading else text
    found: list[list[str]] = []
    for line in text.split("\n"):
        if line.startswith("| ---"):
            continue
        if line.startswith("| "):
            found.append([plain(cell) for cell in line.removeprefix("| ").removesuffix(" |").split(" | ")])
        elif found or (heading and line.startswith("## ") and heading not in line):
            break
    return found[1:]


def plain(cell: str) -> str:
    """A cell as read: hidden parts, tags and link targets gone."""
    cell = re.sub(r"<span[^>]* hidden>.*?</span>", "", cell)
    cell = re.sub(r"&#(\d+);", lambda match: chr(int(match[1])), re.sub(r"<[^>]*>", "", cell))
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", cell).replace("**", "").strip()


def link_of(publication: Publication, path: str, words: str) -> str:
    """Where a link of a page leads, as a path under docs/."""
    found = re.search(rf"\[{words}\]\(([^)]*)\)", publication.pages[path].body)
    assert found, words
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), found[1]))


BOARD = "control/review-board.md"


def test_overdue_and_due_name_the_owner_and_lead_to_the_document(tmp_path: Path) -> None:
    example = """\
docs/procedures/EMS-PRO-001.md
  review_by: 2026-02-20
docs/procedures/EMS-PRO-002.md
  title: Tank yard
  review_by: 2026-04-20
docs/procedures/EMS-PRO-003.md
  title: Canteen
  review_by:
"""
    with published(make(tmp_path, example)) as site:
        overdue, due = rows(site, BOARD, "Review overdue"), rows(site, BOARD, "Review due within 60 days")
        assert [row[:4] for row in overdue] == [
            ["EMS-PRO-001", "Yard drains", "20 February 2026 (9 days ago)", "yard lead (A. Author)"]
        ]
        assert [row[:3] for row in due] == [["EMS-PRO-002", "Tank yard", "20 April 2026 (in 50 days)"]]
        assert "data-due=&#34;" not in site.pages[BOARD].body
        assert 'data-due="2026-02-20"' in site.pages[BOARD].body
        assert link_of(site, BOARD, "EMS-PRO-001").endswith("procedures/EMS-PRO-001.md")
        later = site.pages[BOARD].body.split("Later</summary>")[1]
        assert "EMS-PRO-003" in later, "what is due one day is on the page, so that the reader's day can move it"


def test_waiting_on_main_is_for_somebody_who_may_decide(tmp_path: Path) -> None:
    example = SECOND.format(more="approved_by:\n  approved_on:", day="2026-02-10")
    with published(make(tmp_path, "commit\n" + example)) as site:
        [row] = rows(site, BOARD, "Waiting")
        assert row[0] == "EMS-PRO-001"
        assert row[2:5] == ["2", "manager (B. Boss)", "10 February 2026 (19 days ago)"]


def test_waiting_does_not_name_the_author_of_the_text(tmp_path: Path) -> None:
    example = SECOND.format(more="approved_by:\n  approved_on:", day="2026-02-10").replace(
        "author: a.author, class: substantive, change: Close", "author: b.boss, class: substantive, change: Close"
    )
    with published(make(tmp_path, "commit\n" + example)) as site:
        assert rows(site, BOARD, "Waiting")[0][3] == "manager (C. Deputy)"


def propose(root: Path, branch: str, day: date, *, status: str = "submitted") -> None:
    """Put revision 2 of EMS-PRO-001 on a branch that main does not have."""
    git(root, "checkout", "-q", "-b", branch, "main")
    path = root / "docs/procedures/EMS-PRO-001.md"
    text = path.read_text(encoding="utf-8").replace("revision: 1\nstatus: submitted", f"revision: 2\nstatus: {status}")
    text = text.replace("approved_by: [b.boss]\napproved_on: 2025-12-10\n", "")
    row = "  - {revision: 2, date: 2026-02-01, author: a.author, class: substantive, change: Five minutes.}\n"
    text = text.replace("revisions:\n", "revisions:\n" + row).replace("is emptied.", "is emptied, within five minutes.")
    path.write_text(text, encoding="utf-8")
    git(root, "commit", "-q", "-a", "-m", "Five minutes", day=day)
    git(root, "checkout", "-q", "main")


def test_waiting_is_read_from_branches_because_nothing_stands_on_main_yet(tmp_path: Path) -> None:
    root = make(tmp_path, "")
    propose(root, "drains", date(2026, 2, 14))
    with published(root) as site:
        [row] = rows(site, BOARD, "Waiting")
        assert row[0] == "EMS-PRO-001"
        assert "not on main yet; proposed on drains" in row[1]
        assert row[2:5] == ["2", "manager (B. Boss)", "14 February 2026 (15 days ago)"]
        assert "five minutes" not in site.pages["procedures/EMS-PRO-001.md"].body
    with published(root, date(2026, 2, 13)) as site:
        assert rows(site, BOARD, "Waiting") == [], "on that day nobody had submitted it"


def test_waiting_since_the_day_of_submission_not_of_the_last_commit(tmp_path: Path) -> None:
    root = make(tmp_path, "")
    propose(root, "drains", date(2026, 2, 10), status="draft")
    git(root, "checkout", "-q", "drains")
    path = root / "docs/procedures/EMS-PRO-001.md"
    for day, old, new in ((12, "status: draft", "status: submitted"), (20, "five minutes", "four minutes")):
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        git(root, "commit", "-q", "-a", "-m", new, day=date(2026, 2, day))
    git(root, "checkout", "-q", "main")
    git(root, "branch", "-q", "copy-of-drains", "drains")
    with published(root) as site:
        assert [row[4] for row in rows(site, BOARD, "Waiting")] == ["12 February 2026 (17 days ago)"]


@pytest.mark.parametrize("what", ["draft", "merged", "behind", "unrelated"])
def test_a_branch_that_submits_nothing_new_is_not_waiting(tmp_path: Path, what: str) -> None:
    root = make(tmp_path, "")
    if what == "draft":
        propose(root, "drains", date(2026, 2, 14), status="draft")
    elif what == "merged":
        propose(root, "drains", date(2026, 2, 14))
        git(root, "merge", "-q", "--no-ff", "-m", "Merge", "drains", day=date(2026, 2, 15))
    elif what == "behind":
        git(root, "checkout", "-q", "-b", "old", "main")
        git(root, "commit", "-q", "--allow-empty", "-m", "Nothing")
        git(root, "checkout", "-q", "main")
    else:
        git(root, "checkout", "-q", "--orphan", "pages")
        git(root, "commit", "-q", "-m", "Another root")
        git(root, "checkout", "-q", "main")
    with published(root) as site:
        found = rows(site, BOARD, "Waiting")
        assert [row[1] for row in found] == (["Yard drains"] if what == "merged" else [])


def test_branches_cost_the_same_number_of_git_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make(tmp_path, "")
    started: list[object] = []
    real = subprocess.Popen.__init__

    def counted(self: object, *arguments: object, **options: object) -> None:
        started.append(arguments)
        real(self, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(subprocess.Popen, "__init__", counted)
    counts = []
    for number in range(3):
        for extra in range(number * 4):
            propose(root, f"b{number}-{extra}", date(2026, 2, 14))
        started.clear()
        with published(root):
            counts.append(len(started))
    assert counts[1] == counts[2]
    assert counts[1] <= counts[0] + 1


def test_to_put_right(tmp_path: Path) -> None:
    example = """\
ems.yml
  languages: [en, de]
  rules: {waivers: [{rule: EMS803, document: EMS-PRO-001, reason: deputy named in April, until: 2026-04-15}]}
people.yml
  roles: {manager: manager, controller: document controller, lead: yard lead, keeper: gatekeeper}
docs/procedures/EMS-PRO-002.md
  title: Gate
  owner: keeper
docs/procedures/EMS-PRO-001.de.md
  id: EMS-PRO-001.de
  language: de
  translates: EMS-PRO-001/1
docs/forms/EMS-FRM-001.md
  id: EMS-FRM-001
  type: form
  title: Log of drains
docs/registers/posted-copies.csv
  = id,document,revision,place,posted_by
  = PC-01,EMS-PRO-001,1,yard,lead
  = PC-02,EMS-PRO-001,2,gate,lead
commit
"""
    root = make(tmp_path, example + SECOND.format(more="approved_on: 2026-02-10", day="2026-02-10"))
    with published(root) as site:
        found = {row[0]: row[1:] for row in rows(site, BOARD, "To put right")}
        said = [row[1] for row in rows(site, BOARD, "To put right")]
    assert "Nobody is gatekeeper; concerns EMS-PRO-002" in said
    assert "Copy PC-01 at yard shows revision 1; revision 2 is current" in said
    assert "No row of the records table names this form" in said
    assert "Follows revision 1 of EMS-PRO-001; revision 2 is current" in said
    assert "Waiver of EMS803 ends: deputy named in April" in said
    assert len(said) == 5
    assert found["keeper"][2] == "manager (B. Boss)", "who signs people.yml names the next one"
    assert all(row[2] and "nobody" not in row[2] for row in found.values())


def test_the_act_of_an_old_copy_leads_to_its_row(tmp_path: Path) -> None:
    example = """\
docs/registers/posted-copies.csv
  = id;document;revision;place;posted_by
  = PC-01;EMS-PRO-001;0;yard;lead
"""
    with published(make(tmp_path, example)) as site:
        act = link_of(site, BOARD, "Exchange the copy")
        assert act == "control/to-do/copy-PC-01.md"
        target = link_of(site, act, "Printed copies")
        path, anchor = target.split("#")
        assert path == "control/printed-copies.md"
        assert f'id="{anchor}"' in site.pages["control/printed-copies.md"].body
        assert rows(site, "control/printed-copies.md")[0][-1] == "Too old: revision 1 is current · print this copy"


FIVE = "ems.yml\n  publish: {rows_per_page: 2}\n" + "".join(
    f"docs/procedures/EMS-PRO-00{n}.md\n  title: Drain {n}\n" for n in range(2, 6)
)


def test_a_long_list_is_on_several_pages_and_a_short_one_on_one(tmp_path: Path) -> None:
    copies = """\
docs/registers/posted-copies.csv
  = id;document;revision;place;posted_by
  = PC-01;EMS-PRO-001;1;yard;lead
  = PC-02;EMS-PRO-002;1;yard;lead
  = PC-03;EMS-PRO-003;0;yard;lead
"""
    with published(make(tmp_path / "long", FIVE + copies)) as site:
        parts = ["documents/index.md", "documents/part-2.md", "documents/part-3.md"]
        shown = [[row[0].split()[0] for row in rows(site, path)] for path in parts]
        assert shown == [["EMS-PRO-001", "EMS-PRO-002"], ["EMS-PRO-003", "EMS-PRO-004"], ["EMS-PRO-005"]]
        for path in parts:
            assert site.pages[path].title == "List of documents"
            assert "This list is on 3 pages" in site.pages[path].body
            others = [other for other in parts if other != path]
            line = next(line for line in site.pages[path].body.split("\n") if line.startswith("This list"))
            assert re.findall(r"\]\(([^)]*)\)", line) == [posixpath.relpath(other, "documents") for other in others]
        assert "../../d/EMS-PRO-005/r1/" in site.pages[parts[2]].body, "a page deeper than the first"
        data = list(csv.DictReader(io.StringIO(site.assets[f"{FOLDER}/documents.csv"].decode("utf-8-sig"))))
        assert len(data) == 5, "files hold all of it"
        assert [row[0].split()[0] for row in rows(site, "control/printed-copies-part-2.md")] == ["PC-03"]
        assert (
            link_of(site, "control/to-do/copy-PC-03.md", "Printed copies") == "control/printed-copies-part-2.md#PC-03"
        )
        system = site.pages["documents/by-process.md"].body
        assert system.count("ems-in-force") == 2
        assert "- [List of documents](index.md)" in system
        assert not any("part-" in str(entry) for entry in site.nav)
    with published(make(tmp_path / "short", FIVE.replace("2}", "5}") + copies)) as site:
        assert len(rows(site, "documents/index.md")) == 5
        assert not [path for path in site.pages if "part-" in path]
        assert "This list is on" not in site.pages["documents/index.md"].body


def test_a_part_of_a_list_takes_nobodys_address(tmp_path: Path) -> None:
    example = FIVE + "docs/documents/part-2.md\n  id: EMS-PRO-006\n  title: A document of that name\n"
    with published(make(tmp_path, example)) as site:
        assert site.pages["documents/part-2.md"].title == "A document of that name"
        assert [row[0].split()[0] for row in rows(site, "documents/part-02.md")] == ["EMS-PRO-003", "EMS-PRO-004"]


def test_what_is_open_has_a_page_with_the_state_of_each_row(tmp_path: Path) -> None:
    example = """\
docs/registers/actions.csv
  = id;from;action;owner;due;done
  = AC-1;audit <b>1</b>;Mend the <i>pump</i>;lead;2026-01-31;
  = AC-2;audit 1;Tell the shift;lead;2026-01-31;2026-01-20
  = AC-3;audit 1;Some day;lead;soon;
docs/registers/nonconformities.csv
  = id;nonconformity;opened;closed
  = NC-1;Oil in the gully;2026-01-10;
  = NC-2;Label missing;2026-01-11;2026-02-01
"""
    with published(make(tmp_path, example)) as site:
        found = rows(site, "registers/actions.md")
        assert [row[-1].split()[0] for row in found] == ["open", "done", "open"]
        assert "late" in found[0][-1]
        assert "late" not in found[1][-1]
        assert "no day known" in found[2][-1]
        assert "<b>" not in site.pages["registers/actions.md"].body
        assert [row[-1] for row in rows(site, "registers/nonconformities.md")] == ["open", "done"]


def test_a_handbook_without_tables_says_which_file_they_would_be(tmp_path: Path) -> None:
    with published(make(tmp_path, "")) as site:
        for path, name in (
            ("control/printed-copies.md", "posted"),
            ("registers/competence.md", "competence"),
            ("registers/actions.md", "actions"),
        ):
            assert f"docs/registers/{name}" in site.pages[path].body


def test_list_carries_the_life_of_each_document(tmp_path: Path) -> None:
    root = make(
        tmp_path, "commit\n" + SECOND.format(more="effective: 2026-06-01\n  approved_on: 2026-02-10", day="2026-02-10")
    )
    with published(root) as site:
        body = site.pages["documents/index.md"].body
        found = re.search(r'data-life="([^"]*)"', body)
        assert found
        life = json.loads(plain(found[1]))
        assert [entry[:3] for entry in life] == [[1, "2026-01-05", "2026-06-01"], [2, "2026-06-01", ""]]
        assert life[0][4] == "../d/EMS-PRO-001/r1/"
        assert life[1][4] == "", "what has not come yet has no permanent address"
        assert "Revision 2 starts on 1 June 2026." in plain(body)
    with published(root, style=Addresses(directories=False)) as site:
        assert "d/EMS-PRO-001/r1/index.html" in site.pages["documents/index.md"].body


def test_every_table_has_its_rows_as_files(tmp_path: Path) -> None:
    with published(make(tmp_path, 'docs/procedures/EMS-PRO-001.md\n  title: "=1+1"')) as site:
        names = {Path(path).stem for path in site.assets if path.startswith(FOLDER)}
        assert {"documents", "review-board", "changes", "approvals", "archive", "figures", "calendar"} <= names
        table = list(csv.DictReader(io.StringIO(site.assets[f"{FOLDER}/documents.csv"].decode("utf-8-sig"))))
        assert table[0]["title"] == "'=1+1"
        assert json.loads(site.assets[f"{FOLDER}/documents.json"])["documents"][0]["title"] == "=1+1"
        book = openpyxl.load_workbook(io.BytesIO(site.assets[f"{FOLDER}/documents.xlsx"]))
        assert [cell.value for cell in book.active[2]][:2] == ["EMS-PRO-001", "=1+1"]
        assert book.active["B2"].data_type == "s"


def test_approvals_have_a_certificate_each_that_claims_no_signature(tmp_path: Path) -> None:
    with published(make(tmp_path, "")) as site:
        [row] = rows(site, "control/approvals.md")
        assert row[:8] == ["10 December 2025", "B. Boss", "manager", "EMS-PRO-001", "1", "approved", "", "declared"]
        assert 'href="../../d/EMS-PRO-001/r1/decision-1/"' in site.pages["control/approvals.md"].body
        light = dict(site.light(Addresses(), None))
        text = light["d/EMS-PRO-001/r1/decision-1/index.html"].decode()
    for words in ("B. Boss", "manager", "10 December 2025", "This is no signature", "sha256:", "git show"):
        assert words in text
    assert 'href="../../../../procedures/EMS-PRO-001/index.html"' in text
    assert 'href="../index.html"' in text


def test_decisions_that_something_else_replaced_share_a_page(tmp_path: Path) -> None:
    root = make(tmp_path, "commit\n" + SECOND.format(more="approved_on: 2026-02-10", day="2026-02-10"))
    with published(root) as site:
        body = site.pages["control/approvals.md"].body
        light = dict(site.light(Addresses(), None))
    assert 'href="../../d/EMS-PRO-001/r2/decision-1/"' in body
    assert 'href="../../d/EMS-PRO-001/decisions/#r1-decision-1"' in body
    assert "d/EMS-PRO-001/r1/decision-1/index.html" not in light
    together = lxml.html.fromstring(light["d/EMS-PRO-001/decisions/index.html"])
    assert [one.get("id") for one in together.xpath("//h2")] == ["r1-decision-1"]
    assert together.xpath("//h3")
    assert "This is no signature" in together.text_content()
    assert "10 December 2025" in together.text_content()
    assert together.xpath("//main//a[@href='../r1/index.html']")
    alone = light["d/EMS-PRO-001/r2/decision-1/index.html"].decode()
    assert "Earlier decisions" not in alone
    assert "10 February 2026" in alone


def test_changes_stand_by_month_and_lead_to_the_redline(tmp_path: Path) -> None:
    root = make(tmp_path, "commit\n" + SECOND.format(more="approved_on: 2026-02-10", day="2026-02-10"))
    with published(root) as site:
        body = site.pages["control/changes.md"].body
        assert re.findall(r"## (.*)", body) == ["February 2026", "January 2026"]
        assert "../../d/EMS-PRO-001/r1-r2/" in body
        assert 'data-group="all-staff"' in body
        feed = ElementTree.fromstring(site.assets[f"{FOLDER}/changes.atom"])  # noqa: S314 (our own)
        titles = [entry.findtext("{*}title") for entry in feed.iterfind("{*}entry")]
        assert titles == ["EMS-PRO-001 Yard drains: revision 2", "EMS-PRO-001 Yard drains: revision 1"]
        assert feed.findtext("{*}entry/{*}summary") == "Close V-3 within five minutes."
        assert rows(site, "control/archive.md", "Superseded")[0][:4] == [
            "EMS-PRO-001", "Yard drains", "revision 1", "5 January 2026",
        ]  # fmt: skip


def test_calendar_holds_reviews_starts_and_ends(tmp_path: Path) -> None:
    example = "docs/procedures/EMS-PRO-002.md\n  title: Detour\n  until: 2026-05-31\ncommit\n"
    more = "effective: 2026-06-01\n  approved_on: 2026-02-10"
    with published(make(tmp_path, example + SECOND.format(more=more, day="2026-02-10"))) as site:
        found = icalendar.Calendar.from_ical(site.assets[f"{FOLDER}/calendar.ics"])
        events = {(event.decoded("dtstart"), str(event["summary"]).split(":")[0]) for event in found.walk("VEVENT")}
    assert {(date(2026, 6, 1), "Starts"), (date(2026, 5, 31), "Last day"), (date(2028, 1, 5), "Review due")} <= events


def names_given(root: Path) -> list[set[str]]:
    """The names of the calendar's events and of the feed's entries."""
    with published(root) as site:
        found = icalendar.Calendar.from_ical(site.assets[f"{FOLDER}/calendar.ics"])
        feed = ElementTree.fromstring(site.assets[f"{FOLDER}/changes.atom"])  # noqa: S314 (our own)
    events, entries = found.walk("VEVENT"), feed.iterfind(".//{*}id")
    return [{str(event["uid"]) for event in events}, {one.text or "" for one in entries}]


def test_events_and_entries_keep_their_names_and_share_them_with_no_other_handbook(tmp_path: Path) -> None:
    root = make(tmp_path / "works", "commit\n")
    before = names_given(root)
    assert all(before)
    policy = (root / "ems.yml").read_text("utf-8")
    (root / "ems.yml").write_text(policy.replace("Sample Works", "Sample Works GmbH"), "utf-8")
    git(root, "commit", "-q", "-am", "Renamed")
    assert names_given(root) == before
    (root / "group").mkdir()
    git(root, "mv", *(path.name for path in sorted(root.iterdir()) if path.name not in (".git", "group")), "group")
    git(root, "commit", "-q", "-m", "Moved into a folder")
    assert names_given(root / "group") == before

    other = make(tmp_path / "other", 'ems.yml\n  organisation: "Other Works"\ncommit\n')
    assert [one & two for one, two in zip(before, names_given(other), strict=True)] == [set(), set()]


def test_two_handbooks_of_one_repository_share_no_names(tmp_path: Path) -> None:
    top = make(tmp_path / "one", "")
    for name, organisation in (("east", "East Works"), ("west", "West Works")):
        make(tmp_path / name, f'ems.yml\n  organisation: "{organisation}"\n')
        (tmp_path / name / ".git").rename(tmp_path / f"{name}.git")
        (tmp_path / name).rename(top / name)
    git(top, "add", "-A")
    git(top, "rm", "-q", "-r", "--cached", "docs", "ems.yml", "people.yml")
    git(top, "commit", "-q", "--amend", "-m", "Both")
    east, west = names_given(top / "east"), names_given(top / "west")
    assert all(east)
    assert [one & two for one, two in zip(east, west, strict=True)] == [set(), set()]


OLD_ROWS = """\
docs/procedures/EMS-PRO-001.md
  revision: 3
  revisions:
    - {revision: 3, date: 2025-12-01, author: a.author, class: substantive, change: Gate added by 2026-04-30.}
    - {revision: 2, date: 2022-05-01, effective: 2022-06-01, author: a.author, class: editorial, change: Valve named.}
    - {revision: 1, date: 2020-05-01, author: a.author, class: substantive, change: First issue.}
"""


def test_what_came_before_git_is_told_with_its_days_and_why_they_are_missing(tmp_path: Path) -> None:
    with published(make(tmp_path, OLD_ROWS)) as site:
        listed, record = site.pages["documents/index.md"].body, site.pages["procedures/EMS-PRO-001.md"].body
    life = json.loads(html.unescape(re.search(r'data-life="([^"]*)"', listed)[1]))  # type: ignore[index]
    assert [(each[0], each[1], each[2]) for each in life] == [
        (1, "2020-05-01", "2022-06-01"),
        (2, "2022-06-01", "2026-01-05"),
        (3, "2026-01-05", ""),
    ]
    assert ["not kept here" in str(each[-1]) for each in life] == [True, True, False]
    assert "of 1 May 2020; when it applied is not recorded here" in record
    assert "1 June 2022" in record
    assert "(substantive)" not in record
    assert "Valve named. (editorial)" in record


def test_figures_are_five_charts_with_a_sentence_and_no_percentage(tmp_path: Path) -> None:
    with published(make(tmp_path, "")) as site:
        body = site.pages["control/figures.md"].body
    assert body.count("<svg") == body.count("## ") == 5
    assert "%" not in body
    assert "1 document is in force" in body


def test_hostile_fields_stay_text_everywhere(tmp_path: Path) -> None:
    bad = '"<script>alert(1)</script>|`x`[a](javascript:b)"'
    example = f"""\
docs/procedures/EMS-PRO-001.md
  title: {bad}
  distribution: [all-staff, '"><img src=x onerror=alert(1)>']
  clauses: ['iso-14001:2026/8.1#"><b>', '" onclick="alert(1)']
docs/registers/posted-copies.csv
  = id,document,revision,place,posted_by
  = "PC ""><b>",EMS-PRO-001,0,<i>|yard</i>,<u>lead</u>
"""
    with published(make(tmp_path, example)) as site:
        for path in (
            "documents/index.md",
            BOARD,
            "control/changes.md",
            "control/approvals.md",
            "control/printed-copies.md",
        ):
            body = site.pages[path].body
            for tag in ("<script", "<img", "<b>", "<i>", "<u>", 'onclick="'):
                assert tag not in body, (path, tag)
        light = dict(site.light(Addresses(), None))
        assert b"<script>alert" not in light["d/EMS-PRO-001/r1/decision-1/index.html"]


def test_a_branch_fetched_from_elsewhere_counts(tmp_path: Path) -> None:
    root = make(tmp_path / "origin", "")
    propose(root, "drains", date(2026, 2, 14))
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(root), str(clone)], check=True, env=ENVIRONMENT)
    with published(clone) as site:
        assert "proposed on origin/drains" in rows(site, BOARD, "Waiting")[0][1]
