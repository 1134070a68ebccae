"""Options of a command that are options of training: the same words, documented in one place."""

import inspect
from collections.abc import Callable, Collection
from typing import Annotated, Any

import typer

from fingerspell.training.options import AUTO_NUMBERS
from fingerspell.training.settings import Setting, settings


def with_settings_as_options(command: Callable[..., None], without: Collection[str] = ()) -> None:
    """Give a command a parameter for each training option, in place of its `**overrides`.

    Args:
        command: the function that becomes a command.
        without: names of options that are not for it.
    """
    signature = inspect.signature(command)
    own = [p for p in signature.parameters.values() if p.kind != inspect.Parameter.VAR_KEYWORD]
    more = [_as_parameter(setting) for setting in settings() if setting.name not in without]
    command.__signature__ = signature.replace(parameters=[*own, *more])  # type: ignore[attr-defined]
    command.__annotations__.update({p.name: p.annotation for p in more})


def _as_parameter(setting: Setting) -> inspect.Parameter:
    """The command line's parameter of an option; None where it was not given."""
    default = getattr(setting.default, "value", setting.default)
    shown = f"{default}" if default != "" else "none"
    option = typer.Option(
        help=f"{setting.doc}  [default: {shown}]",
        rich_help_panel=setting.title,
        show_default=False,
    )
    given: Any = str if setting.name in AUTO_NUMBERS else setting.type
    kind = Annotated[given | None, option]
    return inspect.Parameter(
        setting.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind
    )
