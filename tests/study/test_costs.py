"""What an epoch asks for, worked by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerspell.study.costs import (
    Cluster,
    Job,
    Link,
    Part,
    all_reduce_s,
    between_nodes_s,
    demands,
    ring_bytes,
    ring_messages,
    unit,
)
from fingerspell.study.results import Cell
from fingerspell.training.options import Loading


def job(devices=1, batch=100, strategy="ddp", loading=Loading.PACKED, workers=0):
    cell = Cell(
        "net", strategy if devices > 1 else "single", devices, batch, loading=loading, workers=workers
    )
    return Job(cell, 1000, 4_000)


def test_a_ring_by_hand():
    # Four devices: each sends a quarter three times to reduce and three times to gather.
    assert ring_bytes(4, 100) == 6 * 25
    assert ring_messages(4) == 6
    assert ring_bytes(1, 100) == ring_messages(1) == 0


def test_all_reduce_takes_the_faster_way():
    link = Link(bytes_per_s=1e9, latency_s=1e-3)
    assert all_reduce_s(1, 1e9, link) == 0
    assert all_reduce_s(2, 1e9, link) == pytest.approx(1 + 0.002)  # both ways; the ring moves less
    assert all_reduce_s(4096, 0, link) == pytest.approx(2 * 12 * 1e-3)  # tree of 4096 = 2^12
    assert all_reduce_s(1000, 0, link) == pytest.approx(2 * 10 * 1e-3)


@settings(deadline=None)
@given(st.integers(2, 4096), st.floats(0, 1e10))
def test_all_reduce_is_bounded(devices, n_bytes):
    """No way moves less than 2 (p - 1) / p of the bytes, and none of ours more than twice all."""
    link = Link(1e9, 1e-6)
    bandwidth = n_bytes / 1e9
    time = all_reduce_s(devices, n_bytes, link)
    assert 2 * (devices - 1) / devices * bandwidth <= time <= 2 * bandwidth + 2 * 12 * 1e-6


def test_one_device_asks_for_pictures_and_steps_only():
    asked = demands(job(), Cluster())
    assert asked[Part.DATA] == {
        "data: a picture (packed, net)": 1000,
        "data: a picture, shared (packed, net)": 0,
    }
    assert asked[Part.COMPUTE] == {
        "compute: a picture (net, fp32)": 1000,
        "compute: a step (net, fp32)": 10,
        "compute: a picture, for each neighbour (net, fp32)": 0,
    }
    assert set(asked[Part.COMMUNICATION].values()) == {0}


def test_four_processes_share_pictures_and_exchange_gradients():
    asked = demands(job(4), Cluster(devices_per_node=4))
    assert asked[Part.DATA]["data: a picture (packed, net)"] == 250
    assert asked[Part.DATA]["data: a picture, shared (packed, net)"] == 750
    assert asked[Part.COMPUTE]["compute: a picture (net, fp32)"] == 250
    assert asked[Part.COMPUTE]["compute: a picture, for each neighbour (net, fp32)"] == 750
    assert asked[Part.COMMUNICATION] == {"all-reduce: a message": 60, "all-reduce: a byte": 10 * 6_000}


def test_dp_loads_in_one_process_and_serves_each_device_in_turn():
    asked = demands(job(3, strategy="dp", loading=Loading.REPORTS, workers=4), Cluster())
    assert (
        asked[Part.DATA]["data: a picture (reports, net)"] == 250
    )  # four workers, whatever the devices
    assert asked[Part.COMMUNICATION] == {
        "dp: a step, for each other device": 20,
        "dp: a byte": 10 * 2 * 2 * 4_000,
    }


def test_nodes_load_for_themselves_and_exchange_by_their_link():
    cluster = Cluster(devices_per_node=4, between=Link(1e6, 1e-3))
    asked = demands(job(8), cluster)
    assert asked[Part.DATA]["data: a picture (packed, net)"] == 125  # 500 a node, four loaders each
    assert (
        asked[Part.COMPUTE]["compute: a picture, for each neighbour (net, fp32)"] == 130 * 3
    )  # 13 of 100
    assert between_nodes_s(job(8), cluster) == pytest.approx(10 * (4_000 / 1e6 + 2 * 1e-3))
    assert between_nodes_s(job(8, strategy="dp"), cluster) == 0


def test_a_batch_smaller_than_the_devices_leaves_some_idle():
    assert job(400).pictures_per_device == 10  # one a step
    assert job(3, batch=100).pictures_per_device == 340  # 34, 33, 33


def test_units_and_who_loads_ahead():
    assert unit("compute: a step (net, fp32)") == "s a step"
    assert unit("data: a picture, shared (packed, net)") == "s a picture"
    assert not job(loading=Loading.REPORTS).loads_ahead
    assert job(loading=Loading.REPORTS, workers=1).loads_ahead
    assert job().loads_ahead
