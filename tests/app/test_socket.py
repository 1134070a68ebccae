"""The socket on its own: what it answers, and what it refuses."""

import json
import struct
import threading
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from tests.app.pictures import jpeg

from fingerspell.app import settings
from fingerspell.app.live import socket as live_socket
from fingerspell.app.live.session import open_session
from fingerspell.app.live.socket import BURST, MESSAGES_PER_S, PATH, Allowance, serve_live
from fingerspell.app.settings import AppSettings
from fingerspell.core.alphabet import CLASSES
from fingerspell.runtime.reader import Reader

HOST = "localhost:8501"
SITE = f"http://{HOST}"
IN_PAGE = "&in_page=1"


@pytest.fixture
def session(grey_classifier):
    return open_session(Reader(grey_classifier))


@pytest.fixture
def client():
    with TestClient(Starlette(routes=[WebSocketRoute(PATH, serve_live)])) as started:
        yield started


@contextmanager
def connected(client, session, origin=SITE, host=HOST, more=""):
    address = f"{PATH}?token={session.token}{more}"
    with client.websocket_connect(address, headers={"origin": origin, "host": host}) as socket:
        assert socket.receive_json()["caption"]["text"] == session.raw_text
        yield socket


def frame(picture, time_ms: float) -> bytes:
    return struct.pack("<d", time_ms) + jpeg(picture)


def closing_code(socket) -> int:
    with pytest.raises(WebSocketDisconnect) as closed:
        socket.receive_json()
    return closed.value.code


def test_frames_are_answered_in_order(client, session, grey_classifier):
    with connected(client, session) as socket:
        answers = []
        for number in range(12):
            socket.send_bytes(frame(grey_classifier.picture_of("C"), 1e6 + 50 * number))
            answers.append(socket.receive_json())
    assert [answer["t"] for answer in answers] == [1e6 + 50 * n for n in range(12)]
    assert [a["caption"]["text"] for a in answers if "caption" in a] == ["C"]


def test_of_frames_that_wait_only_the_newest_is_read(client, session, grey_classifier, monkeypatch):
    """While the first is read, four more come: the last of them is read next, the others never."""
    begun, others_are_there, read = threading.Event(), threading.Event(), []
    look = session.look

    def slow(jpeg, time_s):
        read.append(round(time_s, 3))
        begun.set()
        others_are_there.wait(10)
        return look(jpeg, time_s)

    monkeypatch.setattr(session, "look", slow)
    picture = grey_classifier.picture_of("C")
    with connected(client, session) as socket:
        socket.send_bytes(frame(picture, 0))
        assert begun.wait(10)
        for number in range(1, 5):
            socket.send_bytes(frame(picture, 1000 * number))
        dropped = [socket.receive_json() for _ in range(3)]
        assert dropped == [{"t": 1000.0}, {"t": 2000.0}, {"t": 3000.0}]
        others_are_there.set()
        answers = [socket.receive_json() for _ in range(2)]
    assert [answer["t"] for answer in answers] == [0, 4000]
    assert all("sign" in answer for answer in answers)
    assert read == [0, 4]


def test_keys_are_answered(client, session):
    with connected(client, session) as socket:
        socket.send_json({"key": "space"})
        assert socket.receive_json()["caption"]["raw"] == " "


def test_keys_that_come_too_fast_do_nothing(client, session):
    with connected(client, session) as socket:
        for _ in range(300):
            socket.send_json({"key": "space"})
        texts = [socket.receive_json()["caption"]["raw"] for _ in range(300)]
    assert texts == sorted(texts, key=len)
    assert BURST <= len(texts[-1]) < 300


def test_a_page_of_another_site_is_refused(client, session):
    for origin in ("http://evil.example", "http://localhost:9999", "null"):
        with pytest.raises(WebSocketDisconnect), connected(client, session, origin):
            pass


def test_another_name_for_this_computer_is_refused(client, session):
    """DNS rebinding: a name that somebody else makes point here."""
    with (
        pytest.raises(WebSocketDisconnect),
        connected(client, session, "http://evil.example", "evil.example"),
    ):
        pass


def test_an_unknown_token_is_refused(client):
    with client.websocket_connect(
        f"{PATH}?token=none", headers={"origin": SITE, "host": HOST}
    ) as socket:
        assert closing_code(socket) == live_socket.NO_SESSION


def test_the_newest_page_takes_over(client, session):
    with connected(client, session) as older, connected(client, session) as newer:
        assert closing_code(older) == live_socket.TAKEN_OVER
        newer.send_json({"key": "space"})
        assert newer.receive_json()["caption"]["raw"] == " "


def test_only_so_many_cameras_at_a_time(client, session, grey_classifier, monkeypatch):
    monkeypatch.setattr(settings, "_current", AppSettings(signers=1))
    other = open_session(Reader(grey_classifier))
    picture = frame(grey_classifier.picture_of("C"), 0)
    with connected(client, session) as camera:
        camera.send_bytes(picture)
        camera.receive_json()
        with connected(client, other) as socket:
            socket.send_json({"key": "space"})  # keys need no place
            assert socket.receive_json()["caption"]["raw"] == " "
            socket.send_bytes(picture)
            assert closing_code(socket) == live_socket.FULL
    with connected(client, other) as socket:
        socket.send_bytes(picture)
        assert socket.receive_json()["t"] == 0


@pytest.mark.parametrize(
    "message",
    [b"", b"12345678", b"12345678 no picture", b"0" * 500_000, struct.pack("<d", float("nan")) + b"a"],
    ids=["empty", "clock only", "no picture", "large", "no time"],
)
def test_frames_that_no_page_of_ours_sends_end_the_connection(client, session, message):
    with connected(client, session) as socket:
        socket.send_bytes(message)
        assert closing_code(socket) == live_socket.BAD_MESSAGE


@pytest.mark.parametrize("message", ["", "[]", "1", "{}", "no json", json.dumps({"key": "x" * 62_000})])
def test_keys_that_no_page_of_ours_sends_end_the_connection(client, session, message):
    with connected(client, session) as socket:
        socket.send_text(message)
        assert closing_code(socket) == live_socket.BAD_MESSAGE


def read(sign: str, time_ms: float) -> bytes:
    """What a page that reads by itself sends of a frame."""
    probabilities = np.full(len(CLASSES), 0.01, "<f4")
    probabilities[CLASSES.index(sign)] = 0.72
    return struct.pack("<d", time_ms) + probabilities.tobytes()


def test_a_page_may_read_by_itself(client, session):
    with connected(client, session, more=IN_PAGE) as socket:
        for number in range(12):
            socket.send_bytes(read("C", 50 * number))
        answers = [socket.receive_json() for _ in range(12)]
    assert [a["caption"]["text"] for a in answers if "caption" in a] == ["C"]
    assert answers[-1]["sign"] == "C"
    assert answers[-1]["probability"] == 0.72


@pytest.mark.parametrize(
    "message",
    [
        frame(np.zeros((48, 64, 3), np.uint8), 0),
        read("A", 0)[:-1],
        read("A", 0) + b"0",
        read("A", np.nan),
    ],
    ids=["picture", "short", "long", "no time"],
)
def test_a_page_that_reads_by_itself_sends_nothing_else(client, session, message):
    with connected(client, session, more=IN_PAGE) as socket:
        socket.send_bytes(message)
        assert closing_code(socket) == live_socket.BAD_MESSAGE


def test_a_server_may_take_no_pictures(client, session, monkeypatch):
    monkeypatch.setattr(settings, "_current", AppSettings(in_page_only=True))
    address = f"{PATH}?token={session.token}"
    with client.websocket_connect(address, headers={"origin": SITE, "host": HOST}) as socket:
        assert closing_code(socket) == live_socket.NO_PICTURES
    with connected(client, session, more=IN_PAGE):
        pass


@given(st.lists(st.floats(0, 0.2), min_size=1, max_size=300))
def test_no_more_frames_than_allowed(gaps):
    """Reference: in any stretch of time no more than the burst and what the rate gives."""
    allowance, now_s, taken = Allowance(), 0.0, []
    for gap in gaps:
        now_s += gap
        if allowance.take(now_s):
            taken.append(now_s)
    for i, start_s in enumerate(taken):
        for j, end_s in enumerate(taken[i:], start=1):
            assert j <= BURST + (end_s - start_s) * MESSAGES_PER_S + 1e-6
