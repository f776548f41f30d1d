"""The command line in the reader's language: asked for, or that of the terminal. Programs read English."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ems_control.cli.main import COMMANDS
from tests.running import ems
from tests.unit.test_sentences import english_in

Build = Callable[..., Path]

LOCALES = ("LC_ALL", "LC_MESSAGES", "LANG")


@pytest.fixture(autouse=True)
def no_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LOCALES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("env", "option", "title"),
    [
        ({}, [], "The type does not agree with the prefix of the id."),
        ({"LANG": "C.UTF-8"}, [], "The type does not agree with the prefix of the id."),
        ({"LANG": "fr_FR.UTF-8"}, [], "The type does not agree with the prefix of the id."),
        ({"LANG": "de_AT.UTF-8"}, [], "Die Art passt nicht zum Präfix der Nummer."),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "nl_BE"}, [], "De soort past niet bij het voorvoegsel van het nummer."),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "C"}, [], "The type does not agree with the prefix of the id."),
        ({"LANG": "de_DE.UTF-8"}, ["--language", "nl"], "De soort past niet bij het voorvoegsel van het nummer."),
        ({"LANG": "de_DE.UTF-8"}, ["--language", "en"], "The type does not agree with the prefix of the id."),
    ],
)
def test_a_rule_is_explained_in_the_language_of_the_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, env: dict[str, str], option: list[str], title: str
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    told = ems(tmp_path, "explain", "EMS110", *option, day=None)
    assert (told.status, told.out.split("\n")[1]) == (0, title)


def test_what_programs_read_is_english_unless_they_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    assert ems(tmp_path, "explain", "EMS110", "--format", "json", day=None).json["title"].startswith("The type")
    asked = ems(tmp_path, "rules", "--format", "json", "--language", "nl", day=None).json["rules"]
    assert {one["rule"]: one["title"] for one in asked}["EMS110"].startswith("De soort past niet")


def test_an_unknown_language_is_a_mistake_of_use(tmp_path: Path) -> None:
    asked = ems(tmp_path, "explain", "EMS110", "--language", "xx", day=None)
    assert (asked.status, "'xx' is not one of 'en', 'de', 'nl'" in asked.err) == (2, True)


def test_the_list_of_rules_says_what_each_finds(tmp_path: Path) -> None:
    told = ems(tmp_path, "rules", "--language", "de", day=None).out
    assert "8. Vorgaben und Personen" in told
    assert "Ein Wert des Front Matters ist nur ein Platzhalter." in told


def test_findings_are_told_in_the_language_of_the_reader(handbook: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    root = handbook("docs/procedures/EMS-PRO-001.md\n  type: form")
    english = ems(root, "check").out
    assert "error   docs/procedures/EMS-PRO-001.md:4: EMS110 type is " in english
    assert english.endswith("`ems explain RULE` tells what a rule looks for and how to put it right.\n")
    monkeypatch.setenv("LANG", "nl_NL.UTF-8")
    dutch = ems(root, "check")
    assert dutch.status == 1
    assert "EMS110 type is “form”, maar nummers die met EMS-PRO beginnen zijn van soort procedure. Schrijf" in dutch.out
    assert "Gecontroleerde documenten, per 2026-03-01: 1. Fouten: 1, waarschuwingen: 0." in dutch.out
    found = ems(root, "check", "--format", "json").json
    assert found["summary"] == {"documents": 1, "errors": 1, "warnings": 0}
    assert found["findings"][0]["message"].startswith("type is ")  # programs read English, unless they ask
    asked = ems(root, "check", "--format", "json", "--language", "de").json["findings"][0]
    assert (asked["rule"], asked["fix"]) == ("EMS110", "Schreiben Sie type: procedure.")


HELP = {
    "de": ("Aufruf: ", "Optionen:", "Diese Hilfe zeigen und enden.", "[Vorgabe: text]"),
    "nl": ("Gebruik: ", "Opties:", "Toon deze hulp en stop.", "[standaard: text]"),
}


@pytest.mark.parametrize("language", HELP)
def test_help_is_in_the_language_of_the_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    told = ems(tmp_path, "verify", "--help", day=None).out
    assert told.startswith("Usage: ")
    assert "Show this message and exit." in told
    monkeypatch.setenv("LANG", f"{language}_XX.UTF-8")
    helped = ems(tmp_path, "verify", "--help", day=None).out
    assert all(words in helped for words in HELP[language])
    assert not {"Verify", "Offline", "Read the", "Shape of"} & set(helped.split())


@pytest.mark.parametrize("language", HELP)
def test_every_command_helps_without_a_word_of_english(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("LANG", language)
    for name in ("--help", *(f"{name} --help" for name in COMMANDS), "forge setup --help", "recovery-key new --help"):
        helped = ems(tmp_path, *name.split(), day=None).out
        assert english_in(re.sub(r"[A-Z_]{4,}.*", "", helped), language) == set(), name


def test_mistakes_and_errors_are_told_in_the_language_of_the_reader(
    handbook: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = handbook("docs/procedures/EMS-PRO-001.md")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    assert ems(root, "show", "EMS-PRO-999").err.startswith("ems: es gibt kein Dokument „EMS-PRO-999“.")
    used = ems(root, "check", "--frob", day=None)
    assert (used.status, "Die Option '--frob' gibt es nicht." in used.err) == (2, True)
    asked = ems(root, "check", "--language", "nl", "no/such/file.md")
    assert (asked.status, asked.err) == (2, "ems: no/such/file.md bestaat niet.\n")


def test_verify_and_the_writing_commands_speak_too(handbook: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    root = handbook("signed\ndocs/procedures/EMS-PRO-001.md")
    told = ems(root, "verify", "--language", "de").out
    assert "Vertrauensanker: sha256:" in told
    assert told.endswith(" ungültige Nachweise\n")
    monkeypatch.setenv("LANG", "nl_NL.UTF-8")
    begun = ems(root, "new", "procedure", "Waste", "--author", "a.author", day=None).out
    assert "Verder: schrijf de tekst, dan ems" in begun


def test_what_others_wrote_stays_as_it_is(handbook: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """A title that reads like a sentence of ours is no sentence of ours."""
    root = handbook("docs/procedures/EMS-PRO-001.md\n  title: nothing wrong\n  owner: nobody")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    told = ems(root, "check").out
    assert "EMS-PRO-001 nothing wrong\n" in told
    assert "owner „nobody“ ist keine Rolle in people.yml" in told


@pytest.mark.parametrize("language", HELP)
def test_the_keys_of_files_are_explained_in_the_language_of_the_reader(tmp_path: Path, language: str) -> None:
    for name in ("ems.yml", "people.yml", "front-matter", "record", "pull-request"):
        told = ems(tmp_path, "explain", name, "--language", language, day=None).out
        assert english_in(re.sub(r"(?m)^  \w+|^\w+:", "", told), language) == set(), name
    assert "The address under which" in ems(tmp_path, "explain", "answers", day=None).out
