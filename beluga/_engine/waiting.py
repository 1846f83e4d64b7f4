"""A wait that somebody else may end: how one call waits for its turn behind others, in threads and in tasks."""

from __future__ import annotations

import contextlib
import math
import queue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from beluga.clock import Clock

__all__ = ["Wakeup"]


class Wakeup:
    """Ends the wait of one thread or task. It may be rung from anywhere and any number of times.

    A ring before the wait ends it at once. Nothing here takes a lock that a finaliser or a signal handler of the same
    thread could find taken, as `threading.Event` does: putting into a `queue.SimpleQueue` is reentrant.
    """

    __slots__ = ("_end", "_rings")

    def __init__(self) -> None:
        self._rings: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._end: Callable[[], object] | None = None

    def ring(self) -> None:
        """End the wait."""
        self._rings.put(None)
        end = self._end
        if end is not None:
            with contextlib.suppress(RuntimeError):  # its loop is closed, and nobody waits there any more
                end()

    def wait(self, seconds: float | None = None) -> bool:
        """Block until it rings, for `seconds` at most; return whether it rang. What a clock calls."""
        try:
            self._rings.get(timeout=None if seconds is None or seconds == math.inf else max(0.0, seconds))
        except queue.Empty:
            return False
        return True

    def block(self, clock: Clock, seconds: float) -> None:
        """Block this thread until it rings, or for `seconds` of `clock`."""
        event: Any = self  # of a `threading.Event` a clock only uses `wait`
        clock.wait(event, seconds)
        self._silence()

    async def suspend(self, clock: Clock, seconds: float) -> None:
        """Suspend this task until it rings, or for `seconds` of `clock`."""
        import asyncio

        loop = asyncio.get_running_loop()
        rung = loop.create_future()

        def end() -> None:
            if not rung.done():
                rung.set_result(None)

        self._end = lambda: loop.call_soon_threadsafe(end)
        timer = clock.call_later(seconds, end)
        try:
            if self._rings.empty():
                await rung
        finally:
            timer.cancel()
            self._end = None
            self._silence()

    def _silence(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._rings.get_nowait()
