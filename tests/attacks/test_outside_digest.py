"""No key that the digest leaves out changes a deadline for the better, a level, a state or a duty (property)."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ems_control.ground.formats.digest import CLAIM_KEYS, CLASSIFICATION_KEYS
from tests.attacks.scene import DOC, ID, Scene, scene
from tests.running import ems

STATEMENT = "docs/statements/EMS-STA-001.md"
LATE = "2026-06-01"
KEPT = ("state", "revision", "digest", "evidence", "effective", "since", "until", "approved_on", "approved_by", "owner")

values: dict[str, st.SearchStrategy[str]] = {
    "status": st.sampled_from(["draft", "submitted", "withdrawn", "approved", ""]),
    "approved_by": st.sampled_from(["[a.author]", "[b.boss, c.deputy]", "[]", ""]),
    "approved_on": st.sampled_from(["2020-01-01", "2030-01-01", "1.1.2026", ""]),
    "review_by": st.sampled_from(["2020-01-01", "2027-01-01", "2099-01-01", "1.1.2099", "never", ""]),
    "clauses": st.sampled_from(["[emas/art-7]", "[emas/art-7#drains, iso-14001:2026/8.1]", "[]", "emas/art-7", ""]),
    "distribution": st.sampled_from(["[yard]", "[]", "[nobody]", ""]),
    "tags": st.sampled_from(["[emas/art-7]", "[editorial, temporary]", "[]", "x"]),
}


def test_every_key_outside_the_digest_is_drawn() -> None:
    assert set(values) == {*CLAIM_KEYS, *CLASSIFICATION_KEYS}


def _template() -> Path:
    """A signed procedure with a review ahead, and a signed statement whose yearly update is overdue."""
    s = scene(Path(tempfile.mkdtemp(prefix="ems-outside-")))
    kind = "  statement: {prefix: EMS-STA, folder: statements, level: signed, approve: manager}\n  form:"
    s.write("ems.yml", s.read("ems.yml").replace("  form:", kind, 1)).commit()
    s.approve("policy")
    text = s.read(DOC).replace(f"id: {ID}", "id: EMS-STA-001").replace("type: procedure", "type: statement")
    validated = "validated: {day: 2025-01-03, verifier: V. Ender, accreditation: XX-V-0000}\n"
    s.write(STATEMENT, text.replace("owner:", f"{validated}owner:", 1).replace("--8<--", "Phones: "))
    s.keys(review_by="2027-06-01").commit()
    s.approve("EMS-STA-001")
    return s.root


class Told:
    """What readers are told on a late day."""

    def __init__(self, s: Scene) -> None:
        rows = ems(s.root, "register", "--format", "json", day=LATE).json["documents"]
        self.rows: dict[str, Any] = {row["id"]: row for row in rows}
        self.due = [f["message"] for f in s.check(day=LATE).json["findings"] if f["rule"] == "EMS604"]


_known: dict[str, Any] = {}


@given(st.fixed_dictionaries({}, optional=values), st.sampled_from([DOC, STATEMENT]))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_key_outside_the_digest_puts_anything_off(edits: dict[str, str], path: str) -> None:
    if not _known:
        root = _template()
        _known.update(root=root, told=Told(Scene(root)))
    folder = Path(tempfile.mkdtemp(prefix="ems-outside-"))
    shutil.copytree(_known["root"], folder / "handbook", symlinks=True)
    s, before = Scene(folder / "handbook"), _known["told"]
    assert len(before.due) == 1
    lines = s.read(path).split("\n")
    for key, value in edits.items():
        at = next((n for n, line in enumerate(lines) if line.startswith(f"{key}:")), None)
        if at is None:
            lines.insert(1, f"{key}: {value}")
        else:
            lines[at] = f"{key}: {value}"
    s.write(path, "\n".join(lines))
    s.day = s.day.replace(month=3)
    s.commit()
    after = Told(s)
    assert after.due == before.due
    for name, row in before.rows.items():
        assert {key: after.rows[name][key] for key in KEPT} == {key: row[key] for key in KEPT}
        assert (after.rows[name]["review_by"] or "9999") <= (row["review_by"] or "9999"), "only ever brought forward"
    shutil.rmtree(folder)
