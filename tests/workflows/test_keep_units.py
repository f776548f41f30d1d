"""What is shipped to run `ems keep` on a machine of one's own: the units, and the recipe of a container."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.running import ems
from tests.workflows.stage import ROOT

SHIPPED = ROOT / "plugins/ems_control/exports/ci/machine/keep"
SERVICE, TIMER, RECIPE = (SHIPPED / name for name in ("ems-keep.service", "ems-keep.timer", "Containerfile"))


@pytest.mark.parametrize("path", [SERVICE, RECIPE], ids=lambda path: path.name)
def test_every_option_is_one_of_the_command(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    command = re.search(r"ems keep (--.*)|ems-keep \\\n((?:#.*\n)+)", text)
    assert command
    usage = ems(ROOT, "keep", "--help", day=None).out
    named = re.findall(r"--[a-z-]+", command[0])
    assert "--forge" in named
    assert [option for option in named if option not in usage] == []


def test_the_token_is_on_no_command_line() -> None:
    start = next(line for line in SERVICE.read_text(encoding="utf-8").splitlines() if line.startswith("ExecStart="))
    assert "TOKEN" not in start
    assert "EnvironmentFile=/etc/ems/token" in SERVICE.read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not on this machine")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    service = SERVICE.read_text(encoding="utf-8").replace("/opt/ems/bin/ems", "/bin/true")
    (tmp_path / SERVICE.name).write_text(service, encoding="utf-8")
    shutil.copy(TIMER, tmp_path)
    line = ["systemd-analyze", "verify", str(tmp_path / SERVICE.name), str(tmp_path / TIMER.name)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    (tmp_path / SERVICE.name).write_text(service.replace("ProtectHome=", "ProtectHoms="), encoding="utf-8")
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert "ProtectHoms" in done.stderr


def test_the_container_runs_as_nobody_of_note_and_pins_what_it_installs() -> None:
    text = RECIPE.read_text(encoding="utf-8")
    assert "--require-hashes" in text
    assert re.search(r"^USER 10001$", text, re.MULTILINE)
    assert 'ENTRYPOINT ["ems", "keep"]' in text
