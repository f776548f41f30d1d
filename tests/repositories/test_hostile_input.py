"""What somebody hostile can write into a handbook or its repository is shown as text, and never run."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.examples import NO_STANDARD, git
from tests.running import MKDOCS, Outcome, ems, ems_process

Build = Callable[..., Path]

DOCUMENT = "docs/procedures/EMS-PRO-001.md"
OTHER = "docs/procedures/EMS-PRO-002.md"

SCRIPT = "<script>hostile()</script>"
HANDLER = '"><img src=x onerror=hostile()>'
CLOSING = "</details></td></title><svg onload=hostile()>"
LINK = "[go](javascript:hostile())"
TICKS = "`code` ``| a | b |`` **bold** _x_ $y$"
TEMPLATE = "{{ config.hostile }} {% raw %} {: onclick=hostile() }"
ENTITY = "&lt;script&gt;hostile()&lt;/script&gt;"
COMMAND = "ok\n::error file=x,line=1::hostile\r\n::set-output name=a::b"
ESCAPES = "a\x1b[31mred\x1b]8;;http://hostile\x07\x9b2J\x08b"
PAYLOADS = [SCRIPT, HANDLER, CLOSING, LINK, TICKS, TEMPLATE, ENTITY]


def quoted(text: str) -> str:
    return json.dumps(text)


def field(key: str, text: str) -> str:
    """A front-matter line that gives a key this text, in the shape that the key asks for."""
    if key in ("formerly", "distribution", "tags", "supersedes", "clauses"):
        return f"  {key}: [{quoted(text)}]\n"
    if key in ("author", "change"):
        row = {"author": "a.author", "change": "First issue."} | {key: text}
        cells = f"author: {quoted(row['author'])}, class: substantive, change: {quoted(row['change'])}"
        return f"  revisions:\n    - {{revision: 1, date: 2025-12-01, {cells}}}\n"
    return f"  {key}: {quoted(text)}\n"


FIELDS = [
    "title",
    "owner",
    "type",
    "language",
    "translates",
    "formerly",
    "distribution",
    "tags",
    "supersedes",
    "clauses",
    "change",
]


def hostile_steps() -> str:
    """A document in force for each payload, with it in every field; and one for each other state."""
    steps = [f"ems.yml\n  organisation: {quoted(SCRIPT)}\n  emergency: {quoted(HANDLER)}\n"]
    for number, payload in enumerate(PAYLOADS, 1):
        lines = "".join(field(key, payload) for key in FIELDS)
        steps.append(
            f"docs/procedures/EMS-PRO-{number:03}.md\n{lines}  clauses: [{quoted('iso-14001:2026/8.1#' + payload)}]\n"
        )
    everything = " ".join(PAYLOADS)
    lines = "".join(field(key, everything) for key in (*FIELDS, "author"))
    steps.append(f"docs/procedures/EMS-PRO-050.md\n{lines}  status: draft\n")
    steps.append(f"docs/procedures/EMS-PRO-051.md\n{lines}  effective: 2030-01-01\n")
    steps.append(f"docs/procedures/EMS-PRO-052.md\n{lines}  review_by: 2026-01-10\n")
    steps.append(f"docs/procedures/EMS-PRO-053.md\n{field('title', everything)}")
    withdrawal = (
        f"docs/procedures/EMS-PRO-053.md\n{field('title', everything)}  status: withdrawn\n  approved_on: 2026-01-05\n"
    )
    return "".join(steps) + "commit\n" + withdrawal + "commit"


class Page(HTMLParser):
    """What a browser would make of a page: elements, event handlers, targets, and the text that a person reads."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.alive: list[str] = []
        self.text = ""
        self._inside: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside.append(tag)
        for name, value in attrs:
            value = value or ""
            if (
                name.startswith("on")
                or value.strip().lower().startswith("javascript:")
                or (name, value) == ("src", "x")
            ):
                self.alive.append(f"<{tag} {name}={value!r}>")

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        inside = self._inside[-1:] or [""]
        if inside[0] in ("script", "style"):
            if "hostile" in data:
                self.alive.append(f"<{inside[0]}>{data}")
        else:
            self.text += data


def flat(text: str) -> str:
    return "".join(text.split())


def pages_of(site: Path) -> dict[str, Page]:
    found = {path.relative_to(site).as_posix(): Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}
    assert found
    return found


def build(root: Path, site: Path, mkdocs: str = MKDOCS) -> Outcome:
    (root / "mkdocs.yml").write_text(mkdocs, "utf-8")
    return ems_process(root, "build", "--site-dir", str(site))


# --- pages ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.examples import make

    root = tmp_path_factory.mktemp("hostile") / "handbook"
    root.mkdir()
    make(root, hostile_steps())
    people = (root / "people.yml").read_text("utf-8")
    people = people.replace("name: B. Boss", f"name: {quoted(SCRIPT + HANDLER)}").replace(
        "yard lead", "'<b onclick=hostile()>'"
    )
    (root / "people.yml").write_text(people, "utf-8")
    git(root, "commit", "-qam", SCRIPT, day=date(2026, 1, 20))
    return root


@pytest.mark.parametrize("preview", ["false", "true"])
def test_no_field_becomes_markup_in_a_page(hostile: Path, tmp_path: Path, preview: str) -> None:
    config = MKDOCS.replace("strict: true\n", "").replace(
        "ems-control", f"ems-control: {{as_of: 2026-03-01, preview: {preview}}}"
    )
    root = tmp_path / "handbook"
    git(tmp_path, "clone", "-q", str(hostile), str(root))
    built = build(root, tmp_path / "site", config)
    assert built.status == 0, built.err
    pages = pages_of(tmp_path / "site")
    assert {name: page.alive for name, page in pages.items() if page.alive} == {}
    for number, payload in enumerate(PAYLOADS, 1):
        own = pages[f"procedures/EMS-PRO-{number:03}/index.html"]
        assert flat(own.text).count(flat(payload)) >= 3, "the title and the fields are shown as they were written"
        assert flat(payload) in flat(pages["documents/index.html"].text)
        assert flat(payload) in flat(pages["control/changes/index.html"].text)
    for name in ("control/review-board/index.html", "control/archive/index.html"):
        assert flat(" ".join(PAYLOADS)) in flat(pages[name].text)


def test_no_field_breaks_a_generated_table(hostile: Path, tmp_path: Path) -> None:
    assert ems(hostile, "stage", str(tmp_path / "stage")).status == 0
    tables = 0
    for path in (tmp_path / "stage" / "docs").rglob("*.md"):
        width = 0
        for line in path.read_text("utf-8").split("\n"):
            if not line.startswith("|"):
                width = 0
                continue
            width = width or line.count("|")
            assert line.count("|") == width, f"{path.name}: {line}"
            assert line.endswith(" |") or set(line) <= set("| -")
            tables += 1
    assert tables > 50


def test_front_matter_of_staged_pages_cannot_be_left(handbook: Build, tmp_path: Path) -> None:
    root = handbook(f"{DOCUMENT}\n  title: {quoted('a---b: ... | &x *y !!python/object:os.system')}\n")
    assert ems(root, "stage", str(tmp_path / "stage")).status == 0
    built = ems_process(tmp_path / "stage", "--version")
    assert built.status == 0
    text = (tmp_path / "stage" / DOCUMENT).read_text("utf-8")
    assert text.startswith("---\ntitle: ")
    assert text.split("\n---\n")[1].startswith("## Drains")


DEEP = {
    "steps in steps": "1. " * 2000,
    "definitions": "a\n: b\n" * 2000,
    "open brackets": "- [" * 4000,
    "open tags": "<a " * 4000,
}
INNOCENT = "\n".join(
    ["".join(f"{'    ' * deep}- step {deep}\n" for deep in range(12)), "| lead | < 0.05 |\n| --- | --- |"]
    + ["| [EMS-PRO-001](EMS-PRO-001.md) | <5 mg/l, [x], a < b |"] * 300
)


@pytest.mark.parametrize("where", [DOCUMENT, "docs/index.md"])
@pytest.mark.parametrize("name", DEEP)
def test_a_text_of_which_no_page_can_be_made_is_said(handbook: Build, name: str, where: str) -> None:
    """In depth or in time, by one line of its own; everything else is judged as ever."""
    root = handbook("commit")
    path = root / where
    path.write_text((path.read_text("utf-8") if path.exists() else "# Home\n") + f"\n{DEEP[name]}\n", "utf-8")
    done = ems(root, "check", "--format", "json")
    found = [(one["rule"], one["path"]) for one in done.json["findings"] if one["rule"] == "EMS513"]
    assert (done.status, done.err, found) == (1, "", [("EMS513", where)])


def test_deep_lists_and_long_tables_are_none(handbook: Build) -> None:
    root = handbook("commit")
    (root / "docs/index.md").write_text(f"# Home\n\n{INNOCENT}\n", "utf-8")
    assert "EMS513" not in [one["rule"] for one in ems(root, "check", "--format", "json").json["findings"]]


@pytest.mark.parametrize("where", [DOCUMENT, "docs/index.md"])
@pytest.mark.parametrize(
    "text",
    ["<!doctype html>", '<html lang="nl">\n\nWords.', 'Words <body onload="x()">', "- <HTML onclick=x()>", "<head>\n"],
)
def test_a_second_frame_of_the_page_is_refused(handbook: Build, where: str, text: str) -> None:
    """A browser joins its attributes to those of the page, and what begins with one is no whole document."""
    root = handbook("commit")
    head = (root / DOCUMENT).read_text("utf-8").split("\n---\n")[0] + "\n---\n" if where == DOCUMENT else ""
    (root / where).write_text(f"{head}{text}\n", "utf-8")
    done = ems(root, "check", "--format", "json")
    found = {one["path"] for one in done.json["findings"] if one["rule"] == "EMS513"}
    assert (done.status, done.err, found) == (1, "", {where})


def test_words_about_the_frame_are_none(handbook: Build) -> None:
    root = handbook("commit")
    text = "# Home\n\nThe tag `<body>` holds what is shown, &lt;html&gt; all.\n\n<!-- <head> -->\n\n<header-x\n"
    (root / "docs/index.md").write_text(text, "utf-8")
    assert "EMS513" not in [one["rule"] for one in ems(root, "check", "--format", "json").json["findings"]]


def test_a_build_that_meets_one_ends_in_a_line(handbook: Build, tmp_path: Path) -> None:
    root = handbook("commit")
    (root / "docs/index.md").write_text(f"# Home\n\n{DEEP['steps in steps']}\n", "utf-8")
    git(root, "add", "docs")
    git(root, "commit", "-q", "-m", "Deep")
    built = build(root, tmp_path / "site")
    assert built.status != 0
    assert "Error reading page 'index.md'" in built.err + built.out
    assert "no page can be made of it, it is nested too deep (EMS513)" in built.err + built.out
    assert "Traceback" not in built.err + built.out


NAMES = [
    "<img src=x onerror=hostile()>.md",
    "a\nb.md",
    "a\x1b[31m.md",
    "--output=x.md",
    "{{ config }}.md",
    "'; touch y;'.md",
    "$(touch y).md",
]


def test_hostile_file_names_are_shown_as_text(handbook: Build, tmp_path: Path) -> None:
    root = handbook(NO_STANDARD)
    for name in NAMES:
        for folder in ("docs", "docs/procedures"):
            (root / folder / name).write_text("# A page\n", "utf-8")
    policy = (root / "ems.yml").read_text("utf-8").replace("[index.md]", "[index.md, '*.md']")
    (root / "ems.yml").write_text(policy, "utf-8")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Names")
    for shape in ("text", "json", "github"):
        checked = ems(root, "check", "--format", shape)
        assert (checked.status, checked.err) == (1, "")
        assert_plain(checked.out)
    built = build(root, tmp_path / "site", MKDOCS.replace("strict: true\n", ""))
    assert built.status == 0, built.err
    pages = pages_of(tmp_path / "site")
    assert {name: page.alive for name, page in pages.items() if page.alive} == {}
    assert not list(tmp_path.rglob("y"))
    assert not (root / "x.md").exists()


def test_names_longer_than_a_file_can_have_are_told_apart(handbook: Build, tmp_path: Path) -> None:
    numbers = ["0" * 300 + end for end in "12"]
    root = handbook(
        NO_STANDARD
        + f"ems.yml\n  groups: {{workplaces: [{', '.join(f'yard-{one}' for one in numbers)}]}}\n"
        + "".join(f"docs/forms/{n}.md\n  id: EMS-FRM-{one}\n  type: form\n" for n, one in enumerate(numbers))
        + "docs/forms/n.md\n  id: EMS-FRM-003\n  type: form\n"
    )
    staged = ems(root, "stage", str(tmp_path / "stage"))
    assert staged.status == 0, staged.err
    docs = tmp_path / "stage/docs"
    folders = sorted(path.name for path in (docs / "d").iterdir() if path.name.startswith("EMS-FRM-"))
    assert (len(folders), "EMS-FRM-003" in folders) == (3, True)
    assert len(list((docs / "for").glob("yard-000*.md"))) == 2


# --- the terminal and the CI log ------------------------------------------------------------------------------------


def assert_plain(text: str) -> None:
    """Nothing in it steers a terminal."""
    assert [char for char in text if not char.isprintable() and char != "\n"] == []


def assert_no_command(text: str) -> None:
    """GitHub's runner takes `::` at the start of a line, and `##[` anywhere in it, for a command."""
    assert [line for line in text.splitlines() if line.lstrip().startswith("::") or "##[" in line] == []


def noisy(handbook: Build) -> Path:
    """Findings whose places and messages hold what an attacker wrote."""
    steps = []
    for number, text in enumerate((COMMAND, ESCAPES, "::error::hostile", "%0A::error::hostile", "##[error]hostile"), 1):
        lines = "".join(field(key, text) for key in (*FIELDS, "owner", "approved_by"))
        steps.append(f"docs/procedures/EMS-PRO-{number:03}.md\n{lines}")
        steps.append(f"docs/procedures/EMS-PRO-{number + 10:03}.md\n  id: {quoted(text)}\n  {quoted(text)}: x\n")
    root = handbook(
        "".join(steps) + "commit\n" + f"{DOCUMENT}\n  > ::error::hostile {ESCAPES}\n  > [x](::error::hostile)\n"
    )
    (root / "docs" / "procedures" / "a\n::error file=x::hostile\x1b[31m.md").write_text("::error::hostile\n", "utf-8")
    (root / "docs" / "procedures" / "\n::error::y.png").write_bytes(b"png")
    return root


def test_github_output_is_one_annotation_per_finding(handbook: Build) -> None:
    root = noisy(handbook)
    findings = ems(root, "check", "--format", "json").json["findings"]
    outcome = ems(root, "check", "--format", "github")
    assert (outcome.status, outcome.err) == (1, "")
    assert_plain(outcome.out)
    lines = outcome.out.splitlines()
    assert len(lines) == len(findings) > 20
    levels = {"error": "error", "warning": "warning", "info": "notice"}
    for line, finding in zip(lines, findings, strict=True):
        head, _, message = line.removeprefix("::").partition("::")
        assert head.startswith(f"{levels[finding['severity']]} file=")
        assert [part.split("=")[0] for part in head.split(" ", 1)[1].split(",")] == ["file", "line", "col", "title"]
        assert "\n" not in message
        assert "%0A" not in line


def test_every_machine_format_stays_well_formed(handbook: Build) -> None:
    root = noisy(handbook)
    findings = ems(root, "check", "--format", "json").json["findings"]
    count = len(findings)
    junit = ems(root, "check", "--format", "junit")
    failures = list(ElementTree.fromstring(junit.out).iter("failure"))  # noqa: S314
    said = "".join("".join(failure.itertext()) for failure in failures)
    assert junit.status == 1
    assert {f["rule"] for f in findings if f["rule"] not in said and f["severity"] == "error"} == set()
    (run,) = ems(root, "check", "--format", "sarif").json["runs"]
    assert len(run["results"]) == count
    assert len(ems(root, "check", "--format", "codequality").json) == count


def test_text_output_steers_no_terminal_and_no_log(handbook: Build) -> None:
    root = noisy(handbook)
    outcome = ems(root, "check")
    assert outcome.status == 1
    assert_plain(outcome.out)
    assert_no_command(outcome.out)


def test_a_path_that_names_a_command_starts_no_line(handbook: Build) -> None:
    root = handbook("docs/::error file=x::hostile.md\n  = # A page\ncommit")
    for shape in ("text", "github"):
        lines = ems(root, "check", "--format", shape).out.splitlines()
        assert [line for line in lines if line.startswith("::error file=x")] == []


@pytest.mark.parametrize("command", [["register"], ["history", "EMS-PRO-001"], ["diff", "EMS-PRO-001"], ["matrix"]])
def test_tables_stay_one_line_per_row(handbook: Build, command: list[str]) -> None:
    rows = field("change", COMMAND + ESCAPES)
    steps = f"{DOCUMENT}\n{field('title', ESCAPES + COMMAND + '##[error]x')}{field('owner', ESCAPES)}{rows}"
    second = f"{DOCUMENT}\n  revision: 2\n  > ::error::same {ESCAPES}\n"
    root = handbook(f"{steps}  > ::error::same {ESCAPES}\n  > ::error::a\ncommit\n{second}  > ::error::b\ncommit")
    outcome = ems(root, *command)
    assert outcome.status == 0
    assert_plain(outcome.out)
    assert_no_command(outcome.out)
    if command == ["register"]:
        assert len(outcome.out.splitlines()) == 2


def test_an_id_that_looks_like_a_command_starts_no_line(handbook: Build) -> None:
    root = handbook("docs/procedures/EMS-PRO-002.md\n  id: '::error::hostile'\ncommit")
    outcome = ems(root, "register")
    assert "error::hostile" in outcome.out
    assert_no_command(outcome.out)


def test_errors_are_plain_lines(handbook: Build) -> None:
    root = handbook()
    for name in (COMMAND, ESCAPES):
        outcome = ems(root, "show", name)
        assert outcome.status == 2
        assert_plain(outcome.err)
        assert_no_command(outcome.err)
    (root / "ems.yml").write_text(f"{quoted(COMMAND + ESCAPES)}: 1\n", "utf-8")
    outcome = ems(root, "check", "--format", "github")
    assert (outcome.status, outcome.out) == (2, "")
    assert_plain(outcome.err)
    assert_no_command(outcome.err)


def test_no_cell_of_a_csv_is_a_formula(handbook: Build) -> None:
    steps = ""
    for number, formula in enumerate(
        ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r\n=1", " =1", '=HYPERLINK("http://x")'), 1
    ):
        lines = (
            field("title", formula)
            + field("owner", formula)
            + field("change", formula)
            + field("distribution", formula)
        )
        steps += f"docs/procedures/EMS-PRO-{number:03}.md\n{lines}"
    root = handbook(f"{steps}commit")
    cells = []
    for command in (["register"], ["history", "EMS-PRO-001"], ["history", "EMS-PRO-005"], ["matrix"]):
        for row in csv.reader(io.StringIO(ems(root, *command, "--format", "csv").out)):
            cells += row
    assert [cell for cell in cells if cell.lstrip()[:1] in tuple("=+-@")] == []
    assert sum("=1" in cell or "SUM" in cell for cell in cells) >= 8


# --- the repository -------------------------------------------------------------------------------------------------

READING = [
    ["check", "--format", "json"],
    ["register", "--format", "json"],
    ["history", "EMS-PRO-001", "--format", "json"],
    ["show", "EMS-PRO-001"],
    ["diff", "EMS-PRO-001", "--format", "json"],
]


def answers(root: Path) -> list[tuple[int, str]]:
    found = [ems(root, *command) for command in READING]
    return [(outcome.status, outcome.out) for outcome in found]


TWO_REVISIONS = (
    f"{OTHER}\n  title: Spills\ncommit\n{DOCUMENT}\n  revision: 2\n  approved_on: 2026-01-06\n  revisions:\n"
    "    - {revision: 2, date: 2026-01-05, author: a.author, class: substantive, change: Valve V-4 is new.}\n"
    "    - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}\n"
    "  > ## Drains {#drains}\n  >\n  > Close V-4.\ncommit\n"
    f"move {OTHER} docs/procedures/spills.md\ncommit"
)


def commit_with_signature(root: Path) -> None:
    """A commit that git, asked to show signatures, would hand to `gpg.program`."""
    tree, head = (git(root, "rev-parse", name).strip() for name in ("HEAD^{tree}", "HEAD"))
    who = b"A. Author <a.author@example.org> 1769940000 +0000"
    signature = b"gpgsig -----BEGIN PGP SIGNATURE-----\n \n eA==\n -----END PGP SIGNATURE-----"
    lines = [b"tree " + tree, b"parent " + head, b"author " + who, b"committer " + who, signature, b"", b"Signed\n"]
    sha = git(root, "hash-object", "-t", "commit", "-w", "--stdin", stdin=b"\n".join(lines)).decode().strip()
    git(root, "update-ref", "refs/heads/main", sha)


def test_git_configuration_runs_nothing_and_changes_nothing(handbook: Build, tmp_path: Path) -> None:
    root = handbook(TWO_REVISIONS)
    commit_with_signature(root)
    before = answers(root)
    marker = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{marker}'\nexit 0\n", "utf-8")
    program.chmod(0o755)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for hook in ("post-index-change", "post-checkout", "reference-transaction", "fsmonitor-watchman", "pre-auto-gc"):
        (hooks / hook).symlink_to(program)
        (root / ".git" / "hooks" / hook).symlink_to(program)
    run = str(program)
    settings = {
        "core.pager": run, "pager.log": run, "core.fsmonitor": run, "core.hooksPath": str(hooks),
        "core.sshCommand": run, "core.editor": run, "core.askPass": run, "core.gitProxy": run,
        "core.alternateRefsCommand": run, "core.attributesFile": str(tmp_path / "attributes"),
        "credential.helper": f"!{run}",
        "diff.external": run, "diff.evil.command": run, "diff.evil.textconv": run, "filter.evil.clean": run,
        "filter.evil.smudge": run, "filter.evil.process": run, "filter.evil.required": "true",
        "gpg.program": run, "gpg.ssh.program": run, "log.showSignature": "true", "alias.log": f"!{run}",
        "alias.cat-file": f"!{run}", "uploadpack.packObjectsHook": run, "interactive.diffFilter": run,
        "log.follow": "true", "log.mailmap": "true", "log.diffMerges": "off", "log.decorate": "full",
        "log.date": "relative", "log.showRoot": "false", "format.pretty": "oneline", "color.ui": "always",
        "core.abbrev": "7", "core.quotePath": "true", "core.notesRef": "refs/notes/x", "diff.renames": "copies",
        "diff.relative": "true", "diff.noprefix": "true", "diff.submodule": "log", "diff.ignoreSubmodules": "all",
        "i18n.logOutputEncoding": "UTF-16", "i18n.commitEncoding": "ISO-8859-1", "core.commitGraph": "true",
        "core.autocrlf": "true", "core.ignoreCase": "true", "core.precomposeUnicode": "true",
    }  # fmt: skip
    for key, value in settings.items():
        git(root, "config", key, value)
    (tmp_path / "attributes").write_text("* diff=evil filter=evil text eol=crlf\n", "utf-8")
    (root / ".git" / "info" / "attributes").write_text("* diff=evil filter=evil\n", "utf-8")
    git(root, "config", "diff.orderFile", str(root / "people.yml"))
    assert answers(root) == before
    assert ems(root, "stage", str(tmp_path / "stage")).status == 0
    built = build(root, tmp_path / "site")
    assert built.status == 0, built.err
    assert not marker.exists(), marker.read_text("utf-8")


def test_a_missing_object_is_fetched_from_nowhere(handbook: Build, tmp_path: Path) -> None:
    root = handbook(TWO_REVISIONS)
    marker = tmp_path / "ran"
    git(tmp_path, "init", "-q", "--bare", "elsewhere.git")
    for key, value in {
        "remote.evil.url": str(tmp_path / "elsewhere.git"),
        "remote.evil.uploadpack": f"touch '{marker}'; git-upload-pack",
        "remote.evil.promisor": "true",
        "extensions.partialClone": "evil",
        "core.repositoryFormatVersion": "1",
        "protocol.allow": "always",
    }.items():
        git(root, "config", key, value)
    blob = git(root, "rev-parse", f"HEAD:{DOCUMENT}").decode().strip()
    (root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    for command in READING:
        outcome = ems(root, *command)
        assert outcome.status in (1, 2)
        assert "Traceback" not in outcome.err
    assert not marker.exists()


def test_replaced_objects_and_grafts_are_ignored(handbook: Build) -> None:
    root = handbook(TWO_REVISIONS)
    before = answers(root)
    blobs = [git(root, "rev-parse", f"{revision}:{DOCUMENT}").decode().strip() for revision in ("HEAD", "HEAD~2")]
    commits = git(root, "log", "--format=%H").decode().split()
    git(root, "replace", blobs[0], blobs[1])
    git(root, "replace", commits[0], commits[2])
    (root / ".git" / "info" / "grafts").write_text(f"{commits[0]}\n", "utf-8")
    (root / ".mailmap").write_text("B. Boss <b.boss@example.org> <a.author@example.org>\n", "utf-8")
    assert git(root, "show", f"HEAD:{DOCUMENT}") == git(root, "cat-file", "blob", blobs[1]), "git itself is fooled"
    assert answers(root) == before


def test_a_commit_message_cannot_pretend_to_be_a_log(handbook: Build) -> None:
    root = handbook(TWO_REVISIONS)
    blob, sha = (git(root, "rev-parse", name).decode().strip() for name in (f"HEAD:{DOCUMENT}", "HEAD~1"))
    zero = "0" * 40
    messages = [
        f"Fine\n\n:100644 000000 {blob} {zero} D\n{DOCUMENT}\n\x01{sha}\n2030-01-01T00:00:00+00:00\n",
        f"\x01{sha}\n:100644 100644 {blob} {blob} M\t{DOCUMENT}",
        f"::100644 100644 100644 {blob} {blob} {zero} MM\n{DOCUMENT}",
        "\x1b[31mred\x07 \x7f \u202e \r\n\n\n",
        "",
    ]
    before = answers(root)
    parent = git(root, "rev-parse", "HEAD").decode().strip()
    for message in messages:
        tree = f"{parent}^{{tree}}"
        data = git(root, "commit-tree", tree, "-p", parent, "-F", "-", day=date(2026, 2, 1), stdin=message.encode())
        parent = data.decode().strip()
    git(root, "update-ref", "HEAD", parent)
    assert answers(root) == before
    latin = b"Caf\xe9\n\n:100644\x01\xff"
    git(root, "-c", "i18n.commitEncoding=ISO-8859-1", "commit", "-q", "--allow-empty", "-F", "-", stdin=latin)
    assert answers(root) == before


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (b"author A <a@b> garbage +0000", False),
        (b"author A <a.author@example.org> 99999999999999999 +0000", True),
        (b"author <> 1767600000 +0000", False),
        (b"author \x1b[31m\x01<a.author@example.org\x01> 1767600000 +9999", False),
    ],
)
def test_a_commit_with_a_broken_head(handbook: Build, head: bytes, known: bool) -> None:
    """Its author is somebody in people.yml, or an unknown contributor; the day of authoring counts nowhere."""
    root = handbook()
    tree = git(root, "rev-parse", "HEAD^{tree}").strip()
    committer = b"committer A. Author <a.author@example.org> 1767600000 +0000"
    raw = b"\n".join([b"tree " + tree, head, committer, b"", b"Broken\n"])
    sha = git(root, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=raw).decode().strip()
    git(root, "update-ref", "refs/heads/main", sha)
    (listed,) = ems(root, "register", "--format", "json").json["documents"]
    assert listed["state"] == ("in force" if known else "awaiting approval")
    checked = ems(root, "check", "--format", "json")
    assert [rule for rule, _, _ in checked.findings] == ([] if known else ["EMS306"])
    for command in (["register"], ["check"], ["history", "EMS-PRO-001"]):
        outcome = ems(root, *command)
        assert (outcome.status, outcome.err) == (int(command == ["check"] and not known), "")
        assert_plain(outcome.out)


def test_names_of_branches_and_tags_are_no_options(handbook: Build) -> None:
    root = handbook(TWO_REVISIONS)
    before = answers(root)
    first = git(root, "rev-parse", "HEAD~2").decode().strip()
    head = git(root, "rev-parse", "HEAD").decode().strip()
    for name in ("refs/tags/HEAD", "refs/heads/HEAD", f"refs/heads/{head}", "refs/heads/--all", "refs/tags/--output=x"):
        git(root, "update-ref", name, first)
    git(root, "update-ref", "refs/heads/--output=x", head)
    git(root, "symbolic-ref", "HEAD", "refs/heads/--output=x")
    assert answers(root) == before
    assert not list(root.parent.rglob("x"))


def test_a_file_called_like_an_option(handbook: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    root = handbook("docs/procedures/--output=x.md\n  id: EMS-PRO-003\n  title: Option\ncommit")
    monkeypatch.chdir(root)
    paths = [line["path"] for line in ems(root, "register", "--format", "json").json["documents"]]
    assert "docs/procedures/--output=x.md" in paths
    assert ems(root, "show", "EMS-PRO-003").out.startswith("## Drains")
    checked = ems_process(root, "check", "--format", "json", "--", "docs/procedures/--output=x.md")
    assert {path for _, path, _ in checked.findings} <= {"docs/procedures/--output=x.md"}
    assert not list(root.rglob("x.md"))


def test_a_working_tree_elsewhere_is_refused(handbook: Build, tmp_path: Path) -> None:
    root = handbook()
    git(root, "config", "core.worktree", str(tmp_path))
    for command in READING:
        outcome = ems(root, *command)
        assert "Traceback" not in outcome.err
        assert outcome.status in (0, 1, 2)


def test_the_environment_names_no_other_repository(handbook: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    root, other = handbook(TWO_REVISIONS), handbook(name="other")
    before = answers(root)
    assert before != answers(other)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert answers(root) == before
    monkeypatch.setenv("GIT_INDEX_FILE", os.devnull)
    assert answers(root) == before
