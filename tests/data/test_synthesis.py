import numpy as np
import pytest
from PIL import Image

from fingerspell.core.alphabet import CLASSES
from fingerspell.data.synthesis import Camera, Signing, Slot, ground_truth, render, spell
from fingerspell.errors import DataError

STILLS = {sign: [Image.new("RGB", (8, 8), (i * 8,) * 3)] for i, sign in enumerate(CLASSES)}
STEADY = Signing(letters_per_s=2.0, unevenness=0.0, fade_share=0.2, rest_s=0.5)


def rng():
    return np.random.default_rng(0)


def signs(slots) -> list[str]:
    return [slot.sign for slot in slots]


def test_words_are_parted_by_a_pause_or_a_sign():
    pause = spell("hi a", STILLS, rng(), STEADY)
    assert signs(pause) == ["nothing", "H", "I", "nothing", "A", "nothing"]
    assert pause[3].hold_s >= STEADY.min_pause_s
    sign = spell("hi a", STILLS, rng(), Signing(word_gap="sign"))
    assert signs(sign) == ["nothing", "H", "I", "space", "A", "nothing"]


def test_the_hand_lets_go_between_double_letters():
    slots = spell("all", STILLS, rng(), STEADY)
    assert signs(slots) == ["nothing", "A", "L", "nothing", "L", "nothing"]


def test_truth_by_hand():
    """At two letters a second a letter is held for 0.4 s and fades for 0.1 s."""
    truth = ground_truth(spell("hi", STILLS, rng(), STEADY))
    assert [letter.char for letter in truth] == ["H", "I"]
    # The hands rest for 0.5 s and then fade for 0.2 s.
    assert [t for letter in truth for t in (letter.start_s, letter.end_s)] == pytest.approx(
        [0.6, 1.15, 1.15, 1.65]
    )


@pytest.mark.parametrize("fps", [10, 29.97])
def test_frames_show_what_the_truth_says(fps):
    slots = spell("hi yo", STILLS, rng(), STEADY)
    truth = ground_truth(slots)
    frames = list(render(slots, fps, Camera(side_px=16, sway=0.0)))
    assert len(frames) == pytest.approx(fps * sum(s.hold_s + s.fade_s for s in slots), abs=1)
    for number, frame in enumerate(frames):
        assert frame.time_s == pytest.approx(number / fps)
        shown = CLASSES[round(float(frame.pixels[4:-4, 4:-4].mean()) / 8)]
        held = [x.char for x in truth if x.start_s + 0.11 < frame.time_s < x.end_s - 0.11]
        assert not held or shown == held[0]


def test_a_fade_mixes_two_pictures():
    dark, light = (Image.new("RGB", (8, 8), (value,) * 3) for value in (0, 200))
    slots = [Slot("A", dark, 0.5, 1.0), Slot("B", light, 0.5, 0.0)]
    levels = [f.pixels[8, 8, 0] for f in render(slots, 4, Camera(side_px=16, sway=0.0))]
    assert levels == [0, 0, 0, 50, 100, 150, 200, 200]


def test_the_same_seed_gives_the_same_video():
    camera = Camera(side_px=16, jitter=0.02, noise=5.0, travel=0.1)

    def video(seed):
        slots = spell("hi", STILLS, np.random.default_rng(1), STEADY)
        return np.stack([f.pixels for f in render(slots, 10, camera, np.random.default_rng(seed))])

    assert (video(0) == video(0)).all()
    assert (video(0) != video(1)).any()


def test_wrong_input_is_refused():
    with pytest.raises(DataError, match="no stills of B"):
        spell("ab", {"A": STILLS["A"], "nothing": STILLS["nothing"]}, rng(), STEADY)
    with pytest.raises(DataError, match="cannot be spelled"):
        spell("a-b", STILLS, rng(), STEADY)
    for wrong in (
        {"letters_per_s": 0.0},
        {"letters_per_s": -1.0},
        {"rest_s": -5.0},
        {"fade_share": -1},
    ):
        with pytest.raises(ValueError, match="must"):
            Signing(**wrong)
    slots = spell("a", STILLS, rng(), STEADY)
    with pytest.raises(ValueError, match="fps"):
        next(render(slots, 0, Camera()))
    with pytest.raises(ValueError, match="need rng"):
        next(render(slots, 10, Camera(noise=1.0)))
