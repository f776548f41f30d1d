"""Asking the forge: the options that name a pull request, `ems check --reviews`, `ems verify --online`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ems_control.cli.context import FORGE
from ems_control.ground.errors import EmsError
from ems_control.rules.finding import Finding

if TYPE_CHECKING:
    from ems_control.handbook.handbook import Handbook
    from ems_control.reviews.pull_request import PullRequest


@dataclass(frozen=True)
class Source:
    """Where a pull request is: at which forge, or in which file, as the options say."""

    forge: str | None
    url: str
    repository: str
    number: int | None
    export: Path | None

    def pull(self, handbook: Handbook) -> PullRequest:
        """The pull request; raises EmsError where the options do not say which, or the forge does not answer."""
        from ems_control.forges.opening import open_forge, read_export  # the network's library is slow to load

        if self.export is not None:
            return self._expected(read_export(self.export))
        if self.forge is None or not self.repository or self.number is None:
            raise EmsError("which pull request? Name --forge, --repository and --pull, or a file: --from-json FILE.")
        return open_forge(self.forge, self.url, self.repository, handbook.policy.zone).pull_request(self.number)

    def _expected(self, pull: PullRequest) -> PullRequest:
        wanted = (self.forge or pull.forge, self.repository or pull.repository, self.number or pull.number)
        if (pull.forge, pull.repository, pull.number) != wanted:
            raise EmsError(f"the file holds {pull.called} at {pull.forge}, not what was asked for.")
        return pull


def forge_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--forge, --url, --repository, --pull and --from-json, as one `source`."""

    @wraps(command)
    def collected(
        *given: Any, forge: str | None, url: str, repository: str, number: int | None, export: Path | None, **rest: Any
    ) -> Any:
        return command(*given, source=Source(forge, url, repository, number, export), **rest)

    made: Callable[..., Any] = collected
    for option in (
        click.option(
            "--from-json", "export", type=click.Path(path_type=Path), help="Read the pull request from a file."
        ),
        click.option("--pull", "number", type=click.IntRange(min=1), help="Number of the pull request."),
        click.option("--repository", default="", help="Repository at the forge, like works/handbook."),
        click.option("--url", default="", help="Address of the forge; GitHub and GitLab have one."),
        click.option("--forge", type=FORGE, help="Which kind of forge."),
    ):
        made = option(made)
    return made


def review_findings(handbook: Handbook, source: Source, base: str | None) -> list[Finding]:
    """What the decisions at the forge, and the records in the branch, do not give yet; each an error."""
    from ems_control.reviews.missing import elsewhere, missing
    from ems_control.rules.printed import find_page

    rule = find_page("awaiting-approval")
    main, pull = handbook.repository.resolve(base) if base else None, source.pull(handbook)
    return [
        Finding(rule.code, rule.name, "error", one.path, 0, 0, one.document, one.message, one.fix)
        for one in [*missing(handbook, pull, main), *elsewhere(handbook, pull, main)]
    ]


def online_findings(handbook: Handbook, trusted: tuple[str, ...]) -> list[Finding]:
    """Where a forge says something else today than the records that were copied from it.

    `trusted` are the addresses that may be asked, with a token, beside GitHub's and GitLab's own.
    """
    from ems_control.approvals.record_checks import ends
    from ems_control.forges.opening import open_forge
    from ems_control.forges.still_there import differences
    from ems_control.rules.printed import find_page

    rule = find_page("record-unlike-forge")
    zone = handbook.policy.zone
    fix = "Somebody changed the review at the forge since, or the record was never true: find out which."
    judge = handbook.records
    return [
        Finding(
            rule.code,
            rule.name,
            "error",
            one.path,
            0,
            0,
            one.document,
            one.message,
            f"{fix} {ends(one.document, one.path.removeprefix(handbook.repository.prefix))}",
        )
        for one in differences(
            [entry for entry in judge.ledger.entries if not judge.corrected(entry.name)],
            lambda name, url, repository: open_forge(name, url, repository, zone),
            trusted,
        )
    ]
