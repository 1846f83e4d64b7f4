"""The permits of a limiter's rates, taken of all of them or of none, and the queues of those who wait for them.

Who waits has a place in an order, not a time. Only the first of a key's queue looks at the clock; the others wait for
it to be gone, whichever way it goes:

    limit 1 per 10 s                   t=0    A takes the permit, B, C and D queue up
        [B] C D      B sleeps until 10
        [B] D        t=4    C gives up: nobody else is concerned
        [D]          t=7    B gives up: D is rung, and sleeps until 10
        []           t=10   D takes the permit; by a time of its own it would have been 40
"""

from __future__ import annotations

import collections
import operator
from typing import TYPE_CHECKING, Any, Literal

from beluga._engine.state import BoundedMap, Wakeup, begin_in_child, new_lock
from beluga._policies.rate_algorithms import ALGORITHMS

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from beluga._policies.rate_algorithms import Meter, Rate

__all__ = ["Algorithm", "Booking", "Costs", "Permits", "Reservation", "Waiter"]

Algorithm = Literal["fixed_window", "sliding_window", "token_bucket"]

GRACE = 1.0
"""Seconds after which the first in a queue who does not come for its permits is passed over: its thread may have been
ended between two bytecodes, or its event loop stopped. If it comes yet, it is the first again."""

SOON = 1e-9
"""Seconds to wait for permits that are free by now, where somebody else stands before them."""


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


class Costs:
    """What a call takes of each rate."""

    def __init__(self, rates: tuple[Rate, ...]) -> None:
        self._rates = rates
        costs = [rate.cost for rate in rates]
        self.constants: tuple[float, ...] = () if any(map(callable, costs)) else tuple(costs)  # type: ignore[arg-type]  # all are numbers then
        """What every call takes; empty where that depends on its arguments."""

    def of(self, arguments: Mapping[str, Any]) -> tuple[float, ...]:
        """Return what a call with `arguments` takes."""
        return tuple(rate.check(rate.cost(arguments)) if callable(rate.cost) else rate.cost for rate in self._rates)

    def by_hand(self, cost: float | None) -> tuple[float, ...]:
        """Return what is taken when `cost` is given for the last rate; None takes the constant one.

        Raises:
            ValueError: A cost depends on the arguments of a call, or `cost` never fits.
        """
        if cost is None and self.constants:
            return self.constants
        *others, own = self._rates
        costs = [rate.cost for rate in others]
        costs.append(own.cost if cost is None else own.check(cost))
        if any(map(callable, costs)):
            rule = "so give cost= here" if callable(costs[-1]) else "and cost= here is for the last rate only"
            message = f"rate_limited: the cost is a callable of a call's arguments, {rule}"
            raise ValueError(message)
        return tuple(costs)  # type: ignore[arg-type]  # all are numbers then


class Booking:
    """What one call took.

    Args:
        key: Whose permits.
        costs: How many of each rate.
        at: When.
        edges: Where they end, of each rate; see `Meter.edge`.
    """

    __slots__ = ("at", "costs", "edges", "key")

    def __init__(self, key: Hashable, costs: tuple[float, ...], at: float, edges: tuple[float, ...]) -> None:
        self.key = key
        self.costs = costs
        self.at = at
        self.edges = edges


class Waiter:
    """One call in a queue.

    Args:
        key: Whose permits it waits for.
        costs: How many of each rate.
        due: When it can have them at the earliest, if all before it take theirs.
        until: When it gives up.

    Attributes:
        booking: What it has taken, once it was its turn.
    """

    __slots__ = ("booking", "costs", "due", "key", "until", "wakeup")

    def __init__(self, key: Hashable, costs: tuple[float, ...], due: float, until: float) -> None:
        self.key = key
        self.costs = costs
        self.due = due
        self.until = until
        self.wakeup = Wakeup()
        self.booking: Booking | None = None


class Queue:
    """Who waits for the permits of one key, in the order of arrival.

    Args:
        rates: How many rates there are.
    """

    __slots__ = ("costs", "waiters")

    def __init__(self, rates: int) -> None:
        # A dict, so that who leaves from the middle costs nothing; an ordered one, so that the first does not either.
        self.waiters: collections.OrderedDict[Waiter, None] = collections.OrderedDict()
        self.costs: tuple[float, ...] = (0,) * rates
        """What all of them want of each rate."""

    @property
    def first(self) -> Waiter | None:
        """Whose turn it is."""
        for waiter in self.waiters:
            return waiter
        return None

    def join(self, waiter: Waiter) -> None:
        """Stand at the end."""
        self.costs = tuple(map(operator.add, self.costs, waiter.costs))
        self.waiters[waiter] = None

    def leave(self, waiter: Waiter) -> None:
        """Go, from wherever it stands."""
        if waiter in self.waiters:
            self.costs = tuple(map(operator.sub, self.costs, waiter.costs))
            self.waiters.pop(waiter, None)


class Permits:
    """A meter for each rate, all under one lock, and the queues of those who wait.

    Args:
        rates: One or more.
        algorithm: How the meters count.
        max_keys: Keys kept in each.
    """

    def __init__(self, rates: tuple[Rate, ...], algorithm: Algorithm, max_keys: int) -> None:
        self.lock = new_lock()
        self.meters: tuple[Meter[Any], ...] = tuple(ALGORITHMS[algorithm](rate, max_keys) for rate in rates)
        self.closures: BoundedMap[tuple[float, Booking]] = BoundedMap(max_keys)
        """Until when nothing is admitted, by key, and the permits that are held till then."""
        self._nothing = (0,) * len(rates)
        self._are_buckets = algorithm == "token_bucket"
        self._queues: dict[Hashable, Queue] = {}
        begin_in_child(self)

    def take(self, key: Hashable, costs: tuple[float, ...], now: float) -> float:
        """Take permits for good; see `book`.

        Returns:
            The seconds until they are to be had, if all who wait take theirs; 0.0 if they are taken.
        """
        booked = self.book(key, costs, now)
        return 0.0 if isinstance(booked, Booking) else booked

    def book(self, key: Hashable, costs: tuple[float, ...], now: float) -> Booking | float:
        """Take permits of every rate at once, if they are free and nobody waits for them, or return the seconds."""
        with self.lock:
            self._pass_over(key, now)
            booking = None if key in self._queues else self._take(key, costs, now)
            return booking or self._delay(key, costs, now) or SOON

    def queue_up(self, key: Hashable, costs: tuple[float, ...], now: float, until: float) -> Waiter:
        """Join the end of the queue, to wait until `until` at most."""
        with self.lock:
            waiter = Waiter(key, costs, now + self._delay(key, costs, now), until)
            self._queue(key).join(waiter)
            return waiter

    def turn(self, waiter: Waiter, now: float) -> float | None:
        """Take the permits of `waiter` if it is the first and they are free; then it is out of the queue.

        Returns:
            0.0 if they are taken, the seconds until the first can have them, or None where others are before it.
        """
        with self.lock:
            queue = self._queue(waiter.key)
            if waiter not in queue.waiters:  # it was passed over, and is late
                queue.join(waiter)
                queue.waiters.move_to_end(waiter, last=False)
            if now >= waiter.due:
                self._pass_over(waiter.key, now, waiter)
            if queue.first is not waiter:
                return None
            waiter.booking = self._take(waiter.key, waiter.costs, now)
            if waiter.booking is not None:
                self._leave(waiter, now)
                return 0.0
            delay = self._free_in(waiter.key, waiter.costs, now) or SOON
            waiter.due = now + delay
            return delay

    def depart(self, waiter: Waiter, now: float) -> None:
        """Leave the queue without permits; who stands behind moves up."""
        with self.lock:
            self._leave(waiter, now)

    def give_back(self, booking: Booking, actual: Iterable[float], now: float) -> None:
        """Replace what `booking` took of each rate by `actual`; who waits may have the rest."""
        with self.lock:
            self._give_back(booking, actual, now)
            self._ring(booking.key)

    def _give_back(self, booking: Booking, actual: Iterable[float], now: float) -> None:
        # Where one rate refuses, those before it alone have anything to give back.
        for meter, edge, cost, used in zip(self.meters, booking.edges, booking.costs, actual, strict=False):
            if cost != used:
                meter.give_back(booking.key, booking.at, edge, cost - used, now)

    def narrow(self, key: Hashable, left: Iterable[float | None], closed_for: float, now: float) -> None:
        """Leave no more than `left` of each rate, None for as many as there are, and none at all for some seconds."""
        with self.lock:
            until = now + max(closed_for, self.closed_for(key, now))
            self._open(key, now)
            for meter, bound in zip(self.meters, left, strict=True):
                if bound is not None:
                    meter.narrow(key, now, bound)
            if until > now:
                # They are taken too, so that who looks at a meter in line, and at nothing else, finds none either.
                held = tuple(meter.narrow(key, now, 0) for meter in self.meters)
                self.closures.add(key, (until, Booking(key, held, now, self._edges(key, now, self._nothing))))

    def _edges(self, key: Hashable, now: float, costs: tuple[float, ...]) -> tuple[float, ...]:
        if not self._are_buckets:  # 0.5 us less for a window
            return self._nothing
        if len(costs) == 1:  # 1 us less than the loop
            return (self.meters[0].edge(key, now, costs[0]),)
        return tuple(meter.edge(key, now, cost) for meter, cost in zip(self.meters, costs, strict=True))

    def closed_for(self, key: Hashable, now: float) -> float:
        """Return the seconds for which nothing is admitted; what ended, or began in a time to come, is over."""
        closure = self.closures.values.get(key)
        if closure is None:
            return 0.0
        until, held = closure
        if held.at <= now < until:
            return until - now
        self._open(key, now)
        return 0.0

    def _open(self, key: Hashable, now: float) -> None:
        closure = self.closures.values.get(key)
        if closure is not None:
            self.closures.drop(key)
            self._give_back(closure[1], self._nothing, now)

    def remaining(self, key: Hashable, now: float) -> int:
        """Return how many permits `key` has left now, at its tightest rate."""
        with self.lock:
            if key in self._queues or self.closed_for(key, now):
                return 0
            return int(min(meter.remaining(key, now) for meter in self.meters))

    def delay(self, key: Hashable, costs: tuple[float, ...], now: float) -> float:
        """Return the seconds until `key` can take `costs`; 0.0 when it can now."""
        with self.lock:
            return self._delay(key, costs, now)

    def forget(self, key: Hashable, *, every: bool) -> None:
        """Begin anew for `key`, or for every key; who waits may go."""
        with self.lock:
            for meter in self.meters:
                for each in tuple(meter.states) if every else (key,):
                    meter.states.drop(each)
            for each in tuple(self.closures) if every else (key,):
                self.closures.drop(each)
            for each in tuple(self._queues) if every else (key,):
                self._ring(each)

    def _take(self, key: Hashable, costs: tuple[float, ...], now: float) -> Booking | None:
        if self.closures.values and self.closed_for(key, now):
            return None
        booking = Booking(key, costs, now, self._edges(key, now, costs))  # a finaliser may take something in between
        for count, (meter, cost) in enumerate(zip(self.meters, costs, strict=True)):
            if not meter.take(key, now, cost):
                self._give_back(booking, self._nothing[:count], now)
                return None
        return booking

    def _pass_over(self, key: Hashable, now: float, last: Waiter | None = None) -> None:
        """Drop those at the head of the queue, up to `last`, who do not come for permits that they can have."""
        queue = self._queues.get(key)
        if queue is None:
            return
        while (first := queue.first) is not None and first is not last and now >= first.due + GRACE:
            queue.leave(first)
        if not queue.waiters:
            self._queues.pop(key, None)

    def _queue(self, key: Hashable) -> Queue:
        return self._queues.setdefault(key, Queue(len(self.meters)))

    def _delay(self, key: Hashable, costs: tuple[float, ...], now: float) -> float:
        queue = self._queues.get(key)
        return self._free_in(key, costs if queue is None else tuple(map(operator.add, queue.costs, costs)), now)

    def _free_in(self, key: Hashable, costs: tuple[float, ...], now: float) -> float:
        closed = self.closed_for(key, now) if self.closures.values else 0.0
        if closed:  # what is held is free again when that is over
            costs = tuple(
                max(0, cost - held) for cost, held in zip(costs, self.closures.values[key][1].costs, strict=True)
            )
        free = max(meter.free_at(key, now, cost) for meter, cost in zip(self.meters, costs, strict=True))
        return max(0.0, free - now, closed)

    def _leave(self, waiter: Waiter, now: float) -> None:
        queue = self._queues.get(waiter.key)
        if queue is None:
            return
        was_first = queue.first is waiter
        queue.leave(waiter)
        first = queue.first
        if first is None:
            self._queues.pop(waiter.key, None)
        elif was_first:
            first.due = max(first.due, now)  # its grace begins with its turn
            first.wakeup.ring()

    def _ring(self, key: Hashable) -> None:
        queue = self._queues.get(key)
        first = None if queue is None else queue.first
        if first is not None:
            first.wakeup.ring()

    def begin_in_child(self) -> None:
        """Forget who waits in the parent: a fork takes the queues along, and none of the threads in them."""
        self._queues.clear()
