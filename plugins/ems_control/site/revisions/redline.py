"""What changed between two texts, marked in the rendered page.

Inside a leaf block (paragraph, heading, cell, plain list item) changed words stand in `<ins class="ems">` and
`<del class="ems">`; whole blocks, rows, items and cells carry `data-ems="ins"` or `data-ems="del"`, so that lists
and tables keep their structure. `accept` gives the new text back exactly, `reject` the old one (white space outside
`pre` collapsed, ids left out). No library tried keeps that promise with tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import deepcopy
from difflib import SequenceMatcher
from functools import lru_cache

from ems_control.ground.markdown.fragments import Element, html_of, single
from ems_control.site.revisions.html_blocks import content, inner, is_container, shell, tree

_WORDS = re.compile(r"\s+|[\w]+(?:[.,:'’\-/][\w]+)*|[^\w\s]")
_ALIGN_LIMIT = 40_000
_ALIKE, _ALIKE_INSIDE = 0.35, 0.05
"""From which share of common words a block is a version of another; a list or table is merged much sooner."""
_ONCE = ("thead", "tfoot")
"""What a table has once: the old one and the new one are always versions of each other."""


def redline(old: str, new: str) -> str:
    """The new HTML with everything that was inserted or deleted since the old HTML marked."""
    before, after = _tree(old), _tree(new)
    merged = shell(after)
    merged.extend(_merge_children(before, after))
    return inner(merged)


_tree = lru_cache(maxsize=4)(tree)
"""Of several revisions each is compared twice, one after the other; what is merged is copied."""


def number_steps(merged: Element) -> None:
    """Give every step that stays or comes the number that it has now: deleted ones count for none."""
    for steps in merged.iter("ol"):
        items = [item for item in steps if item.tag == "li"]
        if any(item.get("data-ems") == "del" for item in items) and steps.get("data-ems") != "del":
            staying = (item for item in items if item.get("data-ems") != "del")
            for number, item in enumerate(staying, int(steps.get("start") or 1)):
                item.set("value", str(number))


# --- merging ----------------------------------------------------------------------------------------------------


def _merge_children(before: Element, after: Element) -> list[Element]:
    old, new = list(before), list(after)
    matcher = SequenceMatcher(None, [content(e) for e in old], [content(e) for e in new], autojunk=False)
    merged: list[Element] = []
    for kind, i, i2, j, j2 in matcher.get_opcodes():
        if kind == "equal":
            merged += [deepcopy(element) for element in new[j:j2]]
        else:
            merged += merged_blocks(old[i:i2], new[j:j2])
    return merged


def merged_blocks(old: list[Element], new: list[Element]) -> list[Element]:
    """New blocks with what they say otherwise than the old ones marked; they are copies."""
    merged: list[Element] = []
    i = j = 0
    for a, b in [*_pairs(old, new), (len(old), len(new))]:
        merged += [_marked(element, "del") for element in old[i:a]]
        merged += [_marked(element, "ins") for element in new[j:b]]
        if a < len(old) and b < len(new):
            merged.append(_merge(old[a], new[b]))
        i, j = a + 1, b + 1
    return merged


def _marked(element: Element, kind: str) -> Element:
    copy = deepcopy(element)
    copy.set("data-ems", kind)
    return copy


def _pairs(old: list[Element], new: list[Element]) -> list[tuple[int, int]]:
    """Blocks that are versions of each other, in the order of both texts, by the likeness of their words."""
    if len(old) * len(new) > _ALIGN_LIMIT:
        return [(k, k) for k in range(min(len(old), len(new))) if _mergeable(old[k], new[k])]
    old_words, new_words = [_words(e) for e in old], [_words(e) for e in new]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    score = [[0.0] * len(new) for _ in old]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            likeness = _likeness(old_words[i], new_words[j]) if _mergeable(old[i], new[j]) else 0.0
            enough = _ALIKE_INSIDE if is_container(old[i]) else 0.0 if len(old) == len(new) == 1 else _ALIKE
            enough = 0.0 if old[i].tag in _ONCE else enough
            score[i][j] = likeness if likeness >= enough else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + score[i][j])
    pairs, i, j = [], 0, 0
    while i < len(old) and j < len(new):
        if score[i][j] and best[i][j] == best[i + 1][j + 1] + score[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def _words(element: Element) -> dict[str, int]:
    counts: dict[str, int] = {}
    for text in element.itertext():
        for word in _WORDS.findall(text):
            if not word.isspace():
                counts[word] = counts.get(word, 0) + 1
    return counts


def _likeness(old: dict[str, int], new: dict[str, int]) -> float:
    total = sum(old.values()) + sum(new.values())
    if not total:
        return 1.0
    common = sum(min(count, new.get(word, 0)) for word, count in old.items())
    return 2 * common / total + 0.01


def _mergeable(old: Element, new: Element) -> bool:
    same = old.tag == new.tag and dict(old.attrib) == dict(new.attrib)
    return same and is_container(old) == is_container(new) and old.tag != "hr"


def _merge(old: Element, new: Element) -> Element:
    merged = shell(new)
    if is_container(old):
        merged.extend(_merge_children(old, new))
    else:
        _merge_leaf(merged, old, new)
    return merged


def _merge_leaf(merged: Element, old: Element, new: Element) -> None:
    """Words between equal inline tags; where the tags differ, the whole old content, then the whole new one."""
    before, after = _inline(old), _inline(new)
    if [t for t, text in before if not text] == [t for t, text in after if not text]:
        marked = "".join(_segments(before, after))
    else:
        marked = _mark(_join(before), "del") + _mark(_join(after), "ins")
    filled = single(f"<div>{marked}</div>")
    merged.text = filled.text
    merged.extend(list(filled))


def _inline(element: Element) -> list[tuple[str, bool]]:
    """The content of a leaf as pieces: (tag, False) for inline tags, (escaped text, True) for the text between."""
    text = html_of(element)
    text = text[text.index(">") + 1 : text.rindex("<")] if "</" in text else ""
    pieces = re.split(r"(<[^<>]*>)", text)
    return [(piece, index % 2 == 0) for index, piece in enumerate(pieces)]


def _join(pieces: list[tuple[str, bool]]) -> str:
    return "".join(piece for piece, _ in pieces)


def _segments(before: list[tuple[str, bool]], after: list[tuple[str, bool]]) -> Iterable[str]:
    for (old, is_text), (new, _) in zip(before, after, strict=True):
        if not is_text or old == new:
            yield new
            continue
        a, b = _tokens(old), _tokens(new)
        for kind, i, i2, j, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
            if kind == "equal":
                yield "".join(b[j:j2])
            else:
                yield _mark("".join(a[i:i2]), "del") + _mark("".join(b[j:j2]), "ins")


def _tokens(text: str) -> list[str]:
    """Words, with numbers, units and telephone numbers in one piece; entities are never cut."""
    return re.findall(r"&#?\w+;|\s+|[\w]+(?:[.,:'’\-/][\w]+)*|[^\w\s]", text)


def _mark(text: str, kind: str) -> str:
    return f'<{kind} class="ems">{text}</{kind}>' if text else ""


# --- accepting and rejecting ------------------------------------------------------------------------------------
