"""The workflows of a handbook that is no fork of this program: they install what the handbook pins, and call `ems`.

The files below ci/FORGE/ and ci/machine/ are written as they are, with the name of the main branch and the handbook's
folder put in, and their comments in the handbook's language. The first line, by which a file is known, is the same in
every language.
"""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import groupby

from ems_control import __version__
from ems_control.exports.sentences import said, sentence_languages
from ems_control.ground.errors import EmsError

REQUIREMENTS = "requirements.txt"
"""What a handbook installs the program from: every package with version and hashes, beside ems.yml."""
FORGES = ("github", "gitlab", "forgejo")
MACHINE = "machine"
"""A machine of one's own that runs `ems keep`: its units, and the recipe of a container."""
_MARK = re.compile(r"# Written by `ems ci`, version \S+; changed by its next version only\. (sha256:[0-9a-f]{64})\n")
_PROSE = re.compile(r"( *)# (?=\S)")
_BEHIND = re.compile(r"(\S +# )([a-zU][^\n]* [^\n]*)$")
"""A comment in words behind a line; one that names a version has no blank."""
WIDTH = 120
_OTHERWISE = re.compile(r"[0-9].*|(?:true|false|yes|no|on|off|null|y|n)", re.IGNORECASE)
"""What YAML takes for something else than a text."""
_NAME = re.compile(r"[A-Za-z0-9_][\w./-]*")


def workflows(forge: str, branch: str, folder: str, language: str = "en") -> dict[str, str]:
    """Each file by its path from the root of the repository; `folder` is where ems.yml lies there ("" or "works/").

    Raises EmsError where one of the names could be read as something else in a workflow.
    """
    for what, name in (("main branch", branch), ("folder of the handbook", folder or "x")):
        if not _NAME.fullmatch(name) or ".." in name:
            raise EmsError(f'the {what} is called "{name}", which no workflow can hold. Use letters and digits.')
    whole = {}
    for path, text in _files(resources.files("ems_control.exports") / "ci" / forge):
        filled = _bare(commented(text, language), branch).replace("@BRANCH@", branch).replace("@FOLDER@", folder)
        whole[path] = f"# Written by `ems ci`, version {__version__}; changed by its next version only. "
        whole[path] += f"{_digest(filled)}\n{filled}"
    return whole


def _bare(text: str, branch: str) -> str:
    """The name of the branch where it stands without quotes: 1.10 would be a number there, and on no name at all."""
    if not _OTHERWISE.fullmatch(branch):
        return text
    return re.sub(r"(branches: \[|ref: )@BRANCH@", rf'\1"{branch}"', text)


def commented(text: str, language: str) -> str:
    """A file of ours with its comments in a language; lines of a comment that are indented are code, and stay."""
    if language not in sentence_languages():
        return text
    lines: list[str] = []
    for (indent, prose), those in groupby(text.split("\n"), key=_comment):
        if prose:
            words = said(" ".join(line.strip()[2:] for line in those), language)
            lines += textwrap.wrap(words, WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")
        else:
            lines += [_BEHIND.sub(lambda match: match[1] + said(match[2], language), line) for line in those]
    return "\n".join(lines)


def _comment(line: str) -> tuple[str, bool]:
    """How deep a comment in words stands; whether a line is one."""
    match = _PROSE.match(line)
    return (match[1], True) if match else ("", False)


def comments(text: str) -> Iterator[str]:
    """The sentences of a file's comments."""
    for (_, prose), those in groupby(text.split("\n"), key=_comment):
        if prose:
            yield from re.split(r"(?<=[.?!]) (?=[A-Z])", " ".join(line.strip()[2:] for line in those))
        else:
            yield from (match[2] for line in those if (match := _BEHIND.search(line)))


def is_own(text: str) -> bool:
    """Whether `ems ci` wrote a file, of whatever version, and nobody has changed it since."""
    mark = _MARK.match(text)
    return mark is not None and mark[1] == _digest(text[mark.end() :])


def _digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()


def _files(folder: Traversable, before: str = "") -> Iterator[tuple[str, str]]:
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.is_dir():
            yield from _files(one, f"{before}{one.name}/")
        else:
            yield before + one.name, one.read_text(encoding="utf-8")
