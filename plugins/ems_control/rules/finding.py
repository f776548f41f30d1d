"""A finding: one broken rule at one place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True)
class Found:
    """What a rule yields: a place and the words; the book adds code, name and severity.

    `path` is seen from the root of the repository, `line` and `column` count from 1 (0: the whole file or none),
    `document` is the id or "", `message` says what is wrong, `fix` what to write instead.
    """

    path: str
    line: int
    column: int
    document: str
    message: str
    fix: str


@dataclass(frozen=True)
class Finding:
    """One broken rule at one place, as the renderers and the JSON output see it."""

    rule: str
    name: str
    severity: Severity
    path: str
    line: int
    column: int
    document: str
    message: str
    fix: str

    @property
    def order(self) -> tuple[str, int, int, str, str, str, str]:
        """Sorts findings by place, then rule; no two that differ stand equal, or their order would be chance."""
        return (self.path, self.line, self.column, self.rule, self.message, self.document, self.fix)

    def as_json(self) -> dict[str, Any]:
        """The shape of the Contract (specification, Findings)."""
        return asdict(self)


def summary(documents: int, findings: Iterable[Finding]) -> dict[str, int]:
    """Counts for the summary line: documents, errors, warnings."""
    severities = [finding.severity for finding in findings]
    return {
        "documents": documents,
        "errors": severities.count("error"),
        "warnings": severities.count("warning"),
    }
