"""`fingerspell train-sequence`: a model that reads signs in motion."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fingerspell.cli.common import Debug, exit_in_a_sentence, extra, print_json, stages
from fingerspell.cli.data import AsJson
from fingerspell.cli.reader_options import Model, NewName, NewVersion

if TYPE_CHECKING:
    from fingerspell.training.sequence.train import SequenceReader


def train_sequence(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The model file, .onnx.")
    ],
    stills: Annotated[
        list[Path],
        typer.Option(
            metavar="DIR",
            help="Images of people who show letters, `DIR/A/<person>_1.jpg`; may be repeated.",
        ),
    ],
    landmarks: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH",
            help="Hand landmarks, .npz files or folders of them: `xyz` [N, 21, 3] of stills or "
            "[N, T, 21, 3] of clips, `text` [N] and, if known, `person` [N].",
        ),
    ] = None,
    quiet: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Images of people who sign no letters, however deep."),
    ] = None,
    model: Model = "default",
    steps: Annotated[int, typer.Option(min=20, help="Steps of the optimiser.")] = 10_000,
    samples: Annotated[int, typer.Option(min=10, help="Words to make up and learn from.")] = 24_000,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    cache: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Cache of what the model sees in the images."),
    ] = None,
    name: NewName = "",
    version: NewVersion = "",
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Teach a model to read signs in motion, and print the path of the new file.

    The network that looks at frames does not change. A second network, which reads what the first sees
    over time, is added to the file. It learns from made-up words, in which the hands of the images and
    landmarks move from letter to letter as people spell. A tenth of the people are left out as a test.

    For example:

    * `fingerspell train-sequence --stills people --landmarks motion --quiet gestures -o reader.onnx`
    """
    with exit_in_a_sentence(debug), stages() as stage:
        with extra("train"):
            from fingerspell.training.sequence.collect import Sources  # noqa: PLC0415
            from fingerspell.training.sequence.learn import LearningOptions  # noqa: PLC0415
            from fingerspell.training.sequence.train import train_sequence as train  # noqa: PLC0415
        sources = Sources(tuple(stills), tuple(quiet or ()), tuple(landmarks or ()))
        options = LearningOptions(steps=steps, samples=samples, seed=seed)
        named = {key: value for key, value in (("name", name), ("version", version)) if value}
        written = train(model, sources, output, cache, options, named, stage)
        if as_json:
            print_json({**asdict(written), "path": str(written.path)})
        else:
            typer.echo(written.path)
            typer.echo(_summary(written), err=True)


def _summary(written: "SequenceReader") -> str:
    before, after = written.before, written.after
    return (
        f"learned from {written.forms} forms of {written.people} people in {written.seconds:.0f} s; "
        f"{written.n_bytes / 1e6:.1f} MB\n"
        f"of {after.characters} letters in {after.videos} made-up words of people left out, "
        f"{before.rate:.1%} are wrong frame by frame, {after.rate:.1%} in sequence "
        f"({after.substitutions} substituted, {after.deletions} left out, {after.insertions} put in)"
    )
