"""The memory that `read` takes, by the process's own count."""

import itertools
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from fingerspell.core.types import Frame
from fingerspell.runtime.media.video import video_frames, write_video

FPS, SIDE_PX = 30, 512  # frames of this size are kept as they are
READ_AND_TELL_PEAK = """
import atexit, sys
from fingerspell.machine import peak_memory_bytes
atexit.register(lambda: print(peak_memory_bytes(), file=sys.stderr))
from fingerspell.cli import main
main()
"""


def peak_bytes(video):
    command = [sys.executable, "-c", READ_AND_TELL_PEAK, "read", str(video)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stderr.split()[-1])


@pytest.mark.slow
def test_a_longer_video_takes_no_more_memory(clip, tmp_path):
    frames = [
        np.asarray(Image.fromarray(frame.pixels).resize((SIDE_PX, SIDE_PX)))
        for frame in video_frames(clip)
    ]
    lengths = (len(frames), 10 * len(frames))
    peaks = []
    for length in lengths:
        signed = itertools.islice(itertools.cycle(frames), length)
        video = tmp_path / f"{length}.mp4"
        write_video(video, [Frame(n / FPS, pixels) for n, pixels in enumerate(signed)], FPS)
        peaks.append(peak_bytes(video))
    further_bytes = (lengths[1] - lengths[0]) * frames[0].nbytes
    assert further_bytes > 300_000_000
    # An eighth of what keeping these frames would take is more than allocators differ by.
    assert peaks[1] - peaks[0] < further_bytes / 8
