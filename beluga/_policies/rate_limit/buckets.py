"""The algorithms of rate limiting: each keeps a compact state per key and books permits in time.

They share one method. ``book(key, now, cost, latest)`` returns when `cost` permits are to be had, and takes them
if that is no later than `latest`. With ``latest=now`` a caller is admitted or refused; with a later one it gets
a place in a queue that is first in, first out, because every booking moves the next one back.
"""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

__all__ = ["ALGORITHMS", "Bucket", "FixedWindow", "SlidingWindow", "TokenBucket"]

NEVER = -math.inf
"""As `latest`: only say when, take nothing."""


class Bucket(Protocol):
    """Permits of any number of keys."""

    def book(self, key: Hashable, now: float, cost: float, latest: float) -> float:
        """Return when `cost` permits are free, and take them if that is no later than `latest`."""
        ...

    def take(self, key: Hashable, at: float, cost: float) -> None:
        """Take `cost` permits at `at`, no earlier than where `book` says that they are free."""

    def adjust(self, key: Hashable, at: float, change: float) -> None:
        """Take `change` more permits than were booked at `at`; give them back where it is negative."""

    def cancel(self, key: Hashable, at: float, cost: float) -> None:
        """Give back a place booked for the future, where nobody stands behind it."""

    def remaining(self, key: Hashable, now: float) -> float:
        """Return how many permits are free now."""
        ...

    def resize(self, limit: float) -> None:
        """Allow `limit` permits from now on; what is used already stays used."""
        ...

    def __len__(self) -> int:
        """Return how many keys are kept."""
        ...


class FixedWindow:
    """`limit` permits in each window, which begins with a key's first call: 2 numbers a key.

    Up to twice the limit can fall into a span that straddles two windows.
    """

    def __init__(self, limit: float, window: float, max_keys: int) -> None:
        self.limit = limit
        self._window = window
        self._max_keys = max_keys
        # A plain dict, oldest window first, is the queue to evict from: a key is put at the end when its window
        # begins. cachetools.LRUCache would reorder at every hit (0.6 us) and take another 130 bytes a key.
        # Each value is [end of the window, permits used]; a list, because a hit changes it in place.
        self.states: dict[Hashable, list[float]] = {}

    def book(self, key: Hashable, now: float, cost: float, latest: float) -> float:
        state = self.states.get(key)
        if state is None or now >= state[0]:
            if now <= latest:
                self._begin(key, state, [now + self._window, cost])
            return now
        end, used = state
        used += cost
        at = now
        if used > self.limit:
            # The next window; it may be booked by several waiting calls before it begins.
            at, end, used = end, end + self._window, cost
        elif end - now > self._window:
            at = end - self._window
        if at <= latest:
            state[0] = end
            state[1] = used
        return at

    def take(self, key: Hashable, at: float, cost: float) -> None:
        self.book(key, at, cost, at)

    def _begin(self, key: Hashable, old: list[float] | None, new: list[float]) -> None:
        if old is not None:
            del self.states[key]
        elif len(self.states) >= self._max_keys:
            del self.states[next(iter(self.states))]
        self.states[key] = new

    def adjust(self, key: Hashable, at: float, change: float) -> None:
        state = self.states.get(key)
        if state is not None and state[0] - self._window <= at < state[0]:
            state[1] = max(0, state[1] + change)

    def cancel(self, key: Hashable, at: float, cost: float) -> None:
        self.adjust(key, at, -cost)

    def remaining(self, key: Hashable, now: float) -> float:
        end, used = self.states.get(key, (now, 0.0))
        if now >= end:
            return self.limit
        return max(0, self.limit - used) if now >= end - self._window else 0

    def resize(self, limit: float) -> None:
        self.limit = limit

    def __len__(self) -> int:
        return len(self.states)


class TokenBucket:
    """`limit` permits that grow back evenly over the window: 1 number a key.

    Source: the generic cell rate algorithm, ITU-T I.371, annex A, with the window as its tolerance.
    """

    def __init__(self, limit: float, window: float, max_keys: int) -> None:
        self._window = window
        self._interval = window / limit
        self._max_keys = max_keys
        # Sums of intervals miss the window by rounding; a billionth of it is never worth a permit.
        self._slack = window * 1e-9
        self._full_at: dict[Hashable, float] = {}

    def book(self, key: Hashable, now: float, cost: float, latest: float) -> float:
        full_at = self._full_at.get(key, now)
        begin = max(now, full_at)
        booked = begin + cost * self._interval
        at = booked - self._window
        if at <= now + self._slack:
            at = now
        if at <= latest:
            if begin == now and self._full_at.pop(key, None) is None and len(self) >= self._max_keys:
                del self._full_at[next(iter(self._full_at))]
            self._full_at[key] = booked
        return at

    def take(self, key: Hashable, at: float, cost: float) -> None:
        self.book(key, at, cost, at)

    def adjust(self, key: Hashable, at: float, change: float) -> None:
        full_at = self._full_at.get(key)
        if full_at is not None:
            self._full_at[key] = max(at, full_at + change * self._interval)

    def cancel(self, key: Hashable, at: float, cost: float) -> None:
        if self._full_at.get(key, math.inf) - self._window <= at + self._slack:
            self.adjust(key, at, -cost)

    def remaining(self, key: Hashable, now: float) -> float:
        used = max(0.0, self._full_at.get(key, now) - now)
        return max(0.0, math.floor((self._window - used + self._slack) / self._interval))

    def resize(self, limit: float) -> None:
        # What is used is kept as time until it has grown back, so the used share of the limit stays the same.
        self._interval = self._window / limit

    def __len__(self) -> int:
        return len(self._full_at)


class _Log:
    """When how many permits were taken."""

    __slots__ = ("costs", "times", "total")

    def add(self, at: float, cost: float) -> None:
        """Note that `cost` permits are taken at `at`, which is no earlier than the last."""
        self.times.append(at)
        self.costs.append(cost)
        self.total += cost

    def __init__(self) -> None:
        self.times = array("d")
        self.costs = array("d")
        self.total = 0.0

    def forget(self, until: float) -> None:
        """Drop what was taken up to and including `until`."""
        count = 0
        for taken_at in self.times:
            if taken_at > until:
                break
            count += 1
        if count:
            self.total = sum(self.costs[count:])
            del self.times[:count], self.costs[:count]


class SlidingWindow:
    """No more than `limit` permits in any span of the window's length, exactly: 16 bytes a call in the window."""

    def __init__(self, limit: float, window: float, max_keys: int) -> None:
        self._limit = limit
        self._window = window
        self._max_keys = max_keys
        self._logs: dict[Hashable, _Log] = {}

    def book(self, key: Hashable, now: float, cost: float, latest: float) -> float:
        log = self._logs.get(key)
        if log is None:
            if now > latest:
                return now
            if len(self._logs) >= self._max_keys:
                del self._logs[next(iter(self._logs))]
            log = self._logs[key] = _Log()
        else:
            log.forget(now - self._window)
        at = self._free_at(log, now, cost)
        if at <= latest:
            log.add(at, cost)
        return at

    def take(self, key: Hashable, at: float, cost: float) -> None:
        # Nothing is forgotten here: what leaves the window by then still counts if this place is given back.
        log = self._logs.get(key)
        if log is None:
            self.book(key, at, cost, at)
        else:
            log.add(at, cost)

    def _free_at(self, log: _Log, now: float, cost: float) -> float:
        excess = log.total + cost - self._limit
        at = max(now, log.times[-1]) if log.times else now
        for taken_at, taken in zip(log.times, log.costs, strict=True):
            if excess <= 0:
                break
            excess -= taken
            at = max(at, taken_at + self._window)
        return at

    def adjust(self, key: Hashable, at: float, change: float) -> None:
        log = self._logs.get(key)
        if log is None:
            return
        for index, taken_at in enumerate(log.times):
            if taken_at == at and change:
                step = max(change, -log.costs[index])
                log.costs[index] += step
                log.total += step
                change -= step

    def cancel(self, key: Hashable, at: float, cost: float) -> None:  # noqa: ARG002 - the log knows it
        log = self._logs.get(key)
        if log is not None and log.times and log.times[-1] == at:
            log.times.pop()
            log.total -= log.costs.pop()

    def remaining(self, key: Hashable, now: float) -> float:
        log = self._logs.get(key)
        if log is None:
            return self._limit
        log.forget(now - self._window)
        return max(0.0, self._limit - log.total)

    def resize(self, limit: float) -> None:
        self._limit = limit

    def __len__(self) -> int:
        return len(self._logs)


ALGORITHMS: Mapping[str, Callable[[float, float, int], Bucket]] = {
    "fixed_window": FixedWindow,
    "sliding_window": SlidingWindow,
    "token_bucket": TokenBucket,
}
