"""Forges' private and service addresses: whose they are, by account and host, from the gate to verify."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.examples import LONG_AFTER
from tests.forges.works import PEOPLE, PRO, Works, text, works
from tests.running import ems

ENTERPRISE, GITLAB, GITEA = "https://ghe.example.org", "https://git.example.org", "https://forge.example.org"
BOSS = '{{{forge}: {{id: "22", login: boss}}}}'


def gate(made: Works, pull: dict[str, Any]) -> list[str]:
    """What the gate misses."""
    path = made.root.parent / "pull.json"
    path.write_text(json.dumps(pull), encoding="utf-8")
    line = ["check", "--base", "main", "--reviews", "--from-json", str(path), "--format", "json"]
    found = ems(made.root, *line, day=LONG_AFTER).json["findings"]
    return [f["message"] for f in found if (f["name"], f["severity"]) == ("awaiting-approval", "error")]


FORMS = {
    "github, by id": ("github", "https://github.com", "{id}+{login}@users.noreply.github.com"),
    "github, by id under an older login": ("github", "https://github.com", "{id}+formerly@users.noreply.github.com"),
    "github, old, by login": ("github", "https://github.com", "{login}@users.noreply.github.com"),
    "enterprise, by id": ("github", ENTERPRISE, "{id}+{login}@users.noreply.ghe.example.org"),
    "enterprise, by login": ("github", ENTERPRISE, "{login}@users.noreply.ghe.example.org"),
    "gitlab.com": ("gitlab", "https://gitlab.com", "{id}-{login}@users.noreply.gitlab.com"),
    "a gitlab of one's own": ("gitlab", GITLAB, "{id}-{login}@users.noreply.git.example.org"),
    "gitea or forgejo": ("gitea", GITEA, "{login}@noreply.forge.example.org"),
    "gitea or forgejo, by id": ("gitea", GITEA, "{id}+{login}@noreply.forge.example.org"),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_private_address_is_its_accounts_at_the_gate_in_the_record_and_in_verify(tmp_path: Path, name: str) -> None:
    forge, url, form = FORMS[name]
    made = works(tmp_path, forge)
    made.branch()
    made.commit({PRO: text(body="Close it.")}, form.format(id="11", login="author"))
    head = made.commit({PRO: text()}, form.format(id="22", login="boss").upper().replace("USERS.", "users."))
    of_boss, of_deputy = made.review("b.boss", head), made.review("c.deputy", head)
    assert len(gate(made, made.pull(head, None, [of_boss], url=url))) == 1
    assert gate(made, made.pull(head, None, [of_boss, of_deputy], url=url)) == []
    pull = made.pull(head, made.merge(), [of_boss, of_deputy], url=url)
    outcome = made.record(pull, "--format", "json")
    assert [one["person"] for one in outcome.json["records"]] == ["c.deputy"], outcome.out
    assert made.records[0]["evidence"]["contributors"] == ["a.author", "b.boss"]
    made.land()
    assert made.verify()["breaks"] == []
    assert made.standing()["evidence"] == "witnessed"


STRANGERS = {
    "another id": ("github", "https://github.com", "23+boss@users.noreply.github.com"),
    "another host": ("github", "https://github.com", "22+boss@users.noreply.evil.example.org"),
    "the public host, from an enterprise": ("github", ENTERPRISE, "22+boss@users.noreply.github.com"),
    "another kind of forge": ("gitea", GITEA, "22+boss@users.noreply.github.com"),
    "another kind, by login": ("github", "https://github.com", "boss@noreply.github.com"),
    "another gitea": ("gitea", GITEA, "boss@noreply.codeberg.org"),
    "a host that only ends alike": ("gitea", GITEA, "boss@noreply.forge.example.org.evil.example.net"),
    "a login nobody has": ("gitea", GITEA, "boss2@noreply.forge.example.org"),
    "an id of gitlab with another number": ("gitlab", GITLAB, "220-boss@users.noreply.git.example.org"),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_what_only_looks_like_somebodys_private_address_is_a_strangers(tmp_path: Path, name: str) -> None:
    forge, url, address = STRANGERS[name]
    made = works(tmp_path, forge)
    made.branch()
    head = made.commit({PRO: text()}, address)
    review = made.review("c.deputy", head)
    missing = gate(made, made.pull(head, None, [review], url=url))
    assert [f"{address} wrote part of EMS-PRO-001" in one for one in missing] == [True]
    outcome = made.record(made.pull(head, made.merge(), [review], url=url), "--format", "json")
    assert outcome.json["records"] == []
    assert address in outcome.json["skipped"][0]["reason"]


@pytest.mark.parametrize(("number", "known"), [("11", True), ("99", False)])
def test_a_login_that_changed_hands_goes_by_the_number_that_the_forge_gives(
    tmp_path: Path, number: str, known: bool
) -> None:
    made = works(tmp_path, "gitea")
    made.branch()
    head = made.commit({PRO: text()}, "author@noreply.forge.example.org")
    review = made.review("c.deputy", head)
    commits = [{"sha": head, "author": {"id": number, "login": "author"}}]
    missing = gate(made, made.pull(head, None, [review], url=GITEA, commits=commits))
    assert len(missing) == (not known)
    pull = made.pull(head, made.merge(), [review], url=GITEA, commits=commits)
    assert len(made.record(pull, "--format", "json").json["records"]) == known


def test_a_squash_on_gitea_under_the_hidden_address_of_its_author_is_in_force(tmp_path: Path) -> None:
    """As ../shared/recorded/gitea-1.22/squash-addresses-hidden.json has it."""
    made = works(tmp_path, "gitea")
    made.branch()
    head = made.commit({PRO: text()})
    review = made.review("c.deputy", head)
    made.git("checkout", "-q", "main")
    made.git("merge", "-q", "--squash", "change")
    hidden = "noreply.forge.example.org"
    message = "A change (#7)\n\nCo-authored-by: author <a.author@example.org>\n"
    made.git("commit", "-q", "-m", message, f"--author=author <author@{hidden}>", email=f"boss@{hidden}")
    made.record(made.pull(head, made.head, [review], url=GITEA))
    made.land()
    assert (made.verify()["breaks"], made.standing()["evidence"]) == ([], "witnessed")


PLACED = PEOPLE.replace("login: boss}}", 'login: boss, url: "https://ghe.example.org"}}')


@pytest.mark.parametrize(
    ("url", "voter"), [(ENTERPRISE, True), ("https://github.com", False), ("https://other.example.org", False)]
)
def test_an_account_whose_forge_people_yml_names_is_nobodys_elsewhere(tmp_path: Path, url: str, voter: bool) -> None:
    made = works(tmp_path, people=PLACED)
    made.branch()
    head = made.commit({PRO: text()})
    missing = gate(made, made.pull(head, None, [made.review("b.boss", head)], url=url))
    assert len(missing) == (not voter)


def test_doctor_and_the_tasks_list_whom_nobody_knows_with_the_line_that_says_who_it_is(tmp_path: Path) -> None:
    addresses = [
        "22+boss@users.noreply.ghe.example.org",
        "boss@noreply.forge.example.org",
        "77+pen@users.noreply.github.com",
    ]
    made = works(
        tmp_path,
        people=PEOPLE.replace('{{{forge}: {{id: "22"', '{{gitea: {{id: "5", login: boss}}, {forge}: {{id: "22"'),
    )
    for number, address in enumerate([*addresses, "pen@example.net", "a.author@example.org"]):
        made.commit({PRO: text(body=f"Step {number}.")}, address)
    lines = ems(made.root, "doctor", "--format", "json", day=None).json["lines"]
    told = {one["words"].split(" ")[0]: one["todo"] for one in lines if "cannot be approved" in one["words"]}
    wanted = {
        addresses[0]: 'accounts: {github: {id: "22", login: "boss", url: "https://ghe.example.org"}}',
        addresses[1]: 'accounts: {gitea: {id: "5", login: "boss", url: "https://forge.example.org"}}',
        addresses[2]: 'accounts: {github: {id: "77", login: "pen"}}',
        "pen@example.net": 'emails: ["pen@example.net"]',
    }
    assert set(told) == set(wanted)
    assert all(wanted[address] in told[address] for address in wanted)
    site = tmp_path / "staged"
    assert ems(made.root, "stage", str(site), day="2026-02-01").status == 0
    board = next(site.rglob("review-board.md")).read_text(encoding="utf-8")
    assert all(address.replace("+", "+") in board for address in wanted)


@pytest.mark.parametrize(
    ("forge", "url", "committer", "known"),
    [
        ("github", ENTERPRISE, "noreply@ghe.example.org", True),
        ("github", ENTERPRISE, "noreply@other.example.org", False),
        ("github", "https://github.com", "noreply@ghe.example.org", False),
        ("gitea", GITEA, "noreply@forge.example.org", True),
    ],
)
def test_a_web_edit_is_committed_by_the_forge_itself(
    tmp_path: Path, forge: str, url: str, committer: str, known: bool
) -> None:
    made = works(tmp_path, forge)
    made.branch()
    made.write(PRO, text())
    made.git("add", "-A")
    made.git("commit", "-q", "-m", "Edit", "--author=A. Author <a.author@example.org>", email=committer)
    head = made.head
    made.day += timedelta(days=1)
    review = made.review("c.deputy", head)
    assert len(gate(made, made.pull(head, None, [review], url=url))) == (not known)
    made.record(made.pull(head, made.merge(), [review], url=url))
    assert len(made.records) == known
    if known:
        made.land()
        assert (made.verify()["breaks"], made.standing()["evidence"]) == ([], "witnessed")
