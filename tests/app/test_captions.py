"""What other programs are told of what is signed, and who is told nothing."""

import stat
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from tests.app.pictures import jpeg

from fingerspell.app import settings
from fingerspell.app.captions import routes as captions
from fingerspell.app.captions.stream import STREAM, TOKEN, WAITING, Stream, token_of
from fingerspell.app.live.session import LiveSession
from fingerspell.app.settings import AppSettings
from fingerspell.runtime.reader import Reader

HOST = "localhost:8501"
SITE = f"http://{HOST}"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(settings, "_current", AppSettings())


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(Starlette(routes=captions.routes()), base_url=SITE) as started:
        yield started


@pytest.fixture
def session(grey_classifier) -> LiveSession:
    signed = LiveSession(Reader(grey_classifier))
    signed.listener = STREAM.tell
    return signed


def listening(client, token: str | None = None, origin: str = SITE):
    address = f"{captions.EVENTS}?token={token_of() if token is None else token}"
    return client.websocket_connect(address, headers={"origin": origin, "host": HOST})


def test_a_listener_is_told_letters_and_the_text(client, session, grey_classifier):
    with listening(client) as socket:
        assert socket.receive_json()["type"] == "begin"
        for step in range(20):
            char = "B" if step < 10 else "nothing"
            session.look(jpeg(grey_classifier.picture_of(char)), step / 20)
        told = [socket.receive_json() for _ in range(3)]
    assert [(each["type"], each.get("state")) for each in told] == [
        ("letter", "began"),
        ("text", None),
        ("letter", "ended"),
    ]
    assert (told[0]["char"], told[1]["text"], told[1]["raw_text"]) == ("B", "B", "B")
    assert told[2]["start_s"] == 0
    assert 0.4 <= told[2]["end_s"] <= 0.5


def test_keys_are_told_too_and_who_comes_later_gets_the_text_so_far(client, session):
    session.press("edit", "hello you")
    with listening(client) as socket:
        assert socket.receive_json() == {
            "type": "begin",
            "version": 1,
            "text": "hello you ",
            "raw_text": "hello you ",
        }
        session.press("clear")
        assert socket.receive_json() == {"type": "text", "text": "", "raw_text": ""}


def test_who_lacks_the_token_is_told_nothing(client):
    with listening(client, token="wrong") as socket, pytest.raises(WebSocketDisconnect) as closed:
        socket.receive_json()
    assert closed.value.code == captions.BAD_TOKEN


def test_pages_of_other_sites_are_refused(client):
    with pytest.raises(WebSocketDisconnect), listening(client, origin="http://elsewhere"):
        pass


def test_hosted_for_others_there_are_no_captions(client, monkeypatch):
    token_of()
    monkeypatch.setattr(settings, "_current", AppSettings(host="0.0.0.0"))
    assert client.get(captions.PAGE).status_code == 404
    with pytest.raises(WebSocketDisconnect), listening(client):
        pass


def test_the_page_is_transparent_and_loads_its_files_from_here(client):
    page = client.get(f"{captions.PAGE}?token={token_of()}")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for name in ("captions.js", "captions.css"):
        assert f"{captions.FILES}/{name}" in page.text
        assert client.get(f"{captions.FILES}/{name}").status_code == 200
    assert "background: transparent" in client.get(f"{captions.FILES}/captions.css").text


def test_the_token_stays_and_is_its_owners_alone(tmp_path):
    token = token_of(tmp_path)
    assert len(token) >= 24
    assert token_of(tmp_path) == token
    assert stat.S_IMODE((tmp_path / TOKEN).stat().st_mode) == 0o600
    assert captions.page_address().startswith("http://localhost:8501/captions?token=")
    assert captions.events_address().startswith("ws://localhost:8501/fingerspell/events?token=")


@pytest.mark.anyio
async def test_a_listener_that_takes_nothing_is_left_behind():
    stream = Stream()
    async with stream.listen() as queue:
        for _ in range(2 * WAITING):
            stream.tell({"type": "text", "text": "x", "raw_text": "x"})
        told = []
        while (document := await queue.get()) is not None:
            told.append(document)
    assert WAITING - 1 <= len(told) <= WAITING  # one may be taken before the others come


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
