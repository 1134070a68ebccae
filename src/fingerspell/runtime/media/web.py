"""Pictures on web servers: a camera's snapshot, a photo on a page.

FFmpeg would open them too, but not upright, not every format, and of a HEIC photo one tile.
"""

import http.client
import urllib.request
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from fingerspell.errors import Fault, PictureError
from fingerspell.pictures.formats import HEAD_BYTES, format_of
from fingerspell.pictures.still import MAX_BYTES, refuse_other_formats

MAX_UNKNOWN_BYTES = 32_000_000  # of what comes without a length, and may be a stream without an end


# Of addresses that are not even looked at: some servers let each visitor in once.
VIDEO_SUFFIXES = frozenset(
    {
        ".m3u8",
        ".mpd",
        ".mp4",
        ".m4v",
        ".mov",
        ".webm",
        ".mkv",
        ".avi",
        ".ts",
        ".mts",
        ".flv",
        ".ogv",
        ".mpg",
    }
)


def picture_at(address: str, timeout_s: float) -> bytes | None:
    """The picture file behind an address; None if there is something else, or nothing that answers so.

    Args:
        address: http or https.
        timeout_s: how long the server may say nothing.

    Raises:
        TimeoutError: it says nothing for longer.
        PictureError: it is a picture that is not read here, or is larger than any.
    """
    try:
        if PurePosixPath(urlsplit(address).path).suffix.lower() in VIDEO_SUFFIXES:
            return None
        request = urllib.request.Request(address, headers={"User-Agent": "fingerspell"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:  # noqa: S310 - as asked for
            head = answer.read(HEAD_BYTES)
            refuse_other_formats(head, address)
            if format_of(head) is None:
                return None
            most = MAX_BYTES if answer.length is not None else MAX_UNKNOWN_BYTES
            content: bytes = head + answer.read(most)
            if len(content) <= most:
                return content
            if answer.length is None:
                return None
    except TimeoutError:
        raise
    except (OSError, ValueError, http.client.HTTPException) as error:
        if isinstance(getattr(error, "reason", None), TimeoutError):
            raise TimeoutError from error
        return None  # FFmpeg knows more kinds of servers, and says what is wrong
    raise PictureError(f"{address} is over 256 MB: give a smaller image.", Fault.TOO_LARGE)
