"""One fact, one value, everywhere: limits, telephone numbers and figures of the indicators in every text of docs/."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from tests.handbook.reading import Text, document, everything, rows

FACTS = yaml.safe_load(Path(__file__).with_name("facts.yml").read_text(encoding="utf-8"))
SOURCES = ("limits", "limits-2030", "indicators", "indicators-r1", "emergency-contacts")
NUMBER = r"(?<![\d.,-])\d{1,3}(?:,\d{3})+(?!\d)|(?<![\d.,-])\d+(?:\.\d+)?(?!\.?\d)"
PHONE = r"(?<!\d)0\d{4} \d{6}(?!\d)|(?<![\d.,/-])\d{3,4}(?!\d)"
YEARS = (2023, 2024, 2025)


class Found(NamedTuple):
    """A figure as it is written: where, which fact, which number."""

    start: int
    end: int
    fact: str
    written: str


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


@cache
def values() -> dict[str, str]:
    """The one value of every fact, out of the table that holds it."""
    found = {name: str(value) for name, value in FACTS["values"].items()}
    for table, suffix in (("limits", ""), ("limits-2030", " 2030")):
        for row in rows(table):
            name = row["parameter"]
            found |= {f"{name} {column}{suffix}": row[column] for column in ("limit", "alarm", "action")}
            low, _, high = row["limit"].partition("-")
            if high:
                found |= {f"{name} low{suffix}": low, f"{name} high{suffix}": high}
    for row in rows("indicators"):
        found[f"{row['indicator']} {row['year']}"] = row["A"]
        found[f"{row['indicator']} R {row['year']}"] = row["R"]
        found[f"coated surface {row['year']}"] = row["B"]
    for name in {row["indicator"] for row in rows("indicators")}:
        before, after = (number(found[f"{name} R {year}"]) for year in (2024, 2025))
        found[f"{name} fall"] = str(round((before - after) / before * 100)) if before else "0"
    found |= {f"coated parts {row['year']}": row["B"] for row in rows("indicators-r1")}
    for row in rows("emergency-contacts"):
        found[row["id"]], _, found[f"{row['id']} outside"] = row["phone"].partition(", outside ")
    return found | dict(waste(found))


def waste(known: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Tonnes of the large streams and of the rest, and each for 1,000 m2."""
    large = {
        "W-01": "filter cake",
        "W-02": "spent pickling acid",
        "W-03": "spent alkalis and concentrates",
        "W-08": "scrap steel",
    }
    for year in YEARS:
        tonnes = dict.fromkeys((*large.values(), "other hazardous", "other non-hazardous"), Decimal(0))
        for row in rows("waste-streams"):
            other = "other hazardous" if row["hazardous"] == "yes" else "other non-hazardous"
            tonnes[large.get(row["id"], other)] += number(row[f"tonnes_{year}"])
        for name, amount in tonnes.items():
            yield f"{name} {year}", str(amount)
            yield f"{name} R {year}", three_digits(amount / number(known[f"coated surface {year}"]))


def three_digits(ratio: Decimal) -> str:
    """A ratio with three digits that count, as the tables write it."""
    if not ratio:
        return "0"
    return str(ratio.quantize(Decimal(1).scaleb(ratio.adjusted() - 2), ROUND_HALF_UP))


def meanings(sentence: str) -> list[str]:
    """A sentence with each <group> replaced by every word of it, and by what the word means within braces."""
    name = next(iter(re.findall(r"<(\w+)>", sentence)), None)
    if name is None:
        return [sentence]
    pairs = [
        (word, m) for word, mean in FACTS["words"][name].items() for m in ([mean] if isinstance(mean, str) else mean)
    ]
    inner = re.compile(rf"(\{{[^{{}}]*)<{name}>")
    return [inner.sub(rf"\g<1>{m}", sentence).replace(f"<{name}>", w) for w, m in pairs]


@cache
def compiled(sentence: str, kind: str = NUMBER) -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    """The patterns of a sentence, each with the facts of its groups."""
    found = []
    for written in meanings(sentence):
        facts = tuple(re.findall(r"\{(\D[^{}]*)\}", written))
        parts = re.split(r"\{\D[^{}]*\}", written)
        text = f"({kind})".join(re.sub(r" (?![{?*+)])", r"\\s+", part) for part in parts)
        found.append((re.compile(rf"(?<![\w-]){text}", re.IGNORECASE), facts))
    return tuple(found)


class Sentence(NamedTuple):
    """How facts of a kind are written, in the one document `only` or anywhere."""

    kind: str
    words: str
    only: str = ""


@cache
def sentences() -> tuple[Sentence, ...]:
    """The list of facts.yml."""
    found = [(kind, entry) for kind, entries in FACTS["written"].items() for entry in entries]
    return tuple(
        Sentence(kind, entry) if isinstance(entry, str) else Sentence(kind, *reversed(*entry.items()))
        for kind, entry in found
    )


@cache
def written(text: Text, sentence: Sentence) -> tuple[Found, ...]:
    """The figures of a sentence in a text."""
    kind, words, only = sentence
    if only and text.name != only:
        return ()
    return tuple(
        Found(*match.span(group), fact, match[group])
        for pattern, facts in compiled(words, PHONE if kind == "telephones" else NUMBER)
        for match in pattern.finditer(text.body)
        for group, fact in enumerate(facts, 1)
        if match[group] is not None
    )


def same(kind: str, fact: str, written: str) -> bool:
    expected = values()[fact]
    return written == expected if kind == "telephones" else number(written) == number(expected)


def wrong(texts: Iterable[Text]) -> list[str]:
    """Every figure that differs from its fact. A sentence with several meanings is wrong where none is right."""
    found = []
    for text, sentence in product(texts, sentences()):
        by_place: dict[tuple[int, int], list[Found]] = {}
        for figure in written(text, sentence):
            by_place.setdefault((figure.start, figure.end), []).append(figure)
        for readings in by_place.values():
            if not any(same(sentence.kind, reading.fact, reading.written) for reading in readings):
                first = readings[0]
                where = f"{text.path}:{text.line(first.start)}"
                found.append(f"{where}: {first.fact} is {values()[first.fact]}, not {first.written}")
    return found


def unknown(texts: Iterable[Text]) -> list[str]:
    """Every figure of the kinds of `figures` that belongs to no known sentence."""
    found = []
    for text in texts:
        known = {(f.start, f.end) for sentence in sentences() for f in written(text, sentence)}
        for words in FACTS["figures"]:
            for figure in written(text, Sentence("figures", words)):
                if (figure.start, figure.end) not in known:
                    around = text.body[max(0, figure.start - 40) : figure.end + 20].replace("\n", " ")
                    found.append(f"{text.path}:{text.line(figure.start)}: {around}")
    return found


def strange_numbers(texts: Iterable[Text]) -> list[str]:
    """Every number that is called, or looks like one of ours, and is in no directory."""
    known = {value for name, value in values().items() if value and (name.startswith("EC-") or name in EXTENSIONS)}
    asked = re.compile(
        r"(?<![\d.,/-])(44\d\d|0\d{4} \d{6})(?!\.?\d)(?! MWh)"
        r"|(?i:\bcalls?|\bbel|\bdial|\btelephone|\bextension|\bring|\btell|\brufen|\bnumber)\s+(\d[\d ]{1,11}\d)\b"
    )
    return [
        f"{text.path}:{text.line(match.start())}: {match[0]}"
        for text in texts
        for match in asked.finditer(text.body)
        if (match[1] or match[2]) not in known
    ]


EXTENSIONS = ("plating line lead", "effluent plant", "chemical store", "maintenance")


@cache
def texts() -> tuple[Text, ...]:
    """Every text but the tables that hold the facts."""
    return tuple(text for text in everything() if text.name not in SOURCES)


def planted(words: str) -> list[Text]:
    return [document("docs/planted.md", words)]


def test_every_figure_agrees_with_its_table() -> None:
    assert not (found := wrong(texts())), "\n".join(found)


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        ("It is nickel not above 0.6 mg/l in the sample", "nickel limit is 0.5, not 0.6"),
        ("| zinc | 2.1 mg/l | 1.3 mg/l |", "zinc limit is 2.0, not 2.1"),
        ("At pH 9.5 it\nshuts by itself", "pH action is 9.4, not 9.5"),
        (
            "| water drawn, m3 | 22,100 | 20,700 | 19,500 | 16.9 | 15.2 | 13.7 |",
            "water drawn 2025 is 19400, not 19,500",
        ),
        ("| total use | 18,400 | 18,400 | 18,400 | 14.0 | 13.5 | 12.0 |", "R 2025 is 7.03, not 12.0"),
        ("the effluent plant lead (4471)", "EC-05 is 4416, not 4471"),
        ("| Basin, 250 m3 |", "basin m3 is 280, not 250"),
    ],
)
def test_a_wrong_figure_is_found(words: str, fact: str) -> None:
    assert any(fact in line for line in wrong(planted(words)))


def test_every_sentence_of_the_list_is_written_somewhere() -> None:
    unused = [s.words for s in sentences() if not any(written(text, s) for text in texts())]
    assert not unused, "\n".join(unused)


def test_every_limit_telephone_and_indicator_is_compared_somewhere() -> None:
    compared = {f.fact for s in sentences() for text in texts() for f in written(text, s)}
    limits = {f"{row['parameter']} limit" for row in rows("limits")} | {f"{r['parameter']} limit 2030" for r in MOVED}
    figures = {f"{row['indicator']} {row['year']}" for row in rows("indicators") if row["A"] != "0"}  # 0 is drawn only
    assert (limits - {"pH limit"}) | {"pH low", "pH high"} | figures <= compared


MOVED = [now for now, row in zip(rows("limits-2030"), rows("limits"), strict=False) if now["limit"] != row["limit"]]


def test_no_figure_stands_in_a_sentence_that_nobody_compares() -> None:
    assert not (found := unknown(texts())), "\n".join(found)
    assert len(unknown(planted("Copper may reach 0.7 mg/l, nickel 0.9, and 95 m3 a day."))) == 3


def test_every_telephone_number_is_in_the_directory() -> None:
    assert not (found := strange_numbers(texts())), "\n".join(found)
    assert len(strange_numbers(planted("Call 4418, else 01632 960999; call 117."))) == 3


def test_the_page_head_says_the_emergency_numbers_of_the_contacts() -> None:
    line = yaml.safe_load((Path(__file__).parents[2] / "ems.yml").read_text(encoding="utf-8"))["emergency"]
    numbers = (values()[name] for name in ("EC-01", "EC-15 outside", "EC-02"))
    assert line == "Emergency: {}, from a mobile {}. Fire, gas, injury: then {}. Close V-12.".format(*numbers)


def ratios(table: Iterable[dict[str, Any]]) -> list[str]:
    """Rows of an indicator table whose R is not A divided by B."""
    return [
        f"{row['indicator']} {row['year']}: {row['R']}"
        for row in table
        if three_digits(number(row["A"]) / number(row["B"])) != row["R"]
    ]


@pytest.mark.parametrize("name", ["indicators", "indicators-r1"])
def test_every_ratio_is_a_divided_by_b(name: str) -> None:
    assert ratios(rows(name)) == []
    assert ratios([{**rows(name)[0], "A": "11000"}])


def test_the_earlier_table_of_indicators_has_the_same_figures() -> None:
    assert {row["A"] == values()[f"{row['indicator']} {row['year']}"] for row in rows("indicators-r1")} == {True}


def test_objectives_start_from_figures_of_the_indicators_and_progress_is_computed_from_them() -> None:
    for row in (*rows("objectives"), *rows("programme")):
        start = number(row["baseline"])
        name = row["indicator"].partition(",")[0]
        reached = values().get(f"{name} 2025") or values()[name]
        assert start == number(values().get(f"{name} {row['baseline_year']}") or reached), row["id"]
        way = (start - number(reached)) / (start - number(row["target"])) * 100
        assert way.quantize(Decimal(1), ROUND_HALF_UP) == number(row["progress"]), row["id"]


def test_waste_streams_add_up_to_the_indicators() -> None:
    for year in YEARS:
        streams = [(row["hazardous"], number(row[f"tonnes_{year}"])) for row in rows("waste-streams")]
        assert sum(tonnes for _, tonnes in streams) == number(values()[f"total waste {year}"])
        hazardous = sum(tonnes for kind, tonnes in streams if kind == "yes")
        assert hazardous == number(values()[f"hazardous waste {year}"])


def test_every_alarm_comes_before_its_action_and_every_action_before_its_limit() -> None:
    for row in (*rows("limits"), *rows("limits-2030")):
        steps = [number(step) for step in (row["alarm"], row["action"], row["limit"].split("-")[-1])]
        assert steps == sorted(set(steps)), row["id"]
