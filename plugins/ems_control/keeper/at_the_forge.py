"""What is said at the forge about one request: one status, one comment, each reviewer asked once; nothing twice."""

from __future__ import annotations

from collections.abc import Sequence

from ems_control.exports.request_comment import marker
from ems_control.exports.words import Words
from ems_control.forges.desks.base import Desk, State
from ems_control.forges.http import RefusedError
from ems_control.ground.errors import EmsError
from ems_control.keeper.judging import ORDER, Opinion


def post(desk: Desk, commit: str, opinions: Sequence[Opinion], words: Words) -> tuple[State, str]:
    """One status at a commit, for every open request that has it: the worst answer. Gives what stands there then."""
    worst = max(opinions, key=lambda one: (ORDER[one.state], -one.request.number))
    for one in opinions:
        one.judged.twins = tuple(sorted(o.request.number for o in opinions if o is not one))
    request = worst.request
    told = words(f"keep.state.{worst.state}")
    said = words("keep.status", number=request.number, branch=request.target, words=told)[:140]
    now = desk.status(commit)
    if now is None or not now.mine or (now.state, now.words) != (worst.state, said):
        desk.post_status(commit, worst.state, said, request.number)
    return worst.state, said


def say(desk: Desk, number: int, body: str, begin: bool = True) -> bool:
    """One comment of ours, with these words; whether anything was changed.

    A comment is ours by its author, which the forge tells, and by its first line. Two that ran at once leave one.
    With `begin` False, nothing is said where nothing was before.
    """
    mine = _ours(desk, number)
    if not mine and not begin:
        return False
    if not mine:
        desk.comment(number, body)
        mine = _ours(desk, number)
        changed = True
    else:
        changed = mine[0][1].strip() != body.strip()
        if changed:
            desk.change_comment(number, mine[0][0], body)
    for comment, _ in mine[1:]:
        try:
            desk.remove_comment(number, comment)
        except RefusedError as error:
            if error.status != 404:  # the other run took it away
                raise
    return changed or len(mine) > 1


def _ours(desk: Desk, number: int) -> list[tuple[str, str]]:
    first = marker(number)
    return [
        (one.id, one.body.replace("\r\n", "\n"))
        for one in desk.comments(number)
        if one.mine and one.body.lstrip().startswith(first)
    ]


def ask(desk: Desk, opinion: Opinion, words: Words) -> list[str]:
    """Ask everybody who is missing and was not asked; gives the names. Who cannot be asked is told in the comment."""
    asked, request = [], opinion.request
    for name, account in opinion.ask:
        if account is None:
            opinion.judged.not_asked = [*opinion.judged.not_asked, words("keep.no account", name=name)]
        elif account.id not in request.asked:
            try:
                desk.ask(request, account)
                asked.append(name)
            except EmsError as error:
                opinion.judged.not_asked = [*opinion.judged.not_asked, f"{name}: {error}"]
    return asked
