"""Pictures of every kind of page, in the light, the dark, on a phone and on paper, to be looked at: `make pictures`."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser
from tests.browser.conftest import DESK, PHONE, kinds, running_chromium, served_at, window
from tests.sites import build, clone_sample

PICTURES = Path(__file__).parents[1] / "artefacts/screenshots"
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": DESK},
    "dark": {"viewport": DESK, "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "is_mobile": True, "has_touch": True},
    "print": {"viewport": {"width": 794, "height": 1123}},
}
BESIDE = ("instructions-document.light", "for-start.phone", "light-old.light")
"""A page for each of those we learned from: facts and one column, the urgent line on a phone, a text of then."""


def main() -> None:
    """Build the committed sample and take its pictures."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        sample = clone_sample(Path(folder, "sample"))
        with running_chromium(Path(folder)) as chromium, served_at(sample, build(sample)) as served:
            for look, options in LOOKS.items():
                page = window(chromium, served, **options).new_page()
                page.emulate_media(media="print" if look == "print" else "screen")
                for kind, name in kinds(served.site).items():
                    page.goto(name)
                    page.screenshot(path=PICTURES / f"{kind}.{look}.png")
            beside(chromium)
    print(f"{len(list(PICTURES.iterdir()))} pictures in {PICTURES}")  # noqa: T201


def beside(chromium: Browser) -> None:
    """Three pages side by side, as CONTRIBUTING.md speaks of them."""
    page = chromium.new_page(viewport={"width": 3200, "height": 960})
    page.goto(PICTURES.as_uri())
    shown = "".join(f'<img src="{name}.png" style="height: 900px; margin: 1em">' for name in BESIDE)
    page.set_content(f'<base href="{PICTURES.as_uri()}/"><body style="display: flex; background: #888">{shown}')
    page.wait_for_function("[...document.images].every(image => image.complete && image.naturalWidth)")
    page.screenshot(path=PICTURES / "beside.png")


if __name__ == "__main__":
    main()
