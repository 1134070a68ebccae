"""Cameras, network streams, and files played as if they were cameras.

There is always the newest frame, and a count of those that were dropped.

A thread of its own takes frames off the device as they come, so that a slow reader never falls
behind: it finds the newest one and the older ones are gone. Only a file on a web server has no present
to fall behind, so all of it is read, unless it is played as a camera.
"""

import errno
import http.client
import platform
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray

from fingerspell.core.types import Frame
from fingerspell.errors import MediaError
from fingerspell.runtime.media.display import Display, pixel_shape
from fingerspell.runtime.media.timeline import Timeline
from fingerspell.runtime.media.video import decodable, frames_in, open_video, video_stream

FILMED_S = 0.1  # how often a picture of a file that is shown for longer is filmed again
OPEN_TIMEOUT_S = 10.0  # a camera or server that says nothing for this long is not there
CAMERA_SIZE = "640x480"


class LiveSource:
    """A camera by its index, a network address (RTSP and what else FFmpeg speaks), or a video file.

    Args:
        source: which.
        as_camera: play what is a file, here or on a web server, at its own pace, as if a camera were
            filming it.

    Attributes:
        dropped: frames that came while the reader was still busy with an older one.
    """

    def __init__(self, source: str | int | Path, *, as_camera: bool = False) -> None:
        self.source = source
        self.as_camera = as_camera
        self.dropped = 0
        self._started_s: float | None = None
        self._newest: Frame | None = None
        self._failure: MediaError | None = None
        self._ended = False
        self._changed = threading.Condition()

    def frames(self) -> Iterator[Frame]:
        """Yield the newest frame whenever there is a newer one, until the source ends.

        Times are seconds since the first frame arrived; of a file on a web server, its own. Closing the
        iterator closes the source.

        Raises:
            MediaError: the camera or address cannot be opened, or fails while it is read.
        """
        self._newest, self._failure, self._ended = None, None, False
        with self._open() as container:
            receiver = threading.Thread(target=self._receive, args=(container,), daemon=True)
            receiver.start()
            try:
                while (frame := self._wait_for_newest()) is not None:
                    yield frame
            finally:
                with self._changed:
                    self._ended = True
                    self._changed.notify()
                receiver.join(OPEN_TIMEOUT_S)
        if self._failure:
            raise self._failure

    def clock_s(self) -> float:
        """Seconds since the first frame arrived, on the clock of the frames' times."""
        return 0.0 if self._started_s is None else time.monotonic() - self._started_s

    def _wait_for_newest(self) -> Frame | None:
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._ended)
            frame, self._newest = self._newest, None
            self._changed.notify()
            return frame

    def _receive(self, container: InputContainer) -> None:
        is_whole = self._is_file(container) and not self.as_camera
        try:
            if is_whole:
                frames = frames_in(container, self._label)
            elif self._is_file(container):
                frames = self._filmed(frames_in(container, self._label))
            else:
                frames = self._as_they_come(container)
            for frame in frames:
                if not self._hand_over(frame, waits=is_whole):
                    return
        except MediaError as error:
            self._failure = error
        except av.FFmpegError as error:
            self._failure = MediaError(f"{self._label} stopped giving images ({error.strerror}).")
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify()

    def _as_they_come(self, container: InputContainer) -> Iterator[Frame]:
        """Frames of what has no times of its own: they are when the frames came."""
        stream = video_stream(container, self._label)
        display = Display(pixel_shape(stream))
        for picture in decodable(container, stream, Timeline(container, stream)):
            yield self._now(display.pixels(picture))

    def _filmed(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """Frames of a file at its own pace; one that is shown for long is filmed several times."""
        begin_s: float | None = None
        for frame in frames:
            begin_s = frame.time_s if begin_s is None else begin_s
            for again in range(max(1, round((frame.duration_s or 0.0) / FILMED_S))):
                due_s = frame.time_s - begin_s + again * FILMED_S
                time.sleep(max(0.0, due_s - self.clock_s()))
                yield self._now(frame.pixels)

    def _now(self, pixels: NDArray[np.uint8]) -> Frame:
        if self._started_s is None:
            self._started_s = time.monotonic()
        return Frame(self.clock_s(), pixels)

    def _hand_over(self, frame: Frame, *, waits: bool) -> bool:
        """Make a frame the newest one, or wait for the one before; whether more are wanted."""
        with self._changed:
            if waits:
                self._changed.wait_for(lambda: self._newest is None or self._ended)
            if self._ended:
                return False
            self.dropped += self._newest is not None
            self._newest = frame
            self._changed.notify()
            return True

    def _is_file(self, container: InputContainer) -> bool:
        """Whether it was filmed before: what a web server sends with a length, too."""
        if not isinstance(self.source, str) or not self.source.lower().startswith("http"):
            return isinstance(self.source, Path)
        is_playlist = container.format.name in ("hls", "dash")
        return bool(container.duration) or (container.size > 0 and not is_playlist)

    @property
    def _label(self) -> str:
        return f"camera {self.source}" if isinstance(self.source, int) else str(self.source)

    def _open(self) -> InputContainer:
        if isinstance(self.source, Path):
            return open_video(self.source)
        try:
            if isinstance(self.source, int):
                container = self._open_camera(self.source)
            else:
                container = self._open_address(self.source)
        except (av.FFmpegError, ValueError, OSError) as error:
            raise MediaError(f"{self._label} cannot be opened: {self._mend(error)}.") from error
        try:
            video_stream(container, self._label)
        except MediaError:
            container.close()
            raise
        return container

    @staticmethod
    def _open_camera(index: int) -> InputContainer:
        options = {"video_size": CAMERA_SIZE, "framerate": "30"}
        match platform.system():
            case "Darwin":
                return av.open(str(index), format="avfoundation", options=options)
            case "Windows":
                cameras = [d for d in av.enumerate_input_devices("dshow") if "video" in d.media_types]
                name = cameras[index].name if index < len(cameras) else "none"
                return av.open(f"video={name}", format="dshow", options=options)
            case _:
                return av.open(f"/dev/video{index}", format="v4l2", options=options)

    @staticmethod
    def _open_address(address: str) -> InputContainer:
        options = {"rtsp_transport": "tcp"} if address.startswith("rtsp") else {}
        return av.open(address, options=options, timeout=OPEN_TIMEOUT_S)

    def _mend(self, error: Exception) -> str:
        if isinstance(self.source, str) and _is_web_page(self.source):
            return "it is a web page; download the video on it and give the file"
        if not isinstance(self.source, int):
            return "check the address, and that the camera or server is on"
        if isinstance(error, PermissionError):
            return (
                "this program may not use it; allow it in the system's privacy settings "
                "(on Linux, join the group `video`)"
            )
        if getattr(error, "errno", None) == errno.EBUSY:
            return "another program uses it; close that first"
        if isinstance(error, FileNotFoundError):
            return "check that it is plugged in, or give another with --source"
        return (
            "check that it is plugged in, that no other program uses it, and that this program may "
            "use the camera"
        )


def _is_web_page(address: str) -> bool:
    """Whether a web server answers with a page for people to look at."""
    if not address.lower().startswith(("http://", "https://")):
        return False
    try:
        with urllib.request.urlopen(address, timeout=OPEN_TIMEOUT_S) as answer:  # noqa: S310 - HTTP
            return bool(answer.headers.get_content_type() in ("text/html", "application/xhtml+xml"))
    except (OSError, ValueError, http.client.HTTPException):
        return False
