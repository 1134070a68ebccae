"""Cameras and network streams: always the newest frame, and a count of those that were dropped.

A thread of its own takes frames off the device as they come, so that a slow reader never falls
behind: it finds the newest one and the older ones are gone.
"""

import platform
import threading
import time
from collections.abc import Iterator

import av
from av.container import InputContainer

from fingerspell.core.types import Frame
from fingerspell.errors import MediaError
from fingerspell.runtime.media.video import video_pixels

OPEN_TIMEOUT_S = 10.0  # a camera or server that says nothing for this long is not there
CAMERA_SIZE = "640x480"


class LiveSource:
    """A camera by its index, or a network address (RTSP and what else FFmpeg speaks).

    Attributes:
        dropped: frames that came while the reader was still busy with an older one.
    """

    def __init__(self, source: str | int) -> None:
        self.source = source
        self.dropped = 0
        self._newest: Frame | None = None
        self._failure: MediaError | None = None
        self._ended = False
        self._changed = threading.Condition()

    def frames(self) -> Iterator[Frame]:
        """Yield the newest frame whenever there is a newer one, until the source ends.

        Times are seconds since the first frame arrived. Closing the iterator closes the source.

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
                self._ended = True
                receiver.join(OPEN_TIMEOUT_S)
        if self._failure:
            raise self._failure

    def _wait_for_newest(self) -> Frame | None:
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._ended)
            frame, self._newest = self._newest, None
            return frame

    def _receive(self, container: InputContainer) -> None:
        started = time.monotonic()
        try:
            for picture in container.decode(video=0):
                frame = Frame(time.monotonic() - started, video_pixels(picture))
                with self._changed:
                    if self._ended:
                        return
                    self.dropped += self._newest is not None
                    self._newest = frame
                    self._changed.notify()
        except av.FFmpegError as error:
            self._failure = MediaError(f"{self._label} stopped giving pictures ({error.strerror}).")
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify()

    @property
    def _label(self) -> str:
        return f"camera {self.source}" if isinstance(self.source, int) else str(self.source)

    def _open(self) -> InputContainer:
        try:
            container = self._open_camera() if isinstance(self.source, int) else self._open_address()
        except (av.FFmpegError, ValueError, OSError) as error:
            raise MediaError(f"{self._label} cannot be opened: {self._mend()}.") from error
        if not container.streams.video:
            container.close()
            raise MediaError(f"{self._label} sends no picture: choose another camera or address.")
        return container

    def _open_camera(self) -> InputContainer:
        options = {"video_size": CAMERA_SIZE, "framerate": "30"}
        match platform.system():
            case "Darwin":
                return av.open(str(self.source), format="avfoundation", options=options)
            case "Windows":
                cameras = [d for d in av.enumerate_input_devices("dshow") if "video" in d.media_types]
                name = cameras[int(self.source)].name if int(self.source) < len(cameras) else "none"
                return av.open(f"video={name}", format="dshow", options=options)
            case _:
                return av.open(f"/dev/video{self.source}", format="v4l2", options=options)

    def _open_address(self) -> InputContainer:
        options = {"rtsp_transport": "tcp"} if str(self.source).startswith("rtsp") else {}
        return av.open(str(self.source), options=options, timeout=OPEN_TIMEOUT_S)

    def _mend(self) -> str:
        if not isinstance(self.source, int):
            return "check the address, and that the camera or server is on"
        return (
            "check that it is plugged in, that no other program uses it, and that this program may "
            "use the camera"
        )
