"""The page "Read files"."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from fingerspell.app import settings, visitor
from fingerspell.app.small import small
from fingerspell.app.upload.reading import (
    Progress,
    ReadPicture,
    ReadVideo,
    caption_video,
    read_upload,
)
from fingerspell.errors import MediaError
from fingerspell.runtime.writers import WRITERS, to_vtt

TYPES = ["jpg", "jpeg", "png", "webp", "bmp", "mp4", "mov", "webm", "avi", "mkv", "gif"]
MOST_FILES = 50
COLUMNS = 3
DOWNLOADS = {"txt": "Text", "srt": "SubRip", "vtt": "WebVTT", "tsv": "Table", "json": "JSON"}
SMALLEST_STEP = 0.01
Result = ReadPicture | ReadVideo | MediaError


def show() -> None:
    """Take files, read each, and show what was read."""
    st.title("Read pictures and video")
    limits = settings.current()
    uploads = st.file_uploader(
        f"Pictures, or videos of at most {limits.longest_upload_s / 60:g} minutes and "
        f"{limits.largest_upload_mb} MB each. They are read here and are not kept.",
        TYPES,
        accept_multiple_files=True,
    )
    if len(uploads) > MOST_FILES:
        st.warning(
            f"Only the first {MOST_FILES} of {len(uploads)} files are read: give fewer at a time."
        )
    _forget_others(uploads)
    results = [_read(upload) for upload in uploads[:MOST_FILES]]
    for result in results:
        if isinstance(result, MediaError):
            st.error(str(result))
    _show_pictures([result for result in results if isinstance(result, ReadPicture)])
    for number, result in enumerate(results):
        if isinstance(result, ReadVideo):
            _show_video(result, number)


def _read(upload: UploadedFile) -> Result:
    """The file, read; once for as long as it stays on the page."""
    results: dict[Any, Result] = st.session_state.setdefault("uploads_read", {})
    key = (upload.file_id, visitor.model())
    if key not in results:
        with _progress(f"Reading {upload.name}") as show_share:
            try:
                results[key] = read_upload(
                    upload.name,
                    upload.getvalue(),
                    visitor.reader(),
                    settings.current().longest_upload_s,
                    show_share,
                )
            except MediaError as error:
                results[key] = error
    return results[key]


def _forget_others(uploads: list[UploadedFile]) -> None:
    """Let go of what was read from files that have been removed."""
    kept = {upload.file_id for upload in uploads}
    results: dict[Any, Result] = st.session_state.get("uploads_read", {})
    for key in [key for key in results if key[0] not in kept]:
        del results[key]


def _show_pictures(pictures: list[ReadPicture]) -> None:
    for start in range(0, len(pictures), COLUMNS):
        row = pictures[start : start + COLUMNS]
        for column, picture in zip(st.columns(COLUMNS), row, strict=False):
            sign, probability = picture.best[0]
            with column, st.container(border=True):
                st.image(picture.drawn, width="stretch")
                st.markdown(f"## {sign} &ensp; {probability:.0%}")
                small(picture.name)
                rows = [f"| {sign} | {probability:.1%} |" for sign, probability in picture.best]
                st.markdown("\n".join(["| sign | probability |", "|---|--:|", *rows]))


def _show_video(video: ReadVideo, number: int) -> None:
    transcript = video.transcript
    with st.container(border=True):
        left, right = st.columns([3, 2])
        with left:
            st.video(video.content, subtitles=to_vtt(transcript))
            small(f"{video.name}: {transcript.duration_s:.1f} s, {transcript.frames} pictures")
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
        if st.button("Draw captions into a copy", key=f"captions_{number}"):
            _offer_captioned(video, stem, number)


def _offer_captioned(video: ReadVideo, stem: str, number: int) -> None:
    with _progress("Drawing captions") as show_share:
        try:
            content = caption_video(video, show_share)
        except MediaError as error:
            st.error(str(error))
            return
    name = f"{stem}.captioned.mp4"
    st.download_button(
        f"Save {name}", content, name, "video/mp4", on_click="ignore", key=f"mp4_{number}"
    )


@contextmanager
def _progress(label: str) -> Iterator[Progress]:
    """A bar that is gone afterwards; it moves in whole per cents, so that it costs nothing."""
    bar, shown = st.progress(0.0, label), 0.0

    def show_share(share: float) -> None:
        nonlocal shown
        if share - shown >= SMALLEST_STEP:
            shown = share
            bar.progress(share, label)

    try:
        yield show_share
    finally:
        bar.empty()


@cache
def _timeline() -> Any:
    static = files("fingerspell.app.upload") / "static"
    html, css, js = ((static / f"timeline.{kind}").read_text("utf-8") for kind in ("html", "css", "js"))
    return st.components.v2.component("fingerspell_timeline", html=html, css=css, js=js)
