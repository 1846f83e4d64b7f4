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
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from beluga._engine.timeouts import DEADLINE
from beluga.clock import SystemClock, environment
from beluga.errors import GraphError

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Generator
    from concurrent.futures import ThreadPoolExecutor
    from queue import SimpleQueue

    from beluga.orchestration.nodes import Node
    from beluga.orchestration.results import BranchResult
    from beluga.orchestration.scatter_call import Branch, ScatterCall

__all__ = ["attempt", "pool", "run_threads", "stream_threads"]

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


def attempt(node: Node, value: Any, call: ScatterCall) -> tuple[Any, BaseException | None]:
    """Call `node` in this thread; return its value or its error, because a future cannot carry every error."""
    try:
        return node.call(value, **call.extras(node, value)), None
    except BaseException as error:
        return None, error


def run_threads(call: ScatterCall) -> None:
    """Run the branches until the results are enough; those that still run then are left to themselves."""
    for _ in _steps(call):
        pass


def stream_threads(call: ScatterCall, heard: deque[BranchResult]) -> Generator[BranchResult]:
    """Run the branches like `run_threads`, and yield each result that arrives in `heard`.

    A branch begins when a place is free and the result before it has been taken.

    Raises:
        BaseException: Too many branches failed: the first error.
    """
    for _ in _steps(call):
        while heard:
            yield heard.popleft()
    yield from heard
    call.results.result()


def _steps(call: ScatterCall) -> Generator[None]:
    """Start branches as there is room for them, and yield after each report."""
    from queue import SimpleQueue

    finished: SimpleQueue[Any] = SimpleQueue()
    running: dict[int, tuple[float, Node]] = {}
    results = call.results
    try:
        while not results.over:
            while len(running) < call.limit and (branch := _next(call)) is not None:
                running[branch[0]] = _start(call, branch, finished), branch[1]
            if results.over:
                break
            # All have the same time, so the one that began first is the first to be overdue.
            soonest = next(iter(running.values()))[0]
            _report(call, running, _wait(finished, soonest))
            yield
    finally:
        results.close(environment().monotonic())


def _next(call: ScatterCall) -> Branch | None:
    """Take the next branch; what its iterator raises ends the call."""
    try:
        return next(call.branches, None)
    except BaseException as error:
        call.results.abort(error)
        return None


def _start(call: ScatterCall, branch: Branch, finished: SimpleQueue[Any]) -> float:
    """Begin a branch in a context of its own; return its deadline."""
    context = copy_context()
    at = DEADLINE.get() if call.limits is None else context.run(call.limits.enter)
    call.results.began[branch[0]] = environment().monotonic()
    pool().submit(context.run, _branch, call, branch, finished)
    return at


def _branch(call: ScatterCall, branch: Branch, finished: SimpleQueue[Any]) -> None:
    # No variable holds the error here, because its traceback holds this frame.
    index, node, value = branch
    finished.put((index, *attempt(node, value, call), environment().monotonic()))


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


def _report(call: ScatterCall, running: dict[int, tuple[float, Node]], report: Any) -> None:
    """Enter into the results what came of a branch, or which branches are overdue."""
    results = call.results
    if report is None:
        now = environment().monotonic()
        for index in [index for index, (at, _) in running.items() if at <= now]:
            del running[index]
            results.add(index, None, _overdue(call, index), now - results.began[index])
        return
    index, value, error, ended = report
    if index not in running:
        return  # overdue, and settled long ago
    at, node = running.pop(index)
    if type(value) is CoroutineType:
        error = _unawaited(node, value)
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
