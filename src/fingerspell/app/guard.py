"""What stands before every page, file and socket of the app: who may ask, and what pages may load.

It refuses names that the app does not go by (DNS rebinding: a page elsewhere points a name of its own
here), what pages of other sites ask it to change, and their sockets. To what it lets through it adds
headers: pages load and run nothing from elsewhere, cannot be framed, and share memory with nobody.
"""

import base64
import hashlib
import ipaddress
import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.stats import CacheStat

from fingerspell.app import settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
HOST_CONFIG = "/_stcore/host-config"
# Streamlit's frontend asks how it is hosted: by nobody who may send it messages, and without its own
# dialogs of errors, which tell visitors to run `streamlit run yourscript.py`.
HOSTED = {
    "allowedOrigins": [],
    "useExternalAuthToken": False,
    "enableCustomParentMessages": False,
    "enforceDownloadInNewTab": False,
    "metricsUrl": "",
    "blockErrorDialogs": True,
    "resourceCrossOriginMode": None,
}
UPLOADS = "/_stcore/upload_file/"
MEGABYTE = 1_000_000
REFUSED = "fingerspell does not go by this name: open it by another, or start it with --name.\n"
ELSEWHERE = "A page of another site asked for this: open fingerspell itself.\n"
FULL = "Too many files are held here: remove some, or try again later.\n"


def is_known_host(headers: Headers) -> bool:
    """Whether the app is asked for by a name that it goes by.

    Served to a network without `--name`, it goes by addresses and by this computer's own name.
    """
    try:
        name = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    except ValueError:
        return False
    chosen = settings.current()
    return name in chosen.names or (chosen.goes_by_address and _is_address(name))


def is_same_site(headers: Headers) -> bool:
    """Check Origin and Host: whether a page of this server asks, by one of its names.

    Browsers send `Origin` with every socket and whatever changes something; what sends none is no
    browser, and holds no visitor's token.
    """
    origin = headers.get("origin")
    if origin is None:
        return is_known_host(headers)
    return is_known_host(headers) and urlsplit(origin).netloc == headers.get("host")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_upload(scope: Scope) -> bool:
    is_put = scope["type"] == "http" and scope["method"] in ("PUT", "POST")
    return is_put and scope["path"].startswith(UPLOADS)


def _has_room(headers: Headers) -> bool:
    """Whether a file may come beside those that all visitors have given; Streamlit limits each."""
    if not runtime.exists():
        return True
    length = headers.get("content-length", "")
    coming = int(length) if length.isdecimal() else settings.current().largest_upload_mb * MEGABYTE
    held = sum(
        stat.byte_length
        for stats in runtime.get_instance().uploaded_file_mgr.get_stats().values()
        for stat in stats
        if isinstance(stat, CacheStat)
    )
    return held + coming <= settings.current().most_uploads_mb * MEGABYTE


class Guard:
    """Refuses what nobody may ask, and adds the headers.

    Args:
        app: what answers the rest.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, refuse, or have `app` answer."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_socket = scope["type"] == "websocket"
        is_change = is_socket or scope["method"] not in SAFE_METHODS
        if not is_known_host(headers):
            await _refuse(send, REFUSED, is_socket=is_socket)
        elif is_change and not is_same_site(headers):
            await _refuse(send, ELSEWHERE, is_socket=is_socket)
        elif _is_upload(scope) and not _has_room(headers):
            await _answer(send, 413, "text/plain; charset=utf-8", FULL)
        elif not is_socket and scope["path"] == HOST_CONFIG:
            await _answer(_adding_headers(send), 200, "application/json", json.dumps(HOSTED))
        else:
            await self.app(scope, receive, send if is_socket else _adding_headers(send))


async def _refuse(send: Send, sentence: str, *, is_socket: bool) -> None:
    if is_socket:
        await send({"type": "websocket.close", "code": 1008})  # before it is accepted: HTTP 403
    else:
        await _answer(send, 403, "text/plain; charset=utf-8", sentence)


async def _answer(send: Send, status: int, kind: str, text: str) -> None:
    headers = [(b"content-type", kind.encode()), (b"cache-control", b"no-cache")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


def _adding_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *security_headers()]
        await send(message)

    return send_with_headers


@cache
def security_headers() -> tuple[tuple[bytes, bytes], ...]:
    """What every answer tells browsers."""
    return (
        # Pages that share memory with nobody else may run WebAssembly in several threads.
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-embedder-policy", b"require-corp"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"content-security-policy", _policy().encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
    )


def _policy() -> str:
    """Streamlit sets styles in its page and loads components from blobs; no more is let in."""
    inline = " ".join(f"'sha256-{digest}'" for digest in _inline_scripts())
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' blob: 'wasm-unsafe-eval' {inline}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "font-src 'self' data:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _inline_scripts() -> list[str]:
    """The digests of the scripts in Streamlit's own page."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text("utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    return [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts]
