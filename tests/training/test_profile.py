"""What a profile of training steps holds."""

import json

import pytest

from fingerspell.errors import TrainingError
from fingerspell.progress import silent
from fingerspell.training.profile import profile_steps


def test_operations_and_a_trace(plan_of, tmp_path):
    """126 images make 8 steps of 16: three warm up, five are profiled; nothing of a run is left."""
    plan = plan_of("run", batch_size=16)
    found = profile_steps(plan, silent, tmp_path / "new" / "trace.json")
    by_name = {each.name: each for each in found}
    assert by_name["fingerspell: step"].calls == 5
    assert by_name["aten::convolution_backward"].calls > 0
    times = [each.cpu_ms + each.device_ms for each in found]
    assert times == sorted(times, reverse=True)
    trace = json.loads((tmp_path / "new" / "trace.json").read_text())
    names = [event.get("name") for event in trace["traceEvents"]]
    assert names.count("fingerspell: step") == 5
    assert names.count("fingerspell: wait for a batch") == 6  # the last one finds none
    assert not plan.folder.exists()


def test_where_the_trace_cannot_go(plan_of, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match="choose another place for the trace"):
        profile_steps(plan_of("run"), silent, tmp_path / "file" / "trace.json")
