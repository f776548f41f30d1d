"""What commands write into a handbook and beside it is in its language: comments, the page of a run, tables, lists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ems_control.cli.main import COMMANDS
from tests.beginnings import ANSWERS, begin
from tests.examples import make
from tests.repositories.test_ci_files import FILES
from tests.running import ems
from tests.unit.test_sentences import english_in

LANGUAGES = ("de", "nl")
COMMENT = re.compile(r"(?m)^ *# (?=\S)(.*)$|(?<=\S )# ([a-z][^\n]* [^\n]*)$")


def comments(text: str, known_by_its_first_line: bool = True) -> str:
    """What a file says to people, but for the line by which a later version knows it."""
    lines = text.split("\n", 1)[-1] if known_by_its_first_line else text
    return " ".join(one or other for one, other in COMMENT.findall(lines))


def handbook(place: Path, language: str, more: str = "") -> Path:
    return make(place / "works", f"ems.yml\n  languages: [{language}]\n{more}")


@pytest.mark.parametrize("forge", FILES)
def test_workflows_and_units_explain_themselves_in_the_language_of_the_handbook(tmp_path: Path, forge: str) -> None:
    found = {}
    for language in ("en", *LANGUAGES):
        root = handbook(tmp_path / language, language)
        assert ems(root, "ci", forge, day=None).status == 0
        files = [(root / path).read_text(encoding="utf-8") for path in FILES[forge]]
        found[language] = " ".join(map(comments, files))
        assert "@BRANCH@" not in found[language]
        assert [line for text in files for line in text.split("\n") if line.startswith("#") and len(line) > 250] == []
        assert ems(root, "ci", forge, day=None).out.count("As it should be: ") == len(FILES[forge])
    assert len(english_in(found["en"], "de")) > 3
    assert {language: english_in(found[language], language) for language in LANGUAGES} == {"de": set(), "nl": set()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_handbook_says_in_its_language_what_its_files_are(tmp_path: Path, language: str) -> None:
    begun = begin(tmp_path, {**ANSWERS, "languages": [language]})
    assert begun.status == 0, begun.err
    said = {
        name: comments((tmp_path / "h" / name).read_text(encoding="utf-8"), name == "requirements.txt")
        for name in ("ems.yml", "people.yml", "mkdocs.yml", ".gitattributes", "requirements.txt")
    }
    assert all(said[name] for name in said if name != "requirements.txt")
    assert {name: found for name, text in said.items() if (found := english_in(text, language))} == {}


BROKEN = """\
docs/procedures/EMS-PRO-001.md
  owner: nobody-knows
  review_by: 2020-01-01
"""


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", ("must be put right", "What to do:", "1 document checked")),
        ("de", ("muss berichtigt werden", "Was zu tun ist:", "1 Dokument geprüft")),
        ("nl", ("moet worden verbeterd", "Wat te doen is:", "1 document gecontroleerd")),
    ],
)
def test_the_page_of_a_run_is_in_the_language_of_the_handbook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, says: tuple[str, ...]
) -> None:
    page = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    done = ems(handbook(tmp_path, language, BROKEN), "check", "--format", "github")
    assert done.status == 1
    assert "is no role of people.yml" in done.out  # annotations are for programs
    text = page.read_text(encoding="utf-8")
    assert [one for one in says if one not in text] == []
    assert language == "en" or english_in(re.sub(r"###.*", "", text), language) == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("forge", ["github", "gitlab", "gitea", "forgejo"])
def test_what_protects_a_handbook_is_told_in_the_language_of_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forge: str, language: str
) -> None:
    assert "forge" in COMMANDS
    root = handbook(tmp_path, "en")
    asked = ("forge", "setup", forge, "--repository", "works/handbook")
    english = ems(root, *asked, day=None).out
    monkeypatch.setenv("LC_ALL", f"{language}_XX.UTF-8")
    told = ems(root, *asked, day=None).out
    for text, wrong in ((english, True), (told, False)):
        words = " ".join(line for line in text.split("\n") if line and not line.startswith((" ", "{", "}", "[")))
        assert bool(english_in(re.sub(r"\{.*?\}\s*|/\S+", " ", words), language)) is wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_self_assessment_and_the_matrix_are_told_in_the_language_of_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    root = handbook(tmp_path, "en", "  standards: [iso-14001:2026, emas]\n")
    monkeypatch.setenv("LC_ALL", f"{language}_XX.UTF-8")
    own = ems(root, "matrix", "--standard", "document-control").out
    assert english_in(own, language) == set()
    table = ems(root, "matrix", "--standard", "iso-14001:2026").out
    assert english_in(table, language) == set()
    machine = ems(root, "matrix", "--standard", "document-control", "--format", "json").json["clauses"]
    assert machine[0]["title"].startswith("Know which documents")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_of_owners_says_what_it_is(tmp_path: Path, language: str) -> None:
    done = ems(handbook(tmp_path, language), "codeowners", day=None)
    assert (done.status, english_in(comments(done.out, False), language)) == (0, set()), done.err
    assert "ems codeowners" in done.out


def test_answers_are_asked_for_in_the_language_of_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "ems.yml\n  standards: [iso-14001:2015, iso-14001:2026]\n"
    text += "docs/procedures/EMS-PRO-001.md\n  clauses: [iso-14001:2015/6.1.1]\n"
    root = make(tmp_path / "works", text)
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    asked = ems(root, "migrate", "--from", "iso-14001:2015", "--to", "iso-14001:2026", day=None)
    assert asked.out.startswith("# Antworten für: ems migrate --from iso-14001:2015"), asked.err
    assert english_in(comments(asked.out, False), "de") == set()
    file = tmp_path / "answers.yml"
    file.write_text(asked.out, encoding="utf-8")
    line = ("migrate", "--from", "iso-14001:2015", "--to", "iso-14001:2026", "--answers", str(file))
    assert ems(root, *line, day=None).status == 0
