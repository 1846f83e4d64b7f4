"""The permits of a limiter that several processes share: asked of a store, one question a call.

The answer to "may I?" is a wait: none, so many seconds until the place that is booked already, or so many that the call
is refused. So a refusal knows its `retry_after`, and who waits keeps its place in the order of all processes:

    limit 1 per 10 s      process A: asks at 0, latest 30    answer 0     goes
                          process B: asks at 1, latest 30    answer 9     booked: sleeps until 10, and goes
                          process A: asks at 2, latest 30    answer 18    booked: sleeps until 20
                          process B: asks at 3, latest 5     answer 27    refused, nothing booked, retry_after=27
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

from beluga._engine.options import Live
from beluga._engine.policy import Tell, Wait
from beluga._engine.state import BoundedMap, StateByClock, begin_in_child, new_lock
from beluga._engine.target import unhashable
from beluga._engine.timeouts import DEADLINE
from beluga._policies.rate_algorithms import Rate
from beluga._policies.rate_layers import BookingLayer
from beluga._policies.rate_leases import FRESH, Lease, LeasedPermit, Stock, calls_of_a_lease
from beluga.clock import environment
from beluga.errors import DeadlineExceeded
from beluga.stores.limits import GIVE, LIMIT, LONGEST
from beluga.stores.scripts import FORGET, MICROSECONDS, Question, numbers

if TYPE_CHECKING:
    from collections.abc import Hashable

    from beluga._engine.call import Call
    from beluga._engine.policy import Ask, Verdict
    from beluga._engine.target import Kind
    from beluga._policies.rate_layers import ReadKey
    from beluga._policies.rate_limit import RateLimiter
    from beluga.clock import Environment
    from beluga.stores.base import Store

__all__ = ["SharedLimitLayer", "SharedPermits", "shares"]

NEVER = -1.0
"""Microseconds that no wait is as short as: to look without taking."""


class QueuePlace:
    """What one call booked, or asks for.

    Args:
        permits: Whose.
        key: The server's key.
        costs: What it takes of each rate.
        latest: The longest wait that it accepts, in microseconds.
        is_async: Whether a loop runs where it asks.
    """

    __slots__ = (
        "asked_at",
        "costs",
        "is_async",
        "key",
        "latest",
        "line",
        "now",
        "permit",
        "permits",
        "stock",
        "times",
        "wait",
    )

    def __init__(
        self, permits: SharedPermits, key: str, costs: tuple[float, ...], latest: float, *, is_async: bool
    ) -> None:
        self.permits = permits
        self.key = key
        self.costs = costs
        self.latest = latest
        self.is_async = is_async
        self.line: bytes | None = None
        """The numbers of the key as this call left them; None where it holds nothing there."""
        self.stock: Stock | None = None
        """Where to put what it takes for others, and where it leases what it does not use."""
        self.permit: LeasedPermit | None = None
        """Its own part of a lease."""
        self.times = 1
        """For how many calls it takes."""
        self.asked_at = 0.0
        self.wait = self.now = 0

    def answered(self, answer: list[Any]) -> float:
        """Take the answer; return the wait in seconds."""
        self.wait, self.now, line = answer
        if self.wait <= self.latest:
            self.line = line
        if self.stock is not None:
            self.permits.learned(self, self.stock)
        return float(self.wait) / MICROSECONDS

    def undo(self, answer: list[Any]) -> None:
        """Give back what an answer that nobody waited for says was taken."""
        self.answered(answer)
        self.give_back((0.0,) * len(self.costs))

    def give_back(self, actual: tuple[float, ...]) -> None:
        """Tell the store what was used instead of what was booked."""
        line, self.line = self.line, None
        if line is not None and actual != self.costs:
            self.permits.give_back(self, line, actual)


class SharedPermits:
    """The questions of one limiter to its store.

    Args:
        limiter: Whose rates, algorithm and store count.
        name: What the limiter is called in every process.
    """

    def __init__(self, limiter: RateLimiter, name: str) -> None:
        self.store: Store = limiter.store  # type: ignore[assignment]  # it has one, else nobody would come here
        self._rates: tuple[Rate, ...] = limiter.rates
        self._costs = limiter.costs
        self._is_window = limiter.algorithm == "fixed_window"
        self._reach = min(limiter.longest_wait * MICROSECONDS, LONGEST)
        # What calls of a leased bucket tell by settle= stays in pieces, of which none is enough for a call like them.
        self.leases: bool = limiter.lease is not None and (self._is_window or limiter.settle is None)
        self._max_keys = limiter.max_keys
        self._lock = new_lock()
        self.begin_in_child()
        begin_in_child(self)
        self._key_of_any = functools.partial(self.store.key, "limit", name)
        # Most calls ask the same: 2 us less. What is live may change.
        self._key_of_text = functools.lru_cache(maxsize=1024)(self._key_of_any)
        if not limiter.is_live:
            self.given = functools.lru_cache(maxsize=64)(self.given)  # type: ignore[method-assign]  # of this object

    def place(
        self, key: Hashable, costs: tuple[float, ...], seconds: float = 0.0, *, is_async: bool = False
    ) -> QueuePlace:
        """Return what a call would book that waits for `seconds` at most."""
        latest = math.floor(min(max(0.0, seconds) * MICROSECONDS, self._reach))
        return QueuePlace(self, self.key_of(key), costs, latest, is_async=is_async)

    def key_of(self, key: Hashable) -> str:
        """Return the server's key; ``(1,)`` and ``(True,)``, which a cache takes for one, are two."""
        return self._key_of_text(key) if key is None or type(key) is str else self._key_of_any(key)

    def begin_in_child(self) -> None:
        """Leave what was taken ahead to the parent."""
        self._stocks: StateByClock[BoundedMap[Stock]] = StateByClock(lambda: BoundedMap(self._max_keys))

    def stock(self, key: str, around: Environment) -> Stock:
        """Return what this process has of a key of the server's."""
        stocks = self._stocks.of(around)
        stock = stocks.values.get(key)
        if stock is None:
            with self._lock:
                stock = stocks.add(key, Stock())
        return stock

    def melting(self) -> tuple[float, ...]:
        """Return how many permits of each rate lapse in a microsecond."""
        if self._is_window:
            return (0.0,) * len(self._rates)
        return tuple(rate.limit / (rate.window * MICROSECONDS) for rate in self._rates)

    def extend(self, place: QueuePlace, stock: Stock, now: float) -> None:
        """Let a call take the permits for as many calls like it as a lease is for, unless another one is about to."""
        place.stock, place.asked_at = stock, now
        if now < stock.alone_until <= now + FRESH:
            return
        place.times = calls_of_a_lease(self._rates, place.costs)
        if place.times > 1:
            stock.alone_until, place.latest = now + FRESH, 0

    def learned(self, place: QueuePlace, stock: Stock) -> None:
        """Take note of an answer."""
        if place.times > 1:
            if place.line is not None:
                stock.alone_until = -math.inf
                place.permit = self._leased(place, place.line)
                stock.add(place.permit.lease)
        elif place.line is None:
            stock.refused, stock.free_at = place.costs, place.asked_at + place.wait / MICROSECONDS
            stock.believed_until = min(stock.free_at, place.asked_at + FRESH)

    def _leased(self, place: QueuePlace, line: bytes) -> LeasedPermit:
        """Return the part of a call in what it took for itself and others."""
        more = tuple(cost * (place.times - 1) for cost in place.costs)
        edges = tuple(at for at, _ in self._told(line)[0])
        lease = Lease(place.key, line, place.costs, edges, more, place.now - place.asked_at * MICROSECONDS)
        return LeasedPermit(lease, place.costs, (more, (0.0,) * len(more)))

    def given(self, costs: tuple[float, ...], latest: float) -> tuple[float, ...]:
        """Return the arguments of the question."""
        given: list[float] = [self._is_window, latest, self._reach]
        for rate, cost in zip(self._rates, costs, strict=True):
            given += (max(1, round(rate.window * MICROSECONDS)), rate.limit, cost)
        return tuple(given)

    def asked(self, place: QueuePlace) -> Ask:
        """Return the question of a call."""
        self.store.be_counted(is_async=place.is_async)
        return self.store.asking(self._question(place), is_async=place.is_async)

    def take(self, place: QueuePlace) -> float:
        """Ask, blocking; return the seconds to wait: 0.0 if the permits are taken."""
        self.store.be_counted(is_async=False)
        return place.answered(self.store.ask(self._question(place)))

    def _question(self, place: QueuePlace) -> Question:
        costs = place.costs if place.times == 1 else tuple(cost * place.times for cost in place.costs)
        return Question(LIMIT, place.key, self.given(costs, place.latest), place.undo)

    def delay(self, key: Hashable, costs: tuple[float, ...]) -> float:
        """Return the seconds until `key` can take `costs`; 0.0 when it can now."""
        return self.take(self._look(key, costs))

    def remaining(self, key: Hashable) -> int:
        """Return how many permits `key` has left now, at its tightest rate."""
        place = self._look(key, (0.0,) * len(self._rates))
        _, now, line = self.store.ask(self._question(place))
        left = []
        for rate, (at, used) in zip(self._rates, self._told(line)[0], strict=True):
            window = max(1, round(rate.window * MICROSECONDS))
            taken = used if self._is_window else (at - now) * rate.limit / window
            left.append(max(0, math.floor(rate.limit - taken + 1e-9)))
        return min(left)

    def _look(self, key: Hashable, costs: tuple[float, ...]) -> QueuePlace:
        place = self.place(key, costs)
        place.latest = NEVER
        return place

    def forget(self, key: Hashable) -> None:
        """Begin anew for `key`."""
        self._stocks.of(environment()).drop(self.key_of(key))
        self.store.ask(Question(FORGET, self.key_of(key)))

    def give_back(self, place: QueuePlace, line: bytes, actual: tuple[float, ...]) -> None:
        """Keep for others what was not used of a leased bucket; tell the store of all else."""
        if place.stock is not None and not self._is_window and not place.wait:
            permit = place.permit or self._leased(place, line)
            place.stock.give_back(permit, actual, environment().monotonic(), self.melting())
            return
        given: list[float] = [self._is_window]
        told, mosts = self._told(line), self._costs.constants
        for number, (rate, (at, used), (seen, _)) in enumerate(zip(self._rates, *told, strict=True)):
            window = max(1, round(rate.window * MICROSECONDS))
            ahead = max(0, math.ceil(used / rate.limit - 1e-9) - 1) if self._is_window else 0
            most = 2 * rate.limit if self.leases else mosts[number] if mosts else rate.limit
            back = place.costs[number] - actual[number]
            given += (window, rate.limit, back, at + ahead * window, seen, most)
        self.store.tell(Question(GIVE, place.key, tuple(given)), is_async=place.is_async)

    def _told(self, line: bytes) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        """Return of each rate the two numbers of a key that count, and the two of what was given back of it."""
        count = 2 * len(self._rates)
        figures = (*numbers(line), *(0.0,) * (2 * count))[: 2 * count]
        pairs = list(zip(figures[::2], figures[1::2], strict=True))
        return pairs[: count // 2], pairs[count // 2 :]


def shares(rates: tuple[Rate, ...], store: Store) -> tuple[Rate, ...]:
    """Return what this process may take of `rates` while the store is down: the limit by the number of processes.

    One call is always let through, else a limit below that number would stop everybody.
    """

    def shared(rate: Rate) -> Rate:
        least = 1.0 if callable(rate.cost) else rate.cost
        limit = Live(lambda: max(least, rate.limit / store.members), lambda rule: rule(rate.limit))
        return Rate(limit, rate.window, rate.cost, rate.name)  # type: ignore[arg-type]  # any option may be live

    return tuple(map(shared, rates))


class SharedLimitLayer(BookingLayer):
    """Asks the store, and does what its `on_failure` says where it does not answer."""

    def __init__(self, limiter: RateLimiter, read_key: ReadKey | None, kind: Kind, permits: SharedPermits) -> None:
        super().__init__(limiter, read_key, kind)
        self._shared = permits
        self._melting = () if limiter.is_live else permits.melting()

    def enter(self, call: Call) -> Verdict | None:
        """Take the permits, wait for the place that was booked, or raise `RateLimited`."""
        place = call.kept(self)
        if place is None:
            return self._ask(call)
        if not isinstance(place, QueuePlace):
            return super().enter(call)
        answer = call.answer
        if answer is None:
            return None  # the wait for its place is over
        if answer.error is not None:
            if isinstance(answer.error, DeadlineExceeded):
                raise answer.error
            return self._without(call, answer.error)
        wait = place.answered(answer.value)
        if place.line is None and place.times > 1:  # it may be had alone
            return self._ask(call)
        if place.line is None:
            raise self._limiter.refusal(self._key(call), wait)
        return Wait(wait) if wait else None

    def _ask(self, call: Call) -> Verdict | None:
        permits, costs = self._shared, self._limiter.costs
        wanted = costs.constants or costs.of(call.arguments)
        if permits.leases and self._has(call, permits, wanted):
            return None
        if permits.store.is_down:
            return self._without(call, None)
        longest = self._limiter.longest_wait
        if longest:
            longest = min(longest, DEADLINE.get() - call.environment.monotonic())
        place = permits.place(self._key(call), wanted, longest, is_async=self._is_async)
        if permits.leases:
            now = call.environment.monotonic()
            permits.extend(place, permits.stock(place.key, call.environment), now)
        call.keep(self, place)
        return permits.asked(place)

    def _has(self, call: Call, permits: SharedPermits, wanted: tuple[float, ...]) -> bool:
        """Say whether the permits are at hand, or raise `RateLimited` where it is known that they are not to be had."""
        key = self._key(call)
        shared_key = permits.key_of(key)
        stock, now = permits.stock(shared_key, call.environment), call.environment.monotonic()
        permit = stock.take(wanted, now, self._melting or permits.melting())
        if permit is not None:
            call.keep(self, permit)
            return True
        if now < stock.believed_until <= now + FRESH and wanted == stock.refused and not self._limiter.longest_wait:
            raise self._limiter.refusal(key, stock.free_at - now)
        return False

    def _key(self, call: Call) -> Hashable:
        if self._read_key is None:
            return None
        key = self._read_key(call)
        try:
            hash(key)
        except TypeError:
            raise unhashable(self.concern, key, call.name) from None
        return key

    def _without(self, call: Call, error: BaseException | None) -> Verdict | None:
        """Go on without the store."""
        store = self._shared.store
        mode = store.on_failure or "local"
        if mode == "closed":
            raise store.refusal(self.concern, error)
        if mode == "open":
            call.keep(self, QueuePlace(self._shared, "", self._limiter.costs.constants, 0.0, is_async=self._is_async))
            return None
        call.keep(self, None)
        return super().enter(call)

    def abandon(self, call: Call) -> Tell | None:
        """Give back the place that was waited for, here or in the store; a call that was sent has used it."""
        place = call.kept(self)
        if call.sent or not isinstance(place, QueuePlace):
            return super().abandon(call)
        return Tell(lambda: place.give_back((0.0,) * len(place.costs)))

    def settle(self, call: Call, booking: Any, actual: tuple[float, ...]) -> Tell | None:
        """Tell where the permits came from what was used of them."""
        if isinstance(booking, LeasedPermit):
            place = QueuePlace(self._shared, booking.lease.key, booking.costs, 0.0, is_async=self._is_async)
            place.stock = booking.lease.stock
            place.permit, place.line = booking, booking.lease.line
        elif isinstance(booking, QueuePlace):
            place = booking
        else:
            return super().settle(call, booking, actual)
        return Tell(lambda: place.give_back(actual))
