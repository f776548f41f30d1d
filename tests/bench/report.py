"""The result as a table for a terminal, and as a page with pictures."""

from __future__ import annotations

from html import escape
from typing import Any

BAR, LEFT, LINE = 360, 330, 22
COLOURS = {True: "#00695c", False: "#8d6e63"}


def as_table(result: dict[str, Any]) -> str:
    """Rows and budgets in Markdown."""
    lines = ["| work | documents | CPU s (lowest–highest) | wall s | MB | against mkdocs | growth | site |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- | --- |")
    lines += [f"| {' | '.join(_cells(result, row))} |" for row in result["rows"]]
    lines += ["", "| budget | most | measured | kept |", "| --- | --- | --- | --- |"]
    lines += [f"| {' | '.join(_budget(one))} |" for one in result["budgets"]]
    return "\n".join([_about(result["about"]), "", *lines])


def _about(about: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    words = f"{about['day']}; {about['processor']}, {about['cores']} cores, load {about['load']} at the beginning; "
    words += f"Python {about['python']}; {versions}; {about['revisions']} revisions, {about['runs']} runs each."
    return f"{words} {about['note']}".strip()


def _cells(result: dict[str, Any], row: dict[str, Any]) -> list[str]:
    if row["refused"]:
        return [
            row["name"],
            str(row["documents"]),
            f"did not run: {row['refused'].replace('|', '¦')}",
            "",
            "",
            "",
            "",
            "",
        ]
    exponent = result["growth"].get(row["name"])
    size = f"{row['files']} files, {row['size'] / 1e6:.0f} MB" if row["files"] else ""
    return [
        row["name"],
        str(row["documents"]),
        f"{row['median']:.2f} ({min(row['cpu']):.2f}–{max(row['cpu']):.2f})",
        f"{sorted(row['wall'])[len(row['wall']) // 2]:.2f}",
        str(row["memory"]),
        _ratio(result, row),
        f"{exponent:.2f}" if exponent is not None else "",
        size,
    ]


def _ratio(result: dict[str, Any], row: dict[str, Any]) -> str:
    """How often the same run's plain MkDocs fits into a site's time."""
    rows = result["rows"]
    plain = next((r for r in rows if (r["name"], r["documents"]) == ("mkdocs", row["documents"])), None)
    return f"{row['median'] / plain['median']:.2f}" if plain and plain["median"] and row["files"] else ""


def _budget(one: dict[str, Any]) -> list[str]:
    measured = "not measured" if one["measured"] is None else f"{one['measured']:.2f}"
    kept = {None: "", True: "yes", False: "no"}[one["kept"]]
    return [f"{one['row']} ({one['what']})", f"{one['budget']:.2f}", measured, kept]


def as_page(result: dict[str, Any]) -> str:
    """A page of its own: bars of CPU seconds for each size, then both tables."""
    sizes = sorted({row["documents"] for row in result["rows"]})
    charts = "".join(f"<h2>{size} documents</h2>{_chart(result, size)}" for size in sizes)
    head = ("work", "documents", "CPU s (lowest–highest)", "wall s", "MB", "against mkdocs", "growth", "site")
    rows = _table(head, [_cells(result, row) for row in result["rows"]])
    budgets = _table(("budget", "most", "measured", "kept"), [_budget(one) for one in result["budgets"]])
    style = "body{font:16px/1.5 sans-serif;margin:2em;max-width:70em}td,th{padding:.2em .6em;text-align:left}"
    style += "table{border-collapse:collapse}tr{border-bottom:1px solid #ccc}"
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Bench</title><style>{style}</style>\n'
        f"<h1>Bench</h1>\n<p>{escape(_about(result['about']))}</p>\n{charts}\n<h2>Rows</h2>\n{rows}\n"
        f"<h2>Budgets</h2>\n{budgets}\n</html>\n"
    )


def _table(head: tuple[str, ...], rows: list[list[str]]) -> str:
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "\n".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>\n<tr>{top}</tr>\n{body}\n</table>"


def _chart(result: dict[str, Any], size: int) -> str:
    rows = [row for row in result["rows"] if row["documents"] == size and row["cpu"]]
    most = max((row["median"] for row in rows), default=1) or 1
    bars = []
    for index, row in enumerate(rows):
        top, long = index * LINE, max(1, round(BAR * row["median"] / most))
        words = f"{row['median']:.2f} s"
        bars.append(
            f'<text x="{LEFT - 8}" y="{top + 15}" text-anchor="end">{escape(row["name"])}</text>'
            f'<rect x="{LEFT}" y="{top + 3}" width="{long}" height="{LINE - 7}" '
            f'fill="{COLOURS[row["name"].startswith("ems")]}"/>'
            f'<text x="{LEFT + long + 6}" y="{top + 15}">{words}</text>'
        )
    wide, high = LEFT + BAR + 80, len(rows) * LINE
    said = escape(f"CPU seconds at {size} documents")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" role="img" '
        f'aria-label="{said}" font-family="sans-serif" font-size="13">{"".join(bars)}</svg>'
    )
