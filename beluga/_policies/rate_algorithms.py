"""What may pass, and the algorithms that count it: each keeps a compact state for each key.

A state is changed in place, and between what is read and what is written stand no calls: a finaliser or a signal
handler of the same thread cannot come in between (see `beluga._engine.state`), nor, while CPython has its global lock,
another thread. All are told the time, and none is taken aback when it goes back: nothing is refused for longer than a
window.
"""

from __future__ import annotations

import abc
import contextlib
import math
from array import array
from collections.abc import Callable, Hashable, Mapping
from typing import Any, ClassVar, Generic, TypeVar

import attrs

from beluga._engine.options import Live, follow, function, number, seconds
from beluga._engine.state import BoundedMap

__all__ = ["ALGORITHMS", "Cost", "FixedWindow", "Meter", "Rate", "SlidingWindow", "TokenBucket"]

Cost = float | Callable[[Mapping[str, Any]], float]
"""Permits that a call takes, or a callable of its arguments by name that tells."""


def _check_cost(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    (function if callable(value) else number(0))(instance, attribute, value)


@attrs.frozen
class Rate:
    """So many permits per window.

    Args:
        limit: Permits per window.
        window: Seconds.
        cost: Permits that one call takes, or a callable of the call's arguments by name that tells.
        name: What messages call it, such as ``"tokens"``.

    Raises:
        ValueError: A figure is out of its range, or a constant cost never fits into the limit.
    """

    limit: float = attrs.field(validator=number(0, above=True))
    window: float = attrs.field(default=60.0, converter=seconds, validator=number(0, above=True))
    cost: Cost = attrs.field(default=1, validator=_check_cost)
    name: str = "rate_limited"

    def __attrs_post_init__(self) -> None:
        """Refuse a cost that could never be met."""
        limit: Any = self.limit
        follow(self, "limit")
        if not callable(self.cost):
            self.check(self.cost)
            if isinstance(limit, Live):
                limit.check(_Covers(self.cost))

    def check(self, cost: Any) -> float:
        """Return `cost` if it is a number that the limit can ever admit.

        Raises:
            ValueError: It is not; waiting would not help.
        """
        proper = isinstance(cost, (int, float)) and not isinstance(cost, bool) and 0 <= cost < math.inf
        if not proper or cost > self.limit:
            message = f"{self.name}: cost={cost!r} must be a number from 0 to the limit of {self.limit:g}"
            raise ValueError(message)
        return float(cost) if isinstance(cost, float) else cost


@attrs.frozen
class _Covers:
    """The rule of a live limit that a constant cost has to fit into."""

    cost: float

    def __call__(self, limit: float) -> None:
        if self.cost > limit:
            message = f"rate_limited: cost={self.cost!r} must be a number from 0 to the limit of {limit:g}"
            raise ValueError(message)


S = TypeVar("S")


class Meter(abc.ABC, Generic[S]):
    """Counts the permits of one rate, for any number of keys; its owner holds a lock.

    Args:
        rate: How many permits there are; its limit may change.
        max_keys: Keys kept.
    """

    fresh: ClassVar[type]
    """Makes the state of a key that is seen for the first time."""

    def __init__(self, rate: Rate, max_keys: int) -> None:
        self.rate = rate
        self._window = rate.window
        self.states: BoundedMap[S] = BoundedMap(max_keys)

    @abc.abstractmethod
    def take(self, key: Hashable, now: float, cost: float) -> bool:
        """Take `cost` permits now if they are free; return whether they were."""

    @abc.abstractmethod
    def free_at(self, key: Hashable, now: float, cost: float) -> float:
        """Return when `cost` permits will be free; more than the limit are those of several windows in a row."""

    def edge(self, key: Hashable, now: float, cost: float) -> float:  # noqa: ARG002 - of windows the moment tells all
        """Return where `cost` permits will end that are taken next; `give_back` wants to know."""
        return 0.0

    @abc.abstractmethod
    def give_back(self, key: Hashable, at: float, edge: float, cost: float, now: float) -> None:
        """Take back `cost` of the permits that were taken at `at`, up to `edge`; take more where it is negative."""

    @abc.abstractmethod
    def remaining(self, key: Hashable, now: float) -> float:
        """Return how many permits are free now."""

    def narrow(self, key: Hashable, now: float, left: float) -> float:
        """Take so many permits that no more than `left` are free; return how many that were."""
        excess = max(0.0, self.remaining(key, now) - left)
        return excess if excess and self.take(key, now, excess) else 0.0

    def state(self, key: Hashable) -> S:
        """Return the state of `key`, which begins now if need be."""
        state = self.states.values.get(key)
        if state is None:
            fresh: S = self.fresh()
            return self.states.add(key, fresh)
        return state


class _Window:
    """When a window ends, and what is used of it."""

    __slots__ = ("end", "used")

    def __init__(self) -> None:
        self.end: float = -math.inf
        self.used: float = 0


class FixedWindow(Meter[_Window]):
    """`limit` permits in each window, which begins with a key's first call: 2 numbers a key.

    Up to twice the limit can fall into a span that straddles two windows.
    """

    fresh = _Window

    def take(self, key: Hashable, now: float, cost: float) -> bool:
        limit, window = self.rate.limit, self._window
        state = self.states.values.get(key)
        if state is None:
            state = self.state(key)
        elif now >= state.end:
            self.states.use(key)  # the key whose window began first is the first to be forgotten
        if now >= state.end:
            state.end = now + window
            state.used = cost
            return True
        if state.end - now > window:
            state.end = now + window
        used = state.used + cost
        if used > limit:
            return False
        state.used = used
        return True

    def free_at(self, key: Hashable, now: float, cost: float) -> float:
        state = self.states.values.get(key)
        end, used = (
            (now, 0.0) if state is None or now >= state.end else (min(state.end, now + self._window), state.used)
        )
        windows = math.ceil((used + cost) / self.rate.limit - 1e-9) - 1
        if windows <= 0:
            return now
        return end + (windows - 1) * self._window if end > now else now + windows * self._window

    def give_back(self, key: Hashable, at: float, edge: float, cost: float, now: float) -> None:  # noqa: ARG002 - only a bucket grows back meanwhile
        state = self.states.values.get(key)
        window = self._window
        if state is not None and state.end - window <= at < state.end:
            used = state.used - cost
            state.used = max(0, used)

    def remaining(self, key: Hashable, now: float) -> float:
        state = self.states.values.get(key)
        limit = self.rate.limit
        return limit if state is None or now >= state.end else max(0, limit - state.used)


class _Bucket:
    """When a bucket will be full again, and how much earlier that is for all that was given back."""

    __slots__ = ("full_at", "returned")

    def __init__(self) -> None:
        self.full_at: float = -math.inf
        self.returned: float = 0.0


class TokenBucket(Meter[_Bucket]):
    """`limit` permits that grow back evenly over the window: 2 numbers a key.

    What is used is a queue that drains. A call's permits are a piece of it, up to their edge, and those that have grown
    back already cannot be given back. What was given back meanwhile moved the piece forward:

        10 in 10 s   A and B take 5 each, edges 5 and 10    A gives 5 back: full at 5    at 5 C takes 9: full at 14
                     at 6 B gives 5 back: its edge is 10 - 5 now, all of it has grown back, and full stays at 14

    Source: the generic cell rate algorithm, ITU-T I.371, annex A, with the window as its tolerance.
    """

    fresh = _Bucket

    def __init__(self, rate: Rate, max_keys: int) -> None:
        super().__init__(rate, max_keys)
        # Sums of intervals miss the window by rounding; a billionth of it is never worth a permit.
        self._slack = rate.window * 1e-9

    def take(self, key: Hashable, now: float, cost: float) -> bool:
        # What is used is kept as time until it has grown back, so another limit leaves the used share of it the same.
        needed = cost * self._window / self.rate.limit
        latest = now + self._window
        highest = latest + self._slack
        state = self.states.values.get(key)
        if state is None:
            state = self.state(key)
        elif state.full_at <= now and key is not None:
            self.states.use(key)
        full_at = state.full_at
        if full_at < now:
            full_at = now
        elif full_at > latest:
            state.full_at = full_at = latest  # kept, or a clock that went back would refuse until it was there again
        full_at += needed
        if full_at > highest:
            return False
        state.full_at = full_at
        return True

    def free_at(self, key: Hashable, now: float, cost: float) -> float:
        state = self.states.values.get(key)
        full_at = now if state is None else min(max(now, state.full_at), now + self._window)
        at = full_at + cost * self._window / self.rate.limit - self._window
        return now if at <= now + self._slack else at

    def edge(self, key: Hashable, now: float, cost: float) -> float:
        state = self.states.values.get(key)
        needed = cost * self._window / self.rate.limit
        return now + needed if state is None else max(now, state.full_at) + needed + state.returned

    def give_back(self, key: Hashable, at: float, edge: float, cost: float, now: float) -> None:  # noqa: ARG002 - only windows count from when it was taken
        state = self.states.values.get(key)
        change = cost * self._window / self.rate.limit
        if state is not None:
            full_at, returned = state.full_at, state.returned
            if change > 0:
                left = min(edge - returned, full_at) - now
                change = min(change, left) if left > 0 else 0.0
                returned += change
            state.full_at = full_at - change
            state.returned = returned

    def remaining(self, key: Hashable, now: float) -> float:
        state = self.states.values.get(key)
        used = 0.0 if state is None else min(max(0.0, state.full_at - now), self._window)
        return max(0.0, math.floor((self._window - used + self._slack) * self.rate.limit / self._window))


class _Log:
    """When how many permits were taken: pairs in one array, since two arrays could be seen at different lengths."""

    __slots__ = ("begin", "pairs", "total")

    def __init__(self) -> None:
        self.pairs = array("d")
        self.begin = 0
        """Where in `pairs` the first one stands that still counts."""
        self.total: float = 0.0

    def forget(self, now: float, window: float) -> None:
        """Drop what left the window by `now`; count what a clock that went back has not seen yet as taken now."""
        pairs = self.pairs
        size = len(pairs)
        while True:
            at = self.begin
            if at >= size or pairs[at] > now - window:
                break
            dropped = pairs[at + 1]
            self.begin = at + 2
            self.total -= dropped
        if self.total < _NOTHING:
            self.total = 0.0
        if size // 2 < at < size:  # never all of them, so that there is a last one
            gone = slice(0, at)
            if self.begin == at:
                del pairs[gone]
                self.begin = 0
        if size and pairs[-2] > now:
            for place in range(self.begin, len(pairs), 2):
                pairs[place] = min(now, pairs[place])


_NOTHING = 1e-9
"""What sums of floats miss zero by."""


class SlidingWindow(Meter[_Log]):
    """No more than `limit` permits in any span of the window's length, exactly: 16 bytes a call in the window."""

    fresh = _Log

    def take(self, key: Hashable, now: float, cost: float) -> bool:
        limit = self.rate.limit
        log = self.state(key)
        if log.begin == len(log.pairs):
            self.states.use(key)
        log.forget(now, self._window)
        taken = (now, cost)
        total = log.total + cost
        if total > limit:
            return False
        log.total = total
        log.pairs.extend(taken)
        return True

    def free_at(self, key: Hashable, now: float, cost: float) -> float:
        log = self.states.values.get(key)
        limit = self.rate.limit
        # Each full limit beyond the first comes round one window later.
        rounds = max(0, math.ceil(cost / limit - 1e-9) - 1)
        later = rounds * self._window
        if log is None:
            return now + later
        log.forget(now, self._window)
        excess = log.total + cost - rounds * limit - limit
        at = now
        pairs = log.pairs[log.begin :]  # a copy, which nothing changes while it is read
        for place in range(0, len(pairs), 2):
            if excess <= 0:
                break
            excess -= pairs[place + 1]
            at = max(at, pairs[place] + self._window)
        return at + later

    def give_back(self, key: Hashable, at: float, edge: float, cost: float, now: float) -> None:  # noqa: ARG002 - only a bucket grows back meanwhile
        log = self.states.values.get(key)
        if log is None:
            return
        pairs = log.pairs
        with contextlib.suppress(IndexError):  # the rest left the window meanwhile
            # Counted from the end, since what leaves the window moves the places counted from the beginning.
            for place in range(-2, log.begin - len(pairs) - 1, -2):
                taken = pairs[place + 1]
                back = min(taken, cost)
                if pairs[place] == at and cost:
                    pairs[place + 1] -= back
                    log.total -= back
                    cost -= back

    def remaining(self, key: Hashable, now: float) -> float:
        log = self.states.values.get(key)
        limit = self.rate.limit
        if log is None:
            return limit
        log.forget(now, self._window)
        return max(0.0, limit - log.total)


ALGORITHMS: dict[str, type[Meter[Any]]] = {
    "fixed_window": FixedWindow,
    "sliding_window": SlidingWindow,
    "token_bucket": TokenBucket,
}
