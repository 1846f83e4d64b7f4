"""The permits of a shared limit that a process has at hand.

With ``lease="auto"`` a process takes permits for several calls at once, and the next ones ask nobody. They are taken
first, so never too many calls are admitted; and they lapse when they would have come back in the store. For a window
that is its end. A bucket fills up while the process holds on to them, so they melt at the rate at which it does, from
the moment on at which it would have been full without them:

    bucket of 100, 10 a second, full       takes 5 at 0: one goes, 4 are held, 3 at 0.2, none from 0.5 on
    the same, 20 missing (2 s to full)     takes 5 at 0: one goes, 4 are held until 2.1, none from 2.5 on

What is held here and what is left there together are never more than 100.
"""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING

from beluga._engine.state import new_lock
from beluga.stores.scripts import MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beluga._policies.rate_algorithms import Rate

__all__ = ["FRESH", "LeasedPermit", "Stock", "calls_of_a_lease"]

PART, AHEAD = 0.02, 0.05
"""A lease is at most this part of a limit, and what comes back of it within so many seconds."""
FRESH = 0.25
"""Seconds for which a refusal is believed."""


def calls_of_a_lease(rates: Iterable[Rate], costs: tuple[float, ...]) -> int:
    """Return for how many calls that cost as much a lease is."""
    parts = [
        min(rate.limit * PART, rate.limit / rate.window * AHEAD) / cost
        for rate, cost in zip(rates, costs, strict=True)
        if cost
    ]
    return max(1, math.floor(min(parts, default=1.0)))


class Stock:
    """Permits of one key that this process took ahead, and what it was refused lately.

    Attributes:
        held: The permits of each rate, as they were at the last call.
        line: The numbers of the key when they were taken.
        edges: When they are gone, of each rate, in microseconds of the server.
        ahead: What to add to seconds of the calls' clock to get these; rather too much, so that nothing lapses late.
        refused: What was refused last, by the permits of each rate.
        free_at: When that could be had, in seconds of the calls' clock.
        believed_until: How long that counts without asking.
        alone_until: Until when calls ask for themselves alone: one is about to take more, or there was no more.
    """

    def __init__(self) -> None:
        self.lock = new_lock()
        self.held: tuple[float, ...] = ()
        self.line = b""
        self.edges: tuple[float, ...] = ()
        self.ahead = 0.0
        self.refused: tuple[float, ...] = ()
        self.free_at = self.believed_until = self.alone_until = -math.inf

    def take(self, costs: tuple[float, ...], now: float, speeds: tuple[float, ...]) -> bool:
        """Take permits if there are enough; `speeds` are those at which they melt, a microsecond, 0 for not at all."""
        with self.lock:
            there, rest = now * MICROSECONDS + self.ahead, []
            for held, cost, edge, speed in zip(self.held, costs, self.edges, speeds, strict=False):
                left = min(held, (edge - there) * speed) if speed else held if there < edge else 0.0
                if left < cost:
                    return False
                rest.append(left - cost)
            if rest:
                self.held = tuple(rest)
            return bool(rest)

    def fill(self, more: tuple[float, ...], edges: tuple[float, ...], line: bytes, ahead: float) -> None:
        """Put in what a call took beyond its own."""
        with self.lock:
            if self.edges == edges:  # of one window; what melts is left behind
                more = tuple(map(operator.add, self.held, more))
            self.held, self.edges, self.line = more, edges, line
            self.ahead = ahead + 1  # the server cuts its microseconds off


class LeasedPermit:
    """What one call took of a stock."""

    __slots__ = ("costs", "key", "line")

    def __init__(self, costs: tuple[float, ...], line: bytes, key: str) -> None:
        self.costs = costs
        self.line = line
        self.key = key
