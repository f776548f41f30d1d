"""What stands against signing a text: what the gate, the check or `verify` will say of it anyway."""

from __future__ import annotations

from ems_control.ground.formats.records import Action
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import run
from ems_control.rules.finding import Finding

ABOUT_TEXT = ("review", "approve", "baseline")
"""Decisions that a text is good as it stands; whoever rejects or withdraws it need not wait until it is."""


def findings_of(handbook: Handbook, document: Document, action: Action) -> list[Finding]:
    """What the check says of a document as it lies there, of its file and of every file that it shows; by place.

    A signature cannot be taken back, so nothing is signed that the check calls an error; of the rest a signer is told.
    The handbook is read with its working tree, and the document does not differ from what is committed.
    """
    version = document.current
    if version is None or action not in ABOUT_TEXT:
        return []
    paths = {version.path, *(attachment.path for attachment in version.attachments)}
    return [one for one in run(handbook) if one.document.casefold() == document.key or one.path in paths]
