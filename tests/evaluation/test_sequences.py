"""Video with known text: what is wrong, in characters, words and time."""

import json

import numpy as np
import pytest

from fingerspell.core.types import Letter
from fingerspell.errors import DataError
from fingerspell.evaluation.missed import Missed
from fingerspell.evaluation.observed import Observer
from fingerspell.evaluation.sequences import (
    KnownVideo,
    Seen,
    load_known,
    match_in_time,
    measure_sequences,
)
from fingerspell.runtime.reader import Reader


def letter(char, start_s, end_s):
    return Letter(char, start_s, end_s, 1.0)


def seen(char, start_s, end_s):
    return Seen(letter(char, start_s, end_s), start_s + 0.1)


@pytest.fixture
def spelled(make_video, grey_classifier):
    """A video that shows signs for half a second each, and the letters with their times."""

    def make(name, signs):
        frames = [grey_classifier.picture_of(sign) for sign in signs for _ in range(15)]
        times = np.arange(len(frames)) * 1000 // 30
        path = make_video(name, frames, times.tolist())
        letters = [letter(sign, n / 2, (n + 1) / 2) for n, sign in enumerate(signs)]
        return path, tuple(each for each in letters if each.char != "nothing")

    return make


def test_a_video_that_is_read_rightly(spelled, grey_classifier):
    path, letters = spelled("hi.mp4", ["nothing", "H", "I", "nothing"])
    figures = measure_sequences(grey_classifier, [KnownVideo(path, "HI", letters)])
    assert (figures.videos, figures.characters, figures.words, figures.letters) == (1, 2, 1, 2)
    assert (figures.character_error_rate, figures.word_error_rate) == (0, 0)
    assert (figures.precision, figures.recall) == (1, 1)
    assert figures.texts == (("HI", "HI", "HI"),)
    assert 0 < figures.delay_s < 0.5
    [first, _] = Reader(grey_classifier).read(path).letters
    assert figures.delay_s >= first.start_s - letters[0].start_s


def test_errors_worked_by_hand(spelled, grey_classifier):
    path, letters = spelled("cat.mp4", ["nothing", "C", "A", "R", "nothing"])
    truth = (*letters[:2], letter("T", 1.5, 2.0))
    other, others = spelled("no.mp4", ["nothing", "N", "O", "nothing"])
    known = [KnownVideo(path, "CAT", truth), KnownVideo(other, "NO", others)]
    seen_videos = []
    figures = measure_sequences(grey_classifier, known, seen_videos.append)
    assert seen_videos == [1, 1]
    assert figures.character_error_rate == pytest.approx(1 / 5)  # T read as R
    assert figures.word_error_rate == pytest.approx(1 / 2)
    assert (figures.precision, figures.recall) == (4 / 5, 4 / 5)


def test_what_is_missed_is_named(spelled, grey_classifier):
    path, letters = spelled("cart.mp4", ["nothing", "C", "A", "R", "T", "nothing"])
    known = [KnownVideo(path, "CAT", (*letters[:2], letters[3]), "ann"), KnownVideo(path, "CERT")]
    figures = measure_sequences(grey_classifier, known)
    [put_in], [substituted] = (reading.errors for reading in figures.readings)
    assert (put_in.kind, put_in.signed, put_in.read) == ("put in", "", "R")
    assert (put_in.start_s, put_in.end_s) == pytest.approx((1.5, 2.0), abs=0.1)
    assert (substituted.kind, substituted.signed, substituted.read) == ("substituted", "E", "A")
    by_speed = {"under 2 letters/s": 1, "2 to 4 letters/s": 0, "4 letters/s and more": 0}
    assert figures.missed == (
        Missed("E", "A", 1, 1, by_speed, (str(path),)),
        Missed("", "R", 1, None, by_speed, (str(path),)),
    )
    assert (figures.raw.substitutions, figures.raw.deletions, figures.raw.insertions) == (1, 0, 1)
    assert figures.readings[0].moments[0].time_s == 0


def test_by_speed_and_by_signer(spelled, grey_classifier):
    path, letters = spelled("hi.mp4", ["nothing", "H", "I", "nothing"])  # two letters a second
    slow = tuple(letter(each.char, 2 * each.start_s, 2 * each.end_s) for each in letters)
    known = [KnownVideo(path, "HI", letters, "ann"), KnownVideo(path, "HO", slow, "ben")]
    figures = measure_sequences(grey_classifier, known)
    assert {name: each.rate for name, each in figures.by_signer.items()} == {"ann": 0, "ben": 0.5}
    assert {name: each.rate for name, each in figures.by_speed.items()} == {
        "under 2 letters/s": 0.5,
        "2 to 4 letters/s": 0,
    }
    assert figures.raw.substitutions == 1
    [first, _] = figures.readings
    assert (first.text, first.raw, first.signer, first.letters_per_s) == ("HI", "HI", "ann", 2)


def test_what_was_seen_is_kept(spelled, grey_classifier, tmp_path):
    path, _ = spelled("hi.mp4", ["H", "I"])
    looks = []

    class Counting(type(grey_classifier)):
        def classify(self, pictures):
            looks.append(len(pictures))
            return super().classify(pictures)

    first = Observer(Counting(), "a model", tmp_path / "cache").video(path)
    n = len(looks)
    assert n == len(first) == 30
    again = Observer(Counting(), "a model", tmp_path / "cache").video(path)
    assert len(looks) == n
    assert np.array_equal(first.probabilities, again.probabilities)
    Observer(Counting(), "another", tmp_path / "cache").video(path)
    assert len(looks) == 2 * n


def test_a_table_says_what_is_known(tmp_path, examples):
    path = tmp_path / "truth.csv"
    path.write_text(f"\ufefffile,text,signer\n{examples / 'hello.mp4'},hello,S1\n", "utf-8")
    assert load_known(path) == [KnownVideo(examples / "hello.mp4", "HELLO", (), "S1")]
    for content, says in (("file,text\n", "names no videos"), ("name,text\na,b\n", "no column `file`")):
        path.write_text(content)
        with pytest.raises(DataError, match=says):
            load_known(path)


def test_without_times_there_is_only_text(spelled, grey_classifier):
    path, _ = spelled("hi.mp4", ["nothing", "H", "I", "nothing"])
    figures = measure_sequences(grey_classifier, [KnownVideo(path, "HI")])
    assert (figures.letters, figures.precision, figures.recall, figures.delay_s) == (
        0,
        None,
        None,
        None,
    )


def test_signs_match_if_they_are_the_same_at_the_same_time():
    truth = [letter("A", 0, 1), letter("B", 1, 2), letter("B", 3, 4)]
    assert match_in_time(truth, [seen("A", 0.5, 1), seen("B", 1.5, 2), seen("B", 3, 4)]) == [
        (0, 0),
        (1, 1),
        (2, 2),
    ]
    assert match_in_time(truth, [seen("B", 0, 1), seen("A", 1, 2)]) == []  # right signs, wrong times
    assert match_in_time(truth, [seen("B", 1, 4)]) in ([(1, 0)], [(2, 0)])  # one sign matches once
    assert match_in_time(truth, []) == []


def test_what_read_prints_says_what_is_known(tmp_path, examples):
    clip = examples / "hello.mp4"
    document = {"source": str(clip), "text": "hello  world", "letters": [vars(letter("H", 0.5, 1.0))]}
    path = tmp_path / "known.json"
    path.write_text(json.dumps(document))
    [known] = load_known(path)
    assert known == KnownVideo(clip, "HELLO WORLD", (letter("H", 0.5, 1.0),))


@pytest.mark.parametrize("start_s", [float("nan"), float("inf")])
def test_times_that_are_none_are_refused(tmp_path, examples, start_s):
    sign = {"char": "W", "start_s": start_s, "end_s": 1.0}
    path = tmp_path / "known.json"
    path.write_text(json.dumps({"source": str(examples / "hello.mp4"), "text": "W", "letters": [sign]}))
    with pytest.raises(DataError):
        load_known(path)


def test_an_image_is_no_video(grey_classifier, examples):
    with pytest.raises(DataError):
        measure_sequences(grey_classifier, [KnownVideo(examples / "w.jpg", "W")])


def test_who_signs_is_named_where_others_are(spelled, grey_classifier):
    path, _ = spelled("hi.mp4", ["nothing", "H", "I", "nothing"])
    known = [KnownVideo(path, "HI", (), "S1"), KnownVideo(path, "HI")]
    assert set(measure_sequences(grey_classifier, known).by_signer) == {"S1", "not named"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("no json", "does not say what is signed"),
        ('{"text": "A"}', "does not say what is signed"),
        ("[1]", "does not say what is signed"),
        ('{"source": "missing.mp4", "text": "A"}', "is not there"),
        ('{"source": "known.json", "text": " "}', "has no text"),
    ],
)
def test_documents_that_cannot_be_used(tmp_path, content, says):
    path = tmp_path / "known.json"
    path.write_text(content)
    with pytest.raises(DataError, match=says):
        load_known(path)
    with pytest.raises(DataError, match="cannot be read"):
        load_known(tmp_path / "nowhere.json")
