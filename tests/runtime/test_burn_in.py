import numpy as np
import pytest
from tests.conftest import grey_frame

from fingerspell.core.text import Word, cues
from fingerspell.core.types import Letter, Transcript
from fingerspell.errors import MediaError
from fingerspell.runtime.burn_in import burn_in, caption_at, draw_caption
from fingerspell.runtime.media.video import video_frames

LETTERS = (Letter("H", 0.4, 0.8, 0.9), Letter("I", 0.8, 1.2, 0.9))
TRANSCRIPT = Transcript("clip.mp4", "m 1", LETTERS, 4.0, 40, 10.0)


def test_letters_come_as_they_are_signed():
    shown = [(cue, [0.0, 0.4, 2.0]) for cue in cues([Word("HI", 0, 1), Word("A", 2, 3)])]
    assert [caption_at(shown, t) for t in (0.1, 0.5, 1.9, 2.0, 9.0)] == ["H", "HI", "HI", "HI A", ""]


def test_a_line_is_drawn_at_the_foot_and_fits():
    pixels = grey_frame(100, (320, 240))
    drawn = draw_caption(pixels, "HELLO WORLD " * 4)
    changed = np.argwhere((drawn != pixels).any(2))
    assert changed[:, 0].min() > 240 * 0.8
    assert changed[:, 1].min() > 320 * 0.02
    assert changed[:, 1].max() < 320 * 0.98
    assert drawn.max() > 240
    assert (pixels == 100).all()


def test_a_copy_with_captions(make_video, tmp_path):
    """An odd size, larger than what is read, and its own frame times."""
    times = [0, 100, 200, 450, 900, 1300, 2000, 3900]
    clip = make_video("clip.avi", (grey_frame(100, (642, 358)) for _ in times), times, codec="mpeg4")
    target = tmp_path / "out.mp4"
    burn_in(TRANSCRIPT, clip, target)
    before, after = list(video_frames(clip, None)), list(video_frames(target, None))
    assert [f.time_s for f in after] == pytest.approx([f.time_s for f in before], abs=1e-3)
    assert after[0].pixels.shape == (358, 642, 3)
    captioned = [f.pixels[300:].max() > 200 for f in after]
    assert captioned == [0.4 <= f.time_s < 1.4 for f in after]
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_a_target_that_cannot_be_written(make_video, tmp_path):
    clip = make_video("clip.mp4", [grey_frame(9)] * 3, [0, 100, 200])
    with pytest.raises(MediaError, match=r"none/out\.mp4 cannot be written"):
        burn_in(TRANSCRIPT, clip, tmp_path / "none" / "out.mp4")
