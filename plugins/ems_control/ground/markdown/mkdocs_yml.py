"""mkdocs.yml, read as data: nothing that it says is imported or run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from ems_control.ground.errors import EmsError
from ems_control.ground.formats.careful_yaml import Careful, load_carefully

CONFIG_FILE = "mkdocs.yml"
PLUGIN, THEME = "ems-control", "material"
WRONG_THEME = "the theme {name} cannot show a controlled handbook: its pages are made for Material for MkDocs"
RIGHT_THEME = "Write in mkdocs.yml: theme: {name: material, font: false}."
_LARGEST, _DEEPEST = 500_000, 100


@dataclass(frozen=True)
class PythonName:
    """A function that a configuration names (`!!python/name:`), with the words it is prepared with (`…/apply:`)."""

    name: str
    words: dict[str, Any] | None = None


class Unknown:
    """A value with a tag that means nothing here."""


class _Loader(Careful, yaml.SafeLoader):
    """A safe loader to which the tags of mkdocs.yml are data."""


_NAME, _APPLY = "name:", "object/apply:"


def _tagged(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> Any:
    if tag.startswith(_NAME):
        return PythonName(tag.removeprefix(_NAME))
    words = loader.construct_mapping(node, deep=True) if isinstance(node, yaml.MappingNode) else {}
    given = words.get("kwds")
    if tag.startswith(_APPLY) and set(words) <= {"kwds"} and isinstance(given, dict):
        return PythonName(tag.removeprefix(_APPLY), given)
    return Unknown()


def _meaningless(_loader: yaml.SafeLoader, _tag: str, _node: yaml.Node) -> Unknown:
    return Unknown()


_Loader.add_multi_constructor("tag:yaml.org,2002:python/", _tagged)
_Loader.add_multi_constructor("", _meaningless)


@dataclass(frozen=True)
class SiteConfig:
    """What a mkdocs.yml says, with the line (from 1) of each key and entry on its first two levels."""

    tree: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)

    def line(self, *names: str) -> int:
        """The line of a key, or of an entry of it: `line("plugins", "search")`; that of the key where it has none."""
        return next((self.lines[key] for key in ("/".join(names), names[0]) if key in self.lines), 1)

    def entries(self, key: str) -> list[tuple[str, Any]]:
        """The entries of a key that holds a list of names or a mapping, each with its configuration (or None)."""
        asked = self.tree.get(key)
        entries = [asked] if isinstance(asked, Mapping) else asked if isinstance(asked, list) else []
        return [
            (str(name), config)
            for entry in entries
            for name, config in (entry.items() if isinstance(entry, Mapping) else [(entry, None)])
        ]

    @property
    def theme(self) -> str | None:
        """The theme that pages get; None where only a folder of one's own, or the file it inherits from, can say."""
        if "theme" not in self.tree:
            return None if self.inherits else "mkdocs"  # what MkDocs takes where nothing is said
        asked = self.tree["theme"]
        name = asked.get("name") if isinstance(asked, Mapping) else asked
        return None if name is None else str(name)

    @property
    def inherits(self) -> str | None:
        """The file that it inherits from, as written."""
        parent = self.tree.get("INHERIT")
        return parent if isinstance(parent, str) else None

    @property
    def navigation(self) -> list[NavigationEntry]:
        """Every entry of `nav`, at any depth."""
        nav = self.tree.get("nav")
        return list(_entries(nav)) if isinstance(nav, list) else []

    @property
    def theme_folder(self) -> str | None:
        """The folder of templates that go over the theme's (`custom_dir`), as written."""
        theme = self.tree.get("theme")
        folder = theme.get("custom_dir") if isinstance(theme, Mapping) else None
        return folder if isinstance(folder, str) and folder else None

    def over(self, parent: SiteConfig) -> SiteConfig:
        """This file laid over the one that it inherits from, as MkDocs does it."""
        return SiteConfig(_laid(self.tree, parent.tree), {**parent.lines, **self.lines})


@dataclass(frozen=True)
class NavigationEntry:
    """A line of the navigation: its label (None where the page gives it) and its target (None for a section)."""

    label: str | None
    target: str | None

    @property
    def is_page(self) -> bool:
        """Whether it leads to a page of the handbook: no section, no address outside."""
        return self.target is not None and not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|/", self.target)


def read_site_config(text: str) -> SiteConfig:
    """Read a mkdocs.yml; raises EmsError where it is no YAML, or too large or deep for one that people write."""
    if len(text) > _LARGEST or _deepest(text) > _DEEPEST:
        raise EmsError(f"{CONFIG_FILE} cannot be read: it is too large, or nested too deeply. Write it plainly.")
    try:
        node, tree = load_carefully(_Loader(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}" if mark else ""
        raise EmsError(f"{CONFIG_FILE}{place} cannot be read: {getattr(error, 'problem', error)}.") from None
    return SiteConfig(tree if isinstance(tree, Mapping) else {}, dict(_lines(node)))


def _deepest(text: str) -> int:
    """How deeply brackets may be nested, and dashes on one line: the loader takes time with the square of it."""
    deep = most = max((line.count("- ") + line.count("? ") for line in text.split("\n")), default=0)
    deep = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        deep += 1 if bracket in "[{" else -1
        most = max(most, deep)
    return most


def _lines(node: yaml.Node | None) -> Iterator[tuple[str, int]]:
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        yield str(key.value), key.start_mark.line + 1
        entries = value.value if isinstance(value, yaml.SequenceNode) else [value]
        for entry in entries:
            names = [name for name, _ in entry.value] if isinstance(entry, yaml.MappingNode) else [entry]
            yield from ((f"{key.value}/{name.value}", name.start_mark.line + 1) for name in names)


def _laid(over: Mapping[str, Any], under: Mapping[str, Any]) -> dict[str, Any]:
    nested = [key for key in over if isinstance(over[key], Mapping) and isinstance(under.get(key), Mapping)]
    return {**under, **over, **{key: _laid(over[key], under[key]) for key in nested}}


def _entries(nav: list[Any]) -> Iterator[NavigationEntry]:
    for entry in nav:
        for label, value in entry.items() if isinstance(entry, Mapping) else [(None, entry)]:
            label = None if label is None else str(label)
            if isinstance(value, list):
                yield NavigationEntry(label, None)
                yield from _entries(value)
            else:
                yield NavigationEntry(label, str(value))
