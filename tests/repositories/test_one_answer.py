"""One question, asked at every place that answers it: the answers agree."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ems_control.handbook.loading import load
from ems_control.site.addressing import Addresses
from ems_control.site.publication import publish
from tests.examples import git, make
from tests.forges.works import POLICY, PRO, Works, text, works
from tests.handbook.reading import DAY, ROOT
from tests.running import ems

WI = "docs/instructions/EMS-WI-001.md"
BUILT = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
TITLES = {"manager": "plant manager", "controller": "document controller", "lead": "yard lead"}
NAMES = {"a.author": "A. Author", "b.boss": "B. Boss", "c.deputy": "C. Deputy", "l.lead": "L. Lead"}
KEYS = {name: key for key, name in NAMES.items()}
Asked = dict[str, tuple[int, list[str]]]
"""By the title of a role: how many decisions, and the names of those who are asked."""


def editorial(author: str, revision: int = 2) -> str:
    """The next revision of EMS-PRO-001, which only mends the wording."""
    row = f"{{revision: {revision}, date: 2026-01-05, author: a.author, change: Step {revision}.}}"
    mended = row.replace("a.author", author).replace("change:", "class: editorial, change:")
    return text(revision=revision, body="Close that valve.").replace(row, mended)


def board(made: Works) -> Asked:
    """Who has to decide, by the review board of what is checked out."""
    with load(made.root, date(2026, 3, 1)) as handbook:
        page = publish(handbook, BUILT).pages["control/review-board.md"].body
    cells = re.sub(r"&#(\d+);", lambda match: chr(int(match[1])), page[page.index("{#waiting}") :]).split("\n## ")[0]
    found = re.findall(r"(?:\| |<br>)(?:(\d) × )?([a-z ]+) \(([^)]*)\)(?=<br>| \|)", cells)
    return {title: (int(number or 1), names.split(", ")) for number, title, names in found if title in TITLES.values()}


def every_answer(made: Works) -> dict[str, Asked]:
    """Whom the branch that is checked out asks, at every place.

    The finding names no persons, the pull request also the deputies of those who are asked.
    """
    rows = ems(made.root, "reviewers", "--base", "main", "--format", "json", day=None).json["documents"]
    reviewers = {TITLES[row["role"]]: (row["number"], [NAMES[key] for key in row["persons"]]) for row in rows}
    path = made.root.parent / "pull.json"
    path.write_text(json.dumps(made.pull(made.head, None, [], author=None)), encoding="utf-8")
    line = ["check", "--base", "main", "--format", "json"]
    [finding] = [f for f in ems(made.root, *line, day=None).json["findings"] if f["rule"] == "EMS307"]
    wanted = re.findall(r"(?:by the|by (\d) in the role of) (.*?)(?= and |$)", finding["message"])
    finding_says = {title: (int(number or 1), reviewers.get(title, (0, []))[1]) for number, title in wanted}
    judged = ems(made.root, *line, "--reviews", "--from-json", str(path), day=None).json["findings"]
    messages = [f["message"] for f in judged if (f["name"], f["severity"]) == ("awaiting-approval", "error")]
    pull = [re.search(r"needs (\d) \w+ by the ([a-z ]+) \((.*)\)", message) for message in messages]
    pull_says = {m[2]: (int(m[1]), m[3].split(" or ")[: len(reviewers.get(m[2], (0, []))[1])]) for m in pull if m}
    branch = made.git("branch", "--show-current")
    made.git("checkout", "-q", "main")
    said = {"reviewers": reviewers, "finding": finding_says, "pull request": pull_says, "board": board(made)}
    made.git("checkout", "-q", branch)
    return said


BOTH = ["B. Boss", "C. Deputy"]
CASES = {
    # who writes, what, and who is asked in which role where one manager is enough, and where it takes two
    "a first text": ("a.author", WI, text("EMS-WI-001"), {"yard lead": ["L. Lead"], "plant manager": BOTH[:1]}, BOTH),
    "a next one": ("a.author", PRO, text(revision=2), {"plant manager": BOTH[:1]}, BOTH),
    "the manager's own": ("b.boss", PRO, text(revision=2), {"plant manager": BOTH[1:]}, BOTH[1:]),
    "editorial": ("l.lead", PRO, editorial("l.lead"), {"document controller": ["A. Author"]}, []),
    "the controller's own": ("a.author", PRO, editorial("a.author"), {"document controller": BOTH[1:]}, []),
    "of both controllers": ("a.author", PRO, editorial("c.deputy"), {"plant manager": BOTH[:1]}, BOTH[:1]),
    "more than wording": ("l.lead", PRO, editorial("l.lead") + "![](t.png)\n", {"plant manager": BOTH[:1]}, BOTH),
}


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("case", CASES)
def test_whose_decision_is_missing(tmp_path: Path, case: str, number: int) -> None:
    """Board, reviewers, finding and pull request ask the same; what they ask for suffices, and less does not."""
    author, path, written, persons, managers = CASES[case]
    want = {role: (1, names) for role, names in persons.items()}
    if number == 2 and "plant manager" in want:
        want["plant manager"] = (2, managers)
    policy = POLICY.replace("approve: manager", f"approve: {{role: manager, number: {number}}}")
    made = works(tmp_path, policy=policy, documents={})
    made.branch("first")
    head = made.commit({PRO: text()})
    made.record(made.pull(head, made.merge("first"), [made.review(p, head) for p in ("b.boss", "c.deputy")[:number]]))
    made.land()
    made.branch()
    head = made.commit({path: written, "docs/procedures/t.png": "picture"}, email=f"{author}@example.org")
    for place, asked in every_answer(made).items():
        assert asked == want, place
    merge = made.merge()
    assert board(made) == want, "board, on main"
    deciding = [KEYS[name] for count, names in want.values() for name in names[:count]]
    pull = made.pull(head, merge, [], author=None)
    document, revision = Path(path).stem, 1 if path == WI else 2
    for person in deciding:
        assert made.standing(document)["revision"] != revision, "less than what is asked for is not enough"
        pull["reviews"].append(made.review(person, head))
        made.record(pull)
        made.land()
    assert (made.standing(document)["revision"] == revision) == (len(deciding) == sum(n for n, _ in want.values()))
    assert made.verify()["breaks"] == []


LINKS = {
    # from docs/procedures/: what a text says, and whether readers find something there
    "EMS-PRO-001.md": True,
    "EMS-PRO-001.md#drains": True,
    "./EMS-PRO-001.md?x=1": True,
    "EMS-PRO%2D001.md": True,
    "EMS-PRO-099.md": False,
    "../index.md": True,
    "../help/none.md": False,
    "../for/yard.md": True,
    "../for/all-staff.md": True,
    "../for/none.md": False,
    "../for/index.md": True,
    "../control/review-board.md": True,
    "../standards/iso-14001-2026/6.3.md": True,
    "../standards/iso-14001-2026/99.md": False,
    "../standards/transition.md": False,
    "../standards/emas-statement.md": True,
    "../help/rules/references.md": True,
    "../help/rules/links.md": False,
    "/index.md": False,
    "/documents/": False,
    "/procedures/EMS-PRO-001/": False,
    "EMS-PRO-001/": False,
    "EMS-PRO-001.html": False,
    "https://example.org/EMS-PRO-099.md": True,
    "mailto:a.author@example.org": True,
    "EMS-PRO-004.md": True,  # came after this text, then moved
    "EMS-PRO-005.md": False,  # had moved before this text
    "EMS-PRO-006.md": True,  # moved after this text
    "EMS-PRO-007.md": True,  # gave its place to EMS-PRO-008 after this text
}
MOVING = """\
docs/procedures/EMS-PRO-005.md
docs/procedures/EMS-PRO-006.md
docs/procedures/EMS-PRO-007.md
commit
move docs/procedures/EMS-PRO-005.md docs/water/EMS-PRO-005.md
commit
docs/procedures/EMS-PRO-002.md
  clauses:
  > Links.
{links}
commit
docs/procedures/EMS-PRO-004.md
move docs/procedures/EMS-PRO-006.md docs/water/EMS-PRO-006.md
move docs/procedures/EMS-PRO-007.md docs/water/EMS-PRO-007.md
copy docs/procedures/EMS-PRO-001.md docs/water/
docs/procedures/EMS-PRO-007.md
  id: EMS-PRO-008
commit
move docs/procedures/EMS-PRO-004.md docs/water/EMS-PRO-004.md
docs/index.md
  = # Home
  =
{home}
delete docs/water/EMS-PRO-001.md
commit
"""


def links(root: Path) -> dict[str, tuple[dict[int, bool], dict[int, bool]]]:
    """By path: for each line that links, whether check finds it broken, and whether the site strikes it out."""
    found = {}
    broken = {
        (f["path"], f["line"])
        for f in ems(root, "check", "--format", "json").json["findings"]
        if f["rule"] in ("EMS502", "EMS504")
    }
    with load(root, date(2026, 3, 1)) as handbook:
        pages = publish(handbook, BUILT).pages
        for path, page in pages.items():
            place = f"docs/{path}"
            if place not in handbook.tree.committed:
                continue
            lines = (root / place).read_text(encoding="utf-8").split("\n")
            said = {n: line for n, line in enumerate(lines, 1) if re.search(r"\[link", line)}
            struck = {
                n: bool(
                    re.search(rf'ems-dead"[^>]*>{re.escape(line[line.index("link") : line.index("]")])}<', page.body)
                )
                for n, line in said.items()
            }
            found[path] = ({n: (place, n) in broken for n in said}, struck)
    return found


def test_what_a_link_leads_to(tmp_path: Path) -> None:
    """Check and site agree about every kind of link, in a text approved before others moved and in a page of today."""
    written = [f"[link {number} here]({target})" for number, target in enumerate(LINKS)]
    home = [
        line.replace("](../", "](").replace("](EMS", "](procedures/EMS").replace("](./", "](procedures/")
        for line in written
    ]
    root = tmp_path / "handbook"
    root.mkdir()
    lines = ["\n".join(f"  {mark} {line}\n  {mark}" for line in texts) for mark, texts in ((">", written), ("=", home))]
    made = links(make(root, MOVING.format(links=lines[0], home=lines[1])))
    check, site = made["procedures/EMS-PRO-002.md"]
    assert check == site
    assert list(check.values()) == [not there for there in LINKS.values()]
    check, site = made["index.md"]
    assert check == site
    moved = {f"EMS-PRO-00{n}.md" for n in (4, 5, 6)}
    assert list(check.values()) == [not there or target in moved for target, there in LINKS.items()]


def test_what_every_link_of_the_sample_leads_to() -> None:
    """Check finds no broken link in the sample, and the site strikes none out."""
    with load(ROOT, date.fromisoformat(DAY)) as handbook:
        publication = publish(handbook, BUILT)
        bodies = [page.body for page in publication.pages.values()]
        assert sum(body.count(".md") for body in bodies) > 4000
        assert [body for body in bodies if "ems-dead" in body] == []
    rules = {f["rule"] for f in ems(ROOT, "check", "--format", "json", day=DAY).json["findings"]}
    assert not rules & {"EMS502", "EMS503", "EMS504", "EMS505", "EMS507"}


ENDED = """\
docs/procedures/EMS-PRO-001.md
docs/procedures/EMS-PRO-002.md
docs/procedures/EMS-PRO-003.md
  until: 2026-01-20
docs/procedures/EMS-PRO-004.md
  until: 2026-06-30
commit
docs/procedures/EMS-PRO-001.md
  revision: 2
  approved_on: 2026-01-05
  revisions:
    - {revision: 2, date: 2026-01-02, author: a.author, class: substantive, change: Close V-3 within five minutes.}
    - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
  > Close valve V-3 at once.
commit 2026-01-10
docs/procedures/EMS-PRO-002.md
  status: withdrawn
  approved_on: 2026-01-05
commit 2026-01-15
"""
Ends = dict[tuple[str, str], str]


ENDED_ROW = re.compile(
    r"<tr>\n<td>(?:<a [^>]*>)?(\d+)(?:</a>)?</td>\n<td>[^<]*</td>\n"
    r'<td><time [^>]*>[^<]*</time> – <time datetime="([^"]*)"'
)
"""A row of a control record's history: the revision, and its first day without force."""


def every_end(root: Path, day: date) -> dict[str, Ends]:
    """The first day on which each revision of documents listed was no longer in force, at every place that says it."""
    record, listed, light = Ends(), Ends(), Ends()
    with load(root, day) as handbook:
        publication = publish(handbook, BUILT)
        for page in publication.pages.values():
            for number, end in ENDED_ROW.findall(page.body) if page.ems.get("id") else ():
                record[str(page.ems["id"]), number] = end
        for name, life in re.findall(
            r'data-id="([^"]*)" data-life="([^"]*)"', publication.pages["documents/index.md"].body
        ):
            for revision, _, end, _, _, _, *without_text in json.loads(html.unescape(life)):
                if without_text:  # by its own history; only the list tells
                    continue
                listed.pop((name, str(revision)), None)  # one that came back is in force
                if end and end <= day.isoformat():
                    listed[name, str(revision)] = end
        rows = csv.DictReader(io.StringIO(publication.assets["assets/ems/data/archive.csv"].decode("utf-8-sig")))
        archive = {(row["number"], row["revision"]): row["until"] for row in rows}
        for path, data in publication.light(Addresses(), None):
            said = re.search(r"Not for use since ([^.]*)\.", data.decode()) if "/r" in path else None
            if said and (place := re.fullmatch(r"d/([^/]*)/r(\d+)/index\.html", path)):
                light[place[1], place[2]] = datetime.strptime(said[1], "%d %B %Y").date().isoformat()  # noqa: DTZ007
        back = {(d.id, str(d.in_force.revision)) for d in handbook.listed if d.in_force and d.in_force.reinstated}
        record, archive = (  # a row for each time
            {row: end for row, end in place.items() if row not in back} for place in (record, archive)
        )
    return {"control record": record, "list": listed, "archive": archive, "earlier revisions": light}


def test_until_when_a_revision_was_in_force(tmp_path: Path) -> None:
    """Control record, list of documents, archive and the pages of earlier revisions say the same day."""
    root = tmp_path / "handbook"
    root.mkdir()
    want = {("EMS-PRO-001", "1"): "2026-01-10", ("EMS-PRO-002", "1"): "2026-01-15", ("EMS-PRO-003", "1"): "2026-01-21"}
    for place, ends in every_end(make(root, ENDED), date(2026, 3, 1)).items():
        assert ends == want, place
    sample = every_end(ROOT, date.fromisoformat(DAY))
    with load(ROOT, date.fromisoformat(DAY)) as found:
        applied = {(d.id, str(period.approval.revision)) for d in found.listed for period in d.periods}
    for place, ends in sample.items():
        within_a_day = ends.keys() - applied  # replaced on its first day, so that the list of no day shows it
        assert {key: end for key, end in ends.items() if "." not in key[0] and key not in within_a_day} == {
            key: end for key, end in sample["list"].items() if "." not in key[0]
        }, place
        assert place == "list" or within_a_day == sample["control record"].keys() - applied, place
    assert len(sample["list"]) > 20


@pytest.mark.parametrize(
    ("claimed", "count"),
    [
        ("", 15),
        ("iso-14001:2015", 15),
        ("iso-9001:2015, iso-14001:2026", 15),
        ("iso-9001:2015", 15),
        ("iso-14001:2026, emas", 18),
    ],
)
def test_what_answers_a_requirement_of_document_control(tmp_path: Path, claimed: str, count: int) -> None:
    """The command and the page show the same requirements, each with the same documents."""
    clauses = "iso-14001:2015/9.3, iso-14001:2026/9.3.1, iso-9001:2015/9.3.1, iso-9001:2015/7.5.3, emas/art-6"
    example = f"ems.yml\n  standards: [{claimed}]\ndocs/procedures/EMS-PRO-001.md\n  clauses: [{clauses}]\n"
    others = [
        "iso-14001:2026/10.2",
        "iso-9001:2015/10.2",
        "iso-14001:2015/9.2",
        "iso-9001:2015/9.2.2",
        "iso-14001:2026/7.5",
    ]
    for number, clause in enumerate(others, 2):
        example += f"docs/procedures/EMS-PRO-00{number}.md\n  clauses: [{clause}]\n"
    root = tmp_path / "handbook"
    root.mkdir()
    make(root, example)
    table = ems(root, "matrix", "--standard", "document-control", "--format", "json").json
    command = {row["clause"].lower(): row["documents"] for row in table["clauses"]}
    with load(root, date(2026, 3, 1)) as handbook:
        page = publish(handbook, BUILT).pages["control/self-assessment.md"].body
    parts = {part[: part.index("}")]: part for part in re.split(r"(?m)^### .*\{#", page)[1:]}
    shown = {
        name: re.findall(r"EMS-PRO-\d+(?=\])", said[1])
        if (said := re.search(r"(?m)^- Our documents: (.*)$", part))
        else []
        for name, part in parts.items()
    }
    assert shown == command
    assert len(command) == count
    assert command["dc-05"] or claimed in ("iso-14001:2015", "iso-14001:2026, emas")


def test_whose_decision_is_missing_in_the_sample_and_the_demonstration(tmp_path: Path) -> None:
    """For every text that waits, board and finding name the same roles; the demonstration's editorial one too."""
    root = tmp_path / "demo"
    assert ems(root, "demo", str(root), day=None).status == 0
    written = ems(root, "revise", "EMS-PRO-003", "--class", "editorial", "--change", "Typing error.", day=None)
    assert written.status == 0, written.err
    path = root / "docs/procedures/EMS-PRO-003.md"
    said = path.read_text(encoding="utf-8")
    path.write_text(said.replace("status: draft", "status: submitted").replace("A mixed", "A  mixed"), encoding="utf-8")
    now = datetime.now(UTC).date()
    git(root, "commit", "-q", "-a", "-m", "Typing error", day=now, email="m.ferrer@example.org")
    for folder, day in ((root, now), (ROOT, date.fromisoformat(DAY))):
        found = ems(folder, "check", "--format", "json", day=day.isoformat()).json["findings"]
        finding = {
            f["document"]: set(re.findall(r"by the (.*?)(?= and |$)", f["message"]))
            for f in found
            if f["rule"] == "EMS307"
        }
        with load(folder, day) as handbook:
            page = html.unescape(publish(handbook, BUILT).pages["control/review-board.md"].body)
            waiting = page[page.index("{#waiting}") :].split("\n## ")[0]
            named = {
                one: {t for role in handbook.people.roles if f"{(t := handbook.people.title(role))} (" in row}
                for one, row in re.findall(r'(?m)^\| <span class="ems-row"[^>]*id="([^"]*)"(.*)$', waiting)
                if "data-branch" not in row
            }
        assert named == finding
        assert finding == ({"EMS-PRO-003": {"document controller"}} if folder == root else finding)
    assert len(finding) >= 2
