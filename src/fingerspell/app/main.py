"""The script that Streamlit runs for every visitor: the list of pages."""

from functools import cache
from pathlib import Path

import streamlit as st

from fingerspell.app import settings
from fingerspell.app.connection import watch_connection
from fingerspell.app.learn import page as learn
from fingerspell.app.live import page as live
from fingerspell.app.results import page as results
from fingerspell.app.upload import page as upload

HERE = Path(__file__).parent
NAME = "fingerspell"


def main() -> None:
    """Show the page that the visitor chose."""
    pages = [
        st.Page(live.show, title="Sign", icon=":material/videocam:", url_path="sign", default=True),
        st.Page(upload.show, title="Read files", icon=":material/movie:", url_path="read"),
        st.Page(learn.show, title="Learn", icon=":material/school:", url_path="learn"),
        st.Page(results.show, title="Results", icon=":material/monitoring:", url_path="results"),
    ]
    if settings.current().in_page_only:
        del pages[1]  # the server reads files
    chosen = st.navigation(pages, position="hidden")
    st.set_page_config(f"{chosen.title} \N{MIDDLE DOT} {NAME}", str(HERE / "icon.svg"), layout="wide")
    st.html(f"<style>{_style()}</style>")
    with st.container(horizontal=True, key="pages"):
        st.html(f'<p class="brand">{NAME}</p>', width="content")
        for page in pages:
            st.page_link(page, width="content")
    watch_connection()
    chosen.run()


@cache
def _style() -> str:
    return (HERE / "static" / "style.css").read_text("utf-8")


if __name__ == "__main__":
    main()
