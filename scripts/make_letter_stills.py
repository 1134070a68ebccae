"""Make the stills of lessons, for where the hand cannot be drawn: each letter, J and Z with their way.

    cd web && npm ci && npm run build
    python scripts/make_letter_stills.py

Chromium draws them with what pages draw with (`app/learn/static`), and they are written beside it, into
`letters`: WebP, transparent around the hand. How the fingertip goes is drawn from the keyframes.
"""

import argparse
import base64
import functools
import io
import math
import shutil
import sys
import threading
from collections.abc import Sequence
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Page, sync_playwright

from fingerspell.app.learn.keyframes import as_json, letter_keyframes
from fingerspell.app.learn.rendered_hand import STATIC, is_built
from fingerspell.core.alphabet import LETTERS, MOVING_LETTERS

SIDE_PX, QUALITY = 480, 82
TRAIL, TRAIL_PX, HEAD_PX = "#0b6b50", 9, 30
FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
TIPS = {"J": ("little_3", 0.23), "Z": ("index_3", 0.25)}  # the last bone of what draws, and its length
DRAW = """async ([name, frames, tip]) => {
  const { hand } = window;
  if (!frames.length) { hand.show(name); return [hand.canvas.toDataURL(), []]; }
  const way = [], first = frames[1].t, last = frames.at(-3).t;
  for (let i = 0; i <= 60; i++) {
    hand.at(moment(frames, first + ((last - first) * i) / 60));
    const [bone, length] = tip, { Vector3 } = hand.kit;
    const joint = hand.bones.find((one) => one.name === bone);
    const along = joint.position.clone().normalize().multiplyScalar(length);
    const at = joint.localToWorld(along).project(hand.camera);
    way.push([(at.x + 1) / 2, (1 - at.y) / 2]);
  }
  hand.at(frames[0]);
  return [hand.canvas.toDataURL(), way];
}"""


class _Files(SimpleHTTPRequestHandler):
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript"}

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def open_hand(page: Page, address: str) -> None:
    """Have the page hold a hand that can be drawn."""
    page.goto(f"{address}/letter.html")
    page.add_script_tag(content=(STATIC / "hand.js").read_text() + "; window.HandView = HandView;")
    drawn = page.evaluate(
        """async ([side, address]) => {
          const canvas = document.createElement("canvas");
          canvas.style.cssText = `display: block; width: ${side}px; height: ${side}px`;
          document.body.replaceChildren(canvas);
          window.hand = new HandView(canvas);
          return hand.open({ three: `${address}/three/three.mjs`, hand: `${address}/hand.glb` });
        }""",
        [SIDE_PX, address],
    )
    if not drawn:
        sys.exit("this Chromium cannot draw with WebGL")


def with_trail(picture: Image.Image, way: Sequence[tuple[float, float]]) -> Image.Image:
    """The picture with an arrow along the way, of which the points are fractions of its sides."""
    points = [(x * picture.width, y * picture.height) for x, y in way]
    pen = ImageDraw.Draw(picture)
    pen.line(points, fill=TRAIL, width=TRAIL_PX, joint="curve")
    (x, y), before = points[-1], points[-6]
    angle = math.atan2(y - before[1], x - before[0])
    pen.polygon(
        [
            (x + HEAD_PX * math.cos(angle + turn), y + HEAD_PX * math.sin(angle + turn))
            for turn in (0, 0.7 * math.pi, -0.7 * math.pi)
        ],
        fill=TRAIL,
    )
    return picture


def main() -> None:
    """Parse the command line, draw and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=STATIC / "letters")
    target = parser.parse_args().output
    if not is_built():
        sys.exit("what draws the hand is not built: run `npm ci && npm run build` in the folder web.")
    target.mkdir(parents=True, exist_ok=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Files, directory=str(STATIC)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page()
        open_hand(page, f"http://127.0.0.1:{server.server_port}")
        for letter in LETTERS:
            moves = letter in MOVING_LETTERS
            frames = as_json(letter_keyframes(letter)) if moves else []
            address, way = page.evaluate(DRAW, [letter, frames, TIPS.get(letter)])
            content = base64.b64decode(address.partition(",")[2])
            picture = Image.open(io.BytesIO(content)).convert("RGBA")
            picture = with_trail(picture, way) if moves else picture
            picture.save(target / f"{letter}.webp", quality=QUALITY)
        browser.close()
    size_kb = sum(path.stat().st_size for path in target.glob("*.webp")) / 1000
    print(f"wrote {len(LETTERS)} stills, {size_kb:.0f} kB, to {target}")


if __name__ == "__main__":
    main()
