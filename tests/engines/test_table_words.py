"""Data tables on the pages: titles of roles and groups for keys, days in words, heads without underscores."""

from __future__ import annotations

from html import unescape
from pathlib import Path

from tests.engines.test_control_pages import published
from tests.examples import make

from ems_control.site.revisions.light import Addresses

TABLE = """\
people.yml
  roles: {manager: manager, lead: {en: yard lead, de: Platzleitung}, line-lead: {en: line lead, de: Linienleitung}}
ems.yml
  groups: {workplaces: [all-staff, tank-yard], people: [guards]}
docs/procedures/holders.csv
  = substance,owner,told_to,for,checked_on
  = lead,lead,"lead, manager","tank-yard, visitors",2026-02-01
  = zinc,line-lead,line-lead; manager,guards,"2026-02-30; twice, 2026-03-01"
docs/procedures/EMS-PRO-002.md
  language: de
  > [Wer](holders.csv){ .table }
docs/procedures/EMS-PRO-001.md
  > ## Drains {#drains}
  >
  > 1. Compare:
  >
  >     [Who](holders.csv){ .table }
"""


def test_cells_are_told_in_the_words_of_the_text_s_language(tmp_path: Path) -> None:
    with published(make(tmp_path, TABLE)) as site:
        english = told(site.pages["procedures/EMS-PRO-001.md"].body)
        german = told(site.pages["procedures/EMS-PRO-002.md"].body)
        light = dict(site.light(Addresses(), None))["d/EMS-PRO-002/r1/index.html"].decode()
    assert english == [
        ["lead", "yard lead", "yard lead, manager", "tank yard, visitors", "1 February 2026"],
        ["zinc", "line lead", "line lead; manager", "guards", "2026-02-30; twice, 1 March 2026"],
    ]
    assert german[0] == ["lead", "Platzleitung", "Platzleitung, manager", "tank yard, visitors", "1. Februar 2026"]
    for words in ("Linienleitung", "1. März 2026", "checked on"):
        assert words in light
    assert "line-lead" not in light


def told(body: str) -> list[list[str]]:
    """The rows of the data table of a page, in a step or not."""
    lines = [unescape(line).strip() for line in body.split("\n")]
    start = next(n for n, line in enumerate(lines) if line.startswith("| substance"))
    found = [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines[start + 2 :]]
    return found[: next(n for n, row in enumerate(found) if len(row) == 1)]


def test_another_title_of_a_role_makes_earlier_revisions_anew(tmp_path: Path) -> None:
    root = make(tmp_path / "works", TABLE)
    cache = tmp_path / "cache"
    with published(root) as site:
        dict(site.light(Addresses(), cache))
    people = (root / "people.yml").read_text("utf-8")
    (root / "people.yml").write_text(people.replace("Linienleitung", "Leitung der Linie"), "utf-8")
    with published(root) as site:
        light = dict(site.light(Addresses(), cache))["d/EMS-PRO-002/r1/index.html"].decode()
    assert "Leitung der Linie" in light


CONTROLS = """\
docs/registers/aspects.csv
  = id,controls,remark
  = A-01,"EMS-PRO-002, EMS-PRO-009",see EMS-PRO-002 (and EMS-PRO-0021)
docs/procedures/EMS-PRO-002.md
  title: Noise
docs/procedures/EMS-PRO-001.md
  > ## Drains {#drains}
  >
  > [Aspects](../registers/aspects.csv){ .table }
"""


def test_numbers_of_documents_in_cells_are_links(tmp_path: Path) -> None:
    with published(make(tmp_path, CONTROLS)) as site:
        body = unescape(site.pages["procedures/EMS-PRO-001.md"].body)
        light = dict(site.light(Addresses(), None))["d/EMS-PRO-001/r1/index.html"].decode()
    assert (
        "| A-01 | [EMS-PRO-002](EMS-PRO-002.md), EMS-PRO-009 | see [EMS-PRO-002](EMS-PRO-002.md) (and EMS-PRO-0021) |"
        in body
    )
    assert light.count('<a href="../../../procedures/EMS-PRO-002/index.html">EMS-PRO-002</a>') == 2
