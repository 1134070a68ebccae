"""`fingerspell models`: what is bundled, how well it reads, and what can be trained."""

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fingerspell.cli.common import Debug, exit_in_a_sentence, print_json, stages
from fingerspell.cli.data import AsJson
from fingerspell.errors import ModelError
from fingerspell.runtime.figures import BundledModel, bundled_model
from fingerspell.runtime.onnx_classifier import OnnxClassifier

_WHO = {"strangers": "unseen signers", "in-corpus": "in-corpus"}


def models(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NETWORK]", show_default=False, help="A network whose layers are listed instead."
        ),
    ] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """List the bundled model with its figures, and the networks that can be trained.

    Multiply-adds are those of one image. Besides the networks listed, `train` takes every
    classification network of torchvision by its name there. With the name of a network, its layers are
    listed: the shape of their output, their parameters and their multiply-adds.
    """
    with exit_in_a_sentence(debug):
        if name is not None:
            _show_layers(name, as_json)
            return
        classifier, bundled, trainable = OnnxClassifier(), bundled_model(), _trainable()
        if as_json:
            about = {"name": classifier.name, "input_px": classifier.preprocess.size_px}
            print_json({"bundled": [{**about, **asdict(bundled)}], "trainable": trainable})
        else:
            console = Console(soft_wrap=True, highlight=False)
            _print_bundled(console, classifier, bundled)
            _print_trainable(console, trainable)
        if not trainable:
            typer.echo("to train networks: pip install 'fingerspell[train]'", err=True)


def _show_layers(name: str, as_json: bool) -> None:
    try:
        from fingerspell.models.network_size import layers_of  # noqa: PLC0415
        from fingerspell.models.registry import architecture  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ModelError(
            "layers are listed by PyTorch, which is not installed: pip install 'fingerspell[train]'."
        ) from error
    network = architecture(name)
    layers = layers_of(network)
    if as_json:
        print_json({"name": network.name, "layers": [asdict(layer) for layer in layers]})
        return
    table = Table("layer", "kind", "output", "parameters", "multiply-adds", box=None)
    for layer in layers:
        shape = " x ".join(map(str, layer.output))
        table.add_row(
            layer.name, layer.kind, shape, f"{layer.parameters:,}", f"{layer.multiply_adds:,}"
        )
    totals = (sum(layer.parameters for layer in layers), sum(layer.multiply_adds for layer in layers))
    table.add_row("all", "", "", *(f"{total:,}" for total in totals), style="bold")
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"[bold]{network.name}[/]: {escape(network.summary)}, {network.spec.size_px} px")
    console.print(table)


def _trainable() -> list[dict[str, Any]]:
    """What is known of each network; nothing where PyTorch is not installed."""
    with stages() as stage:
        try:
            from fingerspell.models.network_size import cost_of  # noqa: PLC0415
            from fingerspell.models.registry import architecture, names  # noqa: PLC0415
        except ModuleNotFoundError:
            return []
        networks = [architecture(name) for name in names()]
        advance = stage("measuring networks", len(networks))
        rows = []
        for network in networks:
            rows.append(
                {
                    "name": network.name,
                    "summary": network.summary,
                    "input_px": network.spec.size_px,
                    **asdict(cost_of(network)),
                    "imagenet_weights": network.has_imagenet,
                }
            )
            advance(1)
    return rows


def _print_bundled(console: Console, classifier: OnnxClassifier, bundled: BundledModel) -> None:
    table = Table("letters recognised of", "n", "right", "95 % interval", "mirrored", box=None)
    people = bundled.people
    table.add_row(
        f"{people.n} people left out of training",
        f"{people.images:,}",
        f"{people.mean:.1%}",
        f"{100 * people.low:.1f}-{people.high:.1%}",
        "",
    )
    for figure in bundled.figures:
        table.add_row(
            f"{_WHO[figure.people]}: {figure.data}",
            f"{figure.n:,}",
            f"{figure.letters:.1%}",
            f"{100 * figure.low:.1f}-{figure.high:.1%}",
            f"{figure.mirrored:.1%}",
        )
    console.print(
        f"bundled: [bold]{escape(classifier.name)}[/], {bundled.parameters:,} parameters, "
        f"{bundled.multiply_adds / 1e6:,.0f} million multiply-adds"
    )
    console.print(table)
    console.print(f"{bundled.measured}: {escape(bundled.command)}")


def _print_trainable(console: Console, trainable: list[dict[str, Any]]) -> None:
    if not trainable:
        return
    table = Table("can be trained", "input", "parameters", "multiply-adds", "what it is", box=None)
    for row in trainable:
        table.add_row(
            row["name"],
            f"{row['input_px']} px",
            f"{row['parameters']:,}",
            f"{row['multiply_adds'] / 1e6:,.1f} million",
            row["summary"],
        )
    console.print()
    console.print(table)
