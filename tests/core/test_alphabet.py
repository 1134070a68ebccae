import pytest

from fingerspell.core.alphabet import CLASSES, LETTERS, MOVING_LETTERS, parse_class
from fingerspell.errors import ClassNameError


def test_classes_are_in_imagefolder_order():
    """torchvision's ImageFolder sorts folder names, upper case before lower case."""
    names = [*"abcdefghijklmnopqrstuvwxyz".upper(), "space", "nothing", "del"]
    assert list(CLASSES) == sorted(names)
    assert len(CLASSES) == 29
    assert set(LETTERS) < set(CLASSES)
    assert set(LETTERS) > MOVING_LETTERS


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(("A", "A"), ("z", "Z")),
        *(("Del", "del"), ("DELETE", "del")),
        *(("Nothing", "nothing"), ("blank", "nothing")),
        *(("SPACE", "space"), (" ", "space"), ("_", "space")),
    ],
)
def test_aliases(name, expected):
    assert parse_class(name) == expected


@pytest.mark.parametrize("name", ["", "AA", "1", "É", "spaces"])
def test_other_names_are_refused_with_a_mend(name):
    with pytest.raises(ClassNameError, match="use one of A to Z"):
        parse_class(name)


def test_every_class_parses_to_itself():
    assert [parse_class(name) for name in CLASSES] == list(CLASSES)
