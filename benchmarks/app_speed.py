"""How many camera frames a second reach the reader through the app, and how late the letter shows.

    python benchmarks/app_speed.py [--seconds 20] [--port 8599] [--in-page] [--json FILE]

A real Chromium films `examples/hello.mp4`, padded to 640x480, at 30 frames a second. Both figures are
measured in the page: frames answered a second, and the time from the frame's callback in the browser to
the moment its letter has been drawn. Chromium itself runs on the same cores, without a GPU. The reader
alone is timed before and after, since other programs may run on the machine: compare within one run.
With --in-page the page reads by itself, and its reader alone is timed as well.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
from measured import environment, write_json
from PIL import Image
from playwright.sync_api import sync_playwright

from fingerspell import load_reader, open_media
from fingerspell.app.live import in_page

CLIP = Path(__file__).parent.parent / "examples" / "hello.mp4"
WARM_UP_S = 5
FLAGS = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--no-sandbox")


def write_camera(path: Path) -> None:
    """The clip as Motion JPEG, 640x480, which Chromium plays at 30 frames a second."""
    with path.open("wb") as file:
        for frame in open_media(CLIP).frames():
            picture = np.zeros((480, 640, 3), np.uint8)
            picture[80:400, 160:480] = frame.pixels
            Image.fromarray(picture).save(file, "JPEG", quality=90)


# The time that the page's worker takes for each of 60 pictures of 640x480, in milliseconds.
TIME_WORKER = """async ({ worker, model, read }) => {
  const reader = new Worker(worker, { type: "module" });
  const ask = (message) => {
    const answer = new Promise((resolve) => (reader.onmessage = resolve));
    reader.postMessage(message);
    return answer;
  };
  await ask({ model, threads: 1, read });
  const spent = [];
  for (let i = 0; i < 60; i++) {
    const began = performance.now();
    await ask({ picture: new ImageData(640, 480), as: "still" });
    spent.push(performance.now() - began);
  }
  return spent;
}"""


def measure(address: str, camera: Path, seconds: int) -> tuple[list[tuple[int, int]], list[float]]:
    """Frames a second and delay in milliseconds, as the page shows them, once a second.

    Also what the page's reader alone takes for a still, in milliseconds; [] where it is not built.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=[*FLAGS, f"--use-file-for-fake-video-capture={camera}"],
        )
        page = browser.new_page()
        page.goto(address)
        page.get_by_role("button", name="Start the camera").click()
        page.locator("[data-fps]").wait_for()
        page.wait_for_timeout(1000 * WARM_UP_S)
        measured = []
        for _ in range(seconds):
            page.wait_for_timeout(1000)
            shown = page.locator(".live").evaluate("e => [e.dataset.fps, e.dataset.delayMs]")
            measured.append((int(shown[0]), int(shown[1])))
        page.get_by_role("button", name="Stop").click()
        reader = in_page.reader_for("default")
        worker_ms = page.evaluate(TIME_WORKER, reader) if in_page.is_built() else []
        browser.close()
        return measured, worker_ms


def alone_ms(frames: int = 60) -> float:
    """What the reader alone takes for a still, in milliseconds (median)."""
    classifier, picture = load_reader(spell=False).classifier, np.zeros((1, 480, 640, 3), np.uint8)
    spent = []
    for _ in range(frames):
        began = time.perf_counter()
        classifier.classify(picture)
        spent.append(time.perf_counter() - began)
    return 1000 * float(np.median(spent))


def wait_for(address: str) -> None:
    """Until the app answers."""
    while True:
        with suppress(URLError, ConnectionError), urllib.request.urlopen(address):  # noqa: S310
            return
        time.sleep(0.1)


def main() -> None:
    """Parse the command line, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--port", type=int, default=8599)
    parser.add_argument("--in-page", action="store_true")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    args = parser.parse_args()
    command = ["-m", "fingerspell", "app", "--no-browser", "--port", str(args.port)]
    command += ["--in-page"] if args.in_page else []
    address = f"http://localhost:{args.port}"
    before_ms = alone_ms()
    with tempfile.TemporaryDirectory() as folder:
        camera = Path(folder) / "hello.mjpeg"
        write_camera(camera)
        server = subprocess.Popen([sys.executable, *command])  # noqa: S603 - this very program
        try:
            wait_for(address)
            measured, worker_ms = measure(address, camera, args.seconds)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait()
    document: dict[str, Any] = {
        "environment": environment(os.cpu_count() or 1),
        "in_page": args.in_page,
        "reader_alone_ms": {"before": before_ms, "after": alone_ms()},
        "page_reader_alone_ms": float(np.median(worker_ms)) if worker_ms else None,
    }
    alone = document["reader_alone_ms"]
    print(f"the reader alone: {alone['before']:.1f} ms a still before, {alone['after']:.1f} ms after")
    if worker_ms:
        page_ms = document["page_reader_alone_ms"]
        print(f"the page's reader alone, one thread: {page_ms:.1f} ms a still after")
    print(f"load average of the last minute: {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    names = {"frames_per_s": "frames/s", "delay_ms": "delay ms"}
    for (key, name), values in zip(names.items(), zip(*measured, strict=True), strict=True):
        low, middle, high = np.percentile(values, (5, 50, 95))
        document[key] = {"median": middle, "low": low, "high": high, "n": len(values)}
        print(f"{name}: median {middle:.0f}, 5 % {low:.0f}, 95 % {high:.0f}, n = {len(values)} seconds")
    write_json(args.json, document)


if __name__ == "__main__":
    main()
