"""HEIC pictures made of tiles, as iPhones write them: boxes by hand, tiles by x265."""

import io
import struct

import av
import numpy as np


def tiled_heic(picture: np.ndarray, tile_px: int = 64) -> bytes:
    """A HEIC file of RGB uint8 [H, W, 3], whose sides are multiples of the tiles'."""
    rows, columns = picture.shape[0] // tile_px, picture.shape[1] // tile_px
    tiles = [
        picture[y : y + tile_px, x : x + tile_px]
        for y in range(0, rows * tile_px, tile_px)
        for x in range(0, columns * tile_px, tile_px)
    ]
    configuration, coded = _encode(tiles)
    grid = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, picture.shape[1], picture.shape[0])
    head = _box(b"ftyp", b"heic\0\0\0\0mif1heic")
    items = [grid, *coded]  # item 1 is the grid, the others its tiles
    length = len(_meta(configuration, items, 0, picture.shape, tile_px)) + len(head)
    meta = _meta(configuration, items, length + 8, picture.shape, tile_px)
    return head + meta + _box(b"mdat", b"".join(items))


def _encode(tiles: list[np.ndarray]) -> tuple[bytes, list[bytes]]:
    """The decoder's configuration (hvcC), and each tile as MP4 holds it."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        options = {"x265-params": "keyint=1:log-level=none", "crf": "10"}
        stream = container.add_stream("libx265", rate=25, options=options)
        stream.pix_fmt, stream.height, stream.width = "yuv420p", *tiles[0].shape[:2]
        for tile in tiles:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(tile, format="rgb24")))
        container.mux(stream.encode())
    with av.open(io.BytesIO(file.getvalue())) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
        return bytes(container.streams.video[0].codec_context.extradata), packets


def _meta(
    configuration: bytes, items: list[bytes], start: int, shape: tuple[int, ...], tile_px: int
) -> bytes:
    n = len(items)
    starts = [start + sum(map(len, items[:number])) for number in range(n)]
    places = b"".join(
        struct.pack(">HHHII", number + 1, 0, 1, starts[number], len(item))
        for number, item in enumerate(items)
    )
    infos = b"".join(
        _full(b"infe", struct.pack(">HH4s", number + 1, 0, b"hvc1" if number else b"grid") + b"\0", 2)
        for number in range(n)
    )
    tiles = struct.pack(f">HH{n - 1}H", 1, n - 1, *range(2, n + 1))
    properties = (
        _box(b"hvcC", configuration)
        + _full(b"ispe", struct.pack(">II", tile_px, tile_px))
        + _full(b"ispe", struct.pack(">II", shape[1], shape[0]))
    )
    uses = struct.pack(">HBB", 1, 1, 3) + b"".join(
        struct.pack(">HBBB", number, 2, 0x81, 2) for number in range(2, n + 1)
    )
    return _full(
        b"meta",
        _full(b"hdlr", struct.pack(">I4s12x", 0, b"pict") + b"\0")
        + _full(b"pitm", struct.pack(">H", 1))
        + _full(b"iloc", b"\x44\0" + struct.pack(">H", n) + places)
        + _full(b"iinf", struct.pack(">H", n) + infos)
        + _full(b"iref", _box(b"dimg", tiles))
        + _box(b"iprp", _box(b"ipco", properties) + _full(b"ipma", struct.pack(">I", n) + uses)),
    )


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


def _full(name: bytes, body: bytes, version: int = 0) -> bytes:
    return _box(name, struct.pack(">I", version << 24) + body)
