"""Where a handbook is: the folder that holds its ems.yml. Light, because every command asks it first."""

from __future__ import annotations

import shlex
from pathlib import Path

from ems_control.ground.errors import EmsError

POLICY_FILE = "ems.yml"
PEOPLE_FILE = "people.yml"


def above(start: Path) -> Path | None:
    """The nearest folder, from `start` upwards, that holds ems.yml; None where there is none."""
    start = start.resolve()
    return next((folder for folder in (start, *start.parents) if (folder / POLICY_FILE).is_file()), None)


def find_root(start: Path) -> Path:
    """The nearest folder, from `start` upwards, that holds ems.yml; raises EmsError where there is none."""
    found = above(start)
    if found is None:
        below = sorted(path.parent.relative_to(start).as_posix() for path in start.glob(f"*/{POLICY_FILE}"))
        fix = "Go to the folder of a handbook, name it with --root, or begin one: ems init DIR."
        named = f" There is one in {', '.join(below[:3])}: ems --root {shlex.quote(below[0])} …" if below else ""
        raise EmsError(f"no {POLICY_FILE} in {start.resolve()} or above. {fix}{named}")
    return found
