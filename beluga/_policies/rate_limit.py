"""Let no more calls through than a rate allows, for everybody or for each key."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import attrs

from beluga._engine.deadline import DEADLINE
from beluga._engine.live import Live, follow, is_live
from beluga._engine.options import number, seconds, whole
from beluga._engine.parameters import reader
from beluga._engine.policy import Policy, Wait
from beluga._policies.buckets import ALGORITHMS, NEVER, FixedWindow
from beluga._policies.live_bucket import LiveBucket
from beluga._policies.window_layer import KeyedWindowLayer, WindowLayer
from beluga.clock import environment
from beluga.errors import RateLimited

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from beluga._engine.call import Call, Outcome
    from beluga._engine.stack import Target
    from beluga._policies.buckets import Bucket

    Cost = float | Callable[[Mapping[str, Any]], float]

__all__ = ["Rate", "RateLimiter", "Reservation", "rate_limited"]

Algorithm = Literal["fixed_window", "sliding_window", "token_bucket"]


def _check_cost(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not callable(value):
        number(0)(instance, attribute, value)


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


class Reservation:
    """Permits taken before their true number is known; settle it once it is.

    Example:
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
    reads_value = False
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
        self._lock = threading.Lock()
        keys = _Keys(max_keys).max_keys
        self._buckets = tuple(_bucket(rate, algorithm, keys) for rate in self.rates)
        self._costs = tuple(rate.cost for rate in self.rates)
        self._book_one = self._buckets[0].book
        self._cost: Any = self._costs[0]  # a number wherever `hit` is used
        self._constant = not any(map(callable, self._costs))

    def bind(self, target: Target) -> Policy:
        """Return the layer that does no more than this limiter needs."""
        read = None if self.key is None else reader(target, self.key, "rate_limited: key")
        if len(self.rates) > 1 or not self._constant or self.longest_wait or self._settle is not None:
            return _FullLayer(self, read)
        bucket = self._buckets[0]
        if isinstance(bucket, FixedWindow):
            parts = (bucket, self._lock, self._cost, self.refusal)
            return WindowLayer(*parts) if read is None else KeyedWindowLayer(*parts, read)
        return self if read is None else _KeyedLayer(self, read)

    def enter(self, call: Call) -> None:
        """Take one permit of the only bucket, or raise `RateLimited`."""
        self.hit(call, None)

    def hit(self, call: Call, key: Hashable) -> None:
        """Take the constant cost for `key`.

        Raises:
            RateLimited: Too few permits are left.
        """
        lock, book, monotonic = self._lock, self._book_one, call.environment.monotonic
        lock.acquire()  # see WindowLayer
        try:
            now = monotonic()
            at = book(key, now, self._cost, now)
        finally:
            lock.release()
        if at > now:
            raise self.refusal(key, at - now)

    def book(self, key: Hashable, costs: Iterable[float], wait: float) -> tuple[float, float]:
        """Take permits of every rate at once, up to `wait` seconds from now.

        Returns:
            When they are to be had, and the time now; they are taken if that is within the wait.
        """
        wanted = tuple(zip(self._buckets, costs, strict=True))
        with self._lock:
            now = environment().monotonic()
            at = max(bucket.book(key, now, cost, NEVER) for bucket, cost in wanted)
            if at <= now + wait:
                for bucket, cost in wanted:
                    bucket.take(key, at, cost)
        return at, now

    def cancel(self, key: Hashable, at: float, costs: Iterable[float]) -> None:
        """Give back places that were booked for later."""
        with self._lock:
            for bucket, cost in zip(self._buckets, costs, strict=True):
                bucket.cancel(key, at, cost)

    def correct(self, key: Hashable, at: float, costs: tuple[float, ...], actual: float) -> None:
        """Replace the cost booked at `at` by `actual`, at the last rate."""
        with self._lock:
            self._buckets[-1].adjust(key, at, actual - costs[-1])

    def allow(self, key: Hashable = None, *, cost: float | None = None) -> bool:
        """Take permits for `key` and say whether there were any; never waits.

        Args:
            key: Whose permits; leave it out where the limiter has no ``key=``.
            cost: Permits at the last rate, as for `settle`; the others take their own. None takes the constant cost.

        Raises:
            ValueError: The limiter has no keys, or needs one, or the cost never fits.
        """
        at, now = self.book(self._checked(key), self._given(cost), 0.0)
        return at <= now

    def reserve(self, key: Hashable = None, *, cost: float | None = None) -> Reservation:
        """Take permits for `key` now and settle their true number later.

        Raises:
            RateLimited: Too few permits are left.
            ValueError: See `allow`.
        """
        costs = self._given(cost)
        at, now = self.book(self._checked(key), costs, 0.0)
        if at > now:
            raise self.refusal(key, at - now)
        return Reservation(lambda actual: self.correct(key, at, costs, actual), costs[-1])

    def remaining(self, key: Hashable = None) -> int:
        """Return how many permits `key` has left now, at its tightest rate."""
        self._checked(key)
        with self._lock:
            now = environment().monotonic()
            return int(min(bucket.remaining(key, now) for bucket in self._buckets))

    def retry_after(self, key: Hashable = None, *, cost: float | None = None) -> float:
        """Return the seconds until `key` can take `cost` permits; 0.0 when it can now."""
        costs = self._given(cost)
        self._checked(key)
        with self._lock:
            now = environment().monotonic()
            wanted = zip(self._buckets, costs, strict=True)
            return max(0.0, max(bucket.book(key, now, cost, NEVER) for bucket, cost in wanted) - now)

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

    def costs_of(self, call: Call) -> tuple[float, ...]:
        """Return what `call` takes of each rate."""
        if self._constant:
            return self._costs  # type: ignore[return-value]  # all are numbers then
        arguments = call.arguments
        return tuple(rate.check(rate.cost(arguments)) if callable(rate.cost) else rate.cost for rate in self.rates)

    def _given(self, cost: float | None) -> tuple[float, ...]:
        *others, own = self.rates
        costs = [rate.cost for rate in others]
        costs.append(own.cost if cost is None else own.check(cost))
        if any(map(callable, costs)):
            rule = "so give cost= here" if callable(costs[-1]) else "and cost= here is for the last rate only"
            message = f"rate_limited: the cost is a callable of a call's arguments, {rule}"
            raise ValueError(message)
        return tuple(costs)  # type: ignore[arg-type]  # all are numbers then

    def _checked(self, key: Hashable) -> Hashable:
        if (key is None) != (self.key is None):
            fix = "was made without key=, so it has one bucket" if self.key is None else "needs a key"
            message = f"rate_limited: the limiter {fix}; got {key!r}"
            raise ValueError(message)
        return key

    def settle_with(self, value: Any) -> float | None:
        """Return the true cost of a call that gave `value`; None where nobody can tell."""
        return None if self._settle is None else self._settle(value)

    def describe(self) -> str:
        """Return the rates, the key and how many keys are kept."""
        limits = ", ".join(f"{rate.limit:g} per {rate.window:g} s" for rate in self.rates)
        key = "" if self.key is None else f" key={self.key!r} keys={len(self._buckets[0])}"
        left = f" remaining={self.remaining()}" if self.key is None else ""
        return f"{limits} {self.algorithm}{key}{left}"


def _bucket(rate: Rate, algorithm: Algorithm, keys: int) -> Bucket:
    bucket = ALGORITHMS[algorithm](rate.limit, rate.window, keys)
    return LiveBucket(bucket, lambda: rate.limit) if is_live(rate) else bucket


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


class _KeyedLayer(Policy):
    """The layer of a limiter that only needs the key: admit or refuse."""

    concern = "rate_limited"
    reads_value = False

    def __init__(self, owner: RateLimiter, read_key: Callable[[Call], Hashable]) -> None:
        self._hit = owner.hit
        self._read_key = read_key

    def enter(self, call: Call) -> None:
        self._hit(call, self._read_key(call))


class _Booking:
    """What one call has booked."""

    __slots__ = ("at", "costs", "key")

    def __init__(self, key: Hashable, costs: tuple[float, ...], at: float) -> None:
        self.key = key
        self.costs = costs
        self.at = at


class _FullLayer(Policy):
    """The layer of a limiter with costs that vary, several rates, waiting or settling."""

    concern = "rate_limited"

    def __init__(self, owner: RateLimiter, read_key: Callable[[Call], Hashable] | None) -> None:
        self._owner = owner
        self._read_key = read_key

    def enter(self, call: Call) -> Wait | None:
        if call.kept(self) is not None:
            return None  # the wait for the booked place is over
        owner = self._owner
        key = None if self._read_key is None else self._read_key(call)
        costs = owner.costs_of(call)
        patience = max(0.0, min(owner.longest_wait, DEADLINE.get() - call.environment.monotonic()))
        at, now = owner.book(key, costs, patience)
        if at > now + patience:
            raise owner.refusal(key, at - now)
        call.keep(self, _Booking(key, costs, at))
        return Wait(at - now) if at > now else None

    def abandon(self, call: Call) -> None:
        booking = call.kept(self)
        if booking is not None:
            self._owner.cancel(booking.key, booking.at, booking.costs)
            call.keep(self, None)

    def leave(self, call: Call, outcome: Outcome) -> None:
        booking = call.kept(self)
        call.keep(self, None)
        actual = self._owner.settle_with(outcome.value) if outcome.error is None else None
        if actual is not None:
            self._owner.correct(booking.key, booking.at, booking.costs, actual)


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
