"""What the built site holds, in MkDocs and in ProperDocs: what is in force, sealed, and nothing else."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from tests.examples import BASE, ENVIRONMENT, git
from tests.running import ems, picture
from tests.sites import ENGINES, SAMPLE_DAY, Site, build, built_sample, configure, run_build

Make = Callable[..., Path]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_sample(tmp_path_factory)[0]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return built_sample(tmp_path_factory)[1]


def own_text(sample: Path, path: str) -> str:
    """A line that stands in no other document of the sample."""
    body = (sample / path).read_text(encoding="utf-8").split("\n---\n", 1)[1]
    others = "\n".join(p.read_text(encoding="utf-8") for p in (sample / "docs").rglob("*.md") if p != sample / path)
    plain = [line for line in body.split("\n") if re.fullmatch(r"[A-Z][\w ,.;:()-]{30,}", line) and line not in others]
    assert plain, f"{path} has no line of its own"
    return plain[0]


def in_search(site: Site) -> set[str]:
    """The addresses that search can find."""
    return {entry["location"].split("#")[0] for entry in json.loads(site.read("search/search_index.json"))["docs"]}


# --- the sample handbook --------------------------------------------------------------------------------------


def test_both_engines_build_the_same_pages_and_write_nothing_else(sample: Path, site: Site, tmp_path: Path) -> None:
    mine = shutil.copytree(sample, tmp_path / "sample", symlinks=True)
    before = picture(mine, cache=False)
    other = build(mine, tmp_path / "properdocs", "properdocs")
    assert picture(mine, cache=False) == before
    assert other.files == site.files
    different = []
    for name in site.files:
        ours, theirs = ((s.root / name).read_bytes() for s in (site, other))
        if name.endswith(".html"):
            ours, theirs = (re.sub(rb'<meta name="generator"[^>]*>', b"", page) for page in (ours, theirs))
        if ours != theirs:
            different.append(name)
    assert different == []


def test_every_link_and_anchor_leads_somewhere(site: Site) -> None:
    assert site.dead() == []


def test_search_leads_to_existing_places(site: Site) -> None:
    entries = json.loads(site.read("search/search_index.json"))["docs"]
    assert entries
    for entry in entries:
        address, _, anchor = entry["location"].partition("#")
        assert not anchor or anchor in site.page(address).ids, entry["location"]


def test_every_document_of_the_register_has_a_page_that_says_its_state(sample: Path, site: Site) -> None:
    documents = ems(sample, "register", "--format", "json", day=SAMPLE_DAY).json["documents"]
    words = {
        "in force": "Current",
        "upcoming": "Starts later",
        "draft": "Draft",
        "awaiting approval": "Awaiting approval",
        "withdrawn": "Withdrawn",
    }
    german, dutch = {"in force": "Gültig"}, {"in force": "Geldig"}
    behind = {"EMS-WI-005.nl": {"in force": "Verouderd"}}  # follows an older revision
    pages = [page for page in site.pages.values() if page.kind in ("document", "stub", "withdrawn")]
    shown = {page.text("ems-kicker").split(" · ")[0]: page.text("ems-line") for page in pages}
    assert set(shown) == {document["id"] for document in documents}
    for document in documents:
        language = behind.get(document["id"]) or {".de": german, ".nl": dutch}.get(document["id"][-3:], words)
        assert shown[document["id"]].startswith(language[document["state"]]), document["id"]
    assert {document["state"] for document in documents} == set(words)


def elsewhere(site: Site) -> str:
    """All that the site says but on the pages of texts that wait, which say so on every line that counts."""
    kept = [name for name in site.files if not name.startswith("waiting/")]
    return "\n".join(site.read(name) for name in kept if name.endswith((".html", ".json", ".csv", ".xml", ".txt")))


def test_the_text_in_force_is_published_where_head_is_newer(sample: Path, site: Site) -> None:
    page = site.page("procedures/EMS-PRO-017/")
    newest = (sample / "docs/procedures/EMS-PRO-017.md").read_text(encoding="utf-8")
    assert "\nrevision: 6\n" in newest
    assert "revision 5" in page.text("ems-line")
    assert "Revision 6 starts on 1 January 2030." in page.text("ems-note")
    pictures = [value for name, value in page.references if name == "src" and "water-balance" in value]
    assert len(pictures) == 1
    shown = site.target("procedures/EMS-PRO-017/index.html", pictures[0])
    assert shown is not None
    assert (site.root / shown[0]).read_bytes() == git(sample, "show", "HEAD:docs/images/water-balance.svg")
    assert own_text(sample, "docs/procedures/EMS-PRO-017.md") not in elsewhere(site)
    assert "water-balance-2030" not in page.source


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("instructions/EMS-WI-010", "Draft"),
        ("forms/EMS-FRM-007", "Awaiting approval"),
        ("instructions/EMS-WI-009", "Starts later"),
    ],
)
def test_a_document_of_which_nothing_is_in_force_says_so(sample: Path, site: Site, path: str, word: str) -> None:
    page = site.page(f"{path}/")
    assert page.text("ems-line").startswith(word)
    assert "No revision of this document is in force." in page.text("ems-page")
    assert own_text(sample, f"docs/{path}.md") not in elsewhere(site)
    assert f"{path}/" not in in_search(site)


def test_a_withdrawn_document_gives_no_text_to_use_and_is_not_found_by_search(site: Site) -> None:
    page = site.page("procedures/EMS-PRO-003/")
    assert page.text("ems-line").startswith("Withdrawn")
    assert "Not for use since" in page.text("ems-note")
    assert "Replaced by EMS-PRO-008" in page.text("ems-note")
    assert page.source.index("ems-note") < page.source.index("ems-kicker"), "above all else"
    assert "Stop the source" not in page.source
    assert ("href", "../../d/EMS-PRO-003/r2/") in page.references
    assert "Stop the source" in site.page("d/EMS-PRO-003/r2/").source
    found = in_search(site)
    assert "procedures/EMS-PRO-003/" not in found
    assert "procedures/EMS-PRO-008/" in found


def test_the_site_carries_only_files_that_a_page_shows(sample: Path, site: Site) -> None:
    loaded = set()
    for name, page in site.pages.items():
        loaded |= {meant[0] for _, reference in page.references if (meant := site.target(name, reference))}
    assert site.published
    assert set(site.published) <= loaded


def test_the_emergency_line_and_the_day_stand_on_every_page(sample: Path, site: Site) -> None:
    line = yaml.safe_load((sample / "ems.yml").read_text(encoding="utf-8"))["emergency"]
    assert "404.html" in site.pages
    for name, page in site.pages.items():
        assert line in (page.text("ems-emergency"), page.text("emergency")), name
        assert not page.kind or re.search("(As of|Stand|Per) 27\\.? [Nn]ovember 2026", page.text("ems-footer")), name


def test_a_staged_handbook_builds_without_us_and_says_the_same(sample: Path, site: Site, tmp_path: Path) -> None:
    staged = tmp_path / "staged"
    mine = shutil.copytree(sample, tmp_path / "sample", symlinks=True)
    assert ems(mine, "stage", str(staged), day=SAMPLE_DAY).status == 0
    config = yaml.safe_load((staged / "mkdocs.yml").read_text(encoding="utf-8"))
    assert config["plugins"] == ["search"]
    config["strict"] = True
    (staged / "mkdocs.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    other = build(staged)
    assert set(other.pages) == set(site.pages)
    for name, page in site.pages.items():
        for part in ("ems-kicker", "ems-line", "ems-note"):
            assert other.pages[name].text(part) == page.text(part), name
    assert other.published == site.published
    assert in_search(other) == in_search(site)
    assert other.dead() == []


# --- small handbooks ------------------------------------------------------------------------------------------

LATER = """\
  revision: 2
  effective: 2027-01-01
  approved_on: 2026-01-05
  revisions:
    - {revision: 2, date: 2026-01-04, author: a.author, class: substantive, change: Valve moved.}
    - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
"""


def test_two_revisions_of_one_picture_live_side_by_side(handbook: Make) -> None:
    example = f"""
docs/images/drain.svg
  = <svg xmlns="http://www.w3.org/2000/svg"><title>old</title></svg>
docs/procedures/EMS-PRO-001.md
  > ![Drain](../images/drain.svg)
commit
docs/images/drain.svg
  = <svg xmlns="http://www.w3.org/2000/svg"><title>new</title></svg>
docs/procedures/EMS-PRO-002.md
  > ![Drain](../images/drain.svg)
docs/procedures/EMS-PRO-001.md
{LATER}  > ![Drain](../images/drain.svg)
commit
"""
    site = build(configure(handbook(example)))
    shown = {}
    for number in ("001", "002"):
        name = f"procedures/EMS-PRO-{number}/index.html"
        (picture,) = [value for kind, value in site.pages[name].references if kind == "src" and "drain" in value]
        meant = site.target(name, picture)
        assert meant is not None
        shown[number] = site.read(meant[0])
    assert "old" in shown["001"]
    assert "new" in shown["002"]


def test_includes_and_tables_come_from_the_commit_where_the_text_stood(handbook: Make) -> None:
    body = """\
  > --8<-- "parts/first-aid.txt"
  >
  > [Limits](limits.csv){ .table }
"""
    example = f"""
docs/parts/first-aid.txt
  = Rinse for ten minutes.
docs/procedures/limits.csv
  = what,value
  = zinc,2.0
docs/procedures/EMS-PRO-001.md
{body}commit
docs/parts/first-aid.txt
  = Rinse for twenty minutes.
docs/procedures/limits.csv
  = what,value
  = zinc,1.0
docs/procedures/EMS-PRO-001.md
{LATER}{body}commit
"""
    root = handbook(example)
    site = build(configure(root))
    text = site.page("procedures/EMS-PRO-001/").text("ems-page")
    assert "Rinse for ten minutes." in text
    assert "zinc 2.0" in text
    pages = [name for name in site.files if name.endswith(".html")]
    told = [name for name in pages if "Rinse for twenty minutes" in site.read(name)]
    assert [name for name in told if "waiting" not in name] == []  # only what waits says what will be
    assert site.published == []
    text = build(configure(root, "2027-01-01"), root.parent / "later").page("procedures/EMS-PRO-001/").text("ems-page")
    assert "Rinse for twenty minutes." in text
    assert "zinc 1.0" in text


def test_links_to_moved_withdrawn_and_unpublished_documents_break_no_strict_build(handbook: Make) -> None:
    example = f"""
docs/procedures/EMS-PRO-002.md
  clauses:
docs/procedures/EMS-PRO-003.md
  clauses:
docs/procedures/EMS-PRO-004.md
  clauses:
  status: draft
  approved_by:
  approved_on:
docs/procedures/EMS-PRO-005.md
  clauses:
docs/procedures/EMS-PRO-001.md
  clauses:
  > [moved](EMS-PRO-002.md#drains), [withdrawn](EMS-PRO-003.md), [draft](EMS-PRO-004.md#x),
  > [new part](EMS-PRO-005.md#new), [generated](../control/archive.md), [nowhere](EMS-PRO-099.md)
commit
move docs/procedures/EMS-PRO-002.md docs/water/EMS-PRO-002.md
docs/procedures/EMS-PRO-003.md
  status: withdrawn
docs/procedures/EMS-PRO-005.md
{LATER}  > ## New {{#new}}
  >
  > What comes.
docs/index.md
  = # Start
  =
  = [moved](procedures/EMS-PRO-002.md), [withdrawn](procedures/EMS-PRO-003.md), [draft](procedures/EMS-PRO-004.md)
commit
"""
    site = build(configure(handbook(example)))
    page = site.page("procedures/EMS-PRO-001/")
    assert {"../../water/EMS-PRO-002/#drains", "../EMS-PRO-003/", "../EMS-PRO-005/"} <= {r for _, r in page.references}
    assert site.page("procedures/EMS-PRO-003/").text("ems-line").startswith("Withdrawn")
    assert site.dead() == []


def test_files_that_no_page_seals_are_not_in_the_site(handbook: Make) -> None:
    example = """
docs/plan.svg
  = <svg xmlns="http://www.w3.org/2000/svg"/>
docs/procedures/EMS-PRO-001.md
  > ![Plan](../plan.svg)
docs/salaries.txt
  = 4000
docs/javascripts/bundle.js
  = alert(1)
docs/assets/javascripts/bundle.js
  = alert(1)
docs/overrides/main.html
  = alert(1)
commit
docs/not-committed.txt
  = soon
"""
    site = build(configure(handbook(example)))
    assert site.published == ["plan.svg"]
    assert "alert(1)" not in site.everything()
    assert not (site.root / "assets/javascripts/bundle.js").exists()


def test_preview_shows_the_newest_text_under_the_draft_banner(handbook: Make) -> None:
    example = f"""
commit
docs/procedures/EMS-PRO-001.md
{LATER}  > Close valve V-9.
"""
    root = handbook(example)
    page = build(configure(root, preview=True)).page("procedures/EMS-PRO-001/")
    assert page.text("ems-banner").startswith("DRAFT – not in force.")
    assert "In force is revision 1." in page.text("ems-note")
    assert "Close valve V-9." in page.text("ems-page")
    page = build(configure(root), root.parent / "published").page("procedures/EMS-PRO-001/")
    assert page.text("ems-banner") == ""
    assert "Close valve V-3" in page.text("ems-page")


def test_a_handbook_may_lie_in_a_folder_of_its_repository(tmp_path: Path) -> None:
    top = tmp_path / "works"
    shutil.copytree(BASE, top / "quality" / "ems")
    git(top, "init", "-q", "-b", "main")
    git(top, "add", "-A")
    git(top, "commit", "-q", "-m", "Step")
    site = build(configure(top / "quality" / "ems"))
    assert site.page("procedures/EMS-PRO-001/").text("ems-line").startswith("Current · revision 1")
    assert site.dead() == []


def test_addresses_may_end_in_html(handbook: Make) -> None:
    example = """
docs/procedures/EMS-PRO-002.md
  clauses:
  > See [drains](EMS-PRO-001.md#drains).
commit
"""
    site = build(configure(handbook(example), use_directory_urls=False))
    assert "EMS-PRO-001.html#drains" in {r for _, r in site.page("procedures/EMS-PRO-002.html").references}
    assert site.dead() == []


def test_the_navigation_of_the_user_is_kept(handbook: Make) -> None:
    nav = [{"Begin here": "index.md"}, {"My part": [{"The only one": "procedures/EMS-PRO-001.md"}]}]
    shown = build(configure(handbook(), nav=nav)).page("").text("md-nav--primary")
    assert list(dict.fromkeys(re.findall(r"Begin here|My part|The only one|EMS-PRO-001 Yard drains", shown))) == [
        "Begin here",
        "My part",
        "EMS-PRO-001 Yard drains",
    ]
    assert "Review board" not in shown


def test_a_page_of_the_user_keeps_its_title_and_says_that_it_is_not_controlled(handbook: Make) -> None:
    example = """
ems.yml
  uncontrolled: [index.md, about.md]
docs/about.md
  = ---
  = title: How to reach us
  = ---
  = Call the gatehouse.
commit
"""
    page = build(configure(handbook(example))).page("about/")
    assert "<title>How to reach us - Sample Works</title>" in page.source
    assert page.source.count("<h1") == 1
    assert "How to reach us Call the gatehouse." in page.text("ems-page")
    assert "This page is not a controlled document." in page.text("ems-footer")


def test_a_page_of_the_user_shows_and_links_its_files_and_no_others(handbook: Make) -> None:
    example = """
ems.yml
  uncontrolled: [index.md, "about/**"]
docs/about/us.md
  = [Way](../way.txt), ![Gate](gate%20now.png), [nothing](gone.txt) and other.txt
docs/way.txt
  = left, then right
docs/about/gate now.png
  = picture
docs/about/other.txt
  = other
commit
"""
    site = build(configure(handbook(example)))
    page = site.page("about/us/")
    assert {"../../way.txt", "../gate%20now.png"} <= {target for _, target in page.references}
    assert "nothing" in page.source
    assert not [target for _, target in page.references if "gone" in target]
    assert site.published == ["about/gate now.png", "way.txt"]
    assert site.dead() == []


def test_hostile_words_stay_words(handbook: Make) -> None:
    hostile = "<script>x</script> `a` | ::error & {{ 1 }}"
    example = f"""
docs/procedures/EMS-PRO-001.md
  title: '{hostile}'
  formerly: ['<script>y</script>']
  revisions:
    - {{revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: '{hostile}'}}
commit
"""
    site = build(configure(handbook(example)))
    page = site.page("procedures/EMS-PRO-001/")
    assert hostile in page.text("ems-title")
    assert hostile in page.text("ems-record")
    assert hostile in site.page("documents/").text("ems-page")
    assert not [name for name, p in site.pages.items() if re.search(r"<script>[xy]</script>", p.source)]
    assert "<script>" not in site.read("search/search_index.json")


# --- what stops a build ---------------------------------------------------------------------------------------


def broken(root: Path, engine: str = "mkdocs") -> str:
    """The error of a build that must fail: one message, no traceback, and the last site untouched."""
    site = root.parent / "site"
    site.mkdir()
    (site / "index.html").write_text("the last site", encoding="utf-8")
    done = run_build(root, site, engine)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert [p.name for p in site.iterdir()] == ["index.html"]
    return done.stdout + done.stderr


@pytest.mark.parametrize("engine", ENGINES)
def test_a_shallow_clone_is_refused(handbook: Make, engine: str) -> None:
    source = handbook("commit\ncommit")
    root = source.parent / "shallow"
    line = ["git", "clone", "-q", "--depth", "1", source.as_uri(), str(root)]
    subprocess.run(line, check=True, env=ENVIRONMENT)
    error = broken(configure(root), engine)
    assert error.count("git fetch --unshallow") == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_a_broken_policy_is_refused(handbook: Make, engine: str) -> None:
    root = handbook()
    (root / "ems.yml").write_text("organisation: [unclosed\n", encoding="utf-8")
    error = broken(configure(root), engine)
    assert error.count("ems.yml:") == 1


def test_a_day_that_is_none_is_refused(handbook: Make) -> None:
    error = broken(configure(handbook(), "soon"))
    assert '"soon" is not a day' in error


def test_two_opinions_on_the_folder_of_the_handbook_are_refused(handbook: Make) -> None:
    root = handbook()
    (root / "other").mkdir()
    error = broken(configure(root, docs_dir="other"))
    assert "Make them the same folder." in error


@pytest.mark.parametrize("theme", ["theme: readthedocs", "theme: {name: mkdocs}", "docs_dir: docs"])
def test_a_theme_that_cannot_show_it_is_refused_in_one_line(handbook: Make, theme: str) -> None:
    root = configure(handbook())
    (root / "mkdocs.yml").write_text(f"site_name: Works\n{theme}\nplugins: [search, ems-control]\n", encoding="utf-8")
    error = broken(root)
    assert error.count("its pages are made for Material for MkDocs. Write in mkdocs.yml: theme:") == 1
