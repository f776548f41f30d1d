"""The benchmark tells only what it measured: growth, ratios of one run, budgets of their own size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.bench.budgets import GIT_PLUGINS, PUBLISHED, judged
from tests.bench.measure import Row, growth, weigh
from tests.bench.report import as_page, as_table

ABOUT = {"day": "2026-03-01", "processor": "A <fast> one", "cores": 2, "load": 0.1, "python": "3.11.7"}
ABOUT |= {"versions": {"mkdocs": "1.6.1"}, "revisions": 10, "runs": 3, "note": ""}


def row(name: str, documents: int, *cpu: float, **more: Any) -> Row:
    return Row(name, documents, [*cpu], [*cpu], **more)


def result(*rows: Row) -> dict[str, Any]:
    exponents = {one.name: growth([each for each in rows if each.name == one.name]) for one in rows}
    listed = [one.as_json() for one in rows]
    return {"about": ABOUT, "rows": listed, "growth": exponents, "budgets": judged(rows, exponents)}


def test_growth_is_the_exponent_between_the_smallest_and_the_largest() -> None:
    linear = [row("ems check", 200, 1.0), row("ems check", 1000, 5.0, 5.2, 4.9)]
    square = [row("ems check", 100, 1.0), row("ems check", 300, 3.0), row("ems check", 1000, 100.0)]
    assert round(growth(linear) or 0, 6) == 1.0
    assert round(growth(square) or 0, 6) == 2.0
    assert growth(linear[:1]) is None
    assert growth([row("zensical", 200), row("zensical", 1000)]) is None


def kept(rows: list[Row], name: str) -> Any:
    exponents = {one.name: growth([each for each in rows if each.name == one.name]) for one in rows}
    return next(one["kept"] for one in judged(rows, exponents) if str(one["row"]).startswith(name))


def test_a_budget_is_judged_at_its_own_size_only() -> None:
    assert kept([row("ems check", 200, 1.0)], "ems check at 1000") is None
    assert kept([row("ems check", 1000, 8.0)], "ems check at 1000") is True
    assert kept([row("ems check", 1000, 8.1)], "ems check at 1000") is False
    small = [row("ems check", 20, 1.0), row("ems check", 40, 9.0)]
    assert kept(small, "ems check: growth") is None
    assert kept([*small, row("ems check", 1000, 9.0)], "ems check: growth") is True


def test_what_we_add_is_held_against_what_the_git_plugins_add() -> None:
    others = [row("mkdocs", 200, 4.0), row(GIT_PLUGINS, 200, 16.0)]
    name = "ems build, first, over mkdocs at 200"
    assert kept([*others, row("ems build, first", 200, 8.0)], name) is True
    assert kept([*others, row("ems build, first", 200, 8.1)], name) is False
    assert kept([others[0], row("ems build, first", 200, 8.0)], name) is None


def test_table_and_page_tell_medians_ratios_and_what_did_not_run() -> None:
    rows = [row("mkdocs", 200, 2.0, 4.0, 3.0, files=5, size=10**6), row("ems build, first", 200, 6.0, files=9, size=1)]
    rows.append(Row("zensical", 200, refused="no <such> file | here"))
    table, page = as_table(result(*rows)), as_page(result(*rows))
    assert "| mkdocs | 200 | 3.00 (2.00–4.00) | 3.00 | 0 | 1.00 |" in table
    assert "| ems build, first | 200 | 6.00 (6.00–6.00) | 6.00 | 0 | 2.00 |" in table
    assert "did not run: no <such> file" in table
    assert "A &lt;fast&gt; one" in page
    assert "did not run: no &lt;such&gt; file" in page
    assert page.count("<rect") == 2


def test_what_is_published_is_held_against_what_mkdocs_takes_on_the_clock() -> None:
    plain, name = Row("mkdocs", 1000, [20.0], [20.0]), f"{PUBLISHED} at 1000"
    assert kept([plain, Row(PUBLISHED, 1000, [40.0], [15.0])], name) is True
    assert kept([plain, Row(PUBLISHED, 1000, [10.0], [15.1])], name) is False
    assert kept([plain], name) is None


def test_a_document_has_few_files_beside_its_page(tmp_path: Path) -> None:
    built = row("ems build, first", 1000, 9.0)
    for number in range(3):
        page = tmp_path / "d" / "EMS-PRO-001" / f"r{number}" / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text("x", "utf-8")
    (tmp_path / "index.html").write_text("x", "utf-8")
    weigh(built, tmp_path)
    assert (built.files, built.size, built.light) == (4, 4, 0.003)
    exponents: dict[str, float | None] = {}
    [one] = [each for each in judged([built], exponents) if each["what"] == "light"]
    assert (one["measured"], one["kept"]) == (0.003, True)
