"""Write the workflows of handbooks once more, as reusable ones of this repository: `.github/workflows/handbook-*.yml`.

A handbook that calls them holds four lines instead of a file; what they do is what `ems ci github` writes.
"""

from __future__ import annotations

import re
from pathlib import Path

from ems_control.exports.ci_workflows import workflows

FOLDER = Path(__file__).parents[2] / ".github/workflows"
RIGHTS = {
    "check": "{contents: read}",
    "keep": "{contents: read, pull-requests: write, statuses: write}",
    "publish": "{contents: read, pages: write, id-token: write}",
}
HEAD = """\
# Reusable: what `ems ci github` writes as {name}, to be called by a handbook whose main branch is main. It is made by
# tests/tools/make_reusable.py. The events stand in the calling workflow, and are those of that file; its job is:
#   permissions: {rights}
#   uses: OWNER/REPOSITORY/.github/workflows/{reusable}@COMMIT
"""


def reusable() -> dict[str, str]:
    """Each file by its name."""
    found = {}
    for path, text in workflows("github", "main", "").items():
        name = path.rsplit("/", 1)[-1]
        kind = name.removeprefix("ems-").removesuffix(".yml")
        target = f"handbook-{kind}.yml"
        body = text.split("\n", 1)[1]
        body, many = re.subn(r"^on:\n(?: .*\n)+", "on:\n  workflow_call:\n", body, count=1, flags=re.MULTILINE)
        assert many == 1, name
        body = re.sub(r"^  group: ems-", "  group: handbook-", body, flags=re.MULTILINE)
        found[target] = HEAD.format(name=name, rights=RIGHTS[kind], reusable=target) + body
    return found


if __name__ == "__main__":
    for name, text in reusable().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
