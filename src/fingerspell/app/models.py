"""The readers of the models that can be chosen, each loaded once for all visitors."""

from functools import lru_cache

from fingerspell.runtime.reader import Reader, load_reader

KEPT = 3  # models in memory at a time; the bundled one takes about 60 MB


@lru_cache(maxsize=KEPT)
def load_cached(model: str) -> Reader:
    """The reader of `default` or of a model file.

    Raises:
        ModelError: the file is missing, damaged, or no model of ours.
    """
    return load_reader(model)


@lru_cache(maxsize=KEPT)
def unspelled(model: str) -> Reader:
    """The same without spelling correction; shares the model's memory."""
    reader = load_cached(model)
    return Reader(reader.classifier, reader.options)
