"""What is to put right around documents in force: roles nobody holds, prints too old, rows that are missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ems_control.approvals.lifecycle import State
from ems_control.ground.text import day_after, number_of
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.live_tables import EVIDENCE_COLUMNS, LivingTable, tables_in_force
from ems_control.handbook.outstanding.unrecognised import unrecognised
from ems_control.handbook.translations import behind

TaskKind = Literal[
    "role",
    "copy",
    "record",
    "waiver",
    "translation",
    "legal",
    "contributor",
    "evaluation",
    "check",
    "equipment",
    "transition",
]


@dataclass(frozen=True)
class Task:
    """Something to put right: about what, since or by when, and the role that settles it.

    `facts` are the words of the sentence that says it; what each kind has stands where the kind is made.
    """

    kind: TaskKind
    name: str
    day: date | None
    role: str
    document: Document | None
    facts: dict[str, str]


def in_force(handbook: Handbook) -> list[Document]:
    """The documents of which a revision is in force on the handbook's day."""
    return [document for document in handbook.listed if document.in_force]


def to_put_right(handbook: Handbook, copies: LivingTable | None) -> list[Task]:
    """Everything to put right on the handbook's day, and what will be on a day that is known; `copies` on the walls."""
    return [
        *orphans(handbook),
        *(old_copies(handbook, copies) if copies else ()),
        *forms_without_row(handbook),
        *waivers(handbook),
        *translations(handbook),
        *strangers(handbook),
    ]


def orphans(handbook: Handbook) -> Iterator[Task]:
    """Roles that own or approve documents in force and that nobody holds, or nobody will after a day.

    Facts: `role`, and the `documents` concerned, by number.
    """
    used: dict[str, dict[str, None]] = {}
    for document in in_force(handbook):
        needs = [need.role for need in document.kind.approve] if document.kind else []
        for role in dict.fromkeys([document.shown.metadata.owner or "", *needs]):
            if role:
                used.setdefault(role, {})[document.id] = None
    for role, ids in used.items():
        held = [held for _, held in handbook.people.holders(role, handbook.day)]
        days = [each.until for each in held]
        following = [h for p in handbook.people.persons.values() for h in p.roles if h.role == role]
        day = max((d for d in days if d), default=None) if None not in days else None
        if held and (day is None or any(h.holds_on(day_after(day)) for h in following)):
            continue
        first = day_after(day) if day else None
        yield Task(
            "role", role, first, handbook.policy.policy_approval.role, None, {"role": role, "documents": ", ".join(ids)}
        )


def strangers(handbook: Handbook) -> Iterator[Task]:
    """Who wrote texts under an address that is nobody's. Facts: `email`, `documents`, and the `line` for people.yml."""
    for one in unrecognised(handbook):
        facts = {"email": one.who.email, "documents": ", ".join(one.documents), "line": one.line}
        yield Task("contributor", one.documents[0], None, handbook.policy.policy_approval.role, None, facts)


def old_copies(handbook: Handbook, copies: LivingTable) -> Iterator[Task]:
    """Posted copies of a revision that is no longer in force. Facts: `copy`, `place`, `revision`, `current`."""
    for number, row in enumerate(copies.rows, 1):
        document = handbook.get(row.get("document", ""))
        approval = document.in_force if document else None
        if document is None or not is_old(row.get("revision", ""), document):
            continue
        role = row.get("posted_by") or document.shown.metadata.owner or ""
        facts = {
            "copy": row.get("id") or str(number),
            "place": row.get("place", ""),
            "revision": row.get("revision", ""),
            "current": str(approval.revision) if approval else "",
        }
        yield Task("copy", facts["copy"], approval.first_day if approval else None, role, document, facts)


def is_old(revision: str, document: Document) -> bool:
    """Whether a copy of this revision must not hang any more."""
    approval, number = document.in_force, number_of(revision)
    if approval is None or number is None:
        return approval is None
    return document.revision_state(number) in (State.SUPERSEDED, State.WITHDRAWN)


def forms_without_row(handbook: Handbook) -> Iterator[Task]:
    """Forms in force that no row of a records table names, so that nobody knows where filled copies go."""
    named: set[str] = set()
    register: Document | None = None
    for document, _, table in tables_in_force(handbook):
        if {*EVIDENCE_COLUMNS, "form"} <= set(table.columns):
            register = register or document
            named |= {word.casefold() for row in table.rows for word in row["form"].replace(",", " ").split()}
    for document in in_force(handbook):
        if document.type_name == "form" and document.key not in named:
            facts = {"register": register.id if register else ""}
            yield Task("record", document.id, None, document.shown.metadata.owner or "", document, facts)


def waivers(handbook: Handbook) -> Iterator[Task]:
    """Waivers by the last day on which they hold. Facts: `rule`, `reason`."""
    for waiver in handbook.policy.rules.waivers:
        document = handbook.get(waiver.document)
        owner = document.shown.metadata.owner if document and document.listed else None
        facts = {"rule": waiver.rule, "reason": waiver.reason}
        yield Task(
            "waiver", waiver.document, waiver.until, owner or handbook.policy.policy_approval.role, document, facts
        )


def translations(handbook: Handbook) -> Iterator[Task]:
    """Translations that follow another revision than the one in force. Facts: `source`, `followed`, `current`."""
    for document in in_force(handbook):
        late = behind(handbook, document)
        if late and late.current:
            facts = {"source": late.source.id, "followed": late.followed, "current": str(late.current.revision)}
            owner = document.shown.metadata.owner or ""
            yield Task("translation", document.id, late.current.first_day, owner, document, facts)
