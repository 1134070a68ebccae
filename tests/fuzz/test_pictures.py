"""Damaged pictures are read or refused in a sentence; see `tests.fuzz.pictures`."""

import pytest
from tests.fuzz.pictures import mutated, run_in_processes, samples

SEED = 20_261_128


def test_a_few_damaged_pictures():
    outcomes = run_in_processes(SEED, 0, 210)
    assert outcomes["read"] + outcomes["refused"] == 210
    assert min(outcomes["read"], outcomes["refused"]) > 20  # so that both are tried


def test_inputs_follow_from_the_seed():
    contents = samples()
    assert mutated(contents, SEED, 7) == mutated(contents, SEED, 7) != mutated(contents, SEED, 28)


@pytest.mark.slow
def test_ten_thousand_damaged_pictures():
    outcomes = run_in_processes(SEED, 0, 10_000)
    assert outcomes["read"] + outcomes["refused"] == 10_000
