"""When tickets arrive, when the provider is down, and how fast real time goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from beluga.clock import SystemClock

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from beluga.clock import Clock, Timer

__all__ = ["BriskClock", "Schedule"]

_GAP = 0.8
_RUSH_GAP = 0.05
_FEWEST, _MOST = 10, 20
"""Tickets in a rush, but never more than half of them."""
_OUTAGE = 4.0
_RECOVERY = 7.0
"""Seconds after which a circuit that opened in the outage lets a probe through that finds the provider up."""
_CALM = 2.5


@attrs.frozen
class Schedule:
    """The course of one run, in seconds from its start.

    Tickets arrive evenly, but for a rush of a quarter of them in the second half. Before that the provider goes down
    for a while; however few tickets there are, it is back before the rush.

    Args:
        arrivals: When each ticket comes.
        outage: From when to when the provider answers nobody.
    """

    arrivals: tuple[float, ...]
    outage: tuple[float, float]

    @classmethod
    def of(cls, count: int) -> Schedule:
        """Return the schedule of `count` tickets."""
        rush = min(max(count // 4, _FEWEST), _MOST, count // 2)
        rush_from = min(count * 5 // 8, count - rush)
        down_from = rush_from // 2
        arrivals, now, down_at = [], 0.0, 0.0
        for number in range(count):
            if number == down_from:
                down_at = round(now, 3)
            if down_from < number == rush_from - 2:
                now = max(now, down_at + _RECOVERY)
            arrivals.append(round(now, 3))
            if rush_from <= number < rush_from + rush:
                now += _RUSH_GAP
            else:
                now += _CALM if rush_from - 2 <= number < rush_from else _GAP
        return cls(tuple(arrivals), (down_at, down_at + _OUTAGE))

    def is_down(self, at: float) -> bool:
        """Say whether the provider is down `at` that second."""
        return self.outage[0] <= at < self.outage[1]


class BriskClock:
    """Real time, but faster, so that nobody has to watch a full minute of it.

    Args:
        speed: Seconds of the desk in one second of the real clock.
    """

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._real_clock: Clock = SystemClock()
        self._began = self._real_clock.monotonic()

    def monotonic(self) -> float:
        """Return the desk's seconds since the clock was made."""
        return (self._real_clock.monotonic() - self._began) * self.speed

    def time(self) -> float:
        """Return seconds since 1970, as they are."""
        return self._real_clock.time()

    def sleep(self, seconds: float) -> None:
        """Block this thread for `seconds` of the desk."""
        self._real_clock.sleep(seconds / self.speed)

    async def asleep(self, seconds: float) -> None:
        """Suspend this task for `seconds` of the desk."""
        await self._real_clock.asleep(seconds / self.speed)

    def wait(self, event: threading.Event, seconds: float) -> None:
        """Block this thread until `event` is set, for `seconds` of the desk at most."""
        self._real_clock.wait(event, seconds / self.speed)

    def call_later(self, seconds: float, callback: Callable[[], Any]) -> Timer:
        """Run `callback` on the running event loop in `seconds` of the desk."""
        return self._real_clock.call_later(seconds / self.speed, callback)
