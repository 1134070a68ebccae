"""Reading inside the page, in a real browser: the same numbers, the same text, and no picture sent."""

import base64
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image, ImageOps
from playwright.sync_api import Browser, Page, Request, ViewportSize, WebSocket, expect

from fingerspell.app.live.in_page import reader_for
from fingerspell.core.types import Frame
from fingerspell.runtime.hand_tracking import HandTracker
from fingerspell.runtime.onnx_classifier import OnnxClassifier
from tests.app.npm import build_web
from tests.app.serving import serving
from tests.conftest import REPOSITORY
from tests.e2e.test_pages import PATIENCE_MS, visit

pytestmark = pytest.mark.slow
START, SWITCH = "Start the camera", "Read inside this page"
TOLERANCE = 0.03  # of a probability: 8-bit layers round to the next step now and then
MESSAGE_BYTES = 8 + 4 * (29 + 2 * 21 + 2)  # a time, and what was seen (text_session.seen_in_page)
LEAST_FRAMES = 10
LARGEST_BYTES = 2_000  # of Streamlit's own messages; the smallest of the pictures here has more

# Asks the page's worker one thing after another.
ASK = """async ([worker, messages]) => {
  const reader = new Worker(worker, { type: "module" });
  const answers = [];
  let as = "first";
  for (const { model, threads, read, pixels, width, height, timeS } of messages) {
    const answer = new Promise((resolve) => (reader.onmessage = ({ data }) => resolve(data)));
    if (model) reader.postMessage({ model, threads, read });
    else {
      const data = Uint8ClampedArray.from(atob(pixels), (char) => char.charCodeAt(0));
      reader.postMessage({ picture: new ImageData(data, width, height), as, timeS });
      as = "next";
    }
    const { result, error } = await answer;
    if (error) throw new Error(error);
    if (pixels) answers.push([...result.probabilities, result.hand, ...result.joints]);
  }
  return answers;
}"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Apps that are started run from a copy of the package, with web files built just now."""
    copy = tmp_path_factory.mktemp("copy")
    left = shutil.ignore_patterns("__pycache__", "node_modules", "ort")
    for name in ("src", "web"):
        shutil.copytree(REPOSITORY / name, copy / name, ignore=left)
    build_web(copy / "web")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(copy / "src"), prepend=os.pathsep)
        yield


@pytest.fixture(scope="module")
def in_page_app(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an app that reads inside the page only."""
    with serving(tmp_path_factory.mktemp("home"), "--in-page") as address:
        yield address


def some_pictures(samples: Path) -> list[np.ndarray]:
    """A picture of every third class, and two of other shapes; RGB uint8 [H, W, 3]."""
    paths = sorted(samples.glob("*/*.jpg"))[::6]
    pictures = [Image.open(path).convert("RGB") for path in paths]
    shapes = [ImageOps.pad(pictures[0], (640, 480)), pictures[1].resize((97, 131))]
    return [np.asarray(picture) for picture in (*pictures, *shapes)]


def moving_hand(samples: Path) -> Iterator[np.ndarray]:
    """A small hand that moves out of a camera's picture; RGB uint8 [480, 640, 3]."""
    hand = Image.open(samples / "L" / "L8.jpg").resize((110, 110))
    for step in range(8):
        picture = Image.new("RGB", (640, 480), (90, 110, 120))
        picture.paste(hand, (430 + 20 * step, 200 + 9 * step))
        yield np.asarray(picture)


def message(picture: np.ndarray) -> dict[str, object]:
    rgba = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    pixels = base64.b64encode(rgba.tobytes()).decode()
    return {"pixels": pixels, "width": picture.shape[1], "height": picture.shape[0]}


@pytest.mark.parametrize("threads", [1, 2])
def test_the_page_reads_as_python_does(page: Page, in_page_app: str, samples: Path, threads: int):
    """Reference: Python's tracker and ONNX Runtime on the same pixels, one after the other."""
    pictures = [*some_pictures(samples), *moving_hand(samples)]
    visit(page, in_page_app, "Sign")
    assert page.evaluate("crossOriginIsolated")  # several threads need it
    classifier = OnnxClassifier()
    reader = reader_for("default", classifier.known.places_of(classifier.alphabet))
    shown = [message(picture) | {"timeS": second} for second, picture in enumerate(pictures)]
    answers = page.evaluate(ASK, [reader["worker"], [reader | {"threads": threads}, *shown]])
    tracker = HandTracker(classifier)
    for second, (picture, answer) in enumerate(zip(pictures, answers, strict=True)):
        known = tracker.look(Frame(second, picture))
        reference = [*known.probabilities, known.hand_probability, *known.joints.flat]
        np.testing.assert_allclose(answer, reference, rtol=0, atol=TOLERANCE)
        assert np.argmax(answer[:29]) == known.probabilities.argmax()


@dataclass
class Traffic:
    """All that a page sends; grows."""

    requests: list[Request] = field(default_factory=list)
    sockets: list[tuple[str, list[int]]] = field(
        default_factory=list
    )  # the sizes of what each has sent

    @classmethod
    def of(cls, page: Page) -> "Traffic":
        traffic = cls()
        page.on("websocket", traffic._begin)
        page.on("request", traffic._ask)
        return traffic

    def _begin(self, socket: WebSocket) -> None:
        sizes: list[int] = []
        self.sockets.append((socket.url, sizes))
        socket.on("framesent", lambda content: sizes.append(len(content)))

    def _ask(self, request: Request) -> None:
        self.requests.append(request)

    @property
    def live(self) -> list[list[int]]:
        """Of the sockets that serve the camera."""
        return [sizes for url, sizes in self.sockets if "/fingerspell/live" in url]

    @property
    def hosts(self) -> set[str]:
        """Of all requests."""
        addresses = [urlsplit(request.url) for request in self.requests]
        return {address.netloc for address in addresses if address.scheme not in ("data", "blob")}


def wait_for_frames(page: Page, sizes: Callable[[], list[int]], count: int) -> None:
    for _ in range(3 * PATIENCE_MS // 100):  # the model is loaded first
        if len(sizes()) >= count:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"{len(sizes())} of {count} frames were sent")


def test_letters_are_written_and_no_picture_is_sent(law_browser: Browser, in_page_app: str):
    viewport: ViewportSize = {"width": 800, "height": 600}
    page = law_browser.new_context(permissions=["camera"], viewport=viewport).new_page()
    traffic = Traffic.of(page)
    visit(page, in_page_app, "Sign")
    expect(page.get_by_role("checkbox", name=SWITCH)).to_be_disabled(timeout=PATIENCE_MS)
    expect(page.get_by_role("link", name="Learn")).to_be_visible()
    expect(page.get_by_role("link", name="Read files")).to_have_count(0)
    page.get_by_role("button", name=START).click()
    text = page.get_by_role("textbox", name="Your text")
    expect(text).to_have_value(re.compile(r"L\s*A\s*W"), timeout=3 * PATIENCE_MS)
    [live] = traffic.live
    assert len(live) >= LEAST_FRAMES
    assert set(live) == {MESSAGE_BYTES}
    assert max(size for _, sizes in traffic.sockets for size in sizes) < LARGEST_BYTES
    assert {request.method for request in traffic.requests} == {"GET"}
    assert traffic.hosts == {urlsplit(in_page_app).netloc}


def test_where_pictures_are_read_can_be_chosen(page: Page, built: None, tmp_path: Path):
    traffic = Traffic.of(page)
    with serving(tmp_path) as address:
        visit(page, address, "Sign")
        page.get_by_role("button", name=START).click()
        wait_for_frames(page, lambda: traffic.live[0] if traffic.live else [], LEAST_FRAMES)
        page.get_by_role("checkbox", name=SWITCH).check()
        wait_for_frames(page, lambda: traffic.live[1] if traffic.live[1:] else [], LEAST_FRAMES)
        outside, inside = traffic.live
        assert min(outside) > LARGEST_BYTES
        assert set(inside) == {MESSAGE_BYTES}
        page.reload()
        expect(page.get_by_role("checkbox", name=SWITCH)).to_be_checked(timeout=PATIENCE_MS)
        expect(page.get_by_text("Your video stays in this browser")).to_be_visible()
        page.close()  # before the server goes, which it would complain of


def test_a_page_that_cannot_read_says_so(browser: Browser, in_page_app: str):
    page = browser.new_context(permissions=["camera"]).new_page()
    page.route("**/worker.js", lambda route: route.abort())
    visit(page, in_page_app, "Sign")
    page.get_by_role("button", name=START).click()
    expect(page.get_by_text("This browser cannot read inside the page")).to_be_visible(
        timeout=PATIENCE_MS
    )
    expect(page.get_by_role("button", name=START)).to_be_visible()
