"""The same texts for every site generator: each gets what it can read, and nothing that it would trip over."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import yaml

THEME = "theme: {name: material, font: false, features: [navigation.tabs, navigation.indexes, navigation.prune]}\n"
"""Features of `ems demo` that say how the navigation is made: they are the same for all."""
SPHINX = """\
project = "Bench"
extensions = ["myst_parser", "sphinx_needs"]
needs_id_regex = "^[A-Z0-9-]+"
suppress_warnings = ["myst.header", "myst.xref_missing"]
exclude_patterns = ["_build"]
"""


def make(folder: Path, documents: int, revisions: int, ems: str, flat: bool) -> Path:
    """A handbook with a signed history, made by `ems demo`."""
    line = [ems, "demo", str(folder), "--documents", str(documents), "--revisions", str(revisions)]
    subprocess.run([*line, *(["--flat"] if flat else [])], check=True, stdout=subprocess.DEVNULL)
    return folder


def config(root: Path, name: str, *plugins: str) -> Path:
    """A mkdocs.yml beside that of the handbook, for MkDocs with these plugins and without ours."""
    path = root / name
    listed = "".join(f"  - {plugin}\n" for plugin in ("search", *plugins))
    path.write_text(f"site_name: Bench\ndocs_dir: docs\n{THEME}plugins:\n{listed}", "utf-8")
    return path


def as_sphinx(root: Path, target: Path) -> Path:
    """The texts for Sphinx: each document is a need with its id, title and status, and the text below it."""
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(root / "docs", target)
    (target / "conf.py").write_text(SPHINX, "utf-8")
    pages = sorted(path for path in target.rglob("*.md") if path.name != "index.md")
    for path in pages:
        _, head, body = path.read_text("utf-8").split("---\n", 2)
        facts = yaml.safe_load(head)
        need = f"```{{req}} {facts['title']}\n:id: {facts['id']}\n:status: {facts['status']}\n```\n"
        path.write_text(f"# {facts['id']} {facts['title']}\n\n{need}\n{body}", "utf-8")
    names = "\n".join(path.relative_to(target).with_suffix("").as_posix() for path in pages)
    (target / "index.md").write_text(f"# Bench\n\n```{{toctree}}\n{names}\n```\n", "utf-8")
    return target
