"""What users can make many of costs in proportion to how many there are: twice as many, at most 2.3 times the time."""

from __future__ import annotations

import asyncio
import functools
import itertools
import time

import pytest

from beluga import Policy, RateLimiter, explain, telemetry
from beluga.clock import environment
from beluga.orchestration import Graph, Scatter, chain, scatter
from beluga.testing import fake_clock, record_spans

MOST = 2.3
"""Times as long for twice as many; 2 in proportion, 4 with the square."""


class Layer(Policy):
    """Has both hooks, as most policies."""

    def enter(self, call):
        """Go on."""

    def leave(self, call, outcome):
        """Let it pass."""


def answer(question):
    """Give the question back."""
    return question


def decorated(count):
    """Put so many layers on one function."""
    function = answer
    for _ in range(count):
        function = Layer()(function)
    return function


def first_call(count):
    """Write the code of so many layers."""
    function = decorated(count)
    return lambda: function(1)


def called(count):
    """Call through so many layers whose code is written."""
    function = decorated(count)
    function(1)
    return lambda: function(1)


def explained(count):
    """Describe so many layers."""
    function = decorated(count)
    return lambda: explain(function)


def keys(count):
    """Admit so many keys, with room for half of them."""
    limiter = RateLimiter(5, key="question", max_keys=count // 2)
    return lambda: [limiter.allow(key) for key in range(count)]


def edges(count):
    """Join so many functions, each given as itself."""
    graph, steps = Graph(), [functools.partial(int) for _ in range(count)]
    for number, step in enumerate(steps):
        graph.add_node(str(number), step)
    for source, target in itertools.pairwise(steps):
        graph.add_edge(source, target)


async def later(item):
    """Let the loop go round once."""
    await asyncio.sleep(0)
    return item


async def streamed(count):
    """Take so many results of a hundred at once."""
    async for _ in scatter.stream(later, range(count), limit=100):
        pass


def sleepers(count):
    """Wake so many tasks, each at a time of its own."""

    async def main():
        await asyncio.gather(*(environment().clock.asleep(float(number)) for number in range(count)))

    with fake_clock() as clock:
        clock.run(main())


def waiters(count):
    """Let so many tasks wait for one limit."""
    limited = RateLimiter(1, 1.0, wait=True)(later)

    async def main():
        await asyncio.gather(*(limited(number) for number in range(count)))

    with fake_clock() as clock:
        clock.run(main())


def spans(count):
    """Record so many spans, and show them."""
    with record_spans() as recorded:
        for _ in range(count):
            with telemetry.start_span("work"):
                pass
        recorded.outline()


SUBJECTS = {
    "layers, put on": (400, lambda count: lambda: decorated(count)),
    "layers, first called": (400, first_call),
    "layers, called": (400, called),
    "layers, explained": (400, explained),
    "nodes of a scatter with one name": (300, lambda count: lambda: Scatter(*[answer] * count)),
    "nodes of a chain": (300, lambda count: lambda: chain(*[answer] * count)),
    "edges between functions": (300, lambda count: lambda: edges(count)),
    "items of a map": (2000, lambda count: lambda: asyncio.run(scatter.map(later, iter(range(count)), limit=100))),
    "items of a stream": (2000, lambda count: lambda: asyncio.run(streamed(count))),
    "keys of a limiter that is full": (2000, keys),
    "waiters for a limit": (200, lambda count: lambda: waiters(count)),
    "sleepers on virtual time": (500, lambda count: lambda: sleepers(count)),
    "spans that are recorded": (200, lambda count: lambda: spans(count)),
}


def _seconds(make, count):
    """Return the least time of several runs, each of which begins anew."""
    best = float("inf")
    for _ in range(12):
        run = make(count)
        begin = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - begin)
    return best


@pytest.mark.parametrize(("count", "make"), SUBJECTS.values(), ids=SUBJECTS)
def test_twice_as_many_take_twice_the_time(count, make):
    """The best of three comparisons counts, as noise only ever adds time."""
    ratios = []
    for _ in range(3):
        ratios.append(_seconds(make, 2 * count) / _seconds(make, count))
        if ratios[-1] <= MOST:
            return
    pytest.fail(f"twice as many take {min(ratios):.1f} times as long; at most {MOST} is in proportion")
