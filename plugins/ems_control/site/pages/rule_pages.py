"""The rule book as pages, one per family, from the docstrings of the rules."""

from __future__ import annotations

import re

from ems_control.exports.words import Words
from ems_control.ground.markdown.markup import escape, link, table
from ems_control.handbook import addresses
from ems_control.handbook.rule_families import FAMILIES
from ems_control.rules.book import Rule, rules
from ems_control.rules.examples import AS_OF, FIRST_DAY, Part, read, sample_files
from ems_control.rules.printed import EXAMPLES, SECTIONS
from ems_control.rules.translated import TITLE, told
from ems_control.site.page import Page, relative

BEHIND = 0.01
"""Whoever looks for "zinc" wants the instruction, not an example of the rule book; codes stand nowhere else."""


def pages(words: Words) -> list[Page]:
    """The list of rules and a page per family."""
    rows = []
    found = []
    for number, (_, module) in FAMILIES.items():
        family = [rule for rule in rules() if rule.family == number]
        path = addresses.rules_page(module)
        for rule in family:
            target = f"{relative(path, addresses.RULES)}#{rule.code}"
            rows.append(
                [
                    link(rule.code, target),
                    escape(rule.name),
                    escape(words(f"severity.{rule.severity}")),
                    _words(told(rule, TITLE, words.language)),
                ]
            )
        how = link(words("examples title"), relative(addresses.EXAMPLES, path))
        body = "\n\n".join([how, *(_chapter(rule, words) for rule in family)]) + "\n"
        found.append(Page(path, words(f"rules.{number}"), body, boost=BEHIND))
    head = [escape(words(key)) for key in ("rule", "pattern", "severity", "meaning")]
    body = f"{escape(words('rule book intro'))}\n\n{table(head, rows)}"
    return [Page(addresses.RULES, words("rule book"), body), *found, _how(words)]


def _how(words: Words) -> Page:
    """How to read the examples, with the handbook that they change."""
    parts = [
        escape(words("examples both", day=words.day(AS_OF))),
        escape(words("examples file")),
        escape(words("examples steps", day=words.day(FIRST_DAY))),
        *(_block(path, text) for path, text in sample_files().items()),
    ]
    return Page(addresses.EXAMPLES, words("examples title"), "\n\n".join(parts) + "\n", boost=BEHIND)


def _chapter(rule: Rule, words: Words) -> str:
    title = told(rule, TITLE, words.language)
    parts = [f"## {escape(rule.code)} {escape(rule.name)} {{#{rule.code}}}", _words(title)]
    for name in SECTIONS:
        if not rule.section(name):
            continue  # a rule of others
        text = told(rule, name, words.language)
        shown = [_part(part) for part in read(text, words.language)] if name in EXAMPLES else [_words(text)]
        parts += [f"**{escape(words(f'section.{name}'))}**", *shown]
    return "\n\n".join(parts)


def _part(part: Part) -> str:
    return _block(part.path, part.text) if part.path else _words(part.sentence)


def _block(path: str, text: str) -> str:
    """A file: its path, and below it the text as it stands there."""
    name = f"<code>{escape(path)}</code>"
    return f"{name}\n\n````text\n{text.rstrip()}\n````" if text else name


def _words(text: str) -> str:
    """A sentence of ours, what stands between backticks as code."""
    return re.sub(r"&#96;(.+?)&#96;", r"<code>\1</code>", escape(text))
