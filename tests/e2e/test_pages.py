"""The app in a real browser, as a visitor meets it. The longer stories are in test_stories.py."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from fingerspell.app.learn.letters import WHAT, letters_of

PATIENCE_MS = 60_000


def visit(page: Page, app: str, name: str) -> None:
    page.goto(app)
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE_MS)


def test_the_camera_is_read(page: Page, app: str):
    visit(page, app, "Sign")
    expect(page).to_have_title("Sign \N{MIDDLE DOT} fingerspell")
    start, stop = (page.get_by_role("button", name=name) for name in ("Start the camera", "Stop"))
    start.focus()
    page.keyboard.press("Enter")
    text = page.get_by_role("textbox", name="Your text")
    expect(text).to_have_value(re.compile("HELLO WORLD"), timeout=PATIENCE_MS)
    expect(stop).to_be_focused()
    page.keyboard.press("Enter")
    expect(start).to_be_focused()
    signed = text.input_value()
    page.get_by_role("button", name="Clear").click()
    expect(text).to_have_value("")
    page.get_by_role("button", name="Undo").click()
    expect(text).to_have_value(signed)


def test_the_text_is_edited_and_survives_a_reload(page: Page, app: str):
    visit(page, app, "Sign")
    text = page.get_by_role("textbox", name="Your text")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("There is no text yet.")).to_be_visible()
    text.fill("My name is Zoë")
    page.get_by_role("button", name="Space").click()
    expect(text).to_have_value("My name is Zoë ", timeout=PATIENCE_MS)
    page.reload()
    expect(text).to_have_value(re.compile("^My name is Zoë"), timeout=PATIENCE_MS)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save text").click()
    assert Path(download.value.path()).read_text() == "My name is Zoë\n"


def test_pictures_are_read(page: Page, app: str, examples: Path):
    visit(page, app, "Read files")
    files = [examples / name for name in ("l.jpg", "a.jpg", "README.md", "w.jpg")]
    page.locator("input[type=file]").set_input_files(files)
    expect(page.get_by_role("heading", name="LAW")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("heading", name=re.compile(r"^[LAW] .*%"))).to_have_count(3)
    expect(page.get_by_role("rowheader", name="L", exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile(r"^README\.md is not an image or video"))).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save with the hand").first.click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")


def test_signs_are_read_with_the_keyboard_alone(page: Page, app: str):
    visit(page, app, "Learn")
    mode = page.get_by_role("combobox", name="Practise")
    mode.focus()
    mode.press_sequentially("Read a sign")
    page.keyboard.press("Enter")
    answer = page.get_by_label("Your answer")
    feedback = page.locator(".feedback")
    first = letters_of("Easy letters")[0]
    for typed, said in (
        ("1", "Type a letter, A to Z."),
        ("a", f"Not A. A is {WHAT['A']}. Look again."),
        (first, "Correct!"),
    ):
        answer.focus()
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        expect(feedback).to_contain_text(said, timeout=PATIENCE_MS)
    expect(page.get_by_text("Attempts", exact=True)).to_be_visible()


def test_on_a_phone_the_letter_and_the_camera_are_both_in_view(page: Page, app: str):
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, app, "Learn")
    page.get_by_role("button", name="Start the camera").click()
    for seen in (
        page.get_by_role("heading", name=re.compile("^Sign [A-Z]$")),
        page.get_by_role("img", name=re.compile("^The sign for")),
        page.locator("video"),
        page.get_by_role("button", name="Stop"),
    ):
        expect(seen).to_be_in_viewport(ratio=1, timeout=PATIENCE_MS)
