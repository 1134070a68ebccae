"""Data sets on Kaggle that the project knows."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A data set on Kaggle.

    Attributes:
        handle: owner and name there.
        licence: as its page lists it.
        citation: how to name it.
    """

    handle: str
    licence: str
    citation: str

    @property
    def url(self) -> str:
        """Its page."""
        return f"https://www.kaggle.com/datasets/{self.handle}"


SOURCES: Mapping[str, Source] = {
    "asl-alphabet": Source(
        "grassknoted/asl-alphabet",
        "GPL-2.0",
        "Akash Nagaraj, ASL Alphabet, Kaggle, 2018, https://doi.org/10.34740/KAGGLE/DSV/29550",
    ),
    "asl-alphabet-merged": Source(
        "debashishsau/aslamerican-sign-language-aplhabet-dataset",
        "see its page",
        "Debashish Sau, ASL (American Sign Language) Alphabet Dataset, Kaggle",
    ),
    "asl-alphabet-test": Source(
        "danrasband/asl-alphabet-test",
        "CC0-1.0",
        "Dan Rasband, ASL Alphabet Test, Kaggle",
    ),
}
