"""A site that was built before, put together again from its files where nothing changed that goes into a site.

What goes in is looked at each time, by content: the program, the commit at HEAD with all behind it, branches, what git
is set to do, the files that steer the handbook and its site, templates of its own, the names of the files below docs/,
the day. Where all of it is the same, every file is what it was, but for the moment of the build, whose places are
known. The files of the last build count where the disk says that nobody touched them since. What is kept holds no text;
it counts with the seal of whoever builds (`ground/kept.py`), at a desk only, and after a build that had nothing to say.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from ems_control.engines.light_folder import laid_by, lay_by, plain_files, remove, take
from ems_control.ground.counting import count
from ems_control.ground.errors import EmsError
from ems_control.ground.git.repository import Repository
from ems_control.ground.kept import Kept, at_a_desk, content_key, keeping
from ems_control.handbook.addresses import BY_HAND, CALENDAR
from ems_control.site.build_cache import key_of_all
from ems_control.site.moment import now, told

FOLDER, MOST = "site", 8
BUILDING = "EMS_BUILD"
"""The variable of the environment that says which run of `ems build` the engine works for."""
LATELY = 10**8
"""So many nanoseconds before the start a file counts as changed meanwhile: clocks of disks are coarse."""
_LOGGERS = ("", "mkdocs", "properdocs")
_FROM_OUTSIDE = b"!ENV"
"""What takes a setting of mkdocs.yml from the environment."""
Places = list[tuple[int, str]]
"""Where in the bytes of a file something is told of the moment, and what (`site/moment.py`)."""


@dataclass(frozen=True)
class Ingredients:
    """Where what goes into a site is found: files that steer it, templates of its own, its texts, by their places.

    `day` is the one that the options of the plugin name, "" for that of the clock in the `zone` of ems.yml as it lies
    there; pages tell the moment in that of the policy in force, `shown`.
    """

    steering: list[str]
    theme: str
    docs: str
    zone: str
    shown: str
    day: str

    def state(self, root: Path) -> str:
        """A key of all that goes into the site of the handbook in `root`; "" where that cannot be told."""
        if any(_FROM_OUTSIDE in _content(Path(place)) for place in self.steering) or leads_elsewhere(self.theme):
            return ""
        with Repository(root) as repository:
            git = [repository.standing(None), repository.default_branch]
        here = now()
        days = [self.day, here.astimezone(ZoneInfo(self.zone)).date().isoformat(), here.date().isoformat()]
        files = [[place, content_key(Path(place))] for place in (*self.steering, *sorted(map(str, _below(self.theme))))]
        return key_of_all(git, days, files, sorted(str(path) for path in _below(self.docs)))

    def touched_since(self, moment: int) -> bool:
        """Whether a file that steers the site changed after a moment: it may have been read before."""
        places = [*map(Path, self.steering), *_below(self.theme)]
        return any(path.exists() and path.stat().st_ctime_ns > moment for path in places)


@dataclass(frozen=True)
class Made:
    """A site as a `run` made it of a `state`: where its files tell of the moment, and how they lie there."""

    run: str
    state: str
    ingredients: Ingredients
    places: dict[str, Places]
    files: dict[str, list[int]] = field(default_factory=dict)


class SiteNote(logging.Handler):
    """Follows a build that the engine makes for `ems build`, and keeps what there is to know of the site."""

    def __init__(self, root: Path, engine: str, run: str) -> None:
        """`run` says when it began, in nanoseconds; from now on it hears whether anything is said."""
        super().__init__(logging.WARNING)
        self.root, self.engine, self.run = root, engine, run
        self.heard = False
        for name in _LOGGERS:
            logging.getLogger(name).addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Remember that there was something: it would not be said again. It is said as if nobody listened."""
        self.heard = True
        others = list[logging.Handler]()
        logger: logging.Logger | None = logging.getLogger(record.name)
        while logger:
            others += [each for each in logger.handlers if each is not self]
            logger = logger.parent if logger.propagate else None
        if not others and logging.lastResort:
            logging.lastResort.handle(record)

    def begin(self, ingredients: Ingredients) -> None:
        """The handbook was read, the site is to be made."""
        self.ingredients, self.state = ingredients, ingredients.state(self.root)

    def end(self, standing: str, site: Path, places: dict[str, Places] | None) -> None:
        """The site is there, made where git's `standing` was this; `places` is where its pages tell of the moment."""
        for name in _LOGGERS:
            logging.getLogger(name).removeHandler(self)
        with Repository(self.root) as repository:
            same = standing == repository.standing(None) and self.state == self.ingredients.state(self.root)
        dates = _stamps_of_calendar(site / CALENDAR)
        quiet = same and not self.heard and not self.ingredients.touched_since(int(self.run) - LATELY)
        if quiet and self.state and places is not None and dates is not None:
            told_of = {**places, CALENDAR: dates} if dates else places
            remember(self.root, self.engine, Made(self.run, self.state, self.ingredients, told_of))


def _stamps_of_calendar(path: Path) -> Places | None:
    """Where a calendar tells of the moment: once for each event."""
    data = path.read_bytes() if path.is_file() else b""
    found = [match.end() for match in re.finditer(rb"^DTSTAMP:(?=\d{8}T\d{6}Z)", data, re.MULTILINE)]
    return [(at, "stamp") for at in found] if len(found) == data.count(b"BEGIN:VEVENT") else None


def remember(root: Path, engine: str, made: Made) -> None:
    """Keep what is known of a site; it is believed when its files are known, too (`settle`)."""
    with suppress(EmsError):
        _store(root).put(_name(root, engine), lambda file: file.write(json.dumps(asdict(made)).encode()))


def settle(root: Path, engine: str, run: str, site: Path) -> None:
    """Say how the files of a site lie there that a run has made; where nothing is known of that run, do nothing."""
    made = _recall(root, engine)
    if made and made.run == run:
        remember(root, engine, replace(made, files=_stamps(site)))


def renew(root: Path, engine: str, run: str, site: Path, new: Path) -> bool:
    """Fill the empty folder `new` with the site in `site` as if it were built now; False where it must be built."""
    made = _recall(root, engine)
    if not made or not made.files or _stamps(site) != made.files or made.state != made.ingredients.state(root):
        return False
    words = {what: text.encode() for what, text in told(now(), ZoneInfo(made.ingredients.shown)).items()}
    folders = set[str]()
    try:
        take(_laid_by(root), new, BY_HAND)
        before = {f"{BY_HAND}{path}" for path in plain_files(new / BY_HAND)}
        for path in made.files:
            folder = path.rpartition("/")[0]
            if folder not in folders:
                (new / folder).mkdir(parents=True, exist_ok=True)
                folders.add(folder)
            _renew(f"{site}/{path}", f"{new}/{path}", made.places.get(path, ()), words)
        remove(new, before - made.files.keys())
    except OSError:
        for left in new.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        return False
    remember(root, engine, replace(made, run=run))
    return True


def _renew(old: str, new: str, places: Places | tuple[()], words: dict[str, bytes]) -> None:
    if os.path.lexists(new):  # laid by: the same file, most times
        if not places and Path(new).samefile(old):
            return
        Path(new).unlink()
    if not places:
        os.link(old, new)
        return
    data = bytearray(Path(old).read_bytes())
    for start, what in places:
        data[start : start + len(words[what])] = words[what]
    count("files_written")
    Path(new).write_bytes(data)


def lay_by_light_pages(root: Path, site: Path) -> None:
    """Lay the light pages of a site by that is no longer shown: most are those of the next one."""
    with suppress(EmsError):
        lay_by(site, _laid_by(root))


def _laid_by(root: Path) -> Path | None:
    with Repository(root) as repository:
        return laid_by(repository.cache_dir)


def _recall(root: Path, engine: str) -> Made | None:
    if at_a_desk() and keeping():
        with suppress(EmsError):
            data = _store(root).get(_name(root, engine))
            found = json.loads(data) if data else None
            return Made(**{**found, "ingredients": Ingredients(**found["ingredients"])}) if found else None
    return None


def _store(root: Path) -> Kept:
    with Repository(root) as repository:
        return Kept(repository.cache_dir / FOLDER, MOST)


def _name(root: Path, engine: str) -> str:
    return f"{root.resolve()}\0{engine}"


def _stamps(site: Path) -> dict[str, list[int]]:
    """What the disk says of each file, but for those that are hidden on top: they are not of the site."""
    found, folders = dict[str, list[int]](), [""]
    while folders:
        under = folders.pop()
        with suppress(OSError), os.scandir(site / under) as entries:
            for entry in entries:
                path = under + entry.name
                if not entry.is_dir():
                    stat = entry.stat(follow_symlinks=False)
                    found[path] = [stat.st_mode, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
                elif not entry.is_symlink():
                    folders.append(f"{path}/")
    return {path: stamp for path, stamp in found.items() if not path.startswith(".")}


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def leads_elsewhere(folder: str) -> bool:
    """Whether a folder below one is a link: an engine reads what lies there, and we do not look."""
    return any(Path(here, name).is_symlink() for here, names, _ in _walk(folder) for name in names)


def _below(folder: str) -> Iterator[Path]:
    for here, _, names in _walk(folder):
        for name in names:
            yield Path(here, name)


def _walk(folder: str) -> Iterator[tuple[str, list[str], list[str]]]:
    return os.walk(folder) if folder else iter(())
