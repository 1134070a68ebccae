"""The WebSocket between the page's camera and its `LiveSession`.

Up: a frame is 8 bytes of time (float64, little-endian, milliseconds on any clock that only goes on)
followed by a JPEG, or by 29 probabilities (float32, little-endian) where the page reads by itself and
has said so in the address (`in_page=1`); a key is JSON, `{"key": "undo"}` or `{"key": "choose",
"word": "HELLO"}`. Down: one JSON answer each, in order; that to a frame repeats its time as `t`.

What a stranger could do with it is bounded: pages of other sites are refused, so are unknown tokens,
messages that are too large, numbers that are no probabilities, and frames and keys that are too many;
frames are read one at a time, and no more are taken off the network while one is read.
"""

import asyncio
import json
import math
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from fingerspell.app import settings
from fingerspell.app.live.session import LiveSession, decode_probabilities, find_session
from fingerspell.errors import MediaError

PATH = "/fingerspell/live"
CLOCK = struct.Struct("<d")
LARGEST_KEY = 61_000  # characters: a text of 10,000, each written as \uXXXX
LARGEST_MESSAGE = 400_000  # bytes; 640x480 at JPEG quality 0.8 is about 50,000
MESSAGES_PER_S = 40.0  # frames, and as many keys
BURST = 20.0  # that may come at once, after a hiccup of the network
IDLE_S = 60.0  # a camera that sends nothing for this long has gone

# Why a connection was closed; the page has a sentence for each (static/live.js).
BAD_MESSAGE, NO_PICTURES, NO_SESSION, TAKEN_OVER, FULL = 4400, 4403, 4404, 4409, 4429

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
    except (WebSocketDisconnect, TimeoutError):
        await _close(websocket, 1000)
    except BadMessageError:
        await _close(websocket, BAD_MESSAGE)
    except FullError:
        await _close(websocket, FULL)
    finally:
        for kept in (_live, _cameras):
            if kept.get(session.token) is websocket:
                del kept[session.token]


def is_same_site(headers: Headers) -> bool:
    """Whether a page of this very server asks, by a name that the server goes by.

    Browsers always send `Origin`; what sends none is no browser, and holds no visitor's token.
    """
    host = headers.get("host", "")
    name = urlsplit(f"//{host}").hostname or ""
    names = settings.current().names
    if names and name not in names:
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == host


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
    await websocket.send_json({"caption": session.caption()})
    frames, keys, begin_ms = Allowance(), Allowance(), None
    while True:
        async with asyncio.timeout(IDLE_S):
            message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        if (text := message.get("text")) is not None:
            is_allowed = keys.take(time.monotonic())
            pressed = await _press(session, text) if is_allowed else {"caption": session.caption()}
            await websocket.send_json(pressed)
            continue
        time_ms, seen = _split(message["bytes"])
        _take_place(websocket, session)
        begin_ms = time_ms if begin_ms is None else begin_ms
        answer: dict[str, Any] = {"t": time_ms}
        if frames.take(time.monotonic()):
            time_s = (time_ms - begin_ms) / 1000
            answer |= await asyncio.to_thread(_read, session, seen, time_s, in_page=in_page)
        await websocket.send_json(answer)


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


def _read(session: LiveSession, seen: bytes, time_s: float, *, in_page: bool) -> dict[str, Any]:
    """Go on with a picture, or with what a page has read from one."""
    try:
        if in_page:
            return session.take(decode_probabilities(seen), time_s)
        return session.look(seen, time_s)
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
