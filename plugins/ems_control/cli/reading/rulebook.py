"""`ems rules` and `ems explain`: the rule book."""

from __future__ import annotations

from textwrap import fill

import click

from ems_control.cli.context import formats, language
from ems_control.cli.output import COLOURS, as_json, as_table
from ems_control.cli.telling import reading_language
from ems_control.handbook.rule_families import FAMILIES
from ems_control.rules.printed import EXAMPLES, SECTIONS, RulePage, find_page, pages
from ems_control.rules.translated import TITLE, told


def _facts(rule: RulePage, language: str) -> dict[str, str]:
    return {
        "rule": rule.code,
        "name": rule.name,
        "severity": rule.severity,
        "title": told(rule, TITLE, language),
        **{section.lower(): _section(rule, section, language) for section in SECTIONS},
    }


def _section(rule: RulePage, name: str, language: str) -> str:
    text = told(rule, name, language)
    if name not in EXAMPLES:
        return text
    from ems_control.rules.examples import plain  # a list shows none

    return plain(text, language)


@click.command("rules")
@formats("table", "json")
@language
def list_rules(shape: str) -> None:
    """Every rule with its code, name and severity."""
    if shape == "json":
        click.echo(as_json({"version": 1, "rules": [_facts(rule, reading_language(people=False)) for rule in pages()]}))
        return
    chosen = reading_language()
    for number, (title, _) in FAMILIES.items():
        family = [rule for rule in pages() if rule.family == number]
        columns, rows = ["code", "name", "severity"], [[r.code, r.name, r.severity] for r in family]
        if chosen != "en":
            from ems_control.exports.words import Words

            words = Words(chosen)
            title, columns = (
                words(f"rules.{number}"),
                [words(key) for key in ("rule", "pattern", "severity", "meaning")],
            )
            rows = [[r.code, r.name, words(f"severity.{r.severity}"), told(r, TITLE, chosen)] for r in family]
        click.echo(click.style(f"{number}. {title}", bold=True))
        click.echo(as_table(columns, rows, COLOURS) + "\n")


@click.command()
@click.argument("word", metavar="RULE")
@formats("text", "json")
@language
def explain(word: str, shape: str) -> None:
    """What a rule looks for, why, and how to put it right. RULE is a code or a name.

    `ems explain ems.yml`, `people.yml`, `front-matter`, `record` or `pull-request` lists the keys of that file.
    """
    from ems_control.exports.schemas import SCHEMAS, describe_keys, schema

    if word in SCHEMAS:
        click.echo(as_json(schema(word)) if shape == "json" else describe_keys(word, reading_language()))
        return
    rule = find_page(word)
    if shape == "json":
        click.echo(as_json({"version": 1, **_facts(rule, reading_language(people=False))}))
        return
    from ems_control.exports.words import Words

    chosen = reading_language()
    words = Words(chosen)
    severity, title = words(f"severity.{rule.severity}"), told(rule, TITLE, chosen)
    click.echo(click.style(f"{rule.code} {rule.name}", bold=True) + f" ({severity})\n{title}\n")
    for section in filter(rule.section, SECTIONS):
        text = _section(rule, section, chosen)
        text = text if chosen == "en" or section in EXAMPLES else fill(text, 100, break_on_hyphens=False)
        body = "\n".join(f"  {line}".rstrip() for line in text.split("\n"))
        click.echo(click.style(words(f"section.{section}"), bold=True) + f"\n{body}\n")
