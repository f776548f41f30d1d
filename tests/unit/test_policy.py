"""`ems.yml` and `people.yml`: each key wrong once gives one line that says where, what, and what to write."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from ems_control.ground.errors import EmsError
from ems_control.ground.organisation.people import People, load_people
from ems_control.ground.organisation.policy import Policy, load_policy
from ems_control.ground.organisation.readings import matches
from tests.examples import BASE
from tests.running import ems

POLICY = """\
organisation: Sample Works
docs_dir: docs
fields:
  owner: sheet.owner
controlled: ["**/*.md"]
uncontrolled: [index.md]
standards: [emas]
own_standards: [standards/own.yml]
languages: [en]
timezone: UTC
emergency: "Emergency: 4444"
groups:
  workplaces: [yard]
  people: [all-staff]
  print_sets: [folder]
types:
  procedure:
    prefix: EMS-PRO
    folder: procedures
    review_months: 24
    level: declared
    review:
      - role: lead
        number: 1
    approve:
      - role: manager
        number: 2
    headings:
      en: [What to do]
    counts: true
policy:
  role: manager
  number: 1
editorial: controller
classification: controller
baseline_until: 2027-03-31
external_contributors: ["*@bots.example.org"]
transition:
  from: iso-14001:2015
  to: iso-14001:2026
  last_initial_audit:
    date: 2027-01-01
    source: a letter
    confirmed: true
  transition_audit:
    date: 2028-01-01
    source: a letter
  end:
    date: 2029-01-01
    source: a letter
emas:
  registration:
    number: X-1
    since: 2026-01-01
    renewed: 2029-01-01
    body: the body
  organisation_size: medium
  derogation:
    article: 7
    granted_on: 2026-01-01
    until: 2029-01-01
    by: the body
    renewal_years: 4
    update_years: 2
  verifier:
    name: V-1
    accreditation: A-1
    scope: [25.51]
  sites:
    - name: yard
      activities: [25.51]
  substantial_changes:
    - day: 2026-02-01
      what: a new line
not_applicable:
  - reference: emas/A.8.3
    reason: no such thing
publish:
  preview: false
  waiting: true
  earlier_revisions: 3
  rows_per_page: 500
  search_in_pieces_from: 500
  change_requests: ems@example.org
  processes:
    water: [drain]
rules:
  severity:
    EMS112: info
  waivers:
    - rule: EMS112
      document: EMS-PRO-001
      reason: being written
      until: 2026-12-31
"""
PEOPLE = """\
roles:
  manager:
    en: manager
    de: Leitung
  lead: yard lead
people:
  b.boss:
    name: B. Boss
    telephone: 01632 960411
    emails: [b.boss@example.org]
    accounts:
      github:
        id: "17"
        login: bboss
        url: https://github.com
    keys:
      - key: ssh-ed25519 AAAA b.boss
        from: 2020-01-01
        until: 2030-01-01
        compromised: 2029-01-01
    roles:
      - role: manager
        from: 2020-01-01
        until: 2030-01-01
        deputy: true
"""
LISTS = ["controlled", "uncontrolled", "standards", "own_standards", "languages", "workplaces", "people", "print_sets"]
LISTS += [
    "external_contributors",
    "not_applicable",
    "waivers",
    "emails",
    "keys",
    "water",
    "sites",
    "substantial_changes",
    "activities",
    "en",
]
DAYS = ["baseline_until", "date", "granted_on", "since", "renewed", "day", "until", "from", "compromised"]
GROUPS = [
    "fields",
    "groups",
    "types",
    "procedure",
    "headings",
    "transition",
    "last_initial_audit",
    "transition_audit",
    "end",
    "emas",
]
GROUPS += ["derogation", "registration", "verifier"]
GROUPS += ["publish", "processes", "rules", "severity", "accounts", "github", "b.boss", "lead"]
SPECIAL = {
    "docs_dir": ("../docs", "must be a folder inside the repository"),
    "timezone": ("Amsterdam", "is no time zone; write one like Europe/Amsterdam"),
    "prefix": ("ems pro", "must be ASCII capitals"),
    "level": ("sworn", "must be one of 'declared', 'witnessed', 'signed'"),
    "EMS112": ("fatal", "must be one of 'error', 'warning', 'info', 'off'"),
    "scope": ("{a: b}", "must be a list"),
    "change_requests": ("http://x", "must be an https address or a mail address"),
}
"""Under `transition`, these are texts."""


def key_lines(text: str) -> Iterator[tuple[int, int, str]]:
    """Index, indentation and key of each line that holds one."""
    for index, line in enumerate(text.split("\n")):
        if match := re.match(r"([ -]*)([\w.-]+):", line):
            yield index, len(match[1]), match[2]


def wrong_value(text: str, key: str, indent: int) -> tuple[str, str]:
    """A value that the key cannot have, and the words that say so."""
    if (text, key, indent) == (POLICY, "number", 4):
        key = "name"  # of a registration
    if key in SPECIAL:
        return SPECIAL[key]
    if (text, key, indent) in ((PEOPLE, "people", 0), (PEOPLE, "manager", 2)) or key in GROUPS:
        return "[word]", "must be a group of keys with values"
    if (key in LISTS and (text, key) != (PEOPLE, "en")) or (text, key, indent) == (PEOPLE, "roles", 4):
        return "word", "must be a list; write ["
    if key in DAYS and (text, indent) != (POLICY, 2):
        return "soon", "is not a day; write it as YYYY-MM-DD"
    if key in (
        "review_months",
        "number",
        "earlier_revisions",
        "rows_per_page",
        "search_in_pieces_from",
        "article",
        "renewal_years",
        "update_years",
    ):
        return "many", "is not a whole number; write 1, 2, 3"
    if key in ("counts", "confirmed", "preview", "waiting", "deputy"):
        return "perhaps", "must be true or false"
    if key in ("review", "approve", "policy", "editorial", "classification"):
        return "{role: [x]}", "must be a single text"
    if (text, key) == (PEOPLE, "roles"):
        return "word", "must be a group of keys with values"
    return "[word]", "must be a single text"


def with_line(text: str, index: int, indent: int, new: str) -> str:
    """The text with a line and all that stands below it (deeper) replaced."""
    lines = text.split("\n")
    end = index + 1
    while end < len(lines) and lines[end].strip() and len(lines[end]) - len(lines[end].lstrip(" ")) > indent:
        end += 1
    return "\n".join([*lines[:index], new, *lines[end:]])


CASES = [
    (name, text, index, indent, key)
    for name, text in (("ems.yml", POLICY), ("people.yml", PEOPLE))
    for index, indent, key in key_lines(text)
]
IDS = [f"{name}:{index + 1}-{key}" for name, _, index, _, key in CASES]


def mistakes(name: str, text: str) -> list[str]:
    with pytest.raises(EmsError) as caught:
        (load_policy if name == "ems.yml" else load_people)(text.encode())
    return str(caught.value).split("\n")


def test_the_whole_files_are_read() -> None:
    policy, _ = load_policy(POLICY.encode())
    people, _ = load_people(PEOPLE.encode())
    assert policy.types["procedure"].approve[0].number == 2
    assert people.persons["b.boss"].keys[0].compromised == date(2029, 1, 1)


@pytest.mark.parametrize(("model", "text"), [(Policy, POLICY), (People, PEOPLE)])
def test_no_key_is_left_out_here(model: type[BaseModel], text: str) -> None:
    schema: dict[str, Any] = model.model_json_schema(by_alias=True)
    parts = [schema, *schema["$defs"].values()]
    assert {key for part in parts for key in part.get("properties", {})} <= {key for _, _, key in key_lines(text)}


@pytest.mark.parametrize(("name", "text", "index", "indent", "key"), CASES, ids=IDS)
def test_a_wrong_value_is_one_clear_line(name: str, text: str, index: int, indent: int, key: str) -> None:
    value, words = wrong_value(text, key, indent)
    start = text.split("\n")[index][:indent]
    [line] = mistakes(name, with_line(text, index, indent, f"{start}{key}: {value}"))
    assert line.startswith(f'{name}:{index + 1}: "')
    assert words in line
    assert not re.search(r"[Ii]nput|pydantic|\btuple|\bdict|<class|None", line)


@pytest.mark.parametrize(("name", "text", "index", "indent", "key"), CASES, ids=IDS)
def test_a_misspelt_key_is_one_clear_line(name: str, text: str, index: int, indent: int, key: str) -> None:
    free = {"procedure", "EMS112", "water", "owner", "manager", "en", "de", "lead", "b.boss", "github"}
    lines = text.split("\n")
    lines[index] = lines[index].replace(f"{key}:", f"{key}x:", 1)
    if key in free:
        (load_policy if name == "ems.yml" else load_people)("\n".join(lines).encode())
        return
    [line] = mistakes(name, "\n".join(lines))
    assert line.startswith(f'{name}:{index + 1}: "')
    assert f'{key}x" is not known. Did you mean "{key}"?' in line


@pytest.mark.parametrize(("name", "text", "index", "indent", "key"), CASES, ids=IDS)
def test_a_key_given_twice_is_one_clear_line(name: str, text: str, index: int, indent: int, key: str) -> None:
    lines = text.split("\n")
    again = " " * indent + f"{key}: x"
    end = index + 1
    while end < len(lines) and lines[end].strip() and len(lines[end]) - len(lines[end].lstrip(" ")) > indent:
        end += 1
    assert mistakes(name, "\n".join([*lines[:end], again, *lines[end:]])) == [
        f'{name}:{end + 1}: key "{key}" is given twice. Keep one of them.'
    ]


@pytest.mark.parametrize(
    ("name", "key", "place"),
    [
        ("ems.yml", "organisation", 1),
        ("ems.yml", "types", 1),
        ("ems.yml", "policy", 1),
        ("ems.yml", "prefix", 17),
        ("ems.yml", "approve", 17),
        ("people.yml", "name", 7),
        ("people.yml", "id", 12),
    ],
)
def test_a_missing_key_is_one_clear_line(name: str, key: str, place: int) -> None:
    text = POLICY if name == "ems.yml" else PEOPLE
    index, indent = next((index, indent) for index, indent, found in key_lines(text) if found == key)
    without = [line for line in with_line(text, index, indent, "%").split("\n") if line != "%"]
    [line] = mistakes(name, "\n".join(without))
    assert line.startswith(f"{name}:{place}: ")
    assert line.endswith(f'{key}" is missing. Add {key}: …')


def test_two_types_with_one_prefix() -> None:
    text = POLICY.replace("types:\n", "types:\n  form: {prefix: EMS-PRO, approve: manager}\n")
    assert mistakes("ems.yml", text) == ['ems.yml:1: types "form" and "procedure" have the same prefix EMS-PRO.']


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("approve: []", '"types.form.approve" must name a role'),
        ("approve: manager, folder: ../forms", '"types.form.folder" must be a folder inside docs_dir'),
        ("approve: manager, folder: a/../../b", '"types.form.folder" must be a folder inside docs_dir'),
        ("approve: [{role: manager}], folder: /forms/, review: []", None),
        ("approve: [manager, {role: manager}], folder: forms", None),
    ],
)
def test_a_type_that_nobody_approves_or_that_lies_elsewhere(given: str, words: str | None) -> None:
    text = POLICY.replace("types:\n", f"types:\n  form: {{prefix: EMS-FRM, {given}}}\n")
    line = text.split("\n").index(f"  form: {{prefix: EMS-FRM, {given}}}") + 1
    if words is None:
        assert load_policy(text.encode())[0].types["form"].folder == "forms"
    else:
        found = mistakes("ems.yml", text)
        assert (len(found), found[0].startswith(f"ems.yml:{line}: {words}")) == (1, True), found


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"- a\n", "people.yml:1: no list of keys"),
        (b"people: {a: {name: A}\n", "people.yml:2: not readable as YAML"),
        (b"people:\n\ta: 1\n", "people.yml:2: a tab. Use spaces."),
        (b"\xff", "people.yml:1: byte 0xff is not UTF-8 text. Save the file as UTF-8."),
        (b"people: {a: {name: &x A}}", "people.yml:1: a YAML anchor"),
    ],
)
def test_a_broken_file_at_the_command_line(tmp_path: Path, data: bytes, line: str) -> None:
    shutil.copytree(BASE, tmp_path, dirs_exist_ok=True)
    (tmp_path / "people.yml").write_bytes(data)
    outcome = ems(tmp_path, "check")
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith(f"ems: {line}")


# --- what the files mean --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "fits", "not_fits"),
    [
        ("**/*.md", ["a.md", "a/b.md", "a/b/c.md"], ["a.mdx", "a/b.txt"]),
        ("*.md", ["a.md"], ["a/b.md"]),
        ("help/**", ["help/a.md", "help/a/b.md"], ["help", "helpful/a.md", "x/help/a.md"]),
        ("**/index.md", ["index.md", "a/index.md", "a/b/index.md"], ["a/myindex.md"]),
        ("a?.md", ["ab.md"], ["a.md", "abc.md", "a/.md"]),
        ("a/*/c.md", ["a/b/c.md"], ["a/c.md", "a/b/b/c.md"]),
        ("a.md", ["a.md"], ["aXmd", "b/a.md"]),
        ("[x].md", ["[x].md"], ["x.md"]),
    ],
)
def test_globs(pattern: str, fits: list[str], not_fits: list[str]) -> None:
    assert [path for path in [*fits, *not_fits] if matches(path, pattern)] == fits


def test_the_longest_prefix_decides_the_type() -> None:
    text = POLICY.replace("types:\n", "types:\n  annex: {prefix: EMS-PRO-A, approve: manager}\n")
    policy = load_policy(text.encode())[0]
    ids = ["EMS-PRO-001", "ems-pro-001", "EMS-PRO-A-1", "EMS-PRO", "EMS-PROX-1", "EMS-WI-001", "EMS-PRO-001.de"]
    assert [policy.type_of(i) for i in ids] == ["procedure", "procedure", "annex", None, None, None, "procedure"]


@pytest.mark.parametrize(("given", "meant"), [("[]", ("en",)), ("[de, en]", ("de", "en"))])
def test_a_handbook_without_a_language_is_english(given: str, meant: tuple[str, ...]) -> None:
    text = (BASE / "ems.yml").read_text() + f"languages: {given}\n"
    assert load_policy(text.encode())[0].languages == meant


def test_uncontrolled_goes_before_controlled() -> None:
    policy = load_policy(POLICY.encode())[0]
    assert [policy.reading.is_controlled(path) for path in ("index.md", "a/index.md", "a.txt")] == [False, True, False]


def test_short_forms_mean_the_long_ones() -> None:
    text = POLICY.replace("policy:\n  role: manager\n  number: 1\n", "policy: manager\n")
    text = text.replace("    approve:\n      - role: manager\n        number: 2\n", "    approve: manager\n")
    policy = load_policy(text.encode())[0]
    assert policy.policy_approval == load_policy(POLICY.encode())[0].policy_approval
    assert [(need.role, need.number) for need in policy.types["procedure"].approve] == [("manager", 1)]


def test_persons_by_address() -> None:
    people = load_people(PEOPLE.encode())[0]
    known = [
        "b.boss@example.org",
        "B.Boss@Example.ORG",
        "17+bboss@users.noreply.github.com",
        "17+new@users.noreply.github.com",
        "bboss@users.noreply.github.com",
    ]
    unknown = [
        "x@example.org",
        "18+bboss@users.noreply.github.com",
        "bboss@users.noreply.example.org",
        "17+b@example.org",
        "",
    ]
    assert [people.by_email(email) for email in known] == ["b.boss"] * 5
    assert [people.by_email(email) for email in unknown] == [None] * 5


def test_a_holder_goes_before_a_deputy_and_both_ends_of_a_time_count() -> None:
    held = "[{role: m, from: 2020-01-01, deputy: true}, {role: m, from: 2021-01-01, until: 2021-12-31}]"
    person = load_people(f"people: {{a: {{name: A, roles: {held}}}}}".encode())[0].persons["a"]
    days = [date(2019, 12, 31), date(2020, 1, 1), date(2021, 1, 1), date(2021, 12, 31), date(2022, 1, 1)]
    assert [None if (h := person.holds("m", day)) is None else h.deputy for day in days] == [
        None,
        True,
        False,
        False,
        True,
    ]
