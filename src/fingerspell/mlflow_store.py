"""Where MLflow keeps runs: a local SQLite store, any server by its address, or DagsHub.

Training writes to it and the app reads from it. DagsHub serves MLflow's own protocol, so its address
and a token in the environment are all it needs.
"""

import logging
import os
import socket
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from mlflow import MlflowClient
from mlflow.entities import Param, RunTag
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from fingerspell.errors import FingerspellError, TrackingError

LOCAL, DAGSHUB = "local", "dagshub://"
LOCAL_STORE = "mlflow.db"  # in the folder of runs
_SQLITE_START = b"SQLite format 3\0"
_PORTS = {"http": 80, "https": 443}
_PATIENCE_S = 5.0  # for a connection
_PER_BATCH = 100  # parameters that MLflow takes at once
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


def reported(address: str) -> AbstractContextManager[None]:
    """Errors of MLflow become ours, with what to do about an address that takes no run."""
    return mlflow_failing(
        lambda line: TrackingError(
            f"{address} does not take the run ({line}): check the address, or use --tracking none."
        )
    )


def check_address(address: str, runs: Path) -> None:
    """See that a run can be tracked, before anything is made for it.

    Args:
        address: as for `Tracker`.
        runs: the folder of runs, where the local store lies.

    Raises:
        TrackingError: the server does not answer within seconds, or does not let us in.
    """
    uri = tracking_uri(address, runs)
    store = runs / LOCAL_STORE
    with reported(address):
        if address == LOCAL and store.exists() and not _is_database(store):
            raise OSError(f"{store} is not a database")
        if urlsplit(uri).scheme not in _PORTS:
            return
        if not answers(uri):
            raise OSError("nobody answers there")
        client_of(uri).search_experiments(max_results=1)


def new_run(
    client: MlflowClient, address: str, runs: Path, experiment: str, name: str, tags: Mapping[str, str]
) -> str:
    """Begin a run in an experiment, which is made where it is missing; its id.

    Args:
        client: of the address.
        address: `local`, or any other.
        runs: the folder of runs, where a local store keeps files.
        experiment: its name.
        name: of the run.
        tags: of the run.
    """
    known = client.get_experiment_by_name(experiment)
    if known is not None:
        experiment_id = known.experiment_id
    elif address == LOCAL:
        artifacts = (runs / "mlflow-artifacts").resolve().as_uri()
        experiment_id = client.create_experiment(experiment, artifact_location=artifacts)
    else:
        experiment_id = client.create_experiment(experiment)
    run = client.create_run(experiment_id, run_name=name)
    client.log_batch(run.info.run_id, tags=[RunTag(k, v) for k, v in tags.items()])
    return str(run.info.run_id)


def log_parameters(client: MlflowClient, run_id: str, parameters: Mapping[str, str]) -> None:
    """Log parameters that the run does not have yet."""
    new = [Param(name, value) for name, value in parameters.items()]
    for start in range(0, len(new), _PER_BATCH):
        client.log_batch(run_id, params=new[start : start + _PER_BATCH])


def log_files(client: MlflowClient, run_id: str, files: Mapping[str, Path]) -> None:
    """Log files, by their places in the run."""
    for name, file in files.items():
        place = Path(name).parent.as_posix()
        client.log_artifact(run_id, str(file), None if place == "." else place)


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE_START)) in (b"", _SQLITE_START)


def answers(uri: str) -> bool:
    """Whether somebody listens at an address; others, and those behind a proxy, are taken to."""
    parts = urlsplit(uri)
    host = parts.hostname or ""
    if parts.scheme not in _PORTS or (parts.scheme in getproxies() and not proxy_bypass(host)):
        return True
    try:
        place = (host, parts.port or _PORTS[parts.scheme])
        socket.create_connection(place, _PATIENCE_S).close()
    except (OSError, ValueError):
        return False
    return True
