"""What goes into the pages of a site, as plain data: what is equal in two builds makes equal pages."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig

from ems_control.engines.kept_site import leads_elsewhere
from ems_control.site.build_cache import Made, key_of_all

_NOT_ON_PAGES = (
    "site_dir",
    "docs_dir",
    "config_file_path",
    "plugins",
    "hooks",
    "nav",
    "theme",
    "extra",
    "watch",
    "exclude_docs",
    "draft_docs",
    "not_in_nav",
)
"""Settings that no page says; the navigation, the theme and what plugins do are asked for otherwise."""


class UnknownError(Exception):
    """Something goes into pages of which nobody can say whether it changed."""


def tokens(toc: Iterable[Any]) -> list[Made]:
    return [{"name": each.title, "id": each.id, "level": each.level, "children": tokens(each.children)} for each in toc]


def signature(items: Iterable[Any]) -> list[object]:
    """All that pages say of each other in the navigation."""
    found: list[object] = []
    for item in items:
        meta = getattr(item, "meta", None) or {}
        shown = [str(meta.get(name) or "") for name in ("title", "icon", "subtitle", "status", "hide")]
        found.append([type(item).__name__, item.title, getattr(item, "url", ""), shown, signature(item.children or ())])
    return found


def templates(config: MkDocsConfig) -> list[object]:
    """The contents of the templates, of pictures in them too where they are the handbook's own."""
    found: list[object] = []
    for folder in config.theme.dirs:
        own = folder == config.theme.custom_dir
        if own and leads_elsewhere(folder):
            raise UnknownError
        for here, folders, names in os.walk(folder):
            if not own:
                folders[:] = [name for name in folders if name not in (".icons", "assets")]
            for name in sorted(names):
                if own or name.endswith(".html"):
                    data = Path(here, name).read_bytes()
                    if own and b"build_date_utc" in data:
                        raise UnknownError
                    found.append([str(Path(here, name).relative_to(folder)), key_of_all(data.hex())])
    return found


def settings(config: MkDocsConfig) -> list[object]:
    """What mkdocs.yml says that pages may show."""
    rest = {name: value for name, value in config.items() if name not in _NOT_ON_PAGES}
    extra = {name: value for name, value in config.extra.items() if name != "ems"}
    plugins = {name: dict(plugin.config) for name, plugin in config.plugins.items() if name != "ems-control"}
    return [rest, extra, dict(config.theme), plugins]


def plain(value: object) -> object:
    """A value as data that says the same in every run."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Mapping):
        return [[plain(key), plain(inner)] for key, inner in value.items()]
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    if isinstance(value, functools.partial):
        return [plain(value.func), plain(value.args), plain(value.keywords)]
    if callable(value) and hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    said = repr(value)
    if " at 0x" in said:
        raise UnknownError
    return [type(value).__name__, said]
