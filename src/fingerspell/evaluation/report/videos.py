"""The part of the page about videos: figures, and each clip with what was read under it."""

import base64
import mimetypes
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from fingerspell import html_page as page
from fingerspell.core.text import named
from fingerspell.evaluation.character_errors import CharacterErrors
from fingerspell.evaluation.evaluate import Evaluation
from fingerspell.evaluation.missed import Missed
from fingerspell.evaluation.report import strips
from fingerspell.evaluation.report.cells import Row, number
from fingerspell.evaluation.sequences import SPEED_NAMES, SequenceFigures, VideoReading

# Clips up to this size, and together up to that, are inside the page; others are linked.
CLIP_BYTES, ALL_CLIPS_BYTES = 4 << 20, 48 << 20
MOST_NAMED = 6  # files in a row of the table
MOST_STRIPS = 120  # of a model: of about 100 KB each
STYLE = """<style>
.clip { display: grid; grid-template-columns: 14rem 1fr; gap: .5rem 1rem; padding: .75rem 0; }
.clip + .clip { border-top: 1px solid #d5dbe1; }
.clip header { grid-column: 1 / -1; overflow-wrap: anywhere; }
.clip header small { color: #5b6875; }
.clip video { width: 100%; max-height: 14rem; background: #000; border-radius: 4px; }
.read span { padding: 0 .15em; border-radius: 3px; font-weight: 600; }
.read span.now { background: #2f6f9f; color: #fff; }
@media (max-width: 50rem) {
  .clip { grid-template-columns: 1fr; }
  .clip video { width: auto; max-width: 100%; height: 9rem; }
}
</style>"""
# While a clip plays, the letter that was read at that time is marked, and the frame that was then.
SCRIPT = """<script>
for (const clip of document.querySelectorAll(".clip")) {
  const video = clip.querySelector("video");
  const letters = [...clip.querySelectorAll(".read span")];
  const frames = [...clip.querySelectorAll(".strip button")];
  const mark = () => {
    const time = video.currentTime;
    for (const letter of letters) {
      letter.classList.toggle("now", time >= letter.dataset.from && time <= letter.dataset.to);
    }
    const now = frames.findLast(frame => frame.dataset.at <= time + .001);
    for (const frame of frames) frame.parentElement.classList.toggle("now", frame === now);
    if (!video.paused) requestAnimationFrame(mark);
  };
  for (const event of ["play", "seeked", "pause"]) video.addEventListener(event, mark);
  for (const frame of frames) {
    frame.addEventListener("click", () => { video.pause(); video.currentTime = frame.dataset.at; });
  }
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
        *(_missed(name, figures) for name, figures in read),
        *(part for name, figures in read for part in _clips(name, figures, opened=name == read[0][0])),
        STYLE,
        strips.STYLE,
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


def _missed(name: str, figures: SequenceFigures) -> str:
    """How often each character is read wrong, and at which speed."""
    if not figures.missed:
        return page.section(f"{name} read every character", level=3)
    headings = ("signed", "read as", "times", "of signed", *SPEED_NAMES, "clips")
    table = page.table(headings, [_missed_row(each) for each in figures.missed])
    return page.section(f"What {name} misses, before correction", table, level=3)


def _missed_row(missed: Missed) -> Row:
    return [
        named(missed.signed) or "(put in)",
        named(missed.read) or "(left out)",
        number(missed.n, ",d"),
        number(missed.of, ",d"),
        *(number(missed.by_speed[name] or None, ",d") for name in SPEED_NAMES),
        ", ".join(Path(video).name for video in missed.videos[:MOST_NAMED])
        + ", ..." * (len(missed.videos) > MOST_NAMED),
    ]


def _clips(name: str, figures: SequenceFigures, *, opened: bool) -> Iterator[str]:
    """The clips in which something is missed, most errors first, and those that are read rightly."""
    in_order = sorted(figures.readings, key=lambda reading: -len(reading.errors))
    left, wrong, right = ALL_CLIPS_BYTES, list[str](), list[str]()
    for place, reading in enumerate(in_order):
        strip = strips.strip(reading) if place < MOST_STRIPS else ""
        path = Path(reading.path)
        size = path.stat().st_size
        inside = size <= min(CLIP_BYTES, left)
        left -= size if inside else 0
        (wrong if reading.errors else right).append(_clip(reading, path, strip, inside=inside))
    if wrong:
        heading = f"Clips in which {name} misses something ({len(wrong):,})"
        cut = _cut(len(wrong) - MOST_STRIPS)
        yield page.details(heading, strips.KEY, *cut, *wrong, opened=opened)
    if right:
        heading = f"Clips that {name} reads rightly ({len(right):,})"
        cut = _cut(min(len(right), len(in_order) - MOST_STRIPS))
        yield page.details(heading, *([] if wrong else [strips.KEY]), *cut, *right)


def _cut(n: int) -> list[str]:
    """What is said of the last clips, if there are any without strips."""
    if n <= 0:
        return []
    return [f"Without frames, so that the page stays small: the last {n:,}."]


def _clip(reading: VideoReading, path: Path, strip: str, *, inside: bool) -> str:
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
    wrong = f"; {escape(strips.told(reading.errors))}" if reading.errors else ""
    return (
        f'<article class="clip"><header><strong>{escape(reading.text)}</strong> read as '
        f'<span class="read">{letters or "nothing"}</span>, corrected: '
        f"{escape(reading.corrected) or 'nothing'}<br><small>{escape(path.name)}{who}, "
        f"{reading.letters_per_s:.1f} letters/s{wrong}</small></header>"
        f'<video controls muted playsinline preload="metadata" src="{escape(source)}" '
        f'aria-label="{escape(path.name)}"></video>{strip}</article>'
    )
