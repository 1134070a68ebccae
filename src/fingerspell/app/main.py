"""The script that Streamlit runs for every visitor: the list of pages."""

import streamlit as st

from fingerspell.app.live import page as live


def main() -> None:
    """Show the page that the visitor chose."""
    st.set_page_config("fingerspell", ":material/sign_language:", layout="wide")
    pages = [st.Page(live.show, title="Live", icon=":material/videocam:", url_path="live", default=True)]
    st.navigation(pages, position="top").run()


main()
