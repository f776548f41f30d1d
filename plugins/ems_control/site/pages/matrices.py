"""Everything under Standards: the list of those claimed, the matrix of each, and the pages about them."""

from __future__ import annotations

from ems_control.coverage.coverage import Coverage, coverages
from ems_control.ground.markdown.markup import escape, link
from ems_control.handbook import addresses
from ems_control.site.cells import SENTENCE, Cells
from ems_control.site.page import Page, relative
from ems_control.site.pages.about import about
from ems_control.site.pages.assessment_page import assessment
from ems_control.site.pages.clauses import ClausePages
from ems_control.site.pages.emas import emas
from ems_control.site.pages.transition import transition

MATRIX = ("title", "answered in", "duty", "remark")


def standard_pages(cells: Cells, others: list[Page]) -> list[Page]:
    """All of them; `others` are the generated pages that the self-assessment may name."""
    policy, known = cells.handbook.policy, cells.handbook.catalogue.standards
    found = coverages(cells.handbook, [name for name in policy.standards if name in known])
    matrices = [_matrix(cells, each) for each in found]
    more = [page for page in (transition(cells, found),) if page]
    more += [emas(cells)] if "emas" in policy.standards else []
    more.append(about(cells))
    titles = {page.path: page.title for page in (*others, *matrices, *more)}
    titles |= {addresses.HOME: cells.words("home"), addresses.STANDARDS: cells.words("standards")}
    more.append(assessment(cells, titles))
    return [_standards(cells, found, more), *matrices, *more, *ClausePages(cells, found).all_pages()]


def _standards(cells: Cells, found: list[Coverage], others: list[Page]) -> Page:
    """The standards claimed, each with its matrix, and the other pages about them."""
    page, words = addresses.STANDARDS, cells.words
    lines = [escape(words("standards intro")), ""]
    for coverage in found:
        lines.append(f"- {cells.standard(coverage.standard.id, page)}: {_counts(cells, coverage)}")
    lines += ["", escape(words(SENTENCE)), ""]
    lines += [f"- {link(other.title, relative(other.path, page))}" for other in others]
    return Page(page, words("standards"), "\n".join(lines) + "\n")


def _matrix(cells: Cells, coverage: Coverage) -> Page:
    """The clauses of a standard with the documents in force that answer them."""
    page, words = addresses.standard_page(coverage.standard.id), cells.words
    rows = []
    for entry in coverage.clauses:
        clause = entry.clause
        number, title = cells.clause(clause.standard, clause.number, page), cells.title(clause)
        if clause.heading_only:
            number, title = f"**{number}**", f"**{title}**"
        remarks = cells.remarks(entry)
        rows.append([number, title, cells.answers(entry, page), escape(cells.duty(entry)), escape("; ".join(remarks))])
    number = "place in law" if coverage.standard.id == "emas" else "clause"
    table = cells.table((number, *MATRIX), rows, "nothing to do")
    body = f"{escape(words(SENTENCE))} {_counts(cells, coverage)}\n\n{table}"
    return Page(page, coverage.standard.name, body)


def _counts(cells: Cells, coverage: Coverage) -> str:
    assessable = sum(entry.clause.assessable for entry in coverage.clauses)
    return escape(cells.words("gaps", assessable=assessable, answered=assessable - len(coverage.gaps)))
