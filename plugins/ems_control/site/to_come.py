"""The texts of a document that are not in force yet and may be read: submitted, or approved for a later day."""

from __future__ import annotations

from ems_control.documents.history import Version
from ems_control.documents.sealed import expand
from ems_control.ground.markdown.active import active_content
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.outstanding.waiting import submitted


def to_come(handbook: Handbook, document: Document) -> dict[int, Version]:
    """Texts on main by revision, where the policy has them shown; without those that hold what no page may hold."""
    if not handbook.policy.publish.waiting:
        return {}
    upcoming = [document.upcoming.version] if document.upcoming else []
    waits = submitted(document)
    found = [*upcoming, *([waits] if waits else [])]
    return {version.facts.revision or 0: version for version in found if not holds_active(handbook, version)}


def holds_active(handbook: Handbook, version: Version) -> bool:
    """Whether a text holds what no page may hold: nobody has approved it."""
    return bool(active_content(handbook.rendered(expand(version))))
