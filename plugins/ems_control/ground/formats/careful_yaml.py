"""Loading YAML that somebody else wrote: whatever is wrong with it is one YAMLError, and nothing grows without end."""

from __future__ import annotations

from typing import Any

import yaml
from yaml.constructor import ConstructorError

from ems_control.ground.counting import count

_MOST_NODES = 200_000


class Careful:
    """Put before a safe loader of PyYAML, whose constructors otherwise fail in many ways (`!!int ''`, `!!bool x`)."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """What a node means; ConstructorError where it cannot mean that."""
        try:
            return super().construct_object(node, deep)  # type: ignore[misc]
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            kind = node.tag.rsplit(":", 1)[-1]
            raise ConstructorError(None, None, f"a value here is no {kind}", node.start_mark) from None


def load_carefully(loader: Any) -> tuple[yaml.Node | None, Any]:
    """The one document of a loader: its node and what it holds (None where there is none); raises YAMLError."""
    count("yaml_documents")
    try:
        node = loader.get_single_node()
        if node is None:
            return None, None
        _unfolded(node, {})
        return node, loader.construct_document(node)
    except RecursionError:
        raise yaml.YAMLError("it is nested too deeply") from None
    finally:
        loader.dispose()


def _unfolded(node: yaml.Node, known: dict[int, int]) -> int:
    """How many nodes there are with every alias (`*a`) written out; ConstructorError for too many, or no end."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) not in known:
        known[id(node)] = _MOST_NODES  # met again below itself, it has no end
        pairs = isinstance(node, yaml.MappingNode)
        inner = [one for entry in node.value for one in (entry if pairs else (entry,))]
        known[id(node)] = 1 + sum(_unfolded(one, known) for one in inner)
    if known[id(node)] >= _MOST_NODES:
        raise ConstructorError(None, None, "aliases (*) repeat too much", node.start_mark)
    return known[id(node)]
