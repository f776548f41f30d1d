"""A link in a text means what had that path where the text stood (specification, What a page shows)."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from ems_control.documents.history import Version
from ems_control.documents.sealed import expand
from ems_control.ground.markdown.outline import anchors
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_REMOTE = re.compile(r"(https?:|ftps?:|//|\\\\)", re.IGNORECASE)

_ENDS = re.compile(r"[\s%()<>\[\]{}\"'`|,;:=#?&!*\\]")


@dataclass(frozen=True)
class Target:
    """What a local link points to.

    `path` is seen from the root of the repository; `document` is what had that path where the text stood; `blob` is
    the file that lies there now, and `generated` says whether the site makes a page there.
    """

    path: str
    anchor: str = ""
    document: Document | None = None
    blob: str | None = None
    generated: bool = False

    @property
    def exists(self) -> bool:
        """Whether anything is there."""
        return self.document is not None or self.blob is not None or self.generated


def is_remote(written: str) -> bool:
    """Whether following a target asks another computer."""
    return _REMOTE.match(written.strip()) is not None


def is_local(written: str) -> bool:
    """Whether a target lies in the handbook: no address of its own scheme, no other computer."""
    return not is_remote(written) and not _SCHEME.match(written.strip())


def resolve(handbook: Handbook, version: Version, written: str) -> Target | None:
    """What a target written in a version means; None where it leads out of the handbook."""
    if not is_local(written):
        return None
    path, _, anchor = written.partition("#")
    path = unquote(path.partition("?")[0])
    if path.startswith("/"):
        return Target(path, unquote(anchor))
    full = posixpath.normpath(posixpath.join(posixpath.dirname(version.path), path)) if path else version.path
    return target_at(handbook, version, full, unquote(anchor))


def target_at(handbook: Handbook, version: Version, path: str, anchor: str = "") -> Target:
    """What a path from the root of the repository means in a version."""
    generated = handbook.under_docs(path) in handbook.generated_pages
    return Target(path, anchor, handbook.document_at(path, version.order), handbook.tree.files.get(path), generated)


def anchors_of(version: Version) -> set[str]:
    """Every id that a link to a version can name, those of included texts too."""
    return anchors(expand(version), version.file.slug) if '--8<-- "' in version.file.body else version.file.anchors


def written_link(target: str, page: str) -> str:
    """How a link from one path to another is written: what would end the link or the word is encoded."""
    relative = posixpath.relpath(target, posixpath.dirname(page) or ".").encode("utf-8", "replace").decode("utf-8")
    return _ENDS.sub(lambda match: quote(match[0]), relative)
