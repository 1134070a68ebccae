"""What belongs to one visitor, from page to page: the model they chose and what they sign."""

import streamlit as st

from fingerspell.app import settings
from fingerspell.app.captions.stream import STREAM
from fingerspell.app.live.session import LiveSession, open_session
from fingerspell.app.readers import reader_of, tells_digits, unspelled
from fingerspell.runtime.reader import Reader


def model() -> str:
    """The model this visitor chose: `default` or a file."""
    return str(st.session_state.get("model", settings.current().model))


def digits() -> bool:
    """Whether this visitor wants digits to be read, too."""
    return bool(st.session_state.get("digits", settings.current().digits))


def offer_digits() -> None:
    """Offer to read digits, too, where the model tells them; it holds on all pages."""
    if not tells_digits(reader_of(model())):
        return

    def keep() -> None:
        st.session_state["digits"] = st.session_state["digits_shown"]

    st.toggle(
        "Read digits, too",
        digits(),
        key="digits_shown",
        on_change=keep,
        help="0 looks like O, 2 like V, 6 like W and 9 like F. The signs beside them tell which is "
        "meant. The text begins anew.",
    )


def reader() -> Reader:
    """The reader of that model."""
    return reader_of(model(), digits=digits())


def session(purpose: str) -> LiveSession:
    """The visitor's live session for one purpose, made when it is first asked for.

    Args:
        purpose: "live" corrects the spelling; anything else takes letters as they are signed.
    """
    wanted = reader() if purpose == "live" else unspelled(model())
    key = f"session_{purpose}"
    if key not in st.session_state:
        st.session_state[key] = open_session(wanted)
    held: LiveSession = st.session_state[key]
    if held.reader is not wanted:
        held.use(wanted)
    if purpose == "live" and settings.current().is_local:
        held.listener = STREAM.tell
    return held
