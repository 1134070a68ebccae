"""The page "Learn"."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st
from platformdirs import user_data_path

from fingerspell.app import settings, visitor
from fingerspell.app.learn.coaching import Coach
from fingerspell.app.learn.letters import HOW, LEVELS, listed, look_alikes
from fingerspell.app.learn.practice import (
    CHALLENGE,
    CLOCK_S,
    MODES,
    READING,
    READING_WORDS,
    START,
    Practice,
)
from fingerspell.app.learn.practice_schedule import Progress
from fingerspell.app.learn.progress_charts import show_progress
from fingerspell.app.learn.rendered_hand import DARKEST, HANDS, SIDES, USUAL_TONE, Looks, letter_hand
from fingerspell.app.learn.words_page import Choice, choose_words, show_words, take_link
from fingerspell.app.live.component import camera
from fingerspell.app.live.session import LiveSession
from fingerspell.app.small_print import escaped, small
from fingerspell.errors import AppError

MARKS = {"right": "\N{CHECK MARK} ", "wrong": "\N{BALLOT X} ", "": ""}


def show() -> None:
    """Choose what to practise, practise it, and see the progress."""
    st.title("Learn the letters")
    try:
        progress = _progress()
    except AppError as error:
        st.error(escaped(str(error)))
        return
    take_link(MODES)
    chosen = _choose(progress)
    if isinstance(chosen.what, Choice):
        show_words(progress, chosen.what, chosen.looks)
        show_progress(progress, "read", _now())
        return
    practice = _practice(progress, chosen.mode, chosen.what)
    if practice.skill == "read":
        _show_reading(practice, chosen.looks)
    else:
        _show_signing(practice, chosen.looks)
    show_progress(progress, practice.skill, _now())


@dataclass(frozen=True)
class _Chosen:
    """What is practised: a mode, its level or the words that are read, and how the hand looks."""

    mode: str
    what: str | Choice
    looks: Looks


def _choose(progress: Progress) -> _Chosen:
    """All but the mode is folded up, so that phones have room for the camera."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        mode = st.selectbox(
            "Practise", MODES, key="learn_mode", width=185, label_visibility="collapsed"
        )
        reads_words = mode == READING_WORDS
        name = "Words and hand" if reads_words else "Level and hand"
        with st.popover(name, icon=":material/tune:"):
            what = choose_words(progress) if reads_words else _choose_level()
            looks = _choose_looks(mode)
    return _Chosen(mode, what, looks)


def _choose_level() -> str:
    return st.radio(
        "Level",
        LEVELS,
        captions=[f"{x.capitalize()}." for x in LEVELS.values()],
        key="learn_level",
    )


def _choose_looks(mode: str) -> Looks:
    """Whose hand is shown; beside the camera it is the learner's, as in a mirror."""
    hand = st.radio("Hand", HANDS, key="learn_hand", horizontal=True)
    tone = st.slider("Skin, light to dark", 1, DARKEST, USUAL_TONE, key="learn_tone")
    if mode in (READING, READING_WORDS):
        side = st.radio("The hand", SIDES, key="learn_side")
        return Looks(tone, left=hand == HANDS[1], behind=side == SIDES[1])
    return Looks(tone, left=hand == HANDS[0])


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


def _show_signing(practice: Practice, looks: Looks) -> None:
    left, right = st.columns([2, 3])
    with left:
        if practice.mode == CHALLENGE:
            _show_clock(practice)
        _show_target(practice, looks)
    with right:
        _show_feedback(practice)
        camera(_watched(practice), "learn_camera", _on_signs)
        st.button("Skip", key="learn_skip", on_click=_on_skip)


def _watched(practice: Practice) -> LiveSession:
    """The learner's session, with a coach for the letter that is asked for."""
    session = visitor.session("learn")
    coach = session.coach
    if practice.mode == CHALLENGE:
        session.coach = None
    elif not isinstance(coach, Coach) or coach.letter != practice.asked:
        session.coach = Coach(practice.asked)
    return session


def _on_signs() -> None:
    """Evaluate what was signed; runs before the page does."""
    practice: Practice = st.session_state["learn_practice"]
    session = visitor.session("learn")
    hint = session.coach.said if isinstance(session.coach, Coach) else None
    if practice.take(session.signs, _now(), session.trace, hint):
        session.press("clear")


def _on_skip() -> None:
    practice: Practice = st.session_state["learn_practice"]
    practice.skip(_now())
    visitor.session("learn").press("clear")


def _show_target(practice: Practice, looks: Looks) -> None:
    """What to sign and how, beside the hand that signs it where there is little room."""
    target, done = practice.target, practice.evaluation.done
    asked = target[done]
    alike = look_alikes(asked)
    often = [f"Often confused with {listed(alike)}."] if alike else []
    text: dict[str, Any] = {
        "heading": f"Sign {asked}",
        "lines": [f"{HOW[asked].capitalize()}.", *often],
    }
    if len(target) > 1:
        text |= {"word": target, "done": done}
    if practice.was_misread:
        text["lines"] = ["You misread this word. Now sign it.", *text["lines"]]
    letter_hand(asked, looks, f"The sign for {asked}", text=text)


def _show_feedback(practice: Practice) -> None:
    """What was wrong, or right; one place that screen readers read out, and that is always there."""
    kind, text = practice.feedback()
    st.html(f'<p role="status" class="feedback {kind}">{MARKS[kind]}{escape(text)}</p>')


def _show_clock(practice: Practice) -> None:
    best = practice.progress.best_clock()
    if practice.ends_at is None:
        st.button(START, type="primary", key="learn_clock", on_click=_on_clock)
        small(f"Your best: {best}." if best else "How many letters can you sign in a minute?")
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
        st.progress(left_s / CLOCK_S, f"Letters: {practice.score}. Seconds left: {left_s:.0f}.")
    else:
        st.rerun()


def _show_reading(practice: Practice, looks: Looks) -> None:
    left, right = st.columns([2, 3])
    with left:
        letter_hand(practice.target, looks, "A hand that shows a letter")
    with right:
        _show_feedback(practice)
        with st.form("learn_guess", clear_on_submit=True, border=False):
            guess = st.text_input("Your answer", max_chars=1, key="learn_letter")
            if st.form_submit_button("Check", type="primary"):
                _on_guess(practice, guess.upper())
        st.button("Skip", key="learn_skip", on_click=_on_skip)


def _on_guess(practice: Practice, guess: str) -> None:
    practice.guess(guess, _now())
    st.rerun()
