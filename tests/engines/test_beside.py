"""Hooks and plugins beside us: what readers get was handed over, or the build stops and names who changed it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.sites import ENGINES, build, configure, run_build

Make = Callable[..., Path]

TEXT = """
docs/procedures/EMS-PRO-001.md
  > ## Drains {#drains}
  >
  > 1. Close valve V-3.
  > 2. Open it again.
  >
  > | Point | Limit |
  > | ----- | ----: |
  > | QS-1  | 40 litres |
  >
  > ![Plan](plan.png) and [the start](../index.md).
  >
  > - [x] Key in the cabinet
docs/procedures/plan.png
  = picture
"""
PAGE = "procedures/EMS-PRO-001/index.html"

ATTACKS = """\
## source
def on_page_read_source(page, config):
    return page.file.content_string.replace('40', '400')
## before
def on_pre_page(page, config, files):
    page.file.content_string = page.file.content_string.replace('40', '400')
## markdown
def on_page_markdown(markdown, **_):
    return markdown.replace('40', '400')
## numbers
def on_page_markdown(markdown, **_):
    return markdown.replace('1. Close', '3. Close')
## depth
def on_page_content(html, **_):
    return html.replace('<li>Open', '<li>x<ol><li>Open').replace('again.</li>', 'again.</li></ol></li>')
## content
def on_page_content(html, **_):
    return html.replace('40 litres', '400 litres')
## link
def on_page_content(html, **_):
    return html.replace('href="../../"', 'href="https://evil.example/"')
## picture
def on_page_content(html, **_):
    return html.replace('plan.png', 'other.png')
## cells
def on_page_content(html, **_):
    return html.replace('<td>QS-1</td>', '<td colspan="2">QS-1</td>')
## struck
def on_page_content(html, **_):
    return html.replace('40 litres', '<del>40 litres</del>')
## hidden
def on_page_content(html, **_):
    return '<div hidden>' + html + '</div>'
## context
def on_page_context(context, page, **_):
    page.content = (page.content or '').replace('40', '400')
## state
def on_page_context(context, page, **_):
    if 'state_word' in page.meta['ems']:
        page.meta['ems']['state_word'] = 'Withdrawn'
## output
def on_post_page(output, **_):
    return output.replace('40 litres', '400 litres')
## state in the output
def on_post_page(output, **_):
    return output.replace('>Current<', '>Withdrawn<')
## replaced
def on_post_page(output, **_):
    return output.replace('id="ems-text"', 'hidden id="ems-text"')
## twice
def on_post_page(output, **_):
    return output.replace('<main', '<p id="ems-text">Drink it.</p><main')
## written
from pathlib import Path
def on_post_build(config):
    p = Path(config.site_dir, '{PAGE}')
    p.write_text(p.read_text().replace('40 litres', '400 litres'))
## written late
import os
from pathlib import Path
from mkdocs.plugins import event_priority
@event_priority(-100000)
def on_post_build(config):
    p = Path(config.site_dir, '{PAGE}')
    t = p.stat()
    p.write_text(p.read_text().replace('40 litres', '10 litres'))
    os.utime(p, ns=(t.st_atime_ns, t.st_mtime_ns))
## bytes
from pathlib import Path
def on_post_build(config):
    Path(config.site_dir, 'procedures/plan.png').write_bytes(b'another')
## gone
from pathlib import Path
def on_post_build(config):
    Path(config.site_dir, '{PAGE}').unlink()
""".replace("{PAGE}", PAGE)
"""What a hook file may try, each under its name; each must stop the build with one line that names the file."""
NAMED = dict(part.split("\n", 1) for part in ATTACKS.split("## ")[1:])

EXTENSION = """\
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor
class P(Preprocessor):
    def run(self, lines):
        return [line.replace('40 litres', '{said}') for line in lines]
class E(Extension):
    def extendMarkdown(self, md):
        md.preprocessors.register(P(md), 'p', 1)
def on_config(config):
    config.markdown_extensions.append(E())
"""

INNOCENT = """\
from pathlib import Path
def on_page_markdown(markdown, **_):
    return '\\n'.join(markdown.splitlines()) + '\\n'
def on_page_content(html, **_):
    picture = '<img alt="Plan" src="../plan.png" />'
    return html.replace(picture, f'<a class="box" href="../plan.png">{picture}</a>')
def on_post_page(output, **_):
    output = output.replace('</body>', '<script src="https://example.org/x.js"></script></body>')
    return output.replace('</li>\\n<li>', '</li><li>')
def on_post_build(config):
    Path(config.site_dir, 'own.html').write_text('<!doctype html><title>Own</title><script>let a = 1</script>')
"""


def hooked(handbook: Make, code: str, name: str = "hooks/banner.py") -> Path:
    """The small handbook with a hook file of its own."""
    root = handbook(TEXT)
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text(code, encoding="utf-8")
    return configure(root, hooks=[name])


@pytest.mark.parametrize("name", NAMED)
def test_a_hook_that_changes_a_text_stops_the_build_and_is_named(handbook: Make, tmp_path: Path, name: str) -> None:
    done = run_build(hooked(handbook, NAMED[name]), tmp_path / "site")
    said = [line for line in done.stderr.splitlines() if "changes what readers get" in line or "changed it" in line]
    assert done.returncode != 0
    assert len(said) == 1, done.stderr
    assert "hooks/banner.py" in said[0] or name == "before"
    assert "Traceback" not in done.stderr


def test_an_extension_that_changes_a_text_stops_the_build(handbook: Make, tmp_path: Path) -> None:
    done = run_build(hooked(handbook, EXTENSION.replace("{said}", "400 litres")), tmp_path / "site")
    assert done.returncode != 0
    assert "changes what readers get of procedures/EMS-PRO-001.md: “40” became “400”" in done.stderr


def test_an_extension_that_changes_nothing_is_let(handbook: Make, tmp_path: Path) -> None:
    site = build(hooked(handbook, EXTENSION.replace("{said}", "40 litres")), tmp_path / "site")
    assert "40 litres" in site.read(PAGE)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_hook_that_only_frames_is_let(handbook: Make, tmp_path: Path, engine: str) -> None:
    root = hooked(handbook, INNOCENT)
    site = build(root, tmp_path / "site", engine)
    assert '<a class="box"' in site.read(PAGE)
    assert 'http-equiv="Content-Security-Policy"' in site.read("own.html")


def test_a_label_given_last_does_not_rename_a_document(handbook: Make, tmp_path: Path) -> None:
    code = (
        "from mkdocs.plugins import event_priority\n@event_priority(-5000)\ndef on_nav(nav, config, files):\n"
        "    for page in nav.pages:\n        page.title = 'WITHDRAWN, do not use'\n"
    )
    site = build(hooked(handbook, code), tmp_path / "site")
    assert "EMS-PRO-001 WITHDRAWN" not in site.read("index.html")
    assert re.search(r"EMS-PRO-001 [A-Z]", site.read("index.html"))


def test_a_hook_cannot_take_a_page_or_a_picture_off_the_site(handbook: Make, tmp_path: Path) -> None:
    code = (
        "from mkdocs.structure.files import File\ndef on_files(files, config):\n"
        "    for name in ('procedures/EMS-PRO-001.md', 'procedures/plan.png'):\n"
        "        files.remove(files.get_file_from_path(name))\n"
        "    files.append(File.generated(config, 'procedures/EMS-PRO-001.md', content='Drink it.'))\n"
    )
    root = handbook(TEXT)
    (root / "hooks").mkdir(exist_ok=True)
    (root / "hooks/banner.py").write_text(
        "from mkdocs.plugins import event_priority\n"
        + code.replace("def on_files", "@event_priority(-9)\ndef on_files"),
        encoding="utf-8",
    )
    site = build(configure(root, hooks=["hooks/banner.py"]), tmp_path / "site")
    assert "40 litres" in site.read(PAGE)
    assert "Drink it" not in site.everything()
    assert site.read("procedures/plan.png") == "picture\n"


def test_the_index_for_search_is_a_script_too(handbook: Make, tmp_path: Path) -> None:
    site = build(configure(handbook(TEXT)), tmp_path / "site")
    script = site.read("search/search_index.js")
    assert script.startswith("var __index = ")
    assert json.loads(script.removeprefix("var __index = ")) == json.loads(site.read("search/search_index.json"))
