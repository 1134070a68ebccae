"""Animate what the reader sees in a video: the hand's landmarks, and the text as it appears.

python scripts/draw_reading.py examples/hello.mp4 -o docs/hello.webp
"""

import argparse
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from fingerspell import load_reader, open_media
from fingerspell.app.hand_drawing import draw_hand
from fingerspell.core.text import compose

SIDE_PX, CAPTION_PX, EVERY = 240, 48, 3  # of the 25 frames a second every third
DARK, WHITE = (24, 26, 32), (255, 255, 255)
QUALITY = 50  # of the WebP
LAST_FRAME_MS = 2000  # so that the whole text can be read before it begins again


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    watch, begun, pictures = load_reader().watch(), {}, []
    frames = list(open_media(args.video).frames())
    for number, frame in enumerate(frames):
        seen = watch.see(frame)
        begun |= {event.letter.start_s: event.letter for event in seen.events}
        if number % EVERY and number + 1 < len(frames):
            continue
        picture = Image.new("RGB", (SIDE_PX, SIDE_PX + CAPTION_PX), DARK)
        picture.paste(draw_hand(frame.pixels, seen.prediction.joints).resize((SIDE_PX, SIDE_PX)))
        text = compose([begun[start_s] for start_s in sorted(begun)])
        draw = ImageDraw.Draw(picture)
        draw.text((12, SIDE_PX + 8), text, WHITE, ImageFont.load_default(26))
        pictures.append(picture)
    shown_ms = round(1000 * EVERY * frames[-1].time_s / (len(frames) - 1))
    durations = [shown_ms] * (len(pictures) - 1) + [LAST_FRAME_MS]
    first, *others = pictures
    first.save(args.output, save_all=True, append_images=others, duration=durations, quality=QUALITY)


if __name__ == "__main__":
    main()
