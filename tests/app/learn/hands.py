"""Hands of given fingers, for tests: flat right hands that point up, seen from the palm."""

import math

WRIST = (0.5, 0.9)
BASES = ((0.42, 0.60), (0.48, 0.58), (0.54, 0.59), (0.60, 0.62))  # index to little finger
BONE = 0.09


def hand(
    fingers: str = "straight straight straight straight",
    thumb: tuple[float, float] = (0.52, 0.68),
    spread_deg: tuple[float, float, float, float] = (0, 0, 0, 0),
) -> list[tuple[float, float]]:
    """21 landmarks.

    Args:
        fingers: index to little finger, each `straight`, `bent` (its last two bones back down) or
            `folded` (its tip below its base).
        thumb: its tip.
        spread_deg: by which each finger leans to the little finger's side.
    """
    points = [WRIST]
    points += [(0.40 + (thumb[0] - 0.40) * i / 3, 0.82 + (thumb[1] - 0.82) * i / 3) for i in range(4)]
    for (x, y), how, lean in zip(BASES, fingers.split(), spread_deg, strict=True):
        dx, dy = math.sin(math.radians(lean)) * BONE, -math.cos(math.radians(lean)) * BONE
        steps = {"straight": (1, 1, 1), "bent": (1, 0.2, -0.6), "folded": (0.6, -0.7, -0.6)}[how]
        points.append((x, y))
        for step in steps:
            points.append((points[-1][0] + dx * step, points[-1][1] + dy * step))
    return points


def turned(points: list[tuple[float, float]], deg: float) -> list[tuple[float, float]]:
    """Turned about the middle of the image, clockwise."""
    cos, sin = math.cos(math.radians(deg)), math.sin(math.radians(deg))
    return [
        (0.5 + (x - 0.5) * cos - (y - 0.5) * sin, 0.5 + (x - 0.5) * sin + (y - 0.5) * cos)
        for x, y in points
    ]


def mirrored(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The other hand."""
    return [(1 - x, y) for x, y in points]
