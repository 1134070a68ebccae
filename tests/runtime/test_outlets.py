"""Typing and a virtual camera, with what types and what shows pictures in their place."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerspell.errors import MissingExtraError, OutletError
from fingerspell.runtime.outlets import MOST_BACK, Typist, VirtualCamera, open_typist


class Page:
    """A field of text that somebody types into."""

    def __init__(self) -> None:
        self.text, self.presses = "", 0

    def type(self, text: str) -> None:
        self.text += text

    def back(self) -> None:
        assert self.text
        self.text, self.presses = self.text[:-1], self.presses + 1


@given(st.lists(st.text("AB ", max_size=MOST_BACK), max_size=9))
def test_what_is_typed_is_the_text(texts):
    page = Page()
    typist = Typist(page)
    for text in texts:
        typist.show(text)
        assert page.text == text


def test_only_what_has_changed_is_typed_anew():
    page = Page()
    typist = Typist(page)
    typist.show("HELLO WORK")
    typist.show("HELLO WORLD")
    assert (page.text, page.presses) == ("HELLO WORLD", 1)


def test_what_is_far_back_stays_as_it_was_typed():
    page = Page()
    typist = Typist(page)
    old = "B" * (MOST_BACK + 1)
    typist.show(old)
    typist.show("A" * len(old) + " C")
    assert (page.text, page.presses) == (f"{old} C", 0)


def test_without_a_screen_nothing_is_typed(monkeypatch):
    """As pynput does where there is no X server."""

    class Finder:
        def find_spec(self, name, path=None, target=None):
            if name == "pynput.keyboard":
                raise ImportError("this platform is not supported")

    monkeypatch.setitem(sys.modules, "pynput", package := ModuleType("pynput"))
    package.__path__ = []
    monkeypatch.delitem(sys.modules, "pynput.keyboard", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    with pytest.raises(OutletError, match="no screen to type on") as caught:
        open_typist()
    assert caught.value.code == "outlet"


def test_what_types_and_what_shows_come_with_an_extra(monkeypatch):
    for module in ("pynput", "pyvirtualcam"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"fingerspell\[out\]"):
        open_typist()
    with pytest.raises(MissingExtraError, match=r"fingerspell\[out\]"):
        VirtualCamera().show(np.zeros((4, 4, 3), np.uint8), "")


def test_a_system_without_a_virtual_camera_is_told(monkeypatch):
    def refuse(*_):
        raise RuntimeError("no device")

    monkeypatch.setitem(sys.modules, "pyvirtualcam", SimpleNamespace(Camera=refuse))
    with pytest.raises(OutletError, match="no virtual camera"):
        VirtualCamera().show(np.zeros((4, 4, 3), np.uint8), "")


def test_the_camera_shows_frames_of_one_size_with_the_text():
    sent, closed = [], []

    def open_camera(width, height):
        return SimpleNamespace(
            width=width, height=height, send=sent.append, close=lambda: closed.append(True)
        )

    camera = VirtualCamera(open_camera)
    grey = np.full((121, 201, 3), 100, np.uint8)
    camera.show(grey, "")
    camera.show(np.full((60, 100, 3), 100, np.uint8), "")
    camera.show(grey, "HELLO")
    camera.close()
    assert [picture.shape for picture in sent] == [(120, 200, 3)] * 3
    assert (sent[0] == 100).all()
    assert (sent[1] == 100).all()
    assert sent[2].max() > 200  # white letters
    assert (sent[2][:60] == 100).all()  # at the foot
    assert closed == [True]
