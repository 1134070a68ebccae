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
        (each.param_type_name, each.get_help_record(context)) for each in command.get_params(context)
    ]
    listed = [
        f"- `{_without_type(record[0])}`: {_shown(record[1])}"
        for kind in ("argument", "option")
        for its_kind, record in records
        if its_kind == kind and record and "--help" not in record[0]
    ]
    pieces = [
        re.sub(r"\{([^}]*?)(?:\.\.\.)?\}", r"\1", each)
        for each in command.collect_usage_pieces(context)
    ]
    usage = f"```text\n{' '.join([words, *pieces])}\n```"
    return "\n\n".join([f"## {words}", command.help, usage, "\n".join(listed)]) + "\n"


def _without_type(names: str) -> str:
    """The names of an option with its metavar or choices; not with the type that Python has for it."""
    return re.sub(r" <(?:int|float|str|list|path|bool)[^>|]*>$", "", names)


def _shown(text: str) -> str:
    """Text in one line; what looks like HTML is shown as it is."""
    return re.sub(r"<(\w+)>", r"&lt;\1&gt;", " ".join(text.split()))
