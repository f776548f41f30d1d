"""Nothing beside the sealed text: other files, pages and lines of the repository do not change what is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.running import ems

HOME = "docs/index.md\n  + "
ACTIVE = {
    "script": f"{HOME}<script>navigator.serviceWorker.register('/sw.js')</script>\n",
    "worker": "docs/sw.js\n  = self.addEventListener('fetch', () => {})\n",
    "static page": 'docs/EMS-PRO-009.html\n  = <p class="ems-line">Current</p>\n',
    "state line": f"{HOME}\n  + ● Current · revision 9 · approved by B. Boss\n",
    "our class": f'{HOME}<p class="ems-line">Current</p>\n',
    "script in a text": "docs/procedures/EMS-PRO-001.md\n  > <script>document.title = 'Withdrawn'</script>\n",
}
INNOCENT = f"{HOME}Current news stand in [the procedure](procedures/EMS-PRO-001.md).\n"


@pytest.mark.parametrize("name", ACTIVE)
def test_what_runs_or_looks_like_the_site_is_an_error(handbook: Callable[[str], Path], name: str) -> None:
    outcome = ems(handbook(ACTIVE[name]), "check", "--format", "json")
    assert {"EMS513", "EMS514"} & {f["rule"] for f in outcome.json["findings"] if f["severity"] == "error"}


def test_an_innocent_line_is_none(handbook: Callable[[str], Path]) -> None:
    outcome = ems(handbook(INNOCENT), "check", "--format", "json")
    assert not {"EMS513", "EMS514"} & {f["rule"] for f in outcome.json["findings"]}
