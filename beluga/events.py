"""What happened, as frozen records, for whoever wants to hear of it.

Events are beluga's hooks. Policies, graphs and configuration emit them; tests, logs and traces subscribe.
Without a subscriber an event is never even built. No record holds guarded text or a secret.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self

import attrs

from beluga._foreign import answers_later

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from beluga.classification import ErrorCode

__all__ = [
    "AnswerOdd",
    "AnswerRejected",
    "CacheHit",
    "CacheMissed",
    "CallRefused",
    "CircuitChanged",
    "ConfigRejected",
    "ConfigReloaded",
    "EdgeTaken",
    "Event",
    "FallbackTaken",
    "GuardBlockedEvent",
    "GuardModified",
    "HedgeStarted",
    "LimitChanged",
    "NodeFailed",
    "NodeFinished",
    "NodeStarted",
    "QueueLeft",
    "RequestMended",
    "RetriesNested",
    "RetryScheduled",
    "Spent",
    "StoreChanged",
    "StreamResumed",
    "Subscription",
    "WaitScheduled",
    "emit",
    "listening",
    "subscribe",
]


@attrs.frozen(eq=False, repr=False)
class Event:
    """Base of all events.

    Args:
        function: The qualified name of the decorated function, graph or file that it happened to; empty where
            somebody did it by hand.
    """

    function: str

    # Written once: as attrs writes them, for each class anew, they take the import 6 ms more.
    def __eq__(self, other: object) -> bool:
        return _fields(self) == _fields(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), *_fields(self).values()))

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in _fields(self).items())
        return f"{type(self).__name__}({told})"


def _fields(event: Any) -> dict[str, Any]:
    return attrs.asdict(event, recurse=False)


@attrs.frozen(eq=False, repr=False)
class RetryScheduled(Event):
    """A failed attempt will be made again, after `delay` seconds; `attempt` counts from 1 and has failed."""

    attempt: int
    delay: float
    code: ErrorCode | None
    error: str


@attrs.frozen(eq=False, repr=False)
class RetriesNested(Event):
    """A call is tried again of which `inner`, a retry further in or a client of its own accord, made `attempts`.

    Their attempts multiply, as each further one is tried so often in turn.
    """

    inner: str
    attempts: int


@attrs.frozen(eq=False, repr=False)
class StreamResumed(Event):
    """A stream that was cut after so many `items` goes on, as ``retry(resume=)`` has it."""

    items: int
    code: ErrorCode | None


@attrs.frozen(eq=False, repr=False)
class WaitScheduled(Event):
    """A call waits `delay` seconds for its turn at `policy`."""

    policy: str
    delay: float


@attrs.frozen(eq=False, repr=False)
class QueueLeft(Event):
    """A call has left the queue of `policy` after `waited` seconds: with its turn, or else because it gave up."""

    policy: str
    waited: float
    granted: bool


@attrs.frozen(eq=False, repr=False)
class CircuitChanged(Event):
    """The breaker `name` went from state `old` to state `new`."""

    name: str
    old: str
    new: str
    key: Hashable = None


@attrs.frozen(eq=False, repr=False)
class StoreChanged(Event):
    """A shared store went from `old` to `new`, ``"up"`` or ``"down"``; where both are alike, one answer was wrong."""

    store: str
    old: str
    new: str
    reason: str


@attrs.frozen(eq=False, repr=False)
class CallRefused(Event):
    """A policy did not let the call through."""

    policy: str
    code: ErrorCode
    retry_after: float | None = None


@attrs.frozen(eq=False, repr=False)
class CacheHit(Event):
    """The call got an answer that was kept `age` seconds ago, without a run of the function."""

    age: float


@attrs.frozen(eq=False, repr=False)
class CacheMissed(Event):
    """Nothing good was kept for the call, and it runs the function; who waits for it meanwhile hears of a hit."""


@attrs.frozen(eq=False, repr=False)
class Spent(Event):
    """So many tokens and so much money were charged to the budgets around a call; where nobody told, its estimate."""

    tokens: float
    cost: float


@attrs.frozen(eq=False, repr=False)
class FallbackTaken(Event):
    """The function failed and the alternative of that name is tried."""

    alternative: str
    code: ErrorCode | None


@attrs.frozen(eq=False, repr=False)
class AnswerRejected(Event):
    """A model's answer does not fit its type at so many places; `attempt` counts from 1."""

    attempt: int
    errors: int


@attrs.frozen(eq=False, repr=False)
class AnswerOdd(Event):
    """A provider's answer strays from its API in a way that could be read all the same; `what` says how."""

    what: str


@attrs.frozen(eq=False, repr=False)
class RequestMended(Event):
    """A request had something that its provider would refuse, and was sent with something near it; `what` says how."""

    what: str


@attrs.frozen(eq=False, repr=False)
class GuardBlockedEvent(Event):
    """A guard stopped a text at `stage`; with `observed` it only would have."""

    guard: str
    stage: str
    rules: tuple[str, ...] = ()
    observed: bool = False


@attrs.frozen(eq=False, repr=False)
class GuardModified(Event):
    """A guard changed a text at `stage`; with `observed` it only would have."""

    guard: str
    stage: str
    rules: tuple[str, ...] = ()
    observed: bool = False


@attrs.frozen(eq=False, repr=False)
class HedgeStarted(Event):
    """The call is made once more, for the `number`-th time, because no answer came within `after` seconds."""

    number: int
    after: float


@attrs.frozen(eq=False, repr=False)
class LimitChanged(Event):
    """A bulkhead that finds its limit by itself lets `new` calls run at once from now on, and not `old`."""

    old: int
    new: int


@attrs.frozen(eq=False, repr=False)
class NodeStarted(Event):
    """A node of a graph or a branch of a scatter begins."""

    node: str


@attrs.frozen(eq=False, repr=False)
class NodeFinished(Event):
    """A node or branch gave its result after `elapsed` seconds."""

    node: str
    elapsed: float


@attrs.frozen(eq=False, repr=False)
class NodeFailed(Event):
    """A node or branch raised after `elapsed` seconds."""

    node: str
    elapsed: float
    code: ErrorCode | None
    error: str


@attrs.frozen(eq=False, repr=False)
class EdgeTaken(Event):
    """The run goes on from `source` to `target`."""

    source: str
    target: str


@attrs.frozen(eq=False, repr=False)
class ConfigReloaded(Event):
    """A new configuration is current; `changed` names the fields whose values differ."""

    changed: tuple[str, ...]


@attrs.frozen(eq=False, repr=False)
class ConfigRejected(Event):
    """A changed file was invalid and the configuration in use stays."""

    problems: tuple[str, ...]


class Subscription:
    """A callback that hears of events until it is cancelled; call it, or leave its block, to cancel."""

    __slots__ = ("callback", "types")

    def __init__(self, callback: Callable[[Any], object], types: tuple[type[Event], ...]) -> None:
        self.callback: Callable[[Any], object] = callback
        self.types: tuple[type[Event], ...] = types or (Event,)

    def __call__(self) -> None:
        """Stop hearing; a second call changes nothing."""
        global _subscriptions  # noqa: PLW0603 - one process-wide list, swapped whole under the lock
        with _lock:
            _subscriptions = tuple(s for s in _subscriptions if s is not self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self()


_lock = threading.Lock()
_subscriptions: tuple[Subscription, ...] = ()


def subscribe(callback: Callable[[Any], object], *types: type[Event]) -> Subscription:
    """Call `callback` with every event of `types`, or with all events where none is named.

    The callback runs in the thread or task that the event happens in, and should be quick. An exception
    out of it is logged by its type under ``beluga.events`` and never reaches the application.

    Returns:
        The unsubscriber, which is a context manager too.

    Raises:
        TypeError: The callback cannot be called, or would have to be awaited; or a type is not one of an event.

    Example:
        >>> seen = []
        >>> with subscribe(seen.append, CircuitChanged):
        ...     emit(CircuitChanged("ask", name="openai", old="closed", new="open"))
        >>> seen[0].new
        'open'
    """
    global _subscriptions  # noqa: PLW0603 - see Subscription.__call__
    is_event = isinstance(callback, type) and issubclass(callback, Event)
    if not callable(callback) or answers_later(callback) or is_event:
        what = callback.__name__ if is_event else type(callback).__name__
        message = f"subscribe takes a plain function of the event first, which nobody awaits, and got {what}"
        raise TypeError(message)
    for kind in types:
        if not isinstance(kind, type) or not issubclass(kind, Event):
            message = f"subscribe takes classes of events, such as events.RetryScheduled, and got {kind!r}"
            raise TypeError(message)
    subscription = Subscription(callback, types)
    with _lock:
        _subscriptions = (*_subscriptions, subscription)
    return subscription


def listening() -> bool:
    """Say whether anyone is subscribed, so that an event is built only for somebody."""
    return bool(_subscriptions)


def emit(event: Event) -> None:
    """Hand `event` to the subscribers of its type."""
    for subscription in _subscriptions:
        if isinstance(event, subscription.types):
            deliver(subscription.callback, event)


def deliver(callback: Callable[[Any], object], event: Event) -> None:
    """Call `callback` with `event`, and keep what it raises away from the application."""
    try:
        callback(event)
    except Exception as error:
        import logging

        # The type alone: the text of a stranger's exception may hold anything.
        logging.getLogger(__name__).warning(
            "a subscriber failed on %s with %s", type(event).__name__, type(error).__name__
        )
