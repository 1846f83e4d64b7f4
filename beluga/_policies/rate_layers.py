"""The layers of a limiter, of which each does no more than its limiter needs.

constant cost, one fixed window     WindowLayer: in line what `FixedWindow.take` does
nothing to wait for or settle       TakingLayer
all else                            BookingLayer
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

from beluga import events
from beluga._engine.call import was_sent
from beluga._engine.policy import Ask, Hints, Policy, Tell, Wait
from beluga._engine.target import arguments_of, unhashable
from beluga._engine.timeouts import DEADLINE
from beluga._foreign import get, usage_of
from beluga._policies.rate_algorithms import FixedWindow
from beluga._policies.rate_permits import GRACE, Booking, Waiter
from beluga.clock import MACHINE, SYSTEM, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from beluga._engine.call import Call, Outcome
    from beluga._engine.policy import Verdict
    from beluga._engine.target import Argument, Kind, Target
    from beluga._policies.rate_limit import RateLimiter
    from beluga._policies.rate_permits import Permits

    ReadKey = Callable[[Call], Hashable]

__all__ = ["BookingLayer", "ReadKey", "layer_of"]

HAS_GIL: bool = getattr(sys, "_is_gil_enabled", lambda: True)()
"""Whether a stretch of bytecodes without a call is a step of its own, for which no lock is needed (100 ns)."""


def layer_of(limiter: RateLimiter, read_key: ReadKey | None, target: Target) -> Policy:
    """Return the least layer that does what `limiter` says for this function."""
    costs = limiter.costs
    books = limiter.longest_wait or limiter.settle is not None or limiter.learn
    if len(limiter.rates) > 1 or not costs.constants or books:
        return BookingLayer(limiter, read_key, target.kind)
    meter = limiter.permits.system.meters[0]
    if isinstance(meter, FixedWindow) and HAS_GIL and not limiter.is_live:
        return WindowLayer(limiter, read_key, meter, arguments_of(target))
    return TakingLayer(limiter, read_key)


class TakingLayer(Policy):
    """Admits or refuses at once, at a constant cost."""

    concern = "rate_limited"
    hints = Hints(reads_value=False)

    def __init__(self, limiter: RateLimiter, read_key: ReadKey | None) -> None:
        self._limiter = limiter
        self._read_key: Any = read_key  # a callable in every layer that reads keys
        self._permits = limiter.permits.system
        self._cost = limiter.costs.constants[0]

    def enter(self, call: Call) -> None:
        """Take the permit, or raise `RateLimited`."""
        read_key = self._read_key
        key = None if read_key is None else read_key(call)
        permits = self._permits if call.environment is SYSTEM else self._limiter.permits.of(call.environment)
        monotonic = call.environment.monotonic
        now = monotonic()
        try:
            with permits.lock:
                is_open = not permits.closures.values or not permits.closed_for(key, now)
                if is_open and permits.meters[0].take(key, now, self._cost):
                    return
        except TypeError:
            raise unhashable(self.concern, key, call.name) from None
        raise self._limiter.refusal(key, permits.delay(key, self._limiter.costs.constants, now))


class WindowLayer(TakingLayer):
    """Counts a call of a fixed window in the question whether the layer is needed: most calls need no more."""

    def __init__(
        self, limiter: RateLimiter, read_key: ReadKey | None, meter: FixedWindow, arguments: Mapping[str, Argument]
    ) -> None:
        super().__init__(limiter, read_key)
        if read_key is None:
            self.hints = Hints(reads_value=False, needed=_without_room(meter, self._cost))
        elif isinstance(limiter.key, str) and limiter.key in arguments:
            without_room_for = _without_room_for(arguments[limiter.key], meter, self._cost)
            self.hints = Hints(reads_value=False, needed_for=without_room_for)


def _without_room(meter: FixedWindow, cost: float) -> Callable[[], bool]:
    """Return what counts a call where there is room, and says whether there was none; then the call has to enter."""
    limit, states = meter.rate.limit, meter.states.values

    def has_no_room() -> bool:
        if environment() is SYSTEM:
            state = states.get(None)
            if state is not None and MACHINE.monotonic() < state.end:
                used = state.used + cost
                if used <= limit:
                    state.used = used
                    return False
        return True

    return has_no_room


def _without_room_for(
    argument: Argument, meter: FixedWindow, cost: float
) -> Callable[[tuple[Any, ...], dict[str, Any]], bool]:
    """Return the same for a window that belongs to the value of `argument`; shared code would be a frame (40 ns)."""
    name, limit, states = argument.name, meter.rate.limit, meter.states.values
    index = sys.maxsize if argument.index is None else argument.index

    def has_no_room(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        if environment() is SYSTEM:
            try:
                state = states.get(args[index] if index < len(args) else kwargs[name])
            except (KeyError, TypeError):
                return True  # its default, or what cannot be a key
            if state is not None and MACHINE.monotonic() < state.end:
                used = state.used + cost
                if used <= limit:
                    state.used = used
                    return False
        return True

    return has_no_room


class BookingLayer(Policy):
    """Takes permits, queues up for them where it may wait, and corrects their number by the result."""

    concern = "rate_limited"

    def __init__(self, limiter: RateLimiter, read_key: ReadKey | None, kind: Kind) -> None:
        reads = limiter.settle is not None or limiter.learn
        self.hints = Hints(leave="always" if reads else "on error", reads_value=reads)
        self._limiter = limiter
        self._read_key = read_key
        self._is_async = kind.is_async

    def enter(self, call: Call) -> Verdict | None:
        """Take the permits, wait for them, or raise `RateLimited`."""
        now = call.environment.monotonic()
        permits = self._limiter.permits.of(call.environment)
        waiter = call.kept(self)
        if waiter is None:
            costs, key = self._limiter.costs, None if self._read_key is None else self._read_key(call)
            wanted = costs.constants or costs.of(call.arguments)
            try:
                booked = permits.book(key, wanted, now)
            except TypeError:
                raise unhashable(self.concern, key, call.name) from None
            if isinstance(booked, Booking):
                call.keep(self, booked)
                return None
            until = min(now + self._limiter.longest_wait, DEADLINE.get())
            if now + booked > until:
                raise self._limiter.refusal(key, booked)
            waiter = permits.queue_up(key, wanted, now, until)
            call.keep(self, waiter)
            if self._is_async or call.environment is SYSTEM:  # else the driver tells it, who does the waiting
                call.emit(events.WaitScheduled, policy=self.concern, delay=booked)
        elif call.answer is not None and call.answer.error is not None:
            permits.depart(waiter, now)
            raise call.answer.error
        return self._stand(call, permits, waiter, now)

    def _stand(self, call: Call, permits: Permits, waiter: Waiter, now: float) -> Ask | Wait | None:
        wait = permits.turn(waiter, now)
        if wait == 0.0:
            call.keep(self, waiter.booking)
            return None
        is_first = wait is not None
        pause = wait if wait is not None else max(waiter.due - now, GRACE)
        if now >= waiter.until or (is_first and now + pause > waiter.until):
            wait = permits.delay(waiter.key, waiter.costs, now)
            permits.depart(waiter, now)
            raise self._limiter.refusal(waiter.key, wait)
        pause = min(pause, waiter.until - now)
        clock, wakeup = call.environment.clock, waiter.wakeup
        if self._is_async:
            return Ask(lambda: wakeup.suspend(clock, pause))
        # Permits may come back before their time, so the first is rung as well; but a virtual clock has to be moved.
        if is_first and call.environment is not SYSTEM:
            return Wait(pause)
        return Ask(lambda: wakeup.block(clock, pause))

    def abandon(self, call: Call) -> Tell | None:
        """Leave the queue."""
        waiter = call.kept(self)
        if isinstance(waiter, Waiter):
            permits = self._limiter.permits.of(call.environment)
            permits.depart(waiter, call.environment.monotonic())
        return None

    def watch(self, call: Call) -> _LastReport | None:
        """Remember what a stream reported last, where that is to be settled."""
        if self._limiter.settle is None and not self._limiter.learn:
            return None
        kept = call.kept(self)
        report = kept if isinstance(kept, _LastReport) else _LastReport(kept)  # a retry inside begins a stream anew
        call.keep(self, report)
        return report

    def leave(self, call: Call, outcome: Outcome) -> Tell | None:
        """Settle what the call cost, and learn what the provider told; then only is its figure the newest."""
        kept = call.kept(self)
        booking, report = (kept.booking, kept.item) if isinstance(kept, _LastReport) else (kept, outcome.value)
        verdict = self._left_with(call, outcome, booking, report)
        if self._limiter.learn and (outcome.error is None or isinstance(outcome.error, Exception)):
            told = kept.limits if isinstance(kept, _LastReport) and outcome.error is None else outcome.error or report
            self._limiter.learn_from(told, booking.key)
        return verdict

    def _left_with(self, call: Call, outcome: Outcome, booking: Booking, report: Any) -> Tell | None:
        """Settle what the call cost; without a report the booking stands, unless the call was not even sent."""
        if not was_sent(call, outcome):
            actual: tuple[float, ...] = (0,) * len(booking.costs)
        else:
            last = self._settled(report) if outcome.error is None or report is not None else None
            if last is None:
                return None
            actual = (*booking.costs[:-1], last)
        return self.settle(call, booking, actual)

    def settle(self, call: Call, booking: Any, actual: tuple[float, ...]) -> Tell | None:
        """Replace what was booked by what was used."""
        permits = self._limiter.permits.of(call.environment)
        permits.give_back(booking, actual, call.environment.monotonic())
        return None

    def _settled(self, report: Any) -> float | None:
        """Return what `settle` makes of the result; None, for the booking to stand, where it fails."""
        settle = self._limiter.settle
        if settle is None:
            return None
        try:
            actual = settle(report)
            is_number = isinstance(actual, (int, float)) and not isinstance(actual, bool)
            if actual is None or (is_number and 0 <= actual < math.inf):
                return actual
            problem = f"gave {type(actual).__name__}, which is not a number of permits"
        except Exception as error:
            problem = f"failed with {type(error).__name__}"
        import logging  # which takes 5 ms, and is needed here alone

        # The answer is there and paid for: what cannot be counted is no reason to throw it away.
        logging.getLogger(__name__).warning("rate_limited: settle= %s; the booked cost stands", problem)
        return None


class _LastReport:
    """The last item of a stream that told a usage, and the last that told of limits."""

    __slots__ = ("booking", "item", "limits")

    def __init__(self, booking: Booking) -> None:
        self.booking = booking
        self.item: Any = None
        self.limits: Any = None

    def seen(self, item: Any) -> None:
        if usage_of(item) is not None:
            self.item = item
        self.limits = get(item, "limits") or self.limits

    def suspend(self) -> None:
        """Nothing is ambient here."""

    def resume(self) -> None:
        """Nothing is ambient here."""
