"""The Markdown extensions of a handbook: one set for every place where a text is rendered or compared.

They are read from mkdocs.yml, as data. Only names of a shipped list are ever loaded, and the functions that a
configuration may name (`!!python/name:…`) are looked up in another: nothing that a file says is imported.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import markdown
import yaml

from ems_control.ground.errors import EmsError

CONFIG_FILE = "mkdocs.yml"

OURS = ("toc", "tables", "fenced_code", "attr_list", "md_in_html", "def_list", "admonition", "footnotes", "sane_lists")
"""What every text may use; `sane_lists` keeps the numbers of steps as they are written."""

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

_PREFIXES = ("tag:yaml.org,2002:python/name:", "tag:yaml.org,2002:python/object/apply:")


@dataclass(frozen=True)
class Function:
    """A function that a configuration names, with the words it is prepared with (`!!python/object/apply:`)."""

    name: str
    words: dict[str, Any] | None = None

    def load(self) -> Any:
        """The function itself, out of the shipped list; raises EmsError for any other."""
        if self.name not in FUNCTIONS:
            raise EmsError(f"{CONFIG_FILE} names {self.name}, which is not among the functions known here.")
        module, _, name = self.name.rpartition(".")
        found = getattr(importlib.import_module(module), name)
        return found if self.words is None else found(**self.words)


@dataclass(frozen=True)
class Extensions:
    """The extensions in the order in which an engine loads them, their configurations, and what is not loaded.

    `left_out` gives the line in mkdocs.yml of each extension that is not among KNOWN, or whose configuration names a
    function that is not among FUNCTIONS.
    """

    names: tuple[str, ...] = OURS
    configs: dict[str, dict[str, Any]] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    def renderer(self) -> markdown.Markdown:
        """A new renderer; `reset().convert(text)` renders a text."""
        configs = {name: _loaded(config) for name, config in self.configs.items()}
        return markdown.Markdown(extensions=list(self.names), extension_configs=configs)

    def __contains__(self, name: str) -> bool:
        return name in self.names or (name in _OF_EXTRA and bool({"extra", "pymdownx.extra"} & {*self.names}))

    def entries(self) -> list[Any]:
        """What to write under `markdown_extensions` for another engine; functions as Function."""
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


def read_extensions(*texts: str) -> Extensions:
    """The extensions that a mkdocs.yml asks for, and OURS; raises EmsError where it cannot be read.

    Behind it may follow the files that it inherits from: the first that speaks of extensions counts, and mappings
    are laid over each other, as MkDocs does.
    """
    asked, lines = None, dict[str, int]()
    for text in texts:
        tree, node = _read(text)
        given = tree.get("markdown_extensions")
        lines = lines or _lines(node)
        if isinstance(asked, Mapping) and isinstance(given, Mapping):
            asked = {**given, **asked}
        elif asked is None:
            asked = given
    names, configs, left_out = list(OURS[:3]), dict[str, dict[str, Any]](), dict[str, int]()
    for written, config in _entries(asked):
        name = written.removeprefix("markdown.extensions.")
        if name in KNOWN and _sound(config):
            names.append(name)
            if isinstance(config, Mapping) and config:
                configs[name] = dict(config)
        else:
            left_out[written] = lines.get(written, 1)
    return Extensions(tuple(dict.fromkeys([*names, *OURS])), configs, left_out)


def inherited_from(text: str) -> str | None:
    """The file that a mkdocs.yml inherits from, as written there."""
    parent = _read(text)[0].get("INHERIT")
    return parent if isinstance(parent, str) else None


def _read(text: str) -> tuple[Mapping[str, Any], yaml.Node | None]:
    try:
        node = yaml.compose(text, Loader=_Loader)
        tree = _Loader("").construct_document(node) if node is not None else {}
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}" if mark else ""
        raise EmsError(f"{CONFIG_FILE}{place} cannot be read: {getattr(error, 'problem', error)}.") from None
    return tree if isinstance(tree, Mapping) else {}, node


def _entries(asked: Any) -> list[tuple[str, Any]]:
    entries = [asked] if isinstance(asked, Mapping) else asked if isinstance(asked, list) else []
    return [
        (str(name), config)
        for entry in entries
        for name, config in (entry.items() if isinstance(entry, Mapping) else [(entry, None)])
    ]


def _lines(node: yaml.Node | None) -> dict[str, int]:
    """The line on which each extension stands."""
    found: dict[str, int] = {}
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.value != "markdown_extensions":
            continue
        entries = [value] if isinstance(value, yaml.MappingNode) else value.value
        for entry in entries if isinstance(entries, list) else ():
            for name in [k for k, _ in entry.value] if isinstance(entry, yaml.MappingNode) else [entry]:
                found[str(name.value)] = name.start_mark.line + 1
    return found


def _sound(value: Any) -> bool:
    """Whether every function that a configuration names is known, and nothing in it is of another kind."""
    if isinstance(value, Function):
        return value.name in FUNCTIONS
    if isinstance(value, Mapping):
        return all(map(_sound, value.values()))
    if isinstance(value, list):
        return all(map(_sound, value))
    return value is None or isinstance(value, str | int | float | bool)


def _loaded(value: Any) -> Any:
    if isinstance(value, Function):
        return value.load()
    if isinstance(value, Mapping):
        return {key: _loaded(item) for key, item in value.items()}
    return [_loaded(item) for item in value] if isinstance(value, list) else value


class _Unknown:
    """A value with a tag that means nothing here."""


class _Loader(yaml.SafeLoader):
    """A safe loader to which the tags of mkdocs.yml are data."""


def _tagged(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> Any:
    full = f"tag:yaml.org,2002:python/{tag}" if not tag.startswith("tag:") else tag
    for prefix in _PREFIXES:
        if full.startswith(prefix):
            words = loader.construct_mapping(node, deep=True) if isinstance(node, yaml.MappingNode) else None
            given = (words or {}).get("kwds", {}) if prefix is _PREFIXES[1] else None
            sound = given is None or (isinstance(given, dict) and set(words or {}) <= {"kwds"} and _sound(given))
            return Function(full.removeprefix(prefix), given) if sound else _Unknown()
    return _Unknown()


def _meaningless(_loader: yaml.SafeLoader, _tag: str, _node: yaml.Node) -> _Unknown:
    return _Unknown()


_Loader.add_multi_constructor("tag:yaml.org,2002:python/", _tagged)
_Loader.add_multi_constructor("", _meaningless)
