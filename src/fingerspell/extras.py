"""Packages that come with extras, and the sentence that says which one to install."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from fingerspell.errors import MissingExtraError

# Of modules that are imported first where an extra is missing, and may be wanted beside another one.
EXTRA_OF = {
    "mediapipe": "hands",
    "mlflow": "tracking",
    "optuna": "study",
    "pooch": "hands",
    "pynput": "out",
    "pyvirtualcam": "out",
    "streamlit": "app",
}


def is_installed(module: str) -> bool:
    """Whether a module can be imported, without importing it."""
    return find_spec(module) is not None


def require(module: str) -> None:
    """Nothing where a module of `EXTRA_OF` can be imported.

    Raises:
        MissingExtraError: it cannot.
    """
    if not is_installed(module):
        raise _missing(module, EXTRA_OF[module])


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Import what comes with an extra.

    Args:
        name: the extra, where the module that cannot be found does not tell.

    Raises:
        MissingExtraError: a module cannot be found.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module == __name__.partition(".")[0]:  # one of ours, which no extra brings
            raise
        raise _missing(module, EXTRA_OF.get(module, name)) from error


def _missing(module: str, name: str) -> MissingExtraError:
    return MissingExtraError(
        f"{module} is not installed: it comes with pip install 'fingerspell[{name}]'."
    )
