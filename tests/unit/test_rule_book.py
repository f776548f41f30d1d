"""Every rule is documented, its examples are run, and its golden folder holds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from ems_control.exports import sentences
from ems_control.exports.words import languages
from ems_control.ground.formats.factfile import read_facts
from ems_control.ground.formats.records import Action
from ems_control.ground.organisation.standards import Catalogue, facts
from ems_control.handbook.loading import load
from ems_control.rules.book import Rule, find_rule, rules, run
from ems_control.rules.examples import ACTIONS, plain, read, visible
from ems_control.rules.printed import EXAMPLES, SECTIONS, RulePage, pages
from ems_control.rules.translated import TITLE, rule_languages, told
from tests.examples import AS_OF, PROPOSED, git, make
from tests.unit.test_sentences import english_in

GOLDEN = Path(__file__).parents[1] / "golden"
BOOK = Path(__file__).parents[2] / "plugins/ems_control/rules/book_words"


def findings(root: Path, code: str) -> list[str]:
    """The findings of a handbook as the golden files write them; of `verify`, for a rule that only it runs.

    Names of commits are left out: they change with every word of the base handbook.
    """
    verifying = find_rule(code).history_only
    base = PROPOSED if (root / ".git/refs/tags" / PROPOSED).exists() else None
    with load(root, AS_OF, working_tree=not (verifying or base), base=base) as handbook:
        found = run(handbook, verifying=verifying)
        told = [(sentences.said(one.fix, language), language) for one in found for language in ("de", "nl")]
        assert [fix for fix, language in told if english_in(fix, language)] == []  # what to do, in every language
        lines = [f"{f.path}:{f.line}:{f.column} {f.rule} {f.severity} {f.message}" for f in found]
    return [re.sub(r"commit [0-9a-f]{10}\b", "commit …", line) for line in lines]


def test_the_book_is_read_as_it_is_loaded() -> None:
    """`ems rules` reads the source, and loads nothing; the rules that run are these."""
    assert [type(page) for page in pages()] == [RulePage] * len(rules())
    for page, rule in zip(pages(), rules(), strict=True):
        assert (page.code, page.name, page.severity, page.title) == (rule.code, rule.name, rule.severity, rule.title)
        assert [page.section(name) for name in SECTIONS] == [rule.section(name) for name in SECTIONS]
    assert set(get_args(Action)) == set(ACTIONS)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
def test_documentation_is_complete(rule: Rule) -> None:
    assert rule.title.endswith(".")
    missing = [name for name in SECTIONS if not rule.section(name)]
    assert not missing


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
def test_examples_do_what_they_say(rule: Rule, tmp_path: Path) -> None:
    found = {line.split()[1] for line in findings(make(tmp_path / "bad", rule.section("Bad")), rule.code)}
    assert found == {rule.code}
    assert findings(make(tmp_path / "good", rule.section("Good")), rule.code) == []


def unlike(root: Path, example: str) -> list[str]:
    """Lines that an example shows of a file, as somebody reads it, and that the file that was made does not have."""
    last = {part.path: part.text.split("\n") for part in read(example) if part.path}
    found = []
    for path, lines in last.items():
        if not (root / path).exists():
            continue
        on_main = "\non main" in example  # it goes on there, but the branch is what is checked out
        data = git(root, "show", f"main:{path}") if on_main else (root / path).read_bytes()
        made = visible(data.decode()).split("\n")
        gone = [key for line in lines if line.startswith("# without: ") for key in line[11:].split(", ")]
        shown = [line for line in lines if line not in ("# …", "…") and not line.startswith("# without: ")]
        found += [f"{path} lacks {line}" for line in shown if line not in made]
        found += [f"{path} has {key}" for key in gone if any(line.startswith(f"{key}:") for line in made)]
    return found


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
@pytest.mark.parametrize("section", EXAMPLES)
def test_an_example_is_read_as_it_is_made(rule: Rule, section: str, tmp_path: Path) -> None:
    example = rule.section(section)
    assert unlike(make(tmp_path, example), example) == []
    text = plain(example)
    assert not re.search(r"^(commit|signed|keys|branch|propose|shallow|on main)\b|^ +[>=+] ", text, re.MULTILINE), text


def test_what_is_read_unlike_what_was_made_is_found(tmp_path: Path) -> None:
    document = "docs/procedures/EMS-PRO-001.md"
    make(tmp_path, f"{document}\n  owner: lead")
    assert unlike(tmp_path, f"{document}\n  owner: manager") == [f"{document} lacks owner: manager"]
    assert unlike(tmp_path, f"{document}\n  title:") == [f"{document} has title"]


def test_an_example_reads_as_a_document() -> None:
    example = """
signed
docs/procedures/EMS-PRO-002.md
  owner:
  revisions:
    - {revision: 1, date: 2026-01-02, author: a.author, change: First issue.}
  > Close it.
commit by b.boss@example.org
approve EMS-PRO-002 by c.deputy at 2026-01-20
commit 2026-02-01
docs/index.md
  + more
"""
    assert plain(example).split("\n") == [
        "Everybody has a key, every type asks for signatures; b.boss has signed the policy and EMS-PRO-001.",
        "docs/procedures/EMS-PRO-002.md",
        "  ---",
        "  id: EMS-PRO-002",
        "  revisions:",
        "    - {revision: 1, date: 2026-01-02, author: a.author, change: First issue.}",
        "  # without: owner",
        "  # …",
        "  ---",
        "  Close it.",
        "Committed on 2026-01-08 by b.boss@example.org.",
        "c.deputy approves EMS-PRO-002, dated 2026-01-20.",
        "Committed on 2026-02-01.",
        "docs/index.md",
        "  # …",
        "  more",
    ]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
def test_every_rule_has_a_golden_folder(rule: Rule) -> None:
    cases = [path.read_text(encoding="utf-8") for path in sorted((GOLDEN / f"{rule.code}-{rule.name}").glob("*.txt"))]
    assert any(case.rstrip().endswith("\nnothing") for case in cases), "no innocent twin"
    assert any(f" {rule.code} " in case for case in cases), "no case with the finding"


def test_golden_folders_are_rules() -> None:
    known = {f"{rule.code}-{rule.name}" for rule in rules()}
    assert {path.name for path in GOLDEN.iterdir() if path.is_dir()} <= known


@pytest.mark.parametrize("case", sorted(GOLDEN.glob("*/*.txt")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_golden(case: Path, tmp_path: Path) -> None:
    example, expected = case.read_text(encoding="utf-8").split("\n=====\n")
    assert expected.strip(), "an empty expectation says nothing"
    found = findings(make(tmp_path, example), case.parent.name.split("-")[0])
    assert found == ([] if expected.strip() == "nothing" else expected.strip().split("\n"))


# What a rule rests on

CITED = re.compile(r"\b(\d+(?:\.\d+)+)(?: \(([^)]+)\))?")
KINDS = (
    r"ISO 14001:2015 and ISO 14001:2026, .+; EMAS A\..+",
    r"Custom, not required (by either edition|since ISO 14001:2015): .+",
    r"EMAS (articles|annex) .+",
    r"Our own rule[.:].*",
)
"""A clause that says so, custom, the law with its article, or our own: a reader must know which."""


def said() -> dict[str, set[str]]:
    """By clause: what it says of documents, by the catalogue's requirements, and the words of its own title."""
    found: dict[str, set[str]] = {}
    for one in facts("document-control")["requirements"]:
        for number in one["clauses"]:
            found.setdefault(number, set()).update(one.get("says", ()))
    for standard in ("iso-14001:2015", "iso-14001:2026"):
        for clause in Catalogue.load().assessable(standard):
            title = clause.title("en").lower().replace("organizational roles, ", "")
            found.setdefault(clause.number, set()).update([title, *title.split(" and ")])
    return found


def unfounded(basis: str) -> list[str]:
    """What a basis cites that no edition has, or says of a clause that the catalogue does not."""
    clauses, _, rest = basis.removeprefix("ISO 14001:2015 and ISO 14001:2026, ").partition("; EMAS ")
    known = said()
    numbers = {number for number, _ in CITED.findall(clauses)}
    found = [f"EMAS A.{number} is not named" for number in numbers if f"A.{number}" not in rest]
    for number, words in CITED.findall(clauses):
        for standard in ("iso-14001:2015", "iso-14001:2026"):
            clause = Catalogue.load().get(standard).clauses.get(number)
            found += [] if clause and clause.assessable else [f"{standard} has no {number}"]
        wanted = [word for part in words.split(", ") for word in part.split(" and ")] if words else []
        whole = {words} & known.get(number, set())
        found += (
            []
            if whole
            else [f"{number} says nothing of {word}" for word in wanted if word not in known.get(number, ())]
        )
        found += [f"{number} is cited for nothing"] if number.startswith("7.5.") and not words else []
    return found


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
def test_a_basis_is_true(rule: Rule) -> None:
    basis = " ".join(rule.section("Basis").split())
    assert any(re.fullmatch(kind, basis) for kind in KINDS), basis
    if basis.startswith("ISO"):
        assert unfounded(basis) == []


@pytest.mark.parametrize(
    ("basis", "wrong"),
    [
        (
            "ISO 14001:2015 and ISO 14001:2026, 7.5.3 (obsolete documents); EMAS A.7.5.3.",
            "7.5.3 says nothing of obsolete",
        ),
        ("ISO 14001:2015 and ISO 14001:2026, 7.5.4 (access); EMAS A.7.5.4.", "iso-14001:2015 has no 7.5.4"),
        ("ISO 14001:2015 and ISO 14001:2026, 7.5.3 (access); EMAS A.7.5.2.", "EMAS A.7.5.3 is not named"),
    ],
)
def test_an_untrue_basis_is_found(basis: str, wrong: str) -> None:
    assert any(one.startswith(wrong) for one in unfounded(basis))


OBSOLETE = {"EMS332", "EMS334", "EMS506", "EMS520", "EMS709"}


def test_nothing_quotes_the_standard_for_obsolete_documents_or_reviews_at_intervals() -> None:
    """Both were asked for by ISO 14001:2004 at most; an auditor finds them because the house says so."""
    for rule in (find_rule(code) for code in (*OBSOLETE, "EMS601")):
        assert rule.section("Basis").startswith("Custom, not required")
    assert not [one.code for one in rules() if "obsolete" in one.section("Basis") and one.code not in OBSOLETE]


# The rule book in other languages

OTHERS = rule_languages()[1:]
SAYS = (TITLE, "Checks", "Basis", "Fix")


def coded(text: str) -> set[str]:
    """What stands between backticks: it is typed, and so the same in every language."""
    return set(re.findall(r"`([^`]+)`", " ".join(text.split())))


def test_the_rule_book_is_in_every_language_of_the_screen() -> None:
    assert set(rule_languages()) == set(languages())


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
def test_a_rule_is_told_in_every_language(rule: Rule, language: str) -> None:
    for section in SAYS:
        english = rule.title if section == TITLE else rule.section(section)
        text = told(rule, section, language)
        assert " ".join(text.split()) != " ".join(english.split()), f"{rule.code} {section} has no words in {language}"
        assert coded(text) == coded(english), f"{rule.code} {section}"
        numbers = [sorted(re.findall(r"\d{2,}", part)) for part in (english, text)]
        assert numbers[0] == numbers[1], f"{rule.code} {section}"
        assert text.rstrip().endswith(".") or not english.rstrip().endswith(".")


@pytest.mark.parametrize("language", OTHERS)
def test_no_words_of_a_rule_that_is_none(language: str) -> None:
    kept = read_facts("book", (BOOK / f"{language}.yml").read_bytes())
    known = {rule.code for rule in rules()}
    bases = {" ".join(rule.section("Basis").split()) for rule in rules()}
    assert set(kept["rules"]) == known
    assert set(kept["bases"]) == bases
    for sentence, text in kept["examples"].items():
        assert sentence != text
        assert set(re.findall(r"\{\d\}|`[^`]+`", sentence)) == set(re.findall(r"\{\d\}|`[^`]+`", text)), sentence


def test_what_has_no_words_stays_english() -> None:
    rule = find_rule("EMS203")
    assert told(rule, TITLE, "fr") == rule.title
    assert told(rule, "Bad", "de") == rule.section("Bad")


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_of_an_example_is_left_in_english(language: str) -> None:
    examples = [rule.section(section) for rule in rules() for section in EXAMPLES]
    both = [pair for one in examples for pair in zip(read(one), read(one, language), strict=True)]
    assert [english.sentence for english, other in both if english.sentence == other.sentence != ""] == []


def test_an_example_is_told_in_a_language() -> None:
    example = "keys\nbranch\nwithdraw EMS-PRO-001 by b.boss as manager\ncommit by b.boss@example.org\npropose"
    assert plain(example, "nl").split("\n") == [
        "Iedereen heeft een sleutel, en elke soort vraagt handtekeningen.",
        "Op een branch:",
        "b.boss trekt EMS-PRO-001 in, in de rol manager.",
        "Gecommit op 2026-01-06 door b.boss@example.org.",
        "De branch moet worden samengevoegd.",
    ]
