"""Draw what the reader sees in a video: for each sign its frame, the joints found, and the letter.

python scripts/draw_reading.py examples/hello.mp4 -o docs/hello.png
"""

import argparse
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from fingerspell import Frame, Letter, load_reader, open_media
from fingerspell.app.hand import FINGERS

TILE_PX, CAPTION_PX, COLUMNS = 176, 40, 7
BLUE, WHITE, DARK = (64, 156, 255), (255, 255, 255), (24, 26, 32)


def tile(frame: Frame, letter: Letter, joints: list[tuple[float, float]]) -> Image.Image:
    """One frame with its joints, and under it the sign and its probability."""
    picture = Image.new("RGB", (TILE_PX, TILE_PX + CAPTION_PX), DARK)
    picture.paste(Image.fromarray(frame.pixels).resize((TILE_PX, TILE_PX)))
    draw = ImageDraw.Draw(picture)
    places = [(x * TILE_PX, y * TILE_PX) for x, y in joints]
    for finger in FINGERS:
        draw.line([places[i] for i in finger], fill=BLUE, width=3, joint="curve")
    for x, y in places:
        draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=WHITE)
    draw.text((8, TILE_PX + 6), letter.char, WHITE, ImageFont.load_default(26))
    caption = f"{letter.probability:.2f}  {letter.start_s:.1f} s"
    draw.text((TILE_PX - 8, TILE_PX + 20), caption, BLUE, ImageFont.load_default(14), anchor="rm")
    return picture


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    reader = load_reader()
    frames = list(open_media(args.video).frames())
    tiles = []
    for letter in reader.read(args.video).letters:
        middle_s = (letter.start_s + letter.end_s) / 2
        frame = min(frames, key=lambda f: abs(f.time_s - middle_s))
        [prediction] = reader.classifier.classify(frame.pixels[None])
        assert prediction.joints is not None  # the bundled model finds them  # noqa: S101
        tiles.append(tile(frame, letter, prediction.joints.tolist()))
    rows = -(-len(tiles) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * TILE_PX, rows * (TILE_PX + CAPTION_PX)), DARK)
    for number, picture in enumerate(tiles):
        row, column = divmod(number, COLUMNS)
        sheet.paste(picture, (column * TILE_PX, row * (TILE_PX + CAPTION_PX)))
    sheet.save(args.output)


if __name__ == "__main__":
    main()
