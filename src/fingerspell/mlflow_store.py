"""Where MLflow keeps runs: a local SQLite store, any server by its address, or DagsHub.

Training writes to it and the app reads from it. DagsHub serves MLflow's own protocol, so its address
and a token in the environment are all it needs.
"""

import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from fingerspell.errors import FingerspellError, TrackingError

LOCAL, DAGSHUB = "local", "dagshub://"
LOCAL_STORE = "mlflow.db"  # in the folder of runs
TOKEN = "DAGSHUB_USER_TOKEN"  # noqa: S105  (the name of a variable)


def client_of(uri: str) -> MlflowClient:
    """A client that gives up within seconds and keeps to itself what only MLflow needs to know."""
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # MLflow's own: minutes of silence
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    return MlflowClient(uri)


def tracking_uri(address: str, runs: Path) -> str:
    """MLflow's address for ours.

    Args:
        address: `local`, an MLflow address such as http://localhost:5000, or dagshub://user/repo.
        runs: the folder of runs, where the local store lies.

    Raises:
        TrackingError: DagsHub is asked for without a token, or without a repository.
    """
    if address == LOCAL:
        return f"sqlite:///{(runs / LOCAL_STORE).resolve()}"
    if not address.startswith(DAGSHUB):
        return address
    user, _, repository = address.removeprefix(DAGSHUB).partition("/")
    if not user or not repository or "/" in repository:
        raise TrackingError(f"{address} names no repository: write dagshub://user/repository.")
    token = os.environ.get(TOKEN) or os.environ.get("MLFLOW_TRACKING_PASSWORD")
    if not token:
        raise TrackingError(f"{address} needs your token: set {TOKEN} to one from your settings there.")
    # DagsHub takes the token as the user's name and as the password.
    os.environ.setdefault("MLFLOW_TRACKING_USERNAME", token)
    os.environ.setdefault("MLFLOW_TRACKING_PASSWORD", token)
    return f"https://dagshub.com/{user}/{repository}.mlflow"


@contextmanager
def mlflow_failing(told: Callable[[str], FingerspellError]) -> Iterator[None]:
    """Turn errors of MLflow and of its local store into ours; `told` makes one of their first line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # MLflow's, of what it uses itself and nobody here can mend
            yield
    except (MlflowException, SQLAlchemyError, OSError) as error:
        raise told(str(error).strip().splitlines()[0][:200]) from error
