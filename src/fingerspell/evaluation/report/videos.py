"""The part of the page about videos: figures, and each clip with what was read under it."""

import base64
import mimetypes
from collections.abc import Sequence
from html import escape
from pathlib import Path

from fingerspell import html_page as page
from fingerspell.evaluation.evaluate import Evaluation
from fingerspell.evaluation.report.cells import Row, number
from fingerspell.evaluation.sequences import CharacterErrors, SequenceFigures, VideoReading

# Clips up to this size, and together up to that, are inside the page; others are linked.
CLIP_BYTES, ALL_CLIPS_BYTES = 4 << 20, 48 << 20
STYLE = """<style>
.clips { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem; }
.clips video { width: 100%; background: #000; border-radius: 4px; }
.read span { padding: 0 .15em; border-radius: 3px; font-weight: 600; }
.read span.now { background: #2f6f9f; color: #fff; }
</style>"""
# While a clip plays, the letter that was read at that time is marked.
SCRIPT = """<script>
for (const clip of document.querySelectorAll(".clips video")) {
  const letters = [...clip.parentElement.querySelectorAll(".read span")];
  const mark = () => {
    for (const letter of letters) {
      const {from, to} = letter.dataset;
      letter.classList.toggle("now", clip.currentTime >= from && clip.currentTime <= to);
    }
    if (!clip.paused) requestAnimationFrame(mark);
  };
  for (const event of ["play", "seeked", "pause"]) clip.addEventListener(event, mark);
}
</script>"""


def videos(evaluations: Sequence[Evaluation]) -> str:
    """How well the models read video, where there was any."""
    read = [(each.facts.name, each.sequences) for each in evaluations if each.sequences]
    if not read:
        return ""
    in_time = ("precision in time", "recall in time", "delay, s")
    headings = ("model", "videos", "words", "words wrong", "corrected", *in_time)
    return page.section(
        "Video with known text",
        page.table(headings, [_row(name, figures) for name, figures in read]),
        page.table(
            ("model", "characters", "videos", "n", "wrong", "substituted", "left out", "put in"),
            [row for name, figures in read for row in _error_rows(name, figures)],
        ),
        "Wrong are characters that are substituted, left out or put in, per character signed. Letters "
        "a second are counted while the letters last or, without known times, while a hand is seen.",
        *(_clips(name, figures) for name, figures in read),
        STYLE,
        SCRIPT,
    )


def _row(name: str, figures: SequenceFigures) -> Row:
    return [
        name,
        number(figures.videos, ",d"),
        number(figures.words, ",d"),
        number(figures.word_error_rate, ".1%"),
        number(figures.corrected_word_error_rate, ".1%"),
        number(figures.precision, ".1%"),
        number(figures.recall, ".1%"),
        number(figures.delay_s, ".2f"),
    ]


def _error_rows(name: str, figures: SequenceFigures) -> list[Row]:
    groups: dict[str, CharacterErrors] = {"as signed": figures.raw, "corrected": figures.corrected}
    return [
        [
            name,
            group,
            number(errors.videos, ",d"),
            number(errors.characters, ",d"),
            number(errors.rate, ".1%"),
            number(errors.substitutions, ",d"),
            number(errors.deletions, ",d"),
            number(errors.insertions, ",d"),
        ]
        for group, errors in (groups | figures.by_speed | figures.by_signer).items()
    ]


def _clips(name: str, figures: SequenceFigures) -> str:
    left, players = ALL_CLIPS_BYTES, []
    for reading in figures.readings:
        path = Path(reading.path)
        size = path.stat().st_size
        inside = size <= min(CLIP_BYTES, left)
        left -= size if inside else 0
        players.append(_player(reading, path, inside=inside))
    return page.details(f"Clips, as {name} read them", f'<div class="clips">{"".join(players)}</div>')


def _player(reading: VideoReading, path: Path, *, inside: bool) -> str:
    source = path.resolve().as_uri()
    if inside:
        kind = mimetypes.guess_type(path.name)[0] or "video/mp4"
        source = f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
    letters = " ".join(
        f'<span data-from="{each.start_s:.3f}" data-to="{each.end_s:.3f}" '
        f'title="{each.probability:.0%}, {each.start_s:.2f} to {each.end_s:.2f} s">'
        f"{escape(each.char)}</span>"
        for each in reading.letters
    )
    who = f", {escape(reading.signer)}" if reading.signer else ""
    return (
        f'<figure><video controls muted playsinline preload="metadata" src="{escape(source)}" '
        f'aria-label="{escape(path.name)}"></video><figcaption>{escape(path.name)}{who}: '
        f"{escape(reading.text)}, {reading.letters_per_s:.1f} letters/s<br>"
        f'<span class="read">{letters or "(nothing was read)"}</span>'
        f"<br>corrected: {escape(reading.corrected) or 'nothing'}</figcaption></figure>"
    )
