"""The images that two models read unlike, of each pair of models and each set."""

from collections.abc import Iterator, Sequence

from fingerspell import html_page as page
from fingerspell.evaluation.changes import Changed, Pairing, pairings
from fingerspell.evaluation.evaluate import Evaluation
from fingerspell.evaluation.report.galleries import captioned

SHOWN = 24  # of each kind
_KINDS = (
    (True, "Only {first} is right"),
    (False, "Only {second} is right"),
    (None, "Both are wrong, each in its way"),
)


def changed(evaluations: Sequence[Evaluation]) -> str:
    """A folded part for each pair and set; nothing where all images are read alike."""
    parts = [part for pair in pairings(evaluations) if (part := _pair(pair))]
    return "\n".join(parts)


def _pair(pair: Pairing) -> str:
    sections = list(_sections(pair))
    if not sections:
        return ""
    heading = f"What changed: {pair.first} and {pair.second} on {pair.data}"
    note = (
        "On each image its truth, then what the first and the second model read; green if the second "
        "is right. Below, how probable they find it. The images of which both are surest come first."
    )
    return page.details(heading, note, *sections)


def _sections(pair: Pairing) -> Iterator[str]:
    for first_is_right, title in _KINDS:
        found = pair.changed(first_is_right)
        if not found:
            continue
        figures = (_figure(pair, each) for each in found[:SHOWN])
        heading = title.format(first=pair.first, second=pair.second)
        yield page.section(
            f"{heading}: {len(found):,} image{'s' * (len(found) != 1)}",
            page.grid("gallery", figures),
            level=3,
        )


def _figure(pair: Pairing, image: Changed) -> str:
    pictures = pair.on_set.pictures
    path = pictures.index.pictures[image.place].path
    said = f"{image.label}: {image.first[0]} / {image.second[0]}"
    drawn = captioned(pictures.read(image.place), said, image.second[0] == image.label)
    lines = (f"{image.first[0]} {image.first[1]:.0%}, {image.second[0]} {image.second[1]:.0%}", path)
    return page.figure(page.image(drawn, f"{path}, {said}", "JPEG"), *lines)
