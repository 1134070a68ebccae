"""Starts the app: Streamlit and the live socket in one server, in this process.

Nothing is sent anywhere: no usage statistics, no update checks, fonts and scripts come from here.
"""

import asyncio
import socket
import webbrowser
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute
from uvicorn.config import LOGGING_CONFIG

from fingerspell.app import settings
from fingerspell.app.captions import routes as captions
from fingerspell.app.guard import Guard
from fingerspell.app.learn import rendered_hand
from fingerspell.app.live import in_page
from fingerspell.app.live.socket import PATH, serve_live
from fingerspell.app.readers import load_cached
from fingerspell.app.settings import AppSettings
from fingerspell.errors import AppError

SCRIPT = Path(__file__).with_name("main.py")


def run(chosen: AppSettings, on_ready: Callable[[], None]) -> None:
    """Serve the app until it is stopped (Ctrl-C or SIGTERM).

    Args:
        chosen: how.
        on_ready: called when nothing stands in the way any more.

    Raises:
        AppError: the address cannot be listened at, or pages are to read and cannot.
        ModelError: the model cannot be used.
    """
    _check_address(chosen.host, chosen.port)
    if chosen.in_page_only and not in_page.is_built():
        raise AppError(f"what pages need to read by themselves is not built: {in_page.HOW_TO_BUILD}")
    load_cached(chosen.model, chosen.hands)  # what is wrong fails here, and no visitor waits for it
    settings.choose(chosen)
    LOGGING_CONFIG["loggers"]["uvicorn"]["level"] = "WARNING"  # it would log its start and each end
    on_ready()
    app = st.App(
        SCRIPT,
        routes=[
            WebSocketRoute(PATH, serve_live),
            *in_page.routes(),
            *rendered_hand.routes(),
            *captions.routes(),
        ],
        middleware=[Middleware(Guard)],
        lifespan=_lifespan,
    )
    app.run(config=_streamlit_config(chosen))


@asynccontextmanager
async def _lifespan(_app: st.App) -> AsyncGenerator[None, None]:
    """Open the browser; the port is listened at already, so it waits for the first answer."""
    chosen = settings.current()
    if chosen.opens_browser:
        asyncio.get_running_loop().run_in_executor(None, webbrowser.open, chosen.address)
    yield


def _check_address(host: str, port: int) -> None:
    """Refuse what cannot be listened at, before anything is loaded."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except UnicodeError as error:
        raise AppError(f"{host} is not a name of a computer: choose another with --host.") from error
    except OSError as error:
        raise AppError(
            f"{host}, port {port}, cannot be used ({error.strerror}): stop what uses it, or choose "
            "another with --port or --host."
        ) from error


def _streamlit_config(chosen: AppSettings) -> dict[str, Any]:
    return {
        "server.address": chosen.host,
        "server.port": chosen.port,
        "server.headless": True,
        "client.allowedOrigins": [],
        "server.maxUploadSize": chosen.largest_upload_mb,
        "server.fileWatcherType": "none",
        "server.showEmailPrompt": False,
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "client.showErrorLinks": False,
        "logger.hideWelcomeMessage": True,
        "logger.level": "error",
        "runner.magicEnabled": False,
        "runner.postScriptGC": False,  # a full collection after each run holds up the live frames
        "theme.light.primaryColor": "#0b6b50",
        "theme.dark.primaryColor": "#5fd0a8",
        "theme.light.codeTextColor": "#0b5c45",
        "theme.baseRadius": "medium",
    }
