"""The first step of a stream, taken before anybody has promised anything."""

from __future__ import annotations

import asyncio
import math

import pytest

from beluga import CircuitOpen, RateLimited, rate_limited, started


def numbers(count, closed):
    try:
        yield from range(count)
    finally:
        closed.append(True)


async def anumbers(count, closed):
    try:
        for number in range(count):
            yield number
    finally:
        closed.append(True)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_items_are_those_of_the_stream(count):
    """Nothing is lost, doubled or reordered, however few there are."""

    async def collected():
        return [number async for number in await started(anumbers(count, []))]

    assert list(started(numbers(count, []))) == list(range(count))
    assert asyncio.run(collected()) == list(range(count))
    assert list(started(range(count))) == list(range(count))


def test_a_refusal_is_raised_before_anything_is_handed_out():
    """What a layer raises at the first step comes out of the call, sync and async."""

    @rate_limited(limit=1, window=60.0)
    def answer():
        yield "fine"

    @rate_limited(limit=1, window=60.0)
    async def aanswer():
        yield "fine"

    async def main():
        assert [text async for text in await started(aanswer())] == ["fine"]
        with pytest.raises(RateLimited):
            await started(aanswer())

    assert list(started(answer())) == ["fine"]
    with pytest.raises(RateLimited):
        started(answer())
    asyncio.run(main())


def test_closing_it_closes_the_stream():
    """Whoever leaves early ends the stream inside, before and after the first item was taken."""

    async def main(closed):
        stream = await started(anumbers(3, closed))
        await stream.aclose()
        assert [number async for number in stream] == []

    closed = []
    stream = started(numbers(3, closed))
    stream.close()
    assert closed == [True]
    assert list(stream) == []
    asyncio.run(main(closed))
    assert closed == [True, True]


def test_a_stream_that_none_can_be_closed_is_left_alone():
    """A plain iterator has nothing to close."""
    started(iter([1, 2])).close()


@pytest.mark.parametrize("what", [5, None, len])
def test_it_takes_streams_only(what):
    """Anything else is refused by name of its type."""
    with pytest.raises(TypeError, match=type(what).__name__):
        started(what)


@pytest.mark.parametrize(
    ("seconds", "header"),
    [
        (None, None),
        (0.0, "0"),
        (0.2, "1"),
        (30.0, "30"),
        (30.01, "31"),
        (-1.0, "0"),
        (math.inf, None),
        (math.nan, None),
    ],
)
def test_a_wait_as_the_header_has_it(seconds, header):
    """Whole seconds, never fewer than it takes, and nothing where nothing is known."""
    assert RateLimited(retry_after=seconds).retry_after_header == header
    assert CircuitOpen(name="m", retry_after=seconds).retry_after_header == header
