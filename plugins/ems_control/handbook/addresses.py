"""Where generated pages stand, as paths under docs/: rules must know them, the site makes them."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from ems_control.ground.organisation.policy import Policy
from ems_control.ground.organisation.standards import Catalogue
from ems_control.handbook.help_pages import help_pages
from ems_control.handbook.rule_families import FAMILIES
from ems_control.handbook.writing.templates import spoken

LONGEST_NAME = 120
"""Letters that a page is called by at most: an id, a role or a waiver may be called anything."""

HOME = "index.md"
DOCUMENTS = "documents/index.md"
BY_PROCESS = "documents/by-process.md"
NUMBERS = "documents/numbers.md"
WORKPLACES = "for/index.md"
AUDIT = "audit.md"
STANDARDS = "standards/index.md"
ABOUT = "standards/about.md"
TRANSITION = "standards/transition.md"
EMAS = "standards/emas-statement.md"
REVIEW_BOARD = "control/review-board.md"
CHANGES = "control/changes.md"
ARCHIVE = "control/archive.md"
ASSESSMENT = "control/self-assessment.md"
COPIES = "control/printed-copies.md"
APPROVALS = "control/approvals.md"
FIGURES = "control/figures.md"
PEOPLE = "control/people.md"
INTEGRITY = "control/integrity.md"
EQUIPMENT = "registers/emergency-equipment.md"
WASTE = "registers/waste-streams.md"
COMPETENCE = "registers/competence.md"
NONCONFORMITIES = "registers/nonconformities.md"
ACTIONS = "registers/actions.md"
RULES = "help/rules/index.md"
EXAMPLES = "help/rules/examples.md"

CALENDAR = "assets/ems/data/calendar.ics"
FEED = "assets/ems/data/changes.atom"
SCHEMAS = "assets/ems/schemas/"
"""JSON Schemas of the files that people write, for editors."""

THEME = ("assets/javascripts/", "assets/stylesheets/", "assets/external/", "assets/ems/", "search/")
ENGINE = ("404.html", "sitemap.xml", "sitemap.xml.gz")
BY_HAND = "d/"
"""Where the codes on prints lead: /d/EMS-PRO-001/r3/."""
SEALED = "d/files/"
"""Sealed files that lie under docs/ no more; no file of docs/ can be published here."""

FIXED = (
    HOME,
    BY_PROCESS,
    NUMBERS,
    WORKPLACES,
    AUDIT,
    DOCUMENTS,
    STANDARDS,
    ABOUT,
    REVIEW_BOARD,
    CHANGES,
    ARCHIVE,
    ASSESSMENT,
    RULES,
    EXAMPLES,
    COPIES,
    APPROVALS,
    FIGURES,
    INTEGRITY,
    PEOPLE,
    EQUIPMENT,
    WASTE,
    COMPETENCE,
    NONCONFORMITIES,
    ACTIONS,
)
"""The pages that every handbook has."""


def anchor(name: str) -> str:
    """The anchor of a row by its name: `PC-07`."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)


def standard_page(standard_id: str) -> str:
    """The matrix of one standard."""
    return f"standards/{_folder(standard_id)}.md"


def clause_page(standard_id: str, number: str) -> str:
    """The page of one clause that is more than a heading."""
    name = re.sub(r"^\.|[^A-Za-z0-9.-]", lambda match: f"_{ord(match[0]):x}", number)
    return f"standards/{_folder(standard_id)}/{name}.md"


def group_page(group: str) -> str:
    """The page of a group of ems.yml: what the code at a workplace opens."""
    name = _no_longer(re.sub(r"[^A-Za-z0-9-]", lambda match: f"_{ord(match[0]):x}", group), group)
    return f"for/{'_' * (name.casefold() in ('index', 'readme'))}{name}.md"


def other_languages(policy: Policy) -> tuple[str, ...]:
    """The languages beside the first in which start pages, list and board are made."""
    return tuple(dict.fromkeys(map(spoken, policy.languages)))[1:]


def in_each_language(policy: Policy) -> tuple[str, ...]:
    """The pages that a handbook has in each of its languages: start pages, list of documents, review board."""
    return (HOME, BY_PROCESS, WORKPLACES, DOCUMENTS, REVIEW_BOARD, *map(group_page, policy.groups))


def in_language(path: str, language: str) -> str:
    """Where such a page stands in another language than the first."""
    return f"in/{language}/{path}"


def part_of(path: str, number: int) -> str:
    """The page on which a list goes on that is too long for one; the first part is the page itself."""
    if number == 1:
        return path
    folder, _, name = path.rpartition("/")
    stem = "" if name == "index.md" else f"{name.removesuffix('.md')}-"
    return f"{folder}/{stem}part-{number}.md"


def light_page(document_id: str, name: str = "") -> str:
    """Where a light page stands, as a page under docs/; whatever an id says, it stands below d/."""
    return f"d/{_safe(document_id)}/{name + '/' if name else ''}index.md"


def waiting_page(document_id: str, revision: int) -> str:
    """The page of a text that is not in force yet: what waits for decisions, or for its day."""
    return f"waiting/{_safe(document_id)}/r{revision}.md"


def act_page(document_id: str) -> str:
    """The page of what there is to do with a document."""
    return f"control/acts/{_safe(document_id)}.md"


def task_page(kind: str, name: str) -> str:
    """The page of something to do that is about no text: a role, a waiver, an author, a print, equipment."""
    return f"control/to-do/{kind}-{_safe(name)}.md"


def permanent_page(document_id: str) -> str:
    """The page of a document whose path another one has."""
    return light_page(document_id, "current")


def sealed_file(path: str, blob: str) -> str:
    """Where a sealed file is published that lies nowhere under docs/ now, or whose path is not free."""
    return f"{SEALED}{blob[:12]}/{path.rsplit('/', 1)[-1]}"


def is_reserved(path: str) -> bool:
    """Whether a path belongs to the site itself: permanent addresses, sealed files, theme, search."""
    return path.lower() in ENGINE or path.lower().startswith((BY_HAND, *THEME))


def rules_page(module: str) -> str:
    """The page of one family of rules, by its module."""
    return f"help/rules/{module}.md"


def generated(policy: Policy, catalogue: Catalogue) -> set[str]:
    """Every generated page of a handbook under this policy, with the standards that it knows."""
    standards, known = policy.standards, catalogue.standards
    found = {*FIXED, *(rules_page(module) for _, module in FAMILIES.values()), *map(group_page, policy.groups)}
    for standard_id in standards:
        found.add(standard_page(standard_id))
        if standard_id in known:
            clauses = known[standard_id].clauses.values()
            found |= {clause_page(standard_id, clause.number) for clause in clauses if not clause.heading_only}
    found |= help_pages(policy.languages).keys()
    found |= {in_language(path, each) for path in in_each_language(policy) for each in other_languages(policy)}
    return found | ({TRANSITION} if policy.transition else set()) | ({EMAS} if "emas" in standards else set())


@lru_cache(maxsize=1024)  # of one document many pages are asked for in a row
def _safe(name: str) -> str:
    return _no_longer(re.sub(r"^\.|[^A-Za-z0-9.-]", lambda match: f"_{ord(match[0]):x}", name), name)


def _no_longer(safe: str, name: str) -> str:
    """A name that a file can have: what is too long for one is told apart by its end."""
    if len(safe) <= LONGEST_NAME:
        return safe
    return f"{safe[:LONGEST_NAME]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _folder(standard_id: str) -> str:
    return standard_id.replace(":", "-")
