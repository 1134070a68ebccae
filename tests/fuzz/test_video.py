"""Videos damaged at random; see `tests.fuzz.video`."""

import pytest
from tests.fuzz import video


@pytest.mark.parametrize(("n", "seed"), [(60, 1), pytest.param(10_000, 0, marks=pytest.mark.slow)])
def test_damaged_videos_are_read_or_refused(n, seed):
    tally = video.fuzz(n, seed)
    assert tally.faults == {}
    assert sum(tally.ended.values()) == n
    assert min(tally.ended[how] for how in ("read", "part", "refused")) > 0
    assert tally.memory_bytes < video.MEMORY_BYTES


def test_a_copy_that_ends_the_process_is_noted():
    """The parent goes on with the next one."""
    told = iter([("begins", 3), None])

    class Pipe:
        def poll(self, _):
            return True

        def recv(self):
            if (message := next(told)) is None:
                raise EOFError
            return message

    class Worker:
        exitcode = -11

        def join(self):
            pass

        kill = join

    tally = video.Tally()
    assert video._follow(Worker(), Pipe(), tally, 3) == 4
    assert tally.faults == {3: "the process ended with -11"}
    made = video.seeds()
    assert video.mutant(made, 0, 5) == video.mutant(made, 0, 5) != video.mutant(made, 1, 5)
