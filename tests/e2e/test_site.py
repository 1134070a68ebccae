"""The static site on a plain file server: a word read from the camera, files read, no network again."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from fingerspell import load_reader
from tests.e2e.conftest import Counted, browsing

pytestmark = pytest.mark.slow
PATIENCE_MS = 180_000  # a busy machine starts Python in a minute, a quiet one in a second
START = "Start the camera"
MOST_BYTES = 32e6  # that a first visit loads


@pytest.fixture(scope="module")
def context(playwright: Playwright, law_camera: Path) -> Iterator[BrowserContext]:
    """One visitor's browser, which keeps what it was given from page to page."""
    flags = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    with browsing(playwright, *flags, f"--use-file-for-fake-video-capture={law_camera}") as started:
        viewport = {"width": 1280, "height": 800}
        yield started.new_context(permissions=["camera"], viewport=viewport)


@pytest.fixture
def tab(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    page.close()
    assert problems == []


def test_a_word_is_read_from_the_camera(tab: Page, site: str):
    tab.goto(site)
    tab.get_by_role("button", name=START).click()
    text = tab.get_by_role("textbox", name="Your text")
    expect(text).to_have_value(re.compile(r"L\s*A\s*W"), timeout=PATIENCE_MS)
    assert tab.evaluate("crossOriginIsolated")
    expect(tab.get_by_text("This page now works without a network.")).to_be_visible(timeout=PATIENCE_MS)
    assert sum(size for _, size in Counted.sent) < MOST_BYTES
    hosts = tab.evaluate(
        "performance.getEntriesByType('resource').map(({ name }) => new URL(name).host)"
    )
    assert set(hosts) <= {site.split("/")[2]}


def test_it_works_without_a_network(tab: Page, context: BrowserContext, site: str):
    context.set_offline(True)
    before = len(Counted.sent)
    try:
        tab.goto(site)
        tab.get_by_role("button", name=START).click()
        text = tab.get_by_role("textbox", name="Your text")
        expect(text).to_have_value(re.compile(r"[LAW]"), timeout=PATIENCE_MS)
    finally:
        context.set_offline(False)
    assert [path for path, _ in Counted.sent[before:] if "sw.js" not in path] == []


def test_files_are_read_as_python_reads_them(tab: Page, site: str, examples: Path):
    tab.goto(f"{site}#files")
    names = ("l.jpg", "a.jpg", "w.jpg", "hello.mp4")
    tab.locator("input[type=file]").set_input_files([examples / name for name in names])
    expect(tab.locator(".together")).to_have_text("LAW", timeout=2 * PATIENCE_MS)
    known = load_reader().read(examples / "hello.mp4")
    expect(tab.get_by_role("heading", name=known.text, exact=True)).to_be_visible()
    letters = tab.locator("article .keys").first.get_by_role("button").all_inner_texts()
    assert letters == [letter.char for letter in known.letters]
    for name in "law":
        expect(tab.get_by_role("heading", name=re.compile(rf"^{name.upper()} .*%"))).to_be_visible()


def test_digits_are_read_if_they_are_asked_for(tab: Page, site: str, examples: Path):
    """All begins anew then, and the page remembers the wish."""
    tab.goto(f"{site}#files")
    box = tab.get_by_label("Read digits, too")
    expect(box).not_to_be_checked(timeout=PATIENCE_MS)
    with tab.expect_navigation():
        box.check()
    expect(box).to_be_checked(timeout=PATIENCE_MS)
    tab.locator("input[type=file]").set_input_files([examples / "a.jpg"])
    expect(tab.get_by_role("heading", name=re.compile("^A .*%"))).to_be_visible(timeout=PATIENCE_MS)
    with tab.expect_navigation():
        box.uncheck()
    expect(box).not_to_be_checked(timeout=PATIENCE_MS)


def test_what_is_no_picture_is_said(tab: Page, site: str, examples: Path):
    tab.goto(f"{site}#files")
    tab.locator("input[type=file]").set_input_files(
        [
            {"name": name, "mimeType": kind, "buffer": b"nothing"}
            for name, kind in (("x.jpg", "image/jpeg"), ("x.mp4", "video/mp4"))
        ]
    )
    expect(tab.locator(".failed")).to_have_count(2, timeout=PATIENCE_MS)


def test_practice_is_evaluated_and_kept(tab: Page, site: str):
    tab.goto(f"{site}#learn")
    expect(tab.locator(".feedback")).to_have_text(
        re.compile("Show . to the camera"), timeout=PATIENCE_MS
    )
    tab.get_by_label("Practise").select_option("Read a sign")
    expect(tab.locator(".feedback")).to_have_text("Which letter is it?", timeout=PATIENCE_MS)
    shown = tab.locator(".target img").get_attribute("src")
    tab.get_by_label("Your answer").fill(re.search(r"(\w)\.webp", shown)[1])
    tab.get_by_role("button", name="Check").click()
    expect(tab.locator(".feedback")).to_have_text(
        re.compile("Correct, first try!"), timeout=PATIENCE_MS
    )
    tab.wait_for_timeout(1000)  # for the browser to keep it
    tab.reload()
    expect(tab.locator(".feedback")).to_have_text(re.compile("Show . to"), timeout=PATIENCE_MS)
    tab.get_by_label("Practise").select_option("Read a sign")
    expect(tab.locator(".feedback")).to_have_text("Which letter is it?", timeout=PATIENCE_MS)
    assert tab.locator(".target img").get_attribute("src") != shown  # that letter is due later


def test_on_a_phone_nothing_is_cut_off(context: BrowserContext, site: str):
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    for name in ("sign", "files", "learn"):
        page.goto(f"{site}#{name}")
        expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE_MS)
        if name == "learn":
            expect(page.locator(".feedback")).to_have_text(re.compile("Show"), timeout=PATIENCE_MS)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()
