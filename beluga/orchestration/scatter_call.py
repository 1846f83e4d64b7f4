"""One call of a scatter: what its branches get and may take, and how they run in threads; as tasks they do in `tasks`.

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
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from beluga._engine.options import number, optional, seconds_if_any, whole
from beluga._engine.timeouts import DEADLINE, expired
from beluga.clock import SystemClock, environment
from beluga.errors import GraphError
from beluga.orchestration.executor import Run
from beluga.spending import SCOPE, Account, SpendingScope

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Generator, Iterator
    from concurrent.futures import ThreadPoolExecutor
    from queue import SimpleQueue
    from typing import Self

    from beluga.orchestration.nodes import Node
    from beluga.orchestration.results import BranchResult, Results
    from beluga.orchestration.tasks import AsyncDraw

__all__ = ["Branch", "Limits", "ScatterCall", "ScatterOptions", "attempt", "pool", "run_threads", "stream_threads"]


@attrs.frozen
class Limits:
    """What one call of a scatter may take; made when it begins, entered by each branch.

    Args:
        at: When the whole scatter ends, in seconds of the environment's clock; `inf` for never.
        total: The seconds that a time-out of its own gave it; None where the enclosing budget ends sooner.
        each: Seconds for one branch, from its start.
        share: What each branch may spend, where the enclosing budget is split.
    """

    at: float
    total: float | None
    each: float
    share: Account | None

    @classmethod
    def begin(cls, owner: str, ways: int, timeout: float | None, each: float | None, *, split: bool) -> Self:
        """Work out the limits of a call that begins now.

        Raises:
            DeadlineExceeded: The enclosing budget has no time left.
            RuntimeError: There is nothing to split.
        """
        now = environment().monotonic()
        at, total = DEADLINE.get(), None
        if timeout is not None and now + timeout < at:
            at, total = now + timeout, timeout
        if at <= now:
            raise expired(owner)
        seconds, share = math.inf if each is None else each, None
        if split:
            scope = SCOPE.get()
            if at == math.inf and scope is None:
                message = (
                    f'{owner}: budget="split" needs a budget to take parts of, and there is none: call it from a '
                    "function with @budget(...), or give timeout="
                )
                raise RuntimeError(message)
            seconds = min(seconds, (at - now) / ways)
            share = None if scope is None else scope.share(ways)
        return cls(at, total, seconds, share)

    def enter(self) -> float:
        """Make these the limits of the running context, which belongs to one branch; return its deadline."""
        at = min(self.at, environment().monotonic() + self.each)
        if at < math.inf:
            DEADLINE.set(at)
        if self.share is not None:
            SCOPE.set(SpendingScope(Account(self.share.tokens, self.share.cost), SCOPE.get()))
        return at

    @property
    def branch_total(self) -> float | None:
        """The seconds that a branch had, for messages."""
        return self.total if self.each == math.inf else self.each


@attrs.frozen(kw_only=True)
class ScatterOptions:
    """What is checked when a scatter is made."""

    name = "scatter"

    limit: int | None = attrs.field(default=None, validator=optional(whole(1)))
    timeout: float | None = attrs.field(
        default=None, converter=seconds_if_any, validator=optional(number(0, above=True))
    )
    branch_timeout: float | None = attrs.field(
        default=None, converter=seconds_if_any, validator=optional(number(0, above=True))
    )
    budget: str = "shared"

    def __attrs_post_init__(self) -> None:
        if self.budget not in {"shared", "split"}:
            message = f'scatter: budget={self.budget!r} must be "shared" or "split"'
            raise ValueError(message)

    def limits(self, owner: str, ways: int) -> Limits:
        """Return the limits of a call with that many branches that begins now."""
        return Limits.begin(owner, ways, self.timeout, self.branch_timeout, split=self.budget == "split")

    @property
    def bounded(self) -> bool:
        """Whether a branch gets less than what the caller has."""
        return self.timeout is not None or self.branch_timeout is not None or self.budget == "split"


Branch: TypeAlias = "tuple[int, Node, Any]"
"""The place of a branch, what it calls, and what it is given."""


class ScatterCall:
    """What the branches of one call get, and where they report.

    Args:
        branches: They are taken as there is room for them.
        total: How many there are; None where nobody knows before the last is taken.
        limit: The most that run at once.
        limits: Their time and spending; None where they just inherit those of the caller.
        results: Where they report.
        run: The graph's run so far, for branches that declare ``original`` or ``run``; None alone, where the
            original is the input itself.
        drawn: Where they come from instead, one by one, where the items are async.
    """

    __slots__ = ("branches", "drawn", "limit", "limits", "results", "run", "total")

    def __init__(
        self,
        branches: Iterator[Branch],
        total: int | None,
        limit: int | None,
        limits: Limits | None,
        results: Results,
        run: Run | None = None,
        drawn: AsyncDraw | None = None,
    ) -> None:
        self.branches: Iterator[Branch] = branches
        self.drawn: AsyncDraw | None = drawn
        self.total: int | None = total
        self.limit: float = math.inf if limit is None else limit
        self.limits: Limits | None = limits
        self.results: Results = results
        self.run: Run | None = run

    def extras(self, node: Node, value: Any) -> dict[str, Any]:
        """Return what `node` declares beside its first parameter."""
        if not node.extras:
            return {}
        run = Run(original=value) if self.run is None else self.run
        return {name: run if name == "run" else run.original for name in node.extras}


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
