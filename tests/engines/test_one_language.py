"""Handbooks in one language that is not English, and in several: no word of another, and a way to the others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import material
import pytest
import yaml
from lxml import html
from spellchecker import SpellChecker
from tests.beginning_walk import BIN, Walk
from tests.beginnings import ANSWERS, BERG, git_says, write_answers
from tests.examples import make
from tests.running import COMMAND
from tests.sites import Site, build, configure, once
from tests.unit.test_sentences import ENGLISH, NO_NAMES

from ems_control.exports.words import Words

WORKS: dict[str, dict[str, str]] = {
    "de": {
        "organisation": "Beispielwerk",
        "emergency": "Notruf 4444, mobil 01632 960400",
        "groups": "{workplaces: {halle: {de: Halle eins}, lager: {}}, people: [belegschaft]}",
        "place": "halle",
        "procedure": "Abfall trennen",
        "instruction": "Abwasser prüfen",
        "form": "Messblatt",
        "draft": "Abfallarten",
    },
    "nl": {
        "organisation": "Voorbeeldbedrijf",
        "emergency": "Noodnummer 4444, mobiel 01632 960400",
        "groups": "{workplaces: {hal: {nl: Hal een}, magazijn: {}}, people: [medewerkers]}",
        "place": "hal",
        "procedure": "Afval scheiden",
        "instruction": "Afvalwater meten",
        "form": "Meetblad",
        "draft": "Afvalsoorten",
    },
}
PAGES = (
    "index.html", "404.html", "documents/", "control/review-board/", "control/changes/", "control/archive/", "for/",
    "procedures/", "instructions/", "forms/", "registers/EMS-", "d/EMS-",
)  # fmt: skip
"""Start, list, board, workplaces and documents, their earlier texts and decisions."""
NAMES = {"ems", "atom", "csv", "xlsx", "json", "stop"}
WORD = re.compile(r"[^\W\d_]{2,}")
ATTRIBUTES = ("title", "aria-label", "placeholder", "alt", "content")


def begun(place: Path, language: str) -> None:
    """A handbook in one language as `ems init` makes it, three documents approved and one begun, and its site."""
    works = WORKS[language]
    standards = ["iso-14001:2026", "iso-14001:2015", "emas", "iso-9001:2015"]
    answers = {**ANSWERS, "languages": [language], "organisation": works["organisation"], "standards": standards}
    walk = Walk(place, COMMAND, {})
    walk.ems("init", "h", "--answers", str(write_answers(place, answers)), at=place)
    policy = walk.root / "ems.yml"
    policy.write_text(f"{policy.read_text()}emergency: {works['emergency']}\ngroups: {works['groups']}\n")
    _commit(walk.root)
    for kind in ("procedure", "instruction", "form"):
        path = _begin(walk, kind, works, language)
        walk.ems("submit", path.stem, "--commit")
        walk.ems("approve", path.stem, "--as", "m.berg", "--yes", "--commit", person=BERG)
    _begin(walk, "register", {**works, "register": works["draft"]}, language)
    _commit(walk.root)
    walk.ems("build")


def _begin(walk: Walk, kind: str, works: dict[str, str], language: str) -> Path:
    written = walk.ems("new", kind, works[kind])
    path = walk.root / written.split(": ")[1].split("\n")[0]
    text = re.sub(r"TODO.*", BIN[language], path.read_text())
    path.write_text(text.replace("status: draft", f"status: draft\ndistribution: [{works['place']}]", 1))
    return path


def _commit(root: Path) -> None:
    git_says(root, "add", "-A")
    git_says(root, "-c", "user.name=O. Klein", "-c", "user.email=o.klein@example.org", "commit", "-qm", "…")


@pytest.fixture(scope="module", params=["de", "nl"])
def spoken(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    language: str = request.param
    place = once(tmp_path_factory, f"only-{language}", lambda new: begun(new, language))
    return language, place / "h/site"


def _texts(tree: Any) -> Iterator[str]:
    """What a reader sees or is read aloud, without what stands as code: names of files, commands."""
    for gone in tree.xpath("//script|//style|//svg|//code|//pre|//meta[not(starts-with(@name, 'ems:search'))]"):
        gone.drop_tree()
    yield tree.text_content()
    for name in ATTRIBUTES:
        yield from tree.xpath(f"//@{name}")
    for words in tree.xpath("//@data-words"):
        yield " ".join(json.loads(words).values())
    yield from tree.xpath("//@data-forms|//@data-empty|//@data-ems-printed")


def _words(text: str) -> set[str]:
    return {word.casefold() for word in WORD.findall(re.sub(r"\S*[/@]\S*|\bEMS-\S+|\{\w+\}", " ", text))}


@cache
def own_words(language: str) -> set[str]:
    """The words with which the interface and the theme speak a language, and its months."""
    catalogue = yaml.safe_load((resources.files("ems_control.exports") / "words.yml").read_text(encoding="utf-8"))
    entries = [entry[language] for entry in catalogue.values()]
    said = [" ".join(each.values()) if isinstance(each, dict) else each for each in entries]
    theme = (Path(material.__file__).parent / f"templates/partials/languages/{language}.html").read_text("utf-8")
    said += re.findall(r'": "([^"]*)"', theme)
    said += [Words(language).month(2026, month) for month in range(1, 13)]
    return _words(" ".join(said))


@cache
def _frequencies(language: str) -> Any:
    return SpellChecker(language=language, distance=1).word_frequency.dictionary


def english_in(texts: Iterator[str], language: str) -> set[str]:
    """The words that are English and not of the language: English uses them more, or the English catalogue alone."""
    english, theirs = _frequencies("en"), _frequencies(language)
    said = set[str]().union(*map(_words, texts)) - own_words(language) - NAMES
    ours = own_words("en")
    return {w for w in said if english.get(w, 0) > theirs.get(w, 0) or (w in ours and w not in theirs)}


def pages_of(site: Path) -> dict[str, Any]:
    found = {path.relative_to(site).as_posix(): path for path in sorted(site.rglob("*.html"))}
    return {
        name: html.fromstring(path.read_bytes())
        for name, path in found.items()
        if name.startswith(PAGES) and "r1/decision" not in name
    }


def test_a_handbook_in_one_language_has_no_english_word_on_start_list_board_workplace_and_document_pages(
    spoken: tuple[str, Path],
) -> None:
    language, site = spoken
    pages = pages_of(site)
    assert len(pages) > 18
    told = _words(" ".join([*WORKS[language].values(), BIN[language], "M. Berg, O. Klein"]))
    found = {name: english_in(_texts(page), language) - told for name, page in pages.items()}
    assert {name: words for name, words in found.items() if words} == {}
    assert {page.get("lang") for page in pages.values()} == {language}
    assert english_in(iter(["Search, contents, and the documents in force"]), language) >= {"search", "the", "force"}


LABELS = {
    "Enforce this rule for repository admins",
    "Block merge override by administrators",
    "Allowed to push and merge",
}
"""What a forge writes beside its settings, as its page shows it."""
TYPED = re.compile(rf"{'|'.join(LABELS)}|\S*[\w)][-./_:@][\w(]\S*|\"[^\"]*\"|[“„][^”“]*[”“]")


def test_no_page_of_such_a_handbook_has_an_english_sentence(spoken: tuple[str, Path]) -> None:
    language, site = spoken
    found = set()
    for path in site.rglob("*.html"):
        for text in _texts(html.fromstring(path.read_bytes())):
            small = set(ENGLISH.findall(TYPED.sub(" ", " ".join(text.split())))) - NO_NAMES[language]
            found |= {(path.relative_to(site).as_posix(), word) for word in small}
    assert found == set()
    assert ENGLISH.findall(TYPED.sub(" ", 'nothing of `ems check`, EMS-PRO-001.md or "the" is in force')) == [
        "nothing",
        "is",
    ]
    assert len(list((site / "standards").rglob("*.html"))) > 150
    assert len(list((site / "help").rglob("*.html"))) > 20


def test_groups_and_emergency_line_have_their_names_and_numbers_can_be_called(spoken: tuple[str, Path]) -> None:
    language, site = spoken
    place = WORKS[language]["place"]
    page = html.fromstring((site / f"for/{place}/index.html").read_bytes())
    assert page.xpath("//h1")[0].text_content().strip() in ("Halle eins", "Hal een")
    line = page.xpath("//*[contains(@class, 'ems-emergency')]")[0]
    assert line.text_content() == WORKS[language]["emergency"]
    assert line.xpath(".//@href") == ["tel:4444", "tel:01632960400"]


# --- several languages ----------------------------------------------------------------------------------------


SEVERAL = """\
ems.yml
  languages: [en, nl]
  emergency: {en: 'Emergency: 4444', nl: 'Noodgeval: 4444'}
  groups: {workplaces: {yard: {en: Yard, nl: Erf}}, people: [all-staff]}
docs/procedures/EMS-PRO-001.md
  distribution: [yard]
docs/procedures/EMS-PRO-001.nl.md
  id: EMS-PRO-001.nl
  title: Putten
  language: nl
  translates: EMS-PRO-001/1
  distribution: [yard]
"""


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Site:
    def made(place: Path) -> None:
        build(configure(make(place / "hb", SEVERAL)))

    return Site(once(tmp_path_factory, "several", made) / "hb-site")


@pytest.mark.parametrize(
    "path", ["", "documents/", "documents/by-process/", "control/review-board/", "for/", "for/yard/"]
)
def test_start_list_and_board_are_there_in_each_language_with_a_switch(several: Site, path: str) -> None:
    here = several.page(path)
    there = several.page(f"in/nl/{path}")
    assert '<html lang="en"' in here.source
    assert '<html lang="nl"' in there.source
    assert ">Nederlands</a>" in here.source
    assert ">English</a>" in there.source
    assert "Noodgeval: " in there.source
    assert "Emergency: " not in there.source
    assert "Zoeken" in there.source  # the words of the theme
    assert "Documenten" in there.source  # its tabs


def test_a_workplace_page_shows_a_translation_before_its_source(several: Site) -> None:
    source = several.page("in/nl/for/yard/").source
    assert "Erf" in source
    assert source.index("Putten") < source.index(">English</a>", source.index("Putten"))


def test_nothing_leads_nowhere(several: Site) -> None:
    assert several.dead() == []


def test_other_languages_are_not_found_twice_by_search(several: Site) -> None:
    index = (several.root / "search/search_index.json").read_text(encoding="utf-8")
    assert '"in/nl/' not in index
