"""Measure contenders in turns and keep each one's minimum, so that a noisy machine does not matter.

Noise only ever adds time. A batch is short enough (0.2 ms) to fit between two interruptions, and all contenders of
a group take turns, so a slow second hits every one of them and their ratio stays.
"""

from __future__ import annotations

import time
import timeit
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Mapping

    Batch = Callable[[int], float]

__all__ = ["async_batch", "batch", "measure"]

BATCH_SECONDS = 2e-4


def batch(function: Callable[..., Any], *args: Any) -> Batch:
    """Return a timer of so many calls; code of its own, because CPython specialises each call site."""
    timer = timeit.Timer(
        "function(*args)" if len(args) != 1 else "function(arg)",
        globals={"function": function, "args": args, "arg": args[0] if args else None},
    )
    return timer.timeit


def async_batch(loop: asyncio.AbstractEventLoop, function: Callable[..., Awaitable[Any]], *args: Any) -> Batch:
    """Return a timer of so many awaited calls, all in one task."""

    async def run(loops: int) -> float:
        turns = range(loops)
        begin = time.perf_counter()
        for _ in turns:
            await function(*args)
        return time.perf_counter() - begin

    own = types.FunctionType(run.__code__.replace(), run.__globals__, "run", None, run.__closure__)
    return lambda loops: loop.run_until_complete(own(loops))


def measure(contenders: Mapping[str, Batch], seconds: float) -> dict[str, float]:
    """Return the least nanoseconds a call of each contender takes.

    Args:
        contenders: Timers by name.
        seconds: For all of them together.
    """
    loops = {name: _loops(run) for name, run in contenders.items()}
    best = dict.fromkeys(contenders, float("inf"))
    end = time.perf_counter() + seconds
    while True:
        for name, run in contenders.items():
            best[name] = min(best[name], run(loops[name]) / loops[name] * 1e9)
        if time.perf_counter() > end:
            return best


def _loops(run: Batch) -> int:
    run(20)  # specialise first
    return max(1, int(BATCH_SECONDS / max(min(run(5) for _ in range(5)) / 5, 1e-9)))
