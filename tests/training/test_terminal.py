"""What a terminal is told of a run."""

import pytest

from fingerspell.training.terminal import Display


@pytest.fixture
def display(plan_of):
    def make(**options):
        shown = Display(plan_of("run", epochs=9, **options))
        shown.lines = []
        shown._print = shown.lines.append
        return shown

    return make


def row(epoch, loss, accuracy):
    return {"epoch": epoch, "lr": 0.1, "validation_loss": loss, "validation_accuracy": accuracy}


def test_what_is_saved_and_what_it_was_better_than(display):
    """As R1 has it: the previous best, the new best, saving."""
    shown = display()
    shown.epoch(row(1, 2.5, 0.25), is_best=True)
    shown.epoch(row(2, 3.0, 0.5), is_best=False, before=2.5)
    shown.epoch(row(3, 1.25, 0.5), is_best=True, before=2.5)
    said = [line.strip() for line in shown.lines if "best" in line]
    assert said == [
        "validation loss: new best 2.5000, saving best.safetensors",
        "validation loss: previous best 2.5000, new best 1.2500, saving best.safetensors",
    ]


def test_the_figure_that_counts_is_named(display):
    shown = display(monitor="accuracy")
    shown.epoch(row(2, 3.0, 0.5), is_best=True, before=0.25)
    assert "validation accuracy: previous best 0.2500, new best 0.5000, saving" in shown.lines[-1]
