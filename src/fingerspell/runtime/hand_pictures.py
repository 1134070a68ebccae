"""The photographs of signed letters in `assets/hands`: training of personal readers reminds of them."""

from importlib.resources import files

from fingerspell.core.alphabet import LETTERS


def hand_picture(letter: str) -> bytes:
    """A WebP picture of a letter, 240x240 pixels; J and Z with the way they are drawn.

    It shows a right hand as others see it, or a left one in a mirror
    (`scripts/make_learn_pictures.py`).
    """
    return (files("fingerspell") / "assets" / "hands" / f"{letter}.webp").read_bytes()


def hand_pictures() -> list[bytes]:
    """Those of all letters, A to Z."""
    return [hand_picture(letter) for letter in LETTERS]
