"""Earlier revisions and redlines at permanent addresses: the right text, under its line, for ever, and cheap."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from lxml import html
from tests.examples import ENVIRONMENT, git, make
from tests.sites import Site, build, configure, once, run_build

from ems_control.ground.kept import SEAL, program

Make = Callable[..., Path]
ANEW = re.compile(r"Earlier revisions: (\d+) files, (\d+) pages made anew, (\d+) texts rendered")
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg"><title>{}</title></svg>'


def revision(number: int, day: str, change: str = "Changed.", effective: str = "") -> str:
    """The front matter of a revision, as a step of an example."""
    rows = [
        f"{{revision: {n}, date: {day}, author: a.author, class: substantive, change: '{change} {n}'}}"
        for n in range(number, 0, -1)
    ]
    lines = [f"revision: {number}", f"approved_on: {day}", f"effective: {effective or day}", "revisions:"]
    return "".join(f"  {line}\n" for line in [*lines, *(f"  - {row}" for row in rows)])


LIFE = f"""
docs/images/drain.svg
  = {PICTURE.format("old drain")}
docs/procedures/limits.csv
  = what,value
  = zinc,2.0
docs/procedures/EMS-PRO-002.md
  clauses:
docs/procedures/EMS-PRO-001.md
{revision(1, "2026-01-05")}  title: Drains as they were
  > ## Drains {{#drains}}
  >
  > Close valve V-3 within 5 minutes, see [below](#drains) and [the other](EMS-PRO-002.md#drains).
  >
  > ![Drain](../images/drain.svg)
  >
  > [Limits](limits.csv){{ .table }}
commit 2026-01-05
delete docs/images/drain.svg
delete docs/procedures/limits.csv
move docs/procedures/EMS-PRO-001.md docs/water/EMS-PRO-001.md
docs/water/EMS-PRO-001.md
{revision(2, "2026-01-20")}  title: Drains
  > ## Drains {{#drains}}
  >
  > Close valve V-3 within 2 minutes, see [below](#drains) and [the other](../procedures/EMS-PRO-002.md#drains).
commit 2026-01-20
docs/water/EMS-PRO-001.md
{revision(3, "2026-02-10", effective="2027-01-01")}  > What comes later.
commit 2026-02-10
"""


def main(page: object) -> html.HtmlElement:
    """The part of a light page that is about its document."""
    (found,) = html.fromstring(page.source.encode()).xpath("//main")  # type: ignore[attr-defined]
    return found


def words(element: html.HtmlElement) -> str:
    """What one reads, with single spaces."""
    return " ".join(element.text_content().split())


def counted(root: Path, site: Path) -> tuple[int, int]:
    """Build; how many light pages were made anew, and how many texts were rendered."""
    done = run_build(root, site)
    assert done.returncode == 0, done.stderr
    found = ANEW.search(done.stderr)
    assert found, done.stderr
    return int(found[2]), int(found[3])


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site of a document's life, built once and only read."""
    options = {"site_url": "https://ems.example/handbook/"}
    folder = once(tmp_path_factory, "life", lambda new: build(configure(make(new / "handbook", LIFE), **options)))
    return Site(folder / "handbook-site")


@pytest.mark.parametrize("directories", [True, False])
def test_every_revision_that_was_in_force_keeps_its_address_and_its_text(
    handbook: Make, life: Site, directories: bool
) -> None:
    site = life if directories else build(configure(handbook(LIFE), use_directory_urls=False))
    light = sorted(name for name in site.pages if name.startswith("d/EMS-PRO-001/") and "decision" not in name)
    assert light == [f"d/EMS-PRO-001/{name}index.html" for name in ("", "r1-r2/", "r1/", "r2/", "waiting-r3/")]
    old, new = (site.pages[f"d/EMS-PRO-001/r{n}/index.html"] for n in (1, 2))

    assert "Drains as they were" in words(main(old).xpath(".//h1")[0])
    assert "within 5 minutes" in words(main(old))
    assert "zinc 2.0" in words(main(old))
    assert old.text("banner").startswith("Not for use since 20 January 2026.")
    (picture,) = [site.target("d/EMS-PRO-001/r1/index.html", link) for kind, link in old.references if kind == "src"]
    assert picture is not None
    assert "old drain" in site.read(picture[0])
    page = "water/EMS-PRO-001/index.html" if directories else "water/EMS-PRO-001.html"
    targets = {site.target("d/EMS-PRO-001/r1/index.html", link) for kind, link in old.references if kind == "href"}
    assert (page, "") in targets
    assert (page.replace("water/EMS-PRO-001", "procedures/EMS-PRO-002"), "drains") in targets

    assert new.text("banner") == ""
    assert "within 2 minutes" in words(main(new))
    in_force = [name for name in light if "waiting" not in name]
    assert "What comes later" not in "".join(site.pages[name].source for name in in_force)
    assert [line for line in site.dead() if not line.startswith("404.html")] == []


def test_light_pages_are_out_of_search_and_of_the_map_of_the_site(life: Site) -> None:
    site = life
    places = {entry["location"] for entry in json.loads(site.read("search/search_index.json"))["docs"]}
    assert "water/EMS-PRO-001/" in places
    assert not [place for place in places if place.startswith("d/")]
    assert "/water/EMS-PRO-001/" in site.read("sitemap.xml")
    assert "/d/" not in site.read("sitemap.xml")
    light = [page for name, page in site.pages.items() if name.startswith("d/")]
    assert all('<meta name="robots" content="noindex">' in page.source for page in light)
    assert all(page.text("emergency") == "Emergency: 4444" for page in light)


def test_what_changes_for_people_stands_first_and_the_redline_marks_it(life: Site) -> None:
    site = life
    page = main(site.page("d/EMS-PRO-001/r1-r2/"))
    first = [words(cell) for cell in page.xpath(".//table")[0].xpath(".//tbody/tr[1]/td")]
    assert ("5 minutes" in first[-2], "2 minutes" in first[-1]) == (True, True)
    assert [words(e) for e in page.xpath(".//del[@class='ems']")] == ["5"]
    assert [words(e) for e in page.xpath(".//ins[@class='ems']")] == ["2"]
    assert page.xpath(".//*[@data-ems='del']//img")
    rows = [[words(cell) for cell in row] for row in main(site.page("d/EMS-PRO-001/")).xpath(".//tbody/tr")]
    assert [row[0] for row in rows] == ["revision 3", "revision 2", "revision 1"]
    assert [row[1] for row in rows] == ["Starts later", "Current", "Superseded"]
    assert [row[3] for row in rows] == ["", "1 → 2", ""]


def test_a_second_build_renders_no_text_and_makes_no_page(handbook: Make, tmp_path: Path) -> None:
    root = configure(handbook(LIFE))
    made, rendered = counted(root, tmp_path / "first")
    # Of EMS-PRO-001: itself, two texts, a comparison, and one with the text to come; of EMS-PRO-002: itself, a text.
    assert (made, rendered) == (7, 4)
    assert counted(root, tmp_path / "second") == (0, 0)
    first, second = Site(tmp_path / "first"), Site(tmp_path / "second")
    assert first.files == second.files
    for name in first.files:
        if name.startswith("d/"):
            assert first.read(name) == second.read(name)


def test_a_kept_page_is_made_anew_when_something_in_it_changes(handbook: Make, tmp_path: Path) -> None:
    root = configure(handbook(LIFE))
    counted(root, tmp_path / "site")
    (root / "docs/drains").mkdir()
    git(root, "mv", "docs/procedures/EMS-PRO-002.md", "docs/drains/EMS-PRO-002.md")
    git(root, "commit", "-q", "-m", "Moved", day=date(2026, 2, 12))
    made, rendered = counted(root, tmp_path / "site")
    assert rendered == 2  # the texts that lead to it
    site = Site(tmp_path / "site")
    assert site.dead() == []
    old = "d/EMS-PRO-001/r1/index.html"
    targets = {site.target(old, link) for _, link in site.pages[old].references}
    assert ("drains/EMS-PRO-002/index.html", "drains") in targets

    policy = (root / "ems.yml").read_text(encoding="utf-8")
    (root / "ems.yml").write_text(policy.replace("Emergency: 4444", "Emergency: 5555"), encoding="utf-8")
    made, rendered = counted(root, tmp_path / "site")
    assert (made, rendered) == (7, 0)
    assert "Emergency: 5555" in Site(tmp_path / "site").page("d/EMS-PRO-001/r1/").text("emergency")


def test_what_is_kept_is_bounded_and_may_be_lost(handbook: Make, tmp_path: Path) -> None:
    root = configure(handbook(LIFE))
    kept = root / ".git/ems-control/light"
    counted(root, tmp_path / "site")
    assert len(list(kept.iterdir())) == 2  # one file for each document
    (kept / "stray").write_text("left by an older version", encoding="utf-8")
    (kept / "ab").mkdir()
    (kept / "ab/cd").write_text("and this", encoding="utf-8")
    for path in [path for path in kept.iterdir() if path.is_file() and path.name != "stray"]:
        path.write_bytes(path.read_bytes()[:-20])
    assert counted(root, tmp_path / "site") == (7, 4)
    assert len(list(kept.iterdir())) == 2
    assert not list(kept.parent.rglob(".*"))

    shutil.rmtree(kept.parent)
    kept.parent.write_text("not a folder, as if it could not be written", encoding="utf-8")
    assert counted(root, tmp_path / "site") == (7, 4)
    assert Site(tmp_path / "site").dead() == []


def test_what_others_put_into_the_cache_is_never_published(
    handbook: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever can write the folder can compute every hash that is no secret, and exchange what lies there."""
    root = configure(handbook(LIFE))
    kept = root / ".git/ems-control/light"
    assert counted(root, tmp_path / "site") == (7, 4)
    for path in kept.iterdir():
        data = path.read_bytes()[:-SEAL].replace(b"within 5 minutes", b"within 50 minutes")
        path.write_bytes(data + hashlib.sha256(program().encode() + data).digest())
    assert counted(root, tmp_path / "site") == (7, 4)
    assert "within 5 minutes" in Site(tmp_path / "site").read("d/EMS-PRO-001/r1/index.html")

    one, other = kept.iterdir()
    kept_by_name = {one.name: other.read_bytes(), other.name: one.read_bytes()}
    for name, data in kept_by_name.items():
        (kept / name).write_bytes(data)
    assert counted(root, tmp_path / "site") == (7, 4)
    assert counted(root, tmp_path / "site") == (0, 0)  # the innocent twin: our own

    monkeypatch.setitem(ENVIRONMENT, "XDG_STATE_HOME", str(tmp_path / "somebody else"))
    assert counted(root, tmp_path / "site") == (7, 4)


def fast_import(root: Path, files: list[tuple[date, dict[str, str]]]) -> None:
    """Add a commit for each day with these files, quickly."""
    lines: list[str] = []
    for number, (day, changed) in enumerate(files, start=1):
        seconds = (day - date(1970, 1, 1)).days * 86400 + 36000
        lines += [
            "commit refs/heads/main",
            f"committer A. Author <a.author@example.org> {seconds} +0000",
            "data 4\nStep",
            *(["from refs/heads/main^0"] if number == 1 else []),
        ]
        for path, text in changed.items():
            lines += [f"M 100644 inline {path}", f"data {len(text.encode())}\n{text}"]
    git(root, "fast-import", "--quiet", "--force", stdin="\n".join(lines).encode() + b"\n")
    git(root, "reset", "-q", "--hard")


def many(root: Path, count: int) -> None:
    """EMS-PRO-001 gets this many revisions, a day each."""
    start = date(2025, 1, 1)
    rows: list[str] = []
    files = []
    for n in range(2, count + 1):
        day = start + timedelta(days=n)
        rows.insert(0, f"  - {{revision: {n}, date: {day}, author: a.author, class: substantive, change: Step {n}.}}")
        head = "\n".join(
            ["id: EMS-PRO-001", "title: Yard drains", "type: procedure", f"revision: {n}", "status: submitted",
             "owner: lead", "approved_by: [b.boss]", f"approved_on: {day}", f"effective: {day}", "revisions:", *rows]
        )  # fmt: skip
        text = f"---\n{head}\n---\n## Drains {{#drains}}\n\nClose valve V-{n} within {n} minutes.\n"
        files.append((day, {"docs/procedures/EMS-PRO-001.md": text}))
    fast_import(root, files)


def test_three_hundred_revisions(handbook: Make) -> None:
    root = handbook("commit 2024-12-01")
    many(root, 300)
    site = build(configure(root))
    names = {name.split("/")[2] for name in site.pages if name.startswith("d/EMS-PRO-001/r")}
    assert names == {f"r{n}" for n in range(2, 301)} | {"r299-r300"}
    assert "within 298 minutes" in words(main(site.page("d/EMS-PRO-001/r298/")))
    oldest = site.page("d/EMS-PRO-001/r7/")
    assert oldest.text("banner").startswith("Not for use since 9 January 2025.")
    assert "EMS-PRO-001 revision 300" in oldest.text("banner")
    assert "within 7 minutes" not in oldest.source
    rows = main(site.page("d/EMS-PRO-001/")).xpath(".//tbody/tr")
    assert len(rows) == 300
    assert site.dead() == []


def test_a_long_life_adds_one_page_for_each_revision(handbook: Make) -> None:
    root = handbook("commit 2024-12-01")
    many(root, 10)
    site = build(configure(root))
    names = [name for name in site.files if name.startswith("d/EMS-PRO-001/") and "decision" not in name]
    assert len(names) == 1 + 9 + 1  # itself, a page for each revision that was in force, what the newest one changed
    rows = [row.xpath(".//td[4]//a/@href") for row in main(site.page("d/EMS-PRO-001/")).xpath(".//tbody/tr")]
    assert rows[:4] == [["r9-r10/index.html"], ["r9/index.html#ems-changed"], ["r8/index.html#ems-changed"], []]
    earlier = main(site.page("d/EMS-PRO-001/r9/"))
    (changed,) = earlier.xpath(".//section[@id='ems-changed']")
    assert words(changed).startswith("What changed from revision 8 to revision 9 Step 9.")
    assert [words(e) for e in changed.xpath(".//del[@class='ems']")] == ["V-8", "8"]
    assert "within 8 minutes" not in words(earlier).replace(words(changed), "")
    (newest,) = main(site.page("d/EMS-PRO-001/r10/")).xpath(".//section[@id='ems-changed']")
    assert words(newest) == "What changed from revision 9 to revision 10 Step 10."
    assert newest.xpath(".//a/@href") == ["../r9-r10/index.html"]
    assert not main(site.page("d/EMS-PRO-001/r7/")).xpath(".//section")
    assert site.dead() == []


def test_what_a_translation_follows_is_compared_with_what_is_in_force(handbook: Make) -> None:
    root = handbook(
        """
docs/procedures/EMS-PRO-001.nl.md
  id: EMS-PRO-001.nl
  language: nl
  translates: EMS-PRO-001/3
commit 2024-12-01
"""
    )
    many(root, 5)
    site = build(configure(root))
    names = {name.split("/")[2] for name in site.pages if name.startswith("d/EMS-PRO-001/r") and "decision" not in name}
    assert {name for name in names if "-" in name} == {"r4-r5", "r3-r5"}
    found = {
        site.target("procedures/EMS-PRO-001.nl/index.html", link)
        for _, link in site.page("procedures/EMS-PRO-001.nl/").references
    }
    assert ("d/EMS-PRO-001/r3-r5/index.html", "") in found
    assert site.dead() == []


def test_how_many_texts_are_kept_is_in_the_policy(handbook: Make) -> None:
    root = handbook("ems.yml\n  publish: {earlier_revisions: 1}\ncommit 2024-12-01")
    many(root, 6)
    site = build(configure(root))
    names = {name.split("/")[2] for name in site.pages if name.startswith("d/EMS-PRO-001/r")}
    assert {name for name in names if "-" in name} == {"r5-r6"}
    assert "within 4 minutes" not in site.everything()


def test_a_table_of_five_hundred_rows_is_shown_and_compared(handbook: Make) -> None:
    table = [f"drain {n},{n}.0" for n in range(500)]
    changed = [line.replace("7.0", "9.0") for line in table]
    steps = []
    for number, day, rows in ((1, "2026-01-05", table), (2, "2026-01-20", changed)):
        data = "".join(f"  = {line}\n" for line in ["name,limit", *rows])
        steps.append(
            f"docs/procedures/drains.csv\n{data}docs/procedures/EMS-PRO-001.md\n{revision(number, day)}"
            f"  > [Drains](drains.csv){{ .table }}\ncommit {day}\n"
        )
    site = build(configure(handbook("".join(steps))))
    assert len(main(site.page("d/EMS-PRO-001/r1/")).xpath(".//tbody/tr")) == 500
    page = main(site.page("d/EMS-PRO-001/r1-r2/"))
    marked = [words(e) for e in page.xpath(".//ins[@class='ems']")]
    assert len(marked) == 50
    assert marked[:2] == ["9.0", "19.0"]


HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script> \"'> {{ 7*7 }} [a](javascript:alert(3))"
ARABIC = "\u062e\u0637\u0629 \u0627\u0644\u0637\u0648\u0627\u0631\u0626 (V-12)"


def test_markup_in_every_field_stays_words(handbook: Make) -> None:
    quoted = "'" + HOSTILE.replace("'", "''") + "'"
    fields = f"""\
  title: {quoted}
  owner: {quoted}
  tags: [{quoted}]
  formerly: [{quoted}]
  supersedes: [{quoted}]
  language: {quoted}
"""
    rows = "\n".join(
        f"    - {{revision: {n}, date: 2026-01-05, author: {quoted}, class: substantive, change: {quoted}}}"
        for n in (2, 1)
    )
    example = f"""
ems.yml
  organisation: {quoted}
  emergency: {quoted}
docs/procedures/EMS-PRO-001.md
{fields}  revisions:
{rows}
commit 2026-01-05
docs/procedures/EMS-PRO-001.md
{fields}  revision: 2
  approved_on: 2026-01-20
  effective: 2026-01-20
  revisions:
{rows}
  > ## Drains
  >
  > Must close valve V-3 within 7 minutes.
commit 2026-01-20
"""
    site = build(configure(handbook(example)))
    light = {name: page for name, page in site.pages.items() if name.startswith("d/EMS-PRO-001/")}
    assert len(light) == 6
    for name, page in site.pages.items():
        tree = html.fromstring(page.source.encode())
        assert not tree.xpath("//@onerror|//img[@src='x']|//a[starts-with(@href, 'javascript')]"), name
        assert not [script for script in tree.xpath("//script/text()") if "alert(2)" in script], name
    shown = words(main(site.page("d/EMS-PRO-001/r1/")))
    assert " ".join(HOSTILE.split()) in shown
    assert "49" not in shown


def test_an_id_that_is_no_id_leaves_the_folder_of_its_pages_alone(handbook: Make) -> None:
    site = build(configure(handbook("docs/procedures/EMS-PRO-001.md\n  id: ../../../escaped\n  clauses:\ncommit")))
    assert not list(site.root.parent.rglob("escaped*"))
    assert [name for name in site.pages if name.startswith("d/_2e")] == ["d/_2e._2f.._2f.._2fescaped/index.html"]
    assert site.dead() == []


def test_a_title_that_runs_from_right_to_left_stands_apart_from_what_is_beside_it(handbook: Make) -> None:
    example = f"""
docs/procedures/EMS-PRO-001.md
{revision(1, "2026-01-05")}  title: {ARABIC}
  language: ar
commit 2026-01-05
docs/procedures/EMS-PRO-001.md
{revision(2, "2026-01-20")}  title: {ARABIC}
  language: ar
  > Other words.
commit 2026-01-20
"""
    site = build(configure(handbook(example)))
    tree = html.fromstring(site.page("d/EMS-PRO-001/r1/").source.encode())
    assert tree.get("dir") == "rtl"
    (title,) = tree.xpath("//h1")
    assert title.text_content() == ARABIC
    assert title.get("dir") == "auto"


def test_what_is_not_in_force_yet_has_no_page_before_its_day(handbook: Make, life: Site) -> None:
    site = life
    # Who wants to know what comes may read it, and what it changes, on pages that say first that it does not apply.
    to_come = {name for name in site.files if "r3" in name and "decision" not in name}
    assert to_come == {"d/EMS-PRO-001/waiting-r3/index.html", "waiting/EMS-PRO-001/r3/index.html"}
    redline = site.page("d/EMS-PRO-001/waiting-r3/")
    assert words(main(redline)).startswith("Not in force yet.")
    assert redline.text("banner") == "Not in force yet."
    assert '<meta name="robots" content="noindex">' in redline.source
    waiting = site.page("waiting/EMS-PRO-001/r3/")
    assert waiting.text("ems-banner") == "Not in force. Approved; applies from 1 January 2027."
    found = site.read("search/search_index.json")
    assert not [one for one in json.loads(found)["docs"] if "r3" in one["location"]]
    assert "What comes later" not in found
    later = build(configure(handbook(LIFE, "again"), "2027-01-01"))
    assert "d/EMS-PRO-001/r2-r3/index.html" in later.pages
    assert later.page("d/EMS-PRO-001/r2/").text("banner").startswith("Not for use since 1 January 2027.")


def test_what_was_withdrawn_says_what_to_read_instead(handbook: Make) -> None:
    example = """
docs/procedures/EMS-PRO-002.md
  clauses:
commit 2026-01-05
docs/procedures/EMS-PRO-002.md
  status: withdrawn
docs/procedures/EMS-PRO-003.md
  supersedes: [EMS-PRO-002]
commit 2026-01-20
"""
    page = build(configure(handbook(example))).page("d/EMS-PRO-002/r1/")
    assert page.text("banner") == "Not for use since 20 January 2026. Read instead: EMS-PRO-003 Yard drains"


LONG = "".join(
    f"  > Step {n}: look at gully {n}, write its level into the log and tell the gatehouse.\n  >\n" for n in range(9)
)


def test_a_redline_folds_what_did_not_change_and_says_how_much(handbook: Make) -> None:
    text = f"  > ## Round\n  >\n{LONG}  > ## Valve\n  >\n  > Close V-{{number}}.\n  >\n  > Done.\n"
    steps = [
        f"docs/procedures/EMS-PRO-001.md\n{revision(n, day)}{text.format(number=n)}commit {day}\n"
        for n, day in ((1, "2026-01-05"), (2, "2026-01-20"), (3, "2026-01-25"))
    ]
    site = build(configure(handbook("".join(steps))))
    (same,) = main(site.page("d/EMS-PRO-001/r2/")).xpath(".//section[@id='ems-changed']")
    assert re.search(r"1[34][0-9] words unchanged · Round", words(same)), "its text stands above, and not once more"
    assert "gully" not in words(same)
    assert [words(e) for e in same.xpath(".//*[@class='ems']")] == ["V-1", "V-2"]
    page = main(site.page("d/EMS-PRO-001/r2-r3/"))
    (folded,) = page.xpath(".//details")
    assert "open" not in folded.attrib
    assert re.fullmatch(r"1[34][0-9] words unchanged · Round", words(folded.xpath("summary")[0]))
    assert "gully 8" in words(folded)
    outside = words(page).replace(words(folded), "")
    assert outside.endswith("ValveClose V-2V-3.Done.")
    assert "gully" not in outside


def test_pages_of_decisions_are_kept_and_follow_what_they_say(handbook: Make) -> None:
    root = configure(handbook())
    name = "d/EMS-PRO-001/r1/decision-1/index.html"
    first = build(root, root.parent / "one").read(name)
    assert list((root / ".git/ems-control/decisions").iterdir())
    assert build(root, root.parent / "two").read(name) == first
    people = root / "people.yml"
    people.write_text(people.read_text(encoding="utf-8").replace("B. Boss", "B. Chief"), encoding="utf-8")
    git(root, "commit", "-q", "-a", "-m", "Married")
    assert "B. Chief" in build(root, root.parent / "three").read(name)
    for kept in (root / ".git/ems-control/decisions").iterdir():
        kept.write_bytes(b"torn")
    assert "B. Chief" in build(root, root.parent / "four").read(name)
