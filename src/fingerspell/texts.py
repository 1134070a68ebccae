"""Text files as people's programs save them: with a byte order mark, CRLF, semicolons or tabs."""

import codecs
import csv
import io
from pathlib import Path
from reprlib import Repr
from typing import Any

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
    """The rows of a CSV file, whatever of comma, semicolon and tab stands between the cells.

    Rows without content, which spreadsheets add at the end, are left out.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no text, or no table.
    """
    text = _decoded(path, MAX_TABLE_BYTES, NAMES)
    first, _, rest = text.partition("\n")
    named = first.strip().lower()
    if named.startswith(_SEPARATOR_LINE):
        delimiter, text = named.removeprefix(_SEPARATOR_LINE)[:1] or "\t", rest
    else:
        delimiter = max(DELIMITERS, key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except (csv.Error, TypeError) as error:  # TypeError: a delimiter that cannot be one
        raise ValueError(str(error)) from error
    return [row for row in rows if any(row)]


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
