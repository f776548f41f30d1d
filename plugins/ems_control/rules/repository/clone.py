"""Family 7: repository and history. The files under docs/ are in files.py."""

from __future__ import annotations

from collections.abc import Iterator

from ems_control.approvals.lifecycle import State
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_key, current
from ems_control.rules.revisions.identity import reused


@rule("EMS701", "clone-incomplete", "error", fixed=True, evidence=True, sees="shared")
def clone_incomplete(handbook: Handbook) -> Iterator[Found]:
    """Part of the history is missing here, so no date and no approval can be computed.

    Checks: The copy of the repository is complete: neither cut off at some commit (shallow) nor without the texts of
        earlier revisions (partial). Rules that need history are silent until it is.
    Basis: Our own rule: what is computed from half a history is wrong.
    Bad:
        docs/procedures/EMS-PRO-001.md
        commit
        shallow
    Good:
        docs/procedures/EMS-PRO-001.md
        commit
    Fix: Fetch the rest: `git fetch --unshallow`, or clone again without `--depth` and `--filter`. In a CI job ask for
        the full history (`fetch-depth: 0`).
    """
    if reason := handbook.repository.incomplete:
        fix = "Fetch all of it: git fetch --unshallow, or clone again; in a CI job set fetch-depth: 0."
        yield Found(handbook.docs, 0, 0, "", reason, fix)


@rule("EMS702", "id-given-twice", "error", fixed=True, evidence=True, sees="shared")
def id_given_twice(handbook: Handbook) -> Iterator[Found]:
    """Two files have the same id.

    Checks: No two files under docs/ have one id, capitals or small letters.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.2 (identification); EMAS A.7.5.2.
    Bad:
        docs/procedures/EMS-PRO-001.md
        docs/procedures/EMS-PRO-002.md
          id: EMS-PRO-001
    Good:
        docs/procedures/EMS-PRO-001.md
        docs/procedures/EMS-PRO-002.md
    Fix: Give the newer document an id that was never used, or delete the copy. `ems new` finds the next number.
    """
    for document in handbook.documents.values():
        if not document.history.twins or not (handbook.working_tree or handbook.proposal or document.in_force):
            continue  # no evidence is touched: `ems check` tells it, and the gate
        current = document.current
        for path in document.history.twins if current else ():
            line, column = handbook.tree.store.document(handbook.tree.files[path]).line_of("id")
            message = f"{document.id} is also the id of {current.path if current else ''}"
            yield Found(path, line, column, document.id, message, "Give the newer one another id, or delete the copy.")


@rule("EMS703", "id-reused", "error", needs_history=True, sees="one")
def id_reused(handbook: Handbook) -> Iterator[Found]:
    """The id of a document that was withdrawn or deleted stands on another document.

    Checks: A document that comes back after its withdrawal or deletion carries on its own history: rows of `revisions`
        that were approved stand in it. An id is never given to another document.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.2 (identification); EMAS A.7.5.2.
    Bad:
        docs/procedures/EMS-PRO-002.md
        commit
        docs/procedures/EMS-PRO-002.md
          status: withdrawn
        commit
        delete docs/procedures/EMS-PRO-002.md
        commit
        docs/procedures/EMS-PRO-002.md
          title: Noise at night
          status: draft
          revision: 2
          approved_by:
          approved_on:
          revisions:
            - {revision: 2, date: 2026-02-01, author: a.author, class: substantive, change: Limits of noise at night.}
        commit
    Good:
        docs/procedures/EMS-PRO-002.md
        commit
        docs/procedures/EMS-PRO-002.md
          status: withdrawn
        commit
        delete docs/procedures/EMS-PRO-002.md
        commit
        docs/procedures/EMS-PRO-003.md
          title: Noise at night
        commit
    Fix: Give the new document an id that was never used. `ems new` finds the next number.
    """
    for document in handbook.ordered:
        before, version = reused(document), document.current
        if before and version:
            title = before.version.metadata.title or "another document"
            message = f'{document.id} was "{title}"; its id now stands on a document that does not carry on its history'
            yield at_key(document, version, "id", message, "Give this document an id that was never used.")


@rule("EMS704", "document-deleted", "error", needs_history=True, sees="shared")
def document_deleted(handbook: Handbook) -> Iterator[Found]:
    """The file of a document that is in force, or will be, is gone.

    Checks: A document that is approved and not withdrawn has its file, with its id. A withdrawn document's file may
        go, and so may that of a document that was never approved.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (retention and disposition); EMAS A.7.5.3.
    Bad:
        docs/procedures/EMS-PRO-002.md
        commit
        delete docs/procedures/EMS-PRO-002.md
    Good:
        docs/procedures/EMS-PRO-002.md
        commit
        docs/procedures/EMS-PRO-002.md
          status: withdrawn
        commit
        delete docs/procedures/EMS-PRO-002.md
    Fix: Bring the file back. If the document has had its day, withdraw it first: `status: withdrawn`, with an approval.
    """
    for document in handbook.listed:
        if document.current or not (document.in_force or document.upcoming) or handbook.docs_stand_in:
            continue
        path = document.history.versions[-1].path
        blob = handbook.tree.files.get(path)
        other = handbook.tree.store.document(blob) if blob else None
        if other and other.id is None:
            continue  # its front matter lost the id, which is a finding by itself
        state = "in force" if document.in_force else "approved"
        message = f"{document.id} is {state}, but its file is gone"
        fix = "Bring it back, or withdraw the document first: status: withdrawn, with an approval."
        if other:
            message = f"{document.id} is {state}, but its file now has the id {other.id}"
            fix = f"Write id: {document.id} again; a new document gets a file of its own."
        yield Found(path, 0, 0, document.id, message, fix)


@rule("EMS708", "withdrawn-without-approval", "error", needs_history=True, sees="one")
def withdrawn_without_approval(handbook: Handbook) -> Iterator[Found]:
    """A document says that it is withdrawn, but too few of those who have to agree have approved that.

    Checks: Where `status: withdrawn` stands on a document that was approved, `approved_by` names as many persons of
        the approving role as approving the document takes. Until it does, the document stays in force.
    Basis: Our own rule: what took an approval to come takes one to go.
    Bad:
        ems.yml
          types: {procedure: {prefix: EMS-PRO, approve: {role: manager, number: 2}}}
        docs/procedures/EMS-PRO-001.md
          approved_by: [b.boss, c.deputy]
        commit
        docs/procedures/EMS-PRO-001.md
          status: withdrawn
          approved_by: [b.boss]
          approved_on: 2026-01-05
        docs/index.md
          = # Home
        commit
    Good:
        ems.yml
          types: {procedure: {prefix: EMS-PRO, approve: {role: manager, number: 2}}}
        docs/procedures/EMS-PRO-001.md
          approved_by: [b.boss, c.deputy]
        commit
        docs/procedures/EMS-PRO-001.md
          status: withdrawn
          approved_on: 2026-01-05
        docs/index.md
          = # Home
        commit
    Fix: Have the withdrawal approved by the role that approves this type, and write `approved_by` and `approved_on`.
    """
    for document, version in current(handbook):
        metadata = version.metadata
        if metadata.status != "withdrawn" or not (document.in_force or document.upcoming):
            continue
        if document.state is State.WITHDRAWN or document.kind is None or document.kind.level != "declared":
            continue
        claimed = bool(metadata.approved_by) and metadata.approved_on is not None
        if not claimed or version.commit is None or handbook.judge(document, version).objections:
            continue  # not on main yet, or a rule of family 3 says why the claim does not count
        who = " and ".join(f"{need.number} × {handbook.people.title(need.role)}" for need in document.kind.approve)
        message = f"{document.id} says withdrawn, but too few have approved that, so it stays in force"
        yield at_key(document, version, "status", message, f"Have it approved by {who}: approved_by and approved_on.")


@rule("EMS709", "claimed-after-withdrawal", "error", needs_history=True, sees="one")
def claimed_after_withdrawal(handbook: Handbook) -> Iterator[Found]:
    """A document was withdrawn, but its file says submitted again.

    Checks: After its withdrawal has landed, the file of a document says `status: withdrawn` (or draft) or is gone. No
        claim in front matter brings a withdrawn document back.
    Basis: Custom, not required since ISO 14001:2015: that obsolete texts are kept out of use was asked by ISO
        14001:2004, 4.4.5; the editions since name control of changes (7.5.3), not obsolete texts.
    Bad:
        commit
        docs/procedures/EMS-PRO-001.md
          status: withdrawn
        docs/index.md
          = # Home
        commit
        docs/procedures/EMS-PRO-001.md
          status: submitted
    Good:
        commit
        docs/procedures/EMS-PRO-001.md
          status: withdrawn
        docs/index.md
          = # Home
        commit
    Fix: Write `status: withdrawn` again, and give the text to a new document with a number of its own.
    """
    for document, version in current(handbook):
        withdrawn = document.standing.withdrawn
        if withdrawn and version.metadata.status == "submitted" and not reused(document):
            message = f"{document.id} was withdrawn on {withdrawn.first_day}, but its file says submitted"
            fix = 'Write "status: withdrawn", and give the text to a new document with a number of its own.'
            yield at_key(document, version, "status", message, fix)
