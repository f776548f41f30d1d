"""Asking a forge for what protects a handbook: what is not there, and what is not shown, are two answers."""

from __future__ import annotations

from typing import Any

from ems_control.forges.http import Http, NotShownError
from ems_control.forges.protection.table import NotShown, Wish, strict_rows
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.signatures import SignatureError, fingerprint

PLAN_WORDS = ("upgrade to", "premium", "ultimate", "billing plan")


class Reader:
    """Questions to one forge. For an administrator, what cannot be found is not there; for others, nobody knows."""

    def __init__(self, http: Http) -> None:
        self.http = http
        self.administrator = False

    def __call__(self, path: str, what: str) -> Any:
        """The answer; None where there is none, NotShown where this token is not told."""
        try:
            return self.http.get(path, what)
        except NotShownError as error:
            return self._why(error)

    def rows(self, path: str, what: str, key: str = "") -> list[dict[str, Any]] | NotShown:
        """The objects of every page; none where there is no such list, NotShown where it is not told, or not whole."""
        found: list[dict[str, Any]] = []
        try:
            for page in self.http.pages(path, what):
                rows = strict_rows(page, key)
                if isinstance(rows, NotShown):
                    return rows
                found += rows
        except NotShownError as error:
            return self._why(error) or []
        return found

    def _why(self, error: NotShownError) -> NotShown | None:
        if any(word in error.words.lower() for word in PLAN_WORDS):
            return NotShown(f"the plan does not have it{error.words}".rstrip("."))
        return None if error.status == 404 and self.administrator else NotShown()

    def default_branch(self, path: str) -> str:
        """The branch that is main there; raises EmsError where the repository is not shown at all."""
        found = self.http.get(path, "the repository")
        name = found.get("default_branch") if isinstance(found, dict) else None
        if not isinstance(name, str) or not name:
            raise EmsError("the forge names no default branch. Name it: --branch.")
        return name


def names_in(rows: list[dict[str, Any]] | NotShown, *keys: str) -> Any:
    """What the rows are called, by the first of these keys that they have."""
    if isinstance(rows, NotShown):
        return rows
    return [str(next((one[key] for key in keys if one.get(key)), "?"))[:60] for one in rows]


def deploy_keys(listed: list[dict[str, Any]] | NotShown, read_only: str, wish: Wish) -> dict[str, Any]:
    """Whether the recorder's key may push, and who else may; `read_only` is the field that says who may not."""
    if isinstance(listed, NotShown):
        return dict.fromkeys(("deploy keys/recorder", "deploy keys/others"), listed)
    pushing = [one for one in listed if one.get(read_only) is not (read_only == "read_only")]
    known = {print_of(str(one.get("key"))) for one in pushing} & wish.known_keys
    strange = [
        str(one.get("title", ""))[:60] for one in pushing if print_of(str(one.get("key"))) not in wish.known_keys
    ]
    return {"deploy keys/recorder": bool(known), "deploy keys/others": strange}


def print_of(key: str) -> str:
    """The fingerprint of a public key; empty where it is none."""
    try:
        return fingerprint(" ".join(key.split()[:2]))
    except SignatureError:
        return ""
