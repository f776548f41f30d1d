"""What of a text can be told without reading its front matter: of ten thousand revisions hardly one is asked more."""

from __future__ import annotations

import re

from ems_control.ground.formats.frontmatter import split
from ems_control.ground.text import decode

_AT_THE_TOP = re.compile(rb"(?:\xef\xbb\xbf)?---\r?\nid: ([A-Za-z0-9][A-Za-z0-9.-]*)\r?\n(?:[A-Za-z_]|---\r?\n)")


def id_at_the_top(data: bytes) -> str:
    """The id on the first line of front matter, which is that of the text where this can be read; "" if it is not so.

    A key before which nothing stands, whose value ends with its line, because the next begins with a key.
    """
    found = _AT_THE_TOP.match(data)
    return found[1].decode("ascii") if found else ""


def body_of(data: bytes) -> str:
    """The text behind the front matter, without reading that."""
    return split(decode(data)[0])[1]
