"""The slots of a bulkhead, and the queue of those who wait for one.

A slot that is free goes to whoever comes, while nobody waits; else it is granted to the first of the queue by whoever
gives it back. Its place in the queue is the moment at which it came, moved back by `AGEING` seconds for each level of
its priority. So among equals the first is first, a higher priority passes those who came up to that much earlier, and
nobody is passed for ever.

    running 3 of 3    queue: [came 1 s ago, level 0]  [came 12 s ago, level -1]  [came 1 s ago, level -1]
"""

from __future__ import annotations

import heapq
import itertools
import sys
from typing import TYPE_CHECKING, Final

from beluga._engine.state import Wakeup, begin_in_child, new_lock

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AGEING", "HAS_GIL", "QueuedCall", "Slots"]

AGEING: Final = 10.0
"""Seconds that one level of priority is worth."""

HAS_GIL: Final[bool] = getattr(sys, "_is_gil_enabled", lambda: True)()
"""Whether a stretch of bytecodes without a call is a step of its own, for which no lock is needed (100 ns)."""

_PACE: Final = 0.2
"""How much the last departure says about the pace of the next ones."""
_UNKNOWN: Final = 1.0
"""Seconds after which to come again where nobody has left yet."""


class QueuedCall:
    """One who waits for a slot."""

    __slots__ = ("granted", "wakeup")

    def __init__(self) -> None:
        self.wakeup = Wakeup()
        self.granted = False


class Slots:
    """So many slots, who has one, and who waits.

    Args:
        limit: Returns how many there are now.
        max_queue: How many may wait.
    """

    __slots__ = (
        "__weakref__",
        "_filled_at",
        "_limit",
        "_lock",
        "_max_queue",
        "_numbers",
        "_pace",
        "_seen",
        "done",
        "queue",
        "running",
        "turns",
    )

    def __init__(self, limit: Callable[[], int], max_queue: int) -> None:
        self._limit = limit
        self._max_queue = max_queue
        self._lock = new_lock()
        self._numbers = itertools.count()
        self._pace: float | None = None  # seconds between two departures
        self._filled_at: float | None = None
        self._seen = 0
        self.running = 0
        self.done = 0
        self.queue: list[tuple[float, int, QueuedCall]] = []
        self.turns: dict[QueuedCall, None] = {}  # those in the queue who have not left it
        begin_in_child(self)

    def begin_in_child(self) -> None:
        """Forget the calls of threads that do not exist in a forked child."""
        self.running = 0
        self.turns.clear()
        self.queue.clear()

    @property
    def is_busy(self) -> bool:
        """Whether anybody has a slot, or waits for one."""
        return self.running > 0 or bool(self.turns)

    def take(self, now: float) -> bool:
        """Take a slot, if one is free and nobody waits."""
        with self._lock:
            if self.turns or self.running >= self._limit():
                return False
            self.running += 1
            if self.running >= self._limit():
                self._measure(now)
            return True

    def queue_up(self, priority: float, now: float) -> QueuedCall | None:
        """Return a place in the queue, which may be granted at once; None where the queue is full."""
        with self._lock:
            if len(self.turns) >= self._max_queue:
                return None
            turn = QueuedCall()
            self.turns[turn] = None
            heapq.heappush(self.queue, (now - priority * AGEING, next(self._numbers), turn))
            if len(self.queue) > 2 * len(self.turns) + 64:  # so many have left
                self.queue[:] = [place for place in self.queue if place[2] in self.turns]
                heapq.heapify(self.queue)
            self._grant()  # a slot may have come free meanwhile
            return turn

    def give_back(self) -> None:
        """Give a slot back, to the first who waits."""
        with self._lock:
            if self.running > 0:  # else it began before a fork
                self.running -= 1
            self.done += 1
            self._grant()

    def leave(self, turn: QueuedCall) -> None:
        """Wait no longer, and hand on the slot if it was granted meanwhile."""
        with self._lock:
            self.turns.pop(turn, None)
            if turn.granted:
                turn.granted = False
                self.running -= 1
                self._grant()

    def _grant(self) -> None:
        while self.turns and self.running < self._limit():
            _, _, turn = heapq.heappop(self.queue)
            if self.turns.pop(turn, turn) is None:
                self.running += 1
                turn.granted = True
                if not turn.wakeup.ring():
                    turn.granted = False  # its loop is closed: it will not run
                    self.running -= 1

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
