"""Who listens to what is signed on this computer; the documents are `runtime.events`'."""

import asyncio
import secrets
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from platformdirs import user_data_path

from fingerspell.errors import AppError
from fingerspell.files import write_atomically
from fingerspell.runtime.events import Document, text_document

WAITING = 256  # documents for a slow listener; with more it is dropped
TOKEN = "stream-token"  # noqa: S105 - name of the file that holds it
_Queue = asyncio.Queue[Document | None]


class Stream:
    """Sends documents, from any thread, to all listeners."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listening: dict[_Queue, asyncio.AbstractEventLoop] = {}
        self._text = ("", "")

    def tell(self, document: Document) -> None:
        """Send one document."""
        with self._lock:
            if "text" in document:
                self._text = (document["text"], document["raw_text"])
            for queue, loop in self._listening.items():
                with suppress(RuntimeError):  # of a server that is ending
                    loop.call_soon_threadsafe(_put, queue, document)

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[_Queue]:
        """A queue of all documents from now on, after the text so far; None ends it."""
        queue: _Queue = asyncio.Queue(WAITING)
        with self._lock:
            queue.put_nowait(text_document("begin", *self._text))
            self._listening[queue] = asyncio.get_running_loop()
        try:
            yield queue
        finally:
            with self._lock:
                del self._listening[queue]


def _put(queue: _Queue, document: Document) -> None:
    """Queue a document; a listener that has fallen behind gets no more."""
    if queue.qsize() < WAITING - 1:
        queue.put_nowait(document)
    elif not queue.full():
        queue.put_nowait(None)


STREAM = Stream()  # of all that is signed to this process by the computer's own user


def token_of(folder: Path | None = None) -> str:
    """What a listener has to know; the same at each start, so that its address stays.

    Args:
        folder: where it is kept, so that this computer's user alone can read it.

    Raises:
        AppError: it cannot be kept.
    """
    path = (folder or user_data_path("fingerspell")) / TOKEN
    try:
        if path.is_file() and (token := path.read_text("ascii").strip()):
            return token
        token = secrets.token_urlsafe(18)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600)  # writing whole files keeps who may read them
        write_atomically(path, token.encode())
    except (OSError, UnicodeDecodeError) as error:
        raise AppError(f"{path} cannot be used ({error}): delete it.") from error
    return token
