"""The pages about standards: clauses, transition, EMAS, self-assessment, and what the catalogue knows."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from tests.examples import AS_OF
from tests.sites import build, clone_sample, sign_policy

from ems_control.cli.main import COMMANDS
from ems_control.coverage.assessment import MEANS, requirements
from ems_control.exports.words import Words, languages
from ems_control.ground.organisation.standards import DUTY_KINDS, Catalogue
from ems_control.handbook import addresses
from ems_control.handbook.loading import load
from ems_control.rules.book import rules
from ems_control.site.pages import questions
from ems_control.site.publication import Publication, publish

Make = Callable[..., Path]

ISO_2015, ISO_2026 = "iso-14001:2015", "iso-14001:2026"
SENTENCE = "Shows where a clause is answered, not that it is fulfilled."
TRANSITION = """\
ems.yml
  transition:
    from: iso-14001:2015
    to: iso-14001:2026
    transition_audit: {date: 2027-05-18, source: booked, confirmed: true}
    end: {date: 2029-04-15, source: as announced}
"""
STATEMENT = """\
ems.yml
  types:
    procedure: {prefix: EMS-PRO, level: declared, approve: manager}
    statement: {prefix: EMS-STA, level: declared, approve: manager}
docs/statements/EMS-STA-001.md
  title: Statement of the year
  type: statement
  clauses:
"""
VALIDATED = "  validated: {day: 2025-12-04, verifier: V. Ender, accreditation: XX-V-0000, next_update: 2026-12-04}\n"
INDICATORS = """\
  > [All](indicators.csv){ .table }
docs/statements/indicators.csv
  = area,indicator,year,A,unit_A,B,unit_B,R
  = energy,total energy,2024,100,MWh,50,t,2
  = energy,total energy,2025,90,MWh,50,t,1.8
  = specific,<b>zinc</b> & "lead",2025,n/a,kg,50,t,n/a
"""


def published(root: Path, day: date = AS_OF) -> Publication:
    """Everything that the site of a handbook consists of."""
    with load(root, day) as handbook:
        return publish(handbook, datetime(2026, 3, 1, 6, tzinfo=UTC))


def said(publication: Publication, path: str) -> str:
    """The body of a page, entities as the characters that readers see."""
    return html.unescape(publication.pages[path].body)


def clause(publication: Publication, standard: str, number: str) -> str:
    """What the page of a clause says."""
    return said(publication, addresses.clause_page(standard, number))


def section(text: str, heading: str) -> str:
    """The part of a page under a heading."""
    return text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]


# --- clause pages ---------------------------------------------------------------------------------------------


def test_generated_pages_are_those_that_rules_know(handbook: Make) -> None:
    root = handbook(TRANSITION)
    found = published(root)
    with load(root, AS_OF) as opened:
        known = opened.generated_pages
    made = {
        path for path, page in found.pages.items() if page.kind in ("generated", "start") or path.startswith("help/")
    }
    assert made == known - {addresses.HOME}


def test_a_folder_of_help_pages_with_an_index_is_a_part_of_its_own(handbook: Make) -> None:
    pages = {"reading": "Reading", "parts/index": "Parts", "parts/one": "One", "loose/two": "Two"}
    files = "".join(f"docs/help/{path}.md\n  = # {title}\n" for path, title in pages.items())
    found = published(handbook(f'ems.yml\n  uncontrolled: [index.md, "help/**"]\n{files}commit'))
    *written, rule_book = next(tab["Help"] for tab in found.nav if "Help" in tab)
    own = [{"Two": "help/loose/two.md"}, {"Parts": ["help/parts/index.md", {"One": "help/parts/one.md"}]}]
    assert written[:2] == ["help/index.md", {"Reading": "help/reading.md"}]
    assert written[-2:] == own
    assert found.pages["help/reading.md"].body == "# Reading\n"  # the handbook's own takes the place of the program's
    first, *others = rule_book["The rule book"]
    assert first == addresses.RULES
    assert [path for one in others for path in one.values()] == [
        *(addresses.rules_page(module) for _, module in addresses.FAMILIES.values()),
        addresses.EXAMPLES,
    ]


def test_clauses_have_pages_that_the_navigation_does_not_list_and_headings_have_none(handbook: Make) -> None:
    found = published(handbook())
    listed = yaml.safe_dump(found.nav)
    for standard in (ISO_2015, ISO_2026, "emas"):
        assert addresses.standard_page(standard) in listed
        for entry in Catalogue.load().get(standard).clauses.values():
            path = addresses.clause_page(standard, entry.number)
            assert (path in found.pages) is not entry.heading_only
            assert path not in listed
            if not entry.heading_only:
                assert SENTENCE in found.pages[path].body
    assert addresses.clause_page("iso-9001:2015", "8.1") not in found.pages


def test_a_clause_page_says_where_it_is_answered_and_since_when(handbook: Make) -> None:
    found = published(handbook("commit 2026-02-03"))
    text = clause(found, ISO_2026, "8.1")
    row = next(line for line in section(text, "Answered in").split("\n") if "EMS-PRO-001" in line)
    assert "(../../procedures/EMS-PRO-001.md#drains)" in row
    assert "| Yard drains | 1 | [Drains]" in row
    assert "answered as it is now since 3 February 2026" in text
    matrix = found.pages[addresses.standard_page(ISO_2026)].body
    assert "(iso-14001-2026/8.1.md)" in html.unescape(matrix)


def test_a_duty_is_met_unmet_or_none_and_silence_is_no_fault(handbook: Make) -> None:
    found = published(handbook())
    assert "What is asked for is missing." in clause(found, ISO_2015, "4.3")
    assert "no fault" not in clause(found, ISO_2015, "4.3")
    silent = clause(found, ISO_2015, "4.1")
    assert "names no documented information" in silent
    assert "No document in force answers this clause. No document is asked for here, so that is no fault." in silent


def test_evidence_is_shown_with_place_keeper_and_time(handbook: Make) -> None:
    table = """\
docs/procedures/EMS-PRO-001.md
  > ## Drains {#drains}
  >
  > Close V-3.
  >
  > [Records](records.csv){ .table }
docs/procedures/records.csv
  = id,evidence_for,kept_where,keeper,keep_for
  = R-01,iso-14001:2015/7.2,cabinet 4,manager,3 years
"""
    text = clause(published(handbook(table)), ISO_2015, "7.2")
    assert "What is asked for is there." in text
    assert "| R-01 | cabinet 4 | manager | 3 years |" in text


@pytest.mark.parametrize(
    ("standard", "number", "warning"),
    [
        (ISO_2026, "10.1", "ISO 14001:2015 10.1](../iso-14001-2015/10.1.md) – General."),
        (ISO_2026, "10.1", "ISO 9001:2015 10.1 – General."),
        (ISO_2015, "6.1.4", "ISO 14001:2026 6.1.4](../iso-14001-2026/6.1.4.md) – Risks and opportunities."),
        ("emas", "A.6.1.4", "ISO 14001:2026 6.1.4](../iso-14001-2026/6.1.4.md) – Risks and opportunities."),
        (ISO_2015, "8.2", "ISO 9001:2015 8.2 – Requirements for products and services."),
    ],
)
def test_the_same_number_with_another_meaning_is_a_warning(
    handbook: Make, standard: str, number: str, warning: str
) -> None:
    text = clause(published(handbook()), standard, number)
    lines = [line for line in text.split("\n") if line.startswith("**Same number, other meaning:**")]
    assert any(line.endswith(warning) for line in lines), lines


def test_what_a_related_clause_is_answered_by_is_implied_and_not_counted(handbook: Make) -> None:
    found = published(handbook("docs/procedures/EMS-PRO-001.md\n  clauses: [iso-14001:2015/10.3#drains]"))
    text = clause(found, ISO_2026, "10.1")
    assert "No document in force answers this clause." in text
    row = next(
        line
        for line in section(text, "The same theme in other standards and editions").split("\n")
        if "10.3" in line and "EMS-PRO" in line
    )
    assert "renumbered" in row
    assert "never counted" in text
    matrix = said(found, addresses.standard_page(ISO_2026))
    assert "Clauses that can be assessed: 35; answered by documents in force: 0." in matrix
    assert "no document; implied by EMS-PRO-001, not counted" in matrix
    assert "EMS-PRO-001" in section(clause(found, "emas", "A.10.3"), "Answered in")


DOUBT = re.compile(r"to be verified|[Bb]elieved right|no source was seen")


def test_what_was_not_seen_is_said_once_on_the_page_about_the_standards(handbook: Make) -> None:
    found = published(handbook())
    pages = {name: page.body for name, page in found.pages.items() if name.startswith("standards/")}
    about = pages.pop(addresses.ABOUT)
    assert [name for name, body in pages.items() if DOUBT.search(body)] == []
    assert re.search(r"look there before you quote: [1-9]\d* of \d+ clauses", about)


RECORDS = """\
docs/procedures/EMS-PRO-001.md
  > ## Drains {#drains}
  >
  > [Records](records.csv){ .table }
docs/procedures/records.csv
  = id,record,evidence_for,kept_where,keeper,keep_for
  = R-01,drain <b>logs</b>,iso-14001:2026/9.1.1,cabinet 4,manager,3 years
"""


def test_evidence_is_told_by_its_name(handbook: Make) -> None:
    found = published(handbook(RECORDS))
    text = clause(found, ISO_2026, "9.1.1")
    evidence = text[text.index("### Evidence that is kept") :].split("\n## ")[0]
    assert re.search(r"\| R-01 \| drain .*logs.* \| cabinet 4 \|", evidence)
    assert "<b>" not in found.pages[addresses.clause_page(ISO_2026, "9.1.1")].body


READ_FIRST = (
    addresses.AUDIT,
    addresses.INTEGRITY,
    addresses.FIGURES,
    addresses.APPROVALS,
    addresses.DOCUMENTS,
    addresses.CHANGES,
    addresses.STANDARDS,
    "procedures/EMS-PRO-001.md",
)
OF_GIT = re.compile(r"\b(repository|commit|trust root|pull request|merge request|forge|main)\b", re.IGNORECASE)


def test_what_an_auditor_reads_first_has_no_word_of_git(handbook: Make) -> None:
    found = published(handbook())
    told = {name: re.sub(r"`[^`]*`|<code>.*?</code>|\]\([^)]*\)", "", found.pages[name].body) for name in READ_FIRST}
    assert {name: OF_GIT.findall(text) for name, text in told.items() if OF_GIT.search(text)} == {}


def test_the_control_record_leads_to_the_clause_pages_and_follows_a_new_classification(handbook: Make) -> None:
    moved = """\
commit 2026-01-10
docs/procedures/EMS-PRO-001.md
  clauses: [iso-14001:2026/8.2#drains]
commit 2026-02-10
"""
    found = published(handbook(moved))
    record = said(found, "procedures/EMS-PRO-001.md")
    assert '<a href="../../standards/iso-14001-2026/8.2/">ISO 14001:2026 8.2</a>' in record
    assert "/8.1/" not in record
    assert "since 10 February 2026" in clause(found, ISO_2026, "8.2")


def test_a_handbook_without_standards_has_the_pages_about_them(handbook: Make) -> None:
    found = published(handbook("ems.yml\n  standards: []\ndocs/procedures/EMS-PRO-001.md\n  clauses:"))
    assert {p for p in found.pages if p.startswith("standards/")} == {addresses.STANDARDS, addresses.ABOUT}


# --- transition -----------------------------------------------------------------------------------------------


def test_the_transition_page_tells_settled_to_do_and_new(handbook: Make) -> None:
    only_old = TRANSITION + "docs/procedures/EMS-PRO-002.md\n  clauses: [iso-14001:2015/7.3#drains]"
    text = said(published(handbook(only_old)), addresses.TRANSITION)
    assert "Clauses: 35. Settled: 1; to do: 28; new: 6, of these still open: 6." in text
    new = re.findall(r"^\| \[([\d.]+)\]", section(text, "New in 2026"), re.MULTILINE)
    assert new == ["6.1.4", "6.1.5", "6.3", "9.3.1", "9.3.2", "9.3.3"]
    assert re.findall(r"^\| \[([\d.]+)\]", section(text, "Settled"), re.MULTILINE) == ["8.1"]
    assert "[7.3](iso-14001-2026/7.3.md)" in section(text, "To do")
    left = section(text, "Documents still on ISO 14001:2015 only")
    assert "EMS-PRO-002" in left
    assert "EMS-PRO-001" not in left
    assert "ems migrate --from iso-14001:2015 --to iso-14001:2026" in left


def test_dates_carry_source_and_confirmation(handbook: Make) -> None:
    text = section(said(published(handbook(TRANSITION)), addresses.TRANSITION), "Dates")
    rows = [line for line in text.split("\n") if line.startswith("|")]
    assert any("18 May 2027" in row and "| booked | confirmed by the certification body |" in row for row in rows)
    assert any("as announced | to be confirmed by your certification body" in row for row in rows)
    assert any("not set: add transition.last_initial_audit to ems.yml" in row for row in rows)


def test_holders_of_both_see_both_editions_side_by_side(handbook: Make) -> None:
    text = section(said(published(handbook(TRANSITION)), addresses.TRANSITION), "Both at once")
    assert any("6.1.5" in line and "A.6.1.4" in line for line in text.split("\n"))
    alone = TRANSITION + "  standards: [iso-14001:2015, iso-14001:2026]\n"
    assert "Both at once" not in said(published(handbook(alone, "alone")), addresses.TRANSITION)


def test_no_transition_no_page(handbook: Make) -> None:
    assert addresses.TRANSITION not in published(handbook()).pages


# --- EMAS -----------------------------------------------------------------------------------------------------


def test_the_statement_says_by_whom_it_was_validated_and_when_the_next_is_due(handbook: Make) -> None:
    text = said(published(handbook(STATEMENT + VALIDATED)), addresses.EMAS)
    for row in ("| Verifier | V. Ender |", "| Accreditation or licence | XX-V-0000 |", "| Updated | every year |"):
        assert row in text
    assert "The next validated update is due by 4 December 2026." in text
    later = said(published(handbook(STATEMENT + VALIDATED, "later"), date(2026, 12, 5)), addresses.EMAS)
    assert "The validated update was due on 4 December 2026." in later


def test_a_statement_that_is_not_validated_says_so(handbook: Make) -> None:
    text = said(published(handbook(STATEMENT + INDICATORS)), addresses.EMAS)
    assert "must not be used as an EMAS statement" in text
    assert "figures of revision 1, not validated." in text


def test_article_7_doubles_the_interval(handbook: Make) -> None:
    yearly = STATEMENT + VALIDATED.replace(", next_update: 2026-12-04", "")
    small = yearly.replace("ems.yml\n", "ems.yml\n  emas: {derogation: {granted_on: 2025-01-01}}\n")
    text = said(published(handbook(small)), addresses.EMAS)
    assert "The next validated update is due by 4 December 2027." in text
    claimed = yearly.replace("clauses:\n", "clauses: [emas/art-7]\n")
    text = said(published(handbook(claimed, "claimed")), addresses.EMAS)
    assert "The next validated update is due by 4 December 2026." in text, "filed without an approval"


def test_the_registration_and_its_days_are_told_with_their_articles(handbook: Make) -> None:
    block = (
        "ems.yml\n  emas: {registration: {number: XX-1, since: 2026-02-01}, organisation_size: small,"
        " derogation: {granted_on: 2026-01-01}, sites: [yard <b>1</b>]}\n"
    )
    example = STATEMENT + VALIDATED.replace(", next_update: 2026-12-04", "")
    text = said(published(handbook(example.replace("ems.yml\n", block))), addresses.EMAS)
    assert "| Registered since | 1 February 2026 |" in text
    assert "years between verifications: 4, between validated updates: 2" in text
    assert "4 December 2026</time> | Article 7(3) of the EMAS Regulation | 12 months after 4 December 2025" in text
    assert "4 December 2029</time> | Article 7(1) of the EMAS Regulation | 48 months after 4 December 2025" in text
    assert "not read in the regulation" not in text, "articles 7(1) and 7(3) were read"
    assert "<b>" not in published(handbook(example.replace("ems.yml\n", block), "again")).pages[addresses.EMAS].body
    late = published(handbook(example, "late"), date(2026, 12, 5))
    assert "4 December 2026</time> (overdue)" in said(late, addresses.EMAS)
    assert "not read in the regulation: article 6(1), 6(2)." in said(late, addresses.EMAS)
    assert "Validated update of the statement (Article 6(2)" in said(late, addresses.REVIEW_BOARD)


def test_indicators_are_a_table_and_a_chart_without_script(handbook: Make) -> None:
    page = published(handbook(STATEMENT + VALIDATED + INDICATORS)).pages[addresses.EMAS]
    text = html.unescape(page.body)
    assert "| total energy, MWh | 100 | 90 | 2 | 1.8 |" in text
    assert "Reference value B, t (total energy) – 2024: 50, 2025: 50" in text
    assert "figures of the validated statement, revision 1." in text
    charts = [ElementTree.fromstring(found) for found in re.findall(r"<svg.*?</svg>", page.body)]  # noqa: S314
    assert len(charts) == 2
    for chart in charts:
        names = {element.get("id") for element in chart.iter()}
        assert set(str(chart.get("aria-labelledby")).split()) <= names
        assert chart.get("role") == "img"
        assert {element.tag.rpartition("}")[2] for element in chart.iter()} <= {"svg", "title", "desc", "text", "rect"}
    widths = [float(str(bar.get("width"))) for bar in charts[0].iter("{http://www.w3.org/2000/svg}rect")]
    assert widths[1] / widths[0] == pytest.approx(0.9)
    assert "<b>" not in page.body
    assert "Core areas without figures here, which needs a reason in the statement: Material, Water" in text


def test_a_ratio_that_is_none_is_told(handbook: Make) -> None:
    wrong = INDICATORS.replace("90,MWh,50,t,1.8", "90,MWh,50,t,2.8")
    assert "R is not A divided by B: total energy 2025." in said(
        published(handbook(STATEMENT + VALIDATED + wrong)), addresses.EMAS
    )


# --- self-assessment and about --------------------------------------------------------------------------------


def test_every_requirement_of_document_control_is_assessed(handbook: Make) -> None:
    found = published(handbook())
    text = said(found, addresses.ASSESSMENT)
    known = set(found.pages)
    codes = {rule.code for rule in rules()}
    for asked in requirements():
        assert f"### {asked.id} " in text
        assert Words("en")(f"assess.{asked.id}") in text
        assert set(asked.means.rules) <= codes
        assert set(asked.means.pages) <= known
        assert {command.split()[1] for command in asked.means.commands} <= set(COMMANDS)
    assert MEANS.keys() == {asked.id for asked in requirements()}
    assert "documents in force: 1, by decisions: 1" in text


def test_what_only_emas_asks_is_left_out_without_emas(handbook: Make) -> None:
    text = said(published(handbook("ems.yml\n  standards: [iso-14001:2015]")), addresses.ASSESSMENT)
    assert "### EM-01" not in text
    assert "### DC-15" in text


def test_the_family_stands_in_its_two_areas_with_its_ancestor(handbook: Make) -> None:
    text = said(published(handbook()), addresses.ABOUT)
    areas = ("ISO 14000: looking at organisations", "ISO 14000: looking at products")
    assert text.index(f"## {areas[0]}") < text.index(f"## {areas[1]}")
    assert "ISO 14040" in section(text, areas[1])
    seen, unseen = (next(line for line in text.split("\n") if name in line) for name in ("ISO 14008", "ISO 14051"))
    assert "Edition seen." in seen
    assert "Edition seen." not in unseen
    assert text.count("are general knowledge (26 November 2026)") == 1, "doubt is told once, with the day"
    assert "to be verified" not in text
    assert "with the amendment “Climate action changes”, clauses 4.1, 4.2" in text


ANSWERS = {
    "family": ("1996", "2004", "2026"),
    "areas": ("14031", "14040", "19011", "ISO/TR 14062"),
    "certifiable": ("ISO 14001",),
    "why": ("1990",),
    "rio": ("Agenda 21", "SAGE", "1993"),
    "bs-7750": ("1992", "BSI", "1994"),
    "tc-207": ("ISO/TC 207", "1993"),
    "unep": ("UNEP|United Nations Environment Programme",),
    "emas": ("1836/93", "761/2001", "1221/2009", "2023/2463"),
    "automatically": ("1:2024", "ISO 14001:2026"),
    "iso-9000": ("1987", "ISO 9001", "ISO 9001:2026"),
    "differences": ("9.1.2",),
    "shared": ("7.5", "9.2", "9.3", "8.2"),
    "which": ("EMAS",),
    "first-step": ("ISO 14005",),
    "process": ("ISO 14020",),
}
"""The questions that the article and the two comparisons raise, and what an answer names in every language."""


@pytest.mark.parametrize("language", ["en", "de", "nl"])
def test_the_page_answers_what_the_sources_of_this_project_set_out(handbook: Make, language: str) -> None:
    text = said(published(handbook(f"ems.yml\n  languages: [{language}]")), addresses.ABOUT)
    words = Words(language)
    doubts = section(text, words("doubts"))
    assert all(doubts.count(one["text"][language]) == 1 for one in questions.asked()["doubts"])
    levels = "|".join(re.escape(words(f"seen.{level}")) for level in questions.LEVELS)
    assert [one["id"] for one in questions.asked()["questions"]] == list(ANSWERS)
    for one in questions.asked()["questions"]:
        heading = f"### {one['question'][language]} {{#{one['id']}}}"
        assert text.count(heading) == 1
        answer = text.split(heading, 1)[1].split("\n### ", 1)[0].split("\n## ", 1)[0].strip()
        for name in ANSWERS[one["id"]]:
            assert re.search(name, answer), (one["id"], name)
        for paragraph in answer.split("\n\n"):
            told = re.search(rf"<small>\(({levels})\)</small>$", paragraph)
            assert told or paragraph.startswith(f"*{words('older texts')}*"), paragraph


def test_questions_say_the_same_in_every_language_and_nothing_twice() -> None:
    parts = [part for one in questions.asked()["questions"] for part in (one["question"], one.get("amends", {}))]
    parts += [one["text"] for one in questions.asked()["doubts"]]
    parts += [statement["text"] for one in questions.asked()["questions"] for statement in one["statements"]]
    for part in filter(None, parts):
        assert set(part) == set(languages())
        assert len(set(part.values())) == len(part), part["en"]
        numbers = [sorted(re.findall(r"\d{3,}", text)) for text in part.values()]
        assert numbers[0] == numbers[1] == numbers[2], part["en"]
    assert {s["certainty"] for one in questions.asked()["questions"] for s in one["statements"]} <= set(
        questions.LEVELS
    )


def test_what_is_said_of_the_end_of_the_transition_is_told_once_with_who_says_it(handbook: Make) -> None:
    text = said(published(handbook(TRANSITION)), addresses.TRANSITION)
    part = text.split("### When it ends", 1)[1].split("\n## ", 1)[0]
    assert "- April 2029: guardian.qa, iso9001help, theramc, kaizen\n- May 2029: DQS, certbetter" in part
    assert "no document of an accreditation body was seen (last look: 21 November 2026)" in part


def test_there_are_words_for_everything_that_the_catalogue_can_say() -> None:
    catalogue = Catalogue.load()
    names = list(catalogue.standards)
    kinds = {row.kind for one in names for other in names for row in catalogue.relations(one, other)}
    for language in languages():
        words = Words(language)
        assert all(words(f"relation.{kind}") for kind in kinds)
        assert all(words(f"duty.kind.{kind}") for kind in DUTY_KINDS)
        assert all(words(f"assess.{asked.id}") for asked in requirements())


def test_the_sample_in_german_builds_without_a_warning_and_every_link_leads_somewhere(tmp_path: Path) -> None:
    sample = clone_sample(tmp_path / "sample")
    policy = (sample / "ems.yml").read_text(encoding="utf-8")
    (sample / "ems.yml").write_text(
        policy.replace("languages: [en, de, nl]", "languages: [de, en, nl]"), encoding="utf-8"
    )
    sign_policy(sample, "German first")
    site = build(sample)
    assert site.dead() == []
    page = site.page("standards/iso-14001-2026/6.3/")
    assert "Zeigt, wo ein Abschnitt beantwortet ist, nicht, dass er erfüllt ist." in page.source
    assert "<script" not in site.page("standards/emas-statement/").source.split("<article")[1].split("</article")[0]
