"""A video whose title is no UTF-8, with every PyAV that is allowed."""

import av
from tests.conftest import grey_frame

from fingerspell import open_media


def test_a_title_that_is_no_utf_8_spoils_nothing(tmp_path):
    path = tmp_path / "titled.mp4"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "TITLE"
        stream = container.add_stream("mpeg4", 10)
        stream.width, stream.height = 64, 48
        for value in (50, 150):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey_frame(value))))
        container.mux(stream.encode())
    content = path.read_bytes()
    assert b"TITLE" in content
    path.write_bytes(content.replace(b"TITLE", b"\xff\xfe\xe9LE"))
    assert len(list(open_media(path).frames())) == 2
