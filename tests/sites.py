"""Sites as readers get them: built by the real engines in processes of their own, read back as files and HTML."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
import yaml

from tests.examples import ENVIRONMENT
from tests.running import ems

REPOSITORY = Path(__file__).parents[1]
SAMPLE_DAY = "2026-11-27"
ENGINES = ("mkdocs", "properdocs")
ORIGIN = "http://site.test/"
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that whoever asks first fills and all workers of this run read; nobody else may write there."""
    top = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        top = top.parent
    folder, whole = top / name, top / f"{name}.whole"
    with (top / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            whole.touch()
    return folder


def built_sample(factory: pytest.TempPathFactory) -> tuple[Path, Site]:
    """The sample and its site, as all tests of this run read them."""
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=REPOSITORY, env=ENVIRONMENT, capture_output=True, check=True
    )
    folder = once(factory, f"sample-{head.stdout.decode().strip()}", lambda new: build(clone_sample(new / "sample")))
    return folder / "sample", Site(folder / "sample-site")


def clone_sample(target: Path, **options: Any) -> Path:
    """The committed handbook of this repository, published as on SAMPLE_DAY."""
    line = ["git", "clone", "--quiet", "--no-local", str(REPOSITORY), str(target)]
    subprocess.run(line, check=True, env=ENVIRONMENT)
    config = yaml.safe_load((target / "mkdocs.yml").read_text(encoding="utf-8"))
    others = [plugin for plugin in config["plugins"] if plugin != "ems-control"]
    config["plugins"] = [*others, {"ems-control": {"as_of": SAMPLE_DAY, **options}}]
    (target / "mkdocs.yml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return target


def sign_policy(root: Path, words: str) -> None:
    """Commit what was changed in ems.yml and people.yml of the sample, and have the plant manager approve it, now."""
    key = root / "tests/sample-keys/h.okafor"
    who = ["-c", "user.email=maintainers@users.noreply.example.org", "-c", "user.name=Maintainers"]
    subprocess.run(["git", *who, "commit", "-q", "-a", "-m", words], cwd=root, check=True, env=ENVIRONMENT)
    assert ems(root, "approve", "policy", "--as", "h.okafor", "--key", str(key), day=None).status == 0
    subprocess.run(["git", "add", "approvals"], cwd=root, check=True, env=ENVIRONMENT)
    subprocess.run(["git", *who, "commit", "-q", "-m", "Approved"], cwd=root, check=True, env=ENVIRONMENT)


def configure(root: Path, day: str = "2026-03-01", *, preview: bool | None = None, **keys: Any) -> Path:
    """Write a strict mkdocs.yml for a small handbook; it claims no standard, whose many pages are tested elsewhere."""
    policy = root / "ems.yml"
    policy.write_text(re.sub(r"(?m)^standards:.*\n", "", policy.read_text(encoding="utf-8")), encoding="utf-8")
    options = {"as_of": day} if preview is None else {"as_of": day, "preview": preview}
    config = {
        "site_name": "Sample Works",
        "strict": True,
        "theme": {"name": "material", "font": False},
        "plugins": ["search", {"ems-control": options}],
        **keys,
    }
    (root / "mkdocs.yml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return root


MOMENT = "1795759200"


def run_build(root: Path, site: Path, engine: str = "mkdocs", moment: str = MOMENT) -> subprocess.CompletedProcess[str]:
    """Run `ENGINE build` as its users do; the moment of the build is fixed."""
    env = {
        **ENVIRONMENT,
        "NO_MKDOCS_2_WARNING": "1",
        "DISABLE_MKDOCS_2_WARNING": "true",
        "SOURCE_DATE_EPOCH": moment,
    }
    line = [sys.executable, "-m", engine, "build", "-f", str(root / "mkdocs.yml"), "-d", str(site)]
    return subprocess.run(line, env=env, cwd=site.parent, capture_output=True, text=True, check=False)


def build(root: Path, site: Path | None = None, engine: str = "mkdocs") -> Site:
    """The site of a handbook whose build must succeed without a warning."""
    site = site or root.parent / f"{root.name}-site"
    done = run_build(root, site, engine)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr, done.stderr
    return Site(site)


@dataclass
class Html(HTMLParser):
    """What a page refers to and the ids that others can refer to."""

    source: str
    ids: set[str] = field(default_factory=set)
    references: list[tuple[str, str]] = field(default_factory=list)
    _open: list[tuple[str, str]] = field(default_factory=list)
    _texts: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids.update(given[name] for name in ("id", "name") if name in given and (name == "id" or tag == "a"))
        self.references += [(name, given[name]) for name in ("href", "src") if given.get(name)]
        if tag not in _VOID:
            self._open.append((tag, given.get("class", "")))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for name in {name for _, classes in self._open for name in classes.split()}:
            self._texts.setdefault(name, []).append(data)

    def text(self, css_class: str) -> str:
        """The words inside all elements of a class, with single spaces."""
        return " ".join("".join(self._texts.get(css_class, [])).split())

    @property
    def kind(self) -> str:
        """What kind of page of ours this is; empty for the engine's own."""
        found = re.search(r"ems-page ems-page-(\w+)", self.source)
        return found[1] if found else ""


class Pages(Mapping[str, Html]):
    """The pages of a site, each read when somebody asks for it."""

    def __init__(self, root: Path, names: list[str]) -> None:
        self._root, self._read = root, dict[str, Html | None].fromkeys(names)

    def __getitem__(self, name: str) -> Html:
        page = self._read[name]
        if page is None:
            page = self._read[name] = Html((self._root / name).read_text(encoding="utf-8"))
        return page

    def __contains__(self, name: object) -> bool:
        return name in self._read

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)


class Site:
    """A built site on disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())
        self.pages = Pages(root, [name for name in self.files if name.endswith(".html")])

    def read(self, name: str) -> str:
        """A text file of the site."""
        return (self.root / name).read_text(encoding="utf-8")

    def page(self, address: str) -> Html:
        """The page at an address like `procedures/EMS-PRO-001/`."""
        return self.pages[address + "index.html" if address.endswith("/") or not address else address]

    @property
    def published(self) -> list[str]:
        """Files that come neither from the theme nor from the engine."""
        own = re.compile(r"assets/(images|javascripts|stylesheets|ems)/|search/|sitemap\.xml|.*\.html$")
        return [name for name in self.files if not own.match(name)]

    def everything(self) -> str:
        """All text of the site, the search index too."""
        return "\n".join(
            self.read(n) for n in self.files if n.endswith((".html", ".json", ".csv", ".xml", ".txt", ".svg"))
        )

    def target(self, page: str, reference: str) -> tuple[str, str] | None:
        """File and anchor that a reference of a page means; None where it leads out of the site."""
        address, anchor = urldefrag(urljoin(ORIGIN + page, reference))
        parts = urlsplit(address)
        if f"{parts.scheme}://{parts.netloc}/" != ORIGIN:
            return None
        path = unquote(parts.path).lstrip("/")
        return (path + "index.html" if path.endswith("/") or not path else path), unquote(anchor)

    def dead(self) -> list[str]:
        """References of all pages that lead nowhere inside the site."""
        found = []
        for name, page in self.pages.items():
            for attribute, reference in page.references:
                meant = self.target(name, reference)
                if meant is None:
                    continue
                path, anchor = meant
                if path not in self.files or (anchor and path in self.pages and anchor not in self.pages[path].ids):
                    found.append(f"{name}: {attribute}={reference}")
        return found


def plain_environment() -> dict[str, str]:
    """The environment of a user without git configuration."""
    return {**ENVIRONMENT, "PYTHONUNBUFFERED": "1", "PATH": os.environ["PATH"]}
