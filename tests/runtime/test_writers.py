import json
from dataclasses import replace

import pytest

from fingerspell.core.text import Word
from fingerspell.core.types import Letter, Transcript
from fingerspell.runtime.writers import WRITERS, to_srt, to_tsv, to_vtt

TRANSCRIPT = Transcript(
    source="clip.mp4",
    model="m 1",
    letters=(
        Letter("H", 0.5, 1.0, 0.91234),
        Letter("J", 1.25, 1.5, 0.5),
        Letter("del", 1.5, 1.75, 0.9),
        Letter("I", 2.0, 2.25, 1.0),
        Letter("space", 2.5, 2.75, 0.8),
        Letter("Y", 3599.9996, 3661.0004, 0.99),
    ),
    duration_s=3700.0,
    frames=111_000,
    fps=30000 / 1001,
)

EXPECTED = {
    "txt": "HI Y\n",
    "srt": """\
1
00:00:00,500 --> 00:00:02,250
HI

2
01:00:00,000 --> 01:01:01,000
Y
""",
    "vtt": """\
WEBVTT

00:00:00.500 --> 00:00:02.250
H<00:00:02.000>I

01:00:00.000 --> 01:01:01.000
Y
""",
    "tsv": """\
start_s	end_s	char	probability
0.500	1.000	H	0.9123
1.250	1.500	J	0.5000
1.500	1.750	del	0.9000
2.000	2.250	I	1.0000
2.500	2.750	space	0.8000
3600.000	3661.000	Y	0.9900
""",
}


@pytest.mark.parametrize("name", EXPECTED)
def test_written_by_hand(name):
    assert WRITERS[name](TRANSCRIPT) == EXPECTED[name]


def test_json_has_the_fixed_shape():
    document = json.loads(WRITERS["json"](TRANSCRIPT))
    assert list(document) == [
        "source", "model", "text", "raw_text", "letters", "duration_s", "frames", "fps",
    ]  # fmt: skip
    assert document["letters"][0] == {"char": "H", "start_s": 0.5, "end_s": 1.0, "probability": 0.9123}
    assert document["text"] == document["raw_text"] == "HI Y"
    assert document["fps"] == 30000 / 1001


def test_nothing_seen():
    empty = Transcript("a.mp4", "m 1", (), 1.0, 30, 30.0)
    assert {name: write(empty) for name, write in WRITERS.items() if name != "json"} == {
        "txt": "\n",
        "srt": "",
        "vtt": "WEBVTT\n",
        "tsv": "start_s\tend_s\tchar\tprobability\n",
    }


def test_corrected_words_are_what_is_shown():
    corrected = replace(TRANSCRIPT, corrected=(Word("HID", 0.5, 2.25), Word("Y", 2.5, 3.0)))
    assert WRITERS["txt"](corrected) == "HID Y\n"
    assert json.loads(WRITERS["json"](corrected))["raw_text"] == "HI Y"
    # Two letters were signed and three are meant, so they share the time; the words stand together.
    assert WRITERS["vtt"](corrected).splitlines()[2:] == [
        "00:00:00.500 --> 00:00:03.000",
        "H<00:00:01.083>I<00:00:01.667>D <00:00:02.500>Y",
    ]
    assert WRITERS["srt"](corrected) == "1\n00:00:00,500 --> 00:00:03,000\nHID Y\n"


def test_no_text_breaks_a_file_of_subtitles():
    """Whatever a model calls its signs: a cue stays a cue, a row a row."""
    letters = (Letter("-->", 0.0, 0.5, 0.9), Letter("\n\n\t<b>\x1b", 0.5, 1.0, 0.9))
    transcript = Transcript("x", "m 1", letters, 1.0, 25, 25.0)
    for write in (to_srt, to_vtt):
        lines = write(transcript).splitlines()
        assert sum("-->" in line for line in lines) == 1
        assert len(lines) == {to_srt: 3, to_vtt: 4}[write]
        assert "\x1b" not in write(transcript)
    assert "<b>" not in to_vtt(transcript)
    rows = to_tsv(transcript).splitlines()
    assert [len(row.split("\t")) for row in rows] == [4, 4, 4]
