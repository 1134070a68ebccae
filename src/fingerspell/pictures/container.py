"""How many pictures a file holds, and how long each is shown: what its container says, undecoded.

Pillow tells durations only of what it has decoded, and nothing of JPEGs that follow one another.
Damaged files give what is there before the damage.
"""

import itertools
import mmap
import re
import struct
from collections.abc import Iterator

from fingerspell.pictures.formats import Format, format_of

Content = bytes | mmap.mmap  # of a file

MJPEG_FPS = 25  # FFmpeg's guess: the files do not say
SHORTEST_S = 0.011  # browsers show what is to be shown for less ...
USUAL_S = 0.1  # ... for as long as this
N_DURATIONS = 1_000_000  # a file of a few bytes may promise billions
# The end of a JPEG, and the start of the next one.
_NEXT_JPEG = re.compile(rb"\xff\xd9[\x00\xff\r\n]{0,16}?(?=\xff\xd8\xff)")
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # markers of blocks with the size
_SCAN, _NOTES = 0xDA, 0xE1
N_BLOCKS = 1000  # before a JPEG's first scan; a note of a telephone takes a few hundred
_BLOCK_STARTS = 2  # bytes into a JPEG


def durations(content: Content) -> list[float]:
    """How long each picture is shown, in seconds; a list of one or none for what holds one picture."""
    match format_of(content[:512]):
        case Format.JPEG:
            return [1 / MJPEG_FPS] * (1 + len(jpeg_ends(content)))
        case Format.GIF:
            found = _gif_durations(content)
        case Format.WEBP:
            found = _webp_durations(content)
        case Format.PNG:
            found = _png_durations(content)
        case Format.AVIF:
            found = _avif_durations(content)
        case _:
            return []
    return [each if each >= SHORTEST_S else USUAL_S for each in itertools.islice(found, N_DURATIONS)]


def jpeg_ends(content: Content) -> list[int]:
    """Where one JPEG ends and the next begins, in a file of several of one size (motion JPEG).

    Telephones put other things behind a JPEG, such as a map of its brightness; these are not shown.
    """
    blocks = dict(_jpeg_blocks(content, 0))
    size = _jpeg_size(blocks)
    if size is None or any(body.startswith(b"MPF\0") for body in blocks.values()):
        return []
    ends = (match.end() for match in _NEXT_JPEG.finditer(content))
    same = itertools.takewhile(lambda end: _jpeg_size(dict(_jpeg_blocks(content, end))) == size, ends)
    return list(itertools.islice(same, N_DURATIONS))


def jpeg_bits(content: Content) -> int | None:
    """How many bits each of a JPEG's values has; None where it does not say."""
    size = _jpeg_size(dict(_jpeg_blocks(content, 0)))
    return size[0] if size else None


def says_how_to_turn(content: bytes) -> bool:
    """Whether a JPEG holds a note, Exif or XMP, that may say how it is to be turned to be upright."""
    notes = (body for (marker, _), body in _jpeg_blocks(content, 0) if marker == _NOTES)
    return any(note.startswith(b"Exif\0\0") or b"Orientation" in note for note in notes)


def _jpeg_blocks(content: Content, start: int) -> Iterator[tuple[tuple[int, int], bytes]]:
    """The blocks of a JPEG before its first scan, by marker and place."""
    at = start + _BLOCK_STARTS
    for _ in range(N_BLOCKS):
        marker = content[at + 1 : at + 2]
        if content[at : at + 1] != b"\xff":
            return
        if marker == b"\xff":  # padding
            at += 1
            continue
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        if not marker or marker[0] == _SCAN or length < 2:  # noqa: PLR2004 - the length's own bytes
            return
        yield (marker[0], at), content[at + 4 : at + 2 + length]
        at += 2 + length


def _jpeg_size(blocks: dict[tuple[int, int], bytes]) -> bytes | None:
    """Precision, height, width and number of colours, as they stand in a JPEG."""
    return next((body[:6] for (marker, _), body in blocks.items() if marker in _JPEG_FRAMES), None)


def _gif_durations(content: Content) -> Iterator[float]:
    at = 13 + _gif_colours(content[10:11])
    duration_s = 0.0
    while kind := content[at : at + 1]:
        if kind == b"!":
            if content[at + 1 : at + 3] == b"\xf9\x04":  # says how the next picture is shown
                duration_s = int.from_bytes(content[at + 4 : at + 6], "little") / 100
            at = _after_gif_blocks(content, at + 2)
        elif kind == b",":
            yield duration_s
            duration_s = 0.0
            at = _after_gif_blocks(content, at + 11 + _gif_colours(content[at + 9 : at + 10]))
        else:  # its end, or damage
            return


def _gif_colours(flags: bytes) -> int:
    """Bytes of a colour table."""
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0


def _after_gif_blocks(content: Content, at: int) -> int:
    while (length := content[at : at + 1]) and length != b"\0":
        at += 1 + length[0]
    return at + 1


def _webp_durations(content: Content) -> Iterator[float]:
    at = 12
    while len(head := content[at : at + 8]) == 8:  # noqa: PLR2004 - name and length
        length = int.from_bytes(head[4:], "little")
        if head[:4] == b"ANMF":
            yield int.from_bytes(content[at + 20 : at + 23], "little") / 1000
        at += 8 + length + length % 2


def _png_durations(content: Content) -> Iterator[float]:
    """Of an animated PNG only; what is not part of the animation is not shown."""
    at, is_animated = 8, False
    while len(head := content[at : at + 8]) == 8:  # noqa: PLR2004 - length and name
        length = int.from_bytes(head[:4], "big")
        is_animated = is_animated or head[4:] == b"acTL"
        if not is_animated and head[4:] == b"IDAT":
            return
        if head[4:] == b"fcTL" and len(body := content[at + 28 : at + 32]) == 4:  # noqa: PLR2004
            numerator, denominator = struct.unpack(">HH", body)
            yield numerator / (denominator or 100)
        at += 12 + length


def _avif_durations(content: Content) -> Iterator[float]:
    """Of the first track with pictures; what is not animated has none."""
    if content[8:12] != b"avis":
        return
    media = [
        box for box in _boxes(content, b"moov", b"trak", b"mdia") if b"pict" in _child(box, b"hdlr")
    ]
    if not media:
        return
    head, times = _child(media[0], b"mdhd"), _child(media[0], b"minf", b"stbl", b"stts")
    at = 20 if head[:1] == b"\1" else 12
    ticks_per_s = int.from_bytes(head[at : at + 4], "big") or 1
    for count, ticks in struct.iter_unpack(">II", times[8 : 8 + (len(times) - 8) // 8 * 8]):
        yield from itertools.repeat(ticks / ticks_per_s, count)


def _boxes(content: Content, *path: bytes) -> Iterator[bytes]:
    """What boxes of these names, one in the other, hold."""
    at = 0
    while len(head := content[at : at + 8]) == 8:  # noqa: PLR2004 - length and name
        length, begin = int.from_bytes(head[:4], "big"), at + 8
        if length == 1:  # it is in the next 8 bytes
            length, begin = int.from_bytes(content[begin : begin + 8], "big"), begin + 8
        end = at + length if length else len(content)
        if end < begin:
            return
        if head[4:] == path[0]:
            body = content[begin:end]
            if len(path) == 1:
                yield body
            else:
                yield from _boxes(body, *path[1:])
        at = end


def _child(box: bytes, *path: bytes) -> bytes:
    return next(_boxes(box, *path), b"")
