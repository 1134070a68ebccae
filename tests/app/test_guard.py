"""Who may ask the app for anything: any method, any name, any origin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from fingerspell.app import settings
from fingerspell.app.guard import HOST_CONFIG, Guard, is_known_host
from fingerspell.app.settings import AppSettings

METHODS = ["GET", "PUT", "POST", "DELETE"]


async def answer(request):
    return PlainTextResponse("secret")


async def converse(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("secret")
    await websocket.close()


@pytest.fixture
def client():
    app = Starlette(
        routes=[Route("/", answer, methods=METHODS), WebSocketRoute("/socket", converse)],
        middleware=[Middleware(Guard)],
    )
    with TestClient(app, base_url="http://localhost:8501") as started:
        yield started


@pytest.mark.parametrize("method", METHODS)
def test_its_own_pages_are_answered(client, method):
    answer = client.request(method, "/", headers={"origin": "http://localhost:8501"})
    assert (answer.status_code, answer.text) == (200, "secret")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "[", "127.0.0.1.evil"])
def test_other_names_are_refused(client, method, host):
    answer = client.request(method, "/", headers={"host": host})
    assert answer.status_code == 403
    assert "secret" not in answer.text


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost:9999", "null"])
def test_other_sites_change_nothing_and_get_no_socket(client, origin):
    for method in ("PUT", "POST", "DELETE"):
        assert client.request(method, "/", headers={"origin": origin}).status_code == 403
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/socket", headers={"origin": origin, "host": "localhost:8501"}),
    ):
        pass


def test_its_own_page_gets_a_socket(client):
    headers = {"origin": "http://localhost:8501", "host": "localhost:8501"}
    with client.websocket_connect("/socket", headers=headers) as socket:
        assert socket.receive_text() == "secret"


def test_streamlit_s_own_dialogs_and_hosts_are_off(client):
    config = client.get(HOST_CONFIG).json()
    assert config["blockErrorDialogs"]
    assert config["allowedOrigins"] == []


@pytest.mark.parametrize(
    ("chosen", "host", "is_known"),
    [
        (AppSettings(host="0.0.0.0"), "192.168.1.7:8501", True),
        (AppSettings(host="0.0.0.0"), "[fe80::1]:8501", True),
        (AppSettings(host="0.0.0.0"), "evil.example", False),
        (AppSettings(name="a.example"), "a.example", True),
        (AppSettings(name="a.example"), "192.168.1.7", False),
        (AppSettings(), "127.0.0.1:8501", True),
        (AppSettings(), "192.168.1.7", False),
    ],
)
def test_names_it_goes_by(monkeypatch, chosen, host, is_known):
    monkeypatch.setattr(settings, "_current", chosen)
    assert is_known_host(Headers({"host": host})) == is_known


@given(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=40))
def test_no_other_host_is_known_and_none_is_an_error(host):
    """Reference: the names, with or without a port, are all that is let in."""
    name = host.rsplit("@")[-1].partition(":")[0].lower()
    if is_known_host(Headers({"host": host})):
        assert name in ("localhost", "127.0.0.1") or "::1" in host
