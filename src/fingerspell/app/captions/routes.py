"""The page of captions and the socket of events: for this computer alone, and for who has the token."""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import anyio
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from fingerspell.app import settings
from fingerspell.app.captions.stream import STREAM, token_of
from fingerspell.app.guard import is_same_site
from fingerspell.app.page_files import PageFiles
from fingerspell.errors import AppError

PAGE, FILES, EVENTS = "/captions", "/fingerspell/captions", "/fingerspell/events"
STATIC = Path(__file__).with_name("static")
BAD_TOKEN, TOO_SLOW = 4401, 4408  # why a socket was closed


def routes() -> Sequence[BaseRoute]:
    """The page, its files, and the socket."""
    return [
        Route(PAGE, _serve_page),
        Mount(FILES, PageFiles(directory=STATIC)),
        WebSocketRoute(EVENTS, serve_events),
    ]


def page_address() -> str:
    """Where other programs find the captions.

    Raises:
        AppError: there can be no token.
    """
    return f"{settings.current().address}{PAGE}?token={token_of()}"


def events_address() -> str:
    """Where they find the events.

    Raises:
        AppError: there can be no token.
    """
    return f"{settings.current().address.replace('http', 'ws', 1)}{EVENTS}?token={token_of()}"


async def _serve_page(_request: Request) -> Response:
    if not settings.current().is_local:
        return Response(status_code=404)
    return FileResponse(STATIC / "captions.html", media_type="text/html; charset=utf-8")


async def serve_events(websocket: WebSocket) -> None:
    """Send one listener what is signed, until it goes."""
    if not settings.current().is_local or not is_same_site(websocket.headers):
        await websocket.close()  # before it was accepted: HTTP 403
        return
    await websocket.accept()
    try:
        expected = token_of()
    except AppError:
        expected = ""
    given = websocket.query_params.get("token", "")
    if not expected or not secrets.compare_digest(given.encode(), expected.encode()):
        await websocket.close(BAD_TOKEN)
        return
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_send, websocket, tasks.cancel_scope)
        with suppress(WebSocketDisconnect):
            while True:
                await websocket.receive_text()  # nothing is expected
        tasks.cancel_scope.cancel()


async def _send(websocket: WebSocket, serving: anyio.CancelScope) -> None:
    async with STREAM.listen() as queue:
        with suppress(WebSocketDisconnect):
            while (document := await queue.get()) is not None:
                await websocket.send_json(document)
            await websocket.close(TOO_SLOW)
    serving.cancel()
