"""README's figures are those of the files of figures, and none stands there without one."""

import json
import re

from tests.docs.pages import DOCS, REPOSITORY, text_of

README = text_of(REPOSITORY / "README.md")
ASSETS = REPOSITORY / "src" / "fingerspell" / "assets"
READER = json.loads((ASSETS / "reader.json").read_text())
FIGURES = json.loads((DOCS / "figures.json").read_text())
UNIT = re.compile(r"(?<![\w.])\d[\d.,]*(?: %| ms| MB| GB)")


def percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f} %"


def figures() -> dict[str, str]:
    """Each figure that README may name, with what it is."""
    people, speed, words = READER["people"], FIGURES["speed"], FIGURES["fluent_words"]
    installed = FIGURES["installed_mb"]
    letters = {name: share for name, share in FIGURES["hardest_letters"].items() if len(name) == 1}
    rival = FIGURES["landmarks_and_small_network_people"]
    return {
        percent(people["mean"]): "people left out",
        percent(people["worst_tenth"]): "the worst tenth of them",
        percent(rival["mean"]): "the rival on these people",
        percent(rival["worst_tenth"]): "the rival, the worst tenth of them",
        percent(FIGURES["whole_validation_set"]["multisigner100"]): "the validation set",
        percent(FIGURES["landmarks_and_small_network"]["multisigner100"]): "the rival on it",
        percent(words["letters_wrong"] / words["letters"], 0): "fluent words",
        percent(FIGURES["usual_network"]["own_recordings"]): "a usual network, its own recordings",
        percent(FIGURES["usual_network"]["multisigner100"]): "a usual network, others",
        "95 %": "of intervals",
        **{f"{speed[name]} ms": name for name in speed if name.endswith("_ms")},
        **{percent(share, 0): name for name, share in letters.items()},
        f"{installed['reader']} MB": "installed",
        f"{installed['all'] // 1000} GB": "installed",
    }


def test_every_figure_is_in_a_file_and_every_figure_of_a_file_is_there():
    assert set(UNIT.findall(README)) == figures().keys()


def test_the_headline_is_of_people_left_out():
    people = READER["people"]
    interval = f"({100 * people['low']:.1f}\N{EN DASH}{100 * people['high']:.1f})"
    headline = f"**{percent(people['mean'])}** {interval}"
    [first] = [line for line in README.splitlines() if headline in line]
    assert f"still letters of {people['n']} **people left out of training**" in first
    card = text_of(DOCS / "model-card.md")
    assert f"{headline} | {percent(people['worst_tenth'])}" in card
    assert f"{people['n']} people left out" in card
    assert f"n = {people['images']:,}" in card


def test_the_hardest_letters_are_named_with_their_shares():
    letters = {name: share for name, share in FIGURES["hardest_letters"].items() if len(name) == 1}
    assert ", ".join(f"{name} {percent(share, 0)}" for name, share in letters.items()) in README


def test_every_figure_says_how_it_was_measured():
    assert all(each["command"] and each["measured"] for each in FIGURES.values())
    assert "validation" in README
