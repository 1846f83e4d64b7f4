"""An event loop whose own timers follow a fake clock, and the threads for which the time has to stand still.

A loop on virtual time jumps to its next timer when nothing is ready. But that is also how it looks while a thread works
for it: a client that asks for the platform in a worker thread would find its deadline passed before it sent anything.
So before each jump the threads are looked at:

============================================================  ===========================  =========================
what may still wake the loop                                  how it is known              virtual time
============================================================  ===========================  =========================
`run_in_executor`, `asyncio.to_thread`, look-ups of names     counted as they are given    stands until it is done
worker threads of anyio                                       not on anyio's idle list     stands until it is done
one of these that waits for the clock itself                  the clock knows              goes on
one of these that waits for a lock, an event or a queue       its frame is in `threading`  goes on after the grace
sockets, and threads that began after the clock was made      they are there               goes on after the grace
threads of a pool that have nothing to do, and older threads  they are there               goes on at once
============================================================  ===========================  =========================

The grace is real time in which nothing happens to the loop, as the ``autojump_threshold`` of trio's clock is.
"""

from __future__ import annotations

import asyncio
import concurrent.futures.thread
import contextlib
import functools
import math
import selectors
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from concurrent.futures import Executor

    from beluga.testing.clock import FakeClock

__all__ = ["GLANCE", "FakeClockLoop", "Workers", "counting", "run"]

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

GLANCE = 0.001
"""Real seconds between two looks at what the threads do."""

_POOL = concurrent.futures.thread.__file__


class _Job:
    """A function that an executor is to call, with the thread that is at it."""

    __slots__ = ("_function", "thread")

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.thread: int | None = None

    def __call__(self, *args: Any) -> Any:
        self.thread = threading.get_ident()
        try:
            return self._function(*args)
        finally:
            self.thread = None  # it may do something else before the loop hears of this

    def __reduce__(self) -> tuple[Any, ...]:
        return functools.partial, (self._function,)  # into another process goes the function alone


_JOBS: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, set[_Job]] = weakref.WeakKeyDictionary()


def _counted(
    loop: asyncio.AbstractEventLoop, run: Callable[..., Any], executor: Any, function: Callable[..., Any], *args: Any
) -> asyncio.Future[Any]:
    """Call `run` as the `run_in_executor` of `loop`, and know of the work until the loop has heard of its end."""
    job, jobs = _Job(function), _JOBS.setdefault(loop, set())
    future: asyncio.Future[Any] = run(executor, job, *args)
    jobs.add(job)
    future.add_done_callback(lambda _: jobs.discard(job))
    return future


_counters = 0
_real: Any = asyncio.BaseEventLoop.run_in_executor


@contextlib.contextmanager
def counting() -> Iterator[None]:
    """Count the work of every loop of asyncio's own until the block ends."""
    global _counters  # noqa: PLW0603 - blocks may lie within each other and overlap

    def run_in_executor(self: Any, executor: Any, function: Any, *args: Any) -> Any:
        return _counted(self, functools.partial(_real, self), executor, function, *args)

    target: Any = asyncio.BaseEventLoop
    _counters += 1
    if _counters == 1:
        target.run_in_executor = run_in_executor
    try:
        yield
    finally:
        _counters -= 1
        if _counters == 0:
            target.run_in_executor = _real


class Workers:
    """The threads that one clock has to wait for.

    Args:
        grace: Real seconds that time stands still while something may wake the loop of which nobody can know.
    """

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._older = weakref.WeakSet(threading.enumerate())
        self._waiting: set[int] = set()

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Let the time go on while this thread waits for it."""
        self._waiting.add(threading.get_ident())
        try:
            yield
        finally:
            self._waiting.discard(threading.get_ident())

    def patience(self, loop: asyncio.AbstractEventLoop) -> float:
        """Return for how many real seconds time has to stand still unless something happens to `loop`.

        It is `inf` while a thread works for the loop, the grace while something else may wake it, else 0.
        """
        threads = [thread for thread in threading.enumerate() if thread not in self._older]
        mine = [job.thread for job in _JOBS.get(loop, ())]
        mine += [thread.ident for thread in threads if _works_for_anyio(thread, loop)]
        others = {thread.ident for thread in threads if not hasattr(thread, "idle_workers")} - self._waiting
        frames = sys._current_frames() if mine or others else {}  # noqa: SLF001 - documented, and the only way
        mine = [ident for ident in mine if ident not in self._waiting]
        if any(ident is None or not _is_blocked(frames.get(ident)) for ident in mine):
            return math.inf
        others.discard(threading.get_ident())
        if mine or any(_is_active(frames.get(ident or 0)) for ident in others) or _has_sockets(loop):
            return self._grace
        return 0.0


def _has_sockets(loop: Any) -> bool:
    selector = getattr(loop, "_selector", None)  # it has no public name
    return selector is not None and len(selector.get_map()) > 1  # one is the loop's own, to be woken by


def _works_for_anyio(thread: Any, loop: asyncio.AbstractEventLoop) -> bool:
    # anyio's workers have the list of those that have nothing to do, and name the loop that they belong to.
    idle = getattr(thread, "idle_workers", None)
    return idle is not None and getattr(thread, "loop", None) is loop and thread not in idle and not thread.stopping


def _is_blocked(frame: Any) -> bool:
    """Say whether a thread waits for another one; then it may be this loop that it waits for."""
    return frame is not None and frame.f_code.co_filename == threading.__file__


def _is_active(frame: Any) -> bool:
    """Say whether a thread does anything but wait for work as a member of a pool."""
    idle = frame is None or (frame.f_code.co_filename == _POOL and frame.f_code.co_name == "_worker")
    return not idle


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting for the next timer, moves the clock to it."""

    loop: FakeClockLoop

    def select(self, timeout: float | None = None) -> list[Any]:
        ready: list[Any] = super().select(0)
        if ready or timeout == 0:
            return ready
        clock, quiet = self.loop.follows_clock, 0.0
        due = math.inf if timeout is None else clock.monotonic() + timeout
        while (now := clock.monotonic()) < due:
            until = min(due, clock.next_alarm())
            if until == math.inf:
                return super().select(None)
            patience = clock.workers.patience(self.loop) if clock.jumps else math.inf
            if quiet >= patience:
                clock.advance(max(0.0, until - now))
                break
            # In slices, because a thread that works may come to wait for this loop, or move the time by itself.
            ready = super().select(GLANCE)
            if ready:
                break
            quiet = 0.0 if patience == math.inf else quiet + GLANCE
        return ready


class FakeClockLoop(asyncio.SelectorEventLoop):
    """An event loop on virtual time: when every task waits, the clock jumps to the next timer.

    Time stands still while a thread works for the loop (`asyncio.to_thread`, anyio's workers), and for the clock's
    grace while a socket or another thread may wake it.

    Args:
        clock: The time it follows.
    """

    def __init__(self, clock: FakeClock) -> None:
        selector = _JumpingSelector()
        selector.loop = self
        self.follows_clock = clock
        super().__init__(selector)

    def time(self) -> float:
        """Return the virtual seconds."""
        return self.follows_clock.monotonic()

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Arguments], T], *args: *Arguments
    ) -> asyncio.Future[T]:
        """Do what every loop does; time stands still until it is done."""
        return _counted(self, super().run_in_executor, executor, func, *args)


def run(clock: FakeClock, main: Coroutine[Any, Any, Any]) -> Any:
    """Run `main` on a new `FakeClockLoop` and close it behind."""
    with asyncio.Runner(loop_factory=lambda: FakeClockLoop(clock)) as runner:
        return runner.run(main)
