"""The script that Streamlit runs for every visitor: the list of pages."""

from functools import cache
from pathlib import Path

import streamlit as st

from fingerspell.app import settings
from fingerspell.app.connection import watch_connection
from fingerspell.app.learn import learn_page as learn
from fingerspell.app.live import live_page as live
from fingerspell.app.results import results_page as results
from fingerspell.app.teach import teach_page as teach
from fingerspell.app.upload import upload_page as upload

HERE = Path(__file__).parent
NAME = "fingerspell"
# Not the pages' own: Streamlit would have browsers load those from a server of Google's, as favicons.
ICONS = {
    "Sign": ":material/videocam:",
    "Read files": ":material/movie:",
    "Learn": ":material/school:",
    "My hand": ":material/back_hand:",
    "Results": ":material/monitoring:",
}


def main() -> None:
    """Show the page that the visitor chose."""
    pages = [
        st.Page(live.show, title="Sign", url_path="sign", default=True),
        st.Page(upload.show, title="Read files", url_path="read"),
        st.Page(learn.show, title="Learn", url_path="learn"),
        *([st.Page(teach.show, title="My hand", url_path="hand")] if _may_teach() else []),
        st.Page(results.show, title="Results", url_path="results"),
    ]
    if settings.current().in_page_only:
        del pages[1]  # the server reads files
    chosen = st.navigation(pages, position="hidden")
    st.set_page_config(f"{chosen.title} \N{MIDDLE DOT} {NAME}", str(HERE / "icon.svg"), layout="wide")
    st.html(f"<style>{_style()}</style>")
    with st.container(horizontal=True, key="pages"):
        st.html(f'<p class="brand">{NAME}</p>', width="content")
        for page in pages:
            st.page_link(page, icon=ICONS[page.title], width="content")
    watch_connection()
    chosen.run()


def _may_teach() -> bool:
    """Whether pictures may be kept here: on their owner's own computer alone."""
    return settings.current().is_local and not settings.current().in_page_only


@cache
def _style() -> str:
    return (HERE / "static" / "style.css").read_text("utf-8")


if __name__ == "__main__":
    main()
