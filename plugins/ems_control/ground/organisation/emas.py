"""`emas` in ems.yml: the registration, sealed with the policy, from which every legal day of EMAS follows."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator

from ems_control.ground.formats.config import Day, ListOf, Model, Whole

RENEWAL_YEARS, RENEWAL_YEARS_AT_MOST = 3, 4
UPDATE_YEARS, UPDATE_YEARS_AT_MOST = 1, 2
"""Regulation (EC) 1221/2009: articles 6(1) and 6(2), and what article 7(1) allows small organisations at most."""

SMALL, SMALL_AUTHORITY = 250, 10_000
"""Fewer people than this work in a small organisation, fewer live under a small local authority (article 2(28))."""
_NUMBER = r"(?P<number>\d{1,3}(?:[.,'’ ]\d{3})+|\d+)"
_INHABITANTS = re.compile(rf"{_NUMBER}\s*(?:inhabitants|einwohner|inwoners)", re.IGNORECASE)
_PEOPLE = re.compile(
    rf"{_NUMBER}\s*(?:people|persons|employees|staff|personen|beschäftigte|mitarbeit|menschen|medewerkers|werknemers|mensen|$)",
    re.IGNORECASE,
)
_LARGE = re.compile(r"\s*(?:a )?(?:large|gro(?:ß|ss)\w*|groot|grote)\b", re.IGNORECASE)


def too_large(size: str) -> bool:
    """Whether a size as people write it is that of no small organisation; False where it does not say."""
    if inhabitants := _INHABITANTS.search(size):
        return _counted(inhabitants) >= SMALL_AUTHORITY
    people = _PEOPLE.search(size)
    return _counted(people) >= SMALL if people else _LARGE.match(size) is not None


def _counted(match: re.Match[str]) -> int:
    return int(re.sub(r"\D", "", match["number"]))


def _named(key: str) -> Any:
    """A group of facts that may be given by the one word that matters most."""
    return BeforeValidator(lambda value: {key: value} if isinstance(value, str) else value)


_one = BeforeValidator(lambda value: [value] if isinstance(value, str) else value)


class Registration(Model):
    """The entry in the register of EMAS."""

    number: str = Field(default="", description="Number of the registration: XX-000123.")
    since: Day | None = Field(default=None, description="Day of the registration.")
    renewed: Day | None = Field(default=None, description="Day of the last renewal.")
    body: str = Field(default="", description="The competent body.")


class Derogation(Model):
    """The longer intervals of Article 7 for small organisations, as the competent body granted them."""

    article: Whole = Field(default=7, description="The article: 7.")
    granted_on: Day = Field(description="First day for which it was granted.")
    until: Day | None = Field(default=None, description="Last day; left out = until it is withdrawn.")
    by: str = Field(default="", description="The competent body, and where its letter is kept.")
    renewal_years: Whole = Field(
        default=RENEWAL_YEARS_AT_MOST, description="Years between full verifications: 3, with Article 7 at most 4."
    )
    update_years: Whole = Field(
        default=UPDATE_YEARS_AT_MOST, description="Years between validated updates: 1, with Article 7 at most 2."
    )

    @field_validator("article")
    @classmethod
    def _the_seventh(cls, value: int) -> int:
        if value != 7:
            raise ValueError("must be 7: no other article makes the intervals longer")
        return value

    @field_validator("renewal_years")
    @classmethod
    def _three_or_four(cls, value: int) -> int:
        if not RENEWAL_YEARS <= value <= RENEWAL_YEARS_AT_MOST:
            raise ValueError("must be 3 or 4: Article 7(1) allows four years at most")
        return value

    @field_validator("update_years")
    @classmethod
    def _one_or_two(cls, value: int) -> int:
        if not UPDATE_YEARS <= value <= UPDATE_YEARS_AT_MOST:
            raise ValueError("must be 1 or 2: Article 7(1) allows two years at most")
        return value

    def holds_on(self, day: date) -> bool:
        """Whether it was granted for that day."""
        return self.granted_on <= day and (self.until is None or day <= self.until)


class Verifier(Model):
    """Who verifies and validates."""

    name: str = Field(default="", description="Name of the verifier.")
    accreditation: str = Field(default="", description="Number of the accreditation or licence.")
    scope: Annotated[ListOf[str], _one] = Field(
        default=(), description="Activity codes (NACE) for which it is accredited: [25.51]."
    )


class Site(Model):
    """A registered site."""

    name: str = Field(description="Name of the site.")
    activities: ListOf[str] = Field(default=(), description="Activity codes (NACE) of what is done there: [25.51].")


class SubstantialChange(Model):
    """A change of the kind of Article 8: operation, structure, administration, processes, activities, products."""

    day: Day = Field(description="Day of the change.")
    what: str = Field(description="What was changed, in a few words.")


class Emas(Model):
    """The registration under EMAS."""

    registration: Annotated[Registration, _named("number")] = Field(
        default_factory=Registration, description="The registration; or its number alone."
    )
    organisation_size: str = Field(default="", description="Size of the organisation, as registered.")
    derogation: Derogation | None = Field(default=None, description="The derogation of Article 7, if it was granted.")
    verifier: Annotated[Verifier, _named("name")] = Field(
        default_factory=Verifier, description="The verifier; or the name alone."
    )
    sites: ListOf[Annotated[Site, _named("name")]] = Field(
        default=(), description="The registered sites; each a name, or a name with its activities."
    )
    substantial_changes: ListOf[SubstantialChange] = Field(
        default=(),
        description="Substantial changes (Article 8), each with its day; the statement follows in six months.",
    )
