"""The page of a document, the start pages and the page for auditors, as a publication holds them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.examples import AS_OF, make
from tests.sites import build, configure

from ems_control.ground.errors import EmsError
from ems_control.handbook import addresses
from ems_control.handbook.loading import load
from ems_control.site.publication import Publication, publish

Make = Callable[..., Path]
DRAINS = "procedures/EMS-PRO-001.md"
FORM = """\
docs/forms/EMS-FRM-001.md
  title: Drain log
  type: form
  clauses:
  distribution: [yard]
  > Tick.
docs/procedures/EMS-PRO-001.md
  distribution: [yard, all-staff]
  > ## Drains {#drains}
  >
  > Fill in the [log](../forms/EMS-FRM-001.md).
  >
  > [Records](records.csv){ .table }
docs/procedures/records.csv
  = id,record,form,evidence_for,kept_where,keeper,keep_for
  = R-01,drain logs,EMS-FRM-001,iso-14001:2015/8.1,cabinet 4,manager,3 years
docs/registers/posted-copies.csv
  = id,document,revision,place,position,copies,posted,posted_by
  = PC-01,EMS-PRO-001,1,yard,gate,1,2026-01-06,manager
  = PC-02,EMS-PRO-001,7,yard,<b>shed</b>,1,2026-01-06,manager
"""
WRONG = "ems.yml\n  publish: {change_requests: '%s'}\n"
FORGE = "https://git.example/ems/issues/new?template=change-request.yml"


@pytest.fixture
def handbook(tmp_path: Path) -> Make:
    def made(example: str = "", name: str = "hb") -> Path:
        return make(tmp_path / name, example)

    return made


def published(root: Path, day: date = AS_OF, site_url: str = "") -> Publication:
    """Everything that the site of a handbook consists of."""
    with load(root, day) as handbook:
        return publish(handbook, datetime(2026, 3, 1, 6, tzinfo=UTC), site_url=site_url)


def said(publication: Publication, path: str) -> str:
    """The body of a page, entities as the characters that readers see."""
    return html.unescape(publication.pages[path].body)


# --- the page of a document -----------------------------------------------------------------------------------


def test_the_control_record_answers_an_auditor(handbook: Make) -> None:
    text = said(published(handbook(FORM)), DRAINS)
    record = text.split("<summary>Control record</summary>")[1]
    approvals = record.split("<strong>Approvals</strong>")[1].split("</table>")[0]
    cells = re.findall(r"<td>(.*?)</td>", approvals)
    assert cells[-4:-1] == ["approved", "declared: named in the document by its author", "yes"]
    assert cells[-1] == '<a href="../../d/EMS-PRO-001/r1/decision-1/">Decision</a>'
    assert '<a href="../../for/yard/">yard</a>, <a href="../../for/all-staff/">all staff</a>' in record
    assert '<td>Refers to</td>\n<td><a href="../../forms/EMS-FRM-001/">EMS-FRM-001 Drain log</a></td>' in record
    assert "not the current revision: exchange it" in record
    assert "<b>shed" not in published(handbook(FORM, "again")).pages[DRAINS].body
    assert re.search(r"<code>[0-9a-f]{16}</code> In a copy .*ems show EMS-PRO-001 --revision 1", record)
    form = said(published(handbook(FORM, "more")), "forms/EMS-FRM-001.md")
    assert '<td>Referred to by</td>\n<td><a href="../../procedures/EMS-PRO-001/">EMS-PRO-001' in form


def test_filled_copies_are_told_once(handbook: Make) -> None:
    found = published(handbook(FORM))
    text = said(found, "forms/EMS-FRM-001.md")
    assert "## Filled copies {#filled-copies}" in text
    assert "| drain logs | cabinet 4 | manager | 3 years |" in text
    assert "Filled copies" not in said(found, DRAINS).split("<details")[0]
    own = FORM + "docs/forms/EMS-FRM-001.md\n  > Tick.\n  >\n  > ## Filled copies {#filled-copies}\n  >\n  > Cabinet 4."
    assert said(published(handbook(own, "own")), "forms/EMS-FRM-001.md").count("## Filled copies") == 1


def test_lines_that_depend_on_the_day_carry_it(handbook: Make) -> None:
    found = published(handbook("docs/procedures/EMS-PRO-001.md\n  review_by: 2026-04-01"))
    (line,) = found.pages[DRAINS].ems["remarks"]
    assert (line["first"], line["last"], line["hidden"]) == ("2026-04-02", "", "hidden")
    late = published(handbook("docs/procedures/EMS-PRO-001.md\n  review_by: 2026-02-01", "late"))
    assert late.pages[DRAINS].ems["remarks"][0]["hidden"] == ""
    ends = (
        published(handbook("docs/procedures/EMS-PRO-001.md\n  until: 2026-06-30", "ends")).pages[DRAINS].ems["remarks"]
    )
    assert [(r["first"], r["last"], r["hidden"]) for r in ends[:2]] == [
        ("", "2026-06-30", ""),
        ("2026-07-01", "", "hidden"),
    ]


def test_machines_read_the_same_facts(handbook: Make) -> None:
    facts = {f["name"]: f["content"] for f in published(handbook()).pages[DRAINS].ems["facts"]}
    assert facts["document"] == "EMS-PRO-001"
    assert (facts["state"], facts["revision"], facts["evidence"]) == ("in-force", "1", "declared")
    assert facts["digest"].startswith("sha256:")


TRANSLATED = """\
docs/procedures/EMS-PRO-001.de.md
  id: EMS-PRO-001.de
  title: Abläufe
  language: de
  translates: EMS-PRO-001/1
"""


def test_a_translation_and_its_source_lead_to_each_other(handbook: Make) -> None:
    found = published(handbook(TRANSLATED))
    there = found.pages["procedures/EMS-PRO-001.de.md"].ems
    assert [(o["name"], o["href"]) for o in there["languages"]] == [("English", "../EMS-PRO-001/")]
    assert [o["name"] for o in found.pages[DRAINS].ems["languages"]] == ["Deutsch"]
    assert there["state_word"] == "Gültig"
    assert there["footer"].startswith("Stand 1. März 2026")
    assert "Lenkungsangaben" in said(found, "procedures/EMS-PRO-001.de.md")


# --- something is wrong here ----------------------------------------------------------------------------------


def test_the_change_form_is_filled_in_and_hostile_titles_are_harmless(handbook: Make) -> None:
    title = 'docs/procedures/EMS-PRO-001.md\n  title: "x\\" onmouseover=1 &document=EMS-PRO-666#<script>%0a"'
    found = published(handbook(WRONG % FORGE + title), site_url="https://ems.example/hb/").pages[DRAINS].ems["wrong"]
    assert not set("\"'<> \n#") & set(found)
    fields = parse_qs(urlsplit(found).query)
    assert fields["document"] == ["EMS-PRO-001"]
    assert fields["revision"] == ["1"]
    assert fields["address"] == ["https://ems.example/hb/procedures/EMS-PRO-001/"]
    assert fields["title"] == ['EMS-PRO-001 r1 x" onmouseover=1 &document=EMS-PRO-666#<script>%0a']
    assert fields["template"] == ["change-request.yml"]


def test_a_mail_instead_of_a_form(handbook: Make) -> None:
    found = published(handbook(WRONG % "ems@example.org")).pages
    assert found[DRAINS].ems["wrong"].startswith("mailto:ems@example.org?subject=EMS-PRO-001%20r1%20")
    assert "body=%2Faudit%2F%0D%0A" in found[addresses.AUDIT].ems["wrong"]
    assert "wrong" not in published(handbook("", "none")).pages[DRAINS].ems


@pytest.mark.parametrize("goal", ["javascript:alert(1)", "http://git.example/new", "https://x y", "mailto:a@b"])
def test_other_goals_are_refused(handbook: Make, goal: str) -> None:
    with pytest.raises(EmsError, match="must be an https address or a mail address"):
        published(handbook(WRONG % goal))


# --- start pages ----------------------------------------------------------------------------------------------


def test_home_has_four_doors_and_two_lists(handbook: Make) -> None:
    text = said(published(handbook("delete docs/index.md\n" + FORM)), addresses.HOME)
    assert re.findall(r"^- \*\*\[([^\]]+)\]", text, re.MULTILINE) == [
        "At my workplace",
        "Find a document",
        "For auditors",
        "For owners and managers",
    ]
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Changed in the last 90 days", "Starting soon"]
    assert "[Yard](for/yard.md)" in text
    assert "[Water](documents/by-process.md#water)" in text
    assert 'href="d/EMS-PRO-001/"' in text


def test_documents_stand_under_the_process_of_their_tags_else_of_their_title(handbook: Make) -> None:
    example = """\
docs/procedures/EMS-PRO-002.md
  title: Waste water and waste
docs/procedures/EMS-PRO-003.md
  title: Something
  tags: [energy]
docs/procedures/EMS-PRO-004.md
  title: Waste water
docs/procedures/EMS-PRO-005.md
  title: Training
"""
    text = said(published(handbook(example)), addresses.BY_PROCESS)
    found = {
        name: re.findall(r"EMS-PRO-\d{3}(?=<)", part)
        for name, part in re.findall(r"^## (.*?) \{.*?\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    }
    assert "EMS-PRO-004" in found["Water"]
    assert "EMS-PRO-004" not in found["Waste"]
    assert "EMS-PRO-002" in found["Waste"]
    assert found["Energy"] == ["EMS-PRO-003"]
    assert found["The system itself"] == ["EMS-PRO-005"]


def test_the_page_of_a_group_has_instructions_first_and_a_code_last(handbook: Make) -> None:
    example = (
        FORM.replace("ems.yml", "")
        + """\
ems.yml
  types:
    procedure: {prefix: EMS-PRO, folder: procedures, review_months: 24, level: declared, approve: manager}
    instruction: {prefix: EMS-WI, level: declared, approve: manager}
    form: {prefix: EMS-FRM, folder: forms, review_months: 36, level: declared, approve: manager, counts: false}
docs/instructions/EMS-WI-001.md
  title: Close the <i>valve</i>
  type: instruction
  clauses:
  distribution: [yard]
"""
    )
    found = published(handbook(example), site_url="https://ems.example/")
    page = found.pages["for/yard.md"]
    text = said(found, "for/yard.md")
    assert page.title == "Yard"
    assert "<i>valve" not in page.body
    order = [
        "Close the <i>valve</i>",
        "## To fill in",
        "Drain log",
        "## New here since",
        "## Whom to ask",
        "## Code for",
    ]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)
    assert "https://ems.example/for/yard/" in text
    assert "<svg" in text
    assert "hide:\n- navigation\n- toc" in page.markdown()
    assert "<svg" not in said(published(handbook(example, "bare")), "for/yard.md")


def test_a_workplace_says_what_is_not_there_in_each_language(handbook: Make) -> None:
    kinds = """\
ems.yml
  languages: [en, de, nl]
  types:
    procedure: {prefix: EMS-PRO, folder: procedures, review_months: 24, level: declared, approve: manager}
    instruction: {prefix: EMS-WI, level: declared, approve: manager}
"""
    one = (
        "docs/instructions/EMS-WI-{0}.md\n  title: Step {0}\n  type: instruction\n  clauses:\n  distribution: [yard]\n"
    )
    german = one.format("001.de") + "  language: de\n  translates: EMS-WI-001/{0}\n"
    english = kinds + one.format("001") + one.format("002")

    def plain(name: str, example: str) -> str:
        return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", said(published(handbook(example, name)), "for/yard.md"))

    text = plain("new", english + german.format(1))
    told = text[text.index("## In other languages") :]
    assert "Deutsch: missing: EMS-WI-002" in told
    assert "EMS-WI-001" not in told.split("Deutsch")[1].split("Nederlands")[0]
    assert "Nederlands: nothing of this" in told
    old = plain("old", english + german.format(0))
    assert "missing: EMS-WI-002; behind: EMS-WI-001" in old
    assert "In other languages" not in plain("alone", kinds.replace("[en, de, nl]", "[en]") + one.format("001"))


def test_hostile_groups_have_a_page_inside_the_folder(handbook: Make) -> None:
    groups = 'ems.yml\n  groups: {workplaces: [yard, "../<b>x", index], people: [all-staff]}'
    found = published(handbook(groups))
    pages = [path for path in found.pages if path.startswith("for/")]
    assert len(pages) == 5
    assert all(re.fullmatch(r"for/[\w-]+\.md", path) for path in pages)


def test_the_page_for_auditors_has_eight_links_in_their_order(handbook: Make) -> None:
    waiver = "{rule: EMS303, document: EMS-PRO-001, reason: two people, until: 2026-09-30}"
    example = FORM + f"ems.yml\n  rules: {{waivers: [{waiver}]}}\n"
    text = said(published(handbook(example)), addresses.AUDIT)
    assert re.findall(r"^1\. \*\*\[([^\]]+)\]", text, re.MULTILINE) == [
        "Sample a document",
        "The list of documents",
        "What changed since your last visit",
        "Clauses",
        "External documents",
        "Records",
        "Approvals and how to check one",
        "The document-control procedure",
    ]
    assert "[Records](procedures/EMS-PRO-001.md)" in text
    assert "EMS303 for EMS-PRO-001, until 30 September 2026: two people" in text
    assert "No text of the handbook differs" in text


def test_a_text_changed_under_its_number_is_an_open_break(handbook: Make) -> None:
    example = "commit 2026-01-10\ndocs/procedures/EMS-PRO-001.md\n  > Changed silently.\ncommit 2026-01-20"
    assert "EMS-PRO-001 differs from revision 1 as approved" in said(published(handbook(example)), addresses.AUDIT)


@pytest.mark.parametrize("directories", [True, False])
def test_every_link_of_these_pages_leads_somewhere(handbook: Make, directories: bool) -> None:
    root = handbook(FORM + TRANSLATED + "delete docs/index.md")
    site = build(configure(root, use_directory_urls=directories, site_url="https://ems.example/"))
    assert site.dead() == []
    page = site.page("procedures/EMS-PRO-001/" if directories else "procedures/EMS-PRO-001.html")
    assert "https://ems.example/d/EMS-PRO-001/r1/" in page.text("ems-sheet-foot")
    assert "<svg" in page.source.split("ems-sheet-foot")[1]
    assert '<meta name="ems:revision" content="1">' in page.source


# --- prints ---------------------------------------------------------------------------------------------------


def test_a_print_is_uncontrolled_unless_its_address_names_a_posted_copy(handbook: Make) -> None:
    text = said(published(handbook(FORM)), DRAINS)
    foot = text.split("ems-sheet-foot")[1]
    assert '<span class="ems-uncontrolled">Uncontrolled when printed</span>' in foot
    assert '<span class="ems-copy" id="copy-PC-01">Controlled copy PC-01, yard</span>' in foot
    assert 'data-ems-printed="printed on #"' in foot
    copies = said(published(handbook(FORM, "again")), addresses.COPIES)
    assert "[print this copy](../procedures/EMS-PRO-001.md#copy-PC-01)" in copies


def test_the_page_of_what_never_applied_leads_to_no_heading(handbook: Make) -> None:
    example = """\
docs/procedures/EMS-PRO-001.md
  clauses: ['iso-14001:2015/8.1#drains']
  approved_by:
  approved_on:
  > ## Drains {#drains}
"""
    page = published(handbook(example)).pages[DRAINS]
    assert page.kind == "stub"
    assert "8.1" in page.body
    assert "#drains" not in page.body
    applied = example.replace("  approved_by:\n  approved_on:\n", "")
    assert 'href="#drains"' in published(handbook(applied, "applied")).pages[DRAINS].body


def test_codes_on_prints_are_kept_and_follow_the_address(handbook: Make) -> None:
    root = handbook(FORM)
    first = published(root, site_url="https://ems.example/")
    again = published(root, site_url="https://ems.example/")
    moved = published(root, site_url="https://other.example/")
    codes = [re.findall(r"<svg[^>]*ems-qr.*?</svg>", p.pages[DRAINS].body) for p in (first, again, moved)]
    assert len(codes[0]) == 1
    assert codes[0] == codes[1] != codes[2]


def test_a_process_of_which_only_a_chapter_speaks_has_its_door(handbook: Make) -> None:
    example = "delete docs/index.md\ndocs/procedures/EMS-PRO-001.md\n  title: Monitoring\n  > ## Energy and heat"
    home = said(published(handbook(example)), addresses.HOME)
    assert "[Energy](documents/by-process.md#energy)" in home
    assert "Chemicals" not in home
    assert "EMS-PRO-001" in said(published(handbook(example, "b")), addresses.BY_PROCESS).split("{#energy}")[1]


AT_WORK = """\
ems.yml
  languages: [en, nl]
  types:
    procedure: {prefix: EMS-PRO, folder: procedures, review_months: 24, level: declared, approve: manager}
    instruction: {prefix: EMS-WI, level: declared, approve: manager}
  groups: {workplaces: {yard: {en: The yard, nl: Het erf}}, people: [all-staff]}
people.yml
  people:
    a.author:
      name: A. Author
      emails: [a.author@example.org]
      telephone: "%s"
      roles: [{role: lead, from: 2020-01-01}]
    b.boss: {name: B. Boss, emails: [b.boss@example.org], roles: [{role: manager, from: 2020-01-01}]}
docs/instructions/EMS-WI-001.md
  title: Valve
  type: instruction
  clauses:
  effective: 2024-08-17
  approved_on: 2024-08-01
  revisions:
    - {revision: 1, date: 2024-07-30, author: a.author, class: substantive, change: "Largest addition 25 l, was 50 l."}
  distribution: [yard]
docs/instructions/EMS-WI-002.md
  title: Pump
  type: instruction
  clauses:
  effective: 2026-06-01
  distribution: [yard]
docs/procedures/EMS-PRO-001.md
  distribution: [all-staff]
docs/registers/posted-copies.csv
  = id,document,revision,place,position,copies,posted,posted_by
  = PC-01,EMS-WI-001,1,yard,gate,1,2026-01-06,lead
  = PC-02,EMS-WI-002,1,yard,shed,1,2026-01-06,lead
  = PC-03,EMS-PRO-001,7,gate,shed,1,2026-01-06,lead
"""


def test_a_workplace_says_its_last_change_whom_to_call_and_which_copies_are_old(handbook: Make) -> None:
    found = published(handbook(AT_WORK % "01632 960411"), date(2026, 5, 15), site_url="https://ems.example/")
    text, dutch = said(found, "for/yard.md"), said(found, "in/nl/for/yard.md")
    assert found.pages["for/yard.md"].title == "The yard"
    assert found.pages["in/nl/for/yard.md"].title == "Het erf"
    assert "5 January 2026" in text[text.index("## Last change here") :]
    assert "Largest addition 25 l, was 50 l." in text
    assert "A. Author [01632 960411](tel:01632960411)" in text
    applies, later = text.split("## Starts later")
    assert "Valve" in applies
    assert "Pump" not in applies.split("## Old copies hang here")[0]
    assert "Pump" in later
    assert "1 June 2026" in later
    old = text[text.index("## Old copies hang here") :].split("\n## ")[0]
    assert "PC-02" in old
    assert "PC-01" not in old
    assert "PC-03" not in old
    assert text.index("ems-first-sheet") < text.index("Valve")
    assert "5 januari 2026" in dutch[dutch.index("## Laatste wijziging hier") :]


def test_without_the_address_of_the_site_one_line_says_what_to_set(handbook: Make) -> None:
    text = said(published(handbook(AT_WORK % "4411")), "for/yard.md")
    assert "Set site_url in mkdocs.yml." in text
    assert "<svg" not in text
    assert "(tel:4411)" in text


@pytest.mark.parametrize("number", ["call me", "javascript:alert(1)", "0<b>", "1"])
def test_what_is_no_telephone_number_is_refused(handbook: Make, number: str) -> None:
    with pytest.raises(EmsError, match=r"people.yml:\d+: .*is no telephone number; write digits"):
        published(handbook(AT_WORK % number))
