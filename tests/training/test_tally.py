import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from fingerspell.errors import TrainingError
from fingerspell.evaluation.counts import Counts
from fingerspell.evaluation.metrics import metrics_of
from fingerspell.training.tally import Tally

pairs = st.lists(st.tuples(st.integers(0, 28), st.integers(0, 28)), min_size=1, max_size=60)


def outputs_of(said):
    return torch.nn.functional.one_hot(torch.tensor(said), 29).float()


@given(pairs, st.integers(1, 4))
def test_figures_are_those_of_scikit_learn_in_any_batches(seen, n_batches):
    truth, said = (np.array(column) for column in zip(*seen, strict=True))
    tally = Tally()
    for part in np.array_split(np.arange(len(truth)), n_batches):
        losses = torch.tensor(part, dtype=torch.float32)
        tally.add(losses, outputs_of(said[part]).reshape(len(part), 29), torch.tensor(truth[part]))
    scores = tally.scores()
    assert scores.n == len(truth)
    assert scores.loss == pytest.approx(np.arange(len(truth)).mean())
    assert scores.accuracy == pytest.approx(accuracy_score(truth, said), abs=1e-6)
    held = np.unique(truth)
    assert scores.macro_f1 == pytest.approx(f1_score(truth, said, labels=held, average="macro"))
    counts = Counts.of(truth, said, np.zeros(len(truth), np.int64))
    assert scores.macro_f1 == metrics_of(counts).macro_f1  # one name, one figure: of run and evaluation


def test_counts_survive_being_saved():
    tally, other = Tally(), Tally()
    tally.add(torch.ones(3), outputs_of([1, 2, 3]), torch.tensor([1, 2, 4]))
    other.restore(tally.state_dict())
    assert other.scores() == tally.scores()


def test_counts_of_an_older_version_are_refused():
    with pytest.raises(TrainingError, match="older version"):
        Tally().restore({"macro_f1.tp": torch.zeros(29)})


def test_nothing_counted_is_no_warning():
    assert Tally().scores().n == 0
