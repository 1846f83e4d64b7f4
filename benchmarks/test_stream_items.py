"""What the items of a stream cost, 100 at a time."""

from __future__ import annotations

import pytest

from benchmarks import handmade
from benchmarks.floors import ITEMS, numbers, numbers_async
from benchmarks.subjects import consume, consume_async, five, six

STREAMS = {"plain": lambda function: function, "five layers": five, "five layers and budget": six}


@pytest.mark.benchmark(group="stream of 100 items, sync")
@pytest.mark.parametrize("decorate", STREAMS.values(), ids=STREAMS)
def test_generator(benchmark, decorate):
    """All items come through the layers."""
    stream = decorate(numbers)
    assert len(list(stream(ITEMS))) == ITEMS
    benchmark(consume(stream), ITEMS)


@pytest.mark.benchmark(group="stream of 100 items, async")
@pytest.mark.parametrize("decorate", STREAMS.values(), ids=STREAMS)
def test_async_generator(benchmark, loop, decorate):
    """All items come through the layers."""
    run = consume_async(decorate(numbers_async))
    benchmark(lambda: loop.run_until_complete(run(ITEMS)))


@pytest.mark.benchmark(group="stream of 100 items, sync")
def test_generator_by_hand(benchmark):
    """The promises of five layers and a budget, written out."""
    assert list(handmade.stream(ITEMS)) == list(range(ITEMS))
    benchmark(consume(handmade.stream), ITEMS)


@pytest.mark.benchmark(group="stream of 100 items, async")
def test_async_generator_by_hand(benchmark, loop):
    """The same, awaited."""
    run = consume_async(handmade.stream_async)
    benchmark(lambda: loop.run_until_complete(run(ITEMS)))
