"""The page "Live"."""

import streamlit as st

from fingerspell.app import settings, visitor
from fingerspell.app.live import in_page
from fingerspell.app.live.component import camera


def show() -> None:
    """Sign to the camera; everything happens in the component."""
    st.title("Sign to the camera")
    camera(visitor.session("live"), "live")
    with st.expander("How to sign so that it is read well"):
        st.markdown(
            "- Hold the hand at the height of your shoulder, palm to the camera, with light on it.\n"
            "- Hold each letter for about a third of a second. Either hand will do.\n"
            "- For a double letter, open the hand or take it away in between.\n"
            "- Pause for a second between words.\n"
            "- J and Z are drawn in the air; they are read less surely than the others."
        )
    if settings.current().is_local and not in_page.is_built():
        with st.expander("Reading inside this page"):
            st.markdown(f"Pictures can be read without leaving the browser: {in_page.HOW_TO_BUILD}")
