"""`ems rules` and `ems explain`: the rule book."""

from __future__ import annotations

import click

from ems_control.cli.context import formats
from ems_control.cli.output import COLOURS, as_json, as_table
from ems_control.rules.book import EXAMPLES, FAMILIES, SECTIONS, Rule, find_rule, rules
from ems_control.rules.examples import plain


def _facts(rule: Rule) -> dict[str, str]:
    return {
        "rule": rule.code,
        "name": rule.name,
        "severity": rule.severity,
        "title": rule.title,
        **{section.lower(): _section(rule, section) for section in SECTIONS},
    }


def _section(rule: Rule, name: str) -> str:
    text = rule.section(name)
    return plain(text) if name in EXAMPLES else text


@click.command("rules")
@formats("table", "json")
def list_rules(shape: str) -> None:
    """Every rule with its code, name and severity."""
    if shape == "json":
        click.echo(as_json({"version": 1, "rules": [_facts(rule) for rule in rules()]}))
        return
    for number, (title, _) in FAMILIES.items():
        family = [rule for rule in rules() if rule.family == number]
        click.echo(click.style(f"{number}. {title}", bold=True))
        click.echo(
            as_table(["code", "name", "severity"], [[r.code, r.name, r.severity] for r in family], COLOURS) + "\n"
        )


@click.command()
@click.argument("word", metavar="RULE")
@formats("text", "json")
def explain(word: str, shape: str) -> None:
    """What a rule looks for, why, and how to put it right. RULE is a code or a name.

    `ems explain ems.yml`, `people.yml`, `front-matter`, `record` or `pull-request` lists the keys of that file.
    """
    from ems_control.exports.schemas import SCHEMAS, describe_keys, schema

    if word in SCHEMAS:
        click.echo(as_json(schema(word)) if shape == "json" else describe_keys(word))
        return
    rule = find_rule(word)
    if shape == "json":
        click.echo(as_json({"version": 1, **_facts(rule)}))
        return
    click.echo(click.style(f"{rule.code} {rule.name}", bold=True) + f" ({rule.severity})\n{rule.title}\n")
    for section in filter(rule.section, SECTIONS):
        body = "\n".join(f"  {line}".rstrip() for line in _section(rule, section).split("\n"))
        click.echo(click.style(section, bold=True) + f"\n{body}\n")
