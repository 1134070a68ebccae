"""The variants of each sign that `letter_poses.toml` lists."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

FINGERS = ("index", "middle", "ring", "little")
TABLE = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True)
class Touch:
    """What the thumb lies on: a finger's side, a point near a finger, or a point over the palm.

    Attributes:
        by: the part of the thumb.
        finger: one of `FINGERS`; the bone (0 to 2) and the share of its length follow.
        side: of the finger.
        off: from the middle of the bone, in its frame (`skeleton.Rest`), in palms.
        palm: the point over the palm, in palms.
    """

    by: Literal["pad", "tip"]
    finger: str = "index"
    bone: int = 0
    at: float = 0.0
    side: Literal["thumb", "back"] | None = None
    off: tuple[float, ...] = (0.0, 0.0, 0.0)
    palm: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Variant:
    """One way to sign; the table's head says what is what.

    Attributes:
        fingers: four of four angles, index to little finger.
        thumb: five angles.
        thumb_points: where its last bone leads, nearly, or zeros.
    """

    share: float
    name: str
    fingers: tuple[tuple[float, ...], ...]
    thumb: tuple[float, ...]
    thumb_points: tuple[float, ...] = (0.0, 0.0, 0.0)
    touches: tuple[Touch, ...] = ()
    view: tuple[float, ...] = (0.0, 0.0, 0.0)
    view_std: tuple[float, ...] = (14.0, 18.0, 27.0)
    free: bool = False
    wrist: tuple[float, ...] = (0.0, 0.0)
    wrist_std: tuple[float, ...] = (8.0, 6.0)
    finger_std: float = 5.0
    give: float = 7.0


def read_variants() -> dict[str, list[Variant]]:
    """The variants of each sign, in the table's order."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return {
        sign: [_variant(row, table["hands"], table["thumbs"]) for row in rows]
        for sign, rows in table["signs"].items()
    }


def _variant(row: dict[str, Any], hands: dict[str, Any], thumbs: dict[str, Any]) -> Variant:
    given = dict(row)
    hand = dict(zip(FINGERS, hands[given.pop("hand")], strict=True)) if "hand" in given else {}
    hand |= {finger: given.pop(finger) for finger in FINGERS if finger in given}
    thumb = given.pop("thumb")
    if isinstance(thumb, str):
        given["thumb_points"] = tuple(thumbs[thumb]["points"])
        thumb = thumbs[thumb]["angles"]
    return Variant(
        fingers=tuple(tuple(hand[finger]) for finger in FINGERS),
        thumb=tuple(thumb),
        touches=tuple(Touch(**touch) for touch in given.pop("touches", ())),
        **given,
    )
