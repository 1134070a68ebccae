"""Fetch data sets from Kaggle, through `kagglehub`.

They go where `kagglehub` keeps all it fetches: the folder in the environment variable
KAGGLEHUB_CACHE, else ~/.cache/kagglehub. A download that broke off is taken up where it stopped.
"""

import logging
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from http import HTTPStatus
from pathlib import Path

import kagglehub
import requests
from kagglehub.cache import Cache, get_cached_path
from kagglehub.exceptions import DataCorruptionError, KaggleApiHTTPError
from kagglehub.handle import parse_dataset_handle

from fingerspell.data.kaggle_sets import Source
from fingerspell.errors import DataError


def fetch(source: Source) -> Path:
    """Download and unpack a data set, unless the newest version is there; return its folder.

    Without a connection, a version fetched earlier is returned.

    Raises:
        DataError: there is no connection, no access or no room, or what came is damaged.
    """
    by_hand = f"or download {source.url} by hand, unpack it and give that folder to the commands."
    try:
        with _on_stderr():
            return Path(kagglehub.dataset_download(source.handle))
    except KaggleApiHTTPError as error:
        raise DataError(f"{_refusal(source, error)}, {by_hand}") from error
    except (requests.ConnectionError, requests.Timeout) as error:
        if fetched := _newest_fetched(source):
            return fetched
        raise DataError(f"Kaggle cannot be reached: try again with a connection, {by_hand}") from error
    except (requests.RequestException, DataCorruptionError) as error:
        raise DataError(f"the download of {source.handle} broke: run it again, {by_hand}") from error
    except (ValueError, EOFError, zipfile.BadZipFile) as error:  # a damaged archive, or credentials
        folder = get_cached_path(parse_dataset_handle(source.handle))
        raise DataError(
            f"{source.handle} cannot be fetched ({str(error).rstrip('.')}): fix that, or remove "
            f"{folder} and run it again, {by_hand}"
        ) from error
    except OSError as error:
        raise DataError(
            f"{source.handle} cannot be stored ({error.strerror}): make room, or set KAGGLEHUB_CACHE "
            f"to another folder, {by_hand}"
        ) from error


def _refusal(source: Source, error: KaggleApiHTTPError) -> str:
    status = error.response.status_code if error.response is not None else 0
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return (
            f"Kaggle gives no access to {source.handle}: set KAGGLE_API_TOKEN to a token from "
            "https://www.kaggle.com/settings"
        )
    if status == HTTPStatus.NOT_FOUND:
        return f"Kaggle has no {source.handle} any more: look for another copy"
    return f"Kaggle answers {status} for {source.handle}: try again later"


def _newest_fetched(source: Source) -> Path | None:
    """The folder of the newest version that was fetched completely."""
    versions = Path(get_cached_path(parse_dataset_handle(source.handle))) / "versions"
    numbers = (path.name for path in versions.glob("*") if path.name.isdecimal())
    for number in sorted(numbers, key=int, reverse=True):
        handle = parse_dataset_handle(f"{source.handle}/versions/{number}")
        if folder := Cache().load_from_cache(handle):
            return Path(folder)
    return None


@contextmanager
def _on_stderr() -> Iterator[None]:
    """Keep kagglehub's messages off stdout, where results go."""
    logging.getLogger("kagglehub").setLevel(logging.ERROR)
    with redirect_stdout(sys.stderr):
        yield
