"""The history of pages that are not controlled: they have no id, so git's likeness of texts must do."""

from __future__ import annotations

from collections import defaultdict

from ems_control.ground.git import Repository
from ems_control.ground.gitlog import Commit
from ems_control.ground.text import is_markdown


def page_histories(repository: Repository) -> dict[str, list[Commit]]:
    """Every Markdown path at HEAD with its commits, newest first, as `git log --follow` lists them.

    One walk over one log. It differs from `git log --follow` where a page began as a copy of a file that its commit
    left alone: asking git for those, too, would compare every new file with all others.
    """
    histories: dict[str, list[Commit]] = {path: [] for path in _pages(repository)}
    pages_at = defaultdict(set, {path: {path} for path in histories})
    for commit in repository.followed:
        touched: set[str] = set()
        moved: list[tuple[str, str]] = []
        for change in commit.changes:
            touched |= pages_at[change.path]
            if change.renamed_from is not None:
                if not change.copied:
                    touched |= pages_at[change.renamed_from]
                moved += [(page, change.renamed_from) for page in pages_at.pop(change.path)]
        for page, path in moved:
            pages_at[path].add(page)
        for page in touched:
            histories[page].append(commit)
    return histories


def _pages(repository: Repository) -> list[str]:
    """The paths of the Markdown files at HEAD."""
    there: dict[str, bool] = {}
    for commit in repository.landings:
        there.update((change.path, change.after is not None) for change in commit.changes if is_markdown(change.path))
    return sorted(path for path, is_there in there.items() if is_there)
