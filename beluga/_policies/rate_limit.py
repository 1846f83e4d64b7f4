"""Let no more calls through than a rate allows, for everybody or for each key."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import attrs

from beluga._engine.decorator import OptionsDecorator
from beluga._engine.options import (
    choice,
    flag,
    follow,
    function,
    is_live,
    number,
    optional,
    seconds,
    text_if_any,
    whole,
)
from beluga._engine.state import StateByClock
from beluga._engine.target import argument_reader
from beluga._engine.wrapping import BlockPolicy
from beluga._policies.rate_algorithms import ALGORITHMS, Cost, Rate
from beluga._policies.rate_layers import layer_of
from beluga._policies.rate_permits import Algorithm, Booking, Costs, Permits, Reservation
from beluga._policies.rate_shared import SharedLimitLayer, SharedPermits, shares
from beluga.classification import retry_after
from beluga.clock import environment
from beluga.errors import RateLimited, Refused, StoreUnavailable
from beluga.stores.base import SharedName, Store, check_store

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Hashable

    from beluga._engine.policy import Policy
    from beluga._engine.target import Target
    from beluga.schema import RateLimit, RateLimitInfo

__all__ = ["RateLimiter", "rate_limited"]

T = TypeVar("T")


def _as_rates(rates: Iterable[Rate]) -> tuple[Rate, ...]:
    if isinstance(rates, Rate) or not isinstance(rates, Iterable):
        message = f"rate_limited: rates={rates!r} must be a list of Rate objects, such as [Rate(60), Rate(9, 1.0)]"
        raise TypeError(message)
    rates = tuple(rates)
    if not all(isinstance(rate, Rate) for rate in rates):
        message = f"rate_limited: rates={rates!r} must hold nothing but Rate objects"
        raise TypeError(message)
    return rates


@attrs.frozen(eq=False)
class RateLimiter(BlockPolicy):
    """Admit at most `limit` calls per window, for everybody or for each value of `key`.

    A call too many raises `RateLimited`, which says when to try again; with `wait` it waits for its turn, first in,
    first out, unless its deadline comes first; who gives up lets those behind move up. A stream takes its permit at
    its first step.

    `rate_limited` makes a limiter that is private to the function; an object of this class decorates any number of
    them, which then share its permits, lets blocks through (``with limiter:``, ``async with limiter:``), and can be
    asked by hand. What is used belongs to the clock it was used under.

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
        store: Where the permits are kept that several processes share, such as a `beluga.stores.RedisStore`; None
            keeps them in this process. Asked by hand, it blocks for a round trip. Not for ``"sliding_window"``.
        name: What the permits are called in the store; None takes the module and name of the one function that the
            limiter decorates.
        lease: ``"auto"`` takes permits out of the store for several calls at once, a fiftieth of a limit or what comes
            back in 50 ms, whichever is less; the calls that find one at hand, and those after a refusal, ask nobody for
            a quarter of a second at most. Never too many calls are admitted; some may be refused while another process
            holds permits it does not use, until their time is over. None asks for each call, and so does a token bucket
            with `settle`, whose calls give back to the store.
        settle: Given the result, or the last item of a stream that told a usage, returns what the call really cost at
            the last rate, such as its tokens. Without it, or where it fails, the cost stands; a call that a layer
            inside refused before it was sent costs nothing.
        learn: Whether each result, error and last item of a stream is handed to `learn_from`.

    Raises:
        StoreUnavailable: The store does not answer, and its ``on_failure="closed"`` lets nothing through without it.
        TypeError: The function has no parameter `key`, or a key is not hashable.
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
        >>> limiter = RateLimiter(2, 60.0, key="project_id")
        >>> [limiter.allow("a"), limiter.allow("a"), limiter.allow("a"), limiter.allow("b")]
        [True, True, False, True]
        >>> limiter.remaining("b")
        1
    """

    concern = "rate_limited"
    limit: float | None = None
    window: float = attrs.field(default=60.0, converter=seconds, validator=number(0, above=True))
    key: str | Callable[[Mapping[str, Any]], Hashable] | None = attrs.field(default=None, kw_only=True)
    algorithm: Algorithm = attrs.field(default="fixed_window", validator=choice(*ALGORITHMS), kw_only=True)
    cost: Cost = attrs.field(default=1, kw_only=True)
    wait: bool | float | str | datetime.timedelta = attrs.field(default=False, kw_only=True)
    max_keys: int = attrs.field(default=10_000, validator=whole(1), kw_only=True)
    _given_rates: tuple[Rate, ...] = attrs.field(
        default=(), converter=_as_rates, alias="rates", repr=False, kw_only=True
    )
    settle: Callable[[Any], float | None] | None = attrs.field(default=None, validator=optional(function), kw_only=True)
    learn: bool = attrs.field(default=False, validator=flag, kw_only=True)
    store: Store | None = attrs.field(default=None, validator=check_store, kw_only=True)
    lease: Literal["auto"] | None = attrs.field(default=None, validator=optional(choice("auto")), kw_only=True)
    _label: str | None = attrs.field(default=None, validator=text_if_any, alias="name", repr=False, kw_only=True)

    rates: tuple[Rate, ...] = attrs.field(init=False)
    costs: Costs = attrs.field(init=False, repr=False)
    longest_wait: float = attrs.field(init=False, repr=False)
    permits: StateByClock[Permits] = attrs.field(init=False, repr=False)
    _shared_name: SharedName = attrs.field(
        init=False,
        repr=False,
        default=attrs.Factory(lambda self: SharedName(self.concern, self._label), takes_self=True),
    )

    def __attrs_post_init__(self) -> None:
        """Make one rate of `limit`, and room for the permits."""
        rates = self._given_rates
        if (self.limit is None) == (not rates):
            message = "rate_limited: give either limit= or rates=, a list of Rate"
            raise ValueError(message)
        rates = rates if self.limit is None else (Rate(self.limit, self.window, self.cost),)
        object.__setattr__(self, "rates", rates)
        follow(self, "limit")
        object.__setattr__(self, "costs", Costs(rates))
        object.__setattr__(self, "longest_wait", _longest_wait(self.wait))
        here = rates if self.store is None else shares(rates, self.store)
        permits = functools.partial(Permits, here, self.algorithm, self.max_keys)
        object.__setattr__(self, "permits", StateByClock(permits))
        if self.store is not None and self.algorithm == "sliding_window":
            message = (
                "rate_limited: a sliding_window keeps every call and is not shared: with store= use fixed_window, or "
                "token_bucket, which admits no more than limit= at once either"
            )
            raise ValueError(message)
        if self.lease is not None and self.store is None:
            message = "rate_limited: lease= takes permits out of a store ahead of the calls: give store= too"
            raise ValueError(message)
        if self.learn:
            self._check_learns()

    def _check_learns(self) -> None:
        if self.store is not None:
            message = (
                "rate_limited: what a provider tells narrows the permits of this process, and those in a store are "
                "counted there: leave out learn=, or store="
            )
            raise ValueError(message)

    @property
    def belongs_inside(self) -> Mapping[str, str]:  # type: ignore[override]  # a tenant's quota belongs outside retry
        """A provider's limit, which has no key, counts every attempt."""
        wrong = "it sees one call where a retry makes several requests, so the provider's limit can be passed"
        return {"retry": wrong} if self.key is None else {}

    @property
    def is_live(self) -> bool:
        """Whether a limit may change."""
        return any(map(is_live, self.rates))

    def bind(self, target: Target) -> Policy:
        """Return the layer that does no more than this limiter needs."""
        read_key = None if self.key is None else argument_reader(target, self.key, "rate_limited: key")
        if self.store is not None:
            return SharedLimitLayer(self, read_key, target.kind, self._share(target.shared_name or ""))
        return layer_of(self, read_key, target)

    def _share(self, function: str | None = None) -> SharedPermits:
        """Return the permits in the store."""
        return SharedPermits(self, self._shared_name.of(function))

    def _by_hand(self, ask: Callable[[SharedPermits], T], alone: Callable[[Permits, float], T], free: T) -> T:
        """Ask the store if there is one, and where it does not answer do what its `on_failure` says."""
        if self.store is not None:
            permits = self._share()
            error = None
            if not self.store.is_down:
                try:
                    return ask(permits)
                except StoreUnavailable as unavailable:
                    error = unavailable
            if self.store.on_failure == "closed":
                raise self.store.refusal(self.concern, error)
            if self.store.on_failure == "open":
                return free
        return alone(*self._here())

    def allow(self, key: Hashable = None, *, cost: float | None = None) -> bool:
        """Take permits for `key` and say whether there were any; never waits.

        Args:
            key: Whose permits; leave it out where the limiter has no ``key=``.
            cost: Permits at the last rate, as for `settle`; the others take their own. None takes the constant cost.

        Raises:
            ValueError: The limiter has no keys, or needs one, or the cost never fits.
        """
        key, costs = self._checked(key), self.costs.by_hand(cost)
        wait = self._by_hand(
            lambda shared: shared.take(shared.place(key, costs)),
            lambda permits, now: permits.take(key, costs, now),
            0.0,
        )
        return not wait

    def reserve(self, key: Hashable = None, *, cost: float | None = None) -> Reservation:
        """Take permits for `key` now and settle their true number later.

        Raises:
            RateLimited: Too few permits are left.
            ValueError: See `allow`.
        """
        key, costs = self._checked(key), self.costs.by_hand(cost)

        def share(shared: SharedPermits) -> tuple[float, Callable[[float], None]]:
            place = shared.place(key, costs)
            return shared.take(place), lambda used: place.give_back((*costs[:-1], used))

        def alone(permits: Permits, now: float) -> tuple[float, Callable[[float], None]]:
            booked = permits.book(key, costs, now)
            if not isinstance(booked, Booking):
                return booked, lambda _: None
            clock = environment()
            return 0.0, lambda used: permits.give_back(booked, (*costs[:-1], used), clock.monotonic())

        wait, settle = self._by_hand(share, alone, (0.0, lambda _: None))
        if wait:
            raise self.refusal(key, wait)
        return Reservation(settle, costs[-1])

    def remaining(self, key: Hashable = None) -> int:
        """Return how many permits `key` has left now, at its tightest rate."""
        key = self._checked(key)
        return self._by_hand(
            lambda shared: shared.remaining(key),
            lambda permits, now: permits.remaining(key, now),
            int(min(rate.limit for rate in self.rates)),
        )

    def retry_after(self, key: Hashable = None, *, cost: float | None = None) -> float:
        """Return the seconds until `key` can take `cost` permits; 0.0 when it can now."""
        key, costs = self._checked(key), self.costs.by_hand(cost)
        return self._by_hand(
            lambda shared: shared.delay(key, costs), lambda permits, now: permits.delay(key, costs, now), 0.0
        )

    def learn_from(self, told: Any, key: Hashable = None) -> bool:
        """Admit no more than the provider says is left, and nothing while it asks to wait; never more than before.

        What is left is read from the ``x-ratelimit-*`` headers of OpenAI and its like and ``anthropic-ratelimit-*``: of
        requests for a rate whose cost is a constant, of tokens for one whose cost is a callable or is settled. A
        ``retry-after`` closes all rates of the key for as long.

        Args:
            told: A response, chunk or error, of ours, of an SDK or of an HTTP client, or a mapping of headers.
            key: Whose permits; leave it out where the limiter has no ``key=``.

        Returns:
            Whether `told` says anything of limits.

        Raises:
            ValueError: The limiter has no keys, or needs one, or its permits are in a store.

        Example:
            >>> limiter = RateLimiter(60)
            >>> limiter.learn_from({"x-ratelimit-remaining-requests": "7", "x-ratelimit-reset-requests": "53s"})
            True
            >>> limiter.remaining()
            7
        """
        self._check_learns()
        key = self._checked(key)
        if isinstance(told, Refused):
            return False  # it comes from here, not from the provider
        from beluga._foreign.answers import limits_of  # here, as it reads answers with all of the schema

        permits, now = self._here()
        wall = environment().clock.time()
        limits = limits_of(told, wall)
        asked = retry_after({"headers": told} if isinstance(told, Mapping) else told, wall)
        if limits is None and asked is None:
            return False
        left = [self._told_of(rate, limits) for rate in self.rates]
        empty = [each.reset for each in left if each.remaining == 0 and each.reset]  # no longer than that
        bounds = [None if each.remaining == 0 and each.reset else each.remaining for each in left]
        permits.narrow(key, bounds, max([asked or 0.0, *empty]), now)
        return True

    def _told_of(self, rate: Rate, limits: RateLimitInfo | None) -> RateLimit:
        """Return what the provider says of the permits of `rate`, where it tells of several the tightest."""
        from beluga.schema import RateLimit

        if limits is None:
            return RateLimit()
        counts_tokens = callable(rate.cost) or (self.settle is not None and rate is self.rates[-1])
        kinds = [limits.tokens, limits.input_tokens, limits.output_tokens] if counts_tokens else [limits.requests]
        told = [each for each in kinds if each is not None and each.remaining is not None]
        return min(told, key=attrgetter("remaining"), default=RateLimit())

    def reset(self, key: Hashable = None) -> None:
        """Begin anew for `key`, or for every key; in a store for one key at a time.

        Raises:
            ValueError: A key is given and the limiter has none, or it has, and none is given for those in a store.
        """
        if key is not None or self.store is not None:
            self._checked(key)
        self._by_hand(
            lambda shared: shared.forget(key), lambda permits, _: permits.forget(key, every=key is None), None
        )

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

    def _here(self) -> tuple[Permits, float]:
        around = environment()
        return self.permits.of(around), around.monotonic()

    def _checked(self, key: Hashable) -> Hashable:
        if (key is None) != (self.key is None):
            fix = "was made without key=, so it has one bucket" if self.key is None else "needs a key"
            message = f"rate_limited: the limiter {fix}; got {key!r}"
            raise ValueError(message)
        return key

    def describe(self) -> str:
        """Return the rates, the key and how many keys are kept."""
        limits = ", ".join(f"{rate.limit:g} per {rate.window:g} s" for rate in self.rates)
        key = "" if self.key is None else f" key={self.key!r} keys={len(self._here()[0].meters[0].states)}"
        if self.store is not None:  # to explain is not to ask
            return f"{limits} {self.algorithm} key={self.key!r} shared in {self.store!r}"
        left = f" remaining={self.remaining()}" if self.key is None else ""
        return f"{limits} {self.algorithm}{key}{left}"


def _longest_wait(wait: Any) -> float:
    if isinstance(wait, bool):
        return math.inf if wait else 0.0
    wait = seconds(wait)
    if not isinstance(wait, float) or not wait >= 0:
        message = f"rate_limited: wait={wait!r} must be a bool or the most seconds to wait, such as 5.0 or '500ms'"
        raise ValueError(message)
    return wait


rate_limited: Final = OptionsDecorator(
    RateLimiter,
    needs="limit=100, window=60.0",
    words={
        "algorithm": "strategy",
        "cost": "amount weight",
        "key": "identifier key_func",
        "limit": "calls capacity max_calls max_rate times",
        "store": "storage",
        "window": "hours minutes per period seconds time_period",
        'write limit=, with algorithm="token_bucket"': "burst max_burst",
        "leave it out, as each function that is decorated has permits of its own; for groups write key=": "per_method",
        "write limit= and window=, as in limit=5, window=60.0": "limit_value rate",
        "write wait=True to wait; without it the call is refused": "raise_on_limit",
    },
)
"""Admit at most so many calls per window, for everybody or for each value of a key; see `RateLimiter`."""
