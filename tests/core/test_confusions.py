import math

import numpy as np
import pytest

from fingerspell.core.confusions import Confusions


def test_confusion_costs_by_hand():
    counts = np.zeros((26, 26))
    counts[1, 0] = 3  # B seen as A, three times; each of the 25 wrong letters has a prior of 1
    costs = Confusions(counts, prior=1.0).costs(seen=0, sure=0.9)
    assert costs[0] == pytest.approx(-math.log(0.9))
    assert costs[1] == pytest.approx(-math.log(0.1 * 4 / 28))
    assert costs[2] == pytest.approx(-math.log(0.1 * 1 / 28))
