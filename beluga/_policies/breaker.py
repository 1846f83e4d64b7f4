"""Stop calling what is down, and find out when it is up again."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

import attrs

from beluga import events
from beluga._engine.arguments import argument_reader
from beluga._engine.error_matching import as_tuple, matcher
from beluga._engine.policy import Hints, Policy
from beluga._engine.validators import number, optional, seconds, whole
from beluga._policies.circuit import CLOSED, OPEN, Circuit, State, Ticket
from beluga.classification import ErrorCode, classify
from beluga.clock import environment
from beluga.errors import CircuitOpen, DeadlineExceeded, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, MutableMapping

    from beluga._engine.call import Call, Outcome
    from beluga._engine.stack import Target

__all__ = ["BreakerOptions", "CircuitBreaker", "breaker"]

F = TypeVar("F")

new_error = CircuitOpen.__new__  # one look-up less

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


def _is_failure(error: Exception) -> bool:
    if isinstance(error, Refused) and not isinstance(error, DeadlineExceeded):
        return False
    return classify(error) not in _OWN_FAULTS


@attrs.frozen(kw_only=True)
class BreakerOptions:
    """The options of `breaker`; see there."""

    name: str = "breaker"
    failure_threshold: int = attrs.field(default=5, validator=whole(1))
    # Above 0, because a probe's lease lasts as long: with none at all every call would be a probe.
    reset_timeout: float = attrs.field(default=30.0, converter=seconds, validator=number(0, above=True))
    half_open_max: int = attrs.field(default=1, validator=whole(1))
    success_threshold: int = attrs.field(default=1, validator=whole(1))
    failure_rate: float | None = attrs.field(default=None, validator=optional(number(0, 1, above=True)))
    window: float = attrs.field(default=60.0, converter=seconds, validator=number(0, above=True))
    minimum_calls: int = attrs.field(default=20, validator=whole(1))
    slow_call: float | None = attrs.field(default=None, converter=seconds, validator=optional(number(0, above=True)))
    counts: Any = None
    key: str | Callable[[Mapping[str, Any]], Hashable] | None = None
    max_keys: int = attrs.field(default=10_000, validator=whole(1))


class CircuitBreaker(Policy):
    """A circuit breaker that any number of functions can share: it is a decorator.

    See `breaker` for the arguments.

    Example:
        >>> openai = CircuitBreaker(failure_threshold=2, name="openai")
        >>> @openai
        ... def ask(): ...
        >>> @openai
        ... def embed(): ...
        >>> openai.trip()
        >>> openai.state
        <State.OPEN: 'open'>
    """

    concern = "breaker"
    hints = Hints(reads_value=False)
    belongs_inside: ClassVar[Mapping[str, str]] = {
        "retry": "it counts a call that a retry rescued as healthy, and one outage as a single failure",
        "fallback": "it counts a call that the fallback rescued as healthy, so it never opens",
    }

    def __init__(
        self,
        failure_threshold: int = 5,
        reset_timeout: float = 30.0,
        half_open_max: int = 1,
        success_threshold: int = 1,
        *,
        failure_rate: float | None = None,
        window: float = 60.0,
        minimum_calls: int = 20,
        slow_call: float | None = None,
        counts: Iterable[Any] | None = None,
        key: str | Callable[[Mapping[str, Any]], Hashable] | None = None,
        max_keys: int = 10_000,
        name: str | None = None,
    ) -> None:
        options = BreakerOptions(
            name=name or self.concern,
            failure_threshold=failure_threshold,
            reset_timeout=reset_timeout,
            half_open_max=half_open_max,
            success_threshold=success_threshold,
            failure_rate=failure_rate,
            window=window,
            minimum_calls=minimum_calls,
            slow_call=slow_call,
            counts=counts,
            key=key,
            max_keys=max_keys,
        )
        self.options: BreakerOptions = options
        self.name: str = options.name
        self._label = name
        self._is_failure = _is_failure if counts is None else matcher(as_tuple(counts), "breaker: counts")
        self._lock = threading.Lock()
        self._circuits: MutableMapping[Hashable, Circuit] = _bounded(options.max_keys)
        self._single = self._new_circuit()
        # A circuit that only counts failures in a row has nothing to do for a healthy call.
        self._looks_at_success = options.failure_rate is not None or options.slow_call is not None

    def bind(self, target: Target) -> Policy:
        """Return itself, or with ``key=`` the layer that finds the key's circuit."""
        if self.options.key is None:
            return self
        return _Keyed(self, argument_reader(target, self.options.key, "breaker: key"))

    def enter(self, call: Call) -> None:
        """Let the call through a closed circuit, or a half-open one as a probe; else raise `CircuitOpen`."""
        circuit = self._single
        # All without the lock. The generation is read before the state: a trip in between makes this ticket stale.
        generation = circuit.generation
        state = circuit.state
        if state is CLOSED and not self._looks_at_success:
            if generation:  # a call without a ticket is one of generation 0
                call.keep(self, (Ticket(generation), 0.0))
            return
        if state is OPEN:
            monotonic = call.environment.monotonic
            wait = circuit.probes_at - monotonic()
            if wait > 0.0:
                # Made without its __init__, and with no message before one is asked for: 0.2 us instead of 1.4.
                error = new_error(CircuitOpen)
                error.name = self._label or call.stack.name
                error.retry_after = wait
                raise error
        self.admit(call, circuit, None)

    def leave(self, call: Call, outcome: Outcome) -> None:
        """Count the outcome, unless it says nothing about the other side's health."""
        circuit = self._single
        if outcome.error is None and circuit.state is CLOSED and not circuit.failures and not self._looks_at_success:
            return
        self.settle(call, circuit, None, outcome)

    def admit(self, call: Call, circuit: Circuit, key: Hashable) -> None:
        """Get a ticket for `call`.

        Raises:
            CircuitOpen: There is none to be had; `retry_after` says when there may be.
        """
        now = call.environment.monotonic()
        with self._lock:
            before = circuit.state
            ticket = circuit.admit(now)
            after = circuit.state
        self._tell(call, before, after, key)
        if not isinstance(ticket, Ticket):
            raise CircuitOpen(name=self._label or call.name, retry_after=ticket)
        call.keep(self, (ticket, now))

    def settle(self, call: Call, circuit: Circuit, key: Hashable, outcome: Outcome) -> None:
        """Hand back the ticket of `call` with how it ended."""
        now = call.environment.monotonic()
        ticket, began = call.kept(self, (Ticket(), now))
        good = self._judge(outcome, now - began)
        with self._lock:
            before = circuit.state
            circuit.settle(ticket, good=good, now=now)
            after = circuit.state
        self._tell(call, before, after, key)

    def _judge(self, outcome: Outcome, elapsed: float) -> bool | None:
        """Say whether the outcome is good or bad for the circuit; None for neither."""
        error = outcome.error
        if error is None:
            return self.options.slow_call is None or elapsed <= self.options.slow_call
        if isinstance(error, Exception) and self._is_failure(error):
            return False
        return None

    def _tell(self, call: Call, old: State, new: State, key: Hashable) -> None:
        if old is not new:
            call.emit(events.CircuitChanged, name=self.name, old=str(old), new=str(new), key=key)

    def _new_circuit(self) -> Circuit:
        options = self.options
        return Circuit(
            options.failure_threshold,
            options.reset_timeout,
            options.half_open_max,
            options.success_threshold,
            options.failure_rate,
            options.window,
            options.minimum_calls,
        )

    def circuit(self, key: Hashable = None) -> Circuit:
        """Return the circuit of `key`, or the only one where the breaker has no ``key=``.

        Raises:
            ValueError: A key is given and the breaker has none, or it needs one.
        """
        if (key is None) != (self.options.key is None):
            fix = "was made without key=, so it has one circuit" if self.options.key is None else "needs a key"
            message = f"breaker: the breaker {fix}; got {key!r}"
            raise ValueError(message)
        return self._single if key is None else self.circuit_of(key)

    def circuit_of(self, key: Hashable) -> Circuit:
        """Return the circuit of the calls whose key is `key`, be it None."""
        with self._lock:
            circuit = self._circuits.get(key)
            if circuit is None:
                circuit = self._circuits[key] = self._new_circuit()
            return circuit

    @property
    def state(self) -> State:
        """The state of the only circuit, now.

        Raises:
            ValueError: The breaker has a circuit for each key.
        """
        return self.circuit().state_at(environment().monotonic())

    def trip(self, key: Hashable = None) -> None:
        """Open the circuit by hand; it lets a probe through after `reset_timeout` seconds."""
        circuit, now = self.circuit(key), environment().monotonic()
        self._by_hand(circuit, key, lambda: circuit.trip(now))

    def reset(self, key: Hashable = None) -> None:
        """Close the circuit by hand and forget its failures."""
        circuit = self.circuit(key)
        self._by_hand(circuit, key, circuit.reset)

    def _by_hand(self, circuit: Circuit, key: Hashable, change: Callable[[], None]) -> None:
        with self._lock:
            before = circuit.state
            change()
            after = circuit.state
        if before is not after and events.listening():
            # There is no call, and so no function that it happened to.
            changed = events.CircuitChanged("", name=self.name, old=str(before), new=str(after), key=key)
            events.emit(changed)

    def describe(self) -> str:
        """Return the options that matter, and the state."""
        options = self.options
        rule = (
            f"failure_threshold={options.failure_threshold}"
            if options.failure_rate is None
            else f"failure_rate={options.failure_rate} window={options.window}"
        )
        state = f"state={self.state}" if options.key is None else f"keys={len(self._circuits)}"
        return f"{rule} reset_timeout={options.reset_timeout} {state}"


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
        circuit = self._owner.circuit_of(key)
        self._owner.admit(call, circuit, key)
        call.keep(self, (key, circuit))

    def leave(self, call: Call, outcome: Outcome) -> None:
        key, circuit = call.kept(self)
        self._owner.settle(call, circuit, key, outcome)


def _bounded(max_keys: int) -> MutableMapping[Hashable, Circuit]:
    import cachetools

    return cachetools.LRUCache(max_keys)


@overload
def breaker(function: F, /) -> F: ...
@overload
def breaker(
    *,
    failure_threshold: int = 5,
    reset_timeout: float = 30.0,
    half_open_max: int = 1,
    success_threshold: int = 1,
    failure_rate: float | None = None,
    window: float = 60.0,
    minimum_calls: int = 20,
    slow_call: float | None = None,
    counts: Iterable[Any] | None = None,
    key: str | Callable[[Mapping[str, Any]], Hashable] | None = None,
    max_keys: int = 10_000,
    name: str | None = None,
) -> CircuitBreaker: ...
def breaker(function: Any = None, /, **options: Any) -> Any:  # noqa: D417 - the options are documented one by one
    """Refuse calls at once while the other side is down, and probe whether it is up again.

    After `failure_threshold` failures in a row the circuit opens and every call raises `CircuitOpen`. After
    `reset_timeout` seconds exactly `half_open_max` calls at a time go through as probes; `success_threshold`
    good ones close the circuit, a bad one opens it anew. A cancelled call, an abandoned stream and the caller's own
    faults (a bad request, a bad key, a blocked text) count neither way, nor does a call that began before the
    circuit changed. A stream counts when it ends. The circuit is private to the function; to share one, decorate
    with a `CircuitBreaker`.

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
        name: What messages and events call it; None takes the function's name.

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
    policy = CircuitBreaker(**options)
    return policy if function is None else policy(function)
