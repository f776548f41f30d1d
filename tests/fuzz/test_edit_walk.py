"""A random walk of edits: what a check takes over from the check before it is what it would find anew.

Each step writes, drops or changes a line of a text, now and then a key of its front matter, a file beside it, the
policy or a commit; then the check is asked with and without what is kept. A second walk proposes its edits: on a branch
that grows, is begun again, is merged, is left behind by main or signed on.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ems_control.ground.counting import Counted, begin_anew, counts
from ems_control.ground.kept import SWITCH
from tests.attacks.scene import DOC, ID, PHONES, Scene, scene
from tests.examples import ENVIRONMENT
from tests.running import MKDOCS, ems

WHOLE = settings().max_examples >= 1000
STEPS = 60 if WHOLE else 25
SOME = settings(
    max_examples=12 if WHOLE else 3,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
OTHERS = ("EMS-PRO-002", "EMS-PRO-003", "EMS-PRO-004")
OFTEN = 0.7
"""How likely an edit is of words alone."""
TEXTS = (DOC, *(f"docs/procedures/{name}.md" for name in OTHERS))
WORDS = (
    "One word more.", "Clause 6.1 applies, 12.5 kg at most.", "", "TBD", "xx", "- a point", "1. a step", "2) a step",
    "    further in", "a zero\u200bwidth word", "**bold** words", "Revision 1 of it", "EMS-PRO-002", "(date)", "4445",
)  # fmt: skip
"""Lines that nobody sees from elsewhere."""
LINES = (
    "## Drains", "## Other {#other}", "### Yard",
    "See [the other](EMS-PRO-002.md#drains).", "See [this](EMS-PRO-003.md) and [that](EMS-PRO-001.md#other).",
    "[Revision 1](../d/EMS-PRO-001/r1/) and [revision 1 of it](EMS-PRO-002.md)", "[gone](EMS-PRO-009.md#x)",
    "[where", "words](EMS-PRO-004.md#yard) end", "[date]", "```", "~~~", "-----", "=====", "<!--", "-->",
    "    further in [x](EMS-PRO-002.md)", "![Plan](img/drains.png)", "![No](img/none.png)",
    '--8<-- "shared/phones.md"', '--8<-- "procedures/EMS-PRO-004.md"', "| a | b |", "|---|---|", "{#given}",
    "[plan]: img/drains.png", "img/plan.png", "*[ABC]: nothing", "<a id=raw>x</a>",
    "<script>x()</script>", '<img src="img/plan.png">', "![t](t.csv){ .table }", "[t](../shared/t.csv){ .table }",
    "https://example.org/x.png", "![far](https://example.org/x.png)", "~~out~~ $$x$$",
)  # fmt: skip
KEYS = (
    ("status: submitted", "status: draft"), ("title: ", "title: New "), ("revision: 1", "revision: 2"),
    ("owner: lead", "owner: controller"), ("type: procedure", "type: record"), ("id: EMS-PRO", "id: EMS-WI"),
    ("owner: lead", "owner: lead\nclauses: [iso-14001:2015/8.1]"), ("status: submitted", "status: withdrawn"),
    ("owner: lead", "owner: lead\nsupersedes: [EMS-PRO-002]"), ("revision: ", "revison: "),
)  # fmt: skip


def edited(s: Scene, by: Random) -> str:
    """A line of a text is another: mostly of its body, sometimes of its front matter."""
    path = by.choice(TEXTS)
    if not (s.root / path).is_file():
        return ""
    rows = s.read(path).split("\n")
    first = 0 if by.random() < 0.05 else next((n for n, row in enumerate(rows[1:], 2) if row == "---"), 0)
    at = by.randrange(first, len(rows) + 1) if first < len(rows) else len(rows)
    how, line = by.randrange(6), by.choice(WORDS if by.random() < OFTEN else LINES)
    if how < 3 or at == len(rows):
        rows.insert(at, line)
    elif how == 3:
        rows.pop(at)
    elif how == 4:
        words = rows[at].split(" ")
        words[by.randrange(len(words))] = by.choice(("word", "V-7", "12", "drains", "[x]", "TBD", ""))
        rows[at] = " ".join(words)
    else:
        rows[at] = by.choice(("    ", "- ", "> ", "## ", "\t")) + rows[at]
    s.write(path, "\n".join(rows))
    return f"{path} {how} {at} {line}"


def keyed(s: Scene, by: Random) -> str:
    path, (old, new) = by.choice(TEXTS), by.choice(KEYS)
    if (s.root / path).is_file():
        text = s.read(path)
        s.write(path, text.replace(new, old, 1) if new in text else text.replace(old, new, 1))
    return f"{path} {old} {new}"


def beside(s: Scene, by: Random) -> str:
    """A file that texts show or link to changes, comes or goes."""
    path = by.choice(
        (PHONES, "docs/procedures/t.csv", "docs/shared/t.csv", "docs/index.md", "docs/procedures/img/none.png")
    )
    if (s.root / path).is_file() and by.random() < 0.3:
        (s.root / path).unlink()
    else:
        s.write(path, by.choice(("a,b\n1,2\n", "a,b\n1,3\n", "Call 4444.\n", "[x](EMS-PRO-002.md#other) TBD\n")))
    return path


def steered(s: Scene, by: Random) -> str:
    """The policy, the people or the site is another; as long as a policy is not approved, all is checked anew."""
    path, text = by.choice((
        ("ems.yml", "rules: {severity: {EMS503: warning, EMS112: info}}\n"),
        ("ems.yml", f"rules: {{waivers: [{{rule: EMS502, document: {ID}, until: 2027-01-01, reason: Later}}]}}\n"),
        ("mkdocs.yml", "markdown_extensions: [smarty]\n"),
        ("people.yml", "# more\n"),
    ))  # fmt: skip
    now = s.read(path)
    if text not in now and text.startswith("rules:") and "\nrules:" in now:
        return "two rules are none"
    s.write(path, now.replace(text, "") if text in now else now + text)
    if by.random() < OFTEN:
        s.commit()
        if path != "mkdocs.yml":
            s.sign("policy")
            s.commit("b.boss")
    return f"{path} {text}"


def landed(s: Scene, by: Random) -> str:
    s.day += timedelta(days=1)
    if by.random() < 0.4:
        s.git("checkout", "-q", "--", ".")
        s.git("clean", "-qfd")
        return "back"
    s.commit(by.choice(("a.author", "b.boss")))
    return "committed"


@pytest.fixture(scope="module")
def begun() -> Iterator[Path]:
    """Four signed documents that link to each other, in a history that is worth keeping."""
    with TemporaryDirectory() as folder:
        made = scene(Path(folder))
        made.worth_keeping()
        made.write("mkdocs.yml", MKDOCS)
        for name in OTHERS:
            made.draft(name)
        made.replace(
            TEXTS[1], "Nobody else touches it.", "See [drains](EMS-PRO-001.md#drains) and [yard](EMS-PRO-003.md)."
        )
        made.replace(TEXTS[2], "Nobody else touches it.", "See [nothing](EMS-PRO-002.md#nothing).")
        made.commit()
        for name in OTHERS[:2]:
            made.approve(name)
        yield made.root


def checked(s: Scene, day: str, *base: str) -> tuple[object, int]:
    """What the check says, and how many documents rules looked at for it."""
    begin_anew()
    done = ems(s.root, "check", "--format", "json", *base, day=day)
    looked: Counted = "documents_checked"
    return (done.status, done.out, done.err), counts()[looked]


def walked(begun: Path, seed: int, patched: pytest.MonkeyPatch, folder: Path) -> int:
    """Walk; how many checks took over what was found before."""
    by, told, taken, day = Random(seed), list[str](), 0, "2026-03-01"  # noqa: S311
    root = folder / "handbook"
    shutil.copytree(begun, root, symlinks=True)
    s = Scene(root)
    checked(s, day)
    for _ in range(STEPS):
        chance = by.random()
        step = edited if chance < 0.8 else by.choice((keyed, keyed, beside, beside, steered, landed, landed, landed))
        told.append(f"{step.__name__}: {step(s, by)}")
        day = by.choice(("2026-03-01", "2027-06-01")) if by.random() < 0.05 else day
        found, looked = checked(s, day)
        with patched.context() as off:
            off.setenv(SWITCH, "1")
            fresh, whole = checked(s, day)
        assert found == fresh, (seed, told)
        taken += 0 < looked < whole
        if by.random() < 0.1:
            subprocess.run(["git", "checkout", "-q", "--", "."], cwd=root, env=dict(ENVIRONMENT), check=True)
    return taken


@SOME
@given(seed=st.integers(0, 2**32))
def test_after_an_edit_is_found_what_would_be_found_anew(begun: Path, seed: int) -> None:
    """Steps drawn by chance, the same for the same seed."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        walked(begun, seed, patched, Path(folder))


def test_most_edits_need_no_whole_check(begun: Path) -> None:
    """The walk would prove nothing if all were checked anew each time."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        assert walked(begun, 1, patched, Path(folder)) >= 1


ROW = (
    "  - {revision: 2, date: 2026-02-01, author: a.author, class: substantive, change: Another limit for the valve.}\n"
)


def git(s: Scene, *words: str) -> bool:
    """Whether git could do it."""
    env = dict(ENVIRONMENT)
    for who in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{who}_NAME": "a.author", f"GIT_{who}_EMAIL": "a.author@example.org"}
        env |= {f"GIT_{who}_DATE": s.stamp(s.day)}
    return subprocess.run(["git", *words], cwd=s.root, env=env, capture_output=True, check=False).returncode == 0


def restored(s: Scene, _: Random) -> str:
    """Each text as it is on main."""
    git(s, "checkout", "-q", "main", "--", ".")
    return ""


def revised(s: Scene, by: Random) -> str:
    """A text becomes the next revision, with its row, or is the one before again."""
    path = by.choice(TEXTS)
    if (s.root / path).is_file():
        text = s.read(path)
        for old, new in (("\nrevision: 1\n", "\nrevision: 2\n"), ("revisions:\n", f"revisions:\n{ROW}")):
            text = text.replace(new, old, 1) if new in text else text.replace(old, new, 1)
        s.write(path, text)
    return path


def begun_anew(s: Scene, _: Random) -> str:
    """The branch begins where main is."""
    git(s, "checkout", "-q", "-f", "-B", "work", "main")
    return ""


def branched(s: Scene, by: Random) -> str:
    """Main takes the branch in, or goes on without it, or the last commit of the branch goes."""
    how = by.randrange(3)
    if how == 0:
        git(s, "checkout", "-q", "-f", "main")
        s.day += timedelta(days=1)
        if not git(s, "merge", "-q", by.choice(("--no-ff", "--ff-only")), "-m", "Both", "work"):
            git(s, "merge", "--abort")
        git(s, "checkout", "-q", "-f", "-B", "work")
    elif how == 1:
        git(s, "checkout", "-q", "-f", "main")
        by.choice((edited, keyed, beside, steered))(s, by)
        s.commit()
        git(s, "checkout", "-q", "-f", "work")
    else:
        git(s, "reset", "-q", "--hard", "HEAD~1")
    return str(how)


def signed(s: Scene, by: Random) -> str:
    """A decision about a text of the branch comes along."""
    name = by.choice((ID, *OTHERS))
    if (s.root / "docs" / "procedures" / f"{name}.md").is_file():
        s.sign(name, by.choice(("b.boss", "c.deputy")), by.choice(("approve", "reject")))
    return name


def proposed(begun: Path, seed: int, patched: pytest.MonkeyPatch, folder: Path) -> int:
    """Walk on a branch; how many checks of the proposed change took over what was found before."""
    by, told, taken, day = Random(seed), list[str](), 0, "2026-03-01"  # noqa: S311
    root = folder / "handbook"
    shutil.copytree(begun, root, symlinks=True)
    s = Scene(root)
    s.git("checkout", "-q", "-B", "main")
    s.commit("b.boss")
    checked(s, day)
    s.git("checkout", "-q", "-b", "work")
    for _ in range(STEPS):
        rare = by.choice((keyed, beside, steered, restored, revised, branched, signed, begun_anew))
        step = edited if by.random() < OFTEN else rare
        if step is not edited and by.random() < OFTEN:
            begun_anew(s, by)
        told.append(f"{step.__name__}: {step(s, by)}")
        s.day += timedelta(days=by.random() < 0.3)
        if by.random() < 0.2:
            checked(s, day)
        git(s, "add", "-A")
        git(s, "commit", "-q", "-m", "Edited", *(["--amend"] if by.random() < 0.2 else []))
        base = ("--base", by.choice(("main", "main", "main", "main", "HEAD~1")))
        day = by.choice(("2026-03-01", "2027-06-01")) if by.random() < 0.05 else day
        found, looked = checked(s, day, *base)
        with patched.context() as off:
            off.setenv(SWITCH, "1")
            fresh, whole = checked(s, day, *base)
        assert found == fresh, (seed, told, base)
        taken += 0 < looked < whole
    return taken


@SOME
@given(seed=st.integers(0, 2**32))
def test_of_a_proposed_change_is_found_what_would_be_found_anew(begun: Path, seed: int) -> None:
    """Steps drawn by chance, the same for the same seed."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        proposed(begun, seed, patched, Path(folder))


def test_most_changes_need_no_whole_check(begun: Path) -> None:
    """The walk would prove nothing if all were checked anew each time."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        assert proposed(begun, 1, patched, Path(folder)) >= 1
