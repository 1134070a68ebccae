"""Many inputs: folders of clips, several processes, and going on where a run was stopped."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from fingerspell.cli import app
from fingerspell.cli.many_inputs import FINISHED, expand, is_much
from fingerspell.core.types import Frame
from fingerspell.runtime.media.video import write_video


@pytest.fixture
def run():
    return lambda *args: CliRunner().invoke(app, [str(a) for a in args])


def write_clip(path: Path) -> Path:
    """Half a second of grey, in which nobody signs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    grey = np.full((96, 128, 3), 90, np.uint8)
    write_video(path, [Frame(n / 8, grey) for n in range(4)], 8)
    return path


@pytest.fixture
def clips(tmp_path):
    """A folder of clips 2 and 10, and 1 in a folder below."""
    folder = tmp_path / "clips"
    for name in ("2.mp4", "10.mp4", "more/1.mp4"):
        write_clip(folder / name)
    (folder / "notes.txt").write_text("not a clip")
    return folder


def test_a_folder_of_clips_stands_for_each_in_natural_order(clips, tmp_path, examples):
    named = [str(Path(source).relative_to(clips)) for source in expand([str(clips)])]
    assert named == ["2.mp4", "10.mp4", "more/1.mp4"]
    (clips / "a.jpg").write_bytes((examples / "a.jpg").read_bytes())
    given = [str(clips), "rtsp://camera", str(tmp_path / "missing")]
    assert expand(given) == given  # with a picture in it, the folder is a sequence of pictures


def test_processes_are_started_for_several_videos_or_many_pictures():
    assert is_much(["a.mp4", "b.mp4"])
    assert not is_much(["a.mp4", "b.jpg", "c.jpg"])
    assert is_much([f"{n}.jpg" for n in range(101)])


def test_several_processes_say_what_one_does_in_the_order_of_the_inputs(run, clips, examples):
    given = [examples / "w.jpg", clips, "missing.mp4", examples / "a.jpg", "--json"]
    one, two = (run("read", *given, "--processes", n) for n in (1, 2))
    assert one.exit_code == two.exit_code == 1
    assert "missing.mp4 does not exist" in one.stderr
    assert two.stderr == one.stderr
    documents = [json.loads(result.stdout) for result in (one, two)]
    assert [Path(each["source"]).name for each in documents[0]] == [
        "w.jpg", "2.mp4", "10.mp4", "1.mp4", "a.jpg",
    ]  # fmt: skip
    for document in documents:
        for each in document:
            each.pop("probabilities", None)  # the last digits depend on the number of threads
            for letter in each["letters"]:
                letter["probability"] = round(letter["probability"], 4)
    assert documents[0] == documents[1]


def test_what_was_read_is_skipped_until_it_changes(run, clips, tmp_path):
    out = tmp_path / "out"
    arguments = ["read", clips, "-o", out, "-f", "json", "--processes", 1]
    first = run(*arguments)
    assert first.exit_code == 0
    assert first.stderr.count("wrote ") == 3
    again = run(*arguments)
    assert (again.exit_code, again.stderr.count("wrote ")) == (0, 0)
    assert f"skipped 3 of 3 inputs, whose outputs {out} holds" in again.stderr

    (out / "2.json").unlink()
    os.utime(clips / "10.mp4", ns=(1, 1))
    changed = run(*arguments)
    assert "skipped 1 of 3" in changed.stderr
    assert sorted(changed.stderr.split("wrote ")[1:]) == [f"{out}/10.json\n", f"{out}/2.json\n"]

    assert " inputs, whose" not in run(*arguments, "--pause", 2).stderr  # other options, other texts
    assert " inputs, whose" not in run(*arguments[:-4], "-f", "txt", "--processes", 1).stderr


def test_what_could_not_be_read_is_tried_again(run, clips, tmp_path):
    damaged = clips / "2.mp4"
    content = damaged.read_bytes()
    damaged.write_bytes(content[: len(content) // 3])
    out = tmp_path / "out"
    for _ in range(2):
        result = run("read", clips, "-o", out, "--processes", 1)
        assert result.exit_code == 1
        assert "2.mp4" in result.stderr.split("error: ")[1]
    assert "skipped 2 of 3" in result.stderr
    assert len((out / FINISHED).read_text().splitlines()) == 2


@pytest.mark.slow
def test_a_ray_cluster_of_two_workers_writes_what_two_processes_do(run, clips, tmp_path, examples):
    ray = pytest.importorskip("ray", reason="the extra `ray` is not installed")
    inputs = [clips, examples / "hello.mp4", examples / "a.jpg", "-f", "txt"]
    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        on_ray = run("read", *inputs, "-o", tmp_path / "ray", "--ray", "local")
    finally:
        ray.shutdown()
    here = run("read", *inputs, "-o", tmp_path / "here", "--processes", 2)
    assert on_ray.exit_code == here.exit_code == 0
    texts = [
        {path.name: path.read_text() for path in (tmp_path / name).glob("*.txt")}
        for name in ("ray", "here")
    ]
    assert texts[0] == texts[1]
    assert texts[0]["hello.txt"] == "HELLO WORLD\n"
