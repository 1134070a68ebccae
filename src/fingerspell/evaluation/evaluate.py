"""One model on several sets of images, and on video: everything a report is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fingerspell.errors import ModelError
from fingerspell.evaluation.calibration import Calibration, calibration_of
from fingerspell.evaluation.classifiers import ModelFacts, describe, load_classifier
from fingerspell.evaluation.counts import Counts
from fingerspell.evaluation.doubtful_labels import DoubtfulLabel, doubtful_labels
from fingerspell.evaluation.metrics import Metrics, metrics_of
from fingerspell.evaluation.observed import Observer
from fingerspell.evaluation.people import PeopleFigures, Reading, figures_of
from fingerspell.evaluation.pictures import Pictures, Protocol
from fingerspell.evaluation.predict import Predictions, Predictor
from fingerspell.evaluation.protocols import as_evaluated
from fingerspell.evaluation.robustness import MIRRORED, STEPS, measure_robustness
from fingerspell.evaluation.sequences import KnownVideo, SequenceFigures, measure_sequences
from fingerspell.evaluation.speed import Speed, measure_speed
from fingerspell.progress import Stage, silent


@dataclass(frozen=True)
class EvaluationOptions:
    """What is measured, and how.

    Attributes:
        processes: that classify; figures do not depend on it.
        cache: folder that keeps predictions; None keeps none.
        mirrored: evaluate on every image mirrored as well.
        robustness: images of each set that are turned, blurred and so on; 0 for none.
        digits: tell digits, too, where the model tells letters and digits.
        speed: time the model, in a process of its own.
        seed: of what is drawn.
    """

    processes: int = 1
    cache: Path | None = None
    mirrored: bool = False
    robustness: int = 0
    digits: bool = False
    speed: bool = True
    seed: int = 0


@dataclass(frozen=True)
class SetEvaluation:
    """One model on one set.

    Attributes:
        pictures: what it was evaluated on, under the protocol it is to this model.
        predictions: of each image.
        mirrored: counts of the same images mirrored.
        robustness: counts of a sample, by what was changed and by how much.
    """

    pictures: Pictures
    predictions: Predictions
    mirrored: Counts | None = None
    robustness: dict[str, dict[float, Counts]] | None = None

    @cached_property
    def metrics(self) -> Metrics:
        """Figures of the counts."""
        return metrics_of(self.predictions.counts)

    @cached_property
    def reading(self) -> Reading | None:
        """What was read of each image of people; None where it is not known who is in them."""
        if self.pictures.people is None:
            return None
        return Reading.of(self.pictures.groups, self.predictions)

    @cached_property
    def people(self) -> PeopleFigures | None:
        """Figures over people; None where it is not known who is in the images."""
        known, reading = self.pictures.people, self.reading
        return None if known is None or reading is None else figures_of(reading, known)

    @cached_property
    def doubtful_labels(self) -> list[DoubtfulLabel]:
        """Labels to look at; none where it is not known who is in the images."""
        if self.pictures.people is None:
            return []
        return doubtful_labels(self.pictures, self.predictions)

    @cached_property
    def calibration(self) -> Calibration:
        """Calibration of the probabilities."""
        return calibration_of(self.predictions.confidence, self.predictions.right)


@dataclass(frozen=True)
class Evaluation:
    """One model.

    Attributes:
        facts: what is known of it.
        on_sets: one a set, in the order in which the sets were given; none of videos alone.
        speed: on this machine.
        sequences: on video with known text.
    """

    facts: ModelFacts
    on_sets: tuple[SetEvaluation, ...]
    speed: Speed | None = None
    sequences: SequenceFigures | None = None

    @property
    def strangest_first(self) -> list[SetEvaluation]:
        """The sets, unseen signers before all others."""
        order = list(Protocol)
        return sorted(self.on_sets, key=lambda each: order.index(each.pictures.protocol))

    @property
    def headline(self) -> SetEvaluation:
        """The set that counts: of unseen signers, or of what comes nearest to them."""
        return self.strangest_first[0]


def evaluate(
    model: str,
    sets: Sequence[Pictures],
    options: EvaluationOptions | None = None,
    known: Sequence[KnownVideo] = (),
    stage: Stage = silent,
) -> Evaluation:
    """Evaluate a model.

    Args:
        model: as `load_classifier` takes it.
        sets: what to evaluate it on; at least one, or known videos.
        options: what is measured.
        known: videos with known text.
        stage: called with what is done next and its length, gives what is called as it proceeds.

    Raises:
        ModelError: the model cannot be used.
        DataError: its own split of the images cannot be made again.
        MediaError: an image or a video is damaged.
    """
    options = options or EvaluationOptions()
    facts = describe(model)
    allowed = [as_evaluated(pictures, facts) for pictures in sets]
    with Predictor(model, options.processes, options.cache, digits=options.digits) as predictor:
        _check_alphabet(predictor, allowed)
        on_sets = [_evaluate_set(predictor, pictures, options, stage) for pictures in allowed]
    speed = sequences = None
    if known:
        advance = stage("reading video", len(known))
        classifier = load_classifier(model, digits=options.digits)
        observer = Observer(classifier, facts.sha256, options.cache)
        sequences = measure_sequences(classifier, known, advance, observer)
    if options.speed and allowed:
        advance = stage("timing", 1)
        speed = measure_speed(model, allowed[0])
        advance(1)
    return Evaluation(facts, tuple(on_sets), speed, sequences)


def _check_alphabet(predictor: Predictor, sets: Sequence[Pictures]) -> None:
    for pictures in sets:
        if pictures.alphabet != predictor.alphabet:
            raise ModelError(
                f"{pictures.name} was opened for other classes than the model tells apart: evaluate "
                "models of other classes one by one."
            )


def _evaluate_set(
    predictor: Predictor, pictures: Pictures, options: EvaluationOptions, stage: Stage
) -> SetEvaluation:
    name = pictures.name
    predictions = predictor.predict(pictures, advance=stage(name, len(pictures)))
    mirrored = robustness = None
    if options.mirrored:
        advance = stage(f"{name}, mirrored", len(pictures))
        mirrored = predictor.predict(pictures, MIRRORED, advance).counts
    if options.robustness:
        sample = pictures.sample(options.robustness, options.seed)
        advance = stage(f"{name}, altered", STEPS * len(sample))
        robustness = measure_robustness(predictor, sample, advance)
    return SetEvaluation(pictures, predictions, mirrored, robustness)
