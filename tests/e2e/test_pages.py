"""The app in a real browser, as a visitor meets it. The longer stories are in test_stories.py."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from fingerspell.app.learn.letters import HOW, letters_of

PATIENCE_MS = 60_000


def visit(page: Page, app: str, name: str) -> None:
    page.goto(app)
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE_MS)


def test_the_camera_is_read(page: Page, app: str):
    visit(page, app, "Sign")
    page.get_by_role("button", name="Start the camera").click()
    text = page.get_by_role("log", name="What you signed")
    expect(text).to_contain_text("HELLO WORLD", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Start the camera")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(text).to_be_empty()


def test_pictures_are_read(page: Page, app: str, examples: Path):
    visit(page, app, "Read files")
    page.locator("input[type=file]").set_input_files([examples / "l.jpg", examples / "README.md"])
    expect(page.get_by_role("heading", name=re.compile("^L "))).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("row")).to_have_count(6)  # the head and five signs
    expect(page.get_by_text("files are not allowed")).to_be_visible()


def test_hands_are_read_with_the_keyboard_alone(page: Page, app: str):
    visit(page, app, "Learn")
    page.get_by_role("radio", name="Read hands").focus()
    page.keyboard.press("Enter")
    question = page.get_by_label("Which letter is it?")
    question.focus()
    page.keyboard.type("a")
    page.keyboard.press("Enter")
    feedback = page.get_by_role("status")
    expect(feedback).to_contain_text(f"No, A would be: {HOW['A']}.", timeout=PATIENCE_MS)
    question.focus()
    page.keyboard.type(letters_of("Clear shapes")[0])
    page.keyboard.press("Enter")
    expect(feedback).to_contain_text("is right.", timeout=PATIENCE_MS)
    expect(page.get_by_text("Letters tried", exact=True)).to_be_visible()
