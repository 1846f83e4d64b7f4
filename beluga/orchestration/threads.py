"""Run the branches of a scatter in threads, for callers without an event loop."""

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

    from beluga.orchestration.job import Job
    from beluga.orchestration.nodes import Node

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


def attempt(node: Node, job: Job) -> tuple[Any, BaseException | None]:
    """Call `node` in this thread; return its value or its error, because a future cannot carry every error."""
    try:
        return node.call(job.value, **job.extras(node)), None
    except BaseException as error:
        return None, error


def run_threads(job: Job) -> None:
    """Run the branches until the tally is over; those that still run then are left to themselves."""
    from queue import SimpleQueue

    finished: SimpleQueue[Any] = SimpleQueue()
    waiting = iter(range(len(job.nodes)))
    running = dict(_start(job, index, finished) for index in islice(waiting, job.limit))
    while not job.tally.over:
        _report(job, running, _wait(finished, min(running.values())))
        if not job.tally.over:
            free = job.limit - len(running)
            running.update(_start(job, index, finished) for index in islice(waiting, free))
    job.tally.close(environment().monotonic())


def _start(job: Job, index: int, finished: SimpleQueue[Any]) -> tuple[int, float]:
    """Begin a branch in a context of its own; return its place and its deadline."""
    context = copy_context()
    at = DEADLINE.get() if job.bounds is None else context.run(job.bounds.enter)
    job.tally.began[index] = environment().monotonic()
    pool().submit(context.run, _branch, job, index, finished)
    return index, at


def _branch(job: Job, index: int, finished: SimpleQueue[Any]) -> None:
    # No variable holds the error here, because its traceback holds this frame.
    finished.put((index, *attempt(job.nodes[index], job), environment().monotonic()))


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


def _report(job: Job, running: dict[int, float], report: Any) -> None:
    """Enter into the tally what came of a branch, or which branches are overdue."""
    tally = job.tally
    if report is None:
        now = environment().monotonic()
        for index in [index for index, at in running.items() if at <= now]:
            del running[index]
            tally.add(index, None, _overdue(job, index), now - tally.began[index])
        return
    index, value, error, ended = report
    at = running.pop(index, None)
    if at is None:
        return  # overdue, and settled long ago
    if type(value) is CoroutineType:
        error = _unawaited(job.nodes[index], value)
    if error is None and ended > at:
        error = _overdue(job, index)
    if error is None or isinstance(error, Exception) or _is_cancellation(error):
        tally.add(index, value, error, ended - tally.began[index])
    else:
        tally.abort(error)


def _is_cancellation(error: BaseException) -> bool:
    asyncio = sys.modules.get("asyncio")  # whoever raised one has imported it
    return asyncio is not None and isinstance(error, asyncio.CancelledError)


def _overdue(job: Job, index: int) -> BaseException:
    return job.tally.overdue(index, None if job.bounds is None else job.bounds.branch_total)


def _unawaited(node: Node, coroutine: CoroutineType[Any, Any, Any]) -> GraphError:
    coroutine.close()  # else Python warns that nobody awaited it
    return GraphError(f"branch {node.name!r} gave a coroutine to a call that cannot await it: use acall")
