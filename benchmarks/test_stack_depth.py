"""How the cost grows with the number of layers: ours by the same amount each, nested proxies by more and more."""

from __future__ import annotations

import functools

import pytest

from beluga import breaker
from benchmarks.floors import answer
from benchmarks.rows import transparent


def _stack(decorate, depth):
    return functools.reduce(lambda inner, _: decorate(inner), range(depth), answer)


@pytest.mark.benchmark(group="layers")
@pytest.mark.parametrize("depth", [1, 3, 5, 7, 9])
def test_ours(benchmark, depth):
    """A stack of any height returns what the plain function does."""
    assert benchmark(_stack(breaker, depth), 1) == 1


@pytest.mark.benchmark(group="layers")
@pytest.mark.parametrize("depth", [1, 3, 5, 7, 9])
def test_nested_proxies(benchmark, depth):
    """A stack of wrapt's proxies does, too."""
    assert benchmark(_stack(transparent, depth), 1) == 1
