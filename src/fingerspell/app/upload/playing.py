"""What browsers can play, and a copy they can play of what they cannot."""

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np

from fingerspell.core.types import Frame
from fingerspell.errors import MediaError
from fingerspell.runtime.media import Media
from fingerspell.runtime.media.video import open_video, write_video

OnFrame = Callable[[Frame], None]
HEAD_BYTES = 64
# Codecs and pixels that current Chromium, Firefox and Safari all play in MP4; in WebM, VP8 and VP9.
IN_MP4 = frozenset({("h264", "yuv420p"), ("h264", "yuvj420p")})
IN_WEBM = frozenset({("vp8", "yuv420p"), ("vp9", "yuv420p")})
USUAL_FPS = 25.0  # where a file does not say
END_S = 0.04  # a picture that is shown for longer at the end is written again there


def plays_in_browsers(path: Path) -> bool:
    """Whether a video plays as it is, told by its content."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head[4:8] == b"ftyp" and head[8:10] != b"qt":
        playable = IN_MP4
    elif head[:4] == b"\x1aE\xdf\xa3" and b"webm" in head:
        playable = IN_WEBM
    else:
        return False
    try:
        with open_video(path) as container:
            coded = container.streams.video[0].codec_context
            return (coded.name, coded.pix_fmt) in playable
    except (MediaError, av.FFmpegError):
        return False


def write_playable(media: Media, target: Path, on_frame: OnFrame) -> None:
    """Write a video as MP4 with H.264, as large as the reader sees it and without sound.

    Raises:
        MediaError: it cannot be read or written.
    """
    write_video(target, _even(media.frames(), media.duration_s, on_frame), media.fps or USUAL_FPS)


def _even(frames: Iterator[Frame], length_s: float, on_frame: OnFrame) -> Iterator[Frame]:
    """Frames with even sides, as H.264 wants them; the last again where it is shown for long."""
    last: Frame | None = None
    for frame in frames:
        height, width = (side // 2 * 2 for side in frame.pixels.shape[:2])
        last = Frame(frame.time_s, np.ascontiguousarray(frame.pixels[:height, :width]))
        yield last
        on_frame(frame)
    if last and length_s - last.time_s > 2 * END_S:
        yield Frame(length_s - END_S, last.pixels)
