"""Stop calling what is down, and find out when it is up again."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from beluga import events
from beluga._engine.decorator import Decorator
from beluga._engine.options import (
    follow,
    matcher,
    number,
    optional,
    seconds,
    seconds_if_any,
    text_if_any,
    tuple_if_any,
    whole,
)
from beluga._engine.policy import Hints, Policy
from beluga._engine.state import BoundedMap, StateByClock, new_lock
from beluga._engine.target import argument_reader, unhashable
from beluga._engine.timeouts import current_deadline
from beluga._engine.wrapping import BlockPolicy
from beluga._policies.circuit import CLOSED, OPEN, PRISTINE, Admission, Circuit, State
from beluga._policies.circuit_shared import SharedCircuitLayer, SharedCircuits
from beluga.classification import ErrorCode, classify
from beluga.clock import SYSTEM, environment
from beluga.errors import CircuitOpen, DeadlineExceeded, Refused
from beluga.stores.base import SharedName, Store, check_store

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from beluga._engine.call import Call, Outcome
    from beluga._engine.options import Matched
    from beluga._engine.state import Lock
    from beluga._engine.target import Target
    from beluga._policies.circuit import Memory

__all__ = ["CircuitBreaker", "breaker"]

new_error = CircuitOpen.__new__  # one look-up less

_EARLY = 1e-6
"""Seconds by which a timer of an event loop may come before its time."""

_OWN_FAULTS = frozenset(
    {
        ErrorCode.INVALID_INPUT,
        ErrorCode.AUTH_ERROR,
        ErrorCode.NOT_FOUND,
        ErrorCode.GUARD_BLOCKED,
        ErrorCode.BUDGET_EXHAUSTED,
        ErrorCode.QUOTA_EXHAUSTED,
        ErrorCode.CONTEXT_LENGTH,
        ErrorCode.CONTENT_FILTERED,
        ErrorCode.CANCELLED,
        ErrorCode.CIRCUIT_OPEN,
    }
)
"""What says nothing about the provider's health: the caller would get it from a healthy one too."""


def _is_failure(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(map(_is_failure, error.exceptions))
    if not isinstance(error, Exception):
        return False
    if isinstance(error, Refused) and not isinstance(error, DeadlineExceeded):
        return False
    return classify(error) not in _OWN_FAULTS


def _name_of(breaker: CircuitBreaker) -> str:
    return breaker._label or breaker.concern  # noqa: SLF001 - the option `name`, of which the attribute is made


@attrs.frozen(eq=False, kw_only=True)
class CircuitBreaker(BlockPolicy):
    """Refuse calls at once while the other side is down, and probe whether it is up again.

    After `failure_threshold` failures in a row the circuit opens and every call raises `CircuitOpen`. After
    `reset_timeout` seconds exactly `half_open_max` calls at a time go through as probes; `success_threshold`
    good ones close the circuit, a bad one opens it anew. An abandoned stream and the caller's own faults (a bad
    request, a bad key, a blocked text) count neither way, nor does a call that began before the circuit changed. A
    cancelled call is a failure where the deadline of a budget around it cancelled it, or where it was a `slow_call`
    already, and so is a sync call that returns after the deadline. A stream counts when it ends.

    `breaker` makes a circuit that is private to the function; an object of this class decorates any number of them,
    which then share its circuit, and guards blocks: ``with breaker:`` and ``async with breaker:``.

    Args:
        failure_threshold: Failures in a row that open the circuit.
        reset_timeout: Seconds from opening to the first probe, and until a probe that never came back is given up.
        half_open_max: Probes at the same time.
        success_threshold: Good probes in a row that close the circuit.
        failure_rate: Share of failures, above 0 and at most 1, that opens the circuit in place of
            `failure_threshold`; None counts failures in a row.
        window: Seconds over which the rate is taken.
        minimum_calls: Calls within the window before the rate counts.
        slow_call: Seconds beyond which a good call counts as a failure; None for no such bound.
        counts: Error codes, exception types and predicates that count as failures; None counts every error but the
            caller's own faults.
        key: A parameter's name, or a callable of all arguments by name: one circuit for each value. None for one.
        max_keys: Circuits kept; beyond that the least recently used is forgotten.
        name: What messages, events and the store call it; None takes the function's name.
        store: Where the circuit is kept that several processes share, such as a `beluga.stores.RedisStore`; None keeps
            it in this process. A healthy call asks nobody: what the store said is believed for a quarter of a second.
            While it does not answer every call goes through, unless its ``on_failure`` says otherwise. Not with
            `failure_rate`, which counts every call.

    Raises:
        TypeError: The function has no parameter `key`, or `counts` holds something else.
        ValueError: A figure is out of its range.

    Source: M. Nygard, "Release It!", 2nd edition, chapter 5; leases against lost probes are our own.

    Example:
        >>> @breaker(failure_threshold=1)
        ... def ask():
        ...     raise ConnectionError("refused")
        >>> for _ in range(2):
        ...     try:
        ...         ask()
        ...     except Exception as error:
        ...         print(type(error).__name__)
        ConnectionError
        CircuitOpen
    """

    concern = "breaker"
    hints: Hints = attrs.field(default=Hints(reads_value=False), init=False, repr=False)
    belongs_inside: ClassVar[Mapping[str, str]] = {
        "retry": "it counts a call that a retry rescued as healthy, and one outage as a single failure",
        "fallback": "it counts a call that the fallback rescued as healthy, so it never opens",
    }

    failure_threshold: int = attrs.field(default=5, validator=whole(1))
    # Above 0, because a probe's lease lasts as long: with none at all every call would be a probe.
    reset_timeout: float = attrs.field(default=30.0, converter=seconds, validator=number(0, above=True))
    half_open_max: int = attrs.field(default=1, validator=whole(1))
    success_threshold: int = attrs.field(default=1, validator=whole(1))
    failure_rate: float | None = attrs.field(default=None, validator=optional(number(0, 1, above=True)))
    window: float = attrs.field(default=60.0, converter=seconds, validator=number(0, above=True))
    minimum_calls: int = attrs.field(default=20, validator=whole(1))
    slow_call: float | None = attrs.field(
        default=None, converter=seconds_if_any, validator=optional(number(0, above=True))
    )
    counts: tuple[Matched, ...] | None = attrs.field(default=None, converter=tuple_if_any)
    key: str | Callable[[Mapping[str, Any]], Hashable] | None = None
    max_keys: int = attrs.field(default=10_000, validator=whole(1))
    _label: str | None = attrs.field(default=None, validator=text_if_any, alias="name", repr=False)
    store: Store | None = attrs.field(default=None, validator=check_store)

    _shared_name: SharedName = attrs.field(
        init=False,
        repr=False,
        default=attrs.Factory(lambda self: SharedName(self.concern, self._label), takes_self=True),
    )
    _shared: dict[str, SharedCircuits] = attrs.field(init=False, factory=dict, repr=False)
    name: str = attrs.field(
        init=False, default=attrs.Factory(lambda self: self._label or self.concern, takes_self=True)
    )
    _is_failure: Callable[[Exception], bool] = attrs.field(init=False, repr=False)
    _looks_at_success: bool = attrs.field(init=False, repr=False)
    _idle: Memory | None = attrs.field(init=False, repr=False)
    _circuits: StateByClock[_Circuits] = attrs.field(init=False, repr=False)
    _single: Circuit = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Work out once what every call needs."""
        is_failure = _is_failure if self.counts is None else matcher(self.counts, "breaker: counts")
        object.__setattr__(self, "_is_failure", is_failure)
        # A circuit that only counts failures in a row has nothing to do for a healthy call.
        object.__setattr__(self, "_looks_at_success", self.failure_rate is not None or self.slow_call is not None)
        object.__setattr__(self, "_idle", None if self._looks_at_success else PRISTINE)
        object.__setattr__(self, "_circuits", StateByClock(functools.partial(_Circuits, self.max_keys)))
        object.__setattr__(self, "_single", self._circuits.system.single)
        if self.store is not None and self.failure_rate is not None:
            message = (
                "breaker: failure_rate= counts every call, and a circuit in a store= hears of failures alone: give "
                "failure_threshold=, or leave out store="
            )
            raise ValueError(message)
        follow(self, "failure_threshold", "reset_timeout", "half_open_max", "success_threshold", "minimum_calls")

    def bind(self, target: Target) -> Policy:
        """Return itself, or with ``key=`` the layer that finds the key's circuit."""
        read_key = None if self.key is None else argument_reader(target, self.key, "breaker: key")
        local: Policy = self if read_key is None else _Keyed(self, read_key)
        if self.store is None:
            return local
        circuits = self._share(self.store, target.shared_name or "")
        return SharedCircuitLayer(self, local, circuits, read_key, is_async=target.kind.is_async)

    def _share(self, store: Store, function: str | None = None) -> SharedCircuits:
        """Return what the functions of this breaker know of the circuits in the store."""
        name = self._shared_name.of(function)
        return self._shared.setdefault(name, SharedCircuits(self, store, name))

    def shown_as(self, call: Call) -> str:
        """Return what a refusal of `call` calls it."""
        return self._label or call.name

    def enter(self, call: Call) -> None:
        """Let the call through a closed circuit, or a half-open one as a probe; else raise `CircuitOpen`."""
        if call.environment is SYSTEM and self._single.record is self._idle:
            return
        circuit = self._single if call.environment is SYSTEM else self._circuits.of(call.environment).single
        record = circuit.record  # without the lock: a record never changes
        state = record.state
        if state is CLOSED and not self._looks_at_success:
            if record.generation:  # a call without a ticket is one of generation 0
                call.keep(self, (Admission(record.generation), 0.0))
            return
        if state is OPEN:
            monotonic = call.environment.monotonic
            wait = record.probes_at - monotonic()
            if 0.0 < wait <= self.reset_timeout:
                # Made without its __init__, and with no message before one is asked for: 0.2 us instead of 1.4.
                error = new_error(CircuitOpen)
                error.name = self._label or call.stack.name
                error.retry_after = wait
                raise error
        self.admit(call, circuit, None)

    def leave(self, call: Call, outcome: Outcome) -> None:
        """Count the outcome, unless it says nothing about the other side's health."""
        circuit = self._single if call.environment is SYSTEM else self._circuits.of(call.environment).single
        if outcome.error is None and circuit.record is self._idle:
            deadline = current_deadline()
            monotonic = call.environment.monotonic
            if deadline == math.inf or monotonic() < deadline - _EARLY:
                return  # neither late nor anything to count: 3 us less than to settle it
        self.settle(call, circuit, None, outcome)

    def circuit_of(self, call: Call, key: Hashable) -> Circuit:
        """Return the circuit of the calls whose key is `key`, be it None, under the clock of `call`."""
        try:
            return self._circuits.of(call.environment).of(key)
        except TypeError:
            raise unhashable(self.concern, key, call.name) from None

    def admit(self, call: Call, circuit: Circuit, key: Hashable) -> None:
        """Get a ticket for `call`.

        Raises:
            CircuitOpen: There is none to be had; `retry_after` says when there may be.
        """
        now = call.environment.monotonic()
        before, after, ticket = circuit.admit(self, now)
        self.changed(call, before, after, key)
        if not isinstance(ticket, Admission):
            raise CircuitOpen(name=self._label or call.name, retry_after=ticket)
        call.keep(self, (ticket, now))

    def settle(self, call: Call, circuit: Circuit, key: Hashable, outcome: Outcome) -> None:
        """Hand back the ticket of `call` with how it ended."""
        now = call.environment.monotonic()
        ticket, began = call.kept(self, (Admission(), now))
        before, after = circuit.settle(self, ticket, self.judge(outcome, now, now - began), now)
        self.changed(call, before, after, key)

    def judge(self, outcome: Outcome, now: float, elapsed: float) -> bool | None:
        """Say whether the outcome is good or bad for the circuit; None for neither."""
        error = outcome.error
        is_late = now >= current_deadline() - _EARLY
        is_slow = self.slow_call is not None and elapsed > self.slow_call
        if error is None:
            return not is_late and not is_slow
        if isinstance(error, Exception):
            return False if self._is_failure(error) else None
        # Whoever cancels tells nothing, but that it took too long: by a budget around the call, or by `slow_call`.
        was_cancelled = not isinstance(error, (GeneratorExit, KeyboardInterrupt, SystemExit))
        return False if was_cancelled and (is_late or is_slow) else None

    def changed(self, call: Call, old: State, new: State, key: Hashable) -> None:
        """Tell that a call changed the state, if it did."""
        if old is not new:
            call.emit(events.CircuitChanged, name=self.name, old=str(old), new=str(new), key=key)

    def circuit(self, key: Hashable = None) -> Circuit:
        """Return the circuit of `key`, or the only one where the breaker has no ``key=``.

        Raises:
            ValueError: A key is given and the breaker has none, or it needs one.
        """
        if (key is None) != (self.key is None):
            fix = "was made without key=, so it has one circuit" if self.key is None else "needs a key"
            message = f"breaker: the breaker {fix}; got {key!r}"
            raise ValueError(message)
        circuits = self._circuits.of(environment())
        return circuits.single if key is None else circuits.of(key)

    @property
    def state(self) -> State:
        """The state of the only circuit, now.

        Raises:
            ValueError: The breaker has a circuit for each key.
        """
        circuit = self.circuit()
        return (
            circuit.state_at(environment().monotonic()) if self.store is None else self._share(self.store).state(None)
        )

    def trip(self, key: Hashable = None) -> None:
        """Open the circuit by hand; it lets a probe through after `reset_timeout` seconds."""
        circuit, now = self.circuit(key), environment().monotonic()
        changed = circuit.trip(self, now) if self.store is None else self._share(self.store).trip(key, now)
        self._tell_by_hand(key, *changed)

    def reset(self, key: Hashable = None) -> None:
        """Close the circuit by hand and forget its failures."""
        circuit = self.circuit(key)
        self._tell_by_hand(key, *(circuit.reset() if self.store is None else self._share(self.store).reset(key)))

    def _tell_by_hand(self, key: Hashable, old: State, new: State) -> None:
        if old is not new and events.listening():
            # There is no call, and so no function that it happened to.
            events.emit(events.CircuitChanged("", name=self.name, old=str(old), new=str(new), key=key))

    def describe(self) -> str:
        """Return the options that matter, and the state."""
        rule = (
            f"failure_threshold={self.failure_threshold}"
            if self.failure_rate is None
            else f"failure_rate={self.failure_rate} window={self.window}"
        )
        if self.store is not None:  # to explain is not to ask
            return f"{rule} reset_timeout={self.reset_timeout} shared in {self.store!r}"
        state = f"state={self.state}" if self.key is None else f"keys={len(self._circuits.of(environment()).keys)}"
        return f"{rule} reset_timeout={self.reset_timeout} {state}"


class _Circuits:
    """The circuits of one breaker under one clock: the only one, or one for each key."""

    __slots__ = ("_lock", "keys", "single")

    def __init__(self, max_keys: int) -> None:
        self._lock: Lock = new_lock()
        self.single: Circuit = Circuit(self._lock)
        self.keys: BoundedMap[Circuit] = BoundedMap(max_keys, lambda circuit: circuit.record.state is not CLOSED)

    def of(self, key: Hashable) -> Circuit:
        """Return the circuit of the calls whose key is `key`, be it None."""
        with self._lock:
            circuit = self.keys.use(key)
            if circuit is None:
                circuit = Circuit(self._lock)
                self.keys.add(key, circuit)
            return circuit


class _Keyed(Policy):
    """The layer of a breaker with a circuit for each key."""

    concern = "breaker"
    hints = Hints(reads_value=False)

    def __init__(self, owner: CircuitBreaker, read_key: Callable[[Call], Hashable]) -> None:
        self.name = owner.name
        self._owner = owner
        self._read_key = read_key

    def enter(self, call: Call) -> None:
        key = self._read_key(call)
        circuit = self._owner.circuit_of(call, key)
        self._owner.admit(call, circuit, key)
        call.keep(self, (key, circuit))

    def leave(self, call: Call, outcome: Outcome) -> None:
        key, circuit = call.kept(self)
        self._owner.settle(call, circuit, key, outcome)


breaker: Final = Decorator(
    CircuitBreaker,
    words={
        "counts": "exceptions expected_exception",
        "failure_threshold": "fail_max max_failures threshold",
        "half_open_max": "half_open_max_calls",
        "reset_timeout": "recovery_timeout timeout timeout_duration ttl",
        "leave it out, as the error itself is always raised": "throw_new_error_on_trip",
        "leave it out, or give store= where there is one: the state is this process's": "state_storage",
        "put @fallback(other) above it": "fallback_function",
        "subscribe with beluga.events.subscribe(callback, beluga.events.CircuitChanged)": "listeners",
        "write counts=, which lists what does count as a failure": "exclude",
    },
)
"""Refuse calls at once while the other side is down, and probe whether it is up again; see `CircuitBreaker`."""
