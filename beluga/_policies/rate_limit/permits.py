"""The permits of a limiter's rates, taken of all of them or of none."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Literal

from beluga._engine.options import is_live
from beluga._policies.rate_limit.buckets import ALGORITHMS, NEVER
from beluga._policies.rate_limit.live_bucket import LiveBucket
from beluga.clock import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from beluga._policies.rate_limit.buckets import Bucket
    from beluga._policies.rate_limit.rates import Cost, Rate

__all__ = ["Algorithm", "Permits", "Reservation"]

Algorithm = Literal["fixed_window", "sliding_window", "token_bucket"]


class Reservation:
    """Permits taken before their true number is known; settle it once it is.

    Example:
        >>> from beluga import RateLimiter
        >>> limiter = RateLimiter(1000, algorithm="token_bucket")
        >>> reservation = limiter.reserve(cost=400)
        >>> reservation.settle(150)
        >>> limiter.remaining()
        850
    """

    def __init__(self, settle: Callable[[float], None], cost: float) -> None:
        self._settle: Callable[[float], None] | None = settle
        self.cost = cost

    def settle(self, actual: float) -> None:
        """Replace the reserved number by `actual`; only the first call counts."""
        settle, self._settle = self._settle, None
        if settle is not None:
            settle(actual)


class Permits:
    """A bucket for each rate, all under one lock, and what a call takes of each.

    Args:
        rates: One or more.
        algorithm: How the buckets count.
        max_keys: Keys kept in each.
    """

    def __init__(self, rates: tuple[Rate, ...], algorithm: Algorithm, max_keys: int) -> None:
        self._rates = rates
        self.lock = threading.Lock()
        self.buckets: tuple[Bucket, ...] = tuple(_bucket(rate, algorithm, max_keys) for rate in rates)
        self.costs: tuple[Cost, ...] = tuple(rate.cost for rate in rates)
        self.constant: bool = not any(map(callable, self.costs))

    def book(self, key: Hashable, costs: Iterable[float], wait: float) -> tuple[float, float]:
        """Take permits of every rate at once, up to `wait` seconds from now.

        Returns:
            When they are to be had, and the time now; they are taken if that is within the wait.
        """
        wanted = tuple(zip(self.buckets, costs, strict=True))
        with self.lock:
            now = environment().monotonic()
            at = max(bucket.book(key, now, cost, NEVER) for bucket, cost in wanted)
            if at <= now + wait:
                for bucket, cost in wanted:
                    bucket.take(key, at, cost)
        return at, now

    def cancel(self, key: Hashable, at: float, costs: Iterable[float]) -> None:
        """Give back places that were booked for later."""
        with self.lock:
            for bucket, cost in zip(self.buckets, costs, strict=True):
                bucket.cancel(key, at, cost)

    def correct(self, key: Hashable, at: float, costs: tuple[float, ...], actual: float) -> None:
        """Replace the cost booked at `at` by `actual`, at the last rate."""
        with self.lock:
            self.buckets[-1].adjust(key, at, actual - costs[-1])

    def remaining(self, key: Hashable) -> int:
        """Return how many permits `key` has left now, at its tightest rate."""
        with self.lock:
            now = environment().monotonic()
            return int(min(bucket.remaining(key, now) for bucket in self.buckets))

    def delay(self, key: Hashable, costs: Iterable[float]) -> float:
        """Return the seconds until `key` can take `costs`; 0.0 when it can now."""
        with self.lock:
            now = environment().monotonic()
            wanted = zip(self.buckets, costs, strict=True)
            return max(0.0, max(bucket.book(key, now, cost, NEVER) for bucket, cost in wanted) - now)

    def costs_of(self, arguments: Mapping[str, Any]) -> tuple[float, ...]:
        """Return what a call with `arguments` takes of each rate."""
        return tuple(rate.check(rate.cost(arguments)) if callable(rate.cost) else rate.cost for rate in self._rates)

    def costs_by_hand(self, cost: float | None) -> tuple[float, ...]:
        """Return what is taken of each rate when `cost` is given for the last; None takes the constant one.

        Raises:
            ValueError: A cost depends on the arguments of a call, or `cost` never fits.
        """
        *others, own = self._rates
        costs = [rate.cost for rate in others]
        costs.append(own.cost if cost is None else own.check(cost))
        if any(map(callable, costs)):
            rule = "so give cost= here" if callable(costs[-1]) else "and cost= here is for the last rate only"
            message = f"rate_limited: the cost is a callable of a call's arguments, {rule}"
            raise ValueError(message)
        return tuple(costs)  # type: ignore[arg-type]  # all are numbers then


def _bucket(rate: Rate, algorithm: Algorithm, keys: int) -> Bucket:
    bucket = ALGORITHMS[algorithm](rate.limit, rate.window, keys)
    return LiveBucket(bucket, lambda: rate.limit) if is_live(rate) else bucket
