"""What a page or a picture may hold, as an allow list: nothing that runs, loads from elsewhere or looks like the site.

Held against what the Markdown renderer makes of a text, so that no odd syntax hides anything. Elements and attributes
that are not named here are refused, whatever they are called.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from lxml import etree

from ems_control.ground.markdown.extensions import UNREADABLE
from ems_control.ground.markdown.fragments import Element, fragment, words_of

_EVERYWHERE = frozenset("id class lang dir title".split())
_ELEMENTS: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        (
            "abbr b bdi blockquote br caption cite code dd del dfn div dl dt em figcaption figure h1 h2 h3 h4 h5 "
            "h6 hr i ins kbd mark p pre q s samp section small span strong sub summary sup table tbody tfoot thead tr "
            "u ul var wbr"
        ).split(),
        frozenset(),
    ),
    "a": frozenset("href rel name target".split()),
    "col": frozenset({"span"}),
    "colgroup": frozenset({"span"}),
    "details": frozenset({"open"}),
    "div": frozenset("data-tabs style align".split()),
    "img": frozenset("src alt width height loading align".split()),
    "input": frozenset("type name checked disabled".split()),
    "label": frozenset({"for"}),
    "li": frozenset({"value"}),
    "ol": frozenset("start type reversed".split()),
    "p": frozenset({"align"}),
    "path": frozenset({"d"}),
    "span": frozenset({"data-linenos"}),
    "svg": frozenset("xmlns viewbox".split()),
    "td": frozenset("colspan rowspan align style".split()),
    "th": frozenset("colspan rowspan align style scope".split()),
}
"""Elements with the attributes that they may have besides those of _EVERYWHERE; the last ones are what known
extensions make: tabs, check boxes, emoji as drawings, footnotes."""

_VALUES = {
    "style": re.compile(r"(?:text-align: ?(?:left|right|center);?|width: ?\d+(?:\.\d+)?%;?)"),
    "type": re.compile(r"(?:radio|checkbox|[1aAiI])"),
    "target": re.compile(r"_blank"),
    "role": re.compile(r"doc-[a-z]+"),
}
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_FOLLOWED = ("http", "https", "mailto", "tel")
_BLANKS = re.compile(r"[\x00-\x20\x7f]+")
_OURS = re.compile(r"(?:ems|md)-|__")
_OF_EXTENSIONS = re.compile(r"__(?:tabbed|codelineno|span)[-_][\w-]+")
_HELD_BACK = frozenset({"headerlink", "footnote-backref"})
"""Classes whose words the theme shows only under a mouse, or never: extensions give them to a sign."""
_MOST_TABS = 20
"""The theme shows so many tabs of a set."""
_ONE_LIGHT = re.compile(r"#(?:gh|only)-(?:dark|light)(?:-mode-only)?$", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!?]")
_FRAME = re.compile(r"<(html|head|body)(?![\w-])", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)

ACTIVE_FILES = (".html", ".htm", ".shtml", ".xhtml", ".xht", ".mht", ".mhtml", ".hta", ".xsl", ".js", ".mjs", ".css")
"""What a browser runs, or would show as a page of the site. Such files belong to the theme, not under docs/."""
_SHOWN_AS_WORDS = (".txt", ".csv", ".tsv", ".json", ".yml", ".yaml")

STATE_SIGNS = "●○◐◑✔✓✗⊘"
"""Signs with which the site says how a text stands; a paragraph of an uncontrolled page must not begin with one."""


class Active(NamedTuple):
    """Something that a text may not hold: in words, and a piece by which its line is found."""

    what: str
    sign: str


def is_plain_style(value: str) -> bool:
    """Whether a style attribute only says what known extensions say: how a cell is aligned, how long a bar is."""
    return _VALUES["style"].fullmatch(value.strip()) is not None


def active_content(rendered: str, controlled: bool = True, signs: frozenset[str] = frozenset()) -> list[Active]:
    """Everything in a rendered text that is not on the allow list, each once, in order.

    `signs` are the words that extensions write beside headings and notes, where mkdocs.yml gives them some.
    """
    if rendered.startswith(UNREADABLE):
        return [Active("what is nested so deep, or so full of open brackets, that no page can be made of it,", "")]
    if not _TAG.search(rendered):
        return []
    found = list(_undecidable(rendered))
    found += _frame(rendered)
    root = fragment(rendered)
    for element in root.iterdescendants():
        found += _of_element(element)
        found += _held_back(element, signs)
        if not controlled and element.tag == "p" and (element.text or "").lstrip()[:1] in tuple(STATE_SIGNS):
            sign = (element.text or "").lstrip()[:1]
            found.append(Active(f"a paragraph that begins with {sign}, the sign of how a text stands", sign))
    return list(dict.fromkeys(found))


def _frame(rendered: str) -> Iterator[Active]:
    """The elements that hold the page: a second one has its attributes joined to the first, whatever they run."""
    for match in _FRAME.finditer(_COMMENT.sub("", rendered)):
        yield Active(f"<{match[1].lower()}>", f"<{match[1].lower()}")


def _undecidable(rendered: str) -> Iterator[Active]:
    """Where browsers end a comment or a declaration elsewhere than others do, so that something may hide in it."""
    for match in re.finditer(r"<(?:!(?!--)|\?|!--(?:>|->))|--!>", rendered):
        yield Active(f"{match[0]}, which browsers read in different ways", match[0])


def _of_element(element: Element) -> Iterator[Active]:
    if not isinstance(element.tag, str):
        return
    tag = element.tag.lower()
    allowed = _ELEMENTS.get(tag)
    if allowed is None:
        yield Active(f"<{tag}>", f"<{tag}")
        return
    for name, value in element.attrib.items():
        name = str(name).lower()
        known = name in allowed or name in _EVERYWHERE or name == "role" or name.startswith("aria-")
        if not known or (name in _VALUES and not _VALUES[name].fullmatch(str(value).strip())):
            yield Active(f'{name}="{_short(value)}" on <{tag}>', name)
    yield from _classes(element, tag)
    for name in ("href", "src"):
        scheme = _SCHEME.match(_BLANKS.sub("", str(element.get(name) or "")))
        if scheme and scheme[1].lower() not in (_FOLLOWED if name == "href" else ("http", "https")):
            yield Active(f"an address that begins with {scheme[1]}:", f"{scheme[1]}:")


def _classes(element: Element, tag: str) -> Iterator[Active]:
    names = str(element.get("class") or "").split()
    given = str(element.get("id") or "")
    if not re.fullmatch(r"h[1-6]", tag) or given.startswith("__"):  # the anchor of a heading is made of its words
        names.append(given)
    for name in names:
        if _OURS.match(name.lower()) and not _OF_EXTENSIONS.match(name):
            yield Active(f"{name} on <{tag}>, a name that belongs to the site", name)


def _held_back(element: Element, signs: frozenset[str]) -> Iterator[Active]:
    """Words and pictures that the theme keeps from some readers or from all, by a class or an address."""
    names = set(str(element.get("class") or "").split())
    words = words_of(element).strip() if isinstance(element.tag, str) else ""
    for name in sorted(names & _HELD_BACK):
        if element.tag != "a" or (words not in signs and re.search(r"\w", words)) or element.find(".//img") is not None:
            yield Active(f"{name} on <{element.tag}>, with which pages hide words,", name)
    hides = {"giscus"} | ({"tabbed-block"} if not _is_tab(element) else set())
    for name in sorted(names & hides):
        yield Active(f"{name} on <{element.tag}>, with which pages hide words,", name)
    if element.tag == "a" and element.get("id") and words and _in_listing(element):
        yield Active("words in the anchor of a listing, which pages hide,", "<a")
    if element.tag == "img" and (match := _ONE_LIGHT.search(str(element.get("src") or "").strip())):
        yield Active(f"a picture with {match[0]}, which pages show in one light only,", match[0])


def _is_tab(block: Element) -> bool:
    """Whether a label leads to each of the blocks beside this one, as `pymdownx.tabbed` makes them."""
    content = block.getparent()
    tabs = content.getparent() if content is not None and "tabbed-content" in (content.get("class") or "") else None
    if tabs is None or "tabbed-set" not in (tabs.get("class") or "").split():
        return False
    labels = next((child for child in tabs if "tabbed-labels" in (child.get("class") or "")), ())
    chosen = [child for child in tabs if child.tag == "input" and child.get("id")]
    return len(chosen) == len(content) == len([label for label in labels if label.tag == "label"]) <= _MOST_TABS


def _in_listing(element: Element) -> bool:
    code = next(element.iterancestors("code"), None)
    return code is not None and any("highlight" in (one.get("class") or "").split() for one in code.iterancestors())


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else text[:39] + "…"


# --- drawings -----------------------------------------------------------------------------------------------------

_DRAWN = frozenset(
    "svg g defs title desc metadata path line polyline polygon rect circle ellipse text tspan textPath marker pattern "
    "linearGradient radialGradient stop clipPath mask symbol use filter feGaussianBlur feOffset feBlend feMerge "
    "feMergeNode feFlood feComposite feColorMatrix style".split()
)
_INSTRUCTION = type(etree.ProcessingInstruction("x"))
_DRAWING = "{http://www.w3.org/2000/svg}"
_SEEN = ("{http://www.w3.org/1999/xhtml}", _DRAWING)
_PAGE_BEGINS = re.compile(
    rb"<(?:!doctype\s+html|!--|(?:html|head|body|script|iframe|h1|div|font|table|a|style|title|b|br|p)[\s>])",
    re.IGNORECASE,
)
"""What browsers look for at the start of a file of which nobody says what it is."""


def why_active(path: str, read: Callable[[], bytes]) -> str | None:
    """Why a browser would run a file beside the texts, or show it as a page; of a drawing what it holds; None else."""
    name = path.lower()
    if name.endswith(ACTIVE_FILES):
        return "would be a page, a script or a style of its own"
    if name.endswith(".svgz"):
        return "compressed text"
    if name.endswith(".svg"):
        return active_drawing(read())
    if name.endswith(_SHOWN_AS_WORDS):
        return None
    data = read()
    begins = data.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n\f")
    if not begins.startswith(b"<"):
        return None
    return "holds a page, whatever its name is" if _is_page(data, begins, name.endswith(".xml")) else None


def _is_page(data: bytes, begins: bytes, xml: bool) -> bool:
    """Whether a browser makes a page of a file that begins with a bracket: by its XML, or, unless it is named `xml`,
    by its first tag."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return _PAGE_BEGINS.match(begins) is not None
    if (not xml and _PAGE_BEGINS.match(begins)) or root.getroottree().docinfo.internalDTD is not None:
        return True
    before = root.itersiblings(preceding=True)
    styled = any(isinstance(one, _INSTRUCTION) and one.target == "xml-stylesheet" for one in before)
    return styled or any(str(node.tag).startswith(_SEEN) for node in root.iter())


def active_drawing(data: bytes) -> str | None:
    """What an SVG file holds that runs, loads from elsewhere or cannot be read; None where it is a plain drawing."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return "text that is no well-formed XML"
    if root.getroottree().docinfo.internalDTD is not None:
        return "a document type of its own"
    return next((reason for node in root.iter() if (reason := _of_node(node))), None)


def _of_node(node: etree._Element) -> str | None:
    if not isinstance(node.tag, str):
        return "a processing instruction" if isinstance(node, _INSTRUCTION) else None
    name = node.tag.removeprefix(_DRAWING)
    if name.startswith("{"):  # facts of the program that drew it, which browsers do not show; HTML they would
        return "HTML" if name.startswith("{http://www.w3.org/1999/xhtml}") else None
    if name not in _DRAWN:
        return f"<{name}>"
    if name == "style" and re.search(r"@import|url\(\s*[\"']?(?!#)", node.text or "", re.IGNORECASE):
        return "a style that loads something"
    reasons = (_drawn_attribute(str(key), str(value)) for key, value in node.attrib.items())
    return next((reason for reason in reasons if reason), None)


def _drawn_attribute(key: str, value: str) -> str | None:
    name = key.rpartition("}")[2].lower()
    if name.startswith("on"):
        return f"{name}, which runs"
    if name == "href" and not value.strip().startswith("#"):
        return f'a link to "{_short(value)}"'
    if re.search(r"url\(\s*[\"']?(?!\s*[\"']?#)|javascript:|@import", value, re.IGNORECASE):
        return f'{name}="{_short(value)}", which loads something'
    return None
