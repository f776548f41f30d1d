"""The self-assessment of document control: each requirement, how this system meets it, and the evidence here."""

from __future__ import annotations

from ems_control.approvals.lifecycle import State
from ems_control.coverage.answers import Answers
from ems_control.coverage.assessment import Requirement, concerning, customary, documents_for
from ems_control.ground.markdown.markup import escape, link
from ems_control.handbook import addresses
from ems_control.handbook.rule_families import FAMILIES
from ems_control.rules.book import Rule, rules
from ems_control.site.cells import Cells
from ems_control.site.page import Page, relative

EDITIONS = ("iso-14001:2026", "iso-14001:2015", "iso-9001:2015")


def assessment(cells: Cells, titles: dict[str, str]) -> Page:
    """The page; `titles` are those of generated pages, by path."""
    words, page = cells.words, addresses.ASSESSMENT
    book = {rule.code: rule for rule in rules()}
    parts = [escape(words("assessment intro")), escape(_now(cells))]
    answers = Answers(cells.handbook)
    for asked in concerning(cells.handbook):
        found = documents_for(cells.handbook, answers, asked)
        documents = dict.fromkeys(cells.document(answer.document, page) for _, answer in found)
        parts.append(_requirement(cells, asked, book, titles, list(documents)))
    rows = [[escape(cells.told(item)), escape(cells.told(note))] for item, note in customary()]
    parts.append(f"## {escape(words('customary'))}\n\n{cells.table(('what', 'remark'), rows, 'nothing to do')}")
    return Page(page, words("assessment title"), "\n\n".join(part.rstrip("\n") for part in parts) + "\n")


def _requirement(
    cells: Cells, asked: Requirement, book: dict[str, Rule], titles: dict[str, str], documents: list[str]
) -> str:
    words = cells.words
    where = ", ".join(_clause(cells, clause) for clause in asked.clauses)
    how = words.known(f"assess.{asked.id}", words("assess nothing"))
    means = [
        (words("rules"), [_rule(book[code]) for code in asked.means.rules if code in book]),
        (words("pages"), [_page(path, titles) for path in asked.means.pages if path in titles]),
        (words("commands"), [f"<code>{escape(command)}</code>" for command in asked.means.commands]),
        (words("our documents"), documents),
        (words("auditor asks"), [escape("; ".join(map(cells.told, asked.evidence)))]),
    ]
    lines = [f"- {escape(name)}: {', '.join(found)}" for name, found in means if found]
    short, aside = asked.parts
    heading = f"### {escape(asked.id)} {escape(cells.told(short))} {{#{asked.id.lower()}}}"
    parts = [heading, f"{where}\n{{: .ems-kicker }}"]
    if aside:
        parts.append(f'<small class="ems-verify">({escape(cells.told(aside))})</small>')
    return "\n\n".join([*parts, escape(how), "\n".join(lines)])


def _clause(cells: Cells, written: str) -> str:
    """A clause by its reference, or by its number alone in the newest edition claimed that has it."""
    known = cells.handbook.catalogue.standards
    home, _, number = written.rpartition("/")
    claimed = [edition for edition in EDITIONS if edition in cells.handbook.policy.standards]
    for standard_id in [home] if home else [*claimed, *EDITIONS]:
        if standard_id in known and number in known[standard_id].clauses:
            return cells.clause(standard_id, number, addresses.ASSESSMENT, f"{known[standard_id].name} {number}")
    return escape(written)


def _rule(rule: Rule) -> str:
    path = addresses.rules_page(FAMILIES[rule.family][1])
    return f"{link(rule.code, f'{relative(path, addresses.ASSESSMENT)}#{rule.code}')} {escape(rule.name)}"


def _page(path: str, titles: dict[str, str]) -> str:
    return link(titles[path], relative(path, addresses.ASSESSMENT))


def _now(cells: Cells) -> str:
    """The evidence in figures: what is in force, by how many decisions, and what came before."""
    listed = cells.handbook.listed
    current = [d.in_force for d in listed if d.in_force]
    earlier = sum(approval is not (d.in_force) for d in listed for approval in d.approvals)
    return cells.words(
        "assessment now",
        day=cells.words.day(cells.handbook.day),
        count=len(current),
        decisions=sum(len(approval.decisions) for approval in current),
        earlier=earlier,
        withdrawn=sum(document.state is State.WITHDRAWN for document in listed),
        overdue=sum(document.standing.overdue for document in listed),
    )
