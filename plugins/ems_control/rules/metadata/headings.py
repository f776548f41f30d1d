"""Family 1, continued: the headings that a type of document must have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property

from ems_control.approvals.policy_history import PolicyText, policy_texts
from ems_control.documents.history import Version
from ems_control.ground.errors import EmsError
from ems_control.ground.organisation.policy import Policy, load_policy_that_stood
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_key, current


@rule("EMS123", "heading-missing", "error", needs_history=True, sees="one")
def heading_missing(handbook: Handbook) -> Iterator[Found]:
    """A text lacks a heading that the policy asks of its type.

    Checks: A submitted text has every heading that `headings` of its type in ems.yml names for its language, at any
        level, in the same words; capitals do not count. An approved text is judged by the policy under which it was
        approved, so a heading that is asked for later is due with the next revision.
    Basis: Our own rule: the headings are those that the organisation asks for in ems.yml.
    Bad:
        ems.yml
          types:
            procedure: {prefix: EMS-PRO, level: declared, approve: manager, headings: {en: [Records]}}
    Good:
        ems.yml
          types:
            procedure: {prefix: EMS-PRO, level: declared, approve: manager, headings: {en: [Records]}}
        docs/procedures/EMS-PRO-001.md
          > ## Drains {#drains}
          >
          > Close valve V-3.
          >
          > ## Records {#records}
          >
          > The yard lead keeps the log for three years.
    Fix: Add the heading and what belongs under it; or have `headings` of the type changed in ems.yml.
    """
    judge = _Judge(handbook)
    for document, version in current(handbook) if judge.asks else ():
        if version.facts.status != "submitted":
            continue
        asked = judge.headings(document, version)
        there = {_words(heading.text) for heading in version.file.headings}
        for heading in asked:
            if _words(heading) not in there:
                message = f'the heading "{heading}" is missing, which every {document.type_name} has'
                yield at_key(document, version, "type", message, "Add it, with what belongs under it.")


class _Judge:
    """The headings that are asked of a text by the policy of its day."""

    def __init__(self, handbook: Handbook) -> None:
        self.handbook, self.chain = handbook, handbook.records.chain
        self._read: dict[int, Policy] = {}
        policies = [handbook.policy, *(link.policy for link in self.chain.links)]
        self.asks = any(kind.headings for policy in policies for kind in policy.types.values())

    @cached_property
    def _texts(self) -> list[PolicyText]:
        return self.chain.texts or policy_texts(self.handbook.repository)

    def headings(self, document: Document, version: Version) -> tuple[str, ...]:
        policy = self._policy(document, version)
        kind = policy.kind_of(document.id)
        language = version.facts.language or next(iter(policy.languages), "en")
        return tuple(kind.headings.get(language, ())) if kind else ()

    def _policy(self, document: Document, version: Version) -> Policy:
        """The policy where the text was approved; of one that was not, the policy in force."""
        approval = next((one for one in document.approvals if one.revision == version.facts.revision), None)
        if approval is None:
            return self.handbook.policy
        link = self.chain.at(approval.order)
        return link.policy if link else self._stated(approval.order)

    def _stated(self, order: int) -> Policy:
        """The files as they stood there, where no policy had been approved."""
        text = next((one for one in reversed(self._texts) if one.order <= order and one.policy), None)
        if text is None or text.policy is None:
            return self.handbook.policy
        if text.order not in self._read:
            self._read[text.order] = self.handbook.policy
            with suppress(EmsError):  # what could not be read asked for nothing else
                self._read[text.order] = load_policy_that_stood(text.policy)[0]
        return self._read[text.order]


def _words(text: str) -> str:
    return " ".join(text.split()).casefold()
