"""The permits of a shared limit that a process has at hand.

With ``lease="auto"`` a process takes permits for several calls at once, and the next ones ask nobody. They are taken
first, so never too many calls are admitted; and they lapse when they would have come back in the store. For a window
that is its end. A bucket fills up while the process holds on to them, so they melt at the rate at which it does, from
the moment on at which it would have been full without them:

    bucket of 100, 10 a second, full       takes 5 at 0: one goes, 4 are held, 3 at 0.2, none from 0.5 on
    the same, 20 missing (2 s to full)     takes 5 at 0: one goes, 4 are held until 2.1, none from 2.5 on

What is held here and what is left there together are never more than 100. So it has to stay known in the store when
those 5 are back: what a call did not use of a bucket stays in its process, as a permit at hand, and melts as the others
do. In the store it would let the bucket be full earlier than the other processes believe, who hold permits of it too.
"""

from __future__ import annotations

import contextlib
import math
import operator
from collections import deque
from typing import TYPE_CHECKING

from beluga._engine.state import new_lock
from beluga.stores.scripts import MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beluga._policies.rate_algorithms import Rate

__all__ = ["FRESH", "Lease", "LeasedPermit", "Stock", "calls_of_a_lease"]

PART, AHEAD = 0.02, 0.05
"""A lease is at most this part of a limit, and what comes back of it within so many seconds."""
FRESH = 0.25
"""Seconds for which a refusal is believed."""
MOST = 32
"""How many leases are looked through; the oldest one, which lapses first, is left to lapse."""


def calls_of_a_lease(rates: Iterable[Rate], costs: tuple[float, ...]) -> int:
    """Return for how many calls that cost as much a lease is."""
    parts = [
        min(rate.limit * PART, rate.limit / rate.window * AHEAD) / cost
        for rate, cost in zip(rates, costs, strict=True)
        if cost
    ]
    return max(1, math.floor(min(parts, default=1.0)))


class Lease:
    """What one question took: permits of its own call, and of those after it.

    Args:
        key: The server's key.
        line: Its numbers when they were taken.
        costs: What a call takes of each rate for which they were taken.
        edges: When they are gone, of each rate, in microseconds of the server.
        held: How many are not used yet, of each rate.
        ahead: What to add to seconds of the calls' clock to get these; rather too much, so that nothing lapses late.
    """

    __slots__ = ("_ahead", "_record", "costs", "edges", "key", "line", "stock")

    def __init__(
        self,
        key: str,
        line: bytes,
        costs: tuple[float, ...],
        edges: tuple[float, ...],
        held: tuple[float, ...],
        ahead: float,
    ) -> None:
        self.key = key
        self.line = line
        self.costs = costs
        self.edges = edges
        self._ahead = ahead + 1  # the server cuts its microseconds off
        self._record = held, (0.0,) * len(held)  # what is held, and what was given back
        self.stock: Stock | None = None
        """Where it is at hand; a forked child has the permits of its calls, and not this."""

    def lapse(self, now: float, speeds: tuple[float, ...]) -> tuple[float, ...]:
        """Return how many permits have yet to melt: all of a window, none once it is over."""
        there = now * MICROSECONDS + self._ahead
        return tuple(
            max(0.0, (edge - there) * speed) if speed else math.inf if there < edge else 0.0
            for edge, speed in zip(self.edges, speeds, strict=True)
        )

    def take(self, costs: tuple[float, ...], now: float, speeds: tuple[float, ...]) -> LeasedPermit | None:
        """Take permits if there are enough; `lapse` in line, as most calls do nothing else (2 us)."""
        there = now * MICROSECONDS + self._ahead
        while True:
            record, rest = self._record, []
            for held, cost, edge, speed in zip(record[0], costs, self.edges, speeds, strict=True):
                left = held - cost
                if speed and (melted := (edge - there) * speed - cost) < left:
                    left = melted
                if left < 0 or there >= edge:
                    return None
                rest.append(left)
            if self._record is record:  # no finaliser was quicker
                self._record = record = tuple(rest), record[1]
                return LeasedPermit(self, costs, record)

    def give_back(self, permit: LeasedPermit, actual: tuple[float, ...], lasting: tuple[float, ...]) -> None:
        """Have for others what a call did not use, as far as it has not melted."""
        while True:
            record = held, returned = self._record
            back = [
                max(0.0, min(cost - used, last - left - (total - before)))
                for cost, used, last, left, total, before in zip(
                    permit.costs, actual, lasting, permit.left[0], returned, permit.left[1], strict=True
                )
            ]
            more = tuple(map(operator.add, map(min, held, lasting), back)), tuple(map(operator.add, returned, back))
            if self._record is record:
                self._record = more
                return

    def join(self, other: Lease) -> bool:
        """Have what `other` holds too, if both are gone at the same time, as those of one window are."""
        if self.edges != other.edges:
            return False
        (held, returned), (more, of_other) = self._record, other._record
        self.costs = tuple(map(min, self.costs, other.costs))
        self._record = tuple(map(operator.add, held, more)), returned
        other._record = (0.0,) * len(more), of_other
        return True


class LeasedPermit:
    """What one call has of a lease.

    Args:
        lease: The lease.
        costs: What the call took, of each rate.
        left: What was held after it, and what had been given back until then.
    """

    __slots__ = ("costs", "lease", "left")

    def __init__(
        self, lease: Lease, costs: tuple[float, ...], left: tuple[tuple[float, ...], tuple[float, ...]]
    ) -> None:
        self.lease = lease
        self.costs = costs
        self.left = left


class Stock:
    """What this process has at hand of one key, and what it was refused lately.

    Attributes:
        refused: What was refused last, by the permits of each rate.
        free_at: When that could be had, in seconds of the calls' clock.
        believed_until: How long that counts without asking.
        alone_until: Until when calls ask for themselves alone: one is about to take more, or there was no more.
    """

    def __init__(self) -> None:
        self._lock = new_lock()
        self._leases: deque[Lease] = deque(maxlen=MOST)
        self.refused: tuple[float, ...] = ()
        self.free_at = self.believed_until = self.alone_until = -math.inf

    def take(self, costs: tuple[float, ...], now: float, speeds: tuple[float, ...]) -> LeasedPermit | None:
        """Take permits if there are enough; `speeds` are those at which they melt, a microsecond, 0 for not at all."""
        with self._lock:
            for lease in tuple(self._leases):
                permit = lease.take(costs, now, speeds)
                if permit is not None:
                    return permit
                if any(map(operator.gt, costs, lease.costs)) and all(lease.lapse(now, speeds)):
                    continue  # a call that costs less may have it
                with contextlib.suppress(ValueError):  # a finaliser dropped it
                    self._leases.remove(lease)
        return None

    def give_back(self, permit: LeasedPermit, actual: tuple[float, ...], now: float, speeds: tuple[float, ...]) -> None:
        """Have at hand what a call did not use."""
        with self._lock:
            permit.lease.give_back(permit, actual, permit.lease.lapse(now, speeds))
        self.add(permit.lease)

    def add(self, lease: Lease) -> None:
        """Have the permits of `lease` at hand."""
        lease.stock = self
        with self._lock:
            if lease not in self._leases and not (self._leases and self._leases[-1].join(lease)):
                self._leases.append(lease)
