"""The circuit itself: closed, open, half-open, as a state machine that is told the time."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from beluga._engine.state import Lock
    from beluga._policies.breaker import CircuitBreaker

__all__ = ["CLOSED", "HALF_OPEN", "OPEN", "PRISTINE", "Admission", "Circuit", "Memory", "State"]


class State(enum.StrEnum):
    """Whether calls go through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


CLOSED, OPEN, HALF_OPEN = State.CLOSED, State.OPEN, State.HALF_OPEN

_PARTS = 10
"""The window of a failure rate is counted in so many parts, which are forgotten whole."""


class Admission(NamedTuple):
    """What an admitted call shows when it comes back.

    Args:
        generation: How many changes of state the circuit had behind it; an older ticket changes nothing.
        lease: The number of the probe's place; None for a call through a closed circuit.
    """

    generation: int = 0
    lease: int | None = None


@attrs.frozen(kw_only=True)
class Memory:
    """All that a circuit remembers. It is replaced, never changed, so whoever reads it sees one moment.

    Args:
        state: Whether calls go through.
        generation: How often it has changed.
        failures: Failures in a row, while closed.
        successes: Good probes in a row, while half-open.
        probes_at: When an open circuit lets its first probe through.
        leases: Until when each probe holds its place, by its number.
        next_lease: The number of the next probe.
        parts: Good and bad calls within the window, by its tenths.
    """

    state: State = CLOSED
    generation: int = 0
    failures: int = 0
    successes: int = 0
    probes_at: float = 0.0
    leases: Mapping[int, float] = attrs.field(factory=dict)
    next_lease: int = 1
    parts: Mapping[int, tuple[int, int]] = attrs.field(factory=dict)

    def changed(self, state: State, *, probes_at: float = 0.0) -> Memory:
        """Return the record after a change of state, which forgets what was counted before."""
        return Memory(state=state, generation=self.generation + 1, probes_at=probes_at, next_lease=self.next_lease)

    def tripped(self, rules: CircuitBreaker, now: float) -> Memory:
        """Open, whatever the state."""
        return self.changed(OPEN, probes_at=now + rules.reset_timeout)

    def admit(self, rules: CircuitBreaker, now: float) -> tuple[Memory, Admission | float]:
        """Return a ticket for a call, or the seconds until it is worth asking again."""
        if self.state is OPEN:
            wait = self.probes_at - now
            if wait > rules.reset_timeout:  # the clock went back
                return attrs.evolve(self, probes_at=now + rules.reset_timeout), rules.reset_timeout
            if wait > 0.0:
                return self, wait
            return self.changed(HALF_OPEN).admit(rules, now)
        if self.state is CLOSED:
            return self, Admission(self.generation)
        held = {lease: end for lease, end in self.leases.items() if now < end <= now + rules.reset_timeout}
        if len(held) >= rules.half_open_max:
            return self, min(held.values()) - now
        held[self.next_lease] = now + rules.reset_timeout
        admitted = attrs.evolve(self, leases=held, next_lease=self.next_lease + 1)
        return admitted, Admission(self.generation, self.next_lease)

    def settle(self, rules: CircuitBreaker, ticket: Admission, good: bool | None, now: float) -> Memory:
        """Take note of how the call with `ticket` ended; None is neither good nor bad."""
        if ticket.generation != self.generation:
            return self
        if ticket.lease is None:
            return self if good is None else self._counted(rules, good, now)
        # A lease that has run out gave its place to another probe; what this one found out still counts.
        left = {lease: end for lease, end in self.leases.items() if lease != ticket.lease}
        if good is None:
            return attrs.evolve(self, leases=left)
        if not good:
            return self.tripped(rules, now)
        if self.successes + 1 >= rules.success_threshold:
            return self.changed(CLOSED)
        return attrs.evolve(self, leases=left, successes=self.successes + 1)

    def _counted(self, rules: CircuitBreaker, good: bool, now: float) -> Memory:
        """Count a call through the closed circuit, which opens it if it is one failure too many."""
        if rules.failure_rate is None:
            failures = 0 if good else self.failures + 1
            if failures >= rules.failure_threshold:
                return self.tripped(rules, now)
            return attrs.evolve(self, failures=failures) if failures or self.generation else PRISTINE
        current = int(now // (rules.window / _PARTS))
        parts = {at: part for at, part in self.parts.items() if current - _PARTS < at <= current}
        was_good, was_bad = parts.get(current, (0, 0))
        parts[current] = (was_good + good, was_bad + (not good))
        bad = sum(part[1] for part in parts.values())
        calls = bad + sum(part[0] for part in parts.values())
        if not good and calls >= rules.minimum_calls and bad >= calls * rules.failure_rate:
            return self.tripped(rules, now)
        return attrs.evolve(self, parts=parts)


PRISTINE = Memory()
"""The record of every circuit that has not seen a failure: a healthy call has nothing to do with it."""


class Circuit:
    """One circuit. Every method is a step that may be interrupted by another one; see `beluga._engine.state`.

    Args:
        lock: Held while it takes a step.
    """

    __slots__ = ("_lock", "record")

    def __init__(self, lock: Lock) -> None:
        self._lock = lock
        self.record: Memory = PRISTINE
        """What stands now; read it once for what belongs together."""

    def admit(self, rules: CircuitBreaker, now: float) -> tuple[State, State, Admission | float]:
        """Take the step of `Memory.admit`; return the state before and after it, and the answer."""
        with self._lock:
            while True:
                before = self.record
                after, answer = before.admit(rules, now)
                if self.record is before:
                    self.record = after
                    return before.state, after.state, answer

    def settle(self, rules: CircuitBreaker, ticket: Admission, good: bool | None, now: float) -> tuple[State, State]:
        """Take the step of `Memory.settle`; return the state before and after it."""
        return self._replace(lambda record: record.settle(rules, ticket, good, now))

    def trip(self, rules: CircuitBreaker, now: float) -> tuple[State, State]:
        """Open, whatever the state; return the state before and after it."""
        return self._replace(lambda record: record.tripped(rules, now))

    def reset(self) -> tuple[State, State]:
        """Close, and forget what was counted; return the state before and after it."""
        return self._replace(lambda record: record.changed(CLOSED))

    def state_at(self, now: float) -> State:
        """Return the state; an open circuit whose time is up is half-open already."""
        record = self.record
        return HALF_OPEN if record.state is OPEN and now >= record.probes_at else record.state

    def _replace(self, step: Callable[[Memory], Memory]) -> tuple[State, State]:
        with self._lock:
            while True:
                before = self.record
                after = step(before)
                if self.record is before:
                    self.record = after
                    return before.state, after.state
