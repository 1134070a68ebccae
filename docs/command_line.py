"""Markdown of all commands and their options, from the command line itself."""

import re
from collections.abc import Iterator
from typing import Any

import typer
from typer.main import get_command

from fingerspell.cli import app


def every_command(group: Any, context: Any, words: str) -> Iterator[tuple[str, Any, Any]]:
    """The name, command and context of each command of a group, those of its groups included."""
    for name in group.list_commands(context):
        _, command, _ = group.resolve_command(context, [name])
        inner = typer.Context(command, info_name=name, parent=context)
        if hasattr(command, "list_commands"):
            yield from every_command(command, inner, f"{words} {name}")
        else:
            yield f"{words} {name}", command, inner


def commands() -> list[tuple[str, Any, Any]]:
    """All commands of the program, by the names that one types."""
    group = get_command(app)
    return list(every_command(group, typer.Context(group, info_name="fingerspell"), "fingerspell"))


def command_pages() -> str:
    """A section for each command: what it does, and a table of its options."""
    return "\n".join(_section(*each) for each in commands())


def _section(words: str, command: Any, context: Any) -> str:
    records = [
        (parameter.get_help_record(context), parameter.param_type_name)
        for parameter in command.get_params(context)
    ]
    rows = [
        f"| `{_cell(names)}` | {_cell(text)} |"
        for kind in ("argument", "option")
        for (names, text), its_kind in (record for record in records if record[0])
        if its_kind == kind and "--help" not in names
    ]
    usage = re.sub(
        r"\{([^}]*?)(\.\.\.)?\}(\.\.\.)?",
        r"\1\3",
        " ".join([words, *command.collect_usage_pieces(context)]),
    )
    parts = [
        f"## {words}",
        command.help,
        f"```text\n{usage}\n```",
        "| | |\n|---|---|\n" + "\n".join(rows),
    ]
    return "\n\n".join(parts) + "\n"


def _cell(text: str) -> str:
    """Text in one line of a table; what looks like HTML is shown as it is."""
    return re.sub(r"<(\w+)>", r"&lt;\1&gt;", " ".join(text.split()).replace("|", r"\|"))
