"""An event loop whose own timers follow a fake clock."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from beluga.testing.clock import FakeClock

__all__ = ["FakeClockLoop", "run"]


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting for the next timer, moves the clock to it."""

    clock: FakeClock

    def select(self, timeout: float | None = None) -> list[Any]:
        ready: list[Any] = super().select(0)
        if ready or timeout == 0:
            return ready
        alarm = self.clock.next_alarm()
        waits = [] if timeout is None else [timeout]
        if alarm is not None:
            waits.append(alarm - self.clock.monotonic())
        if not waits or not self.clock.jumps:
            return super().select(timeout)
        self.clock.advance(max(0.0, min(waits)))
        return ready


class FakeClockLoop(asyncio.SelectorEventLoop):
    """An event loop on virtual time: when every task waits, the clock jumps to the next timer.

    What waits for a socket or a thread counts as waiting; give such a test its own clock.

    Args:
        clock: The time it follows.
    """

    def __init__(self, clock: FakeClock) -> None:
        selector = _JumpingSelector()
        selector.clock = clock
        self.follows_clock = clock
        super().__init__(selector)

    def time(self) -> float:
        """Return the virtual seconds."""
        return self.follows_clock.monotonic()


def run(clock: FakeClock, main: Coroutine[Any, Any, Any]) -> Any:
    """Run `main` on a new `FakeClockLoop` and close it behind."""
    with asyncio.Runner(loop_factory=lambda: FakeClockLoop(clock)) as runner:
        return runner.run(main)
