"""An author's steps on the demonstration, as a user types them: new, revise, approve, withdraw, review."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.examples import ENVIRONMENT, git
from tests.running import ems


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demonstration that nobody changes."""
    folder = tmp_path_factory.mktemp("demo") / "works"
    assert ems(folder.parent, "demo", str(folder), day=None).status == 0
    return folder


@pytest.fixture
def works(made: Path, tmp_path: Path) -> Iterator[Path]:
    """A clone of the demonstration with its keys, committed to as M. Ferrer."""
    folder = tmp_path / "works"
    subprocess.run(["git", "clone", "-q", str(made), str(folder)], check=True, env=ENVIRONMENT)
    (folder / ".demo-keys").symlink_to(made / ".demo-keys")
    git(folder, "config", "user.email", "m.ferrer@example.org")
    return folder


def run(root: Path, *arguments: str) -> str:
    """Run a command that must work; what it printed."""
    done = ems(root, *arguments, day=None)
    assert done.status == 0, done.err + done.out
    return done.out


def save(root: Path, words: str) -> None:
    """Commit everything, now, as M. Ferrer."""
    who = {"GIT_AUTHOR_EMAIL": "m.ferrer@example.org", "GIT_COMMITTER_EMAIL": "m.ferrer@example.org"}
    for line in (["add", "-A"], ["commit", "-q", "-m", words]):
        subprocess.run(["git", *line], cwd=root, env={**ENVIRONMENT, **who}, check=True)


def row(root: Path, document: str) -> dict[str, object]:
    """A line of the register."""
    listed = ems(root, "register", "--format", "json", day=None).json["documents"]
    return next(line for line in listed if line["id"] == document)


def approve(root: Path, document: str, *more: str, person: str = "r.osei") -> str:
    """Sign with a key of the demonstration."""
    return run(root, "approve", document, "--as", person, "--key", str(root / f".demo-keys/{person}"), *more)


def test_a_revision_from_the_first_word_to_in_force(works: Path) -> None:
    run(works, "revise", "EMS-PRO-002", "--change", "Three drills a year: one more.", "--author", "m.ferrer")
    path = works / "docs/procedures/EMS-PRO-002.md"
    text = path.read_text().replace("\nTwo drills", "\nThree drills").replace("status: draft", "status: submitted")
    path.write_text(text)
    save(works, "EMS-PRO-002 revision 3")
    assert row(works, "EMS-PRO-002")["revision"] == 2
    assert "Written by: M. Ferrer." in approve(works, "EMS-PRO-002")
    save(works, "Approved")
    assert (row(works, "EMS-PRO-002")["revision"], row(works, "EMS-PRO-002")["evidence"]) == (3, "signed")
    assert ems(works, "verify", "--format", "json", day=None).json["breaks"] == []
    assert ems(works, "check", day=None).status == 0


def test_a_new_document_gets_the_next_number_and_asks_for_its_text(works: Path) -> None:
    run(works, "new", "procedure", 'Noise: "at night"', "--author", "m.ferrer", "--owner", "line-lead")
    path = works / "docs/procedures/EMS-PRO-005.md"
    text = path.read_text()
    assert 'title: "Noise: \\"at night\\""' in text
    assert ems(works, "check", "--format", "json", day=None).json["summary"]["errors"] == 0
    path.write_text(text.replace("status: draft", "status: submitted"))
    found = {rule for rule, _, _ in ems(works, "check", "--format", "json", day=None).findings}
    assert found >= {"EMS112"}  # the text is still to be written
    assert ems(works, "new", "procedur", "X", "--author", "m.ferrer", day=None).err.endswith(
        "Did you mean procedure?\n"
    )


def test_a_withdrawal_waits_for_its_approval_and_a_reinstatement_ends_it(works: Path) -> None:
    run(works, "withdraw", "EMS-PRO-004")
    save(works, "Withdrawn")
    assert row(works, "EMS-PRO-004")["state"] == "in force"
    assert [b["rule"] for b in ems(works, "verify", "--format", "json", day=None).json["breaks"]] == ["EMS334"]
    approve(works, "EMS-PRO-004", "--action", "withdraw")
    save(works, "Withdrawal signed")
    assert row(works, "EMS-PRO-004")["state"] == "withdrawn"
    assert ems(works, "verify", "--format", "json", day=None).json["breaks"] == []
    approve(works, "EMS-PRO-004", "--action", "reinstate")
    git(works, "checkout", "-q", "HEAD~2", "--", "docs/procedures/EMS-PRO-004.md")
    save(works, "Reinstated")
    assert row(works, "EMS-PRO-004")["state"] == "in force"
    assert ems(works, "verify", "--format", "json", day=None).json["breaks"] == []


def test_a_periodic_review_moves_the_next_one(works: Path) -> None:
    before = row(works, "EMS-PRO-001")["review_by"]
    key = str(works / ".demo-keys/m.ferrer")
    run(works, "periodic-review", "EMS-PRO-001", "--as", "m.ferrer", "--key", key)
    save(works, "Reviewed")
    assert str(row(works, "EMS-PRO-001")["review_by"]) > str(before)
    assert ems(works, "verify", "--format", "json", day=None).json["breaks"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["approve", "EMS-PRO-001", "--as", "r.osei"], "is approved already. A new text needs revision 4"),
        (["approve", "EMS-PRO-001", "--as", "nobody"], 'there is no person "nobody" in people.yml'),
        (["approve", "EMS-PRO-099", "--as", "r.osei"], 'there is no document "EMS-PRO-099"'),
        (["approve", "EMS-PRO-001", "--as", "s.okoye", "--action", "withdraw"], "that takes the plant manager"),
        (["approve", "EMS-PRO-001", "--as", "k.lund", "--action", "withdraw"], "is not signed by a key"),
        (["approve", "EMS-PRO-001", "--as", "r.osei", "--action", "baseline"], "ems.yml allows no baselines"),
        (["approve", "EMS-PRO-001", "--as", "r.osei", "--action", "reinstate"], "is not withdrawn. Say which revision"),
        (["approve", "policy", "--as", "r.osei"], "are approved as they stand (policy revision 1)"),
    ],
)
def test_who_may_not_sign_is_refused_and_nothing_is_written(works: Path, arguments: list[str], words: str) -> None:
    done = ems(works, *arguments, "--key", str(works / ".demo-keys/r.osei"), day=None)
    assert (done.status, words in done.err) == (2, True), done.err
    assert git(works, "status", "--porcelain", "approvals") == b""


def test_a_draft_or_an_uncommitted_text_is_not_decided_about(works: Path) -> None:
    run(works, "revise", "EMS-PRO-002", "--author", "m.ferrer", "--change", "More drills for everybody.")
    key = str(works / ".demo-keys/r.osei")
    line = ["approve", "EMS-PRO-002", "--as", "r.osei", "--key", key]
    assert "differs from what is committed" in ems(works, *line, day=None).err
    save(works, "Draft")
    assert "is not submitted (status: draft)" in ems(works, *line, day=None).err


def test_the_trust_root_is_demanded_by_its_digest(works: Path) -> None:
    root = ems(works, "verify", "--format", "json", day=None).json["root"]
    assert ems(works, "verify", "--root-fingerprint", root, day=None).status == 0
    other = ems(works, "verify", "--root-fingerprint", "sha256:" + "0" * 64, "--format", "json", day=None)
    assert (other.status, [b["rule"] for b in other.json["breaks"]]) == (1, ["EMS820"])
    assert ems(works, "verify", "--root-fingerprint", "abc", day=None).status == 2


def test_an_anchor_must_be_on_main(works: Path) -> None:
    head = git(works, "rev-parse", "HEAD~1").decode().strip()
    assert ems(works, "verify", "--anchor", head, day=None).status == 0
    found = ems(works, "verify", "--anchor", "0" * 40, "--format", "json", day=None).json["breaks"]
    assert [b["rule"] for b in found] == ["EMS701"]
    told = ems(works, "verify", "--anchor", "0" * 40, day=None).out
    assert told.startswith(f"  error   EMS701 the anchor {'0' * 40} is not on main's line")


def test_the_demonstration_is_quiet_and_has_what_it_promises(made: Path) -> None:
    assert ems(made, "check", "--format", "json", day=None).json["findings"] == []
    listed = ems(made, "register", "--format", "json", day=None).json["documents"]
    assert len(listed) == 12
    assert {line["evidence"] for line in listed} == {"signed"}
    assert [line["id"] for line in listed if line["upcoming"]] == ["EMS-WI-003"]
    assert git(made, "status", "--porcelain") == b""
    assert ems(made, "demo", str(made), day=None).status == 2


LANGUAGES = {"en": ("First issue.", "say what changes"), "de": ("Erste Ausgabe.", "Leser"), "nl": ("Eerste", "lezer")}
TYPES = ("policy", "manual", "procedure", "instruction", "plan", "register", "form")


@pytest.fixture
def three(works: Path) -> Path:
    """The demonstration with three languages, German first."""
    path = works / "ems.yml"
    path.write_text(path.read_text().replace("languages: [en]", "languages: [de, nl, en]"))
    save(works, "Three languages")
    return works


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_type_begins_with_its_own_text_in_the_language_of_the_document(three: Path, language: str) -> None:
    asked = [] if language == "de" else ["--language", language]
    bodies = {}
    for name in TYPES:
        told = run(three, "new", name, "Abfälle", "--author", "m.ferrer", "--owner", "line-lead", *asked)
        text = (three / told.split(": ")[1].split("\n")[0]).read_text()
        head, bodies[name] = text.split("\n---\n", 1)
        assert LANGUAGES[language][0] in head
        assert (f"\nlanguage: {language}\n" in head) is (language != "de")
        assert "TODO" in bodies[name]
    assert len({*bodies.values()}) == len(TYPES)
    assert "\n| 1 | TODO" in bodies["register"]
    found = ems(three, "check", "--format", "json", day=None).json["findings"]
    assert [f for f in found if f["severity"] == "error" and f["path"].startswith("docs/")] == []
    run(three, "revise", "EMS-PRO-001", "--author", "m.ferrer")
    assert "für die Leser" in (three / "docs/procedures/EMS-PRO-001.md").read_text()


def test_a_title_of_blanks_is_refused(works: Path) -> None:
    for title in ("", " \n"):
        done = ems(works, "new", "procedure", title, "--author", "m.ferrer", day=None)
        assert (done.status, done.err) == (2, 'ems: a document needs a title. Write it: ems new procedure "Waste".\n')
    assert git(works, "status", "--porcelain", "docs") == b""


def test_a_language_that_the_handbook_does_not_have_is_refused(works: Path) -> None:
    done = ems(works, "new", "procedure", "X", "--author", "m.ferrer", "--language", "fr", day=None)
    assert (done.status, done.err) == (2, 'ems: "fr" is no language of this handbook. Write one of: en.\n')
    assert git(works, "status", "--porcelain", "docs") == b""
