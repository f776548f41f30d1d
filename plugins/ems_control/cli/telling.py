"""What a command says to people: in their language, where the program has it. Programs read English."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import click

from ems_control.ground.text import log_safe, one_line

ASKED = "ems.language"
"""Where the language asked for with --language is kept while a command runs."""


def language_of(given: str | None) -> str:
    """The language asked for, else that of the terminal (LC_ALL, LC_MESSAGES, LANG), else English."""
    locale = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    asked = given or re.split(r"[_.@-]", locale)[0].lower()
    if asked in ("", "c", "posix", "en"):
        return "en"  # where all is English nothing is loaded for it
    from ems_control.rules.translated import rule_languages

    return asked if asked in rule_languages() else "en"


def reading_language(people: bool = True) -> str:
    """The language of what is said now: for programs English, unless another was asked for."""
    context = click.get_current_context(silent=True)
    asked = context.meta.get(ASKED) if context else None
    return language_of(asked) if people or asked else "en"


def spoken(text: str, people: bool = True) -> str:
    """A text of the program in the language of who reads."""
    language = reading_language(people)
    if language == "en":
        return text
    from ems_control.exports.sentences import said

    return said(text, language)


def own_word(text: str) -> str:
    """A word of the program (a state, the head of a column) in the language of who reads."""
    language = reading_language()
    if language == "en":
        return text
    from ems_control.exports.sentences import word_said

    return word_said(text, language)


def clause_title_spoken(title: str) -> str:
    """The title of a clause in the language of who reads."""
    language = reading_language()
    if language == "en":
        return title
    from ems_control.exports.sentences import clause_title

    return clause_title(title, language)


def tell(text: str, err: bool = False, **style: Any) -> None:
    """Say a line to people, with the empty lines around it; nothing that others wrote steers a terminal or a log."""
    line = text.strip("\n")
    before, _, after = text.partition(line) if line else ("", "", "")
    click.echo(f"{before}{click.style(log_safe(one_line(spoken(line))), **style)}{after}", err=err)


class Helping(click.HelpFormatter):
    """Help in the language of who reads."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The first line."""
        super().write_usage(prog, args, prefix or f"{own_word('Usage:')} ")

    def write_heading(self, heading: str) -> None:
        """The name of a section."""
        super().write_heading(own_word(heading))

    def write_text(self, text: str) -> None:
        """Paragraphs; the catalogue has each as one line."""
        if reading_language() != "en":
            text = "\n\n".join(spoken(" ".join(one.split())) for one in re.split(r"\n\s*\n", text))
        super().write_text(text)

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Options or commands, each with what it does."""
        super().write_dl([(name, _helped(words)) for name, words in rows], col_max, col_spacing)


def _helped(words: str) -> str:
    """What an option does, and what stands in brackets behind it."""
    body, sign, extra = words.rpartition("  [")
    if not sign:
        return spoken(words)
    parts = [own_word(one) for one in extra.removesuffix("]").split("; ")]
    return f"{spoken(body)}{sign}{'; '.join(parts)}]"


class HelpingContext(click.Context):
    """A click context whose help is in the language of who reads."""

    formatter_class = Helping


def speaking(command: click.Command) -> click.Command:
    """A command that helps in the language of who reads."""
    command.context_class = HelpingContext
    return command


class SpeakingGroup(click.Group):
    """A group of commands that help in the language of who reads."""

    context_class = HelpingContext

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name; None where there is none."""
        found = super().get_command(ctx, cmd_name)
        return speaking(found) if found else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each command with the first sentence of what it does."""
        if reading_language() == "en":
            super().format_commands(ctx, formatter)
            return
        names = self.list_commands(ctx)
        commands = {name: command for name in names if (command := self.get_command(ctx, name))}
        room = formatter.width - 6 - max(map(len, names))
        first = {name: " ".join((one.help or "").split("\n\n")[0].split()) for name, one in commands.items()}
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, click.Command(name, help=spoken(first[name])).get_short_help_str(room)) for name in commands]
            )


def show_mistake(error: click.ClickException) -> None:
    """Say how a command was called wrongly, in the language of who reads."""
    context = getattr(error, "ctx", None)
    language = language_of(context.meta.get(ASKED) if context else None)
    if language == "en":
        error.show()
        return
    from ems_control.exports.sentences import said, word_said

    if context:
        click.echo(context.get_usage(), err=True)
        hint = f"Try '{context.command_path} {context.help_option_names[0]}' for help."
        click.echo(f"{said(hint, language)}\n", err=True)
    click.echo(word_said(f"Error: {error.format_message()}", language), err=True)


def findings_spoken(findings: Sequence[Any], people: bool) -> list[Any]:
    """Findings in the language of who reads."""
    language = reading_language(people)
    if language == "en":
        return list(findings)
    from ems_control.exports.sentences import said

    return [replace(one, message=said(one.message, language), fix=said(one.fix, language)) for one in findings]
