"""Video files: every frame as players show it, when it is shown, and for how long."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.codec.context import Flags
from av.container import InputContainer, OutputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from fingerspell.core.types import Frame
from fingerspell.errors import MediaError
from fingerspell.files import replacing
from fingerspell.pictures.formats import is_heic_brand
from fingerspell.pictures.moving import shown_durations
from fingerspell.pictures.still import MAX_PIXELS, check_pixels, heic_sentence
from fingerspell.runtime.media.display import VIDEO_SIDE_PX, Display, pixel_shape, shown_size
from fingerspell.runtime.media.picture_frames import lengths_shown, moving_frames
from fingerspell.runtime.media.timeline import Timeline, length_s

# FFmpeg's readers of playlists and scripts would open other files for a hostile "video".
VIDEO_FORMATS = "mov,matroska,avi,gif,mpeg,mpegts,flv,asf,ogg"
# A title that is no UTF-8 spoils no video; PyAV 19 and later take any, and have no such option.
_TAKES_ANY_METADATA = int(av.__version__.partition(".")[0]) >= 19  # noqa: PLR2004
_ANY_METADATA: dict[str, Any] = {} if _TAKES_ANY_METADATA else {"metadata_errors": "ignore"}
NO_VIDEO = Disposition.attached_pic | Disposition.timed_thumbnails  # pictures beside sound or video


def probe_video(path: Path) -> tuple[float, float]:
    """Frames a second (the average, not rounded) and length in seconds of a video; 0 if unknown.

    Raises:
        MediaError: it is no video, or its pictures are too small or too large.
    """
    if own_s := shown_durations(path):
        shown_s = lengths_shown(own_s)
        return len(shown_s) / sum(shown_s), sum(shown_s)
    with _open(path) as container:
        stream = video_stream(container, path)
        return float(stream.average_rate or 0), length_s(container, stream)


def video_frames(path: Path, longest_px: int | None = VIDEO_SIDE_PX) -> Iterator[Frame]:
    """Every frame of a video, as it is shown, at most `longest_px` a side (None: as it is).

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
    """The frames of an open video, as `video_frames` gives them; errors call it `source`.

    What cannot be decoded is passed over as players do, and told at the end.
    """
    stream = video_stream(container, source)
    if not stream.codec_context.is_open:
        stream.thread_type = "AUTO"  # several frames at once: quicker, but each comes later
    shape, timeline = pixel_shape(stream), Timeline(container, stream)
    display = Display(shape, longest_px)
    try:
        for time_s, duration_s, picture in _shown(container, stream, timeline):
            check_pixels(source, *shown_size(picture.width, picture.height, shape))
            yield Frame(time_s, display.pixels(picture), duration_s)
    except av.FFmpegError as error:
        timeline.failure = error
    timeline.check(source)


def _shown(
    container: InputContainer, stream: VideoStream, timeline: Timeline
) -> Iterator[tuple[float, float, av.VideoFrame]]:
    """When each picture is shown and for how long, which is known once the next one comes."""
    last: tuple[float, av.VideoFrame] | None = None
    try:
        for picture in decodable(container, stream, timeline):
            time_s = timeline.time_of(picture)
            if last:
                yield last[0], time_s - last[0], last[1]
            last = time_s, picture
    except av.FFmpegError as error:
        timeline.failure = error
    if last:
        yield last[0], timeline.last_shown_for_s(last[1]), last[1]


def decodable(
    container: InputContainer, stream: VideoStream, timeline: Timeline
) -> Iterator[av.VideoFrame]:
    """The pictures of a stream that can be decoded; `timeline` keeps count of all."""
    for packet in container.demux():
        timeline.pass_by(packet)
        if packet.stream is not stream:
            continue
        try:
            for picture in packet.decode():
                if isinstance(picture, av.VideoFrame):
                    yield picture
        except av.error.InvalidDataError:
            timeline.note_damage()


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
    try:
        with (
            replacing(path) as unfinished,
            av.open(f"file:{unfinished}", "w", format="mp4") as container,
        ):
            _encode(container, frames, Fraction(fps).limit_denominator(1001))
    except (av.FFmpegError, OSError) as error:
        raise MediaError(
            f"{path} cannot be written ({error.strerror}): choose another folder."
        ) from error


def _encode(container: OutputContainer, frames: Iterable[Frame], rate: Fraction) -> None:
    # With `mbtree` the same frames gave other files each time.
    options = {"crf": "26", "x264-params": "mbtree=0"}
    stream = container.add_stream("libx264", rate=rate, options=options)
    stream.pix_fmt = "yuv420p"
    tick = Fraction(1, 90_000)
    stream.codec_context.time_base = tick
    stream.codec_context.flags |= Flags.frame_duration
    for frame in frames:
        if not stream.codec_context.is_open:
            stream.height, stream.width = frame.pixels.shape[:2]
        picture = av.VideoFrame.from_ndarray(frame.pixels, format="rgb24")
        picture.pts, picture.time_base = round(frame.time_s / tick), tick
        picture.duration = round((frame.duration_s or 1 / rate) / tick)
        container.mux(stream.encode(picture))
    container.mux(stream.encode())


def open_video(path: Path) -> InputContainer:
    """Open a video file for whoever decodes it.

    Raises:
        MediaError: it is no video.
    """
    container = _open(path)
    video_stream(container, path)
    return container


def _open(path: Path) -> InputContainer:
    try:
        container: InputContainer = av.open(
            f"file:{path}",  # else what is before a colon in a name would be taken for a protocol
            options={"format_whitelist": VIDEO_FORMATS, "protocol_whitelist": "file"},
            **_ANY_METADATA,
        )
        return container  # noqa: TRY300
    except (av.FFmpegError, ValueError) as error:
        raise MediaError(
            f"{path} is not an image or video that can be read, or it is damaged: "
            "convert it to MP4 or JPEG, or copy it again."
        ) from error


def video_stream(container: InputContainer, source: object) -> VideoStream:
    """The stream that players show: neither the cover of a song nor a second camera's angle.

    Raises:
        MediaError: there is none, or it cannot be decoded, or is too small or too large.
    """
    if is_heic_brand(container.metadata.get("major_brand", "")):
        # FFmpeg would give one tile of a photo as if it were the whole.
        raise MediaError(heic_sentence(source))
    streams = [stream for stream in container.streams.video if not stream.disposition & NO_VIDEO]
    if not streams:
        has = "sound but no picture" if container.streams.audio else "no picture"
        raise MediaError(f"{source} has {has}: choose a file with video.")
    best = container.streams.best("video")
    stream = next((stream for stream in streams if stream is best), streams[0])
    if not stream.codec_context:
        raise MediaError(f"{source} uses a codec that is not known here: convert it to MP4.")
    if stream.width and stream.height:  # else only its frames tell
        check_pixels(source, *shown_size(stream.width, stream.height, pixel_shape(stream)))
    if not stream.codec_context.is_open:
        stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}  # of later frames, too
    return stream
