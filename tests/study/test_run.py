"""Studies of real processes: killed and gone on with, failing in the middle, refused."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest
from filelock import FileLock

from fingerspell.errors import StudyError
from fingerspell.study import run
from fingerspell.study.results import Cell, Result, Status, load_results
from fingerspell.study.run import Watcher, run_cell, run_study, seconds_left
from fingerspell.training.options import Loading
from fingerspell.training.record import save_json

CELL = "fingerspell.study.cell"
STUDY = """
    import sys
    from pathlib import Path
    from fingerspell.study.grid import load_study
    from fingerspell.study.run import Watcher, run_study

    if __name__ == "__main__":
        run_study(load_study(Path(sys.argv[1])), Path(sys.argv[1]), Watcher())
"""


def cell_processes():
    """Processes of cells anywhere on this machine, with their arguments."""
    found = []
    for process in psutil.process_iter():
        try:
            arguments = process.cmdline()
        except psutil.Error:
            continue
        if CELL in arguments:
            found.append((process, arguments))
    return found


def wait_for(condition, seconds=600):
    """The first true value of a condition."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"not in {seconds} seconds")


def cells_of(folder):
    return [p for p, arguments in cell_processes() if str(folder) in arguments]


class Ends(Watcher):
    """Ends each cell's process with a signal as soon as it works; notes who was told what."""

    def __init__(self, folder: Path, keys: set[str]) -> None:
        self.folder, self.keys, self.results = folder, keys, []

    def cell(self, cell: Cell) -> None:
        self.running = cell

    def line(self, text: str) -> None:
        if self.running.key in self.keys and text:
            for process in cells_of(self.folder):
                process.send_signal(signal.SIGKILL)

    def result(self, result: Result) -> None:
        self.results.append(result)


@pytest.mark.slow
def test_cells_that_fail_or_are_killed_are_noted_and_the_rest_go_on(study_of, tmp_path):
    study = study_of(devices="2,1", strategy="dp", epochs=1)
    fails, killed = study.cells()
    watcher = Ends(tmp_path, {killed.key})
    results = run_study(study, tmp_path, watcher)
    assert results == watcher.results
    assert [(result.cell, result.status) for result in results] == [
        (fails, "failed"),
        (killed, "failed"),
    ]
    assert "dp splits batches over GPUs" in results[0].message
    assert "its process ended (signal 9, SIGKILL)" in results[1].message
    assert {result.cell.key for result in load_results(tmp_path)} == {fails.key, killed.key}
    assert not cells_of(tmp_path)
    again = Ends(tmp_path, set())
    assert run_study(study, tmp_path, again) == results  # nothing is run again ...
    assert again.results == []
    run_study(study, tmp_path, again, retry_failed=True)  # ... but for what failed, if one wishes
    assert [result.status for result in again.results] == ["failed", "done"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGKILL", "SIGINT"])
def test_a_study_that_is_ended_leaves_no_process_and_goes_on(study_of, tmp_path, name):
    folder = tmp_path / "study"
    study = study_of(devices="1,2", epochs=2)
    study.save(folder)
    script = tmp_path / "run.py"
    script.write_text(textwrap.dedent(STUDY))
    process = subprocess.Popen(
        [sys.executable, script, folder], start_new_session=True, stderr=subprocess.DEVNULL
    )
    first, second = study.cells()
    wait_for((folder / "cells" / f"{first.key}.json").exists)
    finished = (folder / "cells" / f"{first.key}.json").read_bytes()
    [cell] = wait_for(lambda: cells_of(folder))
    workers = wait_for(cell.children)  # of two processes
    os.kill(process.pid, getattr(signal, name))
    process.wait(60)
    wait_for(lambda: not any(p.is_running() and p.status() != "zombie" for p in (cell, *workers)), 60)
    assert not (folder / "cells" / f"{second.key}.json").exists()
    results = run_study(study, folder, Watcher())
    assert [result.status for result in results] == ["done", "done"]
    assert (folder / "cells" / f"{first.key}.json").read_bytes() == finished
    assert 0 <= results[1].communication_share < 1


@pytest.mark.slow
def test_ctrl_c_ends_the_cell_and_keeps_nothing_of_it(study_of, tmp_path):
    class Interrupts(Watcher):
        def line(self, text):
            if text:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_study(study_of(), tmp_path, Interrupts())
    assert not cells_of(tmp_path)
    assert load_results(tmp_path) == []


def test_a_folder_is_for_one_study_and_one_process(study_of, tmp_path):
    study = study_of()
    study.save(tmp_path)
    (tmp_path / "cells").mkdir()
    done = Result(study.cells()[0], Status.DONE)
    save_json(done.to_json(), tmp_path / "cells" / f"{done.cell.key}.json")
    with pytest.raises(StudyError, match=r"holds a study with other batch_size, epochs: choose"):
        run_study(study_of(batch_size=8, epochs=9), tmp_path, Watcher())
    with FileLock(tmp_path / ".lock"), pytest.raises(StudyError, match="by another process"):
        run_study(study, tmp_path, Watcher())
    assert run_study(study_of(hypotheses=["more"]), tmp_path, Watcher()) == [done]


def test_the_system_s_killer_is_told_apart(study_of, tmp_path, monkeypatch):
    counts = iter([3, 4])
    monkeypatch.setattr(run, "_killed_for_memory", lambda: next(counts))
    monkeypatch.setattr(run, "_process", lambda *_arguments: -9)
    (tmp_path / "logs").mkdir()
    [cell] = study_of().cells()
    (tmp_path / "logs" / f"{cell.key}.log").write_text("training\n")
    result = run_cell(cell, tmp_path, lambda _line: None)
    assert result.status == Status.OUT_OF_MEMORY
    assert result.message.startswith("the system ended a process for want of memory (its process ended")
    assert json.loads(json.dumps(result.to_json()))["status"] == "out of memory"


SMALL, LARGE = Cell("tiny", "single", 1, 32), Cell("tiny", "single", 1, 64)
OTHER = Cell("aslnet", "single", 1, 32)
FROM_FILES = Cell("tiny", "single", 1, 32, loading=Loading.REPORTS)


def ended(cell, seconds):
    return Result(cell, Status.DONE, total_s=seconds)


def test_nothing_is_known_before_a_cell_has_ended():
    assert seconds_left(SMALL, 1.0, [LARGE], []) is None


def test_cells_take_as_long_as_those_most_like_them():
    known = [ended(SMALL, 10.0), ended(FROM_FILES, 100.0), ended(OTHER, 1000.0)]
    # LARGE is like SMALL in all but the batch, and 4 of its seconds have passed.
    assert seconds_left(LARGE, 4.0, [], known) == 6.0
    assert seconds_left(LARGE, 400.0, [], known) == 0.0
    again = Cell("aslnet", "ddp", 2, 64)
    unknown = Cell("dexnet", "single", 1, 32)
    expected = 6.0 + 1000.0 + (10.0 + 100.0 + 1000.0) / 3
    assert abs(seconds_left(LARGE, 4.0, [again, unknown], known) - expected) < 1e-9
