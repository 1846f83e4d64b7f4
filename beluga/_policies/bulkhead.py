"""Let no more calls run at once than a fixed number, or than a provider is found to bear."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs

from beluga import events
from beluga._engine.decorator import OptionsDecorator
from beluga._engine.options import follow, optional, whole
from beluga._engine.policy import Ask, Hints, Policy
from beluga._engine.state import BoundedMap, StateByClock, new_lock
from beluga._engine.target import argument_reader, unhashable
from beluga._engine.timeouts import DEADLINE, expired
from beluga._engine.wrapping import BlockPolicy
from beluga._foreign import count, get
from beluga._policies.adaptive import AdaptiveLimit
from beluga._policies.slots import HAS, HAS_GIL, NOTHING, Hold, Slots
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
        follow(self)
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
        return self._here(key).count()

    def waiting(self, key: Hashable = None) -> int:
        """Return how many calls wait for one."""
        return len(self._here(key).turns)

    def _here(self, key: Hashable) -> Slots:
        """Return the slots of `key`, to be looked at: of a key that is not in use they are not kept."""
        return self._rooms.of(environment()).known(key) or _slots(self)

    def describe(self) -> str:
        """Return the options that are given, and what is in use."""
        if self.key is not None:
            return f"max_concurrent={self.max_concurrent} max_queue={self.max_queue} key={self.key!r}"
        limit = f"{self.limit()} (auto)" if self.max_concurrent == "auto" else f"{self.max_concurrent}"
        return f"{self.running()} of {limit} running, {self.waiting()} of {self.max_queue} waiting"


def _slots(options: Bulkhead) -> Slots:
    number = options.max_concurrent
    if number == "auto":
        found = AdaptiveLimit(options.start or _START, options.maximum or _MAXIMUM)
        return Slots(lambda: found.now(environment().monotonic()), options.max_queue, found)
    return Slots(functools.partial(int, number), options.max_queue)


class _Rooms:
    """The slots of one bulkhead under one clock, by key."""

    def __init__(self, options: Bulkhead) -> None:
        self._options = options
        self._lock = new_lock()
        self._by_key: BoundedMap[Slots] = BoundedMap(options.max_keys, lambda slots: slots.is_busy, grows=True)
        self.only = _slots(options)

    def of(self, key: Hashable) -> Slots:
        """Return the slots of `key`."""
        if self._options.key is None:
            return self.only
        with self._lock:
            return self._by_key.use(key) or self._by_key.add(key, _slots(self._options))

    def known(self, key: Hashable) -> Slots | None:
        """Return the slots of `key` if somebody uses them."""
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
        self._only = rooms.system.only
        self._fixed = options.max_concurrent if HAS_GIL and read_key is None and options.max_concurrent != "auto" else 0

    def enter(self, call: Call) -> Ask | None:
        """Take a slot, wait for one, or refuse the call."""
        slots = self._only
        if call.environment is SYSTEM and slots.running < self._fixed - 1 and call.answer is None:
            # In line what `Slots.take` does for most calls, and without its lock: no other thread runs in between.
            hold = slots.spare.pop() if slots.spare else Hold(slots)
            if slots.running < self._fixed - 1 and not slots.turns:
                call.kept_values = [self, hold, call.kept_values]
                slots.running += 1
                hold.state = HAS
                return None
        return self._enter(call)

    def leave(self, call: Call, outcome: Outcome) -> None:
        """Give the slot back."""
        entry = call.kept_values
        if entry is not None and entry[0] is self:
            hold = entry[1]
            slots = hold.slots
            if self._fixed and slots.running > 0 and not slots.turns:
                slots.running -= 1
                slots.done += 1
                hold.state = NOTHING
                entry[1] = None
                if len(slots.spare) < self._fixed:
                    slots.spare.append(hold)
                return
        self._left(call, outcome)

    def _enter(self, call: Call) -> Ask | None:
        hold: Hold | None = call.kept(self)
        if hold is not None:
            return self._go_on(call, hold)
        key = None if self._read_key is None else self._read_key(call)
        try:
            slots = self._rooms.of(call.environment).of(key)
        except TypeError:
            raise unhashable(self.concern, key, call.name) from None
        now = call.environment.monotonic()
        hold = slots.take(now)
        if hold is not None:
            call.keep(self, hold)
            self._begun(hold, now)
            return None
        hold = slots.queue_up(self._priority(call), now)
        if hold is None:
            raise self._refusal(slots, now)
        call.keep(self, hold)
        if not hold.is_granted and (call.listeners or events.listening()):
            call.emit(events.WaitScheduled, policy=self.concern, delay=slots.delay(now))
            hold.waits_since = now
        return self._go_on(call, hold)

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

    def _go_on(self, call: Call, hold: Hold) -> Ask | None:
        """Decide for a call that has waited."""
        now = call.environment.monotonic()
        if hold.is_granted:
            self._tell(call, hold, granted=True)
            self._begun(hold, now)
            return None
        if call.answer is not None and call.answer.error is not None:
            self._leave_queue(call, hold)
            raise call.answer.error
        if now >= DEADLINE.get():
            self._leave_queue(call, hold)
            raise expired(call.name)
        return self._wait(call, hold, now)

    def _wait(self, call: Call, hold: Hold, now: float) -> Ask:
        clock, wakeup, left = call.environment.clock, hold.wakeup, max(0.0, DEADLINE.get() - now)
        if self._is_async:
            return Ask(lambda: wakeup.suspend(clock, left))
        return Ask(lambda: wakeup.block(clock, left))

    def _begun(self, hold: Hold, now: float) -> None:
        """Take note of a call that runs; for who learns from it."""

    def abandon(self, call: Call) -> None:
        """Wait no longer."""
        hold: Hold | None = call.kept(self)
        if hold is not None:
            self._leave_queue(call, hold)

    def _leave_queue(self, call: Call, hold: Hold) -> None:
        hold.slots.give_back(hold)
        self._tell(call, hold, granted=False)

    def _tell(self, call: Call, hold: Hold, *, granted: bool) -> None:
        """Tell those who heard that it waits."""
        since, hold.waits_since = hold.waits_since, None
        if since is not None:
            waited = call.environment.monotonic() - since
            call.emit(events.QueueLeft, policy=self.concern, waited=waited, granted=granted)

    def _left(self, call: Call, outcome: Outcome) -> None:  # noqa: ARG002 - who learns reads it
        hold: Hold = call.kept(self)
        hold.slots.give_back(hold)

    def _refusal(self, slots: Slots, now: float) -> BulkheadFull:
        wait = slots.delay(now)
        return BulkheadFull(
            f"{slots.running} of {slots.limit()} calls are running and no more may wait "
            f"({len(slots.turns)} of {self._options.max_queue}); try again in about {wait:.3g} s",
            retry_after=wait,
        )


class _AdaptiveLayer(_Layer):
    """Learns from each answer how many calls to let in."""

    hints = Hints()

    def _begun(self, hold: Hold, now: float) -> None:
        hold.began, hold.in_flight = now, hold.slots.running

    def _left(self, call: Call, outcome: Outcome) -> None:
        hold: Hold = call.kept(self)
        limit, now = hold.slots.adaptive, call.environment.monotonic()
        if limit is not None:
            before = limit.now(now)
            self._learn(hold, limit, outcome, now)
            after = limit.now(now)
            if after != before:
                call.emit(events.LimitChanged, old=before, new=after)
        hold.slots.give_back(hold)

    def _learn(self, hold: Hold, limit: AdaptiveLimit, outcome: Outcome, now: float) -> None:
        error = outcome.error
        if error is None:
            limit.went_well(hold.in_flight, None if self._is_stream else now - hold.began)
        elif isinstance(error, Exception) and _tells_of_load(error):
            limit.was_refused(hold.in_flight)
        told = get(outcome.value if error is None else error, "limits", "requests")
        left = count(told, "remaining")
        reset = get(told, "reset")
        if left is not None and isinstance(reset, (int, float)) and reset > 0:
            limit.was_told(left + hold.slots.running - 1, now + reset)


def _tells_of_load(error: Exception) -> bool:
    if isinstance(error, Refused) and not isinstance(error, DeadlineExceeded):
        return False  # of a policy inside: it was not sent
    return classify(error) in _OVERLOADED


bulkhead: Final = OptionsDecorator(
    Bulkhead,
    needs="10",
    words={
        "max_concurrent": "limit concurrency max_concurrency max_parallel max_workers value",
        "max_queue": "max_queued max_waiting",
        "write @budget(seconds) above it, which bounds the wait as well": "max_wait",
    },
)
"""Let no more calls run at once than a fixed number, or than a provider is found to bear; see `Bulkhead`."""
