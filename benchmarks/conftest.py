"""Fixtures of the benchmarks."""

from __future__ import annotations

import asyncio
from importlib.metadata import entry_points

import pytest

_PLUGIN = "beluga.testing.plugin"  # the project's pytest options are its own; see tests/conftest.py
pytest_plugins = [] if any(e.value == _PLUGIN for e in entry_points(group="pytest11")) else [_PLUGIN]


@pytest.fixture
def loop():
    """Give an event loop that batches of awaited calls run in."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture
def awaited(benchmark, loop):
    """Measure an async function by batches of 100 calls in one task: starting a loop would cost more than the call."""

    def measure(function, *args):
        async def batch():
            for _ in range(100):
                await function(*args)

        benchmark.extra_info["calls"] = 100
        return benchmark(lambda: loop.run_until_complete(batch()))

    return measure
