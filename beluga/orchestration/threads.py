"""Run the branches of a scatter in threads, for callers without an event loop.

A thread cannot be stopped from outside, and three rules follow from that.

1. **Only the caller's thread decides.** A branch puts a report into a queue when it ends, and touches nothing else:
   whether the scatter has seen enough, who is overdue and who begins next is worked out in one place, which
   therefore needs no lock. The caller waits for the queue, at most until the next branch is due.
2. **A branch that is overdue is written off, not waited for.** Its place is given to the next branch at once, so for a
   while there may be more threads than `limit`. It sees the end of its time as `remaining()` and may stop by itself.
3. **A late report is dropped.** Who is not in `running` any more has its result already, and keeps that.

With three branches, ``limit=2`` and ``branch_timeout=2``, where `b` takes 5 seconds::

    seconds   0         1         2         3         4         5
    a         |---------|
    b         |===================X - - - - - - - - - - - - - - |    its thread goes on; its report is dropped
    c                   |-------------------|
    running   a b       b c       c         (none)
    queue               a                   c                   b    nobody reads the last one
    results             a ok      b timed   c ok: all three are known, so the caller returns

The pool is shared by all scatters of the process and has no bound that matters: were there one, a branch that scatters
could wait for a place that its own caller holds. It makes a thread only when none is idle.
"""

from __future__ import annotations

import functools
import math
import os
import sys
from contextvars import copy_context
from itertools import islice
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from beluga._engine.timeouts import DEADLINE
from beluga.clock import SystemClock, environment
from beluga.errors import GraphError

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor
    from queue import SimpleQueue

    from beluga.orchestration.nodes import Node
    from beluga.orchestration.scatter_call import ScatterCall

__all__ = ["attempt", "pool", "run_threads"]

_MOST_THREADS = 4096
"""Far more than anybody runs at once: branches that wait for branches inside them must never fill the pool."""

_POLL = 0.01
"""Seconds between looks at a clock that is not the machine's and cannot wake a thread that waits for others."""


@functools.cache
def pool() -> ThreadPoolExecutor:
    """Return the one pool of this process; it makes a thread only when none is idle (67 us against 837 us)."""
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="beluga")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=pool.cache_clear)  # a fork takes the pool along, but no thread of it


def attempt(node: Node, call: ScatterCall) -> tuple[Any, BaseException | None]:
    """Call `node` in this thread; return its value or its error, because a future cannot carry every error."""
    try:
        return node.call(call.value, **call.extras(node)), None
    except BaseException as error:
        return None, error


def run_threads(call: ScatterCall) -> None:
    """Run the branches until the results is over; those that still run then are left to themselves."""
    from queue import SimpleQueue

    finished: SimpleQueue[Any] = SimpleQueue()
    waiting = iter(range(len(call.nodes)))
    running = dict(_start(call, index, finished) for index in islice(waiting, call.limit))
    while not call.results.over:
        _report(call, running, _wait(finished, min(running.values())))
        if not call.results.over:
            free = call.limit - len(running)
            running.update(_start(call, index, finished) for index in islice(waiting, free))
    call.results.close(environment().monotonic())


def _start(call: ScatterCall, index: int, finished: SimpleQueue[Any]) -> tuple[int, float]:
    """Begin a branch in a context of its own; return its place and its deadline."""
    context = copy_context()
    at = DEADLINE.get() if call.limits is None else context.run(call.limits.enter)
    call.results.began[index] = environment().monotonic()
    pool().submit(context.run, _branch, call, index, finished)
    return index, at


def _branch(call: ScatterCall, index: int, finished: SimpleQueue[Any]) -> None:
    # No variable holds the error here, because its traceback holds this frame.
    finished.put((index, *attempt(call.nodes[index], call), environment().monotonic()))


def _wait(finished: SimpleQueue[Any], at: float) -> Any:
    """Return the next report, or None when the clock may have reached `at`."""
    from queue import Empty

    if at == math.inf:
        return finished.get()
    here = environment()
    left = max(0.0, at - here.monotonic())
    try:
        return finished.get(timeout=left if isinstance(here.clock, SystemClock) else min(left, _POLL))
    except Empty:
        return None


def _report(call: ScatterCall, running: dict[int, float], report: Any) -> None:
    """Enter into the results what came of a branch, or which branches are overdue."""
    results = call.results
    if report is None:
        now = environment().monotonic()
        for index in [index for index, at in running.items() if at <= now]:
            del running[index]
            results.add(index, None, _overdue(call, index), now - results.began[index])
        return
    index, value, error, ended = report
    at = running.pop(index, None)
    if at is None:
        return  # overdue, and settled long ago
    if type(value) is CoroutineType:
        error = _unawaited(call.nodes[index], value)
    if error is None and ended > at:
        error = _overdue(call, index)
    if error is None or isinstance(error, Exception) or _is_cancellation(error):
        results.add(index, value, error, ended - results.began[index])
    else:
        results.abort(error)


def _is_cancellation(error: BaseException) -> bool:
    asyncio = sys.modules.get("asyncio")  # whoever raised one has imported it
    return asyncio is not None and isinstance(error, asyncio.CancelledError)


def _overdue(call: ScatterCall, index: int) -> BaseException:
    return call.results.overdue(index, None if call.limits is None else call.limits.branch_total)


def _unawaited(node: Node, coroutine: CoroutineType[Any, Any, Any]) -> GraphError:
    coroutine.close()  # else Python warns that nobody awaited it
    return GraphError(f"branch {node.name!r} gave a coroutine to a call that cannot await it: use acall")
