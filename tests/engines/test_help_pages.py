"""The help that comes with the program: on every site, in its languages, with links that lead somewhere."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.examples import AS_OF

from ems_control.exports.sentences import sentences
from ems_control.handbook.help_pages import ORDER, help_pages
from ems_control.handbook.loading import load
from ems_control.site.publication import Publication, publish

Make = Callable[..., Path]
LANGUAGES = ("en", "de", "nl")
TYPED = re.compile(r"(?<![\w-])(?:ems [a-z-]+|--[a-z][a-z-]+|--action|EMS\d{3})")


def site(root: Path) -> Publication:
    with load(root, AS_OF) as handbook:
        return publish(handbook, datetime(2026, 3, 1, 6, tzinfo=UTC))


def test_every_language_has_every_page_and_tells_to_type_the_same() -> None:
    found = {(one.language, one.name): one for one in help_pages(LANGUAGES).values()}
    assert set(found) >= {(language, name) for language in LANGUAGES for name in ORDER}
    for name in ORDER:
        typed = [set(TYPED.findall(found[language, name].text)) for language in LANGUAGES]
        assert typed[0] == typed[1] == typed[2], name
        assert len({found[language, name].text.count("\n## ") for language in LANGUAGES}) == 1, name
        assert len({found[language, name].text.count("\n| ") for language in LANGUAGES}) == 1, name


@pytest.mark.parametrize(("language", "head"), [("en", "It says"), ("de", "Dort steht"), ("nl", "Er staat")])
def test_refusals_are_quoted_as_the_program_says_them(language: str, head: str) -> None:
    page = next(one for one in help_pages([language]).values() if one.name == "approving")
    table = page.text.split(f"| {head} |")[1].split("\n\n")[0].splitlines()[2:]
    quoted = [piece for row in table for piece in re.split(r"\W*…\W*|signed\W+", row.split("|")[1].strip())]
    known = sentences("de" if language == "en" else language)
    said = "\n".join(one.english if language == "en" else one.other for one in known)
    assert len(table) == 9
    assert [piece for piece in quoted if len(piece) > 3 and piece not in said] == []


@pytest.mark.parametrize("languages", ["[en]", "[de]", "[nl, de, en]", "[fr]"])
def test_each_page_leads_to_pages_that_are_there(handbook: Make, languages: str) -> None:
    found = site(handbook(f"ems.yml\n  languages: {languages}\ncommit"))
    pages = [page for path, page in found.pages.items() if re.match(r"help/(?!rules/)", path)]
    assert len(pages) == len(ORDER) * len(languages.split(","))
    for page in pages:
        assert "{{" not in page.body
        without = re.sub(r"`[^`]*`|^    .*$", "", page.body, flags=re.MULTILINE)
        for target in re.findall(r"\]\(([^)#]+\.md)", without):
            full = posixpath.normpath(posixpath.join(posixpath.dirname(page.path), target))
            assert full in found.pages, (page.path, target)


def test_the_first_language_has_the_plain_addresses_and_others_a_part_of_their_own(handbook: Make) -> None:
    found = site(handbook("ems.yml\n  languages: [de, nl]\ncommit"))
    assert found.pages["help/approving.md"].title == "Freigeben"
    assert found.pages["help/nl/approving.md"].title == "Goedkeuren"
    assert "[Nederlands](nl/approving.md)" in found.pages["help/approving.md"].body
    assert "](../control/review-board.md)" in found.pages["help/approving.md"].body
    assert "](../../control/review-board.md)" in found.pages["help/nl/approving.md"].body
    assert found.pages["help/nl/approving.md"].ems["language"] == "nl"
    listed = next(tab["Hilfe"] for tab in found.nav if "Hilfe" in tab)
    assert listed[0] == "help/index.md"
    assert listed[1] == {"Lesen": "help/reading.md"}
    assert listed[-2]["Hulp"][:2] == ["help/nl/index.md", {"Lezen": "help/nl/reading.md"}]


def test_a_page_of_the_handbook_takes_the_place_of_the_programs(handbook: Make) -> None:
    own = "docs/help/reading.md\n  = # Our own\ndocs/help.md\n  = # Ours\n"
    root = handbook(f'ems.yml\n  uncontrolled: [index.md, help.md, "help/**"]\n{own}commit')
    found = site(root)
    assert found.pages["help/reading.md"].title == "Our own"
    assert "help/index.md" not in found.pages  # help.md has that address
    assert found.pages["help/writing.md"].title == "Writing"
