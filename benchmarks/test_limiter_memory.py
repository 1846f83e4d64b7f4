"""What memory a key of a limiter takes: a figure that does not depend on the machine's mood, so it is asserted."""

from __future__ import annotations

import pytest

from benchmarks import footprint, peers


def test_a_key_takes_at_most_250_bytes():
    """A key, its text included, takes no more than the promised bytes."""
    assert footprint.bytes_a_key() <= 250


@pytest.mark.benchmark(group="keyed limiter")
@pytest.mark.parametrize("name", ["beluga", "limits"])
def test_bytes_a_key(benchmark, name):
    """The bytes a key stand beside the time that 1000 new keys take."""
    measure = footprint.bytes_a_key if name == "beluga" else footprint.bytes_a_key_of_limits
    if name != "beluga" and peers.installed(name) is None:
        pytest.skip(f"{name} is not installed")
    benchmark.extra_info["bytes"] = measure()
    benchmark.pedantic(measure, args=(1000,), rounds=3)
