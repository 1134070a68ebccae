"""Small print."""

import streamlit as st


def small(text: str) -> None:
    """Show a note in small letters of full contrast; `st.caption` is too pale for some eyes."""
    st.markdown(f":small[{text}]")
