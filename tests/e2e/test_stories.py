"""Longer stories in a real browser: video, learning with the camera, and whatever goes wrong."""

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Playwright, expect

from fingerspell.app.learn import rendered_hand
from fingerspell.app.learn.letters import letters_of
from tests.app.serving import free_port, serving, start, wait_until_healthy
from tests.conftest import CHROMIUM
from tests.e2e.conftest import browsing
from tests.e2e.test_pages import PATIENCE_MS, visit

pytestmark = pytest.mark.slow
START = "Start the camera"
FAKE = "--use-fake-device-for-media-stream"


@pytest.fixture(scope="module")
def app_with_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An app whose page of results has all that it can have."""
    home = tmp_path_factory.mktemp("home")
    files = {
        "one/metrics.csv": "epoch,validation_accuracy,train_loss\n1,0.5,2\n2,0.75,1\n",
        "one/summary.json": "{}",
        "short/metrics.csv": "epoch,validation_accuracy\n1,0.25\n",
        "eval/report.html": "page",
        "eval/report.json": json.dumps([{"model": "m", "data": "d", "n": 7, "accuracy": 0.5}]),
    }
    for name, content in files.items():
        path = home / "runs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    with serving(home) as address:
        yield address


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_results_with_runs_can_be_used_by_everybody(page: Page, app_with_runs: str, scheme: str):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, app_with_runs, "Results")
    chart = page.get_by_role("graphics-document").or_(page.locator("canvas, svg.marks")).first
    expect(chart).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("region", name="Training runs")).to_contain_text("short")
    expect(page.get_by_text("fingerspell export")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert serious(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["Sign", "Read files", "Learn", "My hand", "Results"])
def test_pages_can_be_used_by_everybody(page: Page, app: str, name: str, scheme: str):
    page.emulate_media(color_scheme=scheme)
    visit(page, app, name)
    page.wait_for_load_state("networkidle")
    assert serious(page) == []


def serious(page: Page) -> list[str]:
    """What axe finds that keeps somebody out."""
    violations = Axe().run(page).response["violations"]
    found = [v for v in violations if v["impact"] in ("serious", "critical")]
    return [f"{v['id']}: {node['html']}" for v in found for node in v["nodes"]]


def test_a_video_that_browsers_cannot_play_plays(page: Page, app: str, examples: Path, tmp_path: Path):
    """Reference: the browser's own idea of how long the video is."""
    path = tmp_path / "clip.mkv"
    write_matroska(examples / "hello.mp4", path)
    visit(page, app, "Read files")
    page.locator("input[type=file]").set_input_files(path)
    expect(page.get_by_text("Shown as a smaller copy")).to_be_visible(timeout=2 * PATIENCE_MS)
    page.wait_for_function("Math.abs(document.querySelector('video').duration - 10.9) < 0.3")


def write_matroska(source: Path, target: Path) -> None:
    with av.open(str(source)) as original, av.open(str(target), "w") as copy:
        stream = copy.add_stream_from_template(original.streams.video[0])
        for packet in original.demux(original.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)


def test_a_video_is_read_and_plays_from_the_letter_clicked(page: Page, app: str, examples: Path):
    visit(page, app, "Read files")
    page.locator("input[type=file]").set_input_files(examples / "hello.mp4")
    expect(page.get_by_role("heading", name="HELLO WORLD")).to_be_visible(timeout=PATIENCE_MS)
    letters = page.get_by_role("group", name=re.compile("^Letters")).get_by_role("button")
    spelled = [*"HELLO", "space", *"WORK", "delete", *"LD"]
    expect(letters).to_have_text([re.compile(rf"^{sign}\d") for sign in spelled])
    letters.nth(6).click()
    page.wait_for_function("document.querySelector('video').currentTime > 5")
    expect(letters.nth(6)).to_have_attribute("aria-current", "true")
    with page.expect_download() as download:
        page.get_by_role("button", name="SubRip").click()
    assert re.search(r"--> 00:00:04,\d{3}\nHELLO\n", Path(download.value.path()).read_text())
    page.get_by_role("button", name="Make a captioned video").click()
    expect(page.get_by_role("button", name="Save hello.captioned.mp4")).to_be_visible(
        timeout=PATIENCE_MS
    )


def test_a_letter_is_failed_and_then_passed(page: Page, app: str):
    """The camera signs HELLO WORLD; asked for one of its letters, those before it are wrong."""
    visit(page, app, "Learn")
    order = letters_of("Easy letters")  # which these are is the model's matter
    asked = next(letter for letter in order if letter in "ELOWRD")
    for _ in range(2 * len(order)):
        if page.get_by_role("heading", name=f"Sign {asked}").is_visible():
            break
        shown = page.get_by_role("heading", level=2).first.inner_text()
        page.get_by_role("button", name="Skip").click()
        expect(page.get_by_role("heading", level=2).first).not_to_have_text(shown)
    page.get_by_role("button", name=START).click()
    feedback = page.locator(".feedback")
    wrong = re.compile(f"That looked like .*(For {asked}, |{asked} needs)")
    expect(feedback).to_contain_text(wrong, timeout=PATIENCE_MS)
    expect(feedback).to_contain_text("Correct!", timeout=PATIENCE_MS)


def test_the_text_can_be_edited_and_saved(page: Page, app: str):
    visit(page, app, "Sign")
    page.get_by_role("button", name=START).click()
    text = page.get_by_role("textbox", name="Your text")
    expect(text).to_have_value(re.compile("HE"), timeout=PATIENCE_MS)
    page.get_by_role("button", name="Stop").click()
    suggestion = page.get_by_role("group", name="Suggested words").get_by_role("button").last
    word = suggestion.inner_text()
    suggestion.click()
    expect(text).to_have_value(f"{word} ")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save text").click()
    assert Path(download.value.path()).read_text() == f"{word}\n"
    page.get_by_role("link", name="Learn").click()
    page.get_by_role("link", name="Sign", exact=True).click()
    expect(text).to_have_value(f"{word} ")  # it is still there


def test_a_camera_that_is_unplugged(page: Page, app: str):
    visit(page, app, "Sign")
    page.get_by_role("button", name=START).click()
    page.locator("video").evaluate(
        "async video => { while (!video.srcObject) await new Promise(requestAnimationFrame);"
        " video.srcObject.getTracks()[0].dispatchEvent(new Event('ended')) }"
    )
    expect(page.get_by_text("Plug it in again")).to_be_visible()
    page.get_by_role("button", name=START).click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [([], "No camera was found"), ([FAKE, "--deny-permission-prompts"], "may not use the camera")],
    ids=["no camera", "not allowed"],
)
def test_without_a_camera(playwright: Playwright, app: str, flags: list[str], sentence: str):
    with browsing(playwright, *flags) as browser:
        page = browser.new_page()
        visit(page, app, "Sign")
        page.get_by_role("button", name=START).click()
        expect(page.get_by_text(sentence)).to_be_visible()
        expect(page.get_by_role("button", name=START)).to_be_visible()


def test_a_page_without_https_says_so(playwright: Playwright, tmp_path: Path):
    """Served to the network, a page by any other name than localhost is not secure."""
    with (
        serving(tmp_path, "--host", "0.0.0.0", "--name", "fingerspell.test") as address,
        browsing(playwright, "--host-resolver-rules=MAP fingerspell.test 127.0.0.1") as browser,
    ):
        page = browser.new_page()
        visit(page, address.replace("localhost", "fingerspell.test"), "Sign")
        page.get_by_role("button", name=START).click()
        expect(page.get_by_text("only on pages with an https address")).to_be_visible()


def test_more_cameras_than_allowed(playwright: Playwright, tmp_path: Path):
    with (
        serving(tmp_path, "--signers", "1") as address,
        browsing(playwright, FAKE, "--use-fake-ui-for-media-stream") as browser,
    ):
        first, second = (browser.new_page() for _ in range(2))
        for page in (first, second):
            visit(page, address, "Sign")
        first.bring_to_front()
        with first.expect_websocket() as connection:
            first.get_by_role("button", name=START).click()
        expect(first.locator(".live")).to_have_attribute("data-state", "live")
        expect(first.locator(".figures")).not_to_be_empty(timeout=PATIENCE_MS)
        second.bring_to_front()
        second.get_by_role("button", name=START).click()
        expect(second.get_by_text("All places are taken")).to_be_visible()
        first.bring_to_front()
        with connection.value.expect_event("close"):  # its place is given up
            first.get_by_role("button", name="Stop").click()
        second.bring_to_front()
        second.get_by_role("button", name=START).click()
        expect(second.locator(".figures")).not_to_be_empty(timeout=PATIENCE_MS)


def test_a_server_that_is_started_again(playwright: Playwright, tmp_path: Path):
    port = free_port()
    address, server = f"http://localhost:{port}", start(tmp_path, port)
    try:
        wait_until_healthy(address, server)
        with browsing(playwright, FAKE, "--use-fake-ui-for-media-stream") as browser:
            page = browser.new_page()
            visit(page, address, "Sign")
            page.get_by_role("button", name=START).click()
            expect(page.locator(".figures")).not_to_be_empty(timeout=PATIENCE_MS)
            server.send_signal(signal.SIGKILL)
            server.wait()
            expect(page.get_by_text("Connection lost.")).to_be_visible()
            expect(page.get_by_text("fingerspell has stopped.")).to_be_visible(timeout=PATIENCE_MS)
            expect(page.get_by_role("dialog")).to_have_count(0)
            expect(page.locator(".letter")).to_be_empty()
            server = start(tmp_path, port)
            wait_until_healthy(address, server)
            way_on = page.get_by_role("button", name=re.compile(f"{START}|Reload the page"))
            for _ in range(PATIENCE_MS // 1000):  # the page says what to press until it is read again
                if way_on.is_visible():
                    way_on.click()
                page.wait_for_timeout(1000)
                if page.locator(".figures").inner_text():
                    break
            expect(page.locator(".figures")).not_to_be_empty()
            expect(page.get_by_text("fingerspell has stopped.")).to_have_count(0)
    finally:
        server.kill()
        server.wait()


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path):
    port = free_port()
    server = start(tmp_path, port, start_new_session=True)
    wait_until_healthy(f"http://localhost:{port}", server)
    os.killpg(server.pid, signal.SIGINT)
    assert server.wait(30) == 130
    with pytest.raises(ProcessLookupError):
        os.killpg(server.pid, 0)
    assert len((tmp_path / "app.log").read_text().splitlines()) == 1  # where it was: no traceback


def test_a_port_in_use_is_said_in_one_sentence(app: str, tmp_path: Path):
    server = start(tmp_path, int(app.rpartition(":")[2]))
    assert server.wait(60) == 1
    lines = (tmp_path / "app.log").read_text().splitlines()
    assert len(lines) == 1
    assert re.match(
        r"error: localhost, port \d+, cannot be used \(Address already in use\): ", lines[0]
    )


DRAWS = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")


@pytest.fixture
def drawing_page(playwright: Playwright) -> Iterator[Page]:
    """A tab of a browser that draws with WebGL, without a graphics card."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *DRAWS])
    yield browser.new_page(viewport={"width": 1280, "height": 900})
    browser.close()


def choose_mode(page: Page, name: str) -> None:
    mode = page.get_by_role("combobox", name="Practise")
    mode.focus()
    mode.press_sequentially(name)
    page.keyboard.press("Enter")


def tab_to(page: Page, target: Locator) -> None:
    for _ in range(60):
        if target.evaluate("element => element === element.getRootNode().activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail("Tab does not lead there")


def give_own_words(page: Page, words: str) -> None:
    page.get_by_role("button", name="Words and hand").focus()
    page.keyboard.press("Enter")
    lists = page.get_by_role("combobox", name="Words", exact=True)
    lists.focus()
    lists.fill("My own list")
    page.keyboard.press("Enter")
    own = page.get_by_role("textbox", name="Your words")
    expect(own).to_be_visible(timeout=PATIENCE_MS)
    own.focus()
    page.keyboard.type(words)
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Escape")


@pytest.mark.skipif(not rendered_hand.is_built(), reason=rendered_hand.NOT_BUILT)
def test_a_word_is_read_with_the_keyboard_alone(drawing_page: Page, tmp_path: Path):
    page = drawing_page
    with serving(tmp_path) as address:
        visit(page, address, "Learn")
        choose_mode(page, "Read words")
        answer = page.get_by_label("Your answer")
        expect(answer).to_be_visible(timeout=PATIENCE_MS)
        give_own_words(page, "ruth")
        expect(page.get_by_role("button", name=re.compile("^Play"))).to_be_enabled(timeout=PATIENCE_MS)
        tab_to(page, answer)
        page.keyboard.press("Space")
        reading = page.locator(".reading")
        expect(reading).to_have_attribute("data-plays", "1")
        assert "RUTH" not in reading.aria_snapshot().upper()  # before it is answered
        feedback = page.locator(".reading .feedback")
        for typed, said in (
            ("uuth", "Almost right: the 1st letter is not U."),
            ("ruth", "Correct: RUTH."),
        ):
            expect(answer).to_be_focused()
            page.keyboard.press("Control+A")
            page.keyboard.type(typed)
            page.keyboard.press("Enter")
            expect(feedback).to_contain_text(said, timeout=PATIENCE_MS)
        save = page.get_by_role("button", name="Save results (CSV)")
        tab_to(page, save)
        with page.expect_download() as download:
            page.keyboard.press("Enter")
        rows = Path(download.value.path()).read_text().splitlines()
    columns = [row.split(",")[1:6] for row in rows]
    assert columns[1:] == [
        ["My own list", "RUTH", "UUTH", "no", "R"],
        ["My own list", "RUTH", "RUTH", "yes", ""],
    ]


@pytest.mark.skipif(not rendered_hand.is_built(), reason=rendered_hand.NOT_BUILT)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_by_everybody(drawing_page: Page, app: str, scheme: str):
    page = drawing_page
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, app, "Learn")
    choose_mode(page, "Read words")
    play = page.get_by_role("button", name=re.compile("^Play"))
    expect(play).to_be_enabled(timeout=PATIENCE_MS)
    expect(page.get_by_text("Your system asks for less motion")).to_be_visible()
    assert page.locator(".reading").get_attribute("data-plays") is None  # nothing moves unasked
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert serious(page) == []


def test_where_the_hand_cannot_be_drawn_a_still_is_shown(playwright: Playwright, app: str):
    with browsing(playwright, "--disable-3d-apis") as browser:
        page = browser.new_page()
        visit(page, app, "Learn")
        still = page.locator(".lesson img")
        expect(still).to_be_visible(timeout=PATIENCE_MS)
        assert still.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
        choose_mode(page, "Read words")
        expect(page.locator(".reading .none")).to_contain_text(
            re.compile("cannot draw the hand|not built")
        )
