"""The rendered hand on a page: where its files are, how it looks, and one letter of it.

What draws it is three.js, which npm builds in the repository's folder `web` into `static/three`, and
which becomes part of the wheel. Where it is missing, or a browser cannot draw with WebGL, lessons show
stills of the same hand (scripts/make_letter_stills.py), and words cannot be fingerspelled.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from starlette.routing import BaseRoute, Mount

from fingerspell.app.component_parts import component
from fingerspell.app.learn.keyframes import as_json, letter_keyframes
from fingerspell.app.page_files import PageFiles
from fingerspell.core.alphabet import MOVING_LETTERS

PACKAGE = "fingerspell.app.learn"
STATIC = Path(__file__).with_name("static")
FILES = "/fingerspell/learn"
THREE, HAND = "three/three.mjs", "hand.glb"
NOT_BUILT = (
    "The moving hand is not built here: run `npm ci && npm run build` in the repository's folder web, "
    "then start the app again."
)
HANDS = ("Right", "Left")
SIDES = ("As others see it", "As the signer sees it")
DARKEST, USUAL_TONE = 10, 4  # skin tones, from 1, the lightest


@dataclass(frozen=True)
class Looks:
    """How the hand looks.

    Attributes:
        tone: of the skin, 1 to 10, light to dark.
        left: whether it is a left hand.
        behind: whether it is seen from the signer's side.
    """

    tone: int = USUAL_TONE
    left: bool = False
    behind: bool = False


def routes() -> Sequence[BaseRoute]:
    """The routes of the hand and of what draws it."""
    return [Mount(FILES, PageFiles(directory=STATIC))]


def is_built() -> bool:
    """Whether what draws the hand is here."""
    return (STATIC / THREE).is_file()


def addresses() -> Mapping[str, str] | None:
    """Where a page finds `three` and `hand`; None if it would not."""
    return {"three": f"{FILES}/{THREE}", "hand": f"{FILES}/{HAND}"} if is_built() else None


def letter_hand(letter: str, looks: Looks, says: str, *, text: Mapping[str, Any] | None = None) -> None:
    """Show the hand that signs a letter, moving where the letter moves.

    Args:
        letter: A to Z.
        looks: of the hand.
        says: what is shown, for who does not see it.
        text: beside it: `heading`, `word` with how much of it is `done`, and paragraphs, `lines`.
    """
    moves = letter in MOVING_LETTERS
    _component()(
        key="learn_shown",
        data={
            "addresses": addresses(),
            "letter": letter,
            "frames": as_json(letter_keyframes(letter)) if moves else [],
            "looks": asdict(looks),
            "says": says,
            "still": _still(letter),
            "text": dict(text or {}),
        },
    )


@cache
def _still(letter: str) -> str:
    """A picture of the letter: of a right hand, as others see it."""
    content = (STATIC / "letters" / f"{letter}.webp").read_bytes()
    return f"data:image/webp;base64,{base64.b64encode(content).decode()}"


def _component() -> Any:
    return component("hand", PACKAGE, "letter.html", "learn.css", "hand.js", "letter.js")
