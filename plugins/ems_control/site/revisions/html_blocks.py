"""HTML texts as trees of blocks, as redlines compare them: no ids, white space collapsed outside `pre`."""

from __future__ import annotations

import re

from lxml.etree import tostring

from ems_control.ground.markdown.fragments import Element, drop, fragment, html_of, new_element

BLOCKS = frozenset(
    "address article aside blockquote dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 "
    "header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul ems-text".split()
)
_SPACES = re.compile(r"\s+")
LOOSE = "ems-text"
"""A pseudo-block around text that stands beside blocks; taken off again at the end."""


def tree(text: str) -> Element:
    """The blocks of a text below one root; text beside blocks stands in pseudo-blocks."""
    root = fragment(text)
    every = list(root.iter())  # held, or each would be made anew whenever it is looked at
    for element in every:
        if not isinstance(element.tag, str):
            drop(element)
        elif element.get("id") is not None:
            del element.attrib["id"]
    _collapse(root, keep=False)
    _wrap_loose(root)
    return root


def _collapse(element: Element, keep: bool) -> None:
    keep = keep or element.tag == "pre"
    if not keep and element.text:
        element.text = _SPACES.sub(" ", element.text)
    for child in element:
        _collapse(child, keep)
        if not keep and child.tail:
            child.tail = _SPACES.sub(" ", child.tail)


def is_container(element: Element) -> bool:
    """Whether a block holds other blocks."""
    return element.tag != "pre" and any(child.tag in BLOCKS for child in element)


def _wrap_loose(element: Element) -> None:
    """Put text and inline elements that stand beside blocks into pseudo-blocks; blank text between blocks goes."""
    if element.tag == "pre":
        return
    if is_container(element) or element.tag in ("ul", "ol", "table", "tbody", "thead", "tr", "dl"):
        if any(child.tag not in BLOCKS or _says(child.tail) for child in element) or _says(element.text):
            _wrap_children(element)
        else:
            element.text = None
            for child in element:
                child.tail = None
    for child in element:
        _wrap_loose(child)


def _says(text: str | None) -> bool:
    return bool(text and text.strip())


def _wrap_children(element: Element) -> None:
    parts: list[Element] = []
    text, inline = element.text, list[Element]()
    for child in list(element):
        tail, child.tail = child.tail, None
        element.remove(child)
        if child.tag in BLOCKS:
            _close(text, inline, parts)
            parts.append(child)
            text, inline = tail, []
        else:
            inline.append(child)
            child.tail = tail
    _close(text, inline, parts)
    element.text = None
    element.extend(parts)


def _close(text: str | None, inline: list[Element], parts: list[Element]) -> None:
    if not inline and not _says(text):
        return
    loose = new_element(LOOSE)
    loose.text = text.lstrip() if text else None
    loose.extend(inline)
    last = inline[-1] if inline else None
    if last is not None and last.tail:
        last.tail = last.tail.rstrip() or None
    elif last is None and loose.text:
        loose.text = loose.text.rstrip()
    parts.append(loose)


def shell(element: Element) -> Element:
    """A block with the same tag and attributes and nothing in it."""
    return new_element(element.tag, element.attrib)


def content(element: Element) -> bytes:
    """All of a block, for comparison."""
    text: bytes = tostring(element, with_tail=False)
    return text


def inner(root: Element) -> str:
    """The inside of the root as HTML, pseudo-blocks taken off, a line per block."""
    text = html_of(root)
    return without_loose(text[text.index(">") + 1 : text.rindex("<")])


def without_loose(text: str) -> str:
    """HTML with its pseudo-blocks taken off."""
    return re.sub(rf"</?{LOOSE}(?: (data-ems)=\"(ins|del)\")?>", _loose_tag, text)


def _loose_tag(match: re.Match[str]) -> str:
    return f'<div class="{LOOSE}" data-ems="{match[2]}">' if match[2] else ""
