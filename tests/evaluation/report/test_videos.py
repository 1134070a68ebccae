"""The part of the page about videos, as files and in a browser."""

import json
import re
import shutil

import pytest
from tests.one_file_pages import needs_chromium, opened

from fingerspell.errors import MediaError
from fingerspell.evaluation.evaluate import EvaluationOptions, evaluate
from fingerspell.evaluation.report import videos, write_report
from fingerspell.evaluation.sequences import KnownVideo


@pytest.fixture(scope="module")
def evaluation(clip):
    """Of a clip in which H and E are signed: read rightly, and as if HOT or only H were signed."""
    known = [KnownVideo(clip, "HE"), KnownVideo(clip, "H", (), "ann"), KnownVideo(clip, "HOT")]
    return evaluate("default", [], EvaluationOptions(speed=False), known)


@pytest.fixture(scope="module")
def written(evaluation, tmp_path_factory):
    return write_report([evaluation], tmp_path_factory.mktemp("report"))


def test_what_is_missed_comes_first(written):
    html = written.page.read_text()
    assert re.findall(r"<article class=\"clip\"><header><strong>([A-Z]+)</strong>", html) == [
        "HOT",
        "H",
        "HE",
    ]
    assert re.findall(r"<details( open)?><summary>[^<]*\((\d)\)</summary>", html) == [
        (" open", "2"),
        ("", "1"),
    ]
    assert html.count('class="strip"') == 3


def test_the_document_has_every_error(written):
    [document] = json.loads(next(f for f in written.files if f.suffix == ".json").read_text())
    video = document["video"]
    rows = {(row["signed"], row["read"]): row["n"] for row in video["missed"]}
    assert sum(rows.values()) == sum(len(each["errors"]) for each in video["readings"]) == 3
    assert rows["", "E"] == 1
    assert set(video["missed"][0]) == {"signed", "read", "n", "of", "by_speed", "videos"}
    assert "moments" not in video["readings"][0]


def test_of_very_many_clips_only_those_with_most_errors_have_strips(evaluation, monkeypatch):
    monkeypatch.setattr(videos, "MOST_STRIPS", 1)
    html = videos.videos([evaluation])
    assert html.count('class="strip"') == 1
    assert html.index('class="strip"') < html.index("<strong>H</strong>")
    assert html.count("stays small: the last 1.") == 2  # one that is wrong, one that is right


def test_a_clip_that_is_gone(clip, tmp_path):
    copy = tmp_path / "copy.mp4"
    shutil.copy(clip, copy)
    read = evaluate("default", [], EvaluationOptions(speed=False), [KnownVideo(copy, "HE")])
    copy.unlink()
    with pytest.raises(MediaError):
        write_report([read], tmp_path / "out")


@needs_chromium
def test_a_browser_shows_the_frames_and_the_clip_at_their_time(written):
    for page in opened(written.page, charts=0):
        page.evaluate("document.querySelectorAll('img').forEach(each => { each.loading = 'eager'; })")
        page.wait_for_function("[...document.images].every(each => each.naturalWidth > 0)")
        sides = page.evaluate("[...document.images].map(each => each.getBoundingClientRect().width)")
        assert 60 < min(sides) <= max(sides) < 100
        button = page.locator(".strip button").nth(3)
        button.click()
        at = float(button.get_attribute("data-at"))
        assert page.evaluate("document.querySelector('video').currentTime") == pytest.approx(
            at, abs=0.01
        )
