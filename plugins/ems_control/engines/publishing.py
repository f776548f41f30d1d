"""Reads the handbook of a site and publishes it, now or as the plugin's options say."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig

from ems_control.engines.kept_site import Ingredients
from ems_control.ground.errors import EmsError
from ems_control.ground.git.repository import Repository
from ems_control.ground.kept import at_a_desk
from ems_control.ground.markdown.mkdocs_yml import CONFIG_FILE
from ems_control.ground.organisation.people import PEOPLE_FILE
from ems_control.ground.organisation.policy import POLICY_FILE
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.kept.kept_history import KeptTexts
from ems_control.handbook.loading import load
from ems_control.handbook.steering_files import Configuration, read_configuration
from ems_control.site.addressing import Addresses
from ems_control.site.moment import now
from ems_control.site.page import Page
from ems_control.site.publication import Publication, publish

said = logging.getLogger("ems_control")
"""What is said aloud and ends no build: a warning of MkDocs' own loggers would, in strict mode."""


@dataclass(frozen=True)
class Wanted:
    """What is to be published: the handbook in `root`, as of a day in words (None: today), with texts in work or not.

    Where `preview` is None, texts in work are shown while `serving`, or where the policy says so.
    """

    root: Path
    as_of: str | None
    preview: bool | None
    serving: bool

    def day(self, configuration: Configuration, moment: datetime.datetime) -> datetime.date:
        """The day whose handbook is published at a moment; raises EmsError where it is none."""
        if self.as_of is None:
            return self.today(configuration, moment)
        try:
            return datetime.date.fromisoformat(self.as_of)
        except ValueError:
            raise EmsError(f'as_of: "{self.as_of}" is not a day; write it as YYYY-MM-DD.') from None

    @staticmethod
    def today(configuration: Configuration, moment: datetime.datetime) -> datetime.date:
        """The day of a moment, where the handbook's days begin and end."""
        return moment.astimezone(configuration.policy.zone).date()


def read_and_publish(
    wanted: Wanted, config: MkDocsConfig, early: Callable[[Handbook, Publication], None]
) -> tuple[Handbook, Publication]:
    """The handbook, open, and what is published of it; raises EmsError where either cannot be read.

    `early` is given both before there are pages.
    """
    configuration = read_configuration(wanted.root)
    expected = (wanted.root / configuration.policy.docs_dir).resolve()
    if Path(config.docs_dir).resolve() != expected:
        raise EmsError(
            f"docs_dir of mkdocs.yml is {config.docs_dir}, of ems.yml {expected}. Make them the same folder."
        )
    built, preview = now(), wanted.preview
    day = wanted.day(configuration, built)
    if preview is None:
        preview = configuration.policy.publish.preview or wanted.serving
    repository = Repository(configuration.root)
    kept = KeptTexts(repository) if at_a_desk() else None
    end = datetime.datetime.combine(wanted.today(configuration, built), datetime.time.max, configuration.policy.zone)
    handbook = load(configuration, day, working_tree=preview, now=end, opened=repository, kept=kept, told=said.warning)
    try:
        handbook.require_history()
        style, begun = Addresses(config.use_directory_urls), partial(early, handbook)
        publication = publish(handbook, built, preview, style, config.site_url or "", begun)
        handbook.keep()
    except BaseException:
        handbook.close()
        raise
    return handbook, publication


def engine_of(config: MkDocsConfig) -> str:
    """The name of the engine that runs."""
    return type(config).__module__.partition(".")[0]


def ingredients(wanted: Wanted, handbook: Handbook, config: MkDocsConfig) -> Ingredients:
    """Where what goes into a site is found."""
    names = dict.fromkeys((POLICY_FILE, PEOPLE_FILE, CONFIG_FILE, *handbook.steering_files))
    steering = [str(wanted.root / name) for name in names]
    zone, shown = handbook.committed_config.policy.zone.key, handbook.policy.zone.key
    return Ingredients(steering, config.theme.custom_dir or "", config.docs_dir, zone, shown, wanted.as_of or "")


def notice(before: Publication | None, message: str) -> Publication:
    """While serving: the last good pages, with what is wrong now on top of the home page."""
    publication = before or Publication()
    lines = "\n".join(f"    {line}" for line in message.split("\n"))
    home = Page("index.md", "To put right", f"The handbook cannot be read:\n\n{lines}\n")
    return replace(publication, pages={**publication.pages, "index.md": home}, rewriting=None)
