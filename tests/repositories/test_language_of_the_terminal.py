"""The command line in the reader's language: asked for, or that of the terminal. Programs read English."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.running import ems

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
    assert "Ein Wert des Front Matters hält nur einen Platz frei." in told


def test_a_finding_says_first_what_its_rule_says(handbook: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    root = handbook("docs/procedures/EMS-PRO-001.md\n  type: form")
    english = ems(root, "check").out
    assert "error   docs/procedures/EMS-PRO-001.md:4: EMS110 " in english
    assert english.endswith("`ems explain RULE` tells what a rule looks for and how to put it right.\n")
    monkeypatch.setenv("LANG", "nl_NL.UTF-8")
    dutch = ems(root, "check")
    assert dutch.status == 1
    assert "fout         docs/procedures/EMS-PRO-001.md:4: EMS110 De soort past niet bij het voorvoegsel" in dutch.out
    assert "Gecontroleerde documenten, per 2026-03-01: 1. Fouten: 1, waarschuwingen: 0." in dutch.out
    assert ems(root, "check", "--format", "json").json["summary"] == {"documents": 1, "errors": 1, "warnings": 0}
