"""The slots of a bulkhead, and the queue of those who wait for one.

A slot that is free goes to whoever comes, while nobody waits; else it is granted to the first of the queue by whoever
gives it back. Its place in the queue is the moment at which it came, moved back by `AGEING` seconds for each level of
its priority. So among equals the first is first, a higher priority passes those who came up to that much earlier, and
nobody is passed for ever.

    running 3 of 3    queue: [came 1 s ago, level 0]  [came 12 s ago, level -1]  [came 1 s ago, level -1]

Who has a slot, or waits for one, holds a `Hold`. A signal handler may raise at any call, and before the first line of
the function that would give the slot back. So each step can be taken again, and the hold takes those that are left when
it is gone with its call. Between a counter and the flag beside it there is no call, and so no handler. Even the first
line of that finaliser may be cut short: so where all slots seem to be taken, those that have one are counted anew.
"""

from __future__ import annotations

import heapq
import itertools
import operator
import sys
import weakref
from typing import TYPE_CHECKING, Final

from beluga._engine.state import Wakeup, begin_in_child, new_lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from beluga._policies.adaptive import AdaptiveLimit

__all__ = ["AGEING", "HAS", "HAS_GIL", "NOTHING", "Hold", "Slots"]

AGEING: Final = 10.0
"""Seconds that one level of priority is worth."""

HAS_GIL: Final[bool] = getattr(sys, "_is_gil_enabled", lambda: True)()
"""Whether a stretch of bytecodes without a call is a step of its own, for which no lock is needed (100 ns)."""

_RECOUNT: Final = 1.0
"""Seconds from one count of those that have a slot to the next."""
_state_of = operator.attrgetter("state")

_PACE: Final = 0.2
"""How much the last departure says about the pace of the next ones."""
_UNKNOWN: Final = 1.0
"""Seconds after which to come again where nobody has left yet."""


NOTHING, OWES, HAS = range(3)
"""What a hold is: of no use any more; one whose slot is free and not granted to the next yet; a slot."""


class Hold:
    """A slot that a call has, or waits for; it goes on to the next when this is gone.

    Args:
        slots: Whose.
    """

    __slots__ = ("__weakref__", "began", "in_flight", "slots", "state", "waits_since", "wakeup")

    wakeup: Wakeup
    began: float
    """When the call began to run, for who learns from it."""
    in_flight: int
    """How many calls ran then, this one among them."""

    def __init__(self, slots: Slots) -> None:
        self.slots = slots
        self.state = NOTHING
        self.waits_since: float | None = None
        """Since when it waits, where somebody heard of it."""
        slots.made.add(self)

    @property
    def is_granted(self) -> bool:
        """Whether it is a slot."""
        return self.state == HAS

    def __del__(self) -> None:
        raised: BaseException | None = None
        while getattr(self, "state", NOTHING):  # not there where a signal came before it was
            try:
                self.slots.give_back(self)
            except BaseException as error:  # a handler may raise here too, and nobody comes after this
                raised = error
        if raised is not None:
            raise raised  # which Python tells of, and drops


class Slots:
    """So many slots, who has one, and who waits.

    Args:
        limit: Returns how many there are now.
        max_queue: How many may wait.
        adaptive: What finds the limit, where it is not fixed.
    """

    __slots__ = (
        "__weakref__",
        "_counted_at",
        "_filled_at",
        "_lock",
        "_max_queue",
        "_numbers",
        "_pace",
        "_queue",
        "_seen",
        "adaptive",
        "done",
        "limit",
        "made",
        "running",
        "spare",
        "turns",
    )

    def __init__(self, limit: Callable[[], int], max_queue: int, adaptive: AdaptiveLimit | None = None) -> None:
        self.limit = limit
        self.adaptive = adaptive
        self._max_queue = max_queue
        self._lock = new_lock()
        self._numbers = itertools.count()
        self._pace: float | None = None  # seconds between two departures
        self._filled_at: float | None = None
        self._seen = 0
        self._counted_at = -_RECOUNT
        self.spare: list[Hold] = []  # to be used again: an object a call takes 0.2 us
        self.made: weakref.WeakSet[Hold] = weakref.WeakSet()
        self.running = 0
        self.done = 0
        self._queue: list[tuple[float, int, Hold]] = []
        self.turns: dict[Hold, tuple[float, int, Hold]] = {}  # those in the queue who have not left it
        begin_in_child(self)

    def begin_in_child(self) -> None:
        """Forget the calls of threads that do not exist in a forked child."""
        self.running = 0
        self.made = weakref.WeakSet()
        self.turns.clear()
        self._queue.clear()

    @property
    def is_busy(self) -> bool:
        """Whether anybody has a slot, or waits for one."""
        return self.running > 0 or bool(self.turns)

    def take(self, now: float) -> Hold | None:
        """Take a slot, if one is free and nobody waits."""
        with self._lock:
            if (self.turns or self.running >= self.limit()) and not self._has_found_one(now):
                return None
            hold = self.spare.pop() if self.spare else Hold(self)
            if self.running >= self.limit():
                return None  # since a handler took it
            self.running += 1
            hold.state = HAS
            if self.running >= self.limit():
                self._measure(now)
            return hold

    def _has_found_one(self, now: float) -> bool:
        """Count anew who has a slot, now and then, and let those go on who wait; say whether one is left."""
        if now - self._counted_at < _RECOUNT:
            return False
        self._counted_at = now
        self._recount()
        self._grant()
        return not self.turns and self.running < self.limit()

    def count(self) -> int:
        """Return how many run."""
        with self._lock:
            self._recount()
            return self.running

    def _recount(self) -> None:
        """Take for running what is there and has a slot, unless another thread takes or leaves one meanwhile."""
        running, done = self.running, self.done
        try:
            counted = list(map(_state_of, list(self.made))).count(HAS)
        except RuntimeError:
            return  # another came meanwhile
        if self.running == running and self.done == done:
            self.running = counted

    def queue_up(self, priority: float, now: float) -> Hold | None:
        """Return a place in the queue, which may be granted at once; None where the queue is full."""
        with self._lock:
            if len(self.turns) >= self._max_queue:
                return None
            hold = Hold(self)
            hold.wakeup = Wakeup()
            self.turns[hold] = place = now - priority * AGEING, next(self._numbers), hold
            heapq.heappush(self._queue, place)
            if len(self._queue) > 2 * len(self.turns) + 64:  # so many have left
                self._fill()
            self._grant()  # a slot may have come free meanwhile
            return hold

    def _fill(self) -> None:
        self._queue[:] = self.turns.values()
        heapq.heapify(self._queue)

    def give_back(self, hold: Hold) -> None:
        """Give a slot back, or leave the queue, so that the first who waits has a turn."""
        with self._lock:
            self.turns.pop(hold, None)
            if hold.state == HAS:
                self.running -= self.running > 0  # else it began before a fork
                hold.state = OWES
                self.done += 1
            self._grant()
            hold.state = NOTHING

    def _grant(self) -> None:
        queue, turns = self._queue, self.turns
        if len(queue) < len(turns):
            self._fill()  # somebody was interrupted when he queued up
        while True:
            try:
                place = queue[0]
            except IndexError:
                return
            hold = place[2]
            if hold in turns:
                if hold.state != HAS:
                    if self.running >= self.limit():
                        return
                    self.running += 1
                    hold.state = HAS
                if not hold.wakeup.ring() and hold.state == HAS:  # its loop is closed: it will not run
                    self.running -= 1
                    hold.state = NOTHING
                turns.pop(hold, None)  # not before it has rung, or nobody would do so again
            if queue and queue[0] is place:
                heapq.heappop(queue)

    def delay(self, now: float) -> float:
        """Return about how many seconds it takes until a slot is free for one who comes now."""
        with self._lock:
            pace, since = self._pace, self._filled_at
            if pace is None:
                pace = _UNKNOWN if since is None else max(_UNKNOWN, now - since)
            return pace * (len(self.turns) + 1)

    def _measure(self, now: float) -> None:
        """Take note of the pace at which slots come free, at a moment when all are taken."""
        before, self._filled_at = self._filled_at, now
        left, self._seen = self.done - self._seen, self.done
        if before is not None and left:
            pace = (now - before) / left
            self._pace = pace if self._pace is None else self._pace + _PACE * (pace - self._pace)
