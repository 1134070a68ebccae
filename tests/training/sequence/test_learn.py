import numpy as np
import pytest
from tests.training.sequence.hands import hand

from fingerspell.core.alphabet import CLASSES, DELETE, LETTERS, NOTHING, SPACE
from fingerspell.evaluation.sequences import CharacterErrors
from fingerspell.export.sequence_graph import sequence_to_onnx
from fingerspell.models.sequence_net import DELAY_TICKS, N_FEATURES, SEEN_TICKS
from fingerspell.runtime.sequence_network import OnnxSequence
from fingerspell.training.sequence.forms import Form, Repertoire, measured
from fingerspell.training.sequence.imitation import Imitation
from fingerspell.training.sequence.learn import UNKNOWN, LearningOptions, in_a_row, learn
from fingerspell.training.sequence.motion import QUIET
from fingerspell.training.sequence.samples import LONGEST_S, Studio
from fingerspell.training.sequence.spelled_words import LONGEST, Words
from fingerspell.training.sequence.train import compare

SIGNS = (*(letter for letter in LETTERS if letter not in "JZ"), NOTHING)


@pytest.fixture(scope="module")
def studio() -> Studio:
    hands = np.stack([hand(i) for i in range(len(SIGNS))])
    evidence = np.full((len(SIGNS), len(CLASSES)), -6.0, np.float32)
    for row, sign in enumerate(SIGNS):
        evidence[row, CLASSES.index(sign)] = -0.1
    imitation = Imitation(hands, evidence, epochs=600)
    assert imitation.agreement > 0.6
    forms = Repertoire(
        Form(CLASSES.index(sign), "ann", measured(hands[i : i + 1]), evidence=evidence[i])
        for i, sign in enumerate(SIGNS)
    )
    absent = np.full((1, len(CLASSES)), -6.0, np.float32)
    absent[:, QUIET] = -0.1
    return Studio(forms, imitation, Words({"hello": 3, "cat": 2}, ["TV"]), absent)


def test_samples_hold_what_is_signed(studio):
    rng = np.random.default_rng(0)
    for _ in range(40):
        word = studio.scene(rng)
        sample = studio.filmed(word, rng)
        assert set(word.labels) >= set(sample.labels.tolist()) - {QUIET}
        assert sample.numbers.shape == (len(sample.labels), N_FEATURES)
        assert np.isfinite(sample.numbers).all()
        assert len(sample.labels) <= LONGEST_S * 30 + 1


def test_words_hold_edits_where_somebody_shows_them(studio):
    """In about one of eight words each, and in none of the fixture's people, who show neither."""
    rng = np.random.default_rng(3)
    edits = [CLASSES.index(sign) for sign in (SPACE, DELETE)]
    shown = [Form(edit, "ben", measured(hand(90 + edit)[None])) for edit in edits]
    able = Studio(
        Repertoire([*studio.forms.forms, *shown]), studio.imitation, studio.words, studio.absent
    )
    scenes = [able.scene(rng).labels for _ in range(300)]
    spelled = [labels for labels in scenes if labels]
    for edit in edits:
        assert 0.06 < sum(edit in labels for labels in spelled) / len(spelled) < 0.18
    assert all(labels[0] not in edits for labels in spelled)
    assert not any(edit in studio.scene(rng).labels for _ in range(50) for edit in edits)


def test_samples_in_a_row_begin_unseen_and_end_held(studio):
    rng = np.random.default_rng(1)
    samples = [studio.sample(rng) for _ in range(3)]
    numbers, labels = in_a_row(samples)
    assert len(numbers) == len(labels)
    at = 0
    for sample in samples:
        first, n = at + SEEN_TICKS - DELAY_TICKS, len(sample.labels)
        assert (numbers[at:first] == 0).all()
        assert labels[first : first + n].tolist() == sample.labels.tolist()
        assert numbers[first : first + n].numpy() == pytest.approx(sample.numbers, abs=2e-3)
        at = first + n + DELAY_TICKS
        assert (labels[first + n : at] == UNKNOWN).all()
        assert (numbers[first + n : at, -1] == numbers[first + n - 1, -1]).all()
    assert at == len(labels)


def test_words_are_drawn_as_often_as_they_should_be():
    words = Words({"hello": 9, "cat": 1}, ["TV"], shares=(0.6, 0.3, 0.1))
    rng = np.random.default_rng(0)
    drawn = [words.draw(rng) for _ in range(2000)]
    assert drawn.count("HELLO") / 2000 == pytest.approx(0.6 * 0.75, abs=0.04)  # the root of the counts
    assert drawn.count("TV") / 2000 == pytest.approx(0.3, abs=0.04)
    assert max(map(len, drawn)) <= LONGEST


@pytest.mark.slow
def test_what_is_learned_reads_better_than_frame_by_frame(studio):
    advanced = []
    options = LearningOptions(width=48, samples=1500, steps=400, batch=16)
    rng = np.random.default_rng(2)
    samples = [studio.sample(rng) for _ in range(options.samples)]
    net = learn(samples, options, advanced.append)
    assert sum(advanced) == options.steps
    network = OnnxSequence(sequence_to_onnx(net), "model.onnx")
    before, after = compare(studio, network, 0, lambda _what, _length: lambda _n: None)
    assert isinstance(after, CharacterErrors)
    assert after.rate < before.rate
