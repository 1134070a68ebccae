"""Captions drawn into a copy of a video, letter by letter as they were signed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from fingerspell.core.text import Cue, cues, letter_times
from fingerspell.core.types import Frame, Transcript
from fingerspell.runtime.media.video import probe_video, video_frames, write_video

FONT_SHARE = 1 / 14  # height of the letters, of the picture's shorter side
WIDTH_SHARE = 0.94  # of the picture's width, at most; longer lines are set smaller
MARGIN_SHARE = 0.04  # below the line, of the picture's height
OUTLINE_SHARE = 0.08  # of the letters' height


def burn_in(
    transcript: Transcript, source: Path, target: Path, on_frame: Callable[[Frame], None] | None = None
) -> None:
    """Write a copy of the video `source`, in its own size and without sound, with captions.

    Raises:
        MediaError: `source` is no video, or `target` cannot be written.
    """
    fps, _ = probe_video(source)
    write_video(target, _captioned(transcript, source, on_frame), fps or 25.0)


def caption_at(shown: list[tuple[Cue, list[float]]], time_s: float) -> str:
    """What of the cues has been signed by `time_s`; each comes with the times of its letters."""
    for cue, times in shown:
        if cue.start_s <= time_s < cue.end_s:
            left = sum(start_s <= time_s for start_s in times)
            spelled = ""
            for char in cue.text:
                if char != " ":
                    left -= 1
                if left < 0:
                    break
                spelled += char
            return spelled.rstrip()
    return ""


def _captioned(
    transcript: Transcript, source: Path, on_frame: Callable[[Frame], None] | None
) -> Iterator[Frame]:
    shown = [
        (cue, [t for word in cue.words for t in letter_times(word, transcript.letters)])
        for cue in cues(transcript.words)
    ]
    for frame in video_frames(source, longest_px=None):
        height, width = (side // 2 * 2 for side in frame.pixels.shape[:2])  # H.264 wants even sides
        pixels = np.ascontiguousarray(frame.pixels[:height, :width])
        text = caption_at(shown, frame.time_s)
        yield replace(frame, pixels=draw_caption(pixels, text) if text else pixels)
        if on_frame:
            on_frame(frame)


def draw_caption(pixels: NDArray[np.uint8], text: str) -> NDArray[np.uint8]:
    """RGB uint8 [H, W, 3] with one line of text at its foot, white with a black outline."""
    picture = Image.fromarray(pixels)
    font = _font(round(min(picture.size) * FONT_SHARE))
    limit = WIDTH_SHARE * picture.width
    if (length := font.getlength(text)) > limit:
        font = _font(int(font.size * limit / length))
    ImageDraw.Draw(picture).text(
        (picture.width / 2, picture.height * (1 - MARGIN_SHARE)),
        text,
        fill="white",
        font=font,
        anchor="md",
        stroke_width=max(1, round(font.size * OUTLINE_SHARE)),
        stroke_fill="black",
    )
    return np.asarray(picture)


@lru_cache(maxsize=32)
def _font(size_px: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(max(8, size_px))
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("this Pillow was built without FreeType")
    return font
