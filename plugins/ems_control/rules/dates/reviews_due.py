"""Family 6: dates and reviews."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from ems_control.approvals.lifecycle import add_months
from ems_control.documents.history import Version
from ems_control.ground.text import counted
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_key, current

SOON = timedelta(days=30)
"""How long before its last day a temporary revision is named."""


def _first_day(document: Document, version: Version) -> date | None:
    """The first day in force or the last periodic review where it is approved, else the day that the text asks for."""
    approval = next((a for a in document.approvals if a.revision == version.metadata.revision), None)
    reviews = [review.day for review in document.life.reviews if approval and review.day >= approval.first_day]
    return max([approval.first_day, *reviews]) if approval else version.metadata.effective


@rule("EMS601", "review-overdue", "warning", needs_history=True, sees="one")
def review_overdue(handbook: Handbook) -> Iterator[Found]:
    """The day by which a document in force had to be reviewed has passed.

    Checks: For every document in force, the review interval of its type after the first day in force, or `review_by`
        where that is earlier, lies on or after the day of the check.
    Basis: Custom, not required by either edition: ISO 14001:2015 and ISO 14001:2026, 7.5.2, ask for review when a text
        is created or updated. The interval is the organisation's own, in ems.yml, and auditors hold it to that.
    Bad:
        docs/procedures/EMS-PRO-001.md
          review_by: 2026-02-15
    Good:
        docs/procedures/EMS-PRO-001.md
          review_by: 2026-03-01
    Fix: Read the document against how the work is done. Make the next revision, even if nothing else changed than the
        row in `revisions` that says so; or withdraw the document. Until then the text still applies.
    """
    for document in handbook.listed:
        standing = document.standing
        if not standing.overdue or standing.in_force is None:
            continue
        version = document.current or standing.in_force.version
        owner = standing.in_force.version.metadata.owner
        whose = f" by its owner, {handbook.people.title(owner)}," if owner else ""
        days = (handbook.day - (standing.review_due or handbook.day)).days
        since = counted(days, "{number} day ago", "{number} days ago")
        message = f"the review{whose} was due on {standing.review_due}, {since}"
        fix = (
            f"Review the text and bring revision {standing.in_force.revision + 1} into force, or withdraw the document."
        )
        if document.kind and document.kind.level != "declared":
            fix = (
                f"Review the text and sign that it stays (ems periodic-review {document.id}), or revise or withdraw it."
            )
        key = "review_by" if standing.review_due == version.metadata.review_by else "effective"
        yield at_key(document, version, key, message, fix)


@rule("EMS602", "review-beyond-interval", "warning", sees="one")
def review_beyond_interval(handbook: Handbook) -> Iterator[Found]:
    """A document asks for a later review than its type allows.

    Checks: `review_by` is not later than the first day in force (or `effective`, while the text is not approved) plus
        the review interval of the type. It can only bring the review forward, so a later day counts for nothing.
    Basis: Our own rule: the interval of ems.yml holds for everybody, and a later date in front matter does not put it
        off.
    Bad:
        docs/procedures/EMS-PRO-001.md
          review_by: 2029-01-01
    Good:
        docs/procedures/EMS-PRO-001.md
          review_by: 2027-06-30
    Fix: Take `review_by` out, or write an earlier day. The interval of a type stands in ems.yml, `review_months`.
    """
    for document, version in current(handbook):
        claimed, months = version.metadata.review_by, document.kind.review_months if document.kind else None
        first = _first_day(document, version)
        if claimed is None or months is None or first is None or version.metadata.status == "withdrawn":
            continue
        last = add_months(first, months)
        if claimed > last:
            message = f"review_by {claimed} is later than {last}, which is {months} months after {first}"
            yield at_key(document, version, "review_by", message, f"Take it out, or write a day up to {last}.")


@rule("EMS603", "until-before-effective", "error", sees="one")
def until_before_effective(handbook: Handbook) -> Iterator[Found]:
    """A temporary document ends before it starts.

    Checks: `until`, the last day of a temporary document, is not earlier than its first day in force (or `effective`,
        while the text is not approved).
    Basis: Our own rule.
    Bad:
        docs/procedures/EMS-PRO-002.md
          status: draft
          effective: 2026-04-01
          until: 2026-03-15
          approved_by:
          approved_on:
    Good:
        docs/procedures/EMS-PRO-002.md
          status: draft
          effective: 2026-03-15
          until: 2026-04-01
          approved_by:
          approved_on:
    Fix: Write a last day that is not before the first, or take `until` out of a document that is not temporary.
    """
    for document, version in current(handbook):
        first, last = _first_day(document, version), version.metadata.until
        if first and last and last < first and version.metadata.status != "withdrawn":
            message = f"until {last} is earlier than {first}, the first day of this text"
            yield at_key(document, version, "until", message, f"Write a day from {first} on, or take it out.")


@rule("EMS605", "temporary-ends-soon", "warning", needs_history=True, sees="one")
def temporary_ends_soon(handbook: Handbook) -> Iterator[Found]:
    """A temporary revision ends within 30 days.

    Checks: The last day (`until`) of a revision in force is more than 30 days away, or a revision is approved that
        follows it without a gap. The message says what applies afterwards: the revision before, or nothing.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (available where and when needed); EMAS A.7.5.3.
    Bad:
        docs/procedures/EMS-PRO-001.md
          until: 2026-03-31
    Good:
        docs/procedures/EMS-PRO-001.md
          until: 2026-04-01
    Fix: Nothing, if what the message says is meant; else begin the next revision: `ems revise`.
    """
    for document in handbook.listed:
        standing = document.standing
        now = standing.in_force
        if now is None or now.until is None or not handbook.day <= now.until <= handbook.day + SOON:
            continue
        if standing.upcoming and standing.upcoming.first_day <= now.until + timedelta(days=1):
            continue
        version = document.current or now.version
        back = standing.returns
        then = f"revision {back.revision} applies again" if back else "nothing applies: the document is withdrawn"
        message = f"revision {now.revision} ends on {now.until}; after that {then}"
        yield at_key(document, version, "until", message, f"If that is not meant: ems revise {document.id}.")
