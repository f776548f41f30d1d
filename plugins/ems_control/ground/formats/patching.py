"""Change front matter where it stands: comments, quotation marks, layout and line ends stay as they are.

An entry of a list is changed in its place; a key of the first level by its lines. Both are read again afterwards, and
refused where anything else came out otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from ems_control.ground.errors import EmsError
from ems_control.ground.formats.frontmatter import Scalar, read
from ems_control.ground.text import decode

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PARTS = re.compile(r"(\ufeff?---(?:\r\n|\r|\n))((?:.*?(?:\r\n|\r|\n))??)(---(?:\r\n|\r|\n|\Z).*)", re.DOTALL)
_LINE_END = re.compile(r"\r\n|\r|\n")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)")
_REST = re.compile(r"[ ]*(,?)[ ]*(?:#[^\r\n]*)?(?:\r\n|\r|\n)")
_PLAIN = re.compile(r"[^\W\d_]([\w./:-]*[\w./-])?(#[\w.-]+)?")


class PatchProblem(EmsError):  # noqa: N818 (a problem of one file, said with its path by whoever asked)
    """Front matter that cannot be changed without touching anything else: says what to write instead."""


@dataclass(frozen=True)
class _Item:
    """An entry of the list: where it stands in the head, what it says, and its quotation marks."""

    start: int
    end: int
    value: str
    style: str | None


@dataclass(frozen=True)
class _Place:
    """Where the list stands: `colon` is behind its key, `start` and `end` hold brackets (flow) or lines (block)."""

    colon: int
    start: int
    end: int
    flow: bool
    items: list[_Item]


def patch_list(data: bytes, path: Sequence[str], places: Sequence[Sequence[str]], more: Sequence[str] = ()) -> bytes:
    """The bytes of a document with another list under the key `path` of its front matter; all else byte for byte.

    `places` has, for each entry of the list in order, what stands there afterwards: nothing removes it with its line;
    the first takes its place, its quotation marks and its comment; the others follow it. `more` comes after the last
    entry, or makes the list where there is none. Raises PatchProblem where that cannot be done.
    """
    before, head, after, line_end = _parts(data)
    patched = _changed(head, list(path), places, more, line_end)
    result = (before + patched + after).encode("utf-8")
    wanted = [unicodedata.normalize("NFC", text) for place in [*places, more] for text in place]
    written = f'"{".".join(path)}" is written in a way that cannot be changed by itself; write [ … ]'
    _verify(data, result, {tuple(path): wanted or None}, written)
    return result


Value = str | tuple[str, ...] | None
"""What a key is to have: a scalar as it is written, a list of texts, or nothing: the key goes."""


def patch_keys(data: bytes, changes: Mapping[str, Value], row: tuple[str, str] | None = None) -> bytes:
    """The bytes of a document with other values under keys of the first level (None: without the key).

    A comment behind a value stays. `row` is a key whose list has one entry a line, and what goes on top of it.
    Raises PatchProblem where that cannot be done.
    """
    before, head, after, line_end = _parts(data)
    lines = _LINE.findall(head)
    for key, wanted in changes.items():
        value = f"[{', '.join(_quoted(one, None) for one in wanted)}]" if isinstance(wanted, tuple) else wanted
        start, stop = _span(lines, key)
        if start < len(lines):
            comment = re.search(r"\s+#[^\r\n]*", lines[start])
            said = comment[0] if comment else ""
            lines[start:stop] = [] if value is None else [f"{key}: {value}{said}{line_end}"]
        elif value is not None:
            place = next((i for i, line in enumerate(lines) if line.startswith(("owner:", "revisions:"))), len(lines))
            lines.insert(place, f"{key}: {value}{line_end}")
    if row:
        _put_on_top(lines, *row, line_end)
    result = (before + "".join(lines) + after).encode("utf-8")
    expected: dict[tuple[str, ...], Any] = {}
    for key, wanted in changes.items():
        expected[(key,)] = list(wanted) if isinstance(wanted, tuple) else wanted
    if row:
        expected[(row[0],)] = ...
    _verify(data, result, expected, "its front matter is written in a form that cannot be changed line by line")
    return result


def rename_keys(data: bytes, names: Mapping[str, str]) -> bytes:
    """The bytes of a document with keys of the first level called otherwise (old to new); all else byte for byte.

    Raises PatchProblem where a new name is taken already, or a key is not written on a line of its own.
    """
    before, head, after, _ = _parts(data)
    lines = _LINE.findall(head)
    was = read(decode(data)[0]).data
    there = {old: new for old, new in names.items() if isinstance(was, dict) and old in was}
    for old, new in there.items():
        start, _ = _span(lines, old)
        if start == len(lines):
            raise PatchProblem(f'"{old}" is called "{new}" now, and does not begin a line; rename it by hand')
        if new in (was or {}) and new not in there:
            raise PatchProblem(f'"{old}" is called "{new}" now, and there is a "{new}" already; rename one of them')
        lines[start] = new + lines[start][len(old) :]
    result = (before + "".join(lines) + after).encode("utf-8")
    now = read(decode(result)[0])
    if now.data != {there.get(key, key): value for key, value in (was or {}).items()}:
        raise PatchProblem("its keys cannot be renamed line by line; write them as ems.yml calls them")
    return result


def lines_of(data: bytes, key: str) -> list[str]:
    """The lines of a key of the first level."""
    lines = _LINE.findall(_parts(data)[1])
    start, stop = _span(lines, key)
    return lines[start:stop]


def with_lines(data: bytes, key: str, new: Sequence[str]) -> bytes:
    """The bytes of a document with the lines of a key of the first level replaced."""
    before, head, after, _ = _parts(data)
    lines = _LINE.findall(head)
    start, stop = _span(lines, key)
    return (before + "".join([*lines[:start], *new, *lines[stop:]]) + after).encode("utf-8")


def _parts(data: bytes) -> tuple[str, str, str, str]:
    """What stands before the front matter, it, what stands behind it, and how lines end."""
    _, problems = decode(data)
    if problems:
        raise PatchProblem(problems[0].message)
    match = _PARTS.match(data.decode("utf-8"))
    if match is None:
        raise PatchProblem("the file has no front matter")
    end = _LINE_END.search(match[1])
    assert end is not None
    return match[1], match[2], match[3], end[0]


def _span(lines: list[str], key: str) -> tuple[int, int]:
    """From which line up to which a key stands; both at the end where it is missing."""
    start = next((i for i, line in enumerate(lines) if re.match(rf"{re.escape(key)}\s*:", line)), len(lines))
    stop = min(start + 1, len(lines))
    while stop < len(lines) and re.match(r"[ \t-]", lines[stop]):
        stop += 1
    return start, stop


def _put_on_top(lines: list[str], key: str, row: str, line_end: str) -> None:
    start = next((i for i, line in enumerate(lines) if re.match(rf"{re.escape(key)}\s*:\s*(#.*)?$", line)), None)
    if start is None:
        raise PatchProblem(f'"{key}" is not a list with one row per line; write the row of the revision yourself')
    listed = re.match(r"( *)-", lines[start + 1]) if start + 1 < len(lines) else None
    lines.insert(start + 1, f"{listed[1] if listed else '  '}- {row}{line_end}")


def _changed(head: str, path: list[str], places: Sequence[Sequence[str]], more: Sequence[str], line_end: str) -> str:
    found = _find(head, path)
    if len(found.items if found else ()) != len(places):
        raise PatchProblem(f'"{".".join(path)}" does not have {len(places)} entries any more')
    if more:
        head = _append(head, found, path, more, line_end)
    for index in range(len(places) - 1, -1, -1):
        place = _known(head, path)
        item = place.items[index]
        if not places[index]:
            head = _removed(head, place, index)
            continue
        first, *others = places[index]
        if others:
            head = _inserted(head, place, index, others)
        if first != unicodedata.normalize("NFC", item.value):
            head = head[: item.start] + _quoted(first, item.style) + head[item.end :]
    return head


def _find(head: str, path: list[str]) -> _Place | None:
    """Where the list stands; None where the key is missing."""
    try:
        node: Any = yaml.compose(head, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise PatchProblem("its front matter cannot be read") from error
    colon = 0
    for key in path:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        pair = next(((k, v) for k, v in pairs if k.value == key), None)
        if pair is None:
            return None
        colon, node = head.index(":", pair[0].end_mark.index) + 1, pair[1]
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.ScalarNode) and node.value == "" and start == end:
        return _Place(colon, colon, colon, False, [])
    if not isinstance(node, yaml.SequenceNode):
        raise PatchProblem(f'"{path[-1]}" is no list; write {path[-1]}: [ … ]')
    return _Place(colon, start, end, bool(node.flow_style), [_item(entry, path[-1]) for entry in node.value])


def _known(head: str, path: list[str]) -> _Place:
    found = _find(head, path)
    assert found is not None
    return found


def _item(node: yaml.Node, key: str) -> _Item:
    start, end = node.start_mark, node.end_mark
    if not isinstance(node, yaml.ScalarNode) or start.line != end.line:
        raise PatchProblem(f'"{key}" has an entry that is more than one line; write each on one line')
    style = node.style if node.style in ("'", '"') else None
    return _Item(start.index, end.index, node.value, style)


def _quoted(value: str, style: str | None) -> str:
    if style is None and _PLAIN.fullmatch(value) and Scalar(value).yaml_kind == "str":
        return value
    if style == '"' and value.isprintable():
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    escaped = value.replace("'", "''")
    return f"'{escaped}'"


def _line(head: str, position: int) -> tuple[int, int]:
    """Where the line with this position starts, and where the next one does."""
    starts = max(head.rfind("\n", 0, position), head.rfind("\r", 0, position)) + 1
    end = _LINE_END.search(head, position)
    return starts, end.end() if end else len(head)


def _dash(head: str, item: _Item) -> str:
    """What stands before an entry of a list with dashes."""
    dash = head[_line(head, item.start)[0] : item.start]
    if not re.fullmatch(r" *- +", dash):
        raise PatchProblem("an entry is not on one line with its dash; write one line for each: - …")
    return dash


def _inserted(head: str, place: _Place, index: int, values: Iterable[str]) -> str:
    item = place.items[index]
    words = [_quoted(value, item.style) for value in values]
    starts, ends = _line(head, item.start)
    line_end = _line_end(head, ends)
    if not place.flow:
        dash = _dash(head, item)
        return head[:ends] + "".join(dash + word + line_end for word in words) + head[ends:]
    indent, rest = head[starts : item.start], _REST.match(head, item.end)
    if indent.strip() or rest is None:
        return head[: item.end] + "".join(f", {word}" for word in words) + head[item.end :]
    tail = head[item.end : ends] if rest[1] else "," + head[item.end : ends]
    lines = f",{line_end}".join(indent + word for word in words) + rest[1] + line_end
    return head[: item.end] + tail + lines + head[ends:]


def _line_end(head: str, ends: int) -> str:
    found = re.search(r"\r\n|\r|\n", head[max(ends - 2, 0) : ends])
    return found[0] if found else "\n"


def _removed(head: str, place: _Place, index: int) -> str:
    item, items = place.items[index], place.items
    starts, ends = _line(head, item.start)
    if not place.flow:
        _dash(head, item)
        head = head[:starts] + head[ends:]
        return head if len(items) > 1 else head[: place.colon] + " []" + head[place.colon :]
    rest = _REST.match(head, item.end)
    last = index == len(items) - 1
    if not head[starts : item.start].strip() and rest and (rest[1] or last):
        return head[:starts] + head[ends:]
    if not last:
        return head[: item.start] + head[items[index + 1].start :]
    if index:
        return head[: items[index - 1].end] + head[item.end :]
    return head[: place.start + 1] + head[place.end - 1 :]


def _append(head: str, place: _Place | None, path: list[str], values: Sequence[str], line_end: str) -> str:
    if place and place.items:
        return _inserted(head, place, len(place.items) - 1, values)
    listed = ", ".join(_quoted(value, None) for value in values)
    if place and place.flow:
        return head[: place.end - 1] + listed + head[place.end - 1 :]
    if place:
        return head[: place.colon] + f" [{listed}]" + head[place.colon :]
    if len(path) > 1:
        raise PatchProblem(f'"{".".join(path)}" is missing; add it with an empty list: []')
    return head + f"{path[0]}: [{listed}]{line_end}"


def _verify(before: bytes, after: bytes, expected: Mapping[tuple[str, ...], Any], otherwise: str) -> None:
    """Read both again: what was to change is as wanted (`...`: one entry more on top), and nothing else has changed."""
    (old, _), (new, problems) = decode(before), decode(after)
    was, now = read(old), read(new)
    known = {problem.message for problem in was.problems}
    sound = not problems and all(problem.message in known for problem in now.problems) and now.body == was.body
    for path, wanted in expected.items():
        gone, found = _taken(was.data, path), _taken(now.data, path)
        sound &= (found or [])[1:] == (gone or []) if wanted is ... else (found or None) == wanted
    if not sound or now.data is None or now.data != was.data:
        raise PatchProblem(otherwise)


def _taken(tree: Any, path: Sequence[str]) -> Any:
    """Take a value out of a tree."""
    for key in path[:-1]:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree.pop(path[-1], None) if isinstance(tree, dict) else None
