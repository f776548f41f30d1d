"""What a run did, counted where it is done: numbers that, unlike a clock, are the same on every machine.

With EMS_COUNT=FILE each process appends one line of JSON to that file when it ends (`ems build` runs in two; their
numbers add up). The words of the program itself are not counted.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
from typing import Literal, get_args

VARIABLE = "EMS_COUNT"
"""The variable of the environment that names the file."""

Counted = Literal[
    "git_processes",
    "git_logs",
    "commits_read",
    "blobs_read",
    "yaml_documents",
    "signatures_verified",
    "documents_judged",
    "texts_rendered",
    "documents_checked",
    "pages_rendered",
    "workbooks_made",
    "files_written",
]
_counts: dict[Counted, int] = dict.fromkeys(get_args(Counted), 0)


def count(what: Counted, number: int = 1) -> None:
    """Note that something was done, once or a number of times."""
    _counts[what] += number


def counts() -> dict[Counted, int]:
    """What was done so far."""
    return dict(_counts)


def begin_anew() -> None:
    """Count from nothing: a process that was forked tells what it did itself."""
    _counts.update(dict.fromkeys(_counts, 0))


def tell() -> None:
    """Append the counts to the file that is named, if one is."""
    place = os.environ.get(VARIABLE)
    if not place:
        return
    line = json.dumps({"version": 1, "counts": _counts}) + "\n"
    try:
        with open(place, "a", encoding="utf-8") as file:  # noqa: PTH123 (a path of the user, as it is written)
            file.write(line)
    except OSError as error:
        print(f"ems: {VARIABLE}: the counts were not written: {error.strerror}.", file=sys.stderr)  # noqa: T201


atexit.register(tell)
