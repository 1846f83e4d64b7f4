"""Let no more calls through than a rate allows, for everybody or for each key."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from beluga._engine.options import seconds, whole
from beluga._engine.policy import Policy
from beluga._engine.target import argument_reader
from beluga._policies.rate_limit.booking_layer import BookingLayer
from beluga._policies.rate_limit.bucket_layer import BucketLayer, KeyedBucketLayer
from beluga._policies.rate_limit.buckets import ALGORITHMS, FixedWindow
from beluga._policies.rate_limit.permits import Permits, Reservation
from beluga._policies.rate_limit.rates import Rate
from beluga._policies.rate_limit.window_layer import KeyedWindowLayer, WindowLayer
from beluga.errors import RateLimited

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from beluga._engine.target import Target
    from beluga._policies.rate_limit.permits import Algorithm
    from beluga._policies.rate_limit.rates import Cost

__all__ = ["RateLimiter", "rate_limited"]


class RateLimiter(Policy):
    """A rate limiter that any number of functions can share: it is a decorator, and can be asked by hand.

    See `rate_limited` for the arguments.

    Example:
        >>> limiter = RateLimiter(2, 60.0, key="project_id")
        >>> [limiter.allow("a"), limiter.allow("a"), limiter.allow("a"), limiter.allow("b")]
        [True, True, False, True]
        >>> limiter.remaining("b")
        1
    """

    concern = "rate_limited"
    belongs_inside: ClassVar[Mapping[str, str]] = {
        "retry": "it sees one call where a retry makes several requests, so the provider's limit can be passed",
    }

    def __init__(
        self,
        limit: float | None = None,
        window: float = 60.0,
        *,
        key: str | Callable[[Mapping[str, Any]], Hashable] | None = None,
        algorithm: Algorithm = "fixed_window",
        cost: Cost = 1,
        wait: bool | float = False,
        max_keys: int = 10_000,
        rates: Iterable[Rate] = (),
        settle: Callable[[Any], float] | None = None,
    ) -> None:
        self.rates: tuple[Rate, ...] = tuple(rates)
        if not all(isinstance(rate, Rate) for rate in self.rates):
            message = f"rate_limited: rates={self.rates!r} must hold nothing but Rate objects"
            raise TypeError(message)
        if (limit is None) == (not self.rates):
            message = "rate_limited: give either limit= or rates=, a list of Rate"
            raise ValueError(message)
        if limit is not None:
            self.rates = (Rate(limit, window, cost),)
        if algorithm not in ALGORITHMS:
            message = f"rate_limited: algorithm={algorithm!r} is unknown; known are {', '.join(ALGORITHMS)}"
            raise ValueError(message)
        if settle is not None and not callable(settle):
            message = f"rate_limited: settle={settle!r} must be a function of the result"
            raise ValueError(message)
        self.key = key
        self.algorithm = algorithm
        self.longest_wait: float = _longest_wait(wait)
        self._settle = settle
        self._permits = Permits(self.rates, algorithm, _Keys(max_keys).max_keys)

    def bind(self, target: Target) -> Policy:
        """Return the layer that does no more than this limiter needs."""
        read = None if self.key is None else argument_reader(target, self.key, "rate_limited: key")
        permits = self._permits
        if len(self.rates) > 1 or not permits.constant or self.longest_wait or self._settle is not None:
            return BookingLayer(permits, self.longest_wait, self.refusal, read, self._settle)
        bucket = permits.buckets[0]
        cost: Any = permits.costs[0]  # a number, as it is constant
        parts = (permits.lock, cost, self.refusal, read)
        if isinstance(bucket, FixedWindow):
            return (WindowLayer if read is None else KeyedWindowLayer)(bucket, *parts)
        return (BucketLayer if read is None else KeyedBucketLayer)(bucket, *parts)

    def allow(self, key: Hashable = None, *, cost: float | None = None) -> bool:
        """Take permits for `key` and say whether there were any; never waits.

        Args:
            key: Whose permits; leave it out where the limiter has no ``key=``.
            cost: Permits at the last rate, as for `settle`; the others take their own. None takes the constant cost.

        Raises:
            ValueError: The limiter has no keys, or needs one, or the cost never fits.
        """
        at, now = self._permits.book(self._checked(key), self._permits.costs_by_hand(cost), 0.0)
        return at <= now

    def reserve(self, key: Hashable = None, *, cost: float | None = None) -> Reservation:
        """Take permits for `key` now and settle their true number later.

        Raises:
            RateLimited: Too few permits are left.
            ValueError: See `allow`.
        """
        costs = self._permits.costs_by_hand(cost)
        at, now = self._permits.book(self._checked(key), costs, 0.0)
        if at > now:
            raise self.refusal(key, at - now)
        return Reservation(lambda actual: self._permits.correct(key, at, costs, actual), costs[-1])

    def remaining(self, key: Hashable = None) -> int:
        """Return how many permits `key` has left now, at its tightest rate."""
        return self._permits.remaining(self._checked(key))

    def retry_after(self, key: Hashable = None, *, cost: float | None = None) -> float:
        """Return the seconds until `key` can take `cost` permits; 0.0 when it can now."""
        costs = self._permits.costs_by_hand(cost)
        return self._permits.delay(self._checked(key), costs)

    def refusal(self, key: Hashable, wait: float) -> RateLimited:
        """Build the error of a call that is not admitted."""
        limits = " and ".join(f"{rate.limit:g} per {rate.window:g} s" for rate in self.rates)
        whose = f" for this {self.key}" if isinstance(self.key, str) else ""
        return RateLimited(
            f"the rate limit of {limits}{whose} is used up; try again in {wait:.3g} s",
            key=key,
            limit=self.rates[0].limit,
            retry_after=wait,
        )

    def _checked(self, key: Hashable) -> Hashable:
        if (key is None) != (self.key is None):
            fix = "was made without key=, so it has one bucket" if self.key is None else "needs a key"
            message = f"rate_limited: the limiter {fix}; got {key!r}"
            raise ValueError(message)
        return key

    def describe(self) -> str:
        """Return the rates, the key and how many keys are kept."""
        limits = ", ".join(f"{rate.limit:g} per {rate.window:g} s" for rate in self.rates)
        key = "" if self.key is None else f" key={self.key!r} keys={len(self._permits.buckets[0])}"
        left = f" remaining={self.remaining()}" if self.key is None else ""
        return f"{limits} {self.algorithm}{key}{left}"


@attrs.frozen
class _Keys:
    max_keys: int = attrs.field(validator=whole(1))
    name: str = "rate_limited"


def _longest_wait(wait: Any) -> float:
    if isinstance(wait, bool):
        return math.inf if wait else 0.0
    wait = seconds(wait)
    if not isinstance(wait, float) or not wait >= 0:
        message = f"rate_limited: wait={wait!r} must be a bool or the most seconds to wait"
        raise ValueError(message)
    return wait


def rate_limited(
    limit: float | None = None,
    window: float = 60.0,
    *,
    key: str | Callable[[Mapping[str, Any]], Hashable] | None = None,
    algorithm: Algorithm = "fixed_window",
    cost: Cost = 1,
    wait: bool | float = False,
    max_keys: int = 10_000,
    rates: Iterable[Rate] = (),
    settle: Callable[[Any], float] | None = None,
) -> RateLimiter:
    """Admit at most `limit` calls per window, for everybody or for each value of `key`.

    A call too many raises `RateLimited`, which says when to try again; with `wait` it waits for its turn, first in,
    first out, unless its deadline comes first. A stream takes its permit at its first step. The limiter is private
    to the function; to share one, decorate with a `RateLimiter`.

    Args:
        limit: Permits per window; leave it out where `rates` are given.
        window: Seconds.
        key: A parameter's name, or a callable of all arguments by name: one bucket for each value. None for one.
        algorithm: ``"fixed_window"`` (a window begins with a key's first call), ``"sliding_window"`` (never more
            in any span of that length; keeps 16 bytes a call) or ``"token_bucket"`` (permits grow back evenly).
        cost: Permits a call takes, or a callable of all arguments by name.
        wait: False refuses at once; True waits as long as the deadline allows; a number is the most seconds.
        max_keys: Keys kept; beyond that the one whose window began first is forgotten, and begins afresh.
        rates: Several `Rate`s that must all admit the call, such as requests and tokens per minute.
        settle: Given the result, returns what the call really cost at the last rate, such as its tokens.

    Raises:
        TypeError: The function has no parameter `key`.
        ValueError: A figure is out of its range, or a cost is above the limit.

    Example:
        >>> @rate_limited(limit=1, key="project_id")
        ... def ask(question: str, *, project_id: str) -> str:
        ...     return "fine"
        >>> ask("one?", project_id="a"), ask("two?", project_id="b")
        ('fine', 'fine')
        >>> ask("three?", project_id="a")
        Traceback (most recent call last):
        beluga.errors.RateLimited: the rate limit of 1 per 60 s for this project_id is used up; try again in 60 s
    """
    return RateLimiter(
        limit,
        window,
        key=key,
        algorithm=algorithm,
        cost=cost,
        wait=wait,
        max_keys=max_keys,
        rates=rates,
        settle=settle,
    )
