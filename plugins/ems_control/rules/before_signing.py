"""What stands against signing a text: what the gate, the check or `verify` will say of it anyway."""

from __future__ import annotations

from dataclasses import replace

from ems_control.ground.formats.records import FOLDER, Action
from ems_control.ground.organisation.people import PEOPLE_FILE
from ems_control.ground.organisation.policy import POLICY_FILE
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import run
from ems_control.rules.finding import Finding

SOLVED = ("EMS812", "EMS820", "EMS821")
"""What says that the policy is not approved yet, or that a record about it did not count: signing it is the remedy."""

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
    records = f"{handbook.repository.prefix}{FOLDER}/"  # one that landed broken is ended by a correct record
    return [
        one
        for one in run(handbook)
        if (one.document.casefold() == document.key or one.path in paths) and not one.path.startswith(records)
    ]


def policy_findings(handbook: Handbook) -> list[Finding]:
    """What the check will say of ems.yml and people.yml as they lie there, once they are in force."""
    if handbook.committed_config.digest == handbook.policy_in_force.digest:
        signed = handbook
    else:
        signed = replace(handbook, policy_in_force=handbook.committed_config)
    files = {handbook.repository.prefix + name for name in (POLICY_FILE, PEOPLE_FILE)}
    return [one for one in run(signed) if one.path in files and one.rule not in SOLVED]
