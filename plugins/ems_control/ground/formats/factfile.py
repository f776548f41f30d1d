"""YAML files of facts about standards: read with every number and date as the text that stands there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from ems_control.ground.errors import EmsError
from ems_control.ground.formats.careful_yaml import Careful, load_carefully


def read_facts(name: str, data: bytes) -> Mapping[str, Any]:
    """What a file of facts holds, every value as text; EmsError, naming the file, where it cannot be read."""
    try:
        _, found = load_carefully(_TEXT_LOADER(data))
    except yaml.YAMLError as error:
        raise EmsError(f"{name} is not YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(found, dict):
        raise EmsError(f"{name} holds no standard. It starts with id, full_title and clauses.")
    return found


def _text_loader() -> Any:
    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    typed = {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:null"}
    resolvers = {
        first: [(tag, pattern) for tag, pattern in found if tag in typed]
        for first, found in base.yaml_implicit_resolvers.items()
    }
    return type("TextLoader", (Careful, base), {"yaml_implicit_resolvers": resolvers})


# Numbers and dates stay text: read as a number, clause 6.10 would be clause 6.1.
_TEXT_LOADER = _text_loader()
