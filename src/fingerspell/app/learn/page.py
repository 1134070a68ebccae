"""The page "Learn"."""

import base64
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

import streamlit as st
from platformdirs import user_data_path

from fingerspell.app import settings, visitor
from fingerspell.app.learn.charts import show_progress
from fingerspell.app.learn.letters import HOW, LEVELS, look_alikes
from fingerspell.app.learn.practice import CLOCK_S, MODES, Practice
from fingerspell.app.learn.progress import Progress
from fingerspell.app.live.component import camera
from fingerspell.app.small import small
from fingerspell.core.alphabet import LETTERS
from fingerspell.errors import AppError
from fingerspell.runtime.hand_pictures import hand_picture

HANDS = ("Right", "Left")
GREEN, AMBER = "#2f8f73", "#c77700"
FEEDBACK = "margin: 0; min-height: 3.2rem; padding: 0.75rem 1rem; font-size: 1.25rem"


def show() -> None:
    """Choose what to practise, practise it, and see the progress."""
    st.title("Learn the letters")
    try:
        progress = _progress()
    except AppError as error:
        st.error(str(error))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        mode = st.segmented_control(
            "Practise", MODES, default=MODES[0], required=True, key="learn_mode"
        )
        level = st.segmented_control(
            "Level", LEVELS, default=next(iter(LEVELS)), required=True, key="learn_level"
        )
        hand = st.segmented_control(
            "Your hand", HANDS, default=HANDS[0], required=True, key="learn_hand"
        )
    small(f"{level}: {LEVELS[level]}.")
    practice = _practice(progress, mode, level)
    if practice.mode == "Read hands":
        _show_reading(practice)
    else:
        _show_signing(practice, mirrored=hand == HANDS[0])
    show_progress(progress, practice.skill)


def _now() -> datetime:
    return datetime.now(UTC)


def _progress() -> Progress:
    """On this computer's disk for its own user; for visitors, in memory while they stay."""
    if settings.current().is_local:
        return _progress_on_disk(user_data_path("fingerspell") / "learn.sqlite")
    if "learn_progress" not in st.session_state:
        st.session_state["learn_progress"] = Progress(None)
    held: Progress = st.session_state["learn_progress"]
    return held


@st.cache_resource(show_spinner=False)
def _progress_on_disk(path: Path) -> Progress:
    return Progress(path)


def _practice(progress: Progress, mode: str, level: str) -> Practice:
    """The practice that goes on; another where mode or level have changed."""
    held: Practice | None = st.session_state.get("learn_practice")
    if held is None or (held.mode, held.level) != (mode, level):
        held = st.session_state["learn_practice"] = Practice(progress, mode, level, _now())
        visitor.session("learn").press("clear")
    return held


def _show_signing(practice: Practice, *, mirrored: bool) -> None:
    left, right = st.columns([2, 3])
    with left:
        if practice.mode == "Against the clock":
            _show_clock(practice)
        _show_target(practice, mirrored=mirrored)
        st.button("Skip", key="learn_skip", on_click=_on_skip)
    with right:
        _show_feedback(practice)
        camera(visitor.session("learn"), "learn_camera", _on_signs)


def _on_signs() -> None:
    """Judge what was signed; runs before the page does."""
    practice: Practice = st.session_state["learn_practice"]
    session = visitor.session("learn")
    if practice.take(session.signs, _now()):
        session.press("clear")


def _on_skip() -> None:
    practice: Practice = st.session_state["learn_practice"]
    practice.skip(_now())
    visitor.session("learn").press("clear")


def _show_target(practice: Practice, *, mirrored: bool) -> None:
    done = practice.judgement.done
    asked = practice.target[done]
    if len(practice.target) > 1:
        st.markdown(f"# :green[{practice.target[:done]}]{practice.target[done:]}")
    st.markdown(f"## Sign {asked}")
    _show_picture(asked, mirrored=mirrored, says=f"How to sign {asked}: {HOW[asked]}")
    st.markdown(f"{HOW[asked].capitalize()}.")
    if alike := look_alikes(asked):
        small(f"Easily mistaken for {' and '.join(alike)}.")


def _show_picture(letter: str, *, mirrored: bool, says: str) -> None:
    flip = "; transform: scaleX(-1)" if mirrored else ""
    address = base64.b64encode(hand_picture(letter)).decode()
    st.html(
        f'<img src="data:image/webp;base64,{address}" alt="{says}" width="240" height="240" '
        f'style="border-radius: 0.5rem; max-width: 100%{flip}">'
    )


def _show_feedback(practice: Practice) -> None:
    """What was wrong, or right; one line that screen readers read out, and that is always there."""
    wrong, right = practice.judgement.advice, practice.said
    mark, color, text = ("✗ ", AMBER, wrong) if wrong else ("✓ ", GREEN, right)
    if not text:
        mark, color = "", "currentColor"
        text = "Which letter is it?" if practice.skill == "read" else "Start the camera, and sign."
    style = f"{FEEDBACK}; border-left: 0.4rem solid {color}"
    st.html(f'<p role="status" style="{style}">{mark}{escape(text)}</p>')


def _show_clock(practice: Practice) -> None:
    best = practice.progress.best_clock()
    if practice.ends_at is None:
        st.button(f"Start {CLOCK_S} seconds", type="primary", key="learn_clock", on_click=_on_clock)
        small(f"Your best: {best} letters." if best else "How many letters can you sign?")
    else:
        _count_down(practice)


def _on_clock() -> None:
    practice: Practice = st.session_state["learn_practice"]
    practice.start_clock(_now(), _now() + timedelta(seconds=CLOCK_S))
    visitor.session("learn").press("clear")


@st.fragment(run_every="1s")
def _count_down(practice: Practice) -> None:
    if practice.runs(_now()) and practice.ends_at:
        left_s = (practice.ends_at - _now()).total_seconds()
        st.progress(left_s / CLOCK_S, f"{practice.score} letters, {left_s:.0f} seconds left")
    else:
        st.rerun()


def _show_reading(practice: Practice) -> None:
    left, right = st.columns([2, 3])
    with left:
        _show_picture(practice.target, mirrored=False, says="A hand that shows a letter")
    with right:
        _show_feedback(practice)
        with st.form("learn_guess", clear_on_submit=True, border=False):
            guess = st.text_input("Which letter is it?", max_chars=1, key="learn_letter")
            if st.form_submit_button("Check", type="primary"):
                _on_guess(practice, guess.upper())
        st.button("Skip", key="learn_skip", on_click=_on_skip)


def _on_guess(practice: Practice, guess: str) -> None:
    if guess in LETTERS:
        practice.guess(guess, _now())
        st.rerun()
