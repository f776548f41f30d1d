"""The rule book as it is read: code, name, severity and page of each rule.

A rule's docstring is its page: a first line, then the sections `Checks:`, `Basis:`, `Bad:`, `Good:`, `Fix:`.
`Bad` and `Good` hold examples that a test runs (examples.py says how they are written, and how they are read).
Who only reads the book has it from the source: nothing is loaded of what the rules look at.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import ems_control.rules
from ems_control.ground.doors import added
from ems_control.ground.errors import EmsError

if TYPE_CHECKING:
    from ems_control.ground.organisation.policy import Severity

SECTIONS = ("Checks", "Basis", "Bad", "Good", "Fix")
EXAMPLES = ("Bad", "Good")
"""The sections that hold an example."""

_BEGIN = re.compile(r"^@rule\(", re.MULTILINE)
_HEAD = re.compile(_BEGIN.pattern + r'.*?^    """.*?"""(?:  #[^\n]*)?$', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class RulePage:
    """What there is to read of a rule: code, kebab-case name that states the pattern, severity, and its docstring."""

    code: str
    name: str
    severity: Severity
    docstring: str

    @cached_property
    def _parts(self) -> dict[str, str]:
        text = inspect.cleandoc(self.docstring)
        pieces = re.split(rf"^({'|'.join(SECTIONS)}):[ ]?", text, flags=re.MULTILINE)
        parts = {"": pieces[0].strip()}
        parts.update(
            {name: inspect.cleandoc("\n" + body).strip() for name, body in zip(pieces[1::2], pieces[2::2], strict=True)}
        )
        return parts

    @property
    def title(self) -> str:
        """The pattern in one sentence."""
        return self._parts[""]

    def section(self, name: str) -> str:
        """One of SECTIONS."""
        return self._parts.get(name, "")

    @property
    def family(self) -> int:
        """The number of its family: the first of the three digits of the code."""
        return int(self.code[-3])


@cache
def pages() -> list[RulePage]:
    """Every rule as it is read, by code."""
    files = [path for folder in ems_control.rules.__path__ for path in Path(folder).rglob("*.py")]
    sources = [path.read_text(encoding="utf-8") for path in files]
    found = [page for source in sources for page in _written(source)]
    if found and len(found) == sum(len(_BEGIN.findall(source)) for source in sources) and not added("rules"):
        return sorted(found, key=lambda page: page.code)
    from ems_control.rules.book import rules  # rules of others, and what is written in another way, must be loaded

    return [*rules()]


def find_page(word: str) -> RulePage:
    """The page of the rule with this code or name; raises EmsError naming the nearest."""
    return named(word, {key: page for page in pages() for key in (page.code, page.name)})


Page = TypeVar("Page", bound=RulePage)


def named(word: str, known: Mapping[str, Page]) -> Page:
    """What is known under a code or a name; raises EmsError naming the nearest."""
    found = known.get(word) or known.get(word.upper()) or known.get(word.lower())
    if found is None:
        from ems_control.ground.spelling import nearest

        close = nearest(word.upper() if word.upper().startswith("EMS") else word, known)
        raise EmsError(
            f'there is no rule "{word}".' + (f" Did you mean {close}?" if close else " `ems rules` lists them.")
        )
    return found


def _written(source: str) -> Iterator[RulePage]:
    """The rules of a module whose heads are written as ours are: three words, then a function with a docstring."""
    for head in _HEAD.findall(source):
        with suppress(SyntaxError, ValueError):
            match ast.parse(head).body:
                case [ast.FunctionDef(decorator_list=[ast.Call(args=[_, _, _] as words)]) as function]:
                    code, name, severity = map(ast.literal_eval, words)
                    yield RulePage(code, name, severity, ast.get_docstring(function, clean=False) or "")
