"""What a cache keeps, and the flights that are under way to fetch more.

Who asks for a key that nobody knows leads its flight: it runs the function. Who asks meanwhile waits for it:

    leader     enter: nobody flies ---> function ---> leave: keeps the answer, hands it to all who wait
    waiter     enter: somebody flies -> waits ----------------------------> takes it
    waiter     enter: somebody flies -> waits ----------------------------> takes it

    leader     enter ---> function fails, or its caller gives up ---> leave: the first waiter leads from now on
    waiter     enter -> waits ------------------------------------------> function ---> ...

Who leads holds a `Lead`. Whatever becomes of its call, even one that is dropped in the middle without a word, the
lead is handed on when that is gone; so nobody waits for a flight that does not fly.
"""

from __future__ import annotations

import contextlib
import copy
import sys
import threading
import weakref
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Protocol

import attrs

from beluga._engine.policy import Use
from beluga._engine.state import BoundedMap, Wakeup, begin_in_child, give_back, new_lock
from beluga._foreign.answers import SILENT, Report
from beluga.classification import TRANSIENT, ErrorCode, classify
from beluga.errors import GuardBlocked, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from contextvars import Token

    from beluga._engine.call import Call
    from beluga._engine.policy import Ask, Wait


__all__ = ["CacheStats", "Entry", "Flight", "Follower", "Lead", "Room", "Share", "comes_again", "who_runs"]


class Entry:
    """An answer that is kept.

    Args:
        value: The value, or the items of a stream.
        error: The error that will come again, in place of one.
        made: When it was made, in seconds of the clock.
        ttl: For how long it is good.
    """

    __slots__ = ("asked_for", "end", "error", "fresh_until", "is_mutable", "made", "value", "verdict")

    def __init__(self, value: Any, error: Exception | None, made: float, ttl: float, end: Any = None) -> None:
        several = value if type(value) is tuple else (value,)
        is_mutable = any(type(each) in _MUTABLE for each in several)
        self.value = copy.deepcopy(value) if is_mutable else value
        self.is_mutable = is_mutable
        self.verdict = None if is_mutable or error is not None or end is not None else Use(value)  # one for all who ask
        self.error = error
        self.end = end  # what a generator returns
        self.made = made
        self.fresh_until = made + ttl
        self.asked_for = False  # since one had to go last

    def use(self) -> Use:
        """Return the verdict that hands it out.

        Raises:
            Exception: It is an error.
        """
        self.asked_for = True
        if self.error is None:
            if self.verdict is not None:
                return self.verdict
            value = copy.deepcopy(self.value) if self.is_mutable else self.value
            return Use(value if self.end is None else _replayed(value, copy.deepcopy(self.end)))
        raise _again(self.error)


def _replayed(items: Any, end: Any) -> Any:
    yield from items
    return end


def _again(error: Exception) -> Exception:
    """Return a copy without the traceback, which would grow; not by the class, whose `__init__` may not take `args`."""
    kind = type(error)
    try:
        made = kind.__new__(kind, *error.args)
        made.__dict__.update(error.__dict__)
    except Exception:
        return error.with_traceback(None)
    made.__cause__, made.__context__ = error.__cause__, error.__context__
    made.__suppress_context__ = error.__suppress_context__
    return made


def comes_again(error: Exception) -> bool:
    """Say whether the same call would fail in the same way, through no doing of a policy."""
    return not isinstance(error, (Refused, GuardBlocked)) and classify(error) not in TRANSIENT | {ErrorCode.CANCELLED}


_MUTABLE: Final = frozenset({list, dict, set, bytearray})


def _spare(entry: Entry) -> bool:
    """Say whether `entry` was asked for since it was last spared: the second chance of the clock algorithm.

    To move an entry to the end at each hit, as an exact order by last use needs, would take 0.4 us.
    """
    asked_for, entry.asked_for = entry.asked_for, False
    return asked_for


@attrs.frozen
class CacheStats:
    """What a cache has done so far, under the running clock.

    Args:
        hits: Calls that got a kept answer.
        waited: Calls that got the answer of another call which was under way.
        misses: Calls that ran the function.
        size: Answers that are kept now.
    """

    hits: int
    waited: int
    misses: int
    size: int


class Room:
    """The answers of one cache under one clock, and the flights that are under way."""

    def __init__(self, maxsize: int) -> None:
        self.entries: BoundedMap[Entry] = BoundedMap(maxsize, _spare)
        self.flights: dict[Hashable, Flight] = {}
        self.lock = new_lock()
        self.hits = self.waited = self.misses = 0
        begin_in_child(self)

    @property
    def stats(self) -> CacheStats:
        """What the cache has done here."""
        return CacheStats(self.hits, self.waited, self.misses, len(self.entries))

    def begin_in_child(self) -> None:
        """Forget the flights of threads that do not exist in a forked child."""
        self.flights.clear()

    def forget(self, is_meant: Callable[[Any], bool]) -> int:
        """Forget the answers that are meant, and see to it that those on their way are not kept."""
        with self.lock:
            for key, flight in tuple(self.flights.items()):
                flight.is_forgotten |= is_meant(key)
            meant = [key for key in self.entries if is_meant(key)]
            for key in meant:
                self.entries.drop(key)
        return len(meant)


class Flight:
    """One run of the function for all who ask for `key`."""

    __slots__ = ("is_forgotten", "key", "leader", "room", "waiters")

    def __init__(self, room: Room, key: Hashable, leader: object) -> None:
        self.room = room
        self.key = key
        self.leader = leader
        self.waiters: dict[Follower, None] = {}  # in their order, and quick to leave
        self.is_forgotten = False

    def land(self, entry: Entry) -> None:
        """Keep `entry`, and hand it to all who wait."""
        room = self.room
        with room.lock:
            if not self.is_forgotten:
                room.entries.drop(self.key)
                room.entries.add(self.key, entry)
            self._end()
            while (waiter := self._first()) is not None:
                waiter.entry = entry
                waiter.wakeup.ring()

    def hand_on(self, lead: Lead) -> None:
        """Let the first who waits lead, or end where nobody does."""
        with self.room.lock:
            while self.room.flights.get(self.key) is self and (waiter := next(iter(self.waiters), None)) is not None:
                successor = Lead(self, None, lead.shared)
                del self.waiters[waiter]
                waiter.lead = successor
                lead.drop()
                if waiter.wakeup.ring():
                    return
                waiter.lead = None  # its loop is closed: it will not run
                lead = successor
            self._end()
            lead.drop()
        if lead.shared is not None:
            lead.shared.end()

    def _end(self) -> None:
        if self.room.flights.get(self.key) is self:
            del self.room.flights[self.key]

    def _first(self) -> Follower | None:
        for waiter in self.waiters:
            del self.waiters[waiter]
            return waiter
        return None


class Share(Protocol):
    """What the leader of this process holds of a flight over several of them."""

    def ask(self, lead: Lead) -> Ask | None:
        """Ask who leads; None for the function to run."""

    def answered(self, call: Call, lead: Lead) -> Ask | Wait | Entry | None:
        """Do what the answer says; return what was fetched elsewhere, or None for the function to run."""

    def end(self, entry: Entry | None = None) -> None:
        """Lead no more; give `entry` to the others, or else the lead to one of them."""


class Lead:
    """The right to run the function for a flight, and what its stream gives; who lets go of it hands it on."""

    __slots__ = ("_flight", "_led", "_token", "items", "old", "report", "shared")

    def __init__(self, flight: Flight, old: Entry | None = None, shared: Share | None = None) -> None:
        self._flight: Flight | None = flight
        self._led: tuple[Flight, ...] = ()
        self._token: Token[tuple[Flight, ...]] | None = None
        self.shared = shared
        self.items: list[Any] = []
        self.report = Report()
        self.old = old  # what is kept still, and not fresh any more

    def take(self, leader: object) -> Lead:
        """Return this, held by whoever runs now."""
        if self._flight is not None:
            self._flight.leader = leader
        return self

    def ask(self) -> Ask | None:
        """Ask who leads over all processes, if there are several; None for the function to run."""
        return None if self.shared is None else self.shared.ask(self)

    def answered(self, call: Call) -> Ask | Wait | Entry | None:
        """Do what the answer to that says; return what was fetched elsewhere, or None for the function to run."""
        return None if self.shared is None else self.shared.answered(call, self)

    def land(self, entry: Entry) -> None:
        """Keep `entry`, and hand it to all who wait."""
        flight = self._flight
        if flight is not None:
            flight.land(entry)
            if self.shared is not None:
                self.shared.end(None if flight.is_forgotten else entry)
            self._flight = None  # not before: a signal handler may raise in between, and then it is handed on

    def drop(self) -> None:
        """Let go of it without handing it on."""
        self._flight = None

    def let_go(self) -> None:
        """Hand on what has not landed."""
        flight = self._flight
        if flight is not None:
            flight.hand_on(self)

    def __del__(self) -> None:
        """Hand it on where a call is gone without a word."""
        if hasattr(self, "_flight"):  # else a signal came before it was made
            self.let_go()

    def begin(self) -> None:
        """Forget the items of a stream that failed before this one."""
        if self.items:
            self.items, self.report = [], Report()

    def seen(self, item: Any) -> None:
        """Take note of an item of the stream."""
        self.items.append(item)
        if type(item) not in SILENT:
            self.report.read(item)

    def resume(self) -> None:
        """Let the tasks and threads that begin from here know that they work for this flight."""
        self._token = None
        if self._flight is not None:
            self._led = (*LED.get(), self._flight)
            self._token = LED.set(self._led)

    def suspend(self) -> None:
        """Take that back, for as long as the consumer of a stream works."""
        if self._token is not None:
            LED.reset(self._token)

    def leave(self) -> None:
        """Take it back for good."""
        if self._led:
            with contextlib.suppress(ValueError):  # a coroutine that is closed from elsewhere: it was never set there
                give_back(LED, self._led, self._token, self._led[:-1])
            self._led = ()


LED: ContextVar[tuple[Flight, ...]] = ContextVar("beluga.flights", default=())
"""The flights that the running code works for: whoever waited for one of them would wait for himself."""


class Follower:
    """One who waits for a flight."""

    __slots__ = ("entry", "flight", "lead", "wakeup")

    def __init__(self, flight: Flight) -> None:
        self.flight = flight
        self.wakeup = Wakeup()
        self.entry: Entry | None = None
        self.lead: Lead | None = None

    def depart(self) -> None:
        """Wait no longer, and hand on the lead if it came meanwhile."""
        with self.flight.room.lock:
            self.flight.waiters.pop(self, None)
        if self.lead is not None:
            self.lead.let_go()


def waits_for_itself(flight: Flight, *, is_async: bool) -> bool:
    """Say whether a call would wait for a flight that waits for the call: whoever leads it, or one that he began."""
    # It calls itself, or its stream is still open; or it is a task or thread of the leader's function.
    return flight.leader == who_runs(is_async=is_async) or flight in LED.get()


def who_runs(*, is_async: bool) -> object:
    """Return the running task of an async call, or the thread: a call that blocks stops all tasks of its thread."""
    if not is_async:
        return threading.get_ident()
    asyncio = sys.modules.get("asyncio")
    task = None
    if asyncio is not None:
        try:
            task = asyncio.current_task()
        except RuntimeError:
            task = None
    return threading.get_ident() if task is None else weakref.ref(task)
