"""How long after opening the static site its first letter shows.

    scripts/site && python benchmarks/site_start.py [dist/site] [--runs 5] > start.json

Python's file server gives the folder to a real Chromium, whose camera films `examples/l.jpg` at 640x480
and 30 frames a second. "Start the camera" is pressed as soon as it is there. Times are seconds from the
beginning of the first visit's navigation, before the page reloads itself:

- `camera`: the camera is on, and the model can read;
- `python`, `model`: the worker that has it said that it is ready;
- `shown`: the letter is shown beside the camera;
- `written`: it stands in the text.

Each cold run has a new browser that knows nothing; a warm run is a new tab of one that keeps the site.
`cpu` is the processor time of the page and its workers until the letter was shown, which other programs
change less than the times. What draws the camera and the page is not in it: laptops have a GPU for
that. JSON goes to stdout, with the machine's load before and after.
"""

import argparse
import functools
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Playwright, expect, sync_playwright

ROOT = Path(__file__).parent.parent
SIGN = ROOT / "examples" / "l.jpg"
FLAGS = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--no-sandbox")
PATIENCE_MS = 240_000
KEPT = "This page now works without a network."
NAMES = {"worker.js": "model", "python-worker.js": "python"}
# Notes when what was seen first, and presses the button.
WATCH = """(() => {
  const noted = new Set();
  const note = (name, at = performance.timeOrigin + performance.now()) => {
    if (!noted.has(name)) noted.add(name), window.noteTime(name, at);
  };
  note("opened", performance.timeOrigin);
  const Plain = Worker;
  window.Worker = class extends Plain {
    constructor(address, options) {
      super(address, options);
      const name = String(address).split("/").pop();
      this.addEventListener("message", () => note(name), { once: true });
    }
  };
  const look = () => {
    const live = document.querySelector(".live");
    const start = live?.querySelector(".start");
    if (live?.dataset.state === "idle" && start.onclick && !noted.has("pressed")) {
      note("pressed");
      start.click();
    }
    if (live?.dataset.state === "live") note("camera");
    if (live?.querySelector(".letter").textContent) note("shown");
    if (live?.querySelector(".text").value) note("written");
    else setTimeout(look, 10);
  };
  look();
})()"""


def main() -> None:
    """Print what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("site", nargs="?", type=Path, default=ROOT / "dist" / "site")
    parser.add_argument("--runs", type=int, default=5, help="of each kind")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None or not (options.site / "index.html").is_file():
        sys.exit("This needs Chromium, and a site that scripts/site has built.")
    result = {"cores": os.cpu_count(), "machine": platform.processor(), "load": [os.getloadavg()[0]]}
    with tempfile.TemporaryDirectory() as folder, serving(options.site) as address:
        camera = Path(folder) / "camera.mjpeg"
        Image.open(SIGN).resize((640, 480)).save(camera, "JPEG", quality=90)
        camera.write_bytes(30 * camera.read_bytes())
        with sync_playwright() as playwright:
            cold = []
            for _ in range(options.runs):
                with browsing(playwright, chromium, camera) as browser:
                    cold.append(visit(visitor(browser), address))
            with browsing(playwright, chromium, camera) as browser:
                context = visitor(browser)
                visit(context, address, keep=True)
                warm = [visit(context, address) for _ in range(options.runs)]
    result["load"].append(os.getloadavg()[0])
    result |= {"cold": summary(cold), "warm": summary(warm)}
    print(json.dumps(result, indent=2))


class Quiet(SimpleHTTPRequestHandler):
    """Python's file server, which says nothing."""

    def log_message(self, *args: object) -> None:
        """Nothing."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a folder's file server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def browsing(playwright: Playwright, chromium: str, camera: Path) -> Iterator[Browser]:
    """A browser whose camera films a file."""
    flags = [*FLAGS, "--disable-gpu", f"--use-file-for-fake-video-capture={camera}"]
    browser = playwright.chromium.launch(executable_path=chromium, args=flags)
    try:
        time.sleep(1)  # until it has started
        yield browser
    finally:
        browser.close()


def visitor(browser: Browser) -> BrowserContext:
    """One of a browser's visitors, who lets pages use the camera."""
    return browser.new_context(permissions=["camera"], viewport={"width": 1280, "height": 800})


def spent_s() -> float:
    """Processor time of all pages that this process has opened and that are still there."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            if "--type=renderer" in process.cmdline():
                times = process.cpu_times()
                total += times.user + times.system
        except psutil.NoSuchProcess:
            continue
    return total


def visit(context: BrowserContext, address: str, *, keep: bool = False) -> dict[str, float]:
    """What a visit notes, in seconds; `keep` waits until the browser keeps the site."""
    times: dict[str, float] = {}
    page = context.new_page()
    before_s = spent_s()

    def note(name: str, at: float) -> None:
        times.setdefault(NAMES.get(name, name), at / 1000)
        if name == "shown":
            times.setdefault("cpu", spent_s() - before_s)

    page.expose_function("noteTime", note)
    page.add_init_script(WATCH)
    page.goto(address, wait_until="commit")
    deadline_s = time.monotonic() + PATIENCE_MS / 1000
    while "written" not in times:
        if time.monotonic() > deadline_s:
            sys.exit(f"No letter was read: {times}.")
        page.wait_for_timeout(20)
    if keep:
        expect(page.get_by_text(KEPT)).to_be_visible(timeout=PATIENCE_MS)
    page.close()
    opened_s, cpu = times.pop("opened"), times.pop("cpu")
    seen = {name: round(at - opened_s, 2) for name, at in times.items()} | {"cpu": round(cpu, 2)}
    print(seen, file=sys.stderr)
    return seen


def summary(visits: list[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Of each time its median, least and most."""
    table = {}
    for name in visits[0]:
        values = [visit[name] for visit in visits]
        table[name] = {"n": len(values), "median": statistics.median(values)}
        table[name] |= {"least": min(values), "most": max(values)}
    return table


if __name__ == "__main__":
    main()
