"""Reading words on the page "Learn": what to read, how fast, and the results."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from fingerspell.app import component_parts as parts
from fingerspell.app.learn import rendered_hand
from fingerspell.app.learn.keyframes import as_json, keyframes
from fingerspell.app.learn.practice_schedule import Progress
from fingerspell.app.learn.rendered_hand import Looks
from fingerspell.app.learn.word_lists import (
    LISTS,
    LONGEST,
    MOST_OWN,
    OWN,
    PARAMETER,
    SHORTEST,
    OwnWords,
    link_to,
    of_length,
    own_words,
    text_of,
    words_in,
    words_of_link,
)
from fingerspell.app.learn.word_practice import FASTEST, SLOWEST, USUAL, WordReading, as_csv
from fingerspell.app.small_print import escaped, small
from fingerspell.errors import AppError

KEY = "learn_words"
LEFT_OUT_SHOWN = 5
ABOUT_RESULTS = (
    "Every answer so far: the word, what you typed, which letters you missed, and the speed."
)


@dataclass(frozen=True)
class Choice:
    """What is to be read.

    Attributes:
        of_list: one of `LISTS`.
        lengths: the least and the most letters of a word.
        letters_per_s: the speed.
        text: of one's own list.
    """

    of_list: str
    lengths: tuple[int, int]
    letters_per_s: float
    text: str = ""


def choose_words(progress: Progress) -> Choice:
    """Ask for list, length and speed; for inside a popover."""
    of_list = st.selectbox("Words", LISTS, key="words_list")
    speed = st.slider(
        "Speed, letters a second", SLOWEST, FASTEST, USUAL, 0.5, format="%.1f", key="words_speed"
    )
    if of_list == OWN:
        return Choice(of_list, (1, LONGEST * LONGEST), speed, _own_list(progress))
    shortest, longest = st.slider("Letters in a word", SHORTEST, LONGEST, (3, 6), key="words_length")
    return Choice(of_list, (shortest, longest), speed)


def _own_list(progress: Progress) -> str:
    """The text of one's own list: typed, pasted, of a file, or one that was kept."""
    _choose_kept(progress.own_lists())
    text: str = st.text_area(
        "Your words", key="words_own", height=120, help="Between spaces, commas or lines."
    )
    file = st.file_uploader("Or a file of them", type=["txt", "csv"], key="words_file")
    if file is not None:
        try:
            text += "\n" + text_of(file.getvalue(), file.name)
        except AppError as error:
            st.error(escaped(str(error)))
    if words := own_words(text).words:
        _offer_to_keep(progress, text)
        _offer_link(words)
    return text


def _choose_kept(kept: Mapping[str, str]) -> None:
    def put() -> None:
        if chosen := st.session_state["words_kept"]:
            st.session_state["words_own"] = kept[chosen]
            st.session_state["words_name"] = chosen

    if kept:
        st.selectbox(
            "Your lists",
            list(kept),
            index=None,
            placeholder="Choose one that you kept",
            key="words_kept",
            on_change=put,
        )


def _offer_to_keep(progress: Progress, text: str) -> None:
    name = st.text_input("Name", max_chars=40, key="words_name", placeholder="My class, unit 3")
    with st.container(horizontal=True):
        st.button(
            "Keep this list",
            disabled=not name.strip(),
            on_click=progress.keep_list,
            args=(name.strip(), text),
        )
        if name.strip() in progress.own_lists():
            st.button("Delete it", on_click=progress.drop_list, args=(name.strip(),))


def _offer_link(words: Sequence[str]) -> None:
    """For a teacher to send to a class."""
    address = link_to(st.context.url or "", words)
    if address is None:
        small("This list is too long for a link: send it as a file.")
        return
    small("A link that opens this list. The words are in the link itself.")
    st.code(address, None)


def take_link(modes: Sequence[str]) -> None:
    """Open the list that the page's address holds, once.

    Args:
        modes: of the page; the last one reads words.
    """
    value = st.query_params.get(PARAMETER, "")
    if value and st.session_state.get("words_link") != value:
        st.session_state.update(
            words_link=value,
            learn_mode=modes[-1],
            words_list=OWN,
            words_own=words_of_link(value),
        )


def show_words(progress: Progress, choice: Choice, looks: Looks) -> None:
    """Fingerspell words, take answers, and offer the results."""
    words, left_out, n_cut = _words(choice)
    if left_out:
        some = ", ".join(left_out[:LEFT_OUT_SHOWN]) + (
            ", \u2026" if len(left_out) > LEFT_OUT_SHOWN else ""
        )
        small(f"Left out, since the letters A to Z do not spell it: {escaped(some)}")
    if n_cut:
        small(f"Only the first {MOST_OWN:,} words are used; {n_cut:,} more are left out.")
    if not words:
        st.info(
            "Open \u201cWords and hand\u201d and type or paste your words there."
            if choice.of_list == OWN
            else "This list has no words of that length: choose others."
        )
        return
    _component()(key=KEY, data=_data(_reading(progress, choice, words), looks), on_act_change=_on_act)
    _show_results(progress)


def _words(choice: Choice) -> OwnWords:
    if choice.of_list == OWN:
        return own_words(choice.text)
    return OwnWords(of_length(words_in(choice.of_list), *choice.lengths), [], 0)


def _now() -> datetime:
    return datetime.now(UTC)


def _reading(progress: Progress, choice: Choice, words: Sequence[str]) -> WordReading:
    """What is being read; begun anew where list or length have changed."""
    held: WordReading | None = st.session_state.get("words_reading")
    if held is None or (held.of_list, tuple(held.words)) != (choice.of_list, tuple(words)):
        turn = held.turn if held else 0
        held = WordReading(progress, choice.of_list, words, choice.letters_per_s, _now(), turn=turn)
        st.session_state["words_reading"] = held
    held.choose_speed(choice.letters_per_s)
    return held


def _data(reading: WordReading, looks: Looks) -> Mapping[str, Any]:
    return {
        "addresses": rendered_hand.addresses(),
        "none": None if rendered_hand.is_built() else rendered_hand.NOT_BUILT,
        "frames": as_json(keyframes(reading.target, reading.speed)),
        "looks": asdict(looks),
        "word": reading.number,
        "turn": reading.turn,
        "answers": reading.answers,
        "revealed": reading.revealed,
        "speed": f"{reading.speed:g} letters a second",
        "kind": reading.kind,
        "said": reading.said or "Press Play, and type what you read.",
        "marks": [(mark.kind, mark.typed) for mark in reading.marks],
    }


def _on_act() -> None:
    """What the learner has done; runs before the page does."""
    act = st.session_state[KEY].act
    reading: WordReading = st.session_state["words_reading"]
    if act is None or act.get("turn") != reading.turn:
        return  # of a word that is gone
    replays = int(act.get("replays") or 0)
    if act["do"] == "answer":
        reading.answer(str(act.get("text", ""))[:100], replays, _now())
    elif act["do"] == "slower":
        reading.slower()
    elif act["do"] == "reveal":
        reading.reveal(replays, _now())


def _show_results(progress: Progress) -> None:
    records = progress.words()
    if records:
        st.download_button(
            "Save results (CSV)",
            as_csv(records),
            "fingerspelling-words.csv",
            "text/csv",
            help=ABOUT_RESULTS,
            icon=":material/download:",
        )


def _component() -> Any:
    return parts.component(
        "words", rendered_hand.PACKAGE, "words.html", "learn.css", "hand.js", "words.js"
    )
