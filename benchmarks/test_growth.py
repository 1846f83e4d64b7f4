"""What users can make many of costs in proportion to how many there are: twice as many, at most 2.3 times the time."""

from __future__ import annotations

import time

import pytest

from beluga import Policy, RateLimiter, explain
from beluga.orchestration import Scatter, chain

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


SUBJECTS = {
    "layers, put on": (400, lambda count: lambda: decorated(count)),
    "layers, first called": (400, first_call),
    "layers, called": (400, called),
    "layers, explained": (400, explained),
    "nodes of a scatter with one name": (300, lambda count: lambda: Scatter(*[answer] * count)),
    "nodes of a chain": (300, lambda count: lambda: chain(*[answer] * count)),
    "keys of a limiter that is full": (2000, keys),
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
