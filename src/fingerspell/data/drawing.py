"""Charts and picture grids as images, with Pillow alone: no browser, no fonts to install."""

import math
from collections.abc import Mapping, Sequence

from PIL import Image, ImageDraw, ImageFont

from fingerspell.data.decode import Pixels
from fingerspell.html_page import BAR, INK, PAPER, RULE

CHART_PX = (1200, 480)
THUMBNAIL_PX = 96
_MARGIN, _CAPTION = 24, 22


def bar_chart(title: str, values: Mapping[str, int]) -> Image.Image:
    """Bars with their labels below; labels are thinned out where they would touch.

    Args:
        title: above the chart.
        values: heights by label, 0 or more.
    """
    image, draw = _sheet(CHART_PX, title)
    left, top, right, bottom = 80, 70, CHART_PX[0] - _MARGIN, CHART_PX[1] - 50
    highest = max([1, *values.values()])
    for part in (0.0, 0.5, 1.0):
        y = bottom - part * (bottom - top)
        draw.line((left, y, right, y), RULE)
        draw.text((left - 8, y), f"{round(highest * part):,}", INK, _font(16), anchor="rm")
    step = (right - left) / max(8, len(values))  # a bar or two would be walls
    widest = max((_font(14).getlength(label) for label in values), default=1)
    every = max(1, math.ceil((widest - 4) / step))
    for place, (label, value) in enumerate(values.items()):
        x = left + place * step
        y = bottom - value / highest * (bottom - top)
        draw.rectangle((x + 0.1 * step, y, x + 0.9 * step, bottom), BAR)
        if place % every == 0:
            draw.text((x + step / 2, bottom + 8), label, INK, _font(14), anchor="ma")
    return image


def picture_grid(title: str, pictures: Pixels, captions: Sequence[str], columns: int) -> Image.Image:
    """Pictures [n, S, S, 3] in rows, each with a caption below."""
    rows = -(-len(pictures) // columns)
    cell = (THUMBNAIL_PX + 8, THUMBNAIL_PX + _CAPTION + 4)
    image, draw = _sheet((2 * _MARGIN + columns * cell[0], 64 + rows * cell[1] + _MARGIN), title)
    for place, (pixels, caption) in enumerate(zip(pictures, captions, strict=True)):
        x, y = _MARGIN + place % columns * cell[0], 64 + place // columns * cell[1]
        picture = Image.fromarray(pixels).resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BICUBIC)
        image.paste(picture, (x, y))
        draw.text((x + THUMBNAIL_PX / 2, y + THUMBNAIL_PX + 3), caption, INK, _font(14), anchor="ma")
    return image


def _sheet(size: tuple[int, int], title: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((_MARGIN, _MARGIN), title, INK, _font(22))
    return image, draw


def _font(size_px: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    """The font that comes with Pillow."""
    return ImageFont.load_default(size_px)
