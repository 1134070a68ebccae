"""The page "Sign"."""

import streamlit as st

from fingerspell.app import settings, visitor
from fingerspell.app.captions.routes import events_address, page_address
from fingerspell.app.live.component import camera
from fingerspell.app.small_print import escaped, small
from fingerspell.errors import AppError


def show() -> None:
    """Sign to the camera; everything happens in the component."""
    st.title("Sign to the camera")
    camera(visitor.session("live"), "live")
    visitor.offer_digits()
    with st.expander("Tips for better recognition"):
        st.markdown(
            "- Hold the hand at the height of your shoulder, palm to the camera, with light on it.\n"
            "- Hold each letter for about a third of a second. Either hand will do.\n"
            "- For a double letter, open the hand or take it away in between.\n"
            "- Pause for a second between words.\n"
            "- J and Z are drawn in the air; they are recognised less well than the others.\n"
            "- Corrections can be refused: press Keep, or edit the text."
        )
    if settings.current().is_local:
        with st.expander("Captions in other programs"):
            _show_addresses()


def _show_addresses() -> None:
    """Where OBS and other programs of this computer find what is signed here."""
    try:
        page, events = page_address(), events_address()
    except AppError as error:
        st.error(escaped(str(error)))
        return
    small("In OBS, add a Browser source with this address. Keep this page in view while you sign.")
    st.code(page, None)
    small("Programs of your own get every letter and the text as JSON from this WebSocket.")
    st.code(events, None)
    small("Keep both addresses to yourself: whoever has them can read what you sign on this computer.")
