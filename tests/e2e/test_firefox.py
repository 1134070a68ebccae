"""The same stories in Firefox: those of other files, told with another browser.

Firefox is driven by WebDriver BiDi, which no patched Firefox is needed for. Its camera is a canvas that
shows the letters L, A and W, over and over. What a page saves is no download there that a test can see.
"""

import base64
import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.conftest import FIREFOX
from tests.e2e.conftest import EXAMPLES
from tests.e2e.test_pages import (  # noqa: F401 - the stories
    PATIENCE_MS,
    test_on_a_phone_the_letter_and_the_camera_are_both_in_view,
    test_pictures_are_read,
    test_signs_are_read_with_the_keyboard_alone,
    visit,
)
from tests.e2e.test_site import (  # noqa: F401
    test_a_word_is_read_from_the_camera,
    test_files_are_read_as_python_reads_them,
    test_practice_is_evaluated_and_kept,
)
from tests.e2e.test_stories import (  # noqa: F401
    test_a_video_is_read_and_plays_from_the_letter_clicked,
    test_pages_can_be_used_by_everybody,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(FIREFOX is None, reason="no Firefox here: install the package `firefox-esr`"),
]
# Firefox answers neither, so nothing is asked of it.
UNASKED = dict.fromkeys(("color_scheme", "reduced_motion", "forced_colors", "contrast"), "null")
CAMERA = """
navigator.mediaDevices.getUserMedia = async () => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
  const pictures = await Promise.all(LETTERS.map(async (source) => {
    const picture = new Image(); picture.src = source; await picture.decode(); return picture;
  }));
  const began = performance.now();
  const draw = () => {
    const picture = pictures[Math.floor((performance.now() - began) / 5000) % pictures.length];
    canvas.getContext("2d").drawImage(picture, 0, 0, 640, 480);
  };
  draw();
  setInterval(draw, 33);
  return canvas.captureStream(30);
};
"""


@pytest.fixture(scope="module")
def firefox(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.firefox.launch(channel="moz-firefox", executable_path=FIREFOX)
    yield browser
    browser.close()


@pytest.fixture
def page(firefox: Browser) -> Iterator[Page]:
    letters = [
        "data:image/jpeg;base64," + base64.b64encode((EXAMPLES / f"{name}.jpg").read_bytes()).decode()
        for name in "law"
    ]
    context = firefox.new_context(viewport={"width": 1280, "height": 900}, **UNASKED)
    context.add_init_script(f"const LETTERS = {json.dumps(letters)};{CAMERA}")
    yield context.new_page()
    context.close()


@pytest.fixture
def tab(page: Page) -> Page:
    return page


def test_the_camera_is_read(page: Page, app: str):
    visit(page, app, "Sign")
    page.get_by_role("button", name="Start the camera").click()
    text = page.get_by_role("textbox", name="Your text")
    expect(text).to_have_value(re.compile("LAW|AWL|WLA"), timeout=PATIENCE_MS)
