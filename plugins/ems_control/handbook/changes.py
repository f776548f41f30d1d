"""What one text changes against another, told with the titles of this handbook's roles."""

from __future__ import annotations

from ems_control.documents.history import Version
from ems_control.documents.revision_changes import RevisionChange, revision_changes
from ems_control.handbook.handbook import Handbook


def changes_of(handbook: Handbook, before: Version | None, after: Version) -> list[RevisionChange]:
    """What changes for people, with the titles of this handbook's roles."""
    titles = [title for role in handbook.people.roles.values() for title in role.values()]
    return revision_changes(before, after, titles)
