"""The decorated handbook as plain Markdown with a mkdocs.yml, for any engine that reads those."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ems_control.ground.counting import count
from ems_control.ground.files import folder_beside
from ems_control.ground.markdown.mkdocs_yml import PythonName
from ems_control.handbook.handbook import Handbook
from ems_control.site.addressing import Addresses
from ems_control.site.publication import Publication
from ems_control.site.theme import EARLY, FOLDER, LIGHT_ONLY, LIGHT_STYLE, SCRIPTS, STYLES


def write_stage(publication: Publication, folder: Path, handbook: Handbook) -> None:
    """Write everything into a folder beside `folder`, then rename it there."""
    with folder_beside(folder, replacing=False) as new:
        for path, page in publication.pages.items():
            _write(new / "docs" / path, page.markdown().encode())
        for path, data in publication.assets.items():
            _write(new / "docs" / path, data)
        for path, data in publication.light(Addresses(), handbook.repository.cache_dir):
            _write(new / "docs" / path, data)
        for style in (*STYLES, LIGHT_STYLE, *SCRIPTS, EARLY):
            _write(new / "docs" / style, (FOLDER / style).read_bytes())
        for template in (file for file in FOLDER.rglob("*.html") if file.name not in LIGHT_ONLY):
            _write(new / "overrides" / template.relative_to(FOLDER), template.read_bytes())
        config = yaml.dump(_config(publication, handbook), Dumper=_Dumper, allow_unicode=True, sort_keys=False)
        _write(new / "mkdocs.yml", config.encode())


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    count("files_written")
    path.write_bytes(data)


class _Dumper(yaml.SafeDumper):
    """Writes the functions that configurations of extensions name as mkdocs.yml names them."""


def _function(dumper: yaml.SafeDumper, function: PythonName) -> yaml.Node:
    if function.words is None:
        return dumper.represent_scalar(f"tag:yaml.org,2002:python/name:{function.name}", "")
    return dumper.represent_mapping(f"tag:yaml.org,2002:python/object/apply:{function.name}", {"kwds": function.words})


_Dumper.add_representer(PythonName, _function)


def _config(publication: Publication, handbook: Handbook) -> dict[str, Any]:
    return {
        "site_name": handbook.policy.organisation.replace("<", "&lt;").replace('"', "&quot;"),  # themes take HTML
        "docs_dir": "docs",
        "theme": {
            "name": "material",
            "language": publication.extra["language"],
            "font": False,
            "custom_dir": "overrides",
            "features": ["navigation.tabs", "navigation.indexes", "navigation.prune"],
        },
        "markdown_extensions": handbook.extensions.entries(),
        "extra_css": list(STYLES),
        "extra_javascript": list(SCRIPTS),
        "extra": {"ems": publication.extra},
        "plugins": ["search"],
        "nav": publication.nav,
    }
