"""A circuit that several processes share: its state is in a store, and a healthy call asks nobody.

What the store said is believed for a quarter of a second (`FRESH`), by all calls of the process. So a healthy call
costs a look at the clock, and a process finds out within that time that another one opened the circuit. A failure is
counted in the store when it happens; probes are handed out there, one at a time over all processes:

    process A   fails ... fails: 5 in a row, open, generation 1 ------------ reset_timeout ---- admit: probe 1
    process B   goes, goes, (0.25 s) asks: open, refuses, refuses ----------------------------- admit: wait
    process A   the probe is good: closed, generation 2                      process B   asks: closed, goes
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

from beluga._engine.policy import Hints, Policy, Tell
from beluga._engine.state import BoundedMap, new_lock
from beluga._engine.timeouts import current_deadline
from beluga._policies.circuit import CLOSED, HALF_OPEN, OPEN, State
from beluga.errors import CircuitOpen, DeadlineExceeded
from beluga.stores.circuits import ADMIT, OUTCOME, TRIPPED
from beluga.stores.scripts import FORGET, LOOK, MICROSECONDS, Question, numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from beluga._engine.call import Call, Outcome
    from beluga._engine.policy import Verdict
    from beluga._policies.breaker import CircuitBreaker
    from beluga.stores.base import Store

__all__ = ["SharedCircuitLayer", "SharedCircuits"]

FRESH = 0.25
"""Seconds for which the store's answer is believed."""
STATES = (CLOSED, OPEN, HALF_OPEN)


class _KnownCircuit:
    """What this process knows of one circuit.

    Attributes:
        key: The server's key.
        state: The state when the store last said it.
        generation: How often that had changed.
        failures: Failures in a row then.
        fresh_until: How long that is believed, by the clock of the calls.
        probes_at: When an open circuit lets a probe through, by the same clock.
    """

    __slots__ = ("failures", "fresh_until", "generation", "key", "probes_at", "state")

    def __init__(self, key: str) -> None:
        self.key = key
        self.state: State = CLOSED
        self.generation = self.failures = 0
        self.fresh_until = self.probes_at = -math.inf

    def learn(self, answer: list[Any], now: float) -> State:
        """Take what the store said; return the state before."""
        before = self.state
        state, self.generation, self.failures, wait, _ = answer
        self.state = STATES[state]
        self.fresh_until, self.probes_at = now + FRESH, now + wait / MICROSECONDS
        return before


class SharedCircuits:
    """The questions of one breaker to its store.

    Args:
        breaker: Whose rules count.
        store: The store.
        name: What the breaker is called in every process.
    """

    def __init__(self, breaker: CircuitBreaker, store: Store, name: str) -> None:
        self.store = store
        self._breaker = breaker
        self._name = name
        self._lock = new_lock()
        self._known: BoundedMap[_KnownCircuit] = BoundedMap(breaker.max_keys)

    def of(self, key: Hashable) -> _KnownCircuit:
        """Return what is known of the circuit of `key`."""
        # Plain texts that are equal are the same; others, as 1 and True, are told apart by the server's key.
        at = key if key is None or type(key) is str else self.store.key("circuit", self._name, key)
        known = self._known.values.get(at)
        if known is None:
            with self._lock:
                known = self._known.add(at, _KnownCircuit(self.store.key("circuit", self._name, key)))
        return known

    @property
    def admitting(self) -> tuple[float, ...]:
        """The arguments that ask for admission."""
        return round(self._breaker.reset_timeout * MICROSECONDS), self._breaker.half_open_max

    def ended(self, generation: int, lease: int, good: int) -> tuple[float, ...]:
        """Return the arguments that tell how a call ended."""
        rules = self._breaker
        return (*self.admitting, generation, lease, good, rules.failure_threshold, rules.success_threshold)

    def state(self, key: Hashable) -> State:
        """Return the state of the circuit of `key`, blocking."""
        now, line = self.store.ask(Question(LOOK, self.of(key).key))
        _, state, _, _, probes_at, *_ = (*numbers(line), 0.0, 0.0, 0.0, 0.0, 0.0)
        return HALF_OPEN if state == 1 and now >= probes_at else STATES[int(state)]

    def trip(self, key: Hashable, now: float) -> tuple[State, State]:
        """Open the circuit, blocking; return the state before and after."""
        before, known = self.state(key), self.of(key)
        known.learn(self.store.ask(Question(OUTCOME, known.key, self.ended(0, 0, TRIPPED))), now)
        return before, known.state

    def reset(self, key: Hashable) -> tuple[State, State]:
        """Close the circuit, blocking; return the state before and after."""
        before, known = self.state(key), self.of(key)
        self.store.ask(Question(FORGET, known.key))
        known.fresh_until = -math.inf
        return before, CLOSED


class _Ticket:
    """What one call was admitted with."""

    __slots__ = ("began", "generation", "known", "lease")

    def __init__(self, known: _KnownCircuit, generation: int, began: float, lease: int = 0) -> None:
        self.known = known
        self.generation = generation
        self.began = began
        self.lease = lease


class SharedCircuitLayer(Policy):
    """Lets calls through a circuit that the store knows."""

    concern = "breaker"
    hints = Hints(reads_value=False)

    def __init__(
        self, breaker: CircuitBreaker, local: Policy, circuits: SharedCircuits, read_key: Any, *, is_async: bool
    ) -> None:
        self.name = breaker.name
        self._breaker = breaker
        self._local = local
        self._circuits = circuits
        self._read_key: Callable[[Call], Hashable] = read_key or (lambda _: None)
        self._is_async = is_async

    def enter(self, call: Call) -> Verdict | None:
        """Let the call through, as a probe if need be; else raise `CircuitOpen`."""
        key = self._read_key(call)
        known, answer = self._circuits.of(key), call.answer
        now = call.environment.monotonic()
        if answer is not None:
            if answer.error is not None:
                if isinstance(answer.error, DeadlineExceeded):
                    raise answer.error
                return self._without(call, answer.error)
            self._learn(call, known, key, answer.value)
            if known.state is CLOSED or answer.value[4]:
                call.keep(self, _Ticket(known, known.generation, now, answer.value[4]))
                return None
        elif now < known.fresh_until <= now + FRESH:
            if known.state is CLOSED:
                call.keep(self, _Ticket(known, known.generation, now))
                return None
            if known.probes_at <= now:
                return self._ask(call, known)
        else:
            return self._ask(call, known)
        raise CircuitOpen(name=self._breaker.shown_as(call), retry_after=max(0.0, known.probes_at - now))

    def _ask(self, call: Call, known: _KnownCircuit) -> Verdict | None:
        store = self._circuits.store
        if store.is_down:
            return self._without(call, None)

        def give_back(answer: list[Any]) -> None:
            if answer[4]:
                self._send(known, answer[1], answer[4], -1)

        question = Question(ADMIT, known.key, self._circuits.admitting, give_back)
        return store.asking(question, is_async=self._is_async)

    def _without(self, call: Call, error: BaseException | None) -> Verdict | None:
        """Go on without the store: with the circuit of this process, or with none."""
        mode = self._circuits.store.on_failure or "open"
        if mode == "closed":
            raise self._circuits.store.refusal(self.concern, error)
        call.keep(self, mode)
        return self._local.enter(call) if mode == "local" else None

    def leave(self, call: Call, outcome: Outcome) -> Verdict | None:
        """Count the outcome in the store, unless it says nothing new."""
        ticket: Any = call.kept(self)
        if not isinstance(ticket, _Ticket):
            return self._local.leave(call, outcome) if ticket == "local" else None
        known = ticket.known
        if call.answer is not None:
            if call.answer.error is None:
                self._learn(call, known, self._read_key(call), call.answer.value)
            return None
        now = call.environment.monotonic()
        good = self._breaker.judge(outcome, now, now - ticket.began)
        if not ticket.lease and (good is None or (good and not known.failures)):
            return None
        told = -1 if good is None else int(good)
        if ticket.lease or good is False:
            known.fresh_until = -math.inf  # whatever comes of it, the next call asks
        store = self._circuits.store
        if store.is_down:
            return None
        # What is cancelled or late cannot wait for an answer.
        if (outcome.error is None or isinstance(outcome.error, Exception)) and now < current_deadline():
            given = self._circuits.ended(ticket.generation, ticket.lease, told)
            return store.asking(Question(OUTCOME, known.key, given), is_async=self._is_async)
        return Tell(functools.partial(self._send, known, ticket.generation, ticket.lease, told))

    def _send(self, known: _KnownCircuit, generation: int, lease: int, good: int) -> None:
        given = self._circuits.ended(generation, lease, good)
        self._circuits.store.tell(Question(OUTCOME, known.key, given), is_async=self._is_async)

    def _learn(self, call: Call, known: _KnownCircuit, key: Hashable, answer: list[Any]) -> None:
        before = known.learn(answer, call.environment.monotonic())
        self._breaker.changed(call, before, known.state, key)

    def abandon(self, call: Call) -> Tell | None:
        """Leave it to the answer that is still to come to give a probe's place back."""
        return self._local.abandon(call) if call.kept(self) == "local" else None
