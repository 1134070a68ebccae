"""The WebSocket between the page's camera and its `LiveSession`.

Up: a frame is 8 bytes of time (float64, little-endian, milliseconds on any clock that only goes on)
followed by a JPEG, or by what was seen (`text_session.seen_in_page`; float32, little-endian) where the
page reads by itself and has said so in the address (`in_page=1`); a key is JSON, `{"key": "undo"}` or
`{"key": "choose", "word": "HELLO"}`. Down: `hello` with the text so far, then one JSON answer each;
that to a frame repeats its time as `t`, and holds no more where the frame was dropped.

Of each signer at most one frame waits to be read: a newer one takes its place. The signers have their
turns one after the other, so that nobody is starved and nothing queues without bound.

What others could do with it is bounded: pages of other sites are refused, so are unknown tokens,
messages that are too large, numbers that are no probabilities, and frames and keys that are too many.
"""

import asyncio
import json
import math
import os
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import anyio
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from fingerspell.app import settings
from fingerspell.app.guard import is_same_site
from fingerspell.app.live.session import LiveSession, decode_seen, find_session
from fingerspell.errors import MediaError

PATH = "/fingerspell/live"
CLOCK = struct.Struct("<d")
LARGEST_KEY = 61_000  # characters: a text of 10,000, each written as \uXXXX
LARGEST_MESSAGE = 400_000  # bytes; 640x480 at JPEG quality 0.8 is about 50,000
MESSAGES_PER_S = 40.0  # frames, and as many keys
BURST = 20.0  # that may come at once, after a hiccup of the network
IDLE_S = 60.0  # a camera that sends nothing for this long has gone
READERS = max(1, (os.cpu_count() or 1) // 2)  # frames that are read at a time; a model takes two cores

# Why a connection was closed; the page has a sentence for each (static/live.js).
BAD_MESSAGE, NO_PICTURES, NO_SESSION, TAKEN_OVER, FULL = 4400, 4403, 4404, 4409, 4429

_readers = ThreadPoolExecutor(READERS, thread_name_prefix="fingerspell-read")
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()  # fair
_live: dict[str, WebSocket] = {}  # by the token of the session that each feeds
_cameras: dict[str, WebSocket] = {}  # of these, those that have sent a frame; keys need no place


async def serve_live(websocket: WebSocket) -> None:
    """Serve one page's camera until it stops."""
    if not is_same_site(websocket.headers):
        await websocket.close()  # before it was accepted: HTTP 403
        return
    await websocket.accept()
    session = find_session(websocket.query_params.get("token", ""))
    if session is None:
        await websocket.close(NO_SESSION)
        return
    in_page = websocket.query_params.get("in_page") == "1"
    if settings.current().in_page_only and not in_page:
        await websocket.close(NO_PICTURES)
        return
    if older := _live.pop(session.token, None):
        await _close(older, TAKEN_OVER)
    _live[session.token] = websocket
    try:
        await _converse(websocket, session, in_page=in_page)
    except* (WebSocketDisconnect, TimeoutError):
        await _close(websocket, 1000)
    except* BadMessageError:
        await _close(websocket, BAD_MESSAGE)
    except* FullError:
        await _close(websocket, FULL)
    finally:
        for kept in (_live, _cameras):
            if kept.get(session.token) is websocket:
                del kept[session.token]


class BadMessageError(Exception):
    """A page sent what no page of ours sends."""


class FullError(Exception):
    """A camera begins where as many as may be read are."""


@dataclass
class Allowance:
    """How many messages may still come, as a bucket that fills with time.

    Attributes:
        left: messages that may come at once.
        filled_s: when it was filled last.
    """

    left: float = BURST
    filled_s: float | None = None

    def take(self, now_s: float) -> bool:
        """Whether one more may come at `now_s`."""
        if self.filled_s is not None:
            self.left = min(BURST, self.left + (now_s - self.filled_s) * MESSAGES_PER_S)
        self.filled_s = now_s
        if self.left < 1:
            return False
        self.left -= 1
        return True


async def _converse(websocket: WebSocket, session: LiveSession, *, in_page: bool) -> None:
    session.connect()
    await websocket.send_json({"hello": True, "caption": session.caption()})
    camera = _Camera(websocket, session)
    async with anyio.create_task_group() as tasks:  # what goes wrong in one ends the other
        tasks.start_soon(camera.read)
        await _listen(websocket, session, camera, in_page=in_page)


async def _listen(
    websocket: WebSocket, session: LiveSession, camera: "_Camera", *, in_page: bool
) -> None:
    keys = Allowance()
    while True:
        with anyio.fail_after(IDLE_S):
            message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        if (text := message.get("text")) is not None:
            is_allowed = keys.take(time.monotonic())
            await camera.answer(
                await _press(session, text) if is_allowed else {"caption": session.caption()}
            )
        elif in_page:
            await camera.take(*_split(message["bytes"]))
        else:
            await camera.show(*_split(message["bytes"]))


class _Camera:
    """The frames of one connection: the one that is read, and the newest of those that came since.

    Args:
        websocket: where the answers go.
        session: what reads them.
    """

    def __init__(self, websocket: WebSocket, session: LiveSession) -> None:
        self._websocket = websocket
        self._session = session
        self._allowed = Allowance()
        self._begin_ms: float | None = None
        self._waiting: tuple[float, bytes] | None = None
        self._has_come = asyncio.Event()
        self._sending = asyncio.Lock()

    async def take(self, time_ms: float, numbers: bytes) -> None:
        """Go on from a frame that the page has read, in order, since that takes no time."""
        answer: dict[str, Any] = {"t": time_ms}
        if self._may_begin(time_ms):
            with _reported():
                seen = decode_seen(numbers, self._session.alphabet)
            answer |= await asyncio.to_thread(self._session.take, seen, self._seconds(time_ms))
        await self.answer(answer)

    async def show(self, time_ms: float, jpeg: bytes) -> None:
        """Have a frame wait for its turn; one that still waits is dropped for it."""
        dropped = time_ms
        if self._may_begin(time_ms):
            older, self._waiting = self._waiting, (time_ms, jpeg)
            self._has_come.set()
            if older is None:
                return
            dropped = older[0]
        await self.answer({"t": dropped})

    async def read(self) -> None:
        """Read frames as they come, in each turn the newest."""
        loop = asyncio.get_running_loop()
        turns = _turns.setdefault(loop, asyncio.Semaphore(READERS))
        while True:
            await self._has_come.wait()
            async with turns:
                self._has_come.clear()
                waiting, self._waiting = self._waiting, None
                answer = await loop.run_in_executor(_readers, self._look, waiting)
            await self.answer(answer)

    async def answer(self, answer: dict[str, Any]) -> None:
        """Send one answer at a time."""
        async with self._sending:
            await self._websocket.send_json(answer)

    def _look(self, waiting: tuple[float, bytes] | None) -> dict[str, Any]:
        if waiting is None:
            return {}
        time_ms, jpeg = waiting
        with _reported():
            return {"t": time_ms, **self._session.look(jpeg, self._seconds(time_ms))}

    def _may_begin(self, time_ms: float) -> bool:
        """Count a frame that has come; whether there are not too many."""
        _take_place(self._websocket, self._session)
        self._begin_ms = time_ms if self._begin_ms is None else self._begin_ms
        return self._allowed.take(time.monotonic())

    def _seconds(self, time_ms: float) -> float:
        return (time_ms - (self._begin_ms or 0.0)) / 1000


def _take_place(websocket: WebSocket, session: LiveSession) -> None:
    """Count a camera as one, from its first frame on."""
    if _cameras.get(session.token) is not websocket:
        if len(_cameras.keys() - {session.token}) >= settings.current().signers:
            raise FullError
        _cameras[session.token] = websocket


def _split(content: bytes) -> tuple[float, bytes]:
    if not CLOCK.size < len(content) <= LARGEST_MESSAGE:
        raise BadMessageError
    [time_ms] = CLOCK.unpack_from(content)
    if not math.isfinite(time_ms):
        raise BadMessageError
    return time_ms, content[CLOCK.size :]


@contextmanager
def _reported() -> Iterator[None]:
    """What no page of ours sends ends the connection."""
    try:
        yield
    except MediaError as error:
        raise BadMessageError from error


async def _press(session: LiveSession, text: str) -> dict[str, Any]:
    if len(text) > LARGEST_KEY:
        raise BadMessageError
    try:
        message = json.loads(text)
        key, word = str(message["key"]), str(message.get("word", ""))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadMessageError from error
    return await asyncio.to_thread(session.press, key, word)


async def _close(websocket: WebSocket, code: int) -> None:
    if websocket.application_state is WebSocketState.CONNECTED:
        # The page may have gone in the meantime.
        with suppress(RuntimeError, WebSocketDisconnect):
            await websocket.close(code)
