"""`make bench`: what our commands take, side by side with what others take for the same texts, in one run.

    python -m tests.bench.run --documents 200 1000 --revisions 10 --runs 3

Every row is the median of its runs, with the lowest and the highest; CPU seconds of the whole process tree, user and
system. The two git plugins stop at 200 documents, where they take minutes beyond.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from tests.bench import handbooks
from tests.bench.budgets import PUBLISHED, judged
from tests.bench.measure import Row, growth, machine, run, weigh
from tests.bench.report import as_page, as_table
from tests.bench.serving import served

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
PACKAGES = (
    "ems-control",
    "mkdocs",
    "mkdocs-material",
    "mkdocs-git-revision-date-localized-plugin",
    "mkdocs-git-authors-plugin",
    "mkdocs-document-dates",
    "sphinx",
    "sphinx-needs",
    "zensical",
)
MOST_FOR_GIT_PLUGINS = 200
EMS = str(BIN / "ems")
PROPOSED = "ems check --base"


def commands(root: Path) -> Iterator[tuple[str, list[str], tuple[int, ...]]]:
    """Our commands that read: name, line, exit statuses that are right."""
    one = max((root / "docs").rglob("EMS-PRO-*.md")).stem
    yield "ems --version", [EMS, "--version"], (0,)
    yield "ems rules", [EMS, "rules"], (0,)
    yield "ems check", [EMS, "check"], (0,)
    yield PROPOSED, [EMS, "check", "--base", "HEAD~1"], (0, 1)
    yield "ems verify", [EMS, "verify"], (0,)
    yield "ems register", [EMS, "register"], (0,)
    yield "ems show", [EMS, "show", one], (0,)
    yield "ems history", [EMS, "history", one], (0,)


AGAIN = ("ems check", PROPOSED, "ems register", "ems show", "ems history")
"""What keeps what it read and said for the next run."""


def asked(root: Path, documents: int, runs: int, notes: Path) -> Iterator[Row]:
    """Our commands with nothing kept; then again, with nothing changed; and `ems check` with one text edited, before
    and after it is committed."""
    kept = root / ".git" / "ems-control"
    for name, line, allowed in commands(root):
        cold, again = Row(name, documents), Row(f"{name}, again", documents)
        for _ in range(runs):
            shutil.rmtree(kept, ignore_errors=True)
            if not run(cold, line, root, notes, allowed):
                break
            if name in AGAIN and not run(again, line, root, notes, allowed):
                break
        yield from (cold, again) if name in AGAIN else (cold,)
    edited, changed = Row("ems check, one text edited", documents), Row(f"{PROPOSED}, one document changed", documents)
    page = max((root / "docs").rglob("EMS-PRO-*.md"))
    before, base = page.read_bytes(), git(root, "rev-parse", "HEAD")
    for number in range(runs):
        run(Row("", documents), [EMS, "check"], root, notes)
        page.write_bytes(before + b"\nOne word more: %d.\n" % number)
        if not run(edited, [EMS, "check"], root, notes, (0, 1)):
            break
        git(root, "commit", "-q", "-a", "-m", "One word more")
        if not run(changed, [EMS, "check", "--base", base], root, notes, (0, 1)):
            break
        git(root, "reset", "-q", "--hard", base)
    git(root, "reset", "-q", "--hard", base)
    yield from (edited, changed)


def git(root: Path, *arguments: str) -> str:
    """What git says to a command."""
    who = ("-c", "user.name=Bench", "-c", "user.email=bench@example.org", "-c", "commit.gpgsign=false")
    line = ["git", *who, *arguments]
    return subprocess.run(line, cwd=root, capture_output=True, check=True, text=True).stdout.strip()


def sites(root: Path, documents: int) -> Iterator[tuple[str, list[str], Path]]:
    """Site generators on the same texts, each from nothing: name, line, the folder of the site."""
    dates = "git-revision-date-localized: {fallback_to_build_date: true}"
    plain = handbooks.config(root, "plain.yml")
    mkdocs = [str(BIN / "mkdocs"), "build", "--quiet", "--clean", "-f"]
    yield "mkdocs", [*mkdocs, str(plain), "-d", str(root / "out-plain")], root / "out-plain"
    if documents <= MOST_FOR_GIT_PLUGINS:
        both = handbooks.config(root, "git.yml", dates, "git-authors")
        name = "mkdocs + git-revision-date-localized + git-authors"
        yield name, [*mkdocs, str(both), "-d", str(root / "out-git")], root / "out-git"
    document_dates = handbooks.config(root, "dates.yml", "document-dates")
    yield "mkdocs + document-dates", [*mkdocs, str(document_dates), "-d", str(root / "out-d")], root / "out-d"
    texts = handbooks.as_sphinx(root, root.with_name(f"{root.name}-sphinx"))
    built = texts / "_build"
    yield "sphinx + sphinx-needs", [str(BIN / "sphinx-build"), "-q", "-E", "-j", "1", str(texts), str(built)], built
    yield "zensical", [str(BIN / "zensical"), "build", "--clean", "-f", str(plain)], root / "site"


def measured(root: Path, documents: int, runs: int, notes: Path) -> list[Row]:
    """Every row at one size."""
    found = []
    for row in asked(root, documents, runs, notes):
        found.append(row)
        print(f"  {documents} {row.name}: {row.median:.2f}", file=sys.stderr)  # noqa: T201
    for name, line, site in sites(root, documents):
        row = Row(name, documents)
        for _ in range(runs):
            shutil.rmtree(site, ignore_errors=True)
            if not run(row, line, root, notes):
                break
        if site.is_dir():
            weigh(row, site)
            shutil.rmtree(site)
        found.append(row)
        print(f"  {documents} {name}: {row.refused or format(row.median, '.2f')}", file=sys.stderr)  # noqa: T201
    return [*found, *our_site(root, documents, runs, notes), served(root, documents, runs, EMS)]


def our_site(root: Path, documents: int, runs: int, notes: Path) -> Iterator[Row]:
    """Our build from nothing; with nothing changed; by a job of a forge; and whole, after a change has landed."""
    first, again = Row("ems build, first", documents), Row("ems build, nothing changed", documents)
    job, published = Row("ems build, by a job of a forge", documents), Row(PUBLISHED, documents)
    page, build = max((root / "docs").rglob("EMS-PRO-*.md")), [EMS, "build"]
    before, base = page.read_bytes(), git(root, "rev-parse", "HEAD")
    for number in range(runs):
        shutil.rmtree(root / ".git" / "ems-control", ignore_errors=True)
        shutil.rmtree(root / "site", ignore_errors=True)
        if not (run(first, build, root, notes) and run(again, build, root, notes)):
            break
        weigh(first, root / "site")
        run(job, build, root, notes, CI="true")
        page.write_bytes(before + b"\nOne word more: %d.\n" % number)
        git(root, "commit", "-q", "-a", "-m", "One word more")
        run(published, build, root, notes)
        git(root, "reset", "-q", "--hard", base)
    for row in (again, job, published):
        row.files, row.size = first.files, first.size
    shutil.rmtree(root / "site", ignore_errors=True)
    yield from (first, again, job, published)


def main() -> None:
    """Measure, print the table, write JSON and the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, nargs="+", default=[200, 1000])
    parser.add_argument("--revisions", type=int, default=10)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--flat", action="store_true", help="all documents of a type in one folder")
    parser.add_argument("--note", default="", help="what a reader must know of this run")
    parser.add_argument("--output", type=Path, default=HERE / "result")
    given = parser.parse_args()
    about = {**machine(), "revisions": given.revisions, "runs": given.runs, "flat": given.flat, "note": given.note}
    git = subprocess.run(["git", "--version"], capture_output=True, check=True, text=True).stdout.split()[-1]
    about["versions"] = {name: version(name) for name in PACKAGES} | {"git": git}
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        for documents in sorted(given.documents):
            root = Path(place, str(documents))
            handbooks.make(root, documents, given.revisions, EMS, given.flat)
            rows += measured(root, documents, given.runs, Path(place, "notes.json"))
            shutil.rmtree(root)
    names = dict.fromkeys(row.name for row in rows)
    exponents = {name: growth([row for row in rows if row.name == name]) for name in names}
    result = {
        "version": 1,
        "about": about,
        "rows": [row.as_json() for row in rows],
        "growth": exponents,
        "budgets": judged(rows, exponents),
    }
    given.output.mkdir(parents=True, exist_ok=True)
    (given.output / "bench.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    (given.output / "bench.html").write_text(as_page(result), "utf-8")
    print(as_table(result))  # noqa: T201


if __name__ == "__main__":
    main()
