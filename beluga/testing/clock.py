"""A clock that stands still until it is told to go on, or until everybody waits for it."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import math
import random
import threading
import weakref
from typing import TYPE_CHECKING, Any

from beluga.clock import SYSTEM, Environment, use_environment
from beluga.testing.loop import GLANCE, Workers, counting

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine
    from typing import Self

    from beluga.clock import Timer

__all__ = ["FakeClock", "InstantClock", "Undo", "fake_clock", "instant"]

_WALL = 1_767_225_600.0
"""2026-01-01 00:00 UTC, where `FakeClock.time` begins unless told otherwise."""

_IDLE_PASSES = 8
"""How often the event loop goes round with nothing else to do before time jumps.

A callback that wakes a task which wakes another is seen as work as long as it takes no more passes than this."""

_GRACE = 0.01
"""Real seconds that sockets and threads of their own have to wake a loop before time jumps."""


class _Alarm:
    """One pending callback of the clock; cancelling it makes it do nothing."""

    __slots__ = ("at", "callback", "number")

    def __init__(self, at: float, number: int, callback: Callable[[], Any] | None) -> None:
        self.at: float = at
        self.number: int = number
        self.callback = callback

    def __lt__(self, other: _Alarm) -> bool:
        return (self.at, self.number) < (other.at, other.number)

    def cancel(self) -> None:
        self.callback = None


class Undo:
    """What is in force from now on, until this is called or its block is left.

    Args:
        *blocks: What is entered at once, and left at the end.
    """

    _entered: contextlib.ExitStack | None = None

    def __init__(self, *blocks: contextlib.AbstractContextManager[Any]) -> None:
        self.enforce(*blocks)

    def enforce(self, *blocks: contextlib.AbstractContextManager[Any]) -> Self:
        """Enter `blocks` until this is called or left."""
        with contextlib.ExitStack() as entered:
            for block in blocks:
                entered.enter_context(block)
            self._entered = entered.pop_all()
        return self

    def __call__(self) -> None:
        """Put things back; a second call changes nothing."""
        entered, self._entered = self._entered, None
        if entered is not None:
            entered.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self()


class FakeClock(Undo):
    """Virtual time for everything that asks the environment: waits, deadlines, windows, jitter.

    With `autojump` a sleeping thread simply moves the time on, and when every task of the event loop waits, time jumps
    to the next one that is due. Without it only `advance` moves the time.

    Args:
        start: What `monotonic` begins with, in seconds.
        wall: What `time` begins with, in seconds since 1970; None means the beginning of 2026.
        autojump: Whether sleeping moves the time.
        grace: Real seconds without anything to do before the time of an event loop jumps, where sockets or threads
            of somebody's own may still wake it. While a thread works for the loop, time stands still in any case.
    """

    def __init__(
        self, start: float = 0.0, wall: float | None = None, *, autojump: bool = True, grace: float = _GRACE
    ) -> None:
        self._now = start
        self._offset = (_WALL if wall is None else wall) - start
        self._autojump = autojump
        self._alarms: list[_Alarm] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition(threading.RLock())
        self._owner = threading.get_ident()
        self.workers: Workers = Workers(grace)
        # By loop: one that is closed in the middle of a sleep must not keep the next one from jumping.
        self._watched: weakref.WeakSet[asyncio.AbstractEventLoop] = weakref.WeakSet()

    def monotonic(self) -> float:
        """Return the virtual seconds."""
        return self._now

    def time(self) -> float:
        """Return the virtual seconds since 1970."""
        return self._now + self._offset

    @property
    def sleepers(self) -> tuple[float, ...]:
        """The moments at which somebody is to be woken, soonest first."""
        with self._changed:
            return tuple(alarm.at for alarm in sorted(self._alarms) if alarm.callback is not None)

    def advance(self, seconds: float) -> None:
        """Move the time on, and wake everybody who is due on the way, in order.

        Raises:
            ValueError: `seconds` is negative.
        """
        if not seconds >= 0:
            message = f"FakeClock.advance: seconds={seconds!r} must not be negative; time does not go back"
            raise ValueError(message)
        with self._changed:
            target = self._now + seconds
            while (alarm := self._next()) is not None and alarm.at <= target:
                heapq.heappop(self._alarms)
                self._now = max(self._now, alarm.at)
                if alarm.callback is not None:
                    alarm.callback()
            self._now = max(self._now, target)
            self._changed.notify_all()

    def sleep(self, seconds: float) -> None:
        """Pass the time at once, or wait in another thread until somebody advances it.

        Raises:
            RuntimeError: Without autojump, in the thread that made the clock, where nobody could advance it.
        """
        if self._autojump:
            self.advance(max(0.0, seconds))
            return
        if threading.get_ident() == self._owner:
            message = (
                f"sleep({seconds:g}) on a clock without autojump would wait for ever in the thread that made it: "
                "sleep in another thread and advance() here, or use fake_clock(autojump=True)"
            )
            raise RuntimeError(message)
        with self._changed:
            due = threading.Event()
            self._alarm(seconds, due.set)
            with self.workers.waiting():
                self._changed.wait_for(due.is_set)

    def wait(self, event: threading.Event, seconds: float) -> None:
        """Wait until `event` is set or the time has come; this moves the time in no case.

        It is what a thread in the background does, which would otherwise make the time race on its own.
        """
        due = threading.Event()
        alarm = self._alarm(seconds, due.set)
        try:
            # Python cannot wait for two events at once.
            with self.workers.waiting():
                while not due.is_set() and not event.wait(GLANCE):
                    pass
        finally:
            alarm.cancel()

    async def asleep(self, seconds: float) -> None:
        """Suspend the task until the time has come."""
        import asyncio

        loop = asyncio.get_running_loop()
        woken = loop.create_future()
        alarm = self._alarm(seconds, _within(loop, lambda: None if woken.done() else woken.set_result(None)))
        self._jump_when_idle()
        try:
            await woken
        finally:
            alarm.cancel()

    def call_later(self, seconds: float, callback: Callable[[], Any]) -> _Alarm:
        """Call `callback` when the time has come."""
        import asyncio

        alarm = self._alarm(seconds, _within(asyncio.get_running_loop(), callback))
        self._jump_when_idle()
        return alarm

    def run(self, main: Coroutine[Any, Any, Any]) -> Any:
        """Run `main` like `asyncio.run`, on a loop whose own timers follow this clock too.

        So `asyncio.sleep`, `asyncio.timeout` and `asyncio.wait_for` of code under test take no time either.
        """
        from beluga.testing.loop import run

        return run(self, main)

    def next_alarm(self) -> float:
        """Return when the soonest alarm is due; `inf` where there is none."""
        with self._changed:
            alarm = self._next()
            return math.inf if alarm is None else alarm.at

    @property
    def jumps(self) -> bool:
        """Whether waiting moves the time."""
        return self._autojump

    def _alarm(self, seconds: float, callback: Callable[[], Any]) -> _Alarm:
        with self._changed:
            alarm = _Alarm(self._now + max(0.0, seconds), next(self._numbers), callback)
            heapq.heappush(self._alarms, alarm)
            return alarm

    def _next(self) -> _Alarm | None:
        while self._alarms and self._alarms[0].callback is None:
            heapq.heappop(self._alarms)
        return self._alarms[0] if self._alarms else None

    def _jump_when_idle(self) -> None:
        """Watch the running loop, and jump to the next alarm once it has nothing else to do."""
        import asyncio

        loop = asyncio.get_running_loop()
        if not self._autojump or loop in self._watched or getattr(loop, "follows_clock", None) is self:
            return
        self._watched.add(loop)
        loop.call_soon(self._look, loop, 0, 0.0)

    def _look(self, loop: asyncio.AbstractEventLoop, idle: int, quiet: float) -> None:
        # The queue of ready callbacks has no public name. A loop without one only gets its idle passes.
        busy = bool(getattr(loop, "_ready", ()))
        if busy or idle < _IDLE_PASSES:
            loop.call_soon(self._look, loop, 0 if busy else idle + 1, 0.0 if busy else quiet)
            return
        alarm = self.next_alarm()
        patience = 0.0 if alarm == math.inf else self.workers.patience(loop)
        if quiet < patience:
            loop.call_later(GLANCE, self._look, loop, idle, 0.0 if patience == math.inf else quiet + GLANCE)
            return
        self._watched.discard(loop)
        if alarm < math.inf:
            self.advance(max(0.0, alarm - self._now))
            if self.next_alarm() < math.inf:
                self._jump_when_idle()


def _within(loop: asyncio.AbstractEventLoop, callback: Callable[[], Any]) -> Callable[[], Any]:
    """Return `callback` such that it runs in the thread of `loop`, which sleeps on if another one moves the time."""
    own = threading.get_ident()

    def run() -> None:
        if threading.get_ident() == own:
            callback()
        else:
            loop.call_soon_threadsafe(callback)

    return run


def fake_clock(
    start: float = 0.0,
    *,
    wall: float | None = None,
    seed: int = 0,
    autojump: bool = True,
    grace: float = _GRACE,
) -> FakeClock:
    """Put virtual time and a seeded rng in place of the real ones from now on, in this context and no other.

    Threads and tasks that run already keep their time; tasks begun inside inherit the virtual one.

    Args:
        start: What `monotonic` begins with, in seconds.
        wall: What `time` begins with, in seconds since 1970; None means the beginning of 2026.
        seed: Of the rng that jitter is drawn from.
        autojump: Whether sleeping moves the time; without it only `FakeClock.advance` does.
        grace: Real seconds that sockets and threads of somebody's own have to wake an event loop before time jumps.
            While a thread works for the loop (`asyncio.to_thread`, anyio's workers) it does not jump at all.

    Returns:
        The clock; the real time is back when its block is left, or when it is called.

    Example:
        >>> from beluga import retry
        >>> with fake_clock() as clock:
        ...
        ...     @retry(max_attempts=2, initial_backoff=60, max_backoff=60, jitter=False)
        ...     def ask():
        ...         raise TimeoutError
        ...
        ...     try:
        ...         ask()
        ...     except TimeoutError:
        ...         print(clock.monotonic())
        60.0
    """
    clock = FakeClock(start, wall, autojump=autojump, grace=grace)
    replacement = Environment(clock, random.Random(seed))  # noqa: S311 - jitter needs no secrecy
    return clock.enforce(counting(), use_environment(replacement))


class InstantClock:
    """Real time in which nobody waits: whoever sleeps moves it on by as much, for everybody."""

    def __init__(self) -> None:
        self._skipped = 0.0
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        """Return real seconds and all that were skipped."""
        return SYSTEM.clock.monotonic() + self._skipped

    def time(self) -> float:
        """Return the same, since 1970."""
        return SYSTEM.clock.time() + self._skipped

    def sleep(self, seconds: float) -> None:
        """Move the time on."""
        with self._lock:
            self._skipped += max(0.0, seconds)

    async def asleep(self, seconds: float) -> None:
        """Move the time on, and let other tasks run."""
        self.sleep(seconds)
        await SYSTEM.clock.asleep(0.0)

    def wait(self, event: threading.Event, seconds: float) -> None:
        """Wait for real, as a thread in the background does."""
        SYSTEM.clock.wait(event, seconds)

    def call_later(self, seconds: float, callback: Callable[[], Any]) -> Timer:
        """Call `callback` when the time has really come."""
        return SYSTEM.clock.call_later(seconds, callback)


def instant(max_attempts: int = 1, *, seed: int = 0) -> Undo:
    """Let nothing in this context wait from now on, and no retry make more than so many attempts.

    It is for whole suites that are not about time: retries follow at once, a queue at a limit moves at once, and
    deadlines, windows and circuits see the time that was skipped. Time-outs of sockets and threads stay real. One line
    in pytest's configuration makes it the rule: ``beluga_instant = 1``.

    Args:
        max_attempts: The most attempts of a retry, the first time included.
        seed: Of the rng that jitter is drawn from.

    Returns:
        What undoes it: leave its block, or call it.

    Raises:
        ValueError: `max_attempts` is below 1.

    Source: stamina's ``set_testing``.

    Example:
        >>> from beluga import retry
        >>> @retry(max_attempts=10, initial_backoff=60, max_backoff=60, jitter=False)
        ... def ask():
        ...     print("asked")
        ...     raise TimeoutError
        >>> with instant(max_attempts=2):
        ...     try:
        ...         ask()
        ...     except TimeoutError as error:
        ...         print(*error.__notes__)
        asked
        asked
        beluga: gave up after 2 attempts, 60 s after the first had failed: this environment allows no more
    """
    if not isinstance(max_attempts, int) or isinstance(max_attempts, bool) or max_attempts < 1:
        message = f"instant: max_attempts={max_attempts!r} must be a whole number of at least 1"
        raise ValueError(message)
    rng = random.Random(seed)  # noqa: S311 - jitter needs no secrecy
    return Undo(use_environment(Environment(InstantClock(), rng, max_attempts=max_attempts)))
