"""Reviews that decided nothing, and why: kept in the commits by which records landed, so that a clone can tell it.

They are no evidence: whoever can push could write such a line. They only tell people what to look at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from ems_control.documents.history import key_of
from ems_control.ground.formats.strict_json import read_json
from ems_control.handbook.handbook import Handbook

WORD = "Not-counted: "


@dataclass(frozen=True)
class Uncounted:
    """A review of a merged request, by somebody's name, about a document, and why it counts for nothing."""

    pull: int
    review: str
    document: str
    who: str
    reason: str

    @property
    def line(self) -> str:
        """How a commit keeps it."""
        return WORD + json.dumps(asdict(self), sort_keys=True)


def uncounted(handbook: Handbook) -> list[Uncounted]:
    """What the commits of main tell, oldest first; a line that is none of these is skipped: it decides nothing."""
    return list(_read(line[len(WORD) :] for line in handbook.repository.lines_of_messages(WORD)))


def still_uncounted(handbook: Handbook, told: Iterable[Uncounted], document_id: str) -> list[Uncounted]:
    """Those about one document of whose review no record has come since, each once."""
    known = {entry.record.evidence.review for entry in handbook.records.ledger.of(document_id) if entry.record}
    found = {
        (one.pull, one.review): one
        for one in told
        if key_of(one.document) == key_of(document_id) and one.review not in known
    }
    return list(found.values())


def _read(lines: Iterable[str]) -> Iterable[Uncounted]:
    kinds = {"pull": int, "review": str, "document": str, "who": str, "reason": str}
    for line in lines:
        try:
            tree = read_json(line.encode("utf-8", "replace"))
        except ValueError:
            continue
        if isinstance(tree, dict) and all(type(tree.get(key)) is kind for key, kind in kinds.items()):
            yield Uncounted(**{key: tree[key] for key in kinds})
