"""Options from recipes, files and the command line: flat names, strict types, nearest right names."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass, replace
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_type_hints

from fingerspell.errors import TrainingError
from fingerspell.texts import read_text, shown
from fingerspell.training.options import AUTO_NUMBERS, PATHS, Doc, TrainOptions


@dataclass(frozen=True)
class Setting:
    """One option, as help texts and recipes show it."""

    name: str
    group: str  # field of `TrainOptions`
    title: str  # of the group, for people
    type: Any
    default: Any
    doc: str


def settings() -> Iterator[Setting]:
    """Every option, in the order in which they are documented."""
    for group in fields(TrainOptions):
        group_type: Any = get_type_hints(TrainOptions)[group.name]
        hints = get_type_hints(group_type, include_extras=True)
        for option in fields(group_type):
            kind, doc = get_args(hints[option.name])
            title = (group_type.__doc__ or "").rstrip(".")
            yield Setting(option.name, group.name, title, kind, option.default, _text(doc))


def with_settings(options: TrainOptions, values: Mapping[str, Any], source: str) -> TrainOptions:
    """The options with some changed.

    Args:
        options: what to change.
        values: flat, by name; a StrEnum may be given as its text.
        source: who gave them, for errors: a file's name or `the command line`.

    Raises:
        TrainingError: a name or value is wrong; the message names the nearest right one.
    """
    known = {setting.name: setting for setting in settings()}
    changes: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        if name not in known:
            raise TrainingError(
                f"{source} sets {shown(name)}, which is not an option: {nearest(name, known)}"
            )
        setting = known[name]
        changes.setdefault(setting.group, {})[name] = coerced(setting, value, source)
    groups = {group: replace(getattr(options, group), **new) for group, new in changes.items()}
    return replace(options, **groups)


def as_flat(options: TrainOptions) -> dict[str, Any]:
    """All options by name, as YAML and JSON hold them."""
    flat: dict[str, Any] = {}
    for group in fields(options):
        values = getattr(options, group.name)
        if not is_dataclass(values):
            raise TypeError(f"{group.name} is not a group of options")
        for option in fields(values):
            value = getattr(values, option.name)
            flat[option.name] = value.value if isinstance(value, StrEnum) else value
    return flat


def read_yaml(path: Path) -> dict[str, Any]:
    """A flat mapping from a YAML file.

    Raises:
        TrainingError: the file is missing, is no YAML or no mapping.
    """
    import yaml  # noqa: PLC0415  (comes with the extra `train`; the command's help works without)

    try:
        values = yaml.safe_load(read_text(path))
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path} cannot be read ({error}): check the path.") from error
    except (yaml.YAMLError, RecursionError) as error:
        line = " ".join(str(error).split())
        raise TrainingError(f"{path} is no YAML ({line}): write one `name: value` a line.") from error
    if not isinstance(values, dict):
        raise TrainingError(f"{path} is not a list of options: write one `name: value` a line.")
    return {str(name): value for name, value in values.items()}


def nearest(wrong: str, right: Iterable[str]) -> str:
    """A hint: the nearest right name, or where to look."""
    names = sorted(right)
    close = get_close_matches(wrong, names, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"it is one of {', '.join(names)}."


def coerced(setting: Setting, value: Any, source: str) -> Any:
    """The value in the option's type; whole numbers may stand for floats, texts for choices."""
    kind = setting.type
    if setting.name in AUTO_NUMBERS and isinstance(value, str):
        value = 0 if value == "auto" else int(value) if value.isdecimal() else value
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        choices = [choice.value for choice in kind]
        if value not in choices:
            raise TrainingError(
                f"{source} sets {setting.name} = {shown(value)}, which is not a choice: "
                f"{nearest(shown(value), choices)}"
            )
        return kind(value)
    if kind is float and isinstance(value, int | str) and not isinstance(value, bool):
        try:
            return float(value)  # YAML 1.1 reads 1e-3 as text
        except ValueError:
            pass
    if type(value) is not kind:
        raise TrainingError(
            f"{source} sets {setting.name} = {shown(value)}, which is not {_KINDS[kind]}: {setting.doc}"
        )
    return _in_full(value) if setting.name in PATHS else value


def _in_full(value: str) -> str:
    """The path of a file that is there, so that it is found from elsewhere too; else as it is."""
    with suppress(ValueError):  # a text that no path can be
        if value and Path(value).exists():
            return str(Path(value).absolute())
    return value


_KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}


def _text(doc: Any) -> str:
    return doc.text if isinstance(doc, Doc) else str(doc)
