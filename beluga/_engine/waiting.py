"""A wait that somebody else may end: how one call waits for its turn behind others, in threads and in tasks."""

from __future__ import annotations

import contextlib
import math
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from beluga.clock import Clock

__all__ = ["Wakeup"]


class Wakeup:
    """Ends the wait of one thread or task. It may be rung from anywhere and any number of times.

    A ring before the wait ends it at once. Nothing here waits for a lock that a finaliser or a signal handler of the
    same thread could find taken, as `threading.Event` does: a lock that is held until it rings may be released from
    anywhere. `queue.SimpleQueue` will not do: on Python 3.11 a signal handler that outlasts ``get(timeout=)`` lets it
    block for ever, since it goes on with a negative time.
    """

    __slots__ = ("_end", "_silent")

    def __init__(self) -> None:
        self._silent = threading.Lock()
        self._silent.acquire()
        self._end: Callable[[], object] | None = None

    def ring(self) -> bool:
        """End the wait; return False where nobody can wait any more, as the loop is closed."""
        with contextlib.suppress(RuntimeError):  # it has rung before
            self._silent.release()
        end = self._end
        if end is not None:
            try:
                end()
            except RuntimeError:  # its loop is closed
                return False
        return True

    def wait(self, seconds: float | None = None) -> bool:
        """Block until it rings, for `seconds` at most; return whether it rang. What a clock calls."""
        longest = threading.TIMEOUT_MAX
        return self._silent.acquire(timeout=longest if seconds is None else min(max(0.0, seconds), longest))

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
        timer = None if seconds == math.inf else clock.call_later(seconds, end)
        try:
            if self._silent.locked():
                await rung
        finally:
            if timer is not None:
                timer.cancel()
            self._end = None
            self._silence()

    def _silence(self) -> None:
        self._silent.acquire(blocking=False)
