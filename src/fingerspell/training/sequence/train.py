"""A sequence reader for a model: look at images once, make samples, learn, prove, write.

The frame reader is not changed. People are parted: a tenth of them signs only the words on which the
sequence reader is compared with the rules that it replaces (`core.decoding`).
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.decoding.decoder import LetterDecoder
from fingerspell.core.sequence import SequenceDecoder
from fingerspell.core.text import compose
from fingerspell.core.types import Decoder, Letter
from fingerspell.errors import DataError, ModelError
from fingerspell.evaluation.character_errors import CharacterErrors
from fingerspell.evaluation.classifiers import describe
from fingerspell.evaluation.observed import Observer
from fingerspell.export.sequence_graph import sequence_to_onnx, with_sequence
from fingerspell.files import write_atomically
from fingerspell.progress import Stage
from fingerspell.runtime.language import spelled_words, word_counts
from fingerspell.runtime.onnx_classifier import OnnxClassifier, bundled_file, read_model
from fingerspell.runtime.reader import BUNDLED
from fingerspell.runtime.sequence_network import OnnxSequence
from fingerspell.training.sequence.collect import SequenceMaterial, Sources, collect
from fingerspell.training.sequence.forms import Repertoire
from fingerspell.training.sequence.imitation import Imitation
from fingerspell.training.sequence.learn import LearningOptions, learn
from fingerspell.training.sequence.samples import Sample, Studio
from fingerspell.training.sequence.spelled_words import Words

EVERY = 10  # of the people who can spell, one signs for comparison only
N_COMPARED = 200  # words


@dataclass(frozen=True)
class SequenceReader:
    """A model's file that was written, with a sequence reader inside.

    Attributes:
        path: of the file.
        n_bytes: of the sequence reader in it.
        people: who can spell; of these, learned from.
        pictures: that the frame reader looked at.
        forms: stills and clips that were learned from.
        agreement: share of hands of which the imitation of the frame reader names its class.
        before: how made-up words of people that were not learned from are read without it.
        after: and with it.
        seconds: that all of it took.
    """

    path: Path
    n_bytes: int
    people: int
    pictures: int
    forms: int
    agreement: float
    before: CharacterErrors
    after: CharacterErrors
    seconds: float


def train_sequence(
    model: str,
    sources: Sources,
    output: Path,
    cache: Path | None,
    options: LearningOptions,
    named: Mapping[str, str],
    stage: Stage,
) -> SequenceReader:
    """Teach a model's file to read signs in motion, and write it anew.

    Args:
        model: `default` or a model file.
        sources: what to learn from.
        output: where the file goes.
        cache: keeps what the frame reader saw; None keeps nothing.
        options: how to learn.
        named: `name` and `version` of the new file, where they differ from the model's.
        stage: announces each piece of work.

    Raises:
        ModelError: the model cannot be used, or gives no landmarks.
        DataError: the sources cannot be used, or show too few people.
        MediaError: an image is damaged.
        OSError: the file cannot be written.
    """
    began = time.monotonic()
    content = read_model(bundled_file() if model == BUNDLED else Path(model), model)
    classifier = OnnxClassifier(None if model == BUNDLED else model)
    if not classifier.can_track:
        raise ModelError(f"{model} finds no joints, which a sequence reader needs: use a hand reader.")
    material = collect(Observer(classifier, describe(model).sha256, cache), sources, stage)
    learned, apart = Repertoire(material.forms).parted(EVERY)
    if not learned.people or not apart.people:
        raise DataError(
            f"{len(learned.people) + len(apart.people)} people show enough letters to spell, "
            f"and {EVERY // 2 + 1} are needed: give more with --stills or --landmarks."
        )
    stage("imitating the frame reader", 0)
    imitation = Imitation(material.joints, material.evidence, seed=options.seed)
    samples = _samples(_studio(learned, imitation, material), options, stage)
    net = learn(samples, options, stage("learning", options.steps))
    graph = sequence_to_onnx(net)
    network = OnnxSequence(graph, str(output))
    studio = _studio(apart, imitation, material)
    before, after = compare(studio, network, options.seed, stage)
    write_atomically(output, with_sequence(content, graph, model, named))
    return SequenceReader(
        path=output,
        n_bytes=len(graph),
        people=len(learned.people),
        pictures=material.pictures,
        forms=len(learned.forms),
        agreement=imitation.agreement,
        before=before,
        after=after,
        seconds=time.monotonic() - began,
    )


def _studio(forms: Repertoire, imitation: Imitation, material: SequenceMaterial) -> Studio:
    return Studio(forms, imitation, Words(word_counts(), spelled_words()), material.absent)


def _samples(studio: Studio, options: LearningOptions, stage: Stage) -> list[Sample]:
    rng = np.random.default_rng(options.seed)
    advance = stage("making words", options.samples)
    samples = []
    for _ in range(options.samples):
        samples.append(studio.sample(rng))
        advance(1)
    return samples


def compare(
    studio: Studio, network: OnnxSequence, seed: int, stage: Stage
) -> tuple[CharacterErrors, CharacterErrors]:
    """How wrongly made-up words are read by the rules on frames, and by the network."""
    rng = np.random.default_rng([seed, 1])
    advance = stage("comparing", N_COMPARED)
    pairs: tuple[list[tuple[str, str]], list[tuple[str, str]]] = ([], [])
    while len(pairs[0]) < N_COMPARED:
        word = studio.scene(rng)
        text = compose(Letter(CLASSES[label], 0.0, 0.0, 1.0) for label in word.labels).replace(" ", "")
        if not text:
            continue
        times_s, sight = studio.film(word, rng)
        decoders: tuple[Decoder, Decoder] = (LetterDecoder(), SequenceDecoder(network))
        for decoder, found in zip(decoders, pairs, strict=True):
            events = []
            columns = (times_s.tolist(), sight.probabilities, sight.joints, sight.hand.tolist())
            for frame in zip(*columns, strict=True):
                events += decoder.push(*frame)
            events += decoder.flush()
            letters = [event.letter for event in events if event.kind == "ended"]
            found.append((text, compose(letters).replace(" ", "")))
        advance(1)
    return CharacterErrors.of(pairs[0]), CharacterErrors.of(pairs[1])
