"""Errors by their codes, which programs may rely on."""

import pickle
import re

import pytest

import fingerspell.runtime.reader  # holds an error of its own
from fingerspell import errors
from fingerspell.errors import FingerspellError, MediaError

assert fingerspell.runtime.reader.IncompleteError
KINDS = list(FingerspellError.kinds())


def test_each_kind_has_a_code_of_its_own_that_the_module_lists():
    listed = re.findall(r"(\w*Error)\s+([a-z-]+)", errors.__doc__.partition("\n\nWhere one")[0])
    assert dict(listed) == {kind.__name__: kind.code for kind in KINDS}
    assert len({kind.code for kind in KINDS}) == len(KINDS)


def test_the_tree_that_the_module_draws_is_the_one_that_is():
    drawn = re.findall(r"│   [├└]── (\w+)", errors.__doc__)
    deeper = [kind.__name__ for kind in KINDS if len(kind.__mro__) > len(FingerspellError.__mro__) + 1]
    assert sorted(drawn) == sorted(deeper)


@pytest.mark.parametrize("why", ["", "not-found"])
def test_code_and_sentence_survive_the_way_to_another_process(why):
    error = pickle.loads(pickle.dumps(MediaError("a.mp4 is not there: check the path.", why=why)))
    assert error.code == ("media/not-found" if why else "media")
    assert str(error) == "a.mp4 is not there: check the path."
    assert MediaError.code == "media"
