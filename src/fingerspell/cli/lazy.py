"""Commands that are imported when they are used, so that `--help` answers at once.

The list of commands needs the first sentence of each one's docstring. It is looked up in the source,
for importing a command takes with it what the command works with: NumPy, ONNX Runtime, FFmpeg.
"""

import re
from collections.abc import Mapping
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING, Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

if TYPE_CHECKING:
    from typer import _click  # Typer's own copy of Click

STYLE: dict[str, Any] = {  # of every command and group
    "pretty_exceptions_enable": False,
    "rich_markup_mode": "markdown",
    "context_settings": {"help_option_names": ["-h", "--help"]},
}


class LazyGroup(TyperGroup):
    """A group whose commands are functions of modules that are not imported yet."""

    homes: ClassVar[Mapping[str, str]] = {}  # name -> `module:function`, in `fingerspell.cli`

    def __init__(self, *, commands: Mapping[str, Any], **attributes: Any) -> None:
        listed = {
            name: TyperCommand(name, short_help=summary(home)) for name, home in self.homes.items()
        }
        super().__init__(commands={**listed, **commands}, **attributes)

    def parse_args(self, ctx: "_click.Context", args: list[str]) -> list[str]:
        """What stands before the command; without one the help is shown, as wrong usage."""
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help(), err=True)
            ctx.exit(2)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: "_click.Context", args: list[str]
    ) -> "tuple[str | None, _click.Command | None, list[str]]":
        """The command that is asked for, imported."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and name in self.homes:
            command = _load(name, self.homes[name])
        return name, command, rest

    def format_help(self, ctx: "_click.Context", formatter: "_click.HelpFormatter") -> None:
        """Write the help as Click does: Rich, which writes that of commands, takes longer to import."""
        super(TyperGroup, self).format_help(ctx, formatter)


def lazy_group(homes: Mapping[str, str], text: str) -> typer.Typer:
    """A group of commands, by name, each a `module:function` in `fingerspell.cli`.

    Its help begins with `text`.
    """
    kind = type("Commands", (LazyGroup,), {"homes": homes})
    return typer.Typer(cls=kind, help=text, **STYLE)


def summary(home: str) -> str:
    """The first line of the docstring of a `module:function` in `fingerspell.cli`."""
    module, function = home.split(":")
    source = (files("fingerspell") / "cli" / f"{module}.py").read_text("utf-8")
    found = re.search(rf'^def {function}\(.*?\) -> None:\n    """([^\n"]*)', source, re.M | re.S)
    return found[1] if found else ""


def _load(name: str, home: str) -> "_click.Command":
    module, function = home.split(":")
    alone = typer.Typer(add_completion=False, **STYLE)
    alone.command(name)(getattr(import_module(f"fingerspell.cli.{module}"), function))
    return get_command(alone)
