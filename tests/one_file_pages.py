"""Pages in one file, opened in a browser at the widths of a desk and of a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.conftest import CHROMIUM

WIDTHS_PX = (1280, 390)
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed to open pages with")


def opened(path: Path, charts: int) -> Iterator[Page]:
    """The page at each width, with everything unfolded and at least so many charts drawn.

    Once the caller is done with it: it fits the window, nothing went wrong in it, and nothing but
    itself was asked for.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        for width in WIDTHS_PX:
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.set_default_timeout(120_000)  # of milliseconds, for a machine with other work
            problems: list[str] = []
            asked: list[str] = []
            page.on("pageerror", lambda error, kept=problems: kept.append(str(error)))
            page.on(
                "console",
                lambda said, kept=problems: kept.append(said.text) if said.type == "error" else None,
            )
            page.on("request", lambda request, kept=asked: kept.append(request.url))
            page.goto(path.as_uri())
            page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            page.wait_for_function(
                f"document.querySelectorAll('.chart').length >= {charts} && "
                "!document.querySelector('.chart:not(.js-plotly-plot)')"
            )
            yield page
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert problems == []
            assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
            page.close()
        browser.close()
