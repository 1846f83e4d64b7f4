"""The circuit itself: closed, open, half-open, as a state machine that is told the time."""

from __future__ import annotations

import enum
from typing import NamedTuple

__all__ = ["CLOSED", "HALF_OPEN", "OPEN", "Circuit", "State", "Ticket", "Window"]


class State(enum.StrEnum):
    """Whether calls go through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


CLOSED, OPEN, HALF_OPEN = State.CLOSED, State.OPEN, State.HALF_OPEN


class Ticket(NamedTuple):
    """What an admitted call shows when it comes back.

    Args:
        generation: How many changes of state the circuit had behind it; an older ticket changes nothing.
        lease: The number of the probe's place; None for a call through a closed circuit.
    """

    generation: int = 0
    lease: int | None = None


class Window:
    """Counts good and bad calls over the last `span` seconds, in tenths that are forgotten whole."""

    _PARTS = 10

    def __init__(self, span: float) -> None:
        self.span = span
        self._width = span / self._PARTS
        self._parts: dict[int, tuple[int, int]] = {}

    def add(self, now: float, *, good: bool) -> tuple[int, int]:
        """Count one call; return how many were good and bad within the span."""
        current = int(now // self._width)
        self._parts = {at: part for at, part in self._parts.items() if at > current - self._PARTS}
        was_good, was_bad = self._parts.get(current, (0, 0))
        self._parts[current] = (was_good + good, was_bad + (not good))
        totals = zip(*self._parts.values(), strict=True)
        good_total, bad_total = map(sum, totals)
        return good_total, bad_total


class Circuit:
    """One circuit; every method is a step, and the caller sees to it that steps do not overlap.

    Args:
        failure_threshold: Failures in a row that open it.
        reset_timeout: Seconds until an open circuit lets a probe through, and until a lost probe is given up.
        half_open_max: Probes at once.
        success_threshold: Successful probes in a row that close it.
        failure_rate: Share of failures within `window` that opens it instead of failures in a row; or None.
        window: Seconds that the rate is taken over.
        minimum_calls: Calls within the window before the rate counts.
    """

    __slots__ = (
        "_failure_rate",
        "_failure_threshold",
        "_half_open_max",
        "_leases",
        "_minimum_calls",
        "_next_lease",
        "_reset_timeout",
        "_success_threshold",
        "_successes",
        "_window",
        "failures",
        "generation",
        "probes_at",
        "state",
    )

    def __init__(
        self,
        failure_threshold: int,
        reset_timeout: float,
        half_open_max: int,
        success_threshold: int,
        failure_rate: float | None,
        window: float,
        minimum_calls: int,
    ) -> None:
        self._failure_threshold = failure_threshold
        self._reset_timeout = reset_timeout
        self._half_open_max = half_open_max
        self._success_threshold = success_threshold
        self._failure_rate = failure_rate
        self._window = None if failure_rate is None else Window(window)
        self._minimum_calls = minimum_calls
        self.state: State = CLOSED
        self.generation: int = 0
        self.failures: int = 0
        self._successes = 0
        # When an open circuit lets its first probe through.
        self.probes_at: float = 0.0
        self._leases: dict[int, float] = {}
        self._next_lease = 0

    def state_at(self, now: float) -> State:
        """Return the state; an open circuit whose time is up is half-open already."""
        return HALF_OPEN if self.state is OPEN and now >= self.probes_at else self.state

    def admit(self, now: float) -> Ticket | float:
        """Return a ticket for a call, or the seconds until it is worth asking again."""
        if self.state is OPEN:
            if now < self.probes_at:
                return self.probes_at - now
            self._change(HALF_OPEN)
        if self.state is CLOSED:
            return Ticket(self.generation)
        self._leases = {lease: end for lease, end in self._leases.items() if end > now}
        if len(self._leases) >= self._half_open_max:
            return min(self._leases.values()) - now
        self._next_lease += 1
        self._leases[self._next_lease] = now + self._reset_timeout
        return Ticket(self.generation, self._next_lease)

    def settle(self, ticket: Ticket, *, good: bool | None, now: float) -> None:
        """Take note of how the call with `ticket` ended; None is neither good nor bad."""
        if ticket.generation != self.generation:
            return
        if ticket.lease is not None:
            if self._leases.pop(ticket.lease, None) is not None and good is not None:
                self._settle_probe(good, now)
        elif good is not None and self._is_bad(good, now):
            self.trip(now)

    def trip(self, now: float) -> None:
        """Open, whatever the state."""
        self._change(OPEN)
        self.probes_at = now + self._reset_timeout

    def reset(self) -> None:
        """Close, and forget what was counted."""
        self._change(CLOSED)

    def _settle_probe(self, good: bool, now: float) -> None:
        if not good:
            self.trip(now)
            return
        self._successes += 1
        if self._successes >= self._success_threshold:
            self.reset()

    def _is_bad(self, good: bool, now: float) -> bool:
        """Count a call through the closed circuit; return whether that opens it."""
        if self._window is None:
            self.failures = 0 if good else self.failures + 1
            return self.failures >= self._failure_threshold
        good_calls, bad_calls = self._window.add(now, good=good)
        calls = good_calls + bad_calls
        return not good and calls >= self._minimum_calls and bad_calls >= calls * (self._failure_rate or 0.0)

    def _change(self, state: State) -> None:
        self.state = state
        self.generation += 1
        self.failures = self._successes = 0
        self._leases = {}
        if self._window is not None and state is CLOSED:
            self._window = Window(self._window.span)
