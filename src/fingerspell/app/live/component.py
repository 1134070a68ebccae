"""The camera on a page: a Streamlit component whose parts are the files in `static`."""

from collections.abc import Callable, Mapping
from typing import Any

from fingerspell.app import settings, visitor
from fingerspell.app.component_parts import component
from fingerspell.app.hand_drawing import BONES
from fingerspell.app.live import in_page
from fingerspell.app.live.session import LiveSession
from fingerspell.app.live.socket import PATH
from fingerspell.core.types import known_to

SCRIPTS = (
    "sentences.js",
    "camera.js",
    "asking.js",
    "reader.js",
    "link.js",
    "text.js",
    "drawing.js",
    "live.js",
)  # joined, as one module


PICTURES = "Your video stays on this computer. Only the pictures that you take are kept."


def camera(
    session: LiveSession,
    key: str,
    on_signs: Callable[[], None] | None = None,
    *,
    takes_pictures: bool = False,
) -> None:
    """Show the camera that feeds `session`.

    Args:
        session: what reads it.
        key: of the component on its page.
        on_signs: called, and the page run again, whenever signs have been added or taken back; the
            text then stands in the session. The camera is shown without text and keys then.
        takes_pictures: whether the session is to get the pictures, so that the page may not read them
            by itself.
    """
    may_read = in_page.is_built() and not takes_pictures
    callbacks: dict[str, Any] = {"on_revision_change": on_signs} if on_signs else {}
    _component()(
        key=key,
        data={
            "token": session.token,
            "path": PATH,
            "bones": BONES,
            "caption": session.caption(),
            "compact": on_signs is not None,
            "welcome": PICTURES if takes_pictures else _welcome(),
            "inPage": _in_page(session) if may_read else None,
            "inPageOnly": settings.current().in_page_only,
        },
        **callbacks,
    )


def _in_page(session: LiveSession) -> Mapping[str, Any]:
    """What the page needs to read by itself."""
    read = known_to(session.reader.classifier).places_of(session.alphabet)
    return in_page.reader_for(visitor.model(), read)


def _welcome() -> str:
    if settings.current().is_local:
        return "Your video stays on this computer. Nothing is saved."
    return "Your video goes to the computer that serves this page. Nothing is saved."


def _component() -> Any:
    return component("camera", "fingerspell.app.live", "live.html", "live.css", *SCRIPTS)
