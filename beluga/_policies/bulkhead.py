"""Let no more calls run at once than a fixed number, or than a provider is found to bear."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs

from beluga import events
from beluga._engine.decorator import OptionsDecorator
from beluga._engine.options import optional, whole
from beluga._engine.policy import Ask, Hints, Policy
from beluga._engine.state import BoundedMap, StateByClock, new_lock
from beluga._engine.target import argument_reader, unhashable
from beluga._engine.timeouts import DEADLINE, expired
from beluga._engine.wrapping import BlockPolicy
from beluga._foreign import count, get
from beluga._policies.adaptive import AdaptiveLimit
from beluga._policies.slots import HAS_GIL, QueuedCall, Slots
from beluga.classification import ErrorCode, classify
from beluga.clock import SYSTEM, environment
from beluga.errors import BulkheadFull, DeadlineExceeded, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from beluga._engine.call import Call, Outcome
    from beluga._engine.target import Target

    Source = str | Callable[[Mapping[str, Any]], Any]

__all__ = ["Bulkhead", "bulkhead"]

_START: Final = 5
_MAXIMUM: Final = 1000
_OVERLOADED: Final = frozenset({ErrorCode.RATE_LIMIT, ErrorCode.PROVIDER_UNAVAILABLE, ErrorCode.TIMEOUT})
"""Errors that tell that so many calls at once were too many."""


def _is_limit(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value != "auto" and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        message = f'bulkhead: {attribute.name}={value!r} must be a whole number of at least 1, or "auto"'
        raise ValueError(message)


@attrs.frozen(eq=False)
class Bulkhead(BlockPolicy):
    """Let at most `max_concurrent` calls run at once, for everybody or for each value of `key`.

    A call too many waits where `max_queue` leaves room, first in, first out, and no longer than its deadline; else it
    raises `BulkheadFull`, which says about when to try again. A stream holds its slot until it has ended. A slot that
    is granted to one who has just left goes to the next.

    ``"auto"`` finds the number by itself: it grows while answers come well and all slots are used, falls when the
    provider refuses, fails or becomes slow, and keeps to what the provider tells of the calls that are left.

    `bulkhead` makes one that is private to the function; an object of this class decorates any number of them, which
    then share its slots, and lets blocks through (``with bulkhead:``, ``async with bulkhead:``). Slots belong to the
    clock that they were taken under.

    Args:
        max_concurrent: Calls that run at once, or ``"auto"``.
        max_queue: Calls that wait; 0 refuses at once.
        key: A parameter's name, or a callable of all arguments by name: slots for each value. None for all together.
        priority: A parameter's name, or a callable of all arguments by name, that gives a number: who has a higher one
            passes those who came up to 10 s a level before. None is 0 for all.
        start: What ``"auto"`` begins with; None is 5.
        maximum: What it never passes; None is 1000.
        max_keys: Keys kept; one that is in use is not forgotten.

    Raises:
        TypeError: The function has no such parameter, or a key is not hashable.
        ValueError: A figure is out of its range, or for ``"auto"`` alone.

    Source: for ``"auto"`` see Chiu and Jain 1989 (additive increase, multiplicative decrease) and Netflix'
        concurrency-limits (Gradient2).

    Example:
        >>> shared = Bulkhead(1)
        >>> @shared
        ... def ask(question: str) -> str:
        ...     return "fine"
        >>> ask("one after the other?")
        'fine'
        >>> with shared:
        ...     ask("at once?")
        Traceback (most recent call last):
        beluga.errors.BulkheadFull: 1 of 1 calls are running and no more may wait (0 of 0); try again in about ...
    """

    concern = "bulkhead"

    max_concurrent: int | Literal["auto"] = attrs.field(validator=_is_limit)
    max_queue: int = attrs.field(default=0, validator=whole(0))
    key: Source | None = attrs.field(default=None, kw_only=True)
    priority: Source | None = attrs.field(default=None, kw_only=True)
    start: int | None = attrs.field(default=None, validator=optional(whole(1)), kw_only=True)
    maximum: int | None = attrs.field(default=None, validator=optional(whole(1)), kw_only=True)
    max_keys: int = attrs.field(default=10_000, validator=whole(1), kw_only=True)
    _rooms: StateByClock[_Rooms] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Make room for the calls."""
        if self.max_concurrent != "auto" and (self.start is not None or self.maximum is not None):
            name = "start" if self.start is not None else "maximum"
            message = f'bulkhead: {name}= is for bulkhead("auto"), and max_concurrent={self.max_concurrent} is fixed'
            raise ValueError(message)
        object.__setattr__(self, "_rooms", StateByClock(lambda: _Rooms(self)))

    @property
    def belongs_inside(self) -> Mapping[str, str]:  # type: ignore[override]  # a tenant's share belongs outside retry
        """A provider's slots, which have no key, are for calls that run."""
        if self.key is not None:
            return {}
        return {"cached": "a kept answer takes a slot", "retry": "a slot is held while a retry waits"}

    def bind(self, target: Target) -> Policy:
        """Return the layer for a fixed number, or for one that is found."""
        read_key = None if self.key is None else argument_reader(target, self.key, "bulkhead: key")
        read = None if self.priority is None else argument_reader(target, self.priority, "bulkhead: priority")
        layer = _AdaptiveLayer if self.max_concurrent == "auto" else _Layer
        return layer(self, self._rooms, target, read_key, read)

    def limit(self, key: Hashable = None) -> int:
        """Return how many calls may run at once now."""
        return self._here(key).limit()

    def running(self, key: Hashable = None) -> int:
        """Return how many calls have a slot now."""
        return self._here(key).slots.running

    def waiting(self, key: Hashable = None) -> int:
        """Return how many calls wait for one."""
        return len(self._here(key).slots.turns)

    def _here(self, key: Hashable) -> _Room:
        """Return the room of `key`, to be looked at: for a key that is not in use one that is not kept."""
        return self._rooms.of(environment()).known(key) or _Room(self)

    def describe(self) -> str:
        """Return the options that are given, and what is in use."""
        if self.key is not None:
            return f"max_concurrent={self.max_concurrent} max_queue={self.max_queue} key={self.key!r}"
        limit = f"{self.limit()} (auto)" if self.max_concurrent == "auto" else f"{self.max_concurrent}"
        return f"{self.running()} of {limit} running, {self.waiting()} of {self.max_queue} waiting"


class _Room:
    """The slots of one key under one clock, and how many of them there are."""

    __slots__ = ("adaptive", "limit", "slots")

    def __init__(self, options: Bulkhead) -> None:
        number = options.max_concurrent
        self.adaptive: AdaptiveLimit | None = None
        if number == "auto":
            self.adaptive = found = AdaptiveLimit(options.start or _START, options.maximum or _MAXIMUM)
            self.limit: Callable[[], int] = lambda: found.now(environment().monotonic())
        else:
            self.limit = functools.partial(int, number)
        self.slots = Slots(self.limit, options.max_queue)


class _Rooms:
    """The rooms of one bulkhead under one clock, by key."""

    def __init__(self, options: Bulkhead) -> None:
        self._options = options
        self._lock = new_lock()
        self._by_key: BoundedMap[_Room] = BoundedMap(options.max_keys, lambda room: room.slots.is_busy, grows=True)
        self.only = _Room(options)

    def of(self, key: Hashable) -> _Room:
        """Return the room of `key`."""
        if self._options.key is None:
            return self.only
        with self._lock:
            return self._by_key.use(key) or self._by_key.add(key, _Room(self._options))

    def known(self, key: Hashable) -> _Room | None:
        """Return the room of `key` if there is one."""
        return self.only if self._options.key is None else self._by_key.values.get(key)


class _Layer(Policy):
    """Lets a call in where there is a slot."""

    concern = "bulkhead"
    hints = Hints(reads_value=False)

    def __init__(
        self,
        options: Bulkhead,
        rooms: StateByClock[_Rooms],
        target: Target,
        read_key: Callable[[Call], Hashable] | None,
        read_priority: Callable[[Call], Any] | None,
    ) -> None:
        self._options = options
        self._rooms = rooms
        self._is_async = target.kind.is_async
        self._is_stream = target.kind.is_stream
        self._read_key = read_key
        self._read_priority = read_priority
        self._only = rooms.system.only.slots
        self._fixed = options.max_concurrent if HAS_GIL and read_key is None and options.max_concurrent != "auto" else 0

    def enter(self, call: Call) -> Ask | None:
        """Take a slot, wait for one, or refuse the call."""
        if call.environment is SYSTEM:
            # In line what `Slots.take` does for most calls, and without its lock: no other thread runs in between.
            slots = self._only
            if slots.running < self._fixed - 1 and not slots.turns:
                slots.running += 1
                return None
        return self._enter(call)

    def leave(self, call: Call, outcome: Outcome) -> None:
        """Give the slot back."""
        if self._fixed and call.environment is SYSTEM:
            slots = self._only
            if not slots.turns and slots.running > 0:
                slots.running -= 1
                slots.done += 1
                return
        self._left(call, outcome)

    def _enter(self, call: Call) -> Ask | None:
        kept = call.kept(self)
        if isinstance(kept, _Waiting):
            return self._go_on(call, kept)
        key = None if self._read_key is None else self._read_key(call)
        try:
            room = self._rooms.of(call.environment).of(key)
        except TypeError:
            raise unhashable(self.concern, key, call.name) from None
        now = call.environment.monotonic()
        if room.slots.take(now):
            self._begun(call, room, now)
            return None
        turn = room.slots.queue_up(self._priority(call), now)
        if turn is None:
            raise self._refusal(room, now)
        waiting = _Waiting(room, turn)
        call.keep(self, waiting)
        if not turn.granted and (call.listeners or events.listening()):
            call.emit(events.WaitScheduled, policy=self.concern, delay=room.slots.delay(now))
            waiting.since = now
        return self._go_on(call, waiting)

    def _priority(self, call: Call) -> float:
        if self._read_priority is None:
            return 0.0
        priority = self._read_priority(call)
        if not isinstance(priority, (int, float)) or priority != priority:  # noqa: PLR0124 - NaN has no order
            message = (
                f"bulkhead: the priority of a call must be a number, and {call.name} got {type(priority).__name__}"
            )
            raise TypeError(message)
        return priority

    def _go_on(self, call: Call, waiting: _Waiting) -> Ask | None:
        """Decide for a call that has waited."""
        turn, now = waiting.turn, call.environment.monotonic()
        if turn.granted:
            self._tell(call, waiting, granted=True)
            self._begun(call, waiting.room, now)
            return None
        if call.answer is not None and call.answer.error is not None:
            self._leave_queue(call, waiting)
            raise call.answer.error
        if now >= DEADLINE.get():
            self._leave_queue(call, waiting)
            raise expired(call.name)
        return self._wait(call, waiting, now)

    def _wait(self, call: Call, waiting: _Waiting, now: float) -> Ask:
        clock, wakeup, left = call.environment.clock, waiting.turn.wakeup, max(0.0, DEADLINE.get() - now)
        if self._is_async:
            return Ask(lambda: wakeup.suspend(clock, left))
        return Ask(lambda: wakeup.block(clock, left))

    def _begun(self, call: Call, room: _Room, now: float) -> None:  # noqa: ARG002 - who learns wants to know when
        if self._read_key is not None or call.kept(self) is not None:
            call.keep(self, room)

    def abandon(self, call: Call) -> None:
        """Wait no longer."""
        waiting = call.kept(self)
        if isinstance(waiting, _Waiting):
            self._leave_queue(call, waiting)

    def _leave_queue(self, call: Call, waiting: _Waiting) -> None:
        waiting.room.slots.leave(waiting.turn)
        self._tell(call, waiting, granted=False)

    def _tell(self, call: Call, waiting: _Waiting, *, granted: bool) -> None:
        """Tell those who heard that it waits."""
        since, waiting.since = waiting.since, None
        if since is not None:
            waited = call.environment.monotonic() - since
            call.emit(events.QueueLeft, policy=self.concern, waited=waited, granted=granted)

    def _left(self, call: Call, outcome: Outcome) -> None:  # noqa: ARG002 - who learns reads it
        room: _Room | None = call.kept(self)
        (room or self._rooms.of(call.environment).only).slots.give_back()

    def _refusal(self, room: _Room, now: float) -> BulkheadFull:
        slots, wait = room.slots, room.slots.delay(now)
        return BulkheadFull(
            f"{slots.running} of {room.limit()} calls are running and no more may wait "
            f"({len(slots.turns)} of {self._options.max_queue}); try again in about {wait:.3g} s",
            retry_after=wait,
        )


class _AdaptiveLayer(_Layer):
    """Learns from each answer how many calls to let in."""

    hints = Hints()

    def _begun(self, call: Call, room: _Room, now: float) -> None:
        call.keep(self, _Flight(room, now))

    def _left(self, call: Call, outcome: Outcome) -> None:
        flight: _Flight = call.kept(self)
        slots, limit = flight.room.slots, flight.room.adaptive
        if limit is not None:
            before = limit.now(call.environment.monotonic())
            self._learn(call, flight, limit, outcome)
            after = limit.now(call.environment.monotonic())
            if after != before:
                call.emit(events.LimitChanged, old=before, new=after)
        slots.give_back()

    def _learn(self, call: Call, flight: _Flight, limit: AdaptiveLimit, outcome: Outcome) -> None:
        now, error = call.environment.monotonic(), outcome.error
        if error is None:
            took = None if self._is_stream else now - flight.began
            limit.went_well(flight.in_flight, took)
        elif isinstance(error, Exception) and _tells_of_load(error):
            limit.was_refused(flight.in_flight)
        told = get(outcome.value if error is None else error, "limits", "requests")
        left = count(told, "remaining")
        reset = get(told, "reset")
        if left is not None and isinstance(reset, (int, float)) and reset > 0:
            limit.was_told(left + flight.room.slots.running - 1, now + reset)


def _tells_of_load(error: Exception) -> bool:
    if isinstance(error, Refused) and not isinstance(error, DeadlineExceeded):
        return False  # of a policy inside: it was not sent
    return classify(error) in _OVERLOADED


class _Waiting:
    """A call that waits for its turn."""

    __slots__ = ("room", "since", "turn")

    def __init__(self, room: _Room, turn: QueuedCall) -> None:
        self.room = room
        self.turn = turn
        self.since: float | None = None  # where somebody heard of it


class _Flight:
    """A call that runs: in which room, since when, and with how many others."""

    __slots__ = ("began", "in_flight", "room")

    def __init__(self, room: _Room, began: float) -> None:
        self.room = room
        self.began = began
        self.in_flight = room.slots.running


bulkhead: Final = OptionsDecorator(
    Bulkhead,
    needs="10",
    words={
        "max_concurrent": "limit max_concurrency max_parallel value",
        "max_queue": "max_queued max_waiting",
        "write @budget(seconds) above it, which bounds the wait as well": "max_wait",
    },
)
"""Let no more calls run at once than a fixed number, or than a provider is found to bear; see `Bulkhead`."""
