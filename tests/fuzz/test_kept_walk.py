"""A random walk over one repository: whatever happens to it, what is kept between two runs changes no answer.

Each step does something that people, git or a disk do, then asks the same questions with and without what is kept.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ems_control.ground.kept import SWITCH
from tests.attacks.scene import DOC, ID, IMAGE, PHONES, Scene, scene
from tests.examples import ENVIRONMENT
from tests.running import MKDOCS, Outcome, ems, ems_process
from tests.sites import MOMENT

NOISE = "EMS-PRO-002"
OTHER = f"docs/procedures/{NOISE}.md"
STANDARD = """\
id: acme
full_title: What Acme asks of its suppliers
clauses:
  - {number: 6.1, title: Drains, duty: {kind: maintain}}
  - {number: 7, title: Papers, heading_only: true}
"""
WHOLE = settings().max_examples >= 1000
STEPS = 20 if WHOLE else 12
OFTEN = 0.5
"""How likely a step is committed."""
SITES = 6
"""Of so many walks one builds sites, too: they take long."""
SOME = settings(
    max_examples=12 if WHOLE else 4,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # a shorter walk is not worth its minutes
)


@dataclass
class Walk:
    """A repository on its way, and what an earlier step laid aside."""

    s: Scene
    shas: list[str] = field(default_factory=list)
    laid: Path | None = None
    told: list[str] = field(default_factory=list)
    sound: str = ""
    """The newest commit with which every question had an answer."""

    @property
    def root(self) -> Path:
        return self.s.root

    @property
    def kept(self) -> Path:
        return self.root / ".git" / "ems-control"

    def git(self, *words: str) -> str:
        """What git says; where it cannot do that, nothing happens."""
        env = {**ENVIRONMENT}
        env |= {f"GIT_{who}_DATE": self.s.stamp(self.s.day) for who in ("AUTHOR", "COMMITTER")}
        done = subprocess.run(["git", *words], cwd=self.root, env=env, capture_output=True, check=False)
        return done.stdout.decode().strip() if done.returncode == 0 else ""

    def commit(self, by: str = "a.author") -> None:
        self.s.commit(by)

    def there(self, path: str) -> bool:
        return (self.root / path).is_file() and not (self.root / path).is_symlink()

    def add(self, path: str, words: str) -> None:
        """Write more at the end of a file, where it is one."""
        if self.there(path):
            self.s.write(path, self.s.read(path) + words)

    def swap(self, path: str, old: str, new: str) -> None:
        """Put a piece of a file in place of another; back where that was done before."""
        if self.there(path):
            text = self.s.read(path)
            self.s.write(path, text.replace(old, new) if old in text else text.replace(new, old))

    def day(self) -> str:
        return str(self.s.day)


Step = Callable[[Walk, int], object]
EDITS: dict[str, Step] = {
    "words": lambda w, n: w.add((DOC, OTHER)[n % 2], f"\nWords {n}.\n"),
    "swapped words": lambda w, _: w.swap(DOC, "valve V-3", "valve V-4"),
    "status": lambda w, n: w.swap((DOC, OTHER)[n % 2], "status: submitted", "status: draft"),
    "id": lambda w, _: w.swap(OTHER, f"id: {NOISE}", "id: EMS-PRO-007"),
    "twin": lambda w, _: w.there(DOC) and w.s.write("docs/procedures/twin.md", w.s.read(DOC)),
    "picture": lambda w, n: w.s.write(IMAGE, f"drains {n % 3}"),
    "picture gone": lambda w, _: (w.root / IMAGE).unlink(missing_ok=True),
    "shared": lambda w, n: w.s.write(PHONES, f"Emergency: {n % 3}"),
    "awaited": lambda w, n: w.swap(OTHER, "![Plan][plan]", f"![Plan][plan] ![Yard](yard{n % 2}.svg)"),
    "comes": lambda w, n: w.s.write(f"docs/procedures/yard{n % 2}.svg", "<svg/>"),
    "deleted": lambda w, n: (w.root / (DOC, OTHER)[n % 2]).unlink(missing_ok=True),
    "link": lambda w, _: (
        (w.root / "docs/procedures/link.md").is_symlink() or (w.root / "docs/procedures/link.md").symlink_to(f"{ID}.md")
    ),
    "mode": lambda w, n: w.there(DOC) and (w.root / DOC).chmod((0o644, 0o755)[n % 2]),
    "moved": lambda w, _: w.there(DOC) and (w.root / DOC).rename(w.root / "docs/procedures/moved.md"),
    "other case": lambda w, _: w.there(DOC) and (w.root / DOC).rename(w.root / DOC.replace("EMS", "ems")),
    "line ends": lambda w, _: w.swap(DOC, "\n", "\r\n"),
    "hidden": lambda w, n: w.s.write("docs/.hidden.md", f"{n}"),
    "a repository below": lambda w, _: (w.root / "docs/below/.git").mkdir(parents=True, exist_ok=True),
    "folder of texts": lambda w, _: w.there("ems.yml") and (w.root / "docs").is_dir() and renamed(w),
    "policy": lambda w, n: w.swap("ems.yml", "organisation: ", f"organisation: N{n % 2} "),
    "approvers": lambda w, _: w.swap("ems.yml", "approve: manager", "approve: lead"),
    "zone": lambda w, n: w.swap("ems.yml", "timezone: UTC", f"timezone: Pacific/{('Kiritimati', 'Pago_Pago')[n % 2]}"),
    "own standard": lambda w, n: (
        w.s.write("own.yml", STANDARD + f"# {n}\n"),
        w.there("ems.yml")
        and "own_standards" not in w.s.read("ems.yml")
        and w.add("ems.yml", "own_standards: [own.yml]\n"),
    ),
    "own standard changed": lambda w, n: w.s.write("own.yml", STANDARD.replace("Drains", f"Drains {n % 3}")),
    "role ends": lambda w, _: w.swap("people.yml", "until: 2026-01-31", "until: 2026-03-31"),
    "key gone": lambda w, _: w.swap("people.yml", "ssh-ed25519 ", "ssh-ed25519  "),
    "address": lambda w, _: w.swap("people.yml", "b.boss@example.org", "boss@example.org"),
    "site": lambda w, n: w.s.write("mkdocs.yml", MKDOCS + "INHERIT: base.yml\n" * (n % 2)),
    "site below": lambda w, n: w.s.write("base.yml", f"markdown_extensions: [{('smarty', 'nothing_known')[n % 2]}]\n"),
    "no site": lambda w, _: (w.root / "mkdocs.yml").unlink(missing_ok=True),
    "attributes": lambda w, n: w.s.write("docs/.gitattributes", f"* {('-text', 'merge=ours', '-diff')[n % 3]}\n"),
}


def renamed(w: Walk) -> None:
    (w.root / "docs").rename(w.root / "texts")
    w.s.write("ems.yml", w.s.read("ems.yml") + "docs_dir: texts\n")


def decided(w: Walk, n: int) -> None:
    """A record about what is committed."""
    who, action = (
        ("b.boss", "approve"),
        ("c.deputy", "approve"),
        ("a.author", "review"),
        ("b.boss", "reject"),
        ("b.boss", "withdraw"),
        ("b.boss", "periodic-review"),
    )[n % 6]
    w.s.sign((ID, NOISE)[n // 6 % 2], who, action)


def parted(w: Walk, n: int) -> None:
    """A record lands, and its signature one landing later."""
    path = w.s.sign((ID, NOISE)[n % 2])
    seal = path.with_name(path.name + ".sig")
    data = seal.read_bytes()
    seal.unlink()
    w.commit("b.boss")
    seal.write_bytes(data)


def some_record(w: Walk, n: int) -> Path | None:
    found = sorted((w.root / "approvals").rglob("*.json"))
    return found[n % len(found)] if found else None


def tampered(w: Walk, n: int) -> None:
    if path := some_record(w, n):
        path.write_bytes(path.read_bytes() + b"\n")


def removed(w: Walk, n: int) -> None:
    if path := some_record(w, n):
        path.unlink()


def renamed_record(w: Walk, n: int) -> None:
    if path := some_record(w, n):
        path.rename(path.with_name(path.name.replace("approve", "correct")))


RECORDS: dict[str, Step] = {
    "decided": decided,
    "parted": parted,
    "tampered": tampered,
    "removed": removed,
    "renamed record": renamed_record,
    "policy approved": lambda w, n: w.s.sign("policy", ("b.boss", "c.deputy")[n % 2]),
}


def merged(w: Walk, n: int) -> None:
    """One of the branches comes in, in one of four ways; where they conflict, nothing."""
    way = (("--no-ff",), ("--ff-only",), ("--squash",), ("--no-ff", "-s", "ours"))[n % 4]
    name = ("main", "side", "other")[n // 4 % 3]
    if not w.git("merge", *way, "-m", "Both", name):
        w.git("merge", "--abort")
        w.git("reset", "-q", "--hard")
    elif "--squash" in way:
        w.commit()
    w.s.day += timedelta(days=1)


def odd_date(w: Walk, n: int) -> None:
    day = w.s.day
    w.s.day = (date(2019, 1, 1), date(2090, 1, 1), day - timedelta(days=3))[n % 3]
    w.commit()
    w.s.day = day


def replaced(w: Walk, n: int) -> None:
    """Another commit stands for that of HEAD, for whoever asks git without care."""
    head = w.git("rev-parse", "HEAD")
    others = [sha for sha in w.shas if sha != head]
    w.git("replace", "-f", head, others[n % len(others)])


GIT: dict[str, Step] = {
    "commit": lambda w, n: w.commit(("a.author", "b.boss", "c.deputy")[n % 3]),
    "odd date": odd_date,
    "restored": lambda w, _: (w.git("reset", "-q", "--hard"), w.git("clean", "-qfd")),
    "branch": lambda w, n: w.git("checkout", "-q", "-B", ("side", "other")[n % 2]),
    "switch": lambda w, n: w.git("checkout", "-q", "-f", ("main", "side", "other")[n % 3]),
    "merged": merged,
    "rewound": lambda w, n: w.git("reset", "-q", "--hard", f"HEAD~{1 + n % 4}"),
    "to and fro": lambda w, n: w.git("reset", "-q", "--hard", w.shas[n % len(w.shas)]),
    "detached": lambda w, n: w.git("checkout", "-q", "-f", "--detach", f"HEAD~{n % 3}"),
    "branch gone": lambda w, n: w.git("branch", "-q", "-D", ("side", "other")[n % 2]),
    "remote": lambda w, n: w.git("update-ref", "refs/remotes/origin/far", w.shas[n % len(w.shas)]),
    "remote gone": lambda w, _: w.git("update-ref", "-d", "refs/remotes/origin/far"),
    "tag": lambda w, n: w.git("tag", "-f", "side", w.shas[n % len(w.shas)]),
    "tag gone": lambda w, _: w.git("tag", "-d", "side"),
    "replaced": replaced,
    "set": lambda w, n: w.git("config", *(("core.fileMode", "false"), ("diff.noprefix", "true"),
                                          ("log.date", "relative"), ("core.quotePath", "false"))[n % 4]),
    "shallow": lambda w, _: shallow(w),
    "packed": lambda w, _: (w.git("pack-refs", "--all"), w.git("gc", "-q")),
}  # fmt: skip


def shallow(w: Walk) -> None:
    place = w.root / ".git" / "shallow"
    if place.exists():
        place.unlink()
    else:
        place.write_text(w.git("rev-parse", "HEAD~3") + "\n", "ascii")


def files_kept(w: Walk) -> list[Path]:
    return sorted(path for path in w.kept.rglob("*") if path.is_file()) if w.kept.is_dir() else []


def one_gone(w: Walk, n: int) -> None:
    if found := files_kept(w):
        found[n % len(found)].unlink()


def cut_off(w: Walk, n: int) -> None:
    if found := files_kept(w):
        path = found[n % len(found)]
        path.write_bytes(path.read_bytes()[: -1 - n])


def mixed_up(w: Walk, n: int) -> None:
    if found := files_kept(w):
        found[n % len(found)].write_bytes(found[-1].read_bytes())


def laid_aside(w: Walk, _: int) -> None:
    if w.laid is None and w.kept.is_dir():
        w.laid = w.root.parent / "aside"
        shutil.copytree(w.kept, w.laid)


def brought_back(w: Walk, n: int) -> None:
    """All that was kept some steps ago lies there again, or one file of it."""
    if w.laid:
        names = sorted(path.relative_to(w.laid) for path in w.laid.rglob("*") if path.is_file())
        for name in names if n % 2 else names[n % len(names) :][:1]:
            (w.kept / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(w.laid / name, w.kept / name)


KEPT: dict[str, Step] = {
    "one gone": one_gone,
    "cut off": cut_off,
    "mixed up": mixed_up,
    "laid aside": laid_aside,
    "brought back": brought_back,
}


@pytest.fixture(scope="module")
def begun() -> Iterator[Path]:
    """A signed handbook with two documents, more landings than are read as fast, and a text that waits."""
    with TemporaryDirectory() as folder:
        made = scene(Path(folder))
        made.worth_keeping()
        made.write("mkdocs.yml", MKDOCS)
        made.draft(NOISE).commit()
        made.approve(NOISE)
        made.revise().commit()
        yield made.root


def asked(w: Walk, n: int) -> list[tuple[tuple[str, ...], str | None]]:
    """What is asked after a step, and of which day: mostly the same as before, or nothing kept would answer."""
    often = n < 16
    day = None if often else (w.day(), "2026-02-01", "2026-06-01")[n % 3]
    base = "HEAD~1" if often else ("main", "HEAD~3", "side", w.shas[n % len(w.shas)])[n % 4]
    return [
        (("check", "--format", "json"), day),
        (("check", "--format", "json", "--base", base), None),
        (("register", "--format", "json"), day),
        (("history", (ID, NOISE)[n // 16], "--format", "json"), None),
    ]


def answers(w: Walk, n: int) -> list[Outcome]:
    return [ems(w.root, *question, day=day) for question, day in asked(w, n)]


def compared(w: Walk, n: int, patched: pytest.MonkeyPatch) -> None:
    """Ask both ways; where the handbook cannot be read any more, what made it so is taken back afterwards."""
    found = answers(w, n)
    with patched.context() as off:
        off.setenv(SWITCH, "1")
        fresh = answers(w, n)
    for (question, _), one, other in zip(asked(w, n), found, fresh, strict=True):
        assert one == other, (w.told, question)
    if all(found[at].status != 2 for at in (0, 2, 3)):
        w.sound = w.git("rev-parse", "HEAD")
        return
    w.told.append("repaired")
    (w.root / ".git" / "shallow").unlink(missing_ok=True)
    w.git("reset", "-q", "--hard", w.sound)
    w.git("clean", "-qffd")


def step(w: Walk, by: Random, patched: pytest.MonkeyPatch) -> None:
    """Something happens, and is perhaps committed; then all questions are asked."""
    kind, n = by.choice((EDITS, EDITS, RECORDS, RECORDS, GIT, GIT, KEPT)), by.randrange(24)
    name = by.choice(sorted(kind))
    committed = kind is not KEPT and by.random() < OFTEN
    w.told.append(f"{name} {n}{' committed' if committed else ''}")
    kind[name](w, n)
    if committed:
        w.commit()
    w.shas.append(w.git("rev-parse", "HEAD"))
    compared(w, n, patched)
    w.git("replace", "-d", *w.git("replace", "-l").split())


@SOME
@given(seed=st.integers(0, 2**32))
def test_whatever_happens_what_is_kept_changes_no_answer(begun: Path, seed: int) -> None:
    """Steps drawn by chance, the same for the same seed."""
    by = Random(seed)  # noqa: S311
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        root = Path(folder) / "handbook"
        shutil.copytree(begun, root, symlinks=True)
        w = Walk(Scene(root, date(2026, 1, 14)))
        w.shas = [w.git("rev-parse", f"HEAD~{back}") for back in range(4)]
        compared(w, 0, patched)
        for at in range(STEPS):
            step(w, by, patched)
            if WHOLE and at in (STEPS // 2, STEPS - 1) and seed % SITES == 0:
                same_site(w)


def same_site(w: Walk) -> None:
    """A site with what is kept, one without, one in a job; where none can be made, that is said equally."""
    found = [built(w, {}), built(w, {}), built(w, {SWITCH: "1"}), built(w, {"CI": "true"})]
    for other in found[1:]:
        assert other == found[0], w.told


def built(w: Walk, more: dict[str, str]) -> tuple[int, dict[str, bytes]]:
    site = w.root.parent / "site"
    env = {**ENVIRONMENT, "SOURCE_DATE_EPOCH": MOMENT, **more}
    done = ems_process(w.root, "build", "--site-dir", str(site), env=env)
    return done.status, {str(each.relative_to(site)): each.read_bytes() for each in site.rglob("*") if each.is_file()}
