"""Text files as people's programs save them: with a byte order mark, CRLF, semicolons or tabs."""

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from reprlib import Repr
from typing import Any

from fingerspell.errors import DataError

MAX_BYTES = 1_000_000  # of what people write by hand
MAX_TABLE_BYTES = 256_000_000  # an index of a million pictures has 200 MB
DELIMITERS = ",;\t"
NAMES = "surrogateescape"  # how names of files that are no UTF-8 stand in Python's texts
_LONGEST = 60  # characters of a value in an error
_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = _LONGEST
_SHORT.maxlevel = 2
_SEPARATOR_LINE = "sep="  # with which Excel may name the delimiter
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: Path) -> str:
    r"""The text of a file in UTF-8, or in UTF-16 with its mark; lines end in \n.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is in another encoding, or too large to be text that people write.
    """
    return _decoded(path, MAX_BYTES).replace("\r\n", "\n").replace("\r", "\n")


def read_table(path: Path) -> list[list[str]]:
    """The rows of a CSV file that the program wrote, and that a spreadsheet may have saved again.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no text, or no table.
    """
    return [row for _, row in _table_rows(path, NAMES)]


def read_records(path: Path, *needed: str) -> list[tuple[int, dict[str, str]]]:
    """The rows of a CSV file that people wrote, without the spaces around its values.

    Columns without a name, in which some programs number the rows, are left out.

    Args:
        path: of the file; its first row names the columns.
        needed: columns that it has to have.

    Returns:
        Of each row, its number in a spreadsheet, and its values by column.

    Raises:
        DataError: the file is missing or no table, lacks a column, or a row has too many values or
            too few.
    """
    try:
        rows = [(number, [cell.strip() for cell in row]) for number, row in _table_rows(path)]
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check the path.") from error
    except ValueError as error:
        mend = "save it as CSV UTF-8" if isinstance(error, UnicodeError) else "correct it"
        raise DataError(f"{path} cannot be read as CSV ({error}): {mend}.") from error
    columns = rows.pop(0)[1] if rows else []
    for name in needed:
        if name not in columns:
            raise DataError(f"{path} has no column `{name}`: add it to the first row.")
    for name in filter(None, columns):
        if columns.count(name) > 1:
            raise DataError(f"{path} has several columns `{name}`: rename all but one.")
    for number, row in rows:
        if len(row) != len(columns):
            raise DataError(
                f"{path}, row {number}, has {len(row)} instead of {len(columns)} values: correct it."
            )
    return [
        (number, {name: cell for name, cell in zip(columns, row, strict=True) if name})
        for number, row in rows
    ]


def _table_rows(path: Path, errors: str = "strict") -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file, whatever of comma, semicolon and tab stands between the cells.

    Rows without content, which spreadsheets add at the end, are left out.

    Args:
        path: of the file, in UTF-8, or in UTF-16 with its mark.
        errors: what becomes of bytes that are no UTF-8, as `bytes.decode` has it.

    Yields:
        Of each row, its number in a spreadsheet and its cells.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no text, or no table.
    """
    text = _decoded(path, MAX_TABLE_BYTES, errors)
    first, _, rest = text.partition("\n")
    named = first.strip().lower()
    if named.startswith(_SEPARATOR_LINE):
        delimiter, text = named.removeprefix(_SEPARATOR_LINE)[:1] or "\t", rest
    else:
        delimiter = max(DELIMITERS, key=first.count)
    number = 0
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        for number, row in enumerate(reader, 1):
            if any(row):
                yield number, row
    except (csv.Error, TypeError) as error:  # TypeError: a delimiter that cannot be one
        raise ValueError(f"row {number + 1}, perhaps its quotes: {error}") from error


def shown(value: Any) -> str:
    """A value from an untrusted file as errors show it: short, however much is in it."""
    return _SHORT.repr(value)


def _decoded(path: Path, max_bytes: int, errors: str = "strict") -> str:
    with path.open("rb") as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ValueError(f"it is larger than {max_bytes // 1_000_000} MB")
    is_utf_16 = content.startswith(_UTF_16)
    return content.decode("utf-16") if is_utf_16 else content.decode("utf-8-sig", errors)
