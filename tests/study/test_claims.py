"""Hypotheses as users write them, rightly and wrongly."""

import pytest

from fingerspell.errors import StudyError
from fingerspell.study.claims import holds, read_claims
from fingerspell.study.results import Cell

COMPARED = {
    "name": "n",
    "compare": "images_per_s",
    "of": {"loading": "packed"},
    "with": {"loading": "reports"},
    "expect": "greater",
}


def test_in_words():
    trend, contrast = read_claims(
        [
            {"name": "n", "claim": "total_s falls with batch_size", "where": {"devices": [1, 2]}},
            COMPARED,
        ],
        "study.yaml",
    )
    assert trend.text == "total_s falls with batch_size where devices 1 or 2"
    assert contrast.text == "images_per_s is greater with loading packed than with loading reports"
    assert holds(trend.where, Cell("tiny", "ddp", 2, 32))
    assert not holds(trend.where, Cell("tiny", "ddp", 3, 32))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("text", "hypothesis 1 is not a mapping"),
        ({"nam": "n", "claim": "x"}, "did you mean 'name'"),
        ({"name": "n"}, "lacks 'claim'"),
        ({"name": "n", "claim": "time falls"}, "write it as"),
        (
            {"name": "n", "claim": "secondsperepoch falls with devices"},
            "did you mean 'seconds_per_epoch'",
        ),
        ({"name": "n", "claim": "total_s falls with device"}, "did you mean 'devices'"),
        (
            {"name": "n", "claim": "total_s falls with devices", "where": {"modle": 1}},
            "did you mean 'model'",
        ),
        ({"name": "n", "claim": "total_s falls with devices", "where": 3}, "write {model"),
        ({**COMPARED, "expect": "grater"}, "did you mean 'greater'"),
        ({**COMPARED, "with": {"model": "tiny"}}, "different values of the same keys"),
        ({**COMPARED, "with": {"loading": "packed"}}, "different values of the same keys"),
        ({**COMPARED, "compare": "__import__('os')"}, "which is not a figure"),
        ({**COMPARED, "claim": "x"}, "has 'claim', which is not a key"),
    ],
)
def test_wrong_ones_are_refused_with_the_mend(document, message):
    with pytest.raises(StudyError, match=message.replace("(", r"\(").replace("{", r"\{")):
        read_claims([document], "study.yaml")
