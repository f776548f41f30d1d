"""How this system meets what is asked of document control: requirement by requirement, the rule, page or command.

The requirements are the facts `document-control`; the words for readers are in site/words.yml under `assess.<id>`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from ems_control.coverage.answers import Answer, Answers
from ems_control.ground.organisation.standards import Key, facts
from ems_control.ground.organisation.told import told
from ems_control.handbook import addresses
from ems_control.handbook.handbook import Handbook

SHARED = "7.5"
"""This clause and those below it are the same theme in every management system standard; others are of ISO 14001."""


@dataclass(frozen=True)
class Means:
    """What meets a requirement: codes of rules, generated pages (paths under docs/), and commands."""

    rules: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Requirement:
    """One requirement of document control, in our own words, with what auditors look for and what meets it."""

    id: str
    clauses: tuple[str, ...]
    text: str
    evidence: tuple[str, ...]
    certainty: str
    means: Means

    @property
    def parts(self) -> tuple[str, str]:
        """What is asked, and what stands in brackets behind it."""
        short, _, aside = (
            self.text.removesuffix(")").partition(" (") if self.text.endswith(")") else (self.text, "", "")
        )
        return short, aside

    def told(self, language: str) -> str:
        """What is asked, in a language."""
        short, aside = (told(part, language) for part in self.parts)
        return f"{short} ({aside})" if aside else short


MEANS: Mapping[str, Means] = {
    "DC-01": Means(("EMS401", "EMS405"), (addresses.DOCUMENTS, addresses.STANDARDS), ("ems register", "ems matrix")),
    "DC-02": Means(("EMS106", "EMS109", "EMS201", "EMS702"), (addresses.DOCUMENTS,), ("ems check",)),
    "DC-03": Means(("EMS102", "EMS511", "EMS512"), (addresses.DOCUMENTS,), ("ems build", "ems stage")),
    "DC-04": Means(
        ("EMS301", "EMS302", "EMS303", "EMS304"), (addresses.REVIEW_BOARD,), ("ems check", "ems history ID")
    ),
    "DC-05": Means(("EMS505", "EMS507"), (addresses.HOME, addresses.DOCUMENTS), ("ems build", "ems stage")),
    "DC-06": Means(("EMS203", "EMS701", "EMS704"), (), ("ems check",)),
    "DC-07": Means(("EMS114",), (addresses.DOCUMENTS, addresses.CHANGES), ("ems register",)),
    "DC-08": Means(("EMS504", "EMS705", "EMS706"), (addresses.ARCHIVE,), ("ems show ID --revision N",)),
    "DC-09": Means(
        ("EMS202", "EMS203", "EMS204", "EMS205", "EMS207"), (addresses.CHANGES,), ("ems history ID", "ems diff ID")
    ),
    "DC-10": Means((), (addresses.STANDARDS,), ("ems matrix",)),
    "DC-11": Means(("EMS504",), (addresses.DOCUMENTS,), ("ems show ID",)),
    "DC-12": Means(("EMS506", "EMS703", "EMS708"), (addresses.ARCHIVE, addresses.REVIEW_BOARD), ("ems check",)),
    "DC-13": Means(("EMS303", "EMS802", "EMS803"), (), ("ems check",)),
    "DC-14": Means(("EMS601", "EMS602"), (addresses.REVIEW_BOARD,), ("ems matrix",)),
    "DC-15": Means((), (addresses.STANDARDS,), ("ems matrix",)),
    "EM-01": Means(("EMS117", "EMS118", "EMS604"), (addresses.EMAS,), ("ems check",)),
    "EM-02": Means((), (addresses.standard_page("emas"),), ("ems matrix --standard emas",)),
    "EM-03": Means(("EMS802",), (addresses.standard_page("emas"),), ("ems matrix --standard emas",)),
}
"""By the id of the requirement."""


@cache
def requirements() -> tuple[Requirement, ...]:
    """Every requirement, in the order of the facts; one that nothing meets has empty means."""
    return tuple(
        Requirement(
            raw["id"],
            tuple(raw["clauses"]),
            raw["requirement"],
            tuple(raw["auditor_evidence"]),
            raw["certainty"],
            MEANS.get(raw["id"], Means()),
        )
        for raw in facts("document-control")["requirements"]
    )


def concerning(handbook: Handbook) -> list[Requirement]:
    """The requirements that concern a handbook: what only another standard asks, EMAS say, only where it is claimed."""
    claimed = handbook.policy.standards
    return [
        asked for asked in requirements() if any(text.partition("/")[0] in (text, *claimed) for text in asked.clauses)
    ]


def documents_for(handbook: Handbook, answers: Answers, asked: Requirement) -> list[tuple[Key, Answer]]:
    """The documents in force that answer the clauses behind a requirement, in the standards claimed, if none in all."""
    return [(key, answer) for key in _keys(handbook, asked.clauses) for answer in answers.given.get(key, ())]


def _keys(handbook: Handbook, references: tuple[str, ...]) -> Iterator[Key]:
    """The clauses behind a requirement, once each; those below a heading stand for it."""
    known = handbook.catalogue.standards
    claimed = [name for name in handbook.policy.standards if name in known] or list(known)
    for text in references:
        home, _, number = text.rpartition("/")
        names = [home] if home else [name for name in claimed if _shares(name, number)]
        for name in names:
            for clause in known[name].clauses.values() if name in known else ():
                below = clause.parent if not clause.heading_only else None
                if clause.number == number or (below == number and known[name].clauses[number].heading_only):
                    yield name, clause.number


def _shares(standard_id: str, number: str) -> bool:
    return standard_id.startswith("iso-14001:") or (standard_id.startswith("iso-") and number.startswith(SHARED))


@cache
def customary() -> tuple[tuple[str, str], ...]:
    """What auditors expect though no edition in force asks for it: the thing, and a remark."""
    return tuple((raw["item"], raw["note"]) for raw in facts("document-control")["customary_not_required"])
