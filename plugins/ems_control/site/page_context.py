"""What every page of a site carries: foot, emergency line, the words of the script and of the page for missing ones."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from ems_control.approvals.lifecycle import State
from ems_control.exports.words import Words
from ems_control.handbook import addresses
from ems_control.handbook.handbook import Handbook
from ems_control.site.moment import told
from ems_control.site.telephones import parts

TOOL_WORDS = ("find in table", "all of it", "clear", "shown of", "parts missing", "sort by", "filter", "more")
"""What the script says above a table that it filters."""


def footer(handbook: Handbook, words: Words, built: datetime) -> str:
    """The day, the moment of the build, how many documents are in force, and when the next one starts."""
    count = sum(document.state is State.IN_FORCE for document in handbook.listed)
    starts = [d.upcoming.first_day for d in handbook.listed if d.upcoming]
    moment = built.astimezone(handbook.policy.zone)
    hour = told(built, handbook.policy.zone)["hour"]
    time = hour if moment.date() == handbook.day else f"{words.day(moment.date())} {hour}"
    text = words("footer", day=words.day(handbook.day), time=time, count=count)
    return text + (" · " + words("next start", day=words.day(min(starts))) if starts else "")


def everywhere(handbook: Handbook, words: Words, built: datetime) -> dict[str, Any]:
    """The facts for templates, under `extra.ems`: plain strings, and a list for the page that is not there."""
    languages = dict.fromkeys(Words(each).language for each in (words.language, *handbook.policy.languages))
    return {
        "head": handbook.repository.head or "",
        "organisation": handbook.policy.organisation,
        "emergency": handbook.policy.emergency_line(words.language),
        "emergency_parts": parts(handbook.policy.emergency_line(words.language)),
        "footer": footer(handbook, words, built),
        "as_of": handbook.day.isoformat(),
        "built": told(built, handbook.policy.zone)["built"],
        "language": words.language,
        "search": words("search hint"),
        "feed": addresses.FEED,
        "tools": json.dumps({key: words(key) for key in TOOL_WORDS}, ensure_ascii=False),
        "printed": words("printed on", day="#"),
        "uncontrolled": words("uncontrolled print"),
        "missing": [_missing(Words(each)) for each in languages],
    }


def _missing(words: Words) -> dict[str, str]:
    said = {"title": words("missing"), "hint": words("missing hint"), "home": words("home")}
    return {"language": words.language, **said}
