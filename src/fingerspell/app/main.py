"""The script that Streamlit runs for every visitor: the list of pages."""

from pathlib import Path

import streamlit as st

from fingerspell.app import settings
from fingerspell.app.learn import page as learn
from fingerspell.app.live import page as live
from fingerspell.app.results import page as results
from fingerspell.app.upload import page as upload

ICON = Path(__file__).with_name("icon.svg")
# Streamlit leaves 96 pixels above a page, and its headings are made for reports.
STYLE = """<style>
.stMainBlockContainer { padding-top: 4.5rem; padding-bottom: 2rem; }
.stMainBlockContainer h1 { font-size: 1.75rem; padding: 0.5rem 0; }
</style>"""


def main() -> None:
    """Show the page that the visitor chose."""
    st.set_page_config("fingerspell", str(ICON), layout="wide")
    st.html(STYLE)
    pages = [
        st.Page(live.show, title="Sign", icon=":material/videocam:", url_path="sign", default=True),
        st.Page(upload.show, title="Read files", icon=":material/movie:", url_path="read"),
        st.Page(learn.show, title="Learn", icon=":material/school:", url_path="learn"),
        st.Page(results.show, title="Results", icon=":material/monitoring:", url_path="results"),
    ]
    if settings.current().in_page_only:
        del pages[1]  # the server reads files
    st.navigation(pages, position="top").run()


main()
