"""Whom to ask: who can give the decisions that a proposed change still needs, and who owns the steering files."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.outstanding.missing_decisions import missing

EVERYWHERE = (".github/", ".gitattributes")
STEERING = (
    *("ems.yml", "people.yml", ".gitattributes", "mkdocs.yml", "hooks/", "overrides/", "theme/", "plugins/"),
    *("requirements*", "uv.lock", "poetry.lock", "Makefile", "pyproject.toml", ".ci/"),
)
"""What has owners at a forge: policy, people, CI, and all that makes the site, below the handbook; EVERYWHERE lies at
the top of the repository, whatever folder the handbook has. Never docs/, or every first save would send mail."""


@dataclass(frozen=True)
class Asking:
    """A document that a change submits: `action` (review or approve) is wanted of `number` of these persons, by key."""

    document: str
    title: str
    revision: int
    action: str
    role: str
    persons: tuple[str, ...]
    number: int


def asking(handbook: Handbook) -> list[Asking]:
    """The decisions missing for every text that a proposed change submits; drafts ask for nothing.

    Who wrote the text is not asked; deputies are, where no other holder is left. The handbook was read with `base`.
    """
    order = handbook.proposed_order
    found = []
    for document in handbook.ordered:
        versions = document.history.versions
        if document.current is None or not versions or versions[-1].order != order or not _submits(document):
            continue
        version = versions[-1]
        number = version.metadata.revision or 0
        for need in missing(handbook, document, version):
            asked = (need.action, need.role, need.persons, need.number)
            found.append(Asking(document.id, document.title, number, *asked))
    return found


def _submits(document: Document) -> bool:
    """Whether its newest text is submitted and not approved, and was not what stood there before."""
    versions = document.history.versions
    new, old = versions[-1], versions[-2] if len(versions) > 1 else None
    if new.facts.status != "submitted" or any(one.is_of(new) for one in document.approvals):
        return False
    return old is None or old.facts.status != "submitted" or old.digest() != new.digest()


def owners(handbook: Handbook, forge: str) -> list[str]:
    """Who signs changes of the policy, deputies included: the login at a forge as @login, else a mail address."""
    found = []
    for key, _ in handbook.people.holders(handbook.policy.policy_approval.role, handbook.day):
        person = handbook.people.persons[key]
        account = person.accounts.get(forge)
        name = f"@{account.login}" if account and account.login else next(iter(person.emails), "")
        if name and not any(char.isspace() for char in name):
            found.append(name)
    return found


def steering_paths(handbook: Handbook) -> list[str]:
    """The paths that have owners, as CODEOWNERS writes them: from the top of the repository."""
    config, prefix = handbook.site_config, handbook.repository.prefix
    hooks, theme = config.tree.get("hooks"), config.theme_folder
    own = [str(hook) for hook in hooks] if isinstance(hooks, list) else []
    own += [config.inherits] if config.inherits else []
    own += [theme.rstrip("/") + "/"] if theme else []
    inside = [posixpath.normpath(prefix + name) + "/" * name.endswith("/") for name in (*STEERING, *own)]
    paths = dict.fromkeys([*EVERYWHERE, *inside])
    return ["/" + path.replace(" ", "\\ ") for path in paths if not path.startswith("../")]
