from collections.abc import Iterator

import pytest

from fingerspell.app.learn.practice_schedule import Progress


@pytest.fixture
def progress() -> Iterator[Progress]:
    """A learner's, in memory."""
    progress = Progress(None)
    yield progress
    progress.close()
