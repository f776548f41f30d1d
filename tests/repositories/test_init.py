"""`ems init`: what it leaves is content with its own check, copies nothing, and is whole or not there."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pexpect
import pytest
import yaml

from ems_control.cli.main import COMMANDS
from tests.beginnings import ALONE, ANSWERS, BERG, KLEIN, LANG, SIGNED, begin, git_says, keyed, who, write_answers
from tests.running import COMMAND, ems, ems_process, picture
from tests.signing import key_of

PAPER = {"key": "recovery", "name": "Recovery key", "public_key": key_of("paper").public}
FILES = {"ems.yml", "people.yml", "mkdocs.yml", "docs/index.md", ".gitattributes", ".gitignore", "requirements.txt"}
FILES |= {".vscode/settings.json", ".vscode/schemas/ems.yml.schema.json"}


def found(root: Path) -> list[str]:
    """The codes of what check finds."""
    return [one["rule"] for one in ems(root, "check", "--format", "json", day=None).json["findings"]]


@pytest.mark.parametrize("language", ["en", "de", "nl"])
@pytest.mark.parametrize("level", ["declared", "signed"])
def test_what_it_leaves_is_content_with_its_check(tmp_path: Path, language: str, level: str) -> None:
    people = SIGNED["people"] if level == "signed" else [BERG, KLEIN, LANG]
    done = begin(tmp_path, {**ANSWERS, "languages": [language], "level": level, "people": people})
    assert (done.status, done.err) == (0, "")
    root = tmp_path / "h"
    assert ems(root, "check", day=None).status == 0
    assert found(root) == []
    assert ems(root, "verify", day=None).status == 0
    policy = yaml.safe_load((root / "ems.yml").read_text())
    assert "rules" not in policy
    assert {kind["level"] for kind in policy["types"].values()} == {level}
    assert git_says(root, "status", "--porcelain") == ""
    assert {*git_says(root, "ls-files").split()} >= FILES
    assert git_says(root, "log", "--format=%an %s").strip() == "O. Klein The handbook begins"
    assert "approve policy" in done.out or level == "declared"


@pytest.mark.parametrize(
    ("name", "people"),
    [
        ("two managers", [BERG, LANG, KLEIN]),
        ("a deputy key", [keyed(BERG), keyed(LANG), KLEIN]),
        (
            "odd words",
            [
                {**BERG, "name": "Ünal & <b>Söhne</b>"},
                {**LANG, "roles": ["manager", "shift-lead", "QA_lead", "Owner2"]},
                KLEIN,
            ],
        ),
        (
            "a recorder apart",
            [BERG, LANG, KLEIN, {**KLEIN, "key": "r", "email": "r@example.org", "roles": ["recorder"]}],
        ),
        ("many roles", [{**BERG, "roles": ["manager", "auditor"]}, {**LANG, "roles": ["owner", "manager"]}]),
    ],
)
def test_people_and_their_roles(tmp_path: Path, name: str, people: list[dict[str, Any]]) -> None:
    answers = {
        **ANSWERS,
        "organisation": f'A: "{name}" & <i>Co</i> #1 {{x}}',
        "people": people,
        "languages": ["de", "nl"],
    }
    done = begin(tmp_path, answers)
    assert (done.status, done.err) == (0, "")
    root = tmp_path / "h"
    assert found(root) == []
    written = yaml.safe_load((root / "people.yml").read_text())
    assert {key: one["name"] for key, one in written["people"].items()} == {one["key"]: one["name"] for one in people}
    held = [
        [role.get("deputy", False) for role in one["roles"] if role["role"] == "manager"]
        for one in written["people"].values()
    ]
    assert [flags for flags in held if flags] == [[False], [True]]
    assert yaml.safe_load((root / "mkdocs.yml").read_text())["site_name"] == answers["organisation"]
    assert "<i>" not in (root / "docs/index.md").read_text()


def test_nothing_of_a_sample_is_copied(tmp_path: Path) -> None:
    begin(tmp_path, {**ANSWERS, "standards": ["iso-14001:2026", "emas"]})
    text = "".join(
        path.read_text() for path in (tmp_path / "h").rglob("*") if path.is_file() and ".git" not in path.parts
    )
    for word in ("Rivermill", "Larkfield", "4444", "112", "emergency:", "booked", "V-12", "handbook@", "okafor"):
        assert not re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text), word  # hashes hold any three letters
    mails = {word.strip('[]"') for word in text.split() if "@example.org" in word}
    assert mails == {BERG["email"], KLEIN["email"]}


def test_one_person_with_two_roles_gets_a_waiver_that_is_shown(tmp_path: Path) -> None:
    done = begin(tmp_path, {**ANSWERS, "people": [ALONE]}, person=ALONE)
    assert "waiver" in done.out
    root = tmp_path / "h"
    assert found(root) == ["EMS803"]
    [waiver] = yaml.safe_load((root / "ems.yml").read_text())["rules"]["waivers"]
    assert (waiver["rule"], waiver["document"]) == ("approver-contributed", "*")
    assert waiver["reason"]
    document = root / "docs/procedures/EMS-PRO-001.md"
    assert ems_process(root, "new", "procedure", "Waste", env=who(ALONE)).status == 0
    document.write_text(document.read_text().split("## ")[0] + "Waste goes into the yellow bin.\n")
    told = ems_process(root, "submit", "EMS-PRO-001", "--commit", env=who(ALONE))
    assert (told.status, "ems approve EMS-PRO-001 --as m.berg" in told.out) == (0, True), told
    line = ["approve", "EMS-PRO-001", "--as", "m.berg", "--yes", "--commit"]
    assert ems_process(root, *line, env=who(ALONE)).status == 0
    assert found(root) == ["EMS803"]
    listed = ems(root, "register", "--format", "json", day=None).json["documents"]
    assert [(one["state"], one["approved_by"]) for one in listed] == [("in force", ["m.berg"])]
    assert [one["reason"] for one in ems(root, "verify", "--format", "json", day=None).json["waivers"]] == [
        waiver["reason"]
    ]
    policy = root / "ems.yml"
    policy.write_text(policy.read_text().split("rules:")[0])
    assert "EMS303" in found(root)  # without the waiver the same approval counts no more
    assert ems(root, "register", "--format", "json", day=None).json["documents"][0]["state"] == "awaiting approval"


def test_another_rule_is_not_waived_for_every_document(tmp_path: Path) -> None:
    begin(tmp_path)
    root = tmp_path / "h"
    waivers = '{waivers: [{rule: EMS112, document: "*", reason: Not finished., until: 2099-01-01}]}'
    policy = root / "ems.yml"
    policy.write_text(policy.read_text() + f"rules: {waivers}\n")
    ems_process(root, "new", "form", "Log", env=who())
    form = root / "docs/forms/EMS-FRM-001.md"
    form.write_text(form.read_text().replace("status: draft", "status: submitted"))
    assert {"EMS806", "EMS112"} <= {*found(root)}


def test_level_signed_asks_for_a_second_key_or_one_on_paper(tmp_path: Path) -> None:
    one = [keyed(BERG), keyed(KLEIN)]
    for place, people, asks in (("a", one, True), ("b", [*one, PAPER], False), ("c", [*one, keyed(LANG)], False)):
        (tmp_path / place).mkdir()
        done = begin(tmp_path / place, {**SIGNED, "people": people})
        assert (done.status, "ems recovery-key new" in done.out) == (0, asks), done.err
        assert ("EMS825" in found(tmp_path / place / "h")) is asks
    for person in yaml.safe_load((tmp_path / "b/h/people.yml").read_text())["people"].values():
        assert person["keys"]


WRONG = {
    "an unknown key": ({**ANSWERS, "colour": "red"}, '"colour" is not known', "organisation, languages"),
    "a misspelt key": ({**ANSWERS, "organization": "X"}, '"organization" is not known', "organisation, languages"),
    "an unknown key of a person": ({**ANSWERS, "people": [{**BERG, "phone": "1"}]}, "phone", "public_key"),
    "a missing answer": (
        {key: ANSWERS[key] for key in ANSWERS if key != "organisation"},
        '"organisation" is missing',
        "",
    ),
    "no organisation": ({**ANSWERS, "organisation": " "}, "organisation", "empty"),
    "another level": ({**ANSWERS, "level": "witnessed"}, "level", "'declared', 'signed'"),
    "another forge": ({**ANSWERS, "forge": "sourcehut"}, "forge", "'github'"),
    "another language": ({**ANSWERS, "languages": ["fr"]}, '"fr"', "known: en, de, nl"),
    "a language that is no list": ({**ANSWERS, "languages": "en"}, "languages", "write [en]"),
    "no language": ({**ANSWERS, "languages": []}, "languages", "at least one"),
    "another standard": ({**ANSWERS, "standards": ["iso-14001:2025"]}, "iso-14001:2025", "did you mean"),
    "nobody": ({**ANSWERS, "people": []}, "manager", ""),
    "nobody who approves": ({**ANSWERS, "people": [KLEIN]}, "manager", ""),
    "no address": ({**ANSWERS, "people": [{**BERG, "email": ""}]}, "email", ""),
    "half an address": ({**ANSWERS, "people": [{**BERG, "email": "m.berg"}]}, "m.berg", "e-mail"),
    "no role": ({**ANSWERS, "people": [BERG, {**KLEIN, "roles": []}]}, "roles", ""),
    "a role with a blank": (
        {**ANSWERS, "people": [BERG, {**KLEIN, "roles": ["the boss"]}]},
        "the boss",
        "letters from a to z",
    ),
    "a key that YAML reads otherwise": ({**ANSWERS, "people": [{**BERG, "key": "no"}]}, '"no"', "person key"),
    "a key twice": ({**ANSWERS, "people": [BERG, {**KLEIN, "key": "m.berg"}]}, "m.berg", "belongs to one"),
    "an address twice": ({**ANSWERS, "people": [BERG, {**KLEIN, "email": "M.Berg@example.org"}]}, "m.berg@", ""),
    "no public key": ({**ANSWERS, "people": [{**BERG, "public_key": "ssh-rsa AAAA"}]}, "public_key", ".pub"),
    "signed without keys": ({**SIGNED, "people": [BERG, keyed(KLEIN)]}, "public_key", "ssh-keygen"),
    "a recovery key that approves": ({**SIGNED, "people": [keyed(BERG), {**PAPER, "roles": ["manager"]}]}, "paper", ""),
    "a recorder who approves": (
        {**ANSWERS, "people": [{**BERG, "roles": ["manager", "recorder"]}]},
        "recorder",
        "different persons",
    ),
    "a recorder by key who owns": ({**ANSWERS, "people": [BERG, {**KLEIN, "key": "recorder"}]}, "recorder", "owner"),
    "a role on paper and another": (
        {**ANSWERS, "people": [BERG, {**KLEIN, "roles": ["owner", "recovery"]}]},
        "recovery",
        "different persons",
    ),
    "a key given twice": ("organisation: A\norganisation: B\n", "organisation", ""),
    "no YAML": ("organisation: [", "answers.yml", ""),
    "a list": ("- organisation\n", "answers.yml", ""),
    "nothing": ("", "answers.yml", ""),
    "an alias": ("organisation: &a X\nlevel: *a\n", "answers.yml", ""),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_answers_are_said_in_a_line_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    answers, *words = WRONG[name]
    write_answers(tmp_path, answers)
    done = ems(tmp_path, "init", str(tmp_path / "h"), "--answers", str(tmp_path / "answers.yml"), day=None)
    assert (done.status, done.out) == (2, "")
    assert all(word in done.err for word in words), done.err
    assert all(line.startswith("ems: answers.yml") for line in done.err.splitlines()), done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answers.yml"]


def test_a_folder_that_holds_something_is_refused_as_it_is(tmp_path: Path) -> None:
    root = tmp_path / "h"
    root.mkdir()
    (root / "letter.txt").write_text("Dear Sir")
    before = picture(tmp_path)
    done = begin(tmp_path)
    assert (done.status, done.err.endswith(f"{root} is not empty. Name a new folder.\n")) == (2, True)
    (root / "letter.txt").unlink()
    assert begin(tmp_path).status == 0
    whole = picture(tmp_path)
    again = begin(tmp_path)
    assert (again.status, "holds a handbook already" in again.err, again.err.count("\n")) == (2, True, 1)
    inside = ems(root, "init", str(root / "docs/new"), "--answers", str(tmp_path / "answers.yml"), day=None)
    assert (inside.status, f"lies in the handbook {root}" in inside.err) == (2, True)
    assert picture(tmp_path) == whole != before
    taken = ems(root, "init", str(tmp_path / "answers.yml"), "--answers", str(tmp_path / "answers.yml"), day=None)
    assert taken.status == 2


def test_the_folder_one_stands_in_and_an_empty_clone(tmp_path: Path) -> None:
    answers = str(write_answers(tmp_path, ANSWERS))
    here, clone = tmp_path / "here", tmp_path / "clone"
    here.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "main", str(clone)], check=True, env=who())
    for folder in (here, clone):
        done = ems_process(folder, "init", "--answers", answers, env=who())
        assert (done.status, done.err) == (0, "")
        assert git_says(folder, "status", "--porcelain") == ""
        assert git_says(folder, "log", "--format=%s").strip() == "The handbook begins"
        assert found(folder) == ["EMS803"]


def test_in_a_repository_of_others_nothing_is_committed(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True, env=who())
    done = begin(tmp_path)
    assert (done.status, f"lies in the repository {tmp_path}" in done.out, "ems ci" in done.out) == (0, True, False)
    assert not (tmp_path / "h/.git").exists()
    forge = str(write_answers(tmp_path, {**ANSWERS, "forge": "gitlab"}))
    done = ems(tmp_path, "init", str(tmp_path / "g"), "--answers", forge, day=None)
    assert (done.status, "none were written. In that folder: ems ci gitlab\n" in done.out) == (0, True)
    assert ems(tmp_path / "g", "ci", "gitlab", day=None).status == 0
    assert (tmp_path / ".gitlab-ci.yml").is_file()


def test_no_first_commit_where_it_is_not_wanted_or_git_knows_nobody(tmp_path: Path) -> None:
    done = begin(tmp_path, ANSWERS, "--no-commit")
    assert (done.status, "Nothing is committed yet" in done.out) == (0, True)
    (tmp_path / "b").mkdir()
    nobody = {
        key: value for key, value in who().items() if not key.startswith(("GIT_AUTHOR", "GIT_COMMITTER", "EMAIL"))
    }
    nobody |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.useConfigOnly", "GIT_CONFIG_VALUE_0": "true"}
    answers = str(write_answers(tmp_path / "b", ANSWERS))
    done = ems_process(tmp_path / "b", "init", "h", "--answers", answers, env=nobody)
    assert (done.status, "Nothing is committed yet (git does not know who you are" in done.out, done.err) == (
        0,
        True,
        "",
    )
    assert (tmp_path / "b/h/ems.yml").is_file()


def test_no_git_no_terminal_no_place(tmp_path: Path) -> None:
    answers = str(write_answers(tmp_path, ANSWERS))
    (tmp_path / "bin").mkdir()
    before = picture(tmp_path)
    done = ems_process(tmp_path, "init", "h", "--answers", answers, env={**who(), "PATH": str(tmp_path / "bin")})
    assert (done.status, done.err) == (2, "ems: git is not installed, or not on the PATH. Install git 2.38 or newer.\n")
    done = ems_process(tmp_path, "init", "h", env=who(), stdin=subprocess.DEVNULL)
    assert (done.status, "no terminal to ask at" in done.err, done.err.count("\n")) == (2, True, 1)
    done = ems_process(tmp_path, "init", "answers.yml/h", "--answers", answers, env=who())
    assert (done.status, "cannot be written" in done.err, done.err.count("\n")) == (2, True, 1)
    done = ems_process(tmp_path, "init", "h", "--answers", "none.yml", env=who())
    assert (done.status, done.err) == (2, "ems: none.yml cannot be read: No such file or directory.\n")
    assert picture(tmp_path) == before


def test_killed_on_the_way_there_is_a_whole_handbook_or_none(tmp_path: Path) -> None:
    answers = str(write_answers(tmp_path, ANSWERS))
    whole = 0
    for number in range(8):
        folder = tmp_path / f"h{number}"
        running = subprocess.Popen([COMMAND, "init", str(folder), "--answers", answers], env=who(), cwd=tmp_path)
        deadline = time.monotonic() + 20
        while number and running.poll() is None and time.monotonic() < deadline:
            begun = [one for one in tmp_path.glob(f".h{number}.*") if len([*one.iterdir()]) >= number]
            if begun or folder.exists():
                break
        if number:
            running.send_signal(signal.SIGKILL)
        running.wait()
        if folder.exists():
            whole += 1
            assert {one.relative_to(folder).as_posix() for one in folder.rglob("*")} >= FILES
            assert found(folder) == ["EMS803"]
    assert 1 <= whole < 8  # the first was not killed


@pytest.mark.parametrize(
    "command", sorted({*COMMANDS} - {"init", "demo", "rules", "explain", "recovery-key", "keep", "forge"})
)
def test_in_an_empty_folder_every_command_that_needs_a_handbook_names_init(tmp_path: Path, command: str) -> None:
    needed: dict[str, list[str]] = {
        "new": ["procedure", "Waste"],
        **{name: ["EMS-PRO-001"] for name in ("history", "show", "diff", "revise", "withdraw", "submit")},
        "approve": ["EMS-PRO-001", "--as", "x", "--key", "k"],
        "periodic-review": ["EMS-PRO-001", "--as", "x", "--key", "k"],
        "migrate": ["--from", "iso-14001:2015", "--to", "iso-14001:2026"],
        "stage": ["out"],
        "pack": ["audit.zip"],
        "ci": ["github"],
        "reviewers": ["--base", "main"],
        "record": ["--forge", "github", "--repository", "a/b", "--pull", "1", "--as", "x", "--key", "k"],
    }
    done = ems_process(tmp_path, command, *needed.get(command, []), env={**who(), "GITHUB_TOKEN": "x"})
    assert done.status in (1, 2)
    assert "ems init DIR" in done.out + done.err, done.err
    assert [*tmp_path.iterdir()] == []


def test_at_a_terminal_six_questions(tmp_path: Path) -> None:
    asked = pexpect.spawn(COMMAND, ["init", "h"], cwd=str(tmp_path), env=who(), encoding="utf-8", timeout=30)
    for question, *answers in (
        ("1/6 .*:", " ", "Sample Works"),
        ("2/6 .*:", "fr", "de, en"),
        ("3/6 .*:", ""),
        ("Name:", "M. Bérg"),
        ("E-mail address of M. Bérg:", "m.berg", "m.berg@example.org"),
        ("Roles of M. Bérg .*:", ""),
        ("Name of somebody else .*:", "O. Klein"),
        ("E-mail address of O. Klein:", "o.klein@example.org"),
        ("Roles of O. Klein .*:", "owner, controller"),
        ("Name of somebody else .*:", ""),
        ("Level .*:", "signed"),
        ("Public SSH key of M. Bérg.*:", "rubbish", key_of("m.berg").public),
        ("Public SSH key of O. Klein.*:", ""),
        ("recovery key, made with .*:", key_of("paper").public),
        ("6/6 .*:", "none"),
    ):
        for answer in answers:
            asked.expect(question)
            asked.sendline(answer)
    asked.expect(pexpect.EOF)
    asked.close()
    assert asked.exitstatus == 0, asked.before
    root = tmp_path / "h"
    people = yaml.safe_load((root / "people.yml").read_text())["people"]
    assert {key: [role["role"] for role in one.get("roles", [])] for key, one in people.items()} == {
        "m.berg": ["manager"],
        "o.klein": ["owner", "controller"],
        "recovery": [],
    }
    assert yaml.safe_load((root / "ems.yml").read_text())["languages"] == ["de", "en"]
    assert found(root) == ["EMS803"]


def test_stopped_at_a_question_nothing_is_written(tmp_path: Path) -> None:
    def heard() -> None:  # whatever started the tests may have its children ignore it
        signal.signal(signal.SIGINT, signal.default_int_handler)

    asked = pexpect.spawn(
        COMMAND, ["init", "h"], cwd=str(tmp_path), env=who(), encoding="utf-8", timeout=30, preexec_fn=heard
    )
    asked.expect("1/6")
    asked.sendintr()
    asked.expect("ems: stopped.")
    asked.expect(pexpect.EOF)
    asked.close()
    assert (asked.exitstatus, [*tmp_path.iterdir()]) == (2, [])


def test_the_day_of_a_new_handbook_is_that_of_its_zone(tmp_path: Path) -> None:
    env = {**who(), "TZ": "Pacific/Kiritimati"}
    ems_process(tmp_path, "init", "h", "--answers", str(write_answers(tmp_path, ANSWERS)), env=env)
    assert "timezone: Pacific/Kiritimati\n" in (tmp_path / "h/ems.yml").read_text()
    assert found(tmp_path / "h") == ["EMS803"]


def test_requirements_name_everything_by_version_and_hash(tmp_path: Path) -> None:
    wheel = tmp_path / "ems_control-x.whl"
    wheel.write_bytes(b"as good as any")
    begin(tmp_path, ANSWERS, "--wheel", str(wheel))
    text = (tmp_path / "h/requirements.txt").read_text()
    entries = [one for one in text.replace("\\\n", " ").split("\n") if one and not one.startswith("#")]
    assert all("==" in one and "--hash=sha256:" in one for one in entries)
    assert hashlib.sha256(b"as good as any").hexdigest() in entries[0]
    assert {one.split("==")[0] for one in entries} >= {"ems-control", "click", "mkdocs-material", "pydantic"}


def test_update_brings_the_files_of_this_version_and_keeps_what_somebody_changed(tmp_path: Path) -> None:
    begin(tmp_path)
    root = tmp_path / "h"
    schema, pins = root / ".vscode/schemas/ems.yml.schema.json", root / "requirements.txt"
    done = ems(root, "init", "--update", day=None)
    assert (done.status, done.out) == (0, "Nothing to bring: the files are those of version 0.1.0.\n")
    old = schema.read_text()
    # as an earlier version wrote it: another text, with its own digest
    tree = json.loads(old)
    del tree["$comment"], tree["properties"]["emas"]
    digest = hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()
    comment = f"Written by ems init, version 0.0.9; changed by its next version only. sha256:{digest}"
    schema.write_text(json.dumps({"$comment": comment, **tree}))
    pins.write_text(pins.read_text().replace("version 0.1.0", "version 0.0.9").replace("click==", "clack=="))
    people = root / ".vscode/schemas/people.yml.schema.json"
    people.unlink()
    done = ems(root, "init", "--update", day=None)
    assert done.status == 0
    assert schema.read_text() == old
    assert people.is_file()
    assert "clack==" in pins.read_text()
    assert "Left as it is: requirements.txt was not written by ems init, or has been changed since." in done.out
    assert "git switch -c" in done.out
    assert git_says(root, "status", "--porcelain").split() == ["M", "requirements.txt"]
    git_says(root, "checkout", "-q", ".")
    wheel = tmp_path / "w.whl"
    wheel.write_bytes(b"x")
    assert "Written: requirements.txt" in ems(root, "init", "--update", "--wheel", str(wheel), day=None).out
    assert hashlib.sha256(b"x").hexdigest() in pins.read_text()
    again = ems(root, "init", "--update", day=None)  # without the wheel the hash stays
    assert (again.out.startswith("Nothing"), hashlib.sha256(b"x").hexdigest() in pins.read_text()) == (True, True)


def test_update_writes_through_no_link_and_only_in_a_handbook(tmp_path: Path) -> None:
    begin(tmp_path)
    root = tmp_path / "h"
    (tmp_path / "elsewhere").write_text("mine")
    (root / "requirements.txt").unlink()
    (root / "requirements.txt").symlink_to(tmp_path / "elsewhere")
    done = ems(root, "init", "--update", day=None)
    assert (done.status, "is a link" in done.err) == (2, True)
    assert (tmp_path / "elsewhere").read_text() == "mine"
    done = ems_process(tmp_path, "init", "--update", env=who())
    assert (done.status, "begin one: ems init DIR" in done.err) == (2, True)


def test_the_hook_of_pre_commit_is_the_check(tmp_path: Path) -> None:
    [hook] = yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text())
    assert (hook["language"], hook["pass_filenames"], hook["always_run"]) == ("python", False, True)
    begin(tmp_path)
    words = hook["entry"].split()
    assert words[0] == "ems"
    assert ems_process(tmp_path / "h", *words[1:], env=who()).status == 0
    (tmp_path / "h/docs/x.md").write_text("No front matter.\n")
    assert ems_process(tmp_path / "h", *words[1:], env=who()).status == 1


@pytest.mark.parametrize("forge", ["github", "gitlab", "forgejo"])
def test_the_workflows_of_the_forge_come_with_it(tmp_path: Path, forge: str) -> None:
    begin(tmp_path, {**ANSWERS, "forge": forge})
    root = tmp_path / "h"
    written = {*git_says(root, "ls-files").split()} - FILES
    own = [path for path in written if path.startswith((".github/", ".gitlab", ".forgejo/"))]
    assert own
    assert "Written" not in ems(root, "ci", forge, day=None).out  # the same that ems ci writes
    path = root / own[0]
    path.write_text(path.read_text() + "# mine\n")
    done = ems(root, "init", "--update", day=None)
    assert f"Left as it is: {own[0]} was not written by ems init" in done.out
    assert path.read_text().endswith("# mine\n")


@pytest.mark.parametrize("branch", ["main", "trunk"])
def test_the_workflows_name_the_branch_that_is_there(tmp_path: Path, branch: str) -> None:
    subprocess.run(["git", "init", "-q", "-b", branch, str(tmp_path / "h")], check=True, env=who())
    assert begin(tmp_path, {**ANSWERS, "forge": "github"}).status == 0
    texts = [path.read_text() for path in (tmp_path / "h/.github/workflows").iterdir()]
    named = {one for text in texts for one in re.findall(r"(?:branches: \[|refs/heads/)(\w+)", text)}
    assert named == {branch}
