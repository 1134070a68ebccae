"""What the app was started with; pages and sockets read it, `server.run` sets it once."""

import socket
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fingerspell.runtime.reader import BUNDLED, BY_ITSELF

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class AppSettings:
    """How the app is served.

    Attributes:
        host: name or address that is listened at; "0.0.0.0" is every network.
        port: TCP port.
        opens_browser: whether a browser is opened once the app answers.
        model: `default` (the bundled one) or a model file.
        hands: what finds the hand, as `load_reader` takes it.
        runs: folder of training runs that the page "Results" shows.
        tracking: MLflow's address, or dagshub://user/repo, whose runs it shows too; "" for none.
        signers: how many cameras may be read at the same time.
        name: the name by which visitors of other computers open the app, where a proxy passes it on.
        longest_upload_s: videos that last longer are refused.
        largest_upload_mb: so are files that are larger.
        most_uploads_mb: of all visitors' files that are held at a time.
        decoding_mb: memory for the process that decodes a file, where the app is not local.
        digits: whether digits are read, too, until a visitor chooses otherwise.
        in_page_only: whether pictures are read only inside the visitors' pages, and none is taken.
    """

    host: str = "localhost"
    port: int = 8501
    opens_browser: bool = True
    model: str = BUNDLED
    hands: str = BY_ITSELF
    runs: Path = Path("runs")
    tracking: str = ""
    signers: int = 4
    name: str = ""
    longest_upload_s: float = 600.0
    largest_upload_mb: int = 200
    most_uploads_mb: int = 1000
    decoding_mb: int = 2000
    digits: bool = False
    in_page_only: bool = False

    @property
    def is_local(self) -> bool:
        """Whether only this computer can open the app, so that whoever uses it is its owner."""
        return self.host in LOCAL_HOSTS and not self.name

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names by which pages and sockets may be asked for.

        So pages from elsewhere cannot reach the app by giving it a name of their own.
        """
        if self.is_local:
            return LOCAL_HOSTS
        if self.name:
            return (self.name, *LOCAL_HOSTS)
        own = socket.gethostname().lower()
        return (self.host.lower(), own, f"{own}.local", *LOCAL_HOSTS)

    @property
    def goes_by_address(self) -> bool:
        """Whether it may be asked for by any IP address, too, which no other site's name can be."""
        return not self.is_local and not self.name

    @property
    def address(self) -> str:
        """Where a browser on this computer finds the app."""
        name = "localhost" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        return f"http://{f'[{name}]' if ':' in name else name}:{self.port}"


_current = AppSettings()


def current() -> AppSettings:
    """The settings of the app that runs in this process."""
    return _current


def choose(settings: AppSettings) -> None:
    """Make `settings` those of this process."""
    global _current  # noqa: PLW0603 - Streamlit runs the pages itself, so nothing can be passed to them
    _current = settings
