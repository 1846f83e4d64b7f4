"""What a healthy call costs through one policy, six of them, and the peers."""

from __future__ import annotations

import pytest

from benchmarks import peers
from benchmarks.floors import answer, answer_async, pass_through, pass_through_async
from benchmarks.subjects import ONE_ASYNC_POLICY, ONE_POLICY, six

OURS = {**ONE_POLICY, "six decorators": six}
OURS_ASYNC = {**ONE_ASYNC_POLICY, "six decorators": six}


def _known(table):
    return [(name, decorate) for decorators in table.values() for name, decorate in decorators.items()]


@pytest.mark.benchmark(group="healthy call, sync")
def test_floor(benchmark):
    """The floor is a closure that only calls."""
    assert benchmark(pass_through(answer), 1) == 1


@pytest.mark.benchmark(group="healthy call, sync")
@pytest.mark.parametrize("decorate", OURS.values(), ids=OURS)
def test_ours(benchmark, decorate):
    """A decorated function returns what the plain one does."""
    assert benchmark(decorate(answer), 1) == 1


@pytest.mark.benchmark(group="healthy call, sync")
@pytest.mark.parametrize(("name", "decorate"), _known(peers.SYNC))
def test_peer(benchmark, name, decorate):
    """A peer does the same in the same run."""
    pytest.importorskip(name)
    assert benchmark(decorate(answer), 1) == 1


@pytest.mark.benchmark(group="healthy call, sync")
def test_peers_stacked(benchmark):
    """Three peers do half of what the six decorators do."""
    _, needed, stacked = peers.STACKS[False]
    for name in needed:
        pytest.importorskip(name)
    assert benchmark(stacked(answer), 1) == 1


@pytest.mark.benchmark(group="100 healthy calls, async")
def test_floor_async(awaited):
    """The floor is a coroutine that only awaits."""
    awaited(pass_through_async(answer_async), 1)


@pytest.mark.benchmark(group="100 healthy calls, async")
@pytest.mark.parametrize("decorate", OURS_ASYNC.values(), ids=OURS_ASYNC)
def test_ours_async(awaited, decorate):
    """A decorated async function is awaited like the plain one."""
    awaited(decorate(answer_async), 1)


@pytest.mark.benchmark(group="100 healthy calls, async")
@pytest.mark.parametrize(("name", "decorate"), _known(peers.ASYNC))
def test_peer_async(awaited, name, decorate):
    """A peer does the same in the same run."""
    pytest.importorskip(name)
    awaited(decorate(answer_async), 1)


@pytest.mark.benchmark(group="100 healthy calls, async")
def test_peers_stacked_async(awaited):
    """Three peers do half of what the six decorators do."""
    _, needed, stacked = peers.STACKS[True]
    for name in needed:
        pytest.importorskip(name)
    awaited(stacked(answer_async), 1)
