"""The smallest pieces of generated pages, rows, cells and state signs: a template each, which a handbook can override.

They lie in the theme under ems/cells/; a file of the same name under `custom_dir` of mkdocs.yml takes its place.
"""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import Template, TemplateError
from markupsafe import Markup

from ems_control.ground.errors import EmsError
from ems_control.ground.markdown.markup import escape
from ems_control.handbook.handbook import Handbook
from ems_control.site.theme import FOLDER, templates


class Fragments:
    """The fragments of one handbook; every method gives Markdown that may stand in a table cell.

    Raises EmsError where a template that takes the place of ours cannot be used.
    """

    def __init__(self, handbook: Handbook) -> None:
        """`custom_dir` is asked first, then the theme."""
        folder = handbook.site_config.theme_folder
        own = [handbook.committed_config.root / folder / "ems" / "cells"] if folder else []
        self._templates = templates(*own, FOLDER / "ems" / "cells")
        self._found: dict[str, Template] = {}

    def state(self, state: str, word: str) -> str:
        """A state as its word and sign."""
        return self._made("state", state=state.replace(" ", "-"), word=_shown(word))

    def number(self, text: str) -> str:
        """A number or name, Markdown already, that is not broken over lines."""
        return self._made("number", text=_ready(text))

    def row(self, cell: str, facts: dict[str, object]) -> str:
        """The first cell of a row, Markdown already, with facts about the row as attributes."""
        return self._made("row", cell=_ready(cell), facts=[(key, _held(fact)) for key, fact in facts.items()])

    def timed(self, text: str, kind: str, first: object, until: object, hidden: bool) -> str:
        """A text that holds from a day, to a day (None: without end)."""
        return self._made("timed", text=_shown(text), kind=kind, first=first, until=until, hidden=hidden)

    def days(self, text: str, day: object, forms: str) -> str:
        """How far a day is away, with the forms in which the reader's browser says it again."""
        return self._made("days", text=_shown(text), day=day, forms=_held(forms))

    def tools(self, name: str, words: str, facets: str, find: str, chips: Sequence[tuple[str, str]]) -> str:
        """The place where the script puts search and filters, as large as they will be.

        `find` stands before the field of the search; `chips` are the filters: label and longest value.
        """
        shown = [(_held(label), _held(longest)) for label, longest in chips]
        return self._made("tools", name=name, words=words, facets=facets, find=_held(find), chips=shown)

    def _made(self, name: str, /, **values: object) -> str:
        try:
            if name not in self._found:
                self._found[name] = self._templates.get_template(f"{name}.html")
            made = self._found[name].render(values)
        except (TemplateError, OSError) as error:
            where = getattr(error, "filename", None) or f"ems/cells/{name}.html"
            raise EmsError(f"the template {where} cannot be used: {error}. Mend it, or take it away.") from None
        return " ".join(made.split("\n"))


def _ready(markdown: str) -> Markup:
    """What is Markdown already: its makers let nothing through that is not theirs (`escape`, `link`)."""
    return Markup(markdown)  # noqa: S704


def _shown(text: object) -> Markup:
    return _ready(escape(text))


def _held(text: object) -> Markup:
    """Text as the value of an attribute within Markdown."""
    return _ready(escape(text).replace('"', "&#34;"))
