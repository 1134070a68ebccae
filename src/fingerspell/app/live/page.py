"""The page "Sign"."""

import streamlit as st

from fingerspell.app import visitor
from fingerspell.app.live.component import camera


def show() -> None:
    """Sign to the camera; everything happens in the component."""
    st.title("Sign to the camera")
    camera(visitor.session("live"), "live")
    with st.expander("Tips for better recognition"):
        st.markdown(
            "- Hold the hand at the height of your shoulder, palm to the camera, with light on it.\n"
            "- Hold each letter for about a third of a second. Either hand will do.\n"
            "- For a double letter, open the hand or take it away in between.\n"
            "- Pause for a second between words.\n"
            "- J and Z are drawn in the air; they are recognised less well than the others.\n"
            "- Corrections can be refused: press Keep, or edit the text."
        )
