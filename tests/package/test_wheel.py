"""The package as others get it: wheel and sdist built, installed by the pins of a handbook, used outside of this clone.

`make test-wheel` runs it on the Python at hand, EMS_WHEEL_PYTHON names another one. Nothing but the locked packages is
fetched.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from tests.beginning_walk import BIN, Walk
from tests.beginnings import ANSWERS, SIGNED, write_answers
from tests.examples import git

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "plugins/ems_control"
PYTHON = os.environ.get("EMS_WHEEL_PYTHON", sys.executable)
UV = Path(sys.executable).with_name("uv")
EMS = Path(sys.executable).with_name("ems")
NEVER = ("tests/", "approvals/", "people.yml", ".github/", "docs/")
BARE = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME")}


def run(*line: str | Path, cwd: Path) -> str:
    """Run a program that must end well."""
    done = subprocess.run([str(word) for word in line], cwd=cwd, env=BARE, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def ours() -> set[str]:
    """Every file of the package that git keeps."""
    listed = git(ROOT, "ls-files", "-z", "plugins/ems_control").decode().split("\0")
    return {path.removeprefix("plugins/") for path in listed if path}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel, made from the sdist, and the sdist, made from what git keeps."""
    place = tmp_path_factory.mktemp("built")
    clone, dist = place / "clone", place / "dist"
    shutil.copytree(ROOT / "plugins", clone / "plugins", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"):
        shutil.copy(ROOT / name, clone / name)
    run(UV, "build", "--quiet", "--offline", "--no-build-isolation", "--python", sys.executable, "-o", dist, cwd=clone)
    [wheel], [sdist] = dist.glob("*.whl"), dist.glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture(scope="module")
def installed(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of a fresh environment, installed as the requirements of a new handbook say."""
    place = tmp_path_factory.mktemp("installed")
    answers = write_answers(place, ANSWERS)
    wheel = built[0]
    run(EMS, "init", "pinned", "--answers", answers, "--no-commit", "--wheel", wheel, cwd=place)
    requirements = place / "pinned/requirements.txt"
    assert hashlib.sha256(wheel.read_bytes()).hexdigest() in requirements.read_text()
    run(UV, "venv", "--quiet", "--python", PYTHON, place / "venv", cwd=place)
    scripts = place / "venv" / ("Scripts" if os.name == "nt" else "bin")
    line = ("pip", "sync", "--quiet", "--require-hashes", "--find-links", wheel.parent, "--python", scripts / "python")
    run(UV, *line, requirements, cwd=place)
    return scripts


def test_wheel_and_sdist_hold_the_package_and_nothing_of_this_handbook(built: tuple[Path, Path]) -> None:
    wheel, sdist = built
    with zipfile.ZipFile(wheel) as opened:
        names = {*opened.namelist()}
        [about] = [name for name in names if name.endswith(".dist-info/METADATA")]
        metadata = Parser().parsestr(opened.read(about).decode())
    assert ours() <= names
    assert {name.split("/")[0] for name in names} == {"ems_control", about.split("/")[0]}
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata.get_payload().startswith("# ")
    with tarfile.open(sdist) as packed:
        inside = {name.split("/", 1)[1] for name in packed.getnames() if "/" in name}
    assert {f"plugins/{name}" for name in ours()} <= inside
    assert [name for name in inside if name.startswith(NEVER)] == []


def test_nothing_of_this_clone_is_used(installed: Path, tmp_path: Path) -> None:
    words = "import ems_control; print(ems_control.__file__)"
    assert str(installed.parent) in run(installed / "python", "-c", words, cwd=tmp_path)
    assert "ems, version" in run(installed / "ems", "--version", cwd=tmp_path).replace("ems version", "ems, version")


@pytest.mark.parametrize(("language", "signed"), [("en", False), ("de", True), ("nl", True)])
def test_a_handbook_needs_nothing_but_the_wheel(installed: Path, tmp_path: Path, language: str, signed: bool) -> None:
    answers = write_answers(tmp_path, {**(SIGNED if signed else ANSWERS), "languages": [language], "forge": "github"})
    walk = Walk(tmp_path, str(installed / "ems"), {})
    page = walk.to_a_page(answers, signed=signed, language=language)
    assert BIN[language] in page
    site = walk.root / "site"
    assert (site / "assets/ems/schemas/ems.yml.schema.json").is_file()
    assert (site / "assets/ems/ems.css").is_file()
    assert (site / "help/writing/index.html").is_file()
    assert walk.ems("verify")
    assert walk.ems("explain", "EMS203")
    assert walk.ems("matrix")
    walk.ems("stage", str(tmp_path / "staged"))
    walk.ems("doctor")


def test_the_plugin_is_found_by_mkdocs(installed: Path, tmp_path: Path) -> None:
    words = "from importlib.metadata import entry_points as e; print([x.name for x in e(group='mkdocs.plugins')])"
    assert "ems-control" in run(installed / "python", "-c", words, cwd=tmp_path)
