"""To whom documents are distributed, and texts of the policy that can be given by language."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ems_control.ground.formats.config import Model

ByLanguage = dict[str, str]
"""What one text says in each language; the language "" is for all that are not named."""


def _one_for_all(value: Any) -> Any:
    if not isinstance(value, str | dict):
        raise ValueError("must be a single text, or one in each language: {en: …, nl: …}")
    return {"": value} if isinstance(value, str) else value


def _unnamed(value: Any) -> Any:
    """`[yard, gate]` is short for `{yard: {}, gate: {}}`."""
    if isinstance(value, str):
        raise ValueError(f"must be a list; write [{value}]")
    if isinstance(value, list | tuple) and all(isinstance(key, str) for key in value):
        return {key: {} for key in value}
    return value


OneText = Annotated[ByLanguage, BeforeValidator(_one_for_all, json_schema_input_type=str | ByLanguage)]
"""A text, or what it says in each language."""
Named = Annotated[
    dict[str, OneText],
    BeforeValidator(_unnamed, json_schema_input_type=tuple[str, ...] | dict[str, str | ByLanguage]),
]
"""Keys with their names by language; a list of keys where the keys are words enough."""


def in_language(texts: ByLanguage, language: str) -> str:
    """The text in a language, else the one for all languages, else the first; "" where there is none."""
    return texts.get(language) or texts.get("") or next(iter(texts.values()), "")


class Groups(Model):
    """To whom documents are distributed; each group has a page.

    `[yard, gate]`, or with names by language: `{yard: {en: Yard, nl: Erf}}`.
    """

    workplaces: Named = Field(default_factory=dict, description="Places with a code that opens their page.")
    people: Named = Field(default_factory=dict, description="Groups of persons.")
    print_sets: Named = Field(default_factory=dict, description="Folders that are kept in print.")

    def __iter__(self) -> Any:
        return iter((*self.workplaces, *self.people, *self.print_sets))

    def title(self, key: str, language: str) -> str:
        """The name of a group in a language; its key in words where it has none."""
        named = {**self.print_sets, **self.people, **self.workplaces}
        return in_language(named.get(key, {}), language) or key.replace("-", " ")
