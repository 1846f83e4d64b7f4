"""What it costs to be refused by an open circuit, the error caught."""

from __future__ import annotations

import pytest

from beluga import CircuitOpen
from benchmarks import peers
from benchmarks.floors import answer, refuse
from benchmarks.subjects import open_breaker, refused


@pytest.mark.benchmark(group="refusal")
def test_floor(benchmark):
    """The floor raises behind a closure that only calls."""
    benchmark(refused(refuse([True])), 1)


@pytest.mark.benchmark(group="refusal")
def test_same_class(benchmark):
    """The same floor with the class of our own refusal."""
    benchmark(refused(refuse([True], CircuitOpen)), 1)


@pytest.mark.benchmark(group="refusal")
def test_ours(benchmark):
    """An open circuit refuses."""
    benchmark(refused(open_breaker()), 1)


@pytest.mark.benchmark(group="refusal")
@pytest.mark.parametrize(("name", "opened"), peers.OPENED.items())
def test_peer(benchmark, name, opened):
    """So does a peer's."""
    pytest.importorskip(name)
    benchmark(refused(opened(answer)), 1)
