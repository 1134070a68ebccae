"""Images, folders of images, video files, cameras and network streams, all as timed frames.

`open_media` tells what a source is and returns a `Media`: what is known of it, and an iterator of
`Frame`s. Files give every frame with its real timestamp, also at variable frame rates; live sources
(cameras, network addresses) give only the newest frame, and count the ones they dropped, unless the
address is that of a video file.

FFmpeg is imported where something is read with it: an image is read before it would be there.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from fingerspell.core.types import Frame
from fingerspell.errors import Fault, MediaError, PictureError
from fingerspell.pictures.container import durations
from fingerspell.pictures.formats import is_named_as_picture
from fingerspell.pictures.moving import shown_durations
from fingerspell.runtime.media.picture_frames import (
    PictureFolder,
    content_frames,
    is_picture,
    lengths_shown,
    picture_frames,
)

_ADDRESS = re.compile(r"(rtsp|rtsps|rtmp|http|https|tcp|udp)://", re.IGNORECASE)

_WEB = re.compile(r"https?://", re.IGNORECASE)

MediaKind = Literal["picture", "folder", "video", "live"]


@dataclass(frozen=True)
class Media:
    """A source and what is known of it before its frames are read.

    Attributes:
        source: as it was given.
        kind: "live" sources have no end of their own.
        frames: opens the source and yields its frames in order of time; may raise `MediaError`.
        fps: frames a second, not rounded; 0 where there is no such thing or it is unknown.
        duration_s: length; 0 for an image, and where it is unknown.
        dropped: frames that a live source has dropped so far, because newer ones had come.
        clock_s: the present, on the clock of a live source's times; 0 for others.
        notes: sentences about what was passed over, once the frames have been read.
    """

    source: str
    kind: MediaKind
    frames: Callable[[], Iterator[Frame]]
    fps: float = 0.0
    duration_s: float = 0.0
    dropped: Callable[[], int] = lambda: 0
    clock_s: Callable[[], float] = lambda: 0.0
    notes: Callable[[], tuple[str, ...]] = lambda: ()


def local_path(source: str) -> str:
    """The path that a `file://` address stands for; whatever else as it is."""
    if not source.lower().startswith("file://"):
        return source
    from urllib.request import url2pathname  # noqa: PLC0415 - it takes 30 ms to import

    path = re.sub("^localhost(?=/)", "", source[len("file://") :], flags=re.IGNORECASE)
    return url2pathname(path)


def open_media(source: str | Path | int, *, as_camera: bool = False) -> Media:
    """Find out what `source` is: a path (or its `file://` address), a camera's index, or an address.

    A folder is read as a sequence of images in natural order (2 before 10), one a second.

    Args:
        source: what to open.
        as_camera: play a video file, here or on a web server, at its own pace, as if a camera were
            filming it; who is too slow misses frames.

    Raises:
        MediaError: there is nothing there, or it is no image, video, folder or camera.
    """
    if not as_camera and _WEB.match(str(source)) and (picture := _at_web_address(str(source))):
        return picture
    if isinstance(source, int) or _ADDRESS.match(str(source)):
        return _live(source, source if isinstance(source, int) else str(source), as_camera)
    source = local_path(str(source))
    try:
        media = _open_path(Path(source))
    except FileNotFoundError as error:
        raise MediaError(f"{source} does not exist: check the path.") from error
    except PermissionError as error:
        raise MediaError(f"{source} may not be read: change its permissions.") from error
    except OSError as error:  # a name too long, a file taken for a folder, a ring of links
        raise MediaError(f"{source} cannot be opened ({error.strerror}): check the path.") from error
    if not as_camera:
        return media
    if media.kind != "video":
        raise MediaError(
            f"{source} is not a video, so it cannot stand for a camera: use `read` for it."
        )
    return _live(source, Path(source), as_camera)


def _live(source: str | Path | int, opened: str | Path | int, as_camera: bool) -> Media:
    from fingerspell.runtime.media.live import LiveSource  # noqa: PLC0415

    live = LiveSource(opened, as_camera=as_camera)
    return Media(str(source), "live", live.frames, dropped=lambda: live.dropped, clock_s=live.clock_s)


def _at_web_address(address: str) -> Media | None:
    """The image there, or the several; None for what FFmpeg is to open."""
    from fingerspell.runtime.media.display import VIDEO_SIDE_PX  # noqa: PLC0415
    from fingerspell.runtime.media.live import OPEN_TIMEOUT_S  # noqa: PLC0415
    from fingerspell.runtime.media.web import picture_at  # noqa: PLC0415

    try:
        content = picture_at(address, OPEN_TIMEOUT_S)
    except TimeoutError as error:
        raise MediaError(
            f"{address} cannot be opened: check the address, and that the camera or server is on."
        ) from error
    if content is None:
        return None
    own_s = durations(content)
    if len(own_s) <= 1:
        return Media(address, "picture", lambda: content_frames(content, address, None))
    shown_s = lengths_shown(own_s)
    length_s = sum(shown_s)
    frames = partial(content_frames, content, address, VIDEO_SIDE_PX)
    return Media(address, "video", frames, len(shown_s) / length_s, length_s)


def _open_path(path: Path) -> Media:
    if path.is_dir():
        folder = PictureFolder(path)
        length_s = float(len(folder.pictures))
        return Media(str(path), "folder", folder.frames, 1.0, length_s, notes=folder.notes)
    is_empty = path.stat().st_size == 0  # raises where there is nothing
    if not path.is_file():
        raise MediaError(f"{path} is neither a file nor a folder: check the path.")
    if is_empty:
        raise MediaError(f"{path} is empty: copy or record it again.")
    if is_picture(path) and not shown_durations(path):
        return Media(str(path), "picture", lambda: picture_frames(path))
    from fingerspell.runtime.media.ahead import ahead  # noqa: PLC0415
    from fingerspell.runtime.media.video import probe_video, video_frames  # noqa: PLC0415

    try:
        fps, duration_s = probe_video(path)
    except MediaError as error:
        if is_named_as_picture(path) and not isinstance(error, PictureError):
            raise PictureError(
                f"{path} is damaged or cut short: copy or export the image again.", Fault.NO_PICTURE
            ) from error
        raise
    return Media(str(path), "video", lambda: ahead(video_frames(path)), fps, duration_s)
