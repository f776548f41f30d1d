"""The standards catalogue: what it holds, what references mean, and what is said about those that mean nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ems_control.exports.words import languages
from ems_control.ground.errors import EmsError
from ems_control.ground.organisation.references import ReferenceProblem
from ems_control.ground.organisation.standards import Catalogue, Clause, Relation, facts
from ems_control.ground.organisation.told import told

OWN = """\
id: acme-quality
full_title: What Acme asks of its suppliers
clauses:
- {number: 6.10, title: Emergency plan, same_as: "iso-14001:2015/8.2"}
- {number: 7, title: {de: Schulung}, duty: {kind: retain, subject: training records}}
"""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load()


def problem(catalogue: Catalogue, text: str) -> ReferenceProblem:
    with pytest.raises(ReferenceProblem) as raised:
        catalogue.parse(text)
    return raised.value


def own(tmp_path: Path, text: str, name: str = "own.yml") -> Path:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def every_clause(catalogue: Catalogue) -> list[Clause]:
    return [clause for standard in catalogue.standards.values() for clause in standard.clauses.values()]


# What it holds


@pytest.mark.parametrize(
    ("standard", "count"), [("iso-14001:2015", 32), ("iso-14001:2026", 35), ("emas", 72), ("iso-9001:2015", 57)]
)
def test_assessable_clauses(catalogue: Catalogue, standard: str, count: int) -> None:
    found = catalogue.assessable(standard)
    assert len(found) == count
    assert not [clause.number for clause in found if clause.heading_only or clause.optional]


def test_loaded_once(catalogue: Catalogue) -> None:
    assert Catalogue.load() is catalogue
    assert catalogue.with_files([]).standards.keys() == catalogue.standards.keys()


def test_order_is_that_of_the_standard(catalogue: Catalogue) -> None:
    numbers = list(catalogue.get("iso-14001:2026").clauses)
    assert numbers[0] == "4"
    assert numbers[-2:] == ["10.1", "10.2"]
    assert numbers.index("9.3.3") < numbers.index("10")


def test_every_assessable_clause_has_a_short_summary(catalogue: Catalogue) -> None:
    for standard in ("iso-14001:2015", "iso-14001:2026", "emas", "iso-9001:2015"):
        for clause in catalogue.assessable(standard):
            words = clause.summary["en"].split()
            assert 3 < len(words) <= 15, clause
            assert "shall" not in words, clause


def test_every_clause_has_an_english_title_and_known_levels(catalogue: Catalogue) -> None:
    levels = {"confirmed", "single", "general", "uncertain"}
    for clause in every_clause(catalogue):
        assert clause.title()
        assert set(clause.certainty.values()) <= levels, clause
        assert clause.titles.keys() <= clause.certainty.keys(), clause
        assert clause.duty is None or clause.duty.certainty in levels, clause


def test_titles_fall_back_to_english(catalogue: Catalogue) -> None:
    emas = catalogue.get("emas").clauses
    assert emas["A.8.2"].title("de") == "Notfallvorsorge und Gefahrenabwehr"
    assert emas["annex-III.4"].title("fr") == emas["annex-III.4"].title() == "Audit follow-up"


def english(catalogue: Catalogue) -> set[str]:
    """Every text of the packaged catalogue that a page shows and that is no title or summary by language."""
    found = set()
    for clause in every_clause(catalogue):
        duty = (clause.duty.subject, clause.duty.note) if clause.duty else ()
        found |= {*duty, clause.change, clause.optional, clause.not_applicable}
    for standard in catalogue.standards.values():
        found |= {standard.title, *(str(one["title"]) for one in standard.facts.get("amendments", ()))}
        for other in catalogue.standards:
            for row in catalogue.relations(standard.id, other):
                found.add(re.sub(r"^(same theme|same|partial|split|dropped)\b[;: ]*", "", row.note))
    family, control = facts("family"), facts("document-control")
    for area in ("organisation_evaluation", "product_evaluation"):
        for row in (row for rows in family[area].values() for row in rows):
            found.add(row["title"])
            found |= {row["edition"]} if re.search(r"[a-z]{4}", row["edition"]) else set()
    for row in control["requirements"]:
        text = row["requirement"]
        found |= {*text.removesuffix(")").split(" (")} if text.endswith(")") else {text}
        found |= {*row["auditor_evidence"]}
    for row in control["customary_not_required"]:
        found |= {row["item"], row["note"]}
    return {text for text in found if text}


def test_every_clause_has_title_and_summary_in_every_language_of_the_screen(catalogue: Catalogue) -> None:
    for clause in every_clause(catalogue):
        assert set(languages()) <= clause.titles.keys(), clause
        if clause.assessable:
            assert set(languages()) <= clause.summary.keys(), clause
            assert len(set(clause.summary.values())) == len(languages()), clause.summary


NAMES_ALONE = {"(9001 5.2.1, 5.2.2)", "9001 6.2.1", "9001 6.2.2", "9001 9.2.1", "9001 9.2.2", "ISO 14001:2026 6.3"}
"""What is a name or a number alone may be the same in two languages."""


@pytest.mark.parametrize("language", [language for language in languages() if language != "en"])
def test_every_text_of_the_catalogue_has_words_in_every_language(catalogue: Catalogue, language: str) -> None:
    missing = [text for text in sorted(english(catalogue)) if told(text, language) == text and text not in NAMES_ALONE]
    assert missing == []


def test_what_an_organisation_wrote_itself_stays_as_it_is_written() -> None:
    assert told("What Acme asks of its suppliers", "de") == "What Acme asks of its suppliers"
    assert told("scope of the EMS", "fr") == "scope of the EMS"


def test_documents_of_the_family_that_are_no_standards_are_designated_so() -> None:
    rows = [
        row
        for area in ("organisation_evaluation", "product_evaluation")
        for rows in facts("family")[area].values()
        for row in rows
    ]
    known = {row["id"] for row in rows}
    assert len(known) == len(rows)
    specified = {"ISO/TS 14027", "ISO/TS 14029", "ISO/TS 14048", "ISO/TS 14071", "ISO/TS 14072", "ISO/TS 14074"}
    reports = {"ISO/TR 14032", "ISO/TR 14047", "ISO/TR 14049", "ISO/TR 14062", "ISO/TR 14069", "ISO/TR 14073"}
    assert specified | reports | {"ISO 14066", "ISO 14075", "ISO 14083", "ISO 14100", "IEC 62430"} <= known
    assert not {name.replace("ISO/TS", "ISO").replace("ISO/TR", "ISO") for name in specified | reports} & known


def test_doubts_are_carried(catalogue: Catalogue) -> None:
    iso, emas = catalogue.get("iso-14001:2015").clauses, catalogue.get("emas").clauses
    assert iso["8.2"].to_verify("de") is None
    assert iso["8.2"].to_verify("en") is None
    assert "NEN" in str(iso["8.2"].to_verify("nl"))
    assert "before 2017" in str(emas["B.legal-compliance"].to_verify())
    assert emas["B.legal-compliance"].believed_number == "B.4"
    assert iso["8.2"].to_verify("fr") is None


def test_duties(catalogue: Catalogue) -> None:
    old, new = catalogue.get("iso-14001:2015").clauses, catalogue.get("iso-14001:2026").clauses
    assert old["10.1"].duty is None
    aspects, review = old["6.1.2"].duty, new["9.3.3"].duty
    assert aspects is not None
    assert review is not None
    assert (aspects.kind, aspects.evidence, aspects.to_extent) == ("maintain", False, False)
    assert (review.kind, review.carried, review.evidence) == ("available", "retain", True)
    assert catalogue.get("emas").clauses["A.6.1.2"].duty == aspects
    both = catalogue.get("iso-9001:2015").clauses["8.1"].duty
    assert both is not None
    assert both.kind == "both"


def test_what_may_be_declared_not_applicable(catalogue: Catalogue) -> None:
    excludable = {
        f"{clause.standard}/{clause.number}"
        for clause in every_clause(catalogue)
        if clause.optional or clause.not_applicable
    }
    assert {"emas/art-7", "emas/annex-IV.E", "iso-9001:2015/8.3", "iso-9001:2015/8.3.6"} <= excludable
    assert not [key for key in excludable if key.startswith("iso-14001")]


def test_facts() -> None:
    assert len(facts("indicators")["core_areas"]) == 6
    assert facts("family")["organisation_evaluation"]
    assert {"DC-01", "EM-03"} <= {row["id"] for row in facts("document-control")["requirements"]}


def test_every_source_key_is_explained(catalogue: Catalogue) -> None:
    known = facts("sources")["sources"]
    for standard in catalogue.standards.values():
        assert set(standard.facts["sources"]) <= known.keys()


def test_document_control_uses_spellings_that_resolve(catalogue: Catalogue) -> None:
    for row in facts("document-control")["requirements"]:
        for text in row["clauses"]:
            standard, _, number = text.rpartition("/")
            assert number in catalogue.get(standard or "iso-14001:2015").clauses


# References


@pytest.mark.parametrize(
    ("text", "standard", "number", "anchor"),
    [
        ("iso-14001:2015/8.2", "iso-14001:2015", "8.2", None),
        ("iso-14001:2026/6.1.4#risks-and-opportunities", "iso-14001:2026", "6.1.4", "risks-and-opportunities"),
        ("emas/A.6.1.2", "emas", "A.6.1.2", None),
        ("emas/B.legal-compliance#duties", "emas", "B.legal-compliance", "duties"),
        ("emas/annex-I.1", "emas", "annex-I.1", None),
        ("emas/annex-IV.B.f", "emas", "annex-IV.B.f", None),
        ("emas/art-8", "emas", "art-8", None),
        ("emas/art-7", "emas", "art-7", None),
        ("iso-9001:2015/9.2.1", "iso-9001:2015", "9.2", None),
    ],
)
def test_reference(catalogue: Catalogue, text: str, standard: str, number: str, anchor: str | None) -> None:
    found = catalogue.parse(text)
    assert (found.standard, found.number, found.anchor, found.text) == (standard, number, anchor, text)
    assert catalogue.clause(found).number == number


def test_every_assessable_clause_can_be_referred_to(catalogue: Catalogue) -> None:
    for standard in catalogue.standards:
        for clause in catalogue.assessable(standard):
            assert catalogue.clause(catalogue.parse(f"{standard}/{clause.number}")) is clause


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        # no edition: what the number means in each
        ("iso-14001/6.1.4", "no-edition", ["2015/6.1.4 (Planning action)", "2026/6.1.4 (Risks and opportunities)"]),
        ("iso-14001/10.1", "no-edition", ["2015/10.1 (General)", "2026/10.1 (Continual improvement)"]),
        ("6.1.4", "no-edition", ["iso-14001:2015/6.1.4", "iso-14001:2026/6.1.4"]),
        ("ISO 14001 6.1.4", "no-edition", ["Planning action", "Risks and opportunities"]),
        ("iso-14001/99", "no-edition", ["iso-14001:2015/…", "iso-14001:2026/…"]),
        ("A.6.1.2", "no-edition", ["emas/A.6.1.2"]),
        # read as a number by YAML
        ("6.1", "no-edition", ["a heading", "6.10", "quotation marks"]),
        # ranges and lists
        ("iso-14001:2015/8.1-8.2", "range", ["iso-14001:2015/8.1 (", "iso-14001:2015/8.2 ("]),
        ("iso-14001:2026/9.3.1–3", "range", ["9.3.1", "9.3.2", "9.3.3"]),
        ("iso-14001:2026/9.1 to 9.2", "range", ["9.1.1", "9.1.2", "9.2.1", "9.2.2"]),
        ("iso-14001:2015/7.2, 7.3", "range", ["7.2 (Competence)", "7.3 (Awareness)"]),
        ("emas/annex-I.1-annex-I.3", "range", ["annex-I.1", "annex-I.2", "annex-I.3"]),
        # capitals and small letters
        ("emas/a.6.1.2", "case", ["emas/A.6.1.2"]),
        ("emas/Annex-I.1", "case", ["emas/annex-I.1"]),
        ("ISO-14001:2015/8.2", "case", ["iso-14001:2015/8.2"]),
        # the numbers of Part B
        ("emas/B.4", "unknown-clause", ["before 2017", "emas/B.legal-compliance", "emas/B.communication"]),
        # headings
        ("iso-14001:2026/9.3", "heading-only", ["9.3.1", "9.3.2", "9.3.3"]),
        ("emas/A.6", "heading-only", ["A.6.1.1", "A.6.2.2"]),
        ("emas/annex-IV.A", "heading-only", ["Introduction"]),
        # not there
        ("iso-14001:2015/6.10", "unknown-clause", ["6.1"]),
        ("iso-14001:2015/6.3", "unknown-clause", ["iso-14001:2026/6.3 (Planning of changes)"]),
        ("iso-14001:2026/10.3", "unknown-clause", ["2026/10.1 (Continual improvement)", "2015/10.3"]),
        ("emas/6.1.2", "unknown-clause", ["emas/A.6.1.2"]),
        ("emas/IV.B.f", "unknown-clause", ["emas/annex-IV.B.f"]),
        ("emas/B.legal-complience", "unknown-clause", ["emas/B.legal-compliance"]),
        ("emas/art-25", "unknown-clause", ["asks nothing of organisations"]),
        ("iso-14001:2015/8.2 ", "unknown-clause", ["iso-14001:2015/8.2"]),
        ("iso14001:2015/8.2", "unknown-standard", ["iso-14001:2015"]),
        ("iso-14001:2004/4.4.6", "unknown-standard", ["no edition 2004", "iso-14001:2026"]),
        ("emas:2009/A.4.1", "unknown-standard", ["emas/A.4.1"]),
        ("iso-50001:2018/4.1", "unknown-standard", ["file of the handbook"]),
        # not a reference at all
        ("ISO 14001:2015 8.2", "malformed", ["iso-14001:2015/8.2"]),
        ("iso-14001:2015", "malformed", ["iso-14001:2015/4.1"]),
        ("iso-14001:2015/8.2#", "malformed", ["standard:edition/clause"]),
        ("iso-14001:2015/8.2#two words", "malformed", ["standard:edition/clause"]),
        ("", "malformed", ["standard:edition/clause"]),
        ("waste", "malformed", ["emas/A.8.2"]),
    ],
)
def test_bad_reference_says_what_to_write(catalogue: Catalogue, text: str, kind: str, said: list[str]) -> None:
    found = problem(catalogue, text)
    assert found.kind == kind
    assert found.fix.endswith(".")
    assert str(found) == f"{found.message}. {found.fix}"
    for words in said:
        assert words in str(found)


def test_headings_are_not_proposed_for_a_range(catalogue: Catalogue) -> None:
    assert "a heading" not in str(problem(catalogue, "iso-14001:2015/6.1-6.2"))


# What counts, and what is only related


def test_part_a_and_2015_count_for_each_other(catalogue: Catalogue) -> None:
    iso, emas = ("iso-14001:2015", "8.2"), ("emas", "A.8.2")
    assert catalogue.counts_for(catalogue.parse("iso-14001:2015/8.2#drills")) == (iso, emas)
    assert catalogue.counts_for(catalogue.parse("emas/A.8.2")) == (emas, iso)


@pytest.mark.parametrize("text", ["iso-14001:2026/8.2", "emas/B.legal-compliance", "iso-9001:2015/7.2"])
def test_nothing_else_counts_for_more_than_itself(catalogue: Catalogue, text: str) -> None:
    reference = catalogue.parse(text)
    assert catalogue.counts_for(reference) == ((reference.standard, reference.number),)


def by_number(rows: list[Relation]) -> dict[str, Relation]:
    return {row.number: row for row in rows}


def test_editions(catalogue: Catalogue) -> None:
    rows = by_number(catalogue.relations("iso-14001:2015", "iso-14001:2026"))
    assert rows["8.2"] == Relation("8.2", ("8.2",), "continued")
    assert (rows["6.1.4"].to, rows["6.1.4"].kind) == (("6.1.5",), "renumbered")
    assert (rows["6.1.1"].to, rows["6.1.1"].kind) == (("6.1.1", "6.1.4"), "split")
    assert (rows["10.1"].to, rows["10.1"].kind) == ((), "dropped")
    assert {number for number, row in rows.items() if row.other_meaning} == {"6.1.4", "10.1"}


def test_the_other_direction(catalogue: Catalogue) -> None:
    rows = by_number(catalogue.relations("iso-14001:2026", "iso-14001:2015"))
    assert rows["6.1.5"].to == ("6.1.4",)
    assert rows["10.1"].to == ("10.3",)
    assert {number for number, row in rows.items() if row.other_meaning} == {"6.1.4", "10.1"}
    assert catalogue.relations("emas", "iso-9001:2015") == []


def test_same_number_other_meaning_in_iso_9001(catalogue: Catalogue) -> None:
    rows = by_number(catalogue.relations("iso-14001:2026", "iso-9001:2015"))
    assert (rows["10.1"].to, rows["10.1"].other_meaning) == (("10.3",), True)
    old = by_number(catalogue.relations("iso-14001:2015", "iso-9001:2015"))
    assert (old["10.1"].to, old["10.1"].other_meaning) == (("10.1",), False)
    assert {number for number, row in old.items() if row.other_meaning} == {"6.1.2", "8.2", "9.1.2"}


def test_relations_name_clauses_that_exist(catalogue: Catalogue) -> None:
    standards = catalogue.standards
    for one in standards:
        for other in standards:
            for row in catalogue.relations(one, other):
                known = standards[one].clauses
                assert row.number in known or any(row.number in clause.paragraphs for clause in known.values())
                assert set(row.to) <= standards[other].clauses.keys()


# A handbook's own standards


def test_own_standard_has_the_same_rights(catalogue: Catalogue, tmp_path: Path) -> None:
    more = catalogue.with_files([own(tmp_path, OWN)])
    reference = more.parse("acme-quality/6.10#plan")
    assert set(more.counts_for(reference)) == {
        ("acme-quality", "6.10"),
        ("iso-14001:2015", "8.2"),
        ("emas", "A.8.2"),
    }
    training = more.get("acme-quality").clauses["7"]
    assert training.title("en") == "Schulung"
    assert training.to_verify("en") is None
    assert training.duty is not None
    assert training.duty.evidence
    assert "acme-quality" not in catalogue.standards


def test_own_relation(catalogue: Catalogue, tmp_path: Path) -> None:
    relation = 'from: acme-quality\nto: iso-14001:2026\nmap:\n- {from: 6.10, to: ["8.2"], kind: theme}\n'
    more = catalogue.with_files([own(tmp_path, OWN), own(tmp_path, relation, "relation.yml")])
    assert more.relations("acme-quality", "iso-14001:2026") == [Relation("6.10", ("8.2",), "theme")]


def test_two_standards_with_one_key(catalogue: Catalogue, tmp_path: Path) -> None:
    first, second = own(tmp_path, OWN, "first.yml"), own(tmp_path, OWN, "second.yml")
    with pytest.raises(EmsError, match=r"acme-quality stands in two files: .*first\.yml and .*second\.yml"):
        catalogue.with_files([first, second])
    with pytest.raises(EmsError, match=r"emas stands in two files: emas\.yml of the package and .*own\.yml"):
        catalogue.with_files([own(tmp_path, OWN.replace("id: acme-quality", "id: emas"))])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id: [", "is not YAML"),
        ("just words", "holds no standard"),
        ("", "holds no standard"),
        (OWN.replace("full_title", "titel"), "'full_title' is missing"),
        (OWN.replace("number: 7,", "nummer: 7,"), "'number' is missing"),
        (OWN.replace("duty:", "dutty:"), "dutty"),
        (OWN.replace("number: 7", "number: 6.10"), "6.10 stands twice"),
        (OWN.replace("number: 7", "number: 7/1"), "7/1"),
        (OWN.replace("number: 7", "parent: 6, number: 7"), "has a parent, 6"),
        (OWN.replace("acme-quality", "Acme Quality"), "small letters"),
        (OWN.replace("2015/8.2", "2015/8.9"), "no iso-14001:2015/8.9"),
        (OWN.replace("clauses:", "clauses: 5\nrest:"), "no standard that can be read"),
    ],
)
def test_unusable_file_says_so(catalogue: Catalogue, tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(EmsError) as raised:
        catalogue.with_files([own(tmp_path, text)])
    assert said in str(raised.value)


def test_missing_file(catalogue: Catalogue, tmp_path: Path) -> None:
    with pytest.raises(EmsError, match="cannot be read"):
        catalogue.with_files([tmp_path / "none.yml"])


def test_unknown_standard(catalogue: Catalogue) -> None:
    with pytest.raises(EmsError, match=r"no standard iso-1\. Known are iso-14001:2015"):
        catalogue.get("iso-1")


@pytest.mark.parametrize(("number", "both"), [("4.1", False), ("4.2", False), ("4.3", True), ("8.2", True)])
def test_the_regulation_repeats_the_text_from_before_the_amendment_of_2024(
    catalogue: Catalogue, number: str, both: bool
) -> None:
    """Who answers ISO 14001:2015 with its amendment answers EMAS too, but not the other way round."""
    iso, emas = ("iso-14001:2015", number), ("emas", f"A.{number}")
    assert emas in catalogue.same_text(iso)
    assert (iso in catalogue.same_text(emas)) is both
    assert [row.beyond for row in catalogue.relations("emas", "iso-14001:2015") if row.number == emas[1]] == [
        "" if both else "Amd 1:2024"
    ]


@pytest.mark.parametrize(
    ("text", "kind", "said", "instead"),
    [
        ("iso-14001:2004/4.4.5", "unknown-standard", "was control of documents in ISO 14001:2004", "2026/7.5.3"),
        ("iso-14001:2015/4.3.1", "unknown-clause", "was environmental aspects", "iso-14001:2015/6.1.2"),
        ("iso-14001:2026/4.6", "unknown-clause", "was management review", "iso-14001:2026/9.3.1"),
        ("iso-14001/4.4.7", "no-edition", "was emergency preparedness", "iso-14001:2026/8.2"),
        ("iso 14001:2004 4.5.2", "unknown-standard", "was evaluation of compliance", "iso-14001:2015/9.1.2"),
        ("emas/A.6.3", "unknown-clause", "6.3 came with iso-14001:2026", "emas/A.6.1.1"),
        ("emas/A.9.3.2", "unknown-clause", "9.3.2 came with iso-14001:2026", "emas/A.9.3"),
        ("emas/annex-II.A.6.1.2", "unknown-clause", "has no clause", "emas/A.6.1.2"),
        ("emas/art-7(1)", "unknown-clause", "has no clause", "emas/art-7"),
    ],
)
def test_old_numbers_and_wrong_ones_of_emas_name_what_to_write(
    catalogue: Catalogue, text: str, kind: str, said: str, instead: str
) -> None:
    found = problem(catalogue, text)
    assert (found.kind, said in found.message, instead in found.fix) == (kind, True, True), str(found)


@pytest.mark.parametrize("text", ["iso-14001:2015/4.4", "iso-14001:2026/6.3", "emas/A.6.1.4"])
def test_numbers_that_stand_are_no_old_ones(catalogue: Catalogue, text: str) -> None:
    assert catalogue.parse(text).text == text


TITLES = """\
titles_of: iso-14001:2026
titles:
  "4.1": {nl: Zoals het er staat, fr: Comme il est écrit}
  "4.2": As it stands
"""


def test_a_holder_of_the_text_puts_its_titles_in_place_of_ours(catalogue: Catalogue, tmp_path: Path) -> None:
    more = catalogue.with_files([own(tmp_path, TITLES)])
    clauses = more.get("iso-14001:2026").clauses
    assert clauses["4.1"].title("nl") == "Zoals het er staat"
    assert clauses["4.1"].title("fr") == "Comme il est écrit"
    assert clauses["4.1"].title("en") == catalogue.get("iso-14001:2026").clauses["4.1"].title("en")
    assert clauses["4.2"].title() == "As it stands"
    assert clauses["4.1"].to_verify("nl") is None
    assert catalogue.get("iso-14001:2026").clauses["4.2"].title() != "As it stands", "the packaged one stays"
    assert more.parse("iso-14001:2026/4.2").number == "4.2"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TITLES.replace("4.1", "4.9"), "iso-14001:2026 has no clause 4.9"),
        (TITLES.replace("2026", "2031"), "'iso-14001:2031' is missing"),
        (TITLES.replace("As it stands", "[a, b]"), "the title of 4.2 is no text"),
        (TITLES.replace("As it stands", '""'), "the title of 4.2 is no text"),
        (TITLES.replace("fr:", "francais:"), "francais is no language like en"),
        (TITLES.replace("titles:", "title:"), "'titles' is missing"),
        (TITLES + "clauses: []\n", "beside titles_of and titles nothing is read"),
        ("titles_of: iso-14001:2026\ntitles: {}\n", "titles names no clause"),
    ],
)
def test_a_file_of_titles_is_checked_for_its_shape(catalogue: Catalogue, tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(EmsError, match=re.escape(said)) as raised:
        catalogue.with_files([own(tmp_path, text)])
    assert "Titles are written like this" in str(raised.value)


def test_one_file_of_titles_for_each_standard(catalogue: Catalogue, tmp_path: Path) -> None:
    with pytest.raises(EmsError, match="stands in two files"):
        catalogue.with_files([own(tmp_path, TITLES), own(tmp_path, TITLES, "again.yml")])
