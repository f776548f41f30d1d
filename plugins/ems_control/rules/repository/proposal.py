"""Rules about a change as a whole: `ems check --base REV` judges what main would be after the merge."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from ems_control.documents.history import Version
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.digest import CLAIM_KEYS, CLASSIFICATION_KEYS
from ems_control.ground.formats.records import FOLDER, POLICY_ID
from ems_control.ground.git.log import Change
from ems_control.ground.markdown.mkdocs_yml import read_site_config
from ems_control.ground.organisation.people import PEOPLE_FILE
from ems_control.ground.organisation.policy import POLICY_FILE
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_key
from ems_control.rules.repository.site_file import runs_beside

_MACHINERY = re.compile(
    r"\.github/.*|\.gitlab(-ci\.yml|/.*)|\.(gitea|forgejo|woodpecker|circleci)/.*|\.woodpecker\.ya?ml|Jenkinsfile"
    r"|(.*/)?(\.gitattributes|\.gitmodules|CODEOWNERS)|(hooks|plugins|theme|overrides)/.*|pyproject\.toml|Makefile"
    r"|requirements.*|\.ci/.*",
    re.IGNORECASE,
)
"""Files that decide how documents are judged and published, but for the policy files and mkdocs.yml."""


@rule("EMS711", "change-conflicts", "error", needs_history=True, fixed=True, sees="change")
def change_conflicts(handbook: Handbook) -> Iterator[Found]:
    """The change does not fit what has come onto main since it began.

    Checks: Merging the change onto the commit named with --base leaves no file in conflict.
    Basis: Our own rule: what is judged is what main will be after the merge.
    Bad:
        docs/procedures/EMS-PRO-001.md
        commit
        branch
        docs/index.md
          = # Start
        commit
        on main
        docs/index.md
          = # Home of the handbook
        commit
        propose
    Good:
        docs/procedures/EMS-PRO-001.md
        commit
        branch
        docs/index.md
          = # Start
        commit
        propose
    Fix: Merge main into the branch, settle the file, and have the text looked at again.
    """
    proposal = handbook.proposal
    for path in proposal.conflicts if proposal else ():
        yield Found(
            path, 0, 0, "", "this file was changed here and on main", "Merge main into the branch and settle it."
        )


@rule("EMS712", "change-mixes-text-and-machinery", "error", needs_history=True, fixed=True, sees="change")
def change_mixes_text_and_machinery(handbook: Handbook) -> Iterator[Found]:
    """One change touches documents and also what judges or publishes them.

    Checks: A change that touches documents or their records touches neither ems.yml and people.yml, nor CI files,
        .gitattributes, CODEOWNERS, hooks, plugins, theme, nor mkdocs.yml beyond its navigation, nor the hooks, the
        theme folder and the file to inherit from that it names. A handbook that is just being set up is free.
    Basis: Our own rule: whoever could change the judge and the judged at once needs no approval.
    Bad:
        docs/procedures/EMS-PRO-001.md
        commit
        branch
        .github/workflows/check.yml
          = name: check
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
        commit
        propose
    Good:
        docs/procedures/EMS-PRO-001.md
        commit
        branch
        docs/index.md
          = # Start
        commit
        propose
    Fix: Make two changes of it: the policy or machinery first, with its own approval, then the document.
    """
    proposal = _proposal(handbook)
    if proposal is None or not _had_policy(handbook):
        return
    prefix = handbook.repository.prefix
    machinery = {change.path for change in proposal if _MACHINERY.fullmatch(change.path.removeprefix(prefix))}
    run, theme = runs_beside(handbook)
    machinery |= {c.path for c in proposal if c.path in run or (theme and c.path.startswith(theme))}
    moved = handbook.settled.moved_only
    texts = [c for c in proposal if c.path not in machinery and c.path not in moved and _is_document(handbook, c.path)]
    if not texts:
        return
    for change in proposal:
        path = change.path.removeprefix(prefix)
        policy = path in (POLICY_FILE, PEOPLE_FILE) or path.startswith(f"{FOLDER}/{POLICY_ID}/")
        site = path == "mkdocs.yml" and _beyond_navigation(handbook, change)
        if policy or site or change.path in machinery:
            message = f"this change touches {path} and also {texts[0].path}"
            fix = "Make two changes of it: this file first, with its own approval, then the document."
            yield Found(change.path, 0, 0, "", message, fix)


@rule("EMS713", "claim-or-filing-changed", "info", needs_history=True, sees="change")
def claim_or_filing_changed(handbook: Handbook) -> Iterator[Found]:
    """A change touches keys that need no new approval.

    Checks: Lists what a change does to status, approved_by, approved_on, review_by, clauses, distribution and tags of a
        text that stays the same otherwise. No fault; somebody should look.
    Basis: Our own rule: what needs no signature is at least seen.
    Bad:
        docs/procedures/EMS-PRO-001.md
        commit
        branch
        docs/procedures/EMS-PRO-001.md
          distribution: [yard]
        commit
        propose
    Good:
        docs/procedures/EMS-PRO-001.md
        commit
        branch
        docs/index.md
          = # Start
        commit
        propose
    Fix: Nothing, if it is meant.
    """
    for document, before, after in _changed(handbook):
        if before.digest() != after.digest():
            continue
        for key in (*CLAIM_KEYS, *CLASSIFICATION_KEYS):
            old, new = before.file.written(key), after.file.written(key)
            if old != new:
                message = f"{key} changes from {_words(old)} to {_words(new)}; the text stays as it is"
                yield at_key(document, after, key, message, "Nothing to do, if it is meant.")


@rule("EMS714", "document-moved", "info", needs_history=True, sees="change")
def document_moved(handbook: Handbook) -> Iterator[Found]:
    """A change moves the file of a document.

    Checks: Lists documents that lie at another path after the change. No fault: a document is known by its id.
    Basis: Our own rule: what needs no signature is at least seen.
    Bad:
        docs/procedures/EMS-PRO-001.md
        commit
        branch
        move docs/procedures/EMS-PRO-001.md docs/procedures/EMS-PRO-001-drains.md
        docs/index.md
          = # Start
        commit
        propose
    Good:
        docs/procedures/EMS-PRO-001.md
        commit
        branch
        docs/index.md
          = # Start
        commit
        propose
    Fix: Nothing, if it is meant.
    """
    for document, before, after in _changed(handbook):
        if before.path != after.path:
            message = f"{document.id} moves here from {before.path}"
            yield Found(after.path, 0, 0, document.id, message, "Nothing to do, if it is meant.")


@rule("EMS715", "record-idle", "info", needs_history=True, sees="shared")
def record_idle(handbook: Handbook) -> Iterator[Found]:
    """A change brings a record whose text never stood on main.

    Checks: Lists sound records of the change that decide about a text which is not there: mostly the text was changed
        after it was signed.
    Basis: Our own rule: a decision counts for exactly the text that was decided about.
    Bad:
        signed
        branch
        docs/procedures/EMS-PRO-002.md
          status: draft
        commit
        approve EMS-PRO-002 by b.boss
        docs/procedures/EMS-PRO-002.md
          > ## Drains {#drains}
          >
          > Open valve V-3.
        commit
        propose
    Good:
        signed
        branch
        docs/procedures/EMS-PRO-002.md
        commit
        approve EMS-PRO-002 by b.boss
        commit
        propose
    Fix: Have the text signed as it is now; the idle record does no harm.
    """
    order = handbook.proposed_order
    for entry in handbook.verification.idle:
        if order is not None and entry.order == order:
            document = entry.record.document if entry.record else ""
            message = "this record is about a text that does not come onto main with this change"
            fix = "Have the text signed as it is now; the record does no harm."
            yield Found(handbook.repository.prefix + entry.path, 0, 0, document, message, fix)


def _proposal(handbook: Handbook) -> Sequence[Change] | None:
    order = handbook.proposed_order
    return None if order is None else handbook.repository.landings[order].changes


def _had_policy(handbook: Handbook) -> bool:
    """Whether the base had an ems.yml: without one, the handbook is just being set up."""
    path = handbook.repository.prefix + POLICY_FILE
    landings = handbook.repository.landings
    before = islice(landings, len(landings) - 1)
    return any(change.path == path and change.after for landing in before for change in landing.changes)


def _is_document(handbook: Handbook, path: str) -> bool:
    prefix = handbook.repository.prefix
    if path.startswith(handbook.docs + "/"):
        return handbook.is_controlled(path) or not path.endswith(".md")
    return path.startswith(f"{prefix}{FOLDER}/") and not path.startswith(f"{prefix}{FOLDER}/{POLICY_ID}/")


def _beyond_navigation(handbook: Handbook, change: Change) -> bool:
    """Whether a change of mkdocs.yml does more than add, move or remove lines of the navigation that lead to pages."""
    read = handbook.repository.blob
    texts = [read(blob).decode("utf-8", "replace") if blob else "" for blob in (change.befores[0], change.after)]
    old, new = (re.sub(r"^nav:.*\n(?:[ \t#-].*\n|\n)*", "", text + "\n", flags=re.MULTILINE) for text in texts)
    if old.strip() != new.strip():
        return True
    try:
        before, after = (read_site_config(text).navigation for text in texts)
    except EmsError:
        return True
    return Counter(e for e in before if not e.is_page) != Counter(e for e in after if not e.is_page)


def _changed(handbook: Handbook) -> Iterator[tuple[Document, Version, Version]]:
    """Documents that a proposed change gives a new text or place, with what stood before."""
    order = handbook.proposed_order
    for document in handbook.touched:
        versions = document.history.versions
        if len(versions) > 1 and versions[-1].order == order:
            yield document, versions[-2], versions[-1]


def _words(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(str, value))}]"
    return "nothing" if value is None else str(value)
