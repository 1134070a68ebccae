"""Corrections, one's own hand, captions and lists for a class, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.app.serving import serving
from tests.e2e.test_pages import PATIENCE_MS, visit

pytestmark = pytest.mark.slow
START = "Start the camera"


@pytest.fixture
def tab(law_browser: Browser) -> Iterator[Page]:
    context = law_browser.new_context(permissions=["camera"], viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def test_the_finger_that_is_off_is_named(tab: Page, app: str):
    """B is asked for, say, and the camera shows other letters, each for a while."""
    visit(tab, app, "Learn")
    tab.get_by_role("button", name=START).click()
    needs = re.compile(r"Your .* (finger|fingers|thumb|hand) .*; [A-Y] needs (it|them) ")
    expect(tab.locator(".feedback")).to_contain_text(needs, timeout=PATIENCE_MS)


def test_pictures_of_a_hand_are_taken_and_deleted(tab: Page, tmp_path: Path):
    with serving(tmp_path) as address:
        visit(tab, address, "My hand")
        tab.get_by_role("button", name=START).click()
        tab.get_by_role("button", name="Take 10 pictures").click()
        expect(tab.get_by_role("button", name="Stop taking pictures")).to_be_visible()
        expect(tab.get_by_text("10 pictures of A.")).to_be_visible(timeout=PATIENCE_MS)
        folder = tmp_path / "fingerspell" / "hand" / "pictures"
        assert len(list((folder / "A").glob("*.jpg"))) == 10
        expect(tab.get_by_role("button", name="Teach", exact=True)).to_be_disabled()
        tab.get_by_role("button", name="Delete all pictures").click()
        expect(tab.get_by_text(re.compile("^0 pictures of A"))).to_be_visible(timeout=PATIENCE_MS)
        assert not folder.exists()


def test_hosted_for_others_no_pictures_are_kept(tab: Page, tmp_path: Path):
    with serving(tmp_path, "--name", "localhost") as address:
        visit(tab, address, "Sign")
        expect(tab.get_by_role("link", name="My hand")).to_have_count(0)
        expect(tab.get_by_text("Captions in other programs")).to_have_count(0)


def test_captions_show_what_is_signed(tab: Page, app: str):
    visit(tab, app, "Sign")
    tab.get_by_text("Captions in other programs").click()
    address = tab.locator("code").first.inner_text()
    captions = tab.context.new_page()
    captions.goto(f"{address}&size=48px&background=navy")
    tab.bring_to_front()
    tab.get_by_role("textbox", name="Your text").fill("hello")
    expect(captions.locator("#text")).to_have_text("hello", timeout=PATIENCE_MS)
    tab.get_by_role("button", name=START).click()
    expect(captions.locator("#text")).to_contain_text(re.compile("hello .*[LAW]"), timeout=PATIENCE_MS)
    style = captions.locator("#text span").evaluate("x => getComputedStyle(x)['background-color']")
    assert style == "rgb(0, 0, 128)"
    transparent = "getComputedStyle(document.body)['background-color']"
    assert captions.evaluate(transparent) == "rgba(0, 0, 0, 0)"


def test_a_teachers_link_opens_the_list(tab: Page, app: str):
    tab.goto(f"{app}/learn?words=RUTH.R2D2")
    expect(tab.get_by_text("Left out, since the letters A to Z do not spell it: R2D2")).to_be_visible(
        timeout=PATIENCE_MS
    )
    tab.get_by_label("Your answer").fill("uuth")
    tab.get_by_label("Your answer").press("Enter")
    expect(tab.locator(".reading .feedback")).to_have_text("Almost right: the 1st letter is not U.")
    tab.get_by_role("button", name="Words and hand").click()
    expect(tab.locator("code")).to_have_text(f"{app}/learn?words=RUTH")
