"""The layer of a limiter with costs that vary, several rates, waiting or settling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beluga._engine.policy import Policy, Wait
from beluga._engine.timeouts import DEADLINE

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from beluga._engine.call import Call, Outcome
    from beluga._policies.rate_limit.permits import Permits

__all__ = ["BookingLayer"]


class _Booking:
    """What one call has booked."""

    __slots__ = ("at", "costs", "key")

    def __init__(self, key: Hashable, costs: tuple[float, ...], at: float) -> None:
        self.key = key
        self.costs = costs
        self.at = at


class BookingLayer(Policy):
    """Books permits, waits for them where it may, and corrects their number by the result.

    Args:
        permits: Those of all rates.
        longest_wait: The most seconds that a call waits.
        refusal: Makes the error of a call that would have to wait so many seconds.
        read_key: Tells whose permits a call takes; None where there are no keys.
        settle: Tells what a call really cost at the last rate by its result, or None where nobody can tell.
    """

    concern = "rate_limited"

    def __init__(
        self,
        permits: Permits,
        longest_wait: float,
        refusal: Callable[[Hashable, float], Exception],
        read_key: Callable[[Call], Hashable] | None,
        settle: Callable[[Any], float | None] | None,
    ) -> None:
        self._permits = permits
        self._constant: Any = permits.costs if permits.constant else None
        self._longest_wait = longest_wait
        self._refusal = refusal
        self._read_key = read_key
        self._settle = settle

    def enter(self, call: Call) -> Wait | None:
        if call.kept(self) is not None:
            return None  # the wait for the booked place is over
        key = None if self._read_key is None else self._read_key(call)
        costs = self._constant or self._permits.costs_of(call.arguments)
        patience = max(0.0, min(self._longest_wait, DEADLINE.get() - call.environment.monotonic()))
        at, now = self._permits.book(key, costs, patience)
        if at > now + patience:
            raise self._refusal(key, at - now)
        call.keep(self, _Booking(key, costs, at))
        return Wait(at - now) if at > now else None

    def abandon(self, call: Call) -> None:
        booking = call.kept(self)
        if booking is not None:
            self._permits.cancel(booking.key, booking.at, booking.costs)
            call.keep(self, None)

    def leave(self, call: Call, outcome: Outcome) -> None:
        booking = call.kept(self)
        call.keep(self, None)
        if self._settle is None or outcome.error is not None:
            return
        actual = self._settle(outcome.value)
        if actual is not None:
            self._permits.correct(booking.key, booking.at, booking.costs, actual)
