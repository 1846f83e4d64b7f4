"""An event loop whose own timers follow a fake clock."""

from __future__ import annotations

import asyncio
import math
import selectors
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple

from beluga.testing.workers import GLANCE, counted

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Executor

    from beluga.testing.clock import FakeClock

__all__ = ["FakeClockLoop", "run"]

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting for the next timer, moves the clock to it."""

    loop: FakeClockLoop

    def select(self, timeout: float | None = None) -> list[Any]:
        ready: list[Any] = super().select(0)
        if ready or timeout == 0:
            return ready
        clock, quiet = self.loop.follows_clock, 0.0
        due = math.inf if timeout is None else clock.monotonic() + timeout
        while (now := clock.monotonic()) < due:
            until = min(due, clock.next_alarm())
            if until == math.inf:
                return super().select(None)
            patience = clock.workers.patience(self.loop) if clock.jumps else math.inf
            if quiet >= patience:
                clock.advance(max(0.0, until - now))
                break
            # In slices, because a thread that works may come to wait for this loop, or move the time by itself.
            ready = super().select(GLANCE)
            if ready:
                break
            quiet = 0.0 if patience == math.inf else quiet + GLANCE
        return ready


class FakeClockLoop(asyncio.SelectorEventLoop):
    """An event loop on virtual time: when every task waits, the clock jumps to the next timer.

    Time stands still while a thread works for the loop (`asyncio.to_thread`, anyio's workers), and for the clock's
    grace while a socket or another thread may wake it.

    Args:
        clock: The time it follows.
    """

    def __init__(self, clock: FakeClock) -> None:
        selector = _JumpingSelector()
        selector.loop = self
        self.follows_clock = clock
        super().__init__(selector)

    def time(self) -> float:
        """Return the virtual seconds."""
        return self.follows_clock.monotonic()

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Arguments], T], *args: *Arguments
    ) -> asyncio.Future[T]:
        """Do what every loop does; time stands still until it is done."""
        return counted(self, super().run_in_executor, executor, func, *args)


def run(clock: FakeClock, main: Coroutine[Any, Any, Any]) -> Any:
    """Run `main` on a new `FakeClockLoop` and close it behind."""
    with asyncio.Runner(loop_factory=lambda: FakeClockLoop(clock)) as runner:
        return runner.run(main)
