"""Video files: every frame, upright, with its real timestamp."""

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from fingerspell.core.types import Frame
from fingerspell.errors import MediaError
from fingerspell.pictures.formats import is_heic_brand
from fingerspell.pictures.moving import shown_durations
from fingerspell.pictures.still import check_pixels, heic_sentence
from fingerspell.runtime.media.pictures import moving_frames

VIDEO_SIDE_PX = 512  # longer frames are shrunk while decoding; the reader needs no more
COMPLETE_SHARE = 0.95  # of the length the header gives: files that end before that were cut
# FFmpeg's readers of playlists and scripts would open other files for a hostile "video".
VIDEO_FORMATS = "mov,matroska,avi,gif,mpeg,mpegts,flv,asf,ogg"


def probe_video(path: Path) -> tuple[float, float]:
    """Frames a second (the average, not rounded) and length in seconds of a video; 0 if unknown.

    Raises:
        MediaError: it is no video, or its pictures are too small or too large.
    """
    if shown_s := shown_durations(path):
        return len(shown_s) / sum(shown_s), sum(shown_s)
    with _open(path) as container:
        stream = _video_stream(container, path)
        check_pixels(path, stream.width, stream.height)
        if stream.duration is not None and stream.time_base is not None:
            duration_s = float(stream.duration * stream.time_base)
        else:
            duration_s = (container.duration or 0) / av.time_base
        return float(stream.average_rate or 0), duration_s


def video_frames(path: Path, longest_px: int | None = VIDEO_SIDE_PX) -> Iterator[Frame]:
    """Every frame of a video, upright, at most `longest_px` a side (None: as it is).

    Times count from where players begin, so that subtitles fit a file whose sound begins first, too.

    Raises:
        MediaError: the file is damaged, or ends before its header says (whoever has taken the frames
            up to there keeps them).
    """
    if shown_durations(path):
        yield from moving_frames(path, longest_px)
        return
    with _open(path) as container:
        yield from frames_in(container, path, longest_px)


def frames_in(
    container: InputContainer, source: object, longest_px: int | None = VIDEO_SIDE_PX
) -> Iterator[Frame]:
    """The frames of an open video, as `video_frames` gives them; errors call it `source`."""
    stream = _video_stream(container, source)
    begin_s = (container.start_time or 0) / av.time_base
    time_s, reached_s, is_seen = 0.0, 0.0, False
    try:
        for packet in container.demux():
            reached_s = max(reached_s, _end_s(packet))
            for picture in packet.decode() if packet.stream is stream else ():
                if not isinstance(picture, av.VideoFrame) or picture.pts is None:
                    continue
                is_seen = True
                # Damaged files may run backwards; the decoder of letters must not.
                time_s = max(time_s, picture.time - begin_s)
                yield Frame(time_s, video_pixels(picture, longest_px))
    except av.FFmpegError as error:
        raise _cut_short(source, time_s) from error
    if not is_seen or reached_s < COMPLETE_SHARE * _promised_s(container, stream):
        raise _cut_short(source, time_s)


def _promised_s(container: InputContainer, stream: VideoStream) -> float:
    """How long a file says it is.

    FFmpeg guesses the duration of a cut AVI, but not its frames; those of others need not all be shown,
    if they were trimmed without encoding them again.
    """
    duration_s = (container.duration or 0) / av.time_base
    if container.format.name != "avi":
        return duration_s
    return max(duration_s, float(stream.frames / (stream.average_rate or math.inf)))


def _end_s(packet: "av.Packet[Any]") -> float:
    """When what a packet holds ends, in seconds since the start of the file."""
    if packet.pts is None or packet.time_base is None:
        return 0.0
    start_s = (packet.stream.container.start_time or 0) / av.time_base
    return float((packet.pts + (packet.duration or 0)) * packet.time_base) - start_s


def video_pixels(picture: av.VideoFrame, longest_px: int | None = VIDEO_SIDE_PX) -> NDArray[np.uint8]:
    """RGB uint8 [H, W, 3] of a decoded frame, upright, shrunk to at most `longest_px` a side."""
    longest = max(picture.width, picture.height)
    scale = min(1.0, (longest_px or longest) / longest)
    pixels = picture.to_ndarray(
        format="rgb24",
        width=max(1, round(picture.width * scale)),
        height=max(1, round(picture.height * scale)),
        interpolation="AREA" if scale < 1 else "BILINEAR",
    )
    # Phones store portrait video lying on its side, with the turn (counter-clockwise) beside it.
    return np.ascontiguousarray(np.rot90(pixels, round(picture.rotation / 90) % 4))


def write_video(path: Path, frames: Iterable[Frame], fps: float) -> None:
    """Write frames of equal, even size as H.264 in MP4, each with its own timestamp.

    Args:
        path: where to; the file appears when it is whole.
        frames: in order of time.
        fps: frames a second, as the header states it; times are kept to the millisecond where the
            frames do not come at that rate.

    Raises:
        MediaError: the file cannot be written.
    """
    rate = Fraction(fps).limit_denominator(1001)
    unfinished = path.with_name(f".{path.stem}.unfinished{path.suffix}")
    try:
        with av.open(f"file:{unfinished}", "w", format="mp4") as container:
            # With `mbtree` the same frames gave other files each time.
            options = {"crf": "26", "x264-params": "mbtree=0"}
            stream = container.add_stream("libx264", rate=rate, options=options)
            stream.pix_fmt = "yuv420p"
            tick = Fraction(1, 90_000)
            stream.codec_context.time_base = tick
            for frame in frames:
                if not stream.codec_context.is_open:
                    stream.height, stream.width = frame.pixels.shape[:2]
                picture = av.VideoFrame.from_ndarray(frame.pixels, format="rgb24")
                picture.pts, picture.time_base = round(frame.time_s / tick), tick
                container.mux(stream.encode(picture))
            container.mux(stream.encode())
        unfinished.replace(path)
    except (av.FFmpegError, OSError) as error:
        raise MediaError(
            f"{path} cannot be written ({error.strerror}): choose another folder."
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)


def open_video(path: Path) -> InputContainer:
    """Open a video file for whoever decodes it.

    Raises:
        MediaError: it is no video.
    """
    container = _open(path)
    _video_stream(container, path)
    return container


def _open(path: Path) -> InputContainer:
    try:
        return av.open(
            f"file:{path}",  # else what is before a colon in a name would be taken for a protocol
            options={"format_whitelist": VIDEO_FORMATS, "protocol_whitelist": "file"},
            metadata_errors="ignore",
        )
    except (av.FFmpegError, ValueError) as error:
        raise MediaError(
            f"{path} is no picture or video that can be read, or it is damaged: "
            "convert it to MP4 or JPEG, or copy it again."
        ) from error


def _video_stream(container: InputContainer, path: object) -> VideoStream:
    if is_heic_brand(container.metadata.get("major_brand", "")):
        # FFmpeg would give one tile of a photo as if it were the whole.
        raise MediaError(heic_sentence(path))
    if not container.streams.video:
        raise MediaError(f"{path} has sound but no picture: choose a file with video.")
    stream = container.streams.video[0]
    if not stream.codec_context:
        raise MediaError(f"{path} is coded in a way that is not known here: convert it to MP4.")
    stream.thread_type = "AUTO"
    return stream


def _cut_short(path: object, time_s: float) -> MediaError:
    return MediaError(
        f"{path} is damaged or cut short after {time_s:.1f} s: copy or export the video again."
    )
