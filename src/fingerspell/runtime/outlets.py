"""Text and pictures for other programs: typed into the focused window, and as a camera of their own.

pynput types, and pyvirtualcam sends pictures to a camera that the system or OBS brings; both come with
the extra `out`. Each says in one sentence what keeps it from working here.
"""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fingerspell.errors import OutletError
from fingerspell.extras import extra
from fingerspell.runtime.burn_in import draw_caption

MOST_BACK = 60  # characters that are typed anew at most, where a correction changes what was typed
CAMERA_FPS = 30.0
LONGEST_CAPTION = 40  # characters of the newest text in a picture


class Keys(Protocol):
    """What types."""

    def type(self, text: str) -> None:
        """Type a text."""

    def back(self) -> None:
        """Delete a character to the left."""


class Typist:
    """Types a text as it grows, and mends what a correction changes.

    Args:
        keys: what types.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._typed = ""

    def show(self, text: str) -> None:
        """Have this text typed.

        What changes farther back than `MOST_BACK` characters stays as it was typed.
        """
        both = zip(self._typed, text, strict=False)
        same = next((i for i, (a, b) in enumerate(both) if a != b), min(len(self._typed), len(text)))
        if len(self._typed) - same > MOST_BACK:
            same = len(self._typed)
            text = self._typed + text[same:]
        for _ in self._typed[same:]:
            self._keys.back()
        self._keys.type(text[same:])
        self._typed = text


class _PynputKeys:
    def __init__(self, keyboard: Any) -> None:
        self._controller, self._back = keyboard.Controller(), keyboard.Key.backspace

    def type(self, text: str) -> None:
        self._controller.type(text)

    def back(self) -> None:
        self._controller.tap(self._back)


def open_typist() -> Typist:
    """What types into the window that has the focus.

    Raises:
        MissingExtraError: pynput is not installed.
        OutletError: this system lets no program type.
    """
    with extra("out"):
        try:
            from pynput import keyboard  # noqa: PLC0415
        except ModuleNotFoundError:
            raise
        except ImportError as error:  # it looks for a screen when it is imported
            raise OutletError(
                "there is no screen to type on: on Linux, start this in an X session (under Wayland, "
                "only windows of X programs can be typed into)."
            ) from error
    return Typist(_PynputKeys(keyboard))


class VirtualCamera:
    """Shows frames with the newest text as a camera that other programs can choose.

    Args:
        open_camera: opens a camera of a width and a height, in pixels.

    Raises:
        OutletError: with the first frame, if there is no such camera.
    """

    def __init__(self, open_camera: Callable[[int, int], Any] | None = None) -> None:
        self._open = open_camera or _open_camera
        self._camera: Any = None

    def show(self, pixels: NDArray[np.uint8], text: str) -> None:
        """Send RGB [H, W, 3] with the end of a text; later frames are given the first one's size."""
        height, width = (side // 2 * 2 for side in pixels.shape[:2])
        if self._camera is None:
            self._camera = self._open(width, height)
        size = (self._camera.width, self._camera.height)
        picture = pixels[:height, :width]
        if (width, height) != size:
            picture = np.asarray(Image.fromarray(picture).resize(size))
        newest = text[-LONGEST_CAPTION:]
        self._camera.send(draw_caption(picture, newest) if newest.strip() else picture)

    def close(self) -> None:
        """Take the camera away."""
        if self._camera is not None:
            self._camera.close()


def _open_camera(width: int, height: int) -> Any:
    with extra("out"):
        import pyvirtualcam  # noqa: PLC0415
    try:
        return pyvirtualcam.Camera(width, height, CAMERA_FPS)
    except RuntimeError as error:
        raise OutletError(
            "there is no virtual camera: install OBS Studio and start its virtual camera once, or, on "
            "Linux, run `sudo modprobe v4l2loopback`."
        ) from error
