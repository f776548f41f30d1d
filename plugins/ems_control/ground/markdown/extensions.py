"""The Markdown extensions of a handbook: one set for every place where a text is rendered or compared.

They are read from mkdocs.yml, as data. Only names of a shipped list are ever loaded, and the functions that a
configuration may name (`!!python/name:…`) are looked up in another: nothing that a file says is imported.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import markdown

from ems_control.ground.markdown.mkdocs_yml import PythonName, SiteConfig
from ems_control.ground.markdown.outline import Slug, plain_slug
from ems_control.ground.markdown.plain_words import LEAVING
from ems_control.ground.markdown.quick import QUICK, Toc, quicken
from ems_control.ground.markdown.sections import apart, sections

OURS = ("toc", "tables", "fenced_code", "attr_list", "md_in_html", "def_list", "admonition", "footnotes", "sane_lists")
"""What every text may use; `sane_lists` keeps the numbers of steps as they are written."""

_TAG_OPENS = re.compile(r"<[A-Za-z]")
_ID = re.compile(r"\sid=\"([^\"]*)\"")
_HEADING = re.compile(r"^<h[1-6][ >]", re.MULTILINE)
_NUMBERED = re.compile(r"\sid=\"[^\"]*_\d+\"")
_MARKDOWN = (
    "abbr admonition attr_list codehilite def_list extra fenced_code footnotes legacy_attrs legacy_em md_in_html "
    "nl2br sane_lists smarty tables toc wikilinks"
)
_PYMDOWN = (
    "arithmatex betterem caret critic details emoji escapeall extra fancylists highlight inlinehilite keys magiclink "
    "mark progressbar quotes saneheaders smartsymbols striphtml superfences tabbed tasklist tilde blocks.admonition "
    "blocks.caption blocks.definition blocks.details blocks.html blocks.tab"
)
KNOWN = frozenset(_MARKDOWN.split()) | {f"pymdownx.{name}" for name in _PYMDOWN.split()}
"""Extensions that may be loaded. Those that read files by themselves (snippets, b64) are left out."""

FUNCTIONS = frozenset(
    {
        "markdown.extensions.toc.slugify",
        "markdown.extensions.toc.slugify_unicode",
        "material.extensions.emoji.to_svg",
        "material.extensions.emoji.twemoji",
        "pymdownx.arithmatex.arithmatex_fenced_format",
        "pymdownx.arithmatex.arithmatex_inline_format",
        "pymdownx.arithmatex.fence_generic_format",
        "pymdownx.arithmatex.fence_mathjax_format",
        "pymdownx.arithmatex.inline_generic_format",
        "pymdownx.arithmatex.inline_mathjax_format",
        "pymdownx.emoji.gemoji",
        "pymdownx.emoji.to_alt",
        "pymdownx.emoji.to_png",
        "pymdownx.emoji.to_svg",
        "pymdownx.emoji.twemoji",
        "pymdownx.slugs.slugify",
        "pymdownx.slugs.uslugify",
        "pymdownx.superfences.fence_code_format",
        "pymdownx.superfences.fence_div_format",
    }
)
"""Functions that the configuration of an extension may name."""


_ICONS = "custom_icons"
"""An option of pymdownx.emoji: folders of pictures that it puts into texts. No record seals them, no key holds them."""
UNREADABLE = '<pre class="ems-unreadable">'
"""How what is made of a text begins that no page can be made of."""
_MOST_WORK = 2_000_000
"""Open brackets times letters: from there on the library takes seconds, and four times as long for twice as many."""


class Renderer(markdown.Markdown):
    """Makes pages of texts; of one that the library cannot read in time or depth, its bare text.

    `names` are the extensions, where `revision` is to take a section from the text that it rendered before; `rendered`
    counts the texts and sections that went through the library.
    """

    names: tuple[str, ...] | None = None
    rendered = 0
    _made: Mapping[str, str] = MappingProxyType({})
    """The sections of the last text, and what was made of them."""

    def __init__(self, **options: Any) -> None:
        """With the options of the library."""
        super().__init__(**options)
        self._levels: dict[Any, bool] = {}
        quicken(self)

    def is_block_level(self, tag: Any) -> bool:
        """Whether an element is a block; asked of each many times."""
        if tag not in self._levels:
            self._levels[tag] = super().is_block_level(tag)
        return self._levels[tag]

    def revision(self, source: str) -> str:
        """The HTML of a text, as `reset().convert` makes it; what the last one had, too, is not made again."""
        return "\n".join(self.pieces(source))

    def pieces(self, source: str) -> list[str]:
        """The same, line by line apart: the HTML of each section, or of the whole text."""
        pieces = sections(source) if self.names is not None and apart(source, self.names) else []
        if len(pieces) < 2 or _takes_for_ever(source):
            return [self.reset().convert(source)]
        known = any(piece in self._made for piece in pieces)
        self._made = (not known and self._at_once(source, pieces)) or {
            piece: self._made.get(piece) or self.reset().convert(piece) for piece in pieces
        }
        made = [self._made[piece] for piece in pieces]
        ids = [name for html in made for name in _ID.findall(html)]
        if len(set(ids)) < len(ids) or any(html.startswith(UNREADABLE) for html in made):
            return [self.reset().convert(source)]  # headings of one name are numbered through the text
        return made

    def _at_once(self, source: str, pieces: list[str]) -> dict[str, str] | None:
        """What is made of each section, cut out of what is made of all of them; None where that cannot be told.

        It can where each has one heading, at its beginning, and no heading was numbered because another has its name.
        """
        found = self.reset().convert(source)
        starts = [match.start() for match in _HEADING.finditer(found)]
        if not pieces[0].startswith("#"):
            starts = [0, *starts]
        if len(starts) != len(pieces) or starts[0] or _NUMBERED.search(found):
            return None
        made = [found[start : end - 1] for start, end in pairwise([*starts, len(found) + 1])]
        return dict(zip(pieces, made, strict=True))

    def convert(self, source: str) -> str:
        """The HTML of a text; it begins with UNREADABLE where none can be made."""
        if _takes_for_ever(source):
            return f"{UNREADABLE}{escape(source)}</pre>"
        self.rendered += 1
        try:
            return super().convert(source)
        except RecursionError:  # as many blocks in one another as Python has frames
            return f"{UNREADABLE}{escape(source)}</pre>"


def _takes_for_ever(text: str) -> bool:
    blocks = ((block.count("[") - block.count("]"), block) for block in text.split("\n\n"))
    tags = len(_TAG_OPENS.findall(text)) - text.count(">")
    return tags * len(text) > _MOST_WORK or any(open_ * len(block) > _MOST_WORK for open_, block in blocks)


@dataclass(frozen=True)
class Extensions:
    """The extensions in the order in which an engine loads them, their configurations, and what is not loaded.

    `left_out` gives the line in mkdocs.yml of each extension that is not among KNOWN, or whose configuration names a
    function that is not among FUNCTIONS; and of each that is loaded without what it would read by itself.
    """

    names: tuple[str, ...] = OURS
    configs: dict[str, dict[str, Any]] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    def renderer(self) -> Renderer:
        """A new renderer; `reset().convert(text)` renders a text."""
        configs = self.loaded()
        named = [Toc(**configs.get(name, {})) if name == "toc" else name for name in self.names]
        made = Renderer(extensions=named, extension_configs=configs)
        made.names = None if "marker" in self.configs.get("toc", {}) else self.names
        return made

    def loaded(self) -> dict[str, dict[str, Any]]:
        """The configurations, with the functions that they name."""
        return {name: _loaded(config) for name, config in self.configs.items()}

    def slug(self) -> Slug:
        """How `toc` makes the anchor of a heading."""
        config = self.configs.get("toc", {})
        made, separator = _loaded(config.get("slugify")), config.get("separator", "-")
        return (lambda words: str(made(words, separator))) if callable(made) else plain_slug

    def beyond(self, names: Iterable[Any], configs: Mapping[str, Any]) -> list[str]:
        """What an engine renders with and these do not: other extensions, or another configuration of one."""
        ours, known = self.loaded(), {*self.names, QUICK, *(f"markdown.extensions.{name}" for name in self.names)}
        found = [str(name) for name in names if not isinstance(name, str) or name not in known]
        return found + [name for name in configs if name in ours and name not in found and configs[name] != ours[name]]

    def __contains__(self, name: str) -> bool:
        return name in self.names or (name in _OF_EXTRA and bool({"extra", "pymdownx.extra"} & {*self.names}))

    @property
    def leave_words(self) -> bool:
        """Whether a paragraph that is nothing but words is that, whatever words they are."""
        return LEAVING.issuperset(self.names) and not self.configs.get("toc", {}).get("marker")

    @property
    def alone(self) -> bool:
        """Whether a text and these say all that is rendered: an engine may let an extension read files beside them."""
        return not any(name.endswith(_ICONS) for name in self.left_out)

    def entries(self) -> list[Any]:
        """What to write under `markdown_extensions` for another engine; functions as PythonName."""
        return [{name: self.configs[name]} if self.configs.get(name) else name for name in self.names]


_OF_EXTRA = {
    "abbr",
    "attr_list",
    "def_list",
    "fenced_code",
    "footnotes",
    "md_in_html",
    "tables",
    "pymdownx.superfences",
}


def read_extensions(config: SiteConfig) -> Extensions:
    """The extensions that a mkdocs.yml asks for, and OURS."""
    names, configs, left_out = list(OURS[:3]), dict[str, dict[str, Any]](), dict[str, int]()
    for written, given in config.entries("markdown_extensions"):
        name = written.removeprefix("markdown.extensions.")
        options = given.get("options") if isinstance(given, Mapping) else None
        if isinstance(options, Mapping) and _ICONS in options:
            given = {**given, "options": {key: value for key, value in options.items() if key != _ICONS}}
            left_out[f"{written}: {_ICONS}"] = config.line("markdown_extensions", written)
        if name in KNOWN and _sound(given) and _works(name, given):
            names.append(name)
            if isinstance(given, Mapping) and given:
                configs[name] = dict(given)
        else:
            left_out[written] = config.line("markdown_extensions", written)
    return Extensions(tuple(dict.fromkeys([*names, *OURS])), configs, left_out)


def _sound(value: Any) -> bool:
    """Whether every function that a configuration names is known, and nothing in it is of another kind."""
    if isinstance(value, PythonName):
        return value.name in FUNCTIONS and (value.words is None or _sound(value.words))
    if isinstance(value, Mapping):
        return all(map(_sound, value.values()))
    if isinstance(value, list):
        return all(map(_sound, value))
    return value is None or isinstance(value, str | int | float | bool)


_PROBE = """# Words {#words}

- [ ] a :smile: `b` ~~c~~ ==d== ++ctrl++ $e$

| a | b |
| - | - |
| 1 | 2 |

``` { .python #x }
y
```

=== "Tab"

    Text

??? note "More"
    Text
"""


def _works(name: str, given: Any) -> bool:
    """Whether an extension takes its configuration: one that does not would end every page."""
    if not isinstance(given, Mapping) or not given:
        return True
    try:
        markdown.Markdown(extensions=[name], extension_configs={name: _loaded(given)}).convert(_PROBE)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, re.error):
        return False
    return True


def _loaded(value: Any) -> Any:
    if isinstance(value, PythonName):
        module, _, name = value.name.rpartition(".")
        found = getattr(importlib.import_module(module), name) if value.name in FUNCTIONS else None
        return found if value.words is None or found is None else found(**value.words)
    if isinstance(value, Mapping):
        return {key: _loaded(item) for key, item in value.items()}
    return [_loaded(item) for item in value] if isinstance(value, list) else value
