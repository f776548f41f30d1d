"""No input of any format ends a reader in anything but its own error, or keeps it for long."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ems_control.documents.reading import read_document
from ems_control.forges.opening import open_forge, read_export
from ems_control.forges.protection.applying import apply, compared, connected, protection_of
from ems_control.forges.protection.table import Wish
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.digest import METHODS
from ems_control.ground.formats.records import RecordError, read_record, write_record
from ems_control.ground.formats.signatures import SignatureError, check, fingerprint, key_named, read_public_key
from ems_control.ground.formats.tables import read_table
from ems_control.ground.markdown.mkdocs_yml import SiteConfig, read_site_config
from ems_control.ground.organisation.people import load_people
from ems_control.ground.organisation.policy import load_policy
from ems_control.ground.organisation.readings import Reading
from ems_control.ground.organisation.standards import Catalogue
from tests.examples import BASE
from tests.forges import fake_protection as protection
from tests.forges import test_other_forges as others
from tests.forges.fake_github import TOKEN, GitHub
from tests.forges.fake_protection import GitHub as Protected
from tests.forges.serving import Answer, Asked, Server, serving
from tests.fuzz.draws import BOMB, broken, in_time
from tests.signing import key_of

EVERY = settings().max_examples > 1000
"""Whether this is `make fuzz`, with all values everywhere; else each place gets one of them in turn."""
FEW = settings(max_examples=settings().max_examples // 5, suppress_health_check=list(HealthCheck))
THOSE = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example, HealthCheck.data_too_large]
)
SHA = "0123456789" * 4
DIGEST = "sha256:" + "0123456789abcdef" * 4
RECORD = {
    "schema": "ems-approval/1",
    "document": "EMS-PRO-001",
    "revision": 3,
    "action": "approve",
    "meaning": "I approve it.",
    "digest": DIGEST,
    "digest_method": "ems-content/1",
    "effective": "2026-03-01",
    "by": {"person": "b.boss", "name": "B. Boss", "role": "manager", "title": "manager"},
    "decided_at": "2026-02-01T10:00:00Z",
    "evidence": {
        "kind": "github-review",
        "contributors": ["a.author"],
        "forge": "https://github.com",
        "repository": "works/handbook",
        "pull": 7,
        "review": "1001",
        "account": {"id": "22", "login": "boss"},
        "commit": SHA,
        "controls": {"checks_required": True, "admins_included": None},
    },
    "policy_digest": DIGEST,
    "prev": [DIGEST],
    "recorded": {"by": "recorder", "at": "2026-02-01T10:00:01Z", "tool": "ems 1"},
}
GOOD_RECORD = json.dumps(RECORD, indent=2).encode()
SIGNED = key_of("b.boss").sign(GOOD_RECORD)
DOCUMENT = (BASE / "docs/procedures/EMS-PRO-001.md").read_bytes() + (
    b"\n## Drains {#drains}\n\n- [a](b.md#c)\n- ![p](p.png)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    b"\n[T](t.csv){ .table }\n"
)
POLICY, PEOPLE = ((BASE / name).read_bytes() for name in ("ems.yml", "people.yml"))
KEYS = (
    f"    keys:\n      - key: {key_of('b.boss').public}\n        from: 2020-01-01\n        until: 2021-01-01\n".encode()
)
KEYED = PEOPLE.replace(b"    roles: [{role: manager", KEYS + b"    roles: [{role: manager", 1)
TABLE = b'Place,Limit\n"V-3, yard",2.0\nV-4,"says ""no"""\n'
MKDOCS = b"""\
site_name: Works
INHERIT: ../base.yml
strict: true
theme: {name: material, font: false}
plugins: [search, {search: {lang: en}}, ems-control]
markdown_extensions:
  - toc:
      slugify: !!python/object/apply:pymdownx.slugs.slugify {kwds: {case: lower}}
  - pymdownx.superfences:
      custom_fences:
        - name: mermaid
          format: !!python/name:pymdownx.superfences.fence_code_format
nav:
  - index.md
  - Procedures: [procedures/EMS-PRO-001.md, Other: https://example.org]
"""
STANDARD = b"""\
id: acme
full_title: What Acme asks of its suppliers
clauses:
  - number: 6.1
    title: Drains
    duty: {kind: maintain}
  - number: 6.10
    title: {en: Spills, de: Leckagen}
    summary: What to do
    parent: 6.1
    same_as: "iso-14001:2015/8.2"
  - {number: 7, title: Papers, heading_only: true, paragraphs: [a, b]}
"""
PULL: dict[str, Any] = {
    "forge": "github",
    "url": "https://github.com",
    "repository": "works/handbook",
    "number": 7,
    "author": {"id": "11", "login": "author"},
    "head": SHA,
    "base": SHA[::-1],
    "merged": True,
    "merge_commit": SHA,
    "commits": [{"sha": SHA, "author": {"id": "11", "login": "author"}}],
    "reviews": [
        {
            "id": "1001",
            "account": {"id": "22", "login": "boss"},
            "state": "dismissed",
            "was": "approved",
            "commit": SHA,
            "submitted_at": "2026-01-08T09:00:00Z",
        }
    ],
    "controls": {"pull_request_required": True, "admins_included": None},
}


def test_unbroken(tmp_path: Path) -> None:
    """The twin of all that follows: what is broken here is good before."""
    assert read_record(GOOD_RECORD).revision == 3
    assert check(GOOD_RECORD, SIGNED) == read_public_key(key_of("b.boss").public)
    load_policy(POLICY)
    assert len([key for person in load_people(KEYED)[0].persons.values() for key in person.keys]) == 1
    document = read_document(DOCUMENT, Reading())
    assert (document.problems, document.id, len(document.links)) == ([], "EMS-PRO-001", 3)
    assert read_table(TABLE) == (["Place", "Limit"], [["V-3, yard", "2.0"], ["V-4", 'says "no"']], None)
    assert len(read_site_config(MKDOCS.decode()).navigation) == 4
    (tmp_path / "own.yml").write_bytes(STANDARD)
    assert len(Catalogue.load().with_files([tmp_path / "own.yml"]).get("acme").clauses) == 3
    (tmp_path / "pull.json").write_text(json.dumps(PULL))
    assert read_export(tmp_path / "pull.json").head == SHA


@THOSE
@given(broken(GOOD_RECORD))
def test_records(data: bytes) -> None:
    """What is read can be written again, and says the same then."""
    with in_time(), suppress(RecordError):
        record = read_record(data)
        assert read_record(write_record(record)) == record


@THOSE
@given(broken(SIGNED), st.sampled_from([GOOD_RECORD, b""]))
def test_signatures(data: bytes, about: bytes) -> None:
    """Whatever counts is the whole signature over these bytes, however its lines are broken."""
    with in_time():
        key_named(data)
        with suppress(SignatureError):
            check(about, data)
            assert (data.replace(b"\n", b""), about) == (SIGNED.replace(b"\n", b""), GOOD_RECORD)


@THOSE
@given(broken(key_of("b.boss").public.encode()))
def test_public_keys(data: bytes) -> None:
    with in_time(), suppress(SignatureError):
        fingerprint(read_public_key(data.decode("utf-8", "surrogateescape")))


@THOSE
@given(broken(POLICY, odd=(BOMB,)), broken(PEOPLE, KEYED))
def test_policy(policy: bytes, people: bytes) -> None:
    for reader, data in ((load_policy, policy), (load_people, people)):
        with in_time(), suppress(EmsError):
            reader(data)


@THOSE
@given(broken(DOCUMENT, odd=(BOMB,)))
def test_documents(data: bytes) -> None:
    """A document is never unreadable in silence, and has a digest whatever stands in it."""
    with in_time():
        document = read_document(data, Reading())
        assert document.problems or document.readable or not data.startswith(b"---\n")
        assert document.facts.id == document.metadata.id
        _ = document.headings, document.anchors, document.links, document.hidden, document.line_of("revisions")
        for method in METHODS:
            assert document.digest(method, []).startswith("sha256:")


@THOSE
@given(broken(TABLE, b"sep=;\n" + TABLE.replace(b",", b";")))
def test_tables(data: bytes) -> None:
    """A table has equal lines, or says why there is none."""
    with in_time():
        table = read_table(data)
        assert table.problem or {len(row) for row in table.rows} <= {len(table.columns)}
        assert not table.problem or table.rows == []


@THOSE
@given(broken(MKDOCS, odd=(BOMB, b"\nnav: [*a8]\n")))
def test_site_configuration(data: bytes) -> None:
    with in_time(), suppress(EmsError):
        config = read_site_config(data.decode("utf-8", "replace"))
        for one in (config, config.over(read_site_config(MKDOCS.decode())), SiteConfig().over(config)):
            _ = one.navigation, one.inherits, one.line("nav")
            _ = [one.entries(key) for key in ("plugins", "markdown_extensions", "hooks", "theme")]


@THOSE
@given(broken(STANDARD, odd=(BOMB,)))
def test_standards(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "own.yml"
    path.write_bytes(data)
    with in_time(), suppress(EmsError):
        found = Catalogue.load().with_files([path])
        clauses = [clause for standard in found.standards.values() for clause in standard.clauses.values()]
        assert all(isinstance(one.title() + one.summary.get("en", ""), str) for one in clauses)


@THOSE
@given(broken(json.dumps(PULL, indent=2).encode()))
def test_exported_pull_requests(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "pull.json"
    path.write_bytes(data)
    with in_time(), suppress(EmsError):
        read_export(path)


def _github(pull: dict[str, Any]) -> GitHub:
    made = GitHub(pull)
    made.rules = [{"type": "pull_request", "parameters": {"dismiss_stale_reviews_on_push": True}}]
    made.protection = {"enforce_admins": {"enabled": True}, "required_pull_request_reviews": {}}
    return made


FORGES: dict[str, Any] = {
    "github": _github,
    "gitlab": lambda pull: others.gitlab(
        pull, [others.note(501, "22", others.APPROVED, "2026-01-07T13:00:00Z")], ["22", "33"]
    ),
    "gitea": lambda pull: others.gitea(pull, [others.gitea_review(55, "22", "APPROVED", SHA)]),
    "kallithea": lambda pull: others.kallithea(
        {**pull, "commits": [{"sha": SHA}]}, [("boss", "approved", "2026-01-07T13:00:00")]
    ),
}
TOKENS = {"github": "GITHUB_TOKEN", **others.TOKENS}


class _Says:
    """A forge that answers right, but to one question with these bytes."""

    def __init__(self, right: Any) -> None:
        self.right, self.wrong = right, dict[str, bytes]()
        self.said: dict[str, bytes] = {}

    def __call__(self, asked: Asked) -> Answer:
        question = asked.path + (asked.body.get("method", "") if asked.body else "")
        answer: Answer = self.right(asked)
        if question in self.wrong:
            return Answer(raw=self.wrong[question], headers=answer.headers)
        if answer.status == 200:
            self.said[question] = json.dumps(answer.tree, indent=2).encode()
        return answer


def _asked(forge: str, server: Server) -> Any:
    return open_forge(forge, server.url, "works/handbook", UTC).pull_request(7)


def _odd(good: bytes, places: str, values: tuple[bytes, ...]) -> Iterator[bytes]:
    """An answer with a value in each place in turn that nobody expects."""
    for number, place in enumerate(re.finditer(places.encode(), good, re.DOTALL)):
        for odd in values if EVERY else [values[number % len(values)]]:
            yield good[: place.start()] + odd + good[place.end() :]


@pytest.mark.parametrize("forge", FORGES)
def test_every_value_of_an_answer(forge: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each value in turn is one that nobody expects: a pull request all the same, or one clear error."""
    monkeypatch.setenv(TOKENS[forge], TOKEN)
    says = _Says(FORGES[forge](PULL))
    with serving(says) as server:
        assert _asked(forge, server).head == SHA
        for question, good in says.said.items():
            for wrong in _odd(good, r"(?<=: )[^\n\[{]*?(?=,?\n)", (b'"0001-01-01T00:00:00Z"', b"-1", b"[]")):
                says.wrong = {question: wrong}
                with in_time(), suppress(EmsError):
                    _asked(forge, server)


PROTECTED: dict[str, Any] = {"github": Protected, "gitlab": protection.GitLab, "gitea": protection.Gitea}


@pytest.mark.parametrize("forge", PROTECTED)
def test_every_value_of_what_protects(forge: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each value in turn is one that nobody expects: every field is in force, different or not shown, or one error."""
    monkeypatch.setenv(TOKENS[forge], protection.ADMINISTRATOR)
    says = _Says(PROTECTED[forge]())

    def look(url: str) -> int:
        http = connected(forge, url, "works/handbook")
        return len(compared(protection_of(forge, url, "works/handbook", Wish(), http)))

    with serving(says) as server:
        http = connected(forge, server.url, "works/handbook")
        many = len(apply(protection_of(forge, server.url, "works/handbook", Wish(), http), http)[1])
        says.said = {}
        assert look(server.url) == many
        for question, good in says.said.items():
            places = r"(?<=: )(?:[^\n\[{]*?(?=,?\n)|[\[{].*?[\]}](?=,?\n))"
            for wrong in _odd(good, places, (b'"x\\u001b"', b"[7]", b"null")):
                says.wrong = {question: wrong}
                with in_time(), suppress(EmsError):
                    assert look(server.url) == many


@pytest.mark.parametrize("forge", FORGES)
def test_answers_of_forges(forge: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever one of a forge's answers is: a pull request, or one clear error."""
    monkeypatch.setenv(TOKENS[forge], TOKEN)
    says = _Says(FORGES[forge](PULL))
    with serving(says) as server:
        assert _asked(forge, server).head == SHA
        answers = st.sampled_from(sorted(says.said)).flatmap(
            lambda question: st.tuples(st.just(question), broken(says.said[question]))
        )

        @FEW
        @given(answers)
        def answered(wrong: tuple[str, bytes]) -> None:
            says.wrong = dict([wrong])
            with in_time(), suppress(EmsError):
                _asked(forge, server)

        answered()
