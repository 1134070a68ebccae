"""When a video's frames are shown, for how long, and whether the file ends where it says it does."""

import errno
import math
from typing import Any

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from fingerspell.errors import MediaError

COMPLETE_SHARE = 0.95  # of the length the header gives: files that end before that were cut
COUNT_FROM_ZERO = ("matroska,webm", "asf")  # formats whose length is the time at which they end


class Timeline:
    """Keeps count of one video's packets and pictures while it is read.

    Attributes:
        failure: what ended reading before the file did.
    """

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self.failure: av.FFmpegError | None = None
        self._container, self._stream = container, stream
        self._begin_s = (container.start_time or 0) / av.time_base
        self._frame_s = float(1 / stream.average_rate) if stream.average_rate else 0.0
        self._first_s = self._time_s = 0.0  # of the first picture, and of the last
        self._pictures = self._packets = 0
        self._reached_s = 0.0
        self._damaged_s: float | None = None

    def pass_by(self, packet: "av.Packet[Any]") -> None:
        """Note a packet of any stream."""
        self._packets += packet.stream is self._stream and packet.size > 0
        if packet.pts is not None and packet.time_base is not None:
            end_s = float((packet.pts + (packet.duration or 0)) * packet.time_base) - self._begin_s
            self._reached_s = max(self._reached_s, end_s)

    def time_of(self, picture: av.VideoFrame) -> float:
        """When the next picture is shown, counted from where players begin.

        Damaged files may run backwards, or not say; the decoder of letters needs times that grow.
        """
        if picture.pts is not None:
            self._time_s = max(self._time_s, picture.time - self._begin_s)
        elif self._pictures:
            self._time_s += self._frame_s
        if not self._pictures:
            self._first_s = self._time_s
        self._pictures += 1
        return self._time_s

    def last_shown_for_s(self, picture: av.VideoFrame) -> float:
        """How long the last picture is shown: as long as the file says, or until the sound ends.

        Who leaves out frames that do not change often gives the last one no length of its own; then it
        is shown as long as the others on average.
        """
        own_s = float((picture.duration or 0) * (picture.time_base or 0)) or self._frame_s
        others_s = (self._time_s - self._first_s) / max(1, self._pictures - 1)
        return max(own_s, others_s, self._reached_s - self._time_s)

    def note_damage(self) -> None:
        """Something could not be decoded; what is before the first picture no player shows either."""
        if self._pictures and self._damaged_s is None:
            self._damaged_s = self._time_s

    def check(self, source: object) -> None:
        """See whether all of it was read.

        Raises:
            MediaError: something was damaged or is missing.
        """
        again = "copy or export the video again."
        is_unread = self.failure is not None and self.failure.errno == errno.EIO
        if is_unread and not self._pictures and _is_address(source):
            raise MediaError(
                f"{source} has its index at its end, and its server cannot send parts of files: "
                "download it and give the file."
            ) from self.failure
        if self.failure or self._is_cut() or (self._packets and not self._pictures):
            raise MediaError(
                f"{source} is damaged or cut short after {self._time_s:.1f} s: {again}"
            ) from self.failure
        if not self._pictures:
            raise MediaError(f"{source} holds no images: record or export it again.")
        if self._damaged_s is not None:
            raise MediaError(f"{source} is damaged at {self._damaged_s:.1f} s: {again}")

    def _is_cut(self) -> bool:
        """Whether it ends before it says, and pictures that it says it has are missing."""
        if self._reached_s >= COMPLETE_SHARE * _promised_s(self._container, self._stream):
            return False
        return not 0 < self._stream.frames <= self._packets


def length_s(container: InputContainer, stream: VideoStream) -> float:
    """The length of a video in seconds, as its header has it; 0 if unknown."""
    if stream.duration is not None and stream.time_base is not None:
        return _without_start(container, float(stream.duration * stream.time_base))
    return _without_start(container, (container.duration or 0) / av.time_base)


def _promised_s(container: InputContainer, stream: VideoStream) -> float:
    """How long a file says it is.

    FFmpeg guesses the duration of a cut AVI, but not its frames; those of others need not all be shown,
    if they were trimmed without encoding them again.
    """
    duration_s = _without_start(container, (container.duration or 0) / av.time_base)
    if container.format.name != "avi":
        return duration_s
    return max(duration_s, float(stream.frames / (stream.average_rate or math.inf)))


def _without_start(container: InputContainer, duration_s: float) -> float:
    if container.format.name not in COUNT_FROM_ZERO:
        return duration_s
    return max(0.0, duration_s - (container.start_time or 0) / av.time_base)


def _is_address(source: object) -> bool:
    return str(source).lower().startswith(("http://", "https://"))
