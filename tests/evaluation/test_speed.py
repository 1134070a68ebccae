"""Timing, in a process of its own."""

from fingerspell.evaluation.speed import Speed, measure_speed
from fingerspell.machine import hardware


def test_a_model_is_timed(stills):
    speed = measure_speed("default", stills.sample(4), threads=1, repeats=1)
    assert 0 < speed.latency_ms <= speed.latency_p95_ms
    assert speed.from_files
    assert speed.images_per_s > 1
    assert speed.video_fps > 1
    assert 50 < speed.peak_memory_mb < 2000
    assert speed.hardware == hardware()


def test_real_time_is_30_frames_a_second_nearly_always():
    def keeps_up(fps, p95_ms):
        return Speed(5, 6, True, 100, fps, p95_ms, 200, 2, "any").real_time

    assert keeps_up(31, 33)
    assert not keeps_up(29, 20)
    assert not keeps_up(60, 34)
