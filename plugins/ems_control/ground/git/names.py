"""Names from outside for commits: written out in full, and refused where they mean more than one thing."""

from __future__ import annotations

import re
from collections.abc import Callable

OBJECT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PLACES = ("{}", "refs/{}", "refs/tags/{}", "refs/heads/{}", "refs/remotes/{}", "refs/remotes/{}/HEAD")
_PSEUDO = re.compile(r"@|[A-Z_]*HEAD")
_REMOTE = "refs/remotes/origin/"
_REVISION = re.compile(r"(?P<name>[^~^@:]*)(?P<rest>.*)", re.DOTALL)


def full_name(revision: str, run: Callable[..., bytes]) -> str:
    """A revision with its branch or tag written out: git by itself takes a tag `origin/main` for the remote's branch.

    `run` runs git. Raises ValueError, with the names to choose from, where there are several.
    """
    match = _REVISION.fullmatch(revision)
    name, rest = (match["name"], match["rest"]) if match else (revision, "")
    if not name or name.startswith("-") or OBJECT.fullmatch(name) or _PSEUDO.fullmatch(name):
        return revision
    places = [place.format(name) for place in _PLACES]
    listed = run("for_each_ref", "--format=%(refname)", "--", *places).decode("utf-8", "surrogateescape").split("\n")
    found = [place for place in places if place in listed]
    if name.startswith("refs/") and name in found:
        return revision  # the whole name already; a tag that is called like it must not stop the gate
    also = re.fullmatch(r"[0-9a-f]{4,}", name) and run("rev_parse", f"--disambiguate={name}").strip()
    if len(found) > 1 or (found and also):
        meant = [*found, *(["a commit whose name begins so"] if also else [])]
        raise ValueError(f'"{name}" means more than one thing here: {", ".join(meant)}. Write the whole name.')
    return found[0] + rest if found else revision


def default_branch(run: Callable[..., bytes]) -> str:
    """The branch that others are sent to: the remote's default, else the one checked out, else the remote's only one.

    `run` runs git. `main` where none of them is known: a clone may be of one commit.
    """
    form = "--format=%(refname)%00%(symref)%00%(HEAD)"
    listed = run("for_each_ref", form, "--", "refs/heads", "refs/remotes/origin").decode("utf-8", "replace")
    known = {name: (goal, here) for name, goal, here in (line.split("\0") for line in listed.splitlines())}
    goal, _ = known.pop(f"{_REMOTE}HEAD", ("", ""))
    if goal.startswith(_REMOTE):
        return goal.removeprefix(_REMOTE)
    here = [name.removeprefix("refs/heads/") for name, (_, mark) in known.items() if mark == "*"]
    there = [name.removeprefix(_REMOTE) for name in known if name.startswith(_REMOTE)]
    return next(iter(here), there[0] if len(there) == 1 else "main")
