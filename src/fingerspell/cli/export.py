"""`fingerspell export`: a run of training becomes a model file for the reader."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fingerspell.cli.common import Debug, exit_in_a_sentence, extra, print_json, stages
from fingerspell.cli.data import AsJson

if TYPE_CHECKING:
    from fingerspell.export.onnx_file import Exported


def export(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN", help="Folder of a run, or a checkpoint (.safetensors).", show_default=False
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The model file, .onnx.")
    ],
    int8: Annotated[
        bool,
        typer.Option("--int8", help="Layers compute in 8 bits: smaller, and faster on most CPUs."),
    ] = False,
    pictures: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Real images to check the export with.  [default: what the run was trained on]",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            help="Name of the model, for transcripts.  [default: its network]", show_default=False
        ),
    ] = None,
    version: Annotated[
        str | None,
        typer.Option(help="Version of the model.  [default: fingerspell's]", show_default=False),
    ] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Turn a trained network into one model file, and print its path.

    The file resizes and normalises images itself. It is written only if it agrees with the trained
    network: on up to 300 images, the same class for each and no probability off by more than 0.001;
    with --int8, on up to 200 images that it was not calibrated with, another class for at most 1 %,
    where the trained network is sure of its own. A reader is exported so in any case.

    For example:

    * `fingerspell export runs/dexnet -o dexnet.onnx`
    * `fingerspell export runs/dexnet -o dexnet.onnx --int8 --pictures asl_alphabet_test`
    * `fingerspell read photo.jpg --model dexnet.onnx`
    """
    with exit_in_a_sentence(debug):
        exported = _export(run, output, int8, pictures, {"name": name, "version": version})
        if as_json:
            print_json({**asdict(exported), "path": str(exported.path)})
        else:
            typer.echo(exported.path)
            typer.echo(
                f"{exported.n_bytes / 1e6:.1f} MB, {'int8' if exported.int8 else 'fp32'}; "
                f"of {exported.n} images the same class as the trained network in "
                f"{exported.same_class:.1%}, probabilities differ by at most "
                f"{exported.largest_difference:.1e}",
                err=True,
            )


def _export(
    run: Path, output: Path, int8: bool, pictures: Path | None, called: dict[str, str | None]
) -> "Exported":
    with extra("train"):
        from fingerspell.export.run import export_run  # noqa: PLC0415

    with stages() as stage:
        return export_run(run, output, **called, pictures=pictures, int8=int8, stage=stage)
