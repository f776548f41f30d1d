"""From draft to in force without YAML: new, submit, approve at level declared, withdraw, each with --commit."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.examples import ENVIRONMENT
from tests.running import COMMAND, Outcome, ems, ems_process
from tests.signing import key_of

ID = "EMS-PRO-001"
DOC = f"docs/procedures/{ID}.md"
NEW = "EMS-PRO-002"
BOTH = (
    "  procedure: {prefix: EMS-PRO, folder: procedures, level: declared, review: lead, "
    "approve: {role: manager, number: 2}}"
)


def git(root: Path, *words: str) -> str:
    """Git as whoever the repository's settings name, now."""
    env = {key: value for key, value in ENVIRONMENT.items() if not key.endswith("_NAME")}
    return subprocess.run(["git", *words], cwd=root, env=env, check=True, capture_output=True, text=True).stdout


def as_user(root: Path, person: str) -> None:
    """Let git commit as somebody from now on."""
    git(root, "config", "user.name", person)
    git(root, "config", "user.email", f"{person}@example.org")


def run(root: Path, *words: str) -> str:
    """A command that must work; what it printed."""
    done = ems(root, *words, day=None)
    assert done.status == 0, done.err + done.out
    return done.out


def changed(root: Path) -> list[str]:
    """What differs from the last commit, staged or not."""
    return git(root, "status", "--porcelain", "-uall").splitlines()


def row(root: Path, name: str) -> dict[str, object]:
    """A line of the register."""
    return next(
        one for one in ems(root, "register", "--format", "json", day=None).json["documents"] if one["id"] == name
    )


@pytest.fixture
def root(handbook: Callable[[str], Path]) -> Path:
    """The sample, committed to by A. Author, with a second document whose text is written and not yet committed."""
    made = handbook("commit")
    as_user(made, "a.author")
    run(made, "new", "procedure", "Noise at night")
    path = made / f"docs/procedures/{NEW}.md"
    head = path.read_text().split("---\n")[1]
    body = "## Night {#night}\n\nThe yard lead closes gate 2 at 22:00.\n\n[Limits](limits.csv){ .table }\n"
    path.write_text(f"---\n{head}---\n{body}")
    (made / "docs/procedures/limits.csv").write_text("Place,Limit\nGate 2,45 dB\n")
    return made


def submitted(root: Path) -> Path:
    """The same with EMS-PRO-002 submitted and committed."""
    run(root, "submit", NEW, "--commit")
    return root


def approve(root: Path, *words: str, person: str = "b.boss", name: str = NEW) -> Outcome:
    """Approve without a key."""
    return ems(root, "approve", name, "--as", person, "--yes", *words, day=None)


def test_from_a_new_document_to_in_force(root: Path) -> None:
    said = run(root, "submit", NEW, "--commit")
    assert f"ems --root {root} approve {NEW} --as b.boss" in said
    assert "Approval as manager by B. Boss" in said
    assert changed(root) == []
    as_user(root, "b.boss")
    said = approve(root, "--commit").out
    assert "This is a claim and no evidence" in said
    assert f"{NEW} revision 1: in force since" in said
    found = row(root, NEW)
    assert (found["state"], found["evidence"], found["approved_by"]) == ("in force", "declared", ["b.boss"])
    assert changed(root) == []
    assert ems(root, "check", "--format", "json", day=None).json["summary"]["errors"] == 0
    assert ems(root, "verify", day=None).status == 0


def test_each_command_prints_the_next_one_and_it_works_where_the_reader_stands(root: Path) -> None:
    """From a folder below, and from outside of the repository."""
    said = ems_process(root / "docs/procedures", "submit", NEW).out
    assert f"Next: ems submit {NEW} --commit" in said
    assert "with docs/procedures/limits.csv" in said
    assert ems_process(root / "docs/procedures", "submit", NEW, "--commit").status == 0
    said = approve(root, "--format", "json")
    assert said.json["commit"] is None
    git(root, "checkout", "-q", "--", "docs")
    done = ems_process(root / "docs", "approve", NEW, "--as", "b.boss", "--yes")
    line = next(line for line in done.out.splitlines() if line.startswith("Next: git"))
    for step in line.removeprefix("Next: ").split("  and then  "):
        subprocess.run(step, shell=True, cwd=root / "docs", env=ENVIRONMENT | who(), check=True, capture_output=True)  # noqa: S602
    assert row(root, NEW)["state"] == "in force"


def who() -> dict[str, str]:
    """The environment of somebody who commits."""
    return {f"GIT_{one}_{what}": "b.boss@example.org" for one in ("AUTHOR", "COMMITTER") for what in ("EMAIL", "NAME")}


def test_submit_says_what_would_be_refused_and_writes_nothing(root: Path) -> None:
    path = root / f"docs/procedures/{NEW}.md"
    before = path.read_bytes()
    path.write_bytes(before.replace(b"limits.csv", b"gone.csv") + b"\nTODO\n")
    wrong = path.read_bytes()
    for words in ((), ("--commit",)):
        done = ems(root, "submit", NEW, *words, day=None)
        assert (done.status, "EMS112" in done.out, "was not submitted" in done.out) == (1, True, True)
        assert path.read_bytes() == wrong
    path.write_bytes(before)
    assert ems(root, "submit", NEW, day=None).status == 0
    assert path.read_bytes() == before.replace(b"status: draft", b"status: submitted")


def test_everything_else_in_the_file_stays(root: Path) -> None:
    path = root / f"docs/procedures/{NEW}.md"
    text = path.read_text().replace("status: draft", "status:   draft   # mine").replace("owner:", "# note\nowner:")
    path.write_bytes(text.replace("\n", "\r\n").encode())
    run(root, "submit", NEW)
    assert path.read_bytes() == text.replace("status:   draft ", "status: submitted ").replace("\n", "\r\n").encode()


def test_only_what_was_written_is_committed(root: Path) -> None:
    (root / "people.yml").write_text((root / "people.yml").read_text() + "# staged\n")
    git(root, "add", "people.yml")
    (root / "docs/index.md").write_text("# Changed\n")
    (root / "docs/mine.txt").write_text("mine")
    submitted(root)
    assert sorted(git(root, "show", "--name-only", "--format=", "HEAD").split()) == [
        f"docs/procedures/{NEW}.md",
        "docs/procedures/limits.csv",
    ]
    assert sorted(changed(root)) == [" M docs/index.md", "?? docs/mine.txt", "M  people.yml"]
    assert git(root, "log", "-1", "--format=%an <%ae>: %s").strip() == (
        f"a.author <a.author@example.org>: {NEW} revision 1: submitted"
    )


def test_a_table_that_another_document_shows_is_not_changed_along(root: Path) -> None:
    submitted(root)
    assert approve(root, "--commit").status == 0
    run(root, "revise", ID, "--change", "Limits shown.")
    (root / DOC).write_text((root / DOC).read_text() + "\n[Limits](limits.csv){ .table }\n")
    (root / "docs/procedures/limits.csv").write_text("Place,Limit\nGate 2,99 dB\n")
    done = ems(root, "submit", ID, "--commit", day=None)
    assert (done.status, f"docs/procedures/{NEW}.md" in done.out, "EMS203" in done.out) == (1, True, True)
    git(root, "checkout", "-q", "--", "docs/procedures/limits.csv")
    run(root, "submit", ID, "--commit")


def test_who_git_is_must_be_known_before_anything_is_written(root: Path) -> None:
    for key in ("user.name", "user.email"):
        git(root, "config", "--unset", key)
    before = changed(root)
    done = ems(root, "submit", NEW, "--commit", day=None)
    assert (done.status, "git does not know who you are" in done.err) == (2, True)
    as_user(root, "stranger")
    done = ems(root, "submit", NEW, "--commit", day=None)
    assert (done.status, "whom people.yml does not know" in done.err) == (2, True)
    assert changed(root) == before
    as_user(root, "a.author")
    submitted(root)


def test_a_hook_that_refuses_is_respected_and_said(root: Path) -> None:
    hook = root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'not on a Friday' >&2\nexit 1\n")
    hook.chmod(0o755)
    head = git(root, "rev-parse", "HEAD")
    done = ems(root, "submit", NEW, "--commit", day=None)
    assert (done.status, "written, but not committed" in done.err, "not on a Friday" in done.err) == (2, True, True)
    assert git(root, "rev-parse", "HEAD") == head
    assert git(root, "diff", "--cached", "--name-only") == ""
    hook.unlink()
    run(root, "submit", NEW, "--commit")
    assert changed(root) == []


def test_revise_and_withdraw_commit_too(root: Path) -> None:
    submitted(root)
    assert approve(root, "--commit").status == 0
    run(root, "revise", NEW, "--change", "One more gate.", "--commit")
    assert git(root, "log", "-1", "--format=%s").strip() == f"{NEW} revision 2: begun"
    run(root, "withdraw", ID, "--commit")
    assert changed(root) == []
    assert row(root, ID)["state"] == "in force"
    said = approve(root, "--action", "withdraw", "--commit", name=ID)
    assert (said.status, f"{ID} is withdrawn." in said.out) == (0, True), said.err
    assert row(root, ID)["state"] == "withdrawn"
    again = approve(root, "--action", "withdraw", name=ID)
    assert (again.status, "is withdrawn already" in again.err) == (2, True)


def test_a_withdrawal_needs_no_commit_between(root: Path) -> None:
    run(root, "withdraw", ID)
    before = (root / DOC).read_bytes()
    for person, said in (("a.author", "A. Author was not manager"), ("nobody", "who is not in people.yml")):
        done = approve(root, "--action", "withdraw", "--commit", name=ID, person=person)
        assert (done.status, said in done.err, (root / DOC).read_bytes() == before) == (2, True, True), done.err
    assert approve(root, "--action", "withdraw", "--commit", name=ID).status == 0
    assert row(root, ID)["state"] == "withdrawn"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--as", "a.author"), "that takes the manager, or a deputy"),
        (("--as", "nobody"), 'there is no person "nobody" in people.yml'),
        (("--as", "b.boss", "--action", "review"), "Sign it: name your key"),
        (("--as", "b.boss", "--action", "reject"), "Sign it: name your key"),
        (("--as", "b.boss", "--action", "periodic-review"), "Sign it: name your key"),
        (("--as", "b.boss", "--role", "manager"), "belong to a signed decision"),
        (("--as", "b.boss", "--action", "withdraw"), "does not say withdrawn"),
    ],
)
def test_what_would_not_count_is_refused(root: Path, words: tuple[str, ...], said: str) -> None:
    submitted(root)
    done = ems(root, "approve", NEW, "--yes", *words, day=None)
    assert (done.status, said in done.err) == (2, True), done.err
    assert changed(root) == []


def test_a_contributor_may_not_approve_and_the_deputy_may(root: Path) -> None:
    as_user(root, "b.boss")
    submitted(root)
    done = approve(root)
    assert (done.status, "changed this text on" in done.err) == (2, True)
    assert changed(root) == []
    assert approve(root, "--commit", person="c.deputy").status == 0


def test_a_stranger_behind_the_text_stops_every_claim(root: Path) -> None:
    submitted(root)
    path = root / f"docs/procedures/{NEW}.md"
    path.write_text(path.read_text().replace("22:00", "21:00"))
    as_user(root, "stranger")
    git(root, "commit", "-qam", "Earlier")
    done = approve(root)
    assert (done.status, "people.yml did not know the address" in done.err) == (2, True)
    assert changed(root) == []


def test_a_draft_a_changed_text_and_an_approved_one_are_refused(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Draft")
    assert "is not submitted (status: draft)" in approve(root).err
    submitted(root)
    path = root / f"docs/procedures/{NEW}.md"
    text = path.read_text()
    path.write_text(text.replace("22:00", "21:00"))
    assert "differs from what is committed" in approve(root).err
    path.write_text(text)
    assert approve(root, "--commit").status == 0
    assert "is approved already" in approve(root).err
    assert "is approved already. Begin the next one" in ems(root, "submit", NEW, day=None).err


def test_two_approvers_one_after_the_other(root: Path) -> None:
    policy = (root / "ems.yml").read_text().split("\n")
    policy = [BOTH if line.startswith("  procedure:") else line for line in policy]
    (root / "ems.yml").write_text("\n".join(policy))
    git(root, "commit", "-qam", "Two approve")
    submitted(root)
    first = approve(root, "--commit")
    assert "More approvals are needed" in first.out
    assert "a review by the yard lead too" in first.out
    assert f"approve {NEW} --as c.deputy" in first.out
    assert row(root, NEW)["state"] == "awaiting approval"
    assert "is named in approved_by" in approve(root).err
    assert approve(root, "--commit", person="c.deputy").status == 0
    assert row(root, NEW)["approved_by"] == ["b.boss", "c.deputy"]


def test_a_type_that_asks_for_signatures_needs_a_key(handbook: Callable[[str], Path]) -> None:
    root = handbook("signed\ndocs/procedures/EMS-PRO-002.md\n  title: Noise\ncommit")
    done = approve(root)
    assert (done.status, f"{NEW} needs level signed: name your key with --key FILE." in done.err) == (2, True)
    done = ems(root, "approve", "policy", "--as", "b.boss", "--yes", day=None)
    assert (done.status, "the policy is approved by signature only" in done.err) == (2, True)


def test_without_a_terminal_nothing_is_decided(root: Path) -> None:
    submitted(root)
    done = subprocess.run(
        [COMMAND, "approve", NEW, "--as", "b.boss"], cwd=root, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "Say --yes" in done.stderr
    assert changed(root) == []


@pytest.mark.parametrize(("answer", "status"), [("n", 2), ("y", 0)])
def test_on_a_terminal_it_asks_first(root: Path, answer: str, status: int) -> None:
    submitted(root)
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    line = [COMMAND, "approve", NEW, "--as", "b.boss"]
    done = subprocess.run(line, cwd=root, stdin=theirs, capture_output=True, text=True)
    for end in (ours, theirs):
        os.close(end)
    assert (done.returncode, "This is a claim" in done.stdout, "Write it?" in done.stdout) == (status, True, True)
    assert bool(changed(root)) == (answer == "y")


def test_a_file_that_moved_is_moved_by_the_commit(root: Path) -> None:
    """By hand or by git mv: the id stands at one place afterwards."""
    submitted(root)
    assert approve(root, "--commit").status == 0
    for number, move in ((2, Path.rename), (3, None)):
        run(root, "revise", NEW, "--change", "It moves.")
        names = (f"docs/procedures/{NEW}.md", "docs/procedures/noise.md")
        old, new = (root / name for name in (names if number == 2 else names[::-1]))
        if move:
            move(old, new)
        else:
            git(root, "mv", "-f", str(old), str(new))
        table = new.read_text().replace("22:00", f"22:0{number}")
        new.write_text(table)
        run(root, "submit", NEW, "--commit")
        assert changed(root) == []
        assert ems(root, "check", "--format", "json", day=None).json["summary"]["errors"] == 0
        assert approve(root, "--commit").status == 0


def test_a_record_that_would_name_one_uncommitted_is_not_committed_alone(handbook: Callable[[str], Path]) -> None:
    root = handbook("signed")
    as_user(root, "b.boss")
    keys = {}
    for person in ("b.boss", "c.deputy"):
        keys[person] = root.parent / person
        keys[person].write_bytes(key_of(person).private)
        keys[person].chmod(0o600)
    run(root, "withdraw", ID, "--commit")
    line = ["approve", ID, "--action", "withdraw"]
    run(root, *line, "--as", "b.boss", "--key", str(keys["b.boss"]))
    done = ems(root, *line, "--as", "c.deputy", "--key", str(keys["c.deputy"]), "--commit", day=None)
    assert (done.status, "is not committed yet, and this record would name it" in done.err) == (2, True)
    git(root, "add", "approvals")
    git(root, "commit", "-qm", "First")
    done = ems(root, *line, "--as", "c.deputy", "--key", str(keys["c.deputy"]), "--commit", day=None)
    assert "is withdrawn already" in done.err
    done = ems(
        root, "approve", ID, "--action", "reinstate", "--as", "c.deputy", "--key", str(keys["c.deputy"]), day=None
    )
    assert done.status == 0, done.err


def test_a_signed_decision_is_committed_with_its_signature_and_nothing_else(handbook: Callable[[str], Path]) -> None:
    root = handbook("signed")
    as_user(root, "b.boss")
    key = root.parent / "b.boss"
    key.write_bytes(key_of("b.boss").private)
    key.chmod(0o600)
    (root / "docs/index.md").write_text("# Mine\n")
    said = run(root, "periodic-review", ID, "--as", "b.boss", "--key", str(key), "--commit")
    assert "Committed: " in said
    names = git(root, "show", "--name-only", "--format=", "HEAD").split()
    assert [Path(name).suffix for name in names] == [".json", ".sig"]
    assert changed(root) == [" M docs/index.md"]
    assert ems(root, "verify", "--format", "json", day=None).json["breaks"] == []


def test_a_rejection_stands_against_a_claim_until_its_person_decides_again(handbook: Callable[[str], Path]) -> None:
    root = handbook("signed")
    as_user(root, "a.author")
    keys = {}
    for person in ("b.boss", "c.deputy"):
        keys[person] = str(root.parent / person)
        Path(keys[person]).write_bytes(key_of(person).private)
        Path(keys[person]).chmod(0o600)
    (root / "ems.yml").write_text((root / "ems.yml").read_text().replace("level: signed", "level: declared"))
    git(root, "commit", "-qam", "Declared is enough")
    run(root, "approve", "policy", "--as", "b.boss", "--key", keys["b.boss"], "--commit")
    run(root, "new", "procedure", "Noise at night")
    path = root / f"docs/procedures/{NEW}.md"
    path.write_text("---\n".join(path.read_text().split("---\n")[:2]) + "---\n## Night {#night}\n\nGate 2 is closed.\n")
    submitted(root)
    run(root, "approve", NEW, "--as", "c.deputy", "--key", keys["c.deputy"], "--action", "reject", "--commit")
    done = approve(root)
    assert (done.status, "C. Deputy rejected revision 1" in done.err) == (2, True), done.err
    assert changed(root) == []
    assert row(root, NEW)["state"] == "awaiting approval"
    run(root, "approve", NEW, "--as", "c.deputy", "--key", keys["c.deputy"], "--commit")
    assert row(root, NEW)["state"] == "in force"
