"""What others may import. Whatever does not stand here may change from one version to the next.

A distribution adds to `ems` by entry points:

    [project.entry-points."ems_control.rules"]
    acme = "acme_ems.rules"             # a module; its functions under @rule are rules

    [project.entry-points."ems_control.forges"]
    acme = "acme_ems.forge:Acme"        # (url, repository, zone) -> Forge; its reviews are evidence `acme-review`

    [project.entry-points."ems_control.formats"]
    acme = "acme_ems.report:render"     # (handbook, findings) -> str, for `ems check --format acme`

A rule is a function that yields what `at_key`, `at_line`, `at_config` or `Found` make; its docstring is its page. Its
code begins with letters of its own (never EMS); the first of its three digits names the family. It can be lowered and
waived like ours. `ems verify` never runs it: evidence has one judge.
"""

from __future__ import annotations

from collections.abc import Callable

from ems_control.documents.history import Version
from ems_control.forges.base import CONTROLS, Controls, Forge, HalfAnswerError
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.records import Account
from ems_control.ground.organisation.policy import Severity
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.loading import load
from ems_control.reviews.pull_request import PullCommit, PullRequest, Review
from ems_control.rules import book
from ems_control.rules.book import Check
from ems_control.rules.finding import Finding, Found
from ems_control.rules.finding_places import at_config, at_key, at_line, current

__all__ = [
    "CONTROLS",
    "Account",
    "Controls",
    "Document",
    "EmsError",
    "Finding",
    "Forge",
    "Found",
    "HalfAnswerError",
    "Handbook",
    "PullCommit",
    "PullRequest",
    "Review",
    "Version",
    "at_config",
    "at_key",
    "at_line",
    "current",
    "load",
    "rule",
]


def rule(code: str, name: str, severity: Severity, *, needs_history: bool = False) -> Callable[[Check], Check]:
    """Make a function a rule; one that `needs_history` is silent in a shallow or partial clone."""
    return book.rule(code, name, severity, needs_history=needs_history)
