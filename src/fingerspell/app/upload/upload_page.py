"""The page "Read files"."""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from fingerspell.app import settings, visitor
from fingerspell.app.component_parts import component
from fingerspell.app.small_print import escaped, small
from fingerspell.app.tables import show_table
from fingerspell.app.upload.opening import Apart, Here
from fingerspell.app.upload.reading import (
    Progress,
    ReadPicture,
    ReadVideo,
    caption_video,
    read_upload,
)
from fingerspell.errors import MediaError
from fingerspell.runtime.writers import WRITERS, to_vtt

MOST_FILES = 50
COLUMNS = 3
DOWNLOADS = {"txt": "Text", "srt": "SubRip", "vtt": "WebVTT", "tsv": "Table", "json": "JSON"}
SMALLEST_STEP = 0.01
MINUTE_S = 60
FIRST_ESTIMATE_S = 1.0  # after which the time left is said
Result = ReadPicture | ReadVideo | MediaError | None  # None was cancelled


def show() -> None:
    """Take files, read each, and show what was read, in the order in which they were given."""
    st.title("Read pictures and video")
    limits = settings.current()
    where = "this computer" if limits.is_local else "the computer that serves this page"
    uploads = st.file_uploader(
        f"Pictures and videos of up to {limits.longest_upload_s / 60:g} minutes and "
        f"{limits.largest_upload_mb} MB each. They are read on {where}. Nothing is saved.",
        accept_multiple_files=True,
        max_upload_size=limits.largest_upload_mb,
    )
    visitor.offer_digits()
    if len(uploads) > MOST_FILES:
        st.warning(f"Only the first {MOST_FILES} of {len(uploads)} files are read.")
    _forget_others(uploads)
    read = [(upload, _read(upload)) for upload in uploads[:MOST_FILES]]
    _show_text([result for _, result in read])
    pictures: list[ReadPicture] = []
    for number, (upload, result) in enumerate(read):
        if isinstance(result, ReadPicture):
            pictures.append(result)
            continue
        _show_pictures(pictures, number)
        pictures.clear()
        if isinstance(result, ReadVideo):
            _show_video(result, number)
        elif isinstance(result, MediaError):
            st.error(escaped(str(result)))
        else:
            _offer_again(upload)
    _show_pictures(pictures, len(read))


def _opener() -> Here | Apart:
    """Untrusted files are decoded in a process of their own."""
    limits = settings.current()
    return Here() if limits.is_local else Apart(limits.longest_upload_s, limits.decoding_mb)


def _read(upload: UploadedFile) -> Result:
    """The file, read; once for as long as it stays on the page."""
    results: dict[Any, Result] = st.session_state.setdefault("uploads_read", {})
    key = (upload.file_id, visitor.model(), visitor.digits())
    if key not in results:
        with _progress(upload.name, lambda: results.update({key: None})) as show_share:
            try:
                results[key] = read_upload(
                    upload.name,
                    upload.getvalue(),
                    visitor.reader(),
                    settings.current().longest_upload_s,
                    show_share,
                    _opener(),
                )
            except MediaError as error:
                results[key] = error
    return results[key]


def _offer_again(upload: UploadedFile) -> None:
    """Say that reading was cancelled, and offer to read after all."""
    results: dict[Any, Result] = st.session_state["uploads_read"]

    def forget() -> None:
        results.pop((upload.file_id, visitor.model(), visitor.digits()), None)

    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{escaped(upload.name)}: cancelled.")
        st.button("Read it", key=f"again_{upload.file_id}", on_click=forget)


def _forget_others(uploads: list[UploadedFile]) -> None:
    """Let go of what was read from files that have been removed."""
    kept = {upload.file_id for upload in uploads}
    results: dict[Any, Result] = st.session_state.get("uploads_read", {})
    for key in [key for key in results if key[0] not in kept]:
        del results[key]


def _show_text(results: list[Result]) -> None:
    """The letters of several pictures, in order: a word that was given letter by letter."""
    letters = [result.letter or "?" for result in results if isinstance(result, ReadPicture)]
    if len(letters) > 1:
        text = "".join(letters)
        with st.container(border=True):
            st.markdown(f"## {escaped(text)}")
            small("The letters of the pictures, in order; ? where none was seen.")
            st.download_button("Save text", f"{text}\n", "pictures.txt", on_click="ignore", key="text")


def _show_pictures(pictures: list[ReadPicture], after: int) -> None:
    """Pictures side by side.

    Args:
        pictures: that follow one another.
        after: how many files stand before the next, which tells the buttons apart.
    """
    for start in range(0, len(pictures), COLUMNS):
        row = pictures[start : start + COLUMNS]
        for place, (column, picture) in enumerate(zip(st.columns(COLUMNS), row, strict=False), start):
            with column, st.container(border=True):
                _show_picture(picture, f"{after}_{place}")


def _show_picture(picture: ReadPicture, key: str) -> None:
    sign, probability = picture.best[0]
    st.image(picture.drawn, width="stretch")
    if not picture.has_hand:
        st.markdown("## No hand was found.")
    else:
        name = "No letter" if sign == "nothing" else sign
        st.markdown(f"## {name} &ensp; {probability:.0%}")
    small(escaped(picture.name))
    if picture.has_hand:
        rows = [(sign, f"{probability:.1%}") for sign, probability in picture.best]
        show_table(f"Signs in {picture.name}", ("sign", "probability"), rows)
        drawn = f"{picture.name.rpartition('.')[0] or picture.name}.hand.png"
        st.download_button(
            "Save with the hand", lambda: _png(picture), drawn, "image/png", on_click="ignore", key=key
        )


def _png(picture: ReadPicture) -> bytes:
    content = io.BytesIO()
    picture.drawn.save(content, "PNG")
    return content.getvalue()


def _show_video(video: ReadVideo, number: int) -> None:
    transcript = video.transcript
    with st.container(border=True):
        left, right = st.columns([3, 2])
        with left:
            st.video(video.shown or video.content, subtitles=to_vtt(transcript))
            small(f"{escaped(video.name)}: {transcript.duration_s:.1f} s, {transcript.frames} frames")
            if video.shown:
                small("Shown as a smaller copy without sound, since browsers cannot play the file.")
            if video.damage:
                st.warning(escaped(video.damage))
        with right:
            st.markdown(f"## {transcript.text or 'No letters were seen.'}")
            if transcript.raw_text.strip() != transcript.text:
                small(f"Signed: {transcript.raw_text}")
            letters = transcript.as_dict()["letters"]
            _timeline()(key=f"timeline_{number}", data={"letters": letters})
            _downloads(video, number)


def _downloads(video: ReadVideo, number: int) -> None:
    stem = video.name.rpartition(".")[0]
    with st.container(horizontal=True):
        for suffix, label in DOWNLOADS.items():
            st.download_button(
                label,
                WRITERS[suffix](video.transcript),
                f"{stem}.{suffix}",
                on_click="ignore",
                key=f"{suffix}_{number}",
            )
        if st.button("Make a captioned video", key=f"captions_{number}"):
            _offer_captioned(video, stem, number)


def _offer_captioned(video: ReadVideo, stem: str, number: int) -> None:
    with _progress(video.name, lambda: None) as show_share:
        try:
            content = caption_video(video, show_share, _opener())
        except MediaError as error:
            st.error(escaped(str(error)))
            return
    name = f"{stem}.captioned.mp4"
    st.download_button(
        f"Save {escaped(name)}", content, name, "video/mp4", on_click="ignore", key=f"mp4_{number}"
    )


@contextmanager
def _progress(name: str, on_cancel: Callable[[], None]) -> Iterator[Progress]:
    """A bar with the time left and a way out, both gone afterwards; it moves in whole per cents.

    Whoever presses Cancel has the page run again, which ends this run where it next shows something.
    """
    place = st.empty()
    with place.container():
        bar = st.progress(0.0, f"Reading {escaped(name)}")
        st.button("Cancel", key=f"cancel_{name}_{time.monotonic_ns()}", on_click=on_cancel)
    began_s, doing, shown = time.monotonic(), "", 0.0

    def show_share(what: str, share: float) -> None:
        nonlocal began_s, doing, shown
        if what != doing:
            began_s, doing, shown = time.monotonic(), what, 0.0
        if share - shown >= SMALLEST_STEP:
            shown = share
            bar.progress(share, f"{what} {escaped(name)}{_left(time.monotonic() - began_s, share)}")

    try:
        yield show_share
    finally:
        place.empty()


def _left(spent_s: float, share: float) -> str:
    if spent_s < FIRST_ESTIMATE_S:
        return ""
    left_s = round(spent_s * (1 - share) / share)
    return (
        f": {left_s // MINUTE_S} min {left_s % MINUTE_S} s left"
        if left_s >= MINUTE_S
        else f": {left_s} s left"
    )


def _timeline() -> Any:
    return component(
        "timeline", "fingerspell.app.upload", "timeline.html", "timeline.css", "timeline.js"
    )
