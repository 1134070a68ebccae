"""`fingerspell train-reader`: a reader that has learned somebody's own images."""

from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fingerspell.cli.common import (
    Debug,
    exit_in_a_sentence,
    extra,
    print_json,
    say,
    stage_lines,
    stages,
)
from fingerspell.cli.data import AsJson
from fingerspell.cli.reader_options import Model, NewName, NewVersion
from fingerspell.data.passed_over import documents, told

if TYPE_CHECKING:
    from fingerspell.training.personal.train_reader import PersonalReader

COPIES = 4  # as in `training.personal.views`, which needs PyTorch


def train_reader(
    pictures: Annotated[
        Path,
        typer.Argument(
            metavar="PICTURES",
            help="Folder of your images in class folders: PICTURES/A/1.jpg. Letters, digits (0 to 9) "
            "and, by any other names, signs of your own; at least 3 images of each, 10 are better.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The model file, .onnx.")
    ],
    model: Model = "default",
    force: Annotated[
        bool,
        typer.Option("--force", help="Write the file even if no more images are recognised."),
    ] = False,
    only_new: Annotated[
        bool,
        typer.Option(
            "--only-new",
            help="Add the classes that the model lacks, and leave those that it knows exactly as they "
            "are.",
        ),
    ] = False,
    anew: Annotated[
        bool,
        typer.Option(
            "--anew",
            help="First forget what the model knows of the digits and own signs in PICTURES, so that "
            "they are learned from these images alone.",
        ),
    ] = False,
    copies: Annotated[
        int,
        typer.Option(
            min=1, max=64, metavar="N", help="Changed copies of each image to learn, beside itself."
        ),
    ] = COPIES,
    remember: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Images of any signs, of other people for example, that are to be read as before.",
        ),
    ] = None,
    name: NewName = "",
    version: NewVersion = "",
    as_json: AsJson = False,
    progress_lines: Annotated[
        bool,
        typer.Option(
            "--progress-lines",
            help="Say on stderr how far it is, a JSON document a line: stage, done, total.",
        ),
    ] = False,
    debug: Debug = False,
) -> None:
    """Teach the reader your own images, and print the path of your model.

    Ten images of each letter take about a minute to learn. Vary place, distance and light. Give the
    letters that are misread, and those they are mistaken for. Letters without images stay about as
    they are; other people are read slightly worse. To test whether it helps, each image is read by a
    model that did not learn from it. If no more images are recognised, nothing is written.

    Signs that the model does not know are added to it: a folder named `ILY` or `thank-you` is a sign of
    your own, and is typed as a word; one named `C+H` is the letter CH.

    For example:

    * `fingerspell train-reader my-images -o my-reader.onnx`
    * `fingerspell live --model my-reader.onnx`
    """
    progress = nullcontext(stage_lines()) if progress_lines else stages()
    with exit_in_a_sentence(debug), progress as stage:
        with extra("train"):
            from fingerspell.training.personal.train_reader import Lesson  # noqa: PLC0415
            from fingerspell.training.personal.train_reader import train_reader as train  # noqa: PLC0415
        lesson = Lesson(only_new, remember, name, version, force, anew, copies)
        personal = train(pictures, output, model, stage, lesson)
        say(told(pictures, personal.passed_over))
        if as_json:
            print_json(_document(personal))
        else:
            typer.echo(personal.path)
            typer.echo(_summary(personal), err=True)


def _document(personal: "PersonalReader") -> dict[str, Any]:
    return {
        **asdict(personal),
        "path": str(personal.path),
        "n": personal.n,
        "accuracy_before": personal.accuracy_before,
        "accuracy_after": personal.accuracy_after,
        "seconds": round(personal.seconds, 1),
        "passed_over": documents(personal.passed_over),
    }


def _summary(personal: "PersonalReader") -> str:
    left_out = f" ({personal.n_unusable} files left out)" if personal.n_unusable else ""
    lost = [
        label for label, right in personal.right_before.items() if personal.right_after[label] < right
    ]
    worse = f"\nread worse than before: {', '.join(lost)}; add images of these" if lost else ""
    return (
        f"{personal.name} learned {personal.n} images{left_out} in {personal.seconds:.0f} s\n"
        f"recognised: {personal.accuracy_before:.1%} before, {personal.accuracy_after:.1%} after, each "
        "image by a model that did not learn from it;\nimages taken in one go resemble each other, so "
        f"expect less in another room{worse}"
    )
