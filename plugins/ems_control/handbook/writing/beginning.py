"""A new handbook out of six answers: what its files say. Nothing is copied from any sample."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Literal

from pydantic import Field, field_validator, model_validator

from ems_control.approvals.record_checks import RECORDER
from ems_control.ground.formats.config import ListOf, Model
from ems_control.ground.formats.signatures import SignatureError, read_public_key
from ems_control.ground.markdown.markup import escape
from ems_control.ground.organisation.people import PEOPLE_FILE, RECOVERY
from ems_control.ground.organisation.policy import EVERY_DOCUMENT, POLICY_FILE
from ems_control.ground.organisation.standards import Catalogue
from ems_control.ground.spelling import nearest
from ems_control.handbook.writing.templates import languages, role_titles, sentence, template

MANAGER = "manager"
"""The role that approves documents and signs the policy."""
TYPES: dict[str, tuple[str, str, int | None]] = {
    "policy": ("EMS-POL", "policy", 24),
    "manual": ("EMS-MAN", "manuals", 24),
    "procedure": ("EMS-PRO", "procedures", 24),
    "instruction": ("EMS-WI", "instructions", 24),
    "plan": ("EMS-PLN", "plans", 12),
    "register": ("EMS-REG", "registers", 12),
    "form": ("EMS-FRM", "forms", 36),
    "record": ("EMS-REC", "records", None),
}
STATEMENT = ("EMS-STA", "statements", 12)
"""Prefix, folder and review interval; an environmental statement is asked for by EMAS only."""
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[._-]+[A-Za-z0-9]+)*")
_NOT_TEXT = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
IGNORED = "/site/\n/.cache/\n/.venv/\n__pycache__/\n"
ATTRIBUTES = "approvals/** -text\n"


def _choice(value: str, known: tuple[str, ...], what: str) -> str:
    if value not in known:
        close = nearest(value, known)
        fix = f'did you mean "{close}"?' if close else f"known: {', '.join(known)}"
        raise ValueError(f'"{value}" is no {what}; {fix}')
    return value


def _key(value: str, what: str) -> str:
    if not _WORD.fullmatch(value) or value.lower() in _NOT_TEXT:
        raise ValueError(
            f'"{value}" is no {what}; write letters from a to z and digits, with a dot or a hyphen between'
        )
    return value


def standards() -> tuple[str, ...]:
    """The editions that can be claimed."""
    return tuple(Catalogue.load().standards)


class Member(Model):
    """A person of the new handbook."""

    key: str = Field(description="Stable key: m.berg.")
    name: str = Field(description="Name as readers see it.")
    email: str = Field(default="", description="The address under which this person commits.")
    roles: ListOf[str] = Field(default=(), description="Keys of roles; manager approves and signs the policy.")
    public_key: str = Field(default="", description="Line of the .pub file: ssh-ed25519 AAAA… comment.")

    @field_validator("key")
    @classmethod
    def _stable_key(cls, value: str) -> str:
        return _key(value, "person key")

    @field_validator("name")
    @classmethod
    def _has_a_name(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("is empty; write the name as readers see it")
        return " ".join(value.split())

    @field_validator("email")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not re.fullmatch(r"[^\s@<>\"]+@[^\s@<>\"]+", value):
            raise ValueError(f'"{value}" is no e-mail address, like m.berg@example.org')
        return value

    @field_validator("roles")
    @classmethod
    def _role_keys(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_key(one, "role key") for one in value))

    @field_validator("public_key")
    @classmethod
    def _readable(cls, value: str) -> str:
        if value:
            try:
                read_public_key(value)
            except SignatureError as error:
                raise ValueError(str(error)) from None
        return " ".join(value.split())

    @property
    def is_paper(self) -> bool:
        """Whether this is the recovery key, which is nobody."""
        return self.key == RECOVERY

    @model_validator(mode="after")
    def _complete(self) -> Member:
        if self.is_paper and (not self.public_key or set(self.roles) - {RECOVERY}):
            raise ValueError("is the key on paper; it needs a public_key (ems recovery-key new) and no other role")
        if not self.is_paper and (not self.email or not self.roles):
            raise ValueError(f"needs {'an email' if not self.email else 'at least one of roles'}")
        apart = next((one for one in (RECORDER, RECOVERY) if one in (self.key.casefold(), *self.roles)), None)
        if apart and set(self.roles) - {apart}:
            roles = ", ".join(self.roles)
            raise ValueError(f"may hold no role beside {apart}; give {roles} to different persons")
        return self


class Answers(Model):
    """The six answers with which a handbook begins."""

    organisation: str = Field(description="Name of the organisation.")
    languages: ListOf[str] = Field(default=("en",), description="Languages; the first is the site's.")
    standards: ListOf[str] = Field(default=(), description="Editions claimed: iso-14001:2026.")
    level: Literal["declared", "signed"] = Field(default="declared", description="What an approval is.")
    forge: Literal["github", "gitlab", "forgejo", "none"] = Field(
        default="none", description="Where changes are asked."
    )
    people: ListOf[Member] = Field(description="Who takes part, with their roles.")

    @field_validator("organisation")
    @classmethod
    def _named(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("is empty; write the name of the organisation")
        return " ".join(value.split())

    @field_validator("languages")
    @classmethod
    def _spoken(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError(f"is empty; write at least one of {', '.join(languages())}")
        return tuple(dict.fromkeys(_choice(one, languages(), "language that is known here") for one in value))

    @field_validator("standards")
    @classmethod
    def _claimed(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_choice(one, standards(), "standard of the catalogue") for one in value))

    @model_validator(mode="after")
    def _fit_together(self) -> Answers:
        for what in ("key", "email", "public_key"):
            used = Counter(str(getattr(one, what)).casefold() for one in self.people if getattr(one, what))
            for value, times in used.items():
                if times > 1:
                    raise ValueError(f'people: {what} "{value[:60]}" is given to {times} persons; it belongs to one')
        if not self.managers:
            raise ValueError(f"people: nobody has the role {MANAGER}, who approves; give it to somebody")
        if self.level == "signed" and not any(one.public_key for one in self.managers):
            raise ValueError(f"people: at level signed a {MANAGER} needs a public_key; make one: ssh-keygen -t ed25519")
        return self

    @property
    def persons(self) -> list[Member]:
        """The people, without the key on paper."""
        return [one for one in self.people if not one.is_paper]

    @property
    def managers(self) -> list[Member]:
        """Who approves; the first is the holder of the role, the others are deputies."""
        return [one for one in self.persons if MANAGER in one.roles]

    @property
    def approves_own(self) -> Member | None:
        """The one person who would have to approve what they write, because nobody else may."""
        one = self.managers[0]
        others = set(one.roles) - {MANAGER}
        return one if len(self.managers) == 1 and (others or len(self.persons) == 1) else None

    @property
    def one_key(self) -> bool:
        """Whether one lost key would end the handbook."""
        able = [one for one in self.managers if one.public_key]
        return self.level == "signed" and len(able) < 2 and not any(one.is_paper for one in self.people)


def steering_files(answers: Answers, day: date, zone: str) -> dict[str, bytes]:
    """The files with which the handbook begins, by path; `day` is its first, in the time zone `zone`."""
    texts = {
        POLICY_FILE: "\n".join(_policy(answers, day, zone)),
        PEOPLE_FILE: "\n".join(_people(answers, day)),
        "mkdocs.yml": "\n".join(_site(answers)),
        "docs/index.md": _home(answers),
        ".gitattributes": f"# {sentence('attributes', answers.languages[0])}\n{ATTRIBUTES}",
        ".gitignore": IGNORED,
    }
    return {path: (text.rstrip("\n") + "\n").encode() for path, text in texts.items()}


def _policy(answers: Answers, day: date, zone: str) -> Iterator[str]:
    yield f"# {sentence('policy file', answers.languages[0])} ems explain {POLICY_FILE}"
    yield f"organisation: {_text(answers.organisation)}"
    yield f"languages: [{', '.join(answers.languages)}]"
    yield f"timezone: {zone}"
    yield f"standards: [{', '.join(answers.standards)}]"
    yield 'controlled: ["**/*.md"]'
    yield "uncontrolled: [index.md]"
    yield "types:"
    types = {**TYPES, **({"statement": STATEMENT} if "emas" in answers.standards else {})}
    for name, (prefix, folder, months) in types.items():
        review = f"review_months: {months}, " if months else ""
        yield (f"  {name}: {{prefix: {prefix}, folder: {folder}, {review}level: {answers.level}, approve: {MANAGER}}}")
    yield f"policy: {MANAGER}   # {sentence('who signs', answers.languages[0])} {PEOPLE_FILE}"
    if answers.approves_own and answers.level == "declared":
        said = sentence("alone", answers.languages[0])
        facts = f'rule: approver-contributed, document: "{EVERY_DOCUMENT}", until: {_a_year_after(day)}'
        yield "rules:"
        yield "  waivers:"
        yield f"    - {{{facts}, reason: {_text(said)}}}"


def _a_year_after(day: date) -> date:
    """The same day of the next year; 28 February where there is none."""
    leap = (day.month, day.day) == (2, 29)
    return date(day.year + 1, day.month, 28 if leap else day.day)


def _people(answers: Answers, day: date) -> Iterator[str]:
    used = dict.fromkeys([MANAGER, *(role for one in answers.persons for role in one.roles)])
    yield f"# {sentence('people file', answers.languages[0])} ems explain {PEOPLE_FILE}"
    yield "roles:"
    for role in used:
        titles = role_titles(role, answers.languages)
        yield f"  {role}: {{{', '.join(f'{one}: {_text(title)}' for one, title in titles.items())}}}"
    yield ""
    yield "people:"
    for one in answers.people:
        yield f"  {one.key}:"
        yield f"    name: {_text(one.name)}"
        if one.email:
            yield f"    emails: [{_text(one.email)}]"
        if one.public_key:
            yield f"    keys: [{{key: {_text(one.public_key)}, from: {day}}}]"
        if not one.is_paper:
            held = [
                f"{{role: {role}, from: {day}"
                + (", deputy: true}" if role == MANAGER and one is not answers.managers[0] else "}")
                for role in one.roles
            ]
            yield f"    roles: [{', '.join(held)}]"


def _site(answers: Answers) -> Iterator[str]:
    yield f"# {sentence('site file', answers.languages[0])} {POLICY_FILE}."
    yield f"site_name: {_text(answers.organisation)}"
    yield "docs_dir: docs"
    yield "strict: true"
    yield "theme:"
    yield "  name: material"
    yield f"  language: {answers.languages[0]}"
    yield "  font: false"
    yield "  features: [navigation.tabs, navigation.indexes, navigation.prune, search.suggest, toc.follow]"
    yield "plugins:"
    yield "  - search"
    yield "  - ems-control"


def _home(answers: Answers) -> str:
    language = answers.languages[0]
    page = template("index", language).replace("{title}", sentence("home", language))
    return page.replace("{name}", escape(answers.organisation))


def _text(text: str) -> str:
    """A text in double quotes, as YAML and JSON both read it."""
    return json.dumps(text, ensure_ascii=False)
