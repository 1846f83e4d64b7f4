"""Run the branches of a scatter as tasks of the running event loop."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import math
import types
from contextvars import Context, copy_context
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from beluga._engine.timeouts import TaskTimer
from beluga.clock import environment
from beluga.orchestration.scatter_call import attempt, pool

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import AsyncGenerator, AsyncIterable, Coroutine, Generator, Iterator, Sequence
    from typing import Self

    from beluga.clock import Timer
    from beluga.orchestration.nodes import Node
    from beluga.orchestration.results import BranchResult, Results
    from beluga.orchestration.scatter_call import Branch, Limits, ScatterCall

__all__ = ["AsyncDraw", "run_tasks", "stream_tasks"]


class AsyncDraw:
    """The branches of items that come from an async iterable; the tasks that draw from it wait in turn.

    Args:
        node: What is called with each item.
        items: Where they come from.
        results: Hears of each branch, and of the end.
    """

    def __init__(self, node: Node, items: AsyncIterable[Any], results: Results) -> None:
        self._node = node
        self._items = aiter(items)
        self._results = results
        self._turn = asyncio.Lock()
        self._indexes = count()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Branch:
        async with self._turn:
            if self._results.over:
                raise StopAsyncIteration
            self._results.grow()  # before it is there: where the time runs out meanwhile, it is one that did not come
            try:
                item = await anext(self._items)
            except StopAsyncIteration:
                self._results.shrink()
                self._results.end()
                raise
            return next(self._indexes), self._node, item


async def run_tasks(call: ScatterCall) -> None:
    """Run the branches until the results are enough, then cancel the others and wait for their end."""
    tasks = _Tasks(call)
    try:
        tasks.start()
        await tasks.done
    finally:
        await tasks.stop()


async def stream_tasks(call: ScatterCall, heard: deque[BranchResult]) -> AsyncGenerator[BranchResult]:
    """Run the branches like `run_tasks`, and yield each result that arrives in `heard`.

    A branch begins when a place is free and the result that came of it before has been taken.

    Raises:
        BaseException: Too many branches failed: the first error.
    """
    tasks = _Tasks(call, heard)
    try:
        tasks.start()
        while not tasks.done.done() or heard:
            if not heard:
                await tasks.heard_more()
                continue
            result = heard.popleft()
            tasks.places.release()
            yield result
    finally:
        await tasks.stop()
    for result in heard:  # who ran out of time
        yield result
    call.results.result()


class _Tasks:
    def __init__(self, call: ScatterCall, heard: deque[BranchResult] | None = None) -> None:
        self._call = call
        self._results = call.results
        self._loop = asyncio.get_running_loop()
        self._environment = environment()
        self._monotonic = self._environment.monotonic
        self._late = False
        self._timer: Timer | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._heard = heard
        self._waiter: asyncio.Future[None] | None = None
        self.done: asyncio.Future[None] = self._loop.create_future()
        if heard is not None:
            self.places: asyncio.Semaphore = asyncio.Semaphore(0)

    def start(self) -> None:
        """Begin as many branches as may run at once."""
        call, create = self._call, self._loop.create_task
        if call.limits is not None and call.limits.at < math.inf:
            left = max(0.0, call.limits.at - self._monotonic())
            self._timer = self._environment.clock.call_later(left, self._expire)
        if call.total is not None and call.limit >= call.total:
            for branch in call.branches:  # one by one, because an input that cannot be copied ends it in the middle
                self._tasks.append(create(self._branch(branch)))
        elif call.total is not None:
            self._tasks += [create(self._work(call.branches)) for _ in range(int(call.limit))]
        elif call.drawn is not None:
            self._tasks += [create(self._work(call.drawn)) for _ in range(int(call.limit))]
        else:
            while len(self._tasks) < call.limit and (first := self._next()) is not None:
                self._tasks.append(create(self._work(chain((first,), call.branches))))
        if self._results.over:
            self._finish()

    async def stop(self) -> None:
        """Settle the results, cancel what still runs and wait for its end."""
        if self._timer is not None:
            self._timer.cancel()
        # Before the losers end, because their cleaning up is not part of the time that they took.
        total = None if self._call.limits is None else self._call.limits.total
        self._results.close(self._monotonic(), late=self._late, total=total)
        await _settle(self._tasks)

    async def heard_more(self) -> None:
        """Wait until there is a result, or until all is done."""
        self._waiter = self._loop.create_future()
        await self._waiter

    def _expire(self) -> None:
        self._late = not self._results.over
        self._finish()

    def _finish(self) -> None:
        if not self.done.done():
            self.done.set_result(None)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _next(self) -> Branch | None:
        try:
            return next(self._call.branches, None)
        except BaseException as error:
            self._results.abort(error)
            return None

    async def _work(self, branches: Iterator[Branch] | AsyncDraw) -> None:
        """Take one branch after the other, each in a context of its own as if it were a task of its own."""
        task = asyncio.current_task()
        try:
            if isinstance(branches, AsyncDraw):
                async for branch in branches:
                    if await self._ends_with(branch, task):
                        break
            else:
                for branch in branches:
                    if await self._ends_with(branch, task):
                        break
        except BaseException as error:
            if self._results.over or (task is not None and task.cancelling()):
                raise
            self._results.abort(error)  # the branches raise nothing, so it comes from the iterator of the items
        if self._results.over:
            self._finish()

    async def _ends_with(self, branch: Branch, task: asyncio.Task[Any] | None) -> bool:
        """Run one of several branches of one task; say whether it is the last."""
        await _within(copy_context(), self._branch(branch))
        if not self._results.over:
            if task is not None and task.cancelling():
                await _forget_cancellation(task)
            if self._heard is not None:
                await self.places.acquire()
        return self._results.over

    async def _branch(self, branch: Branch) -> None:
        index, node, given = branch
        results = self._results
        value: Any = None
        error: BaseException | None = None
        began = results.began[index] = self._monotonic()
        try:
            if self._call.limits is None:
                value = await self._value(node, given)
            else:
                value = await self._bounded(branch, self._call.limits)
        except (Exception, asyncio.CancelledError) as raised:
            error = raised
        except BaseException as raised:
            results.abort(raised)
        if results.add(index, value, error, self._monotonic() - began):
            self._finish()
        elif self._heard is not None:
            self._wake()
        error = None  # its traceback holds this frame

    async def _bounded(self, branch: Branch, limits: Limits) -> Any:
        """Run a branch, and cancel it when its own time runs out; `run` watches the time of all."""
        at = limits.enter()
        timer = None if limits.each == math.inf else TaskTimer(self._environment, at)
        error: BaseException | None = None
        try:
            if timer is not None:
                timer.begin()
            value = await self._value(*branch[1:])
        except BaseException as raised:
            error = raised
            raise
        finally:
            late = timer is not None and timer.stop(error)
            error = None  # its traceback holds this frame
            if late:
                raise self._results.overdue(branch[0], limits.branch_total)
        if self._monotonic() > at:
            raise self._results.overdue(branch[0], limits.branch_total)
        return value

    async def _value(self, node: Node, given: Any) -> Any:
        if node.is_async:
            return await (node.acall(given, **self._call.extras(node, given)) if node.extras else node.acall(given))
        return await self._in_thread(node, given)

    async def _in_thread(self, node: Node, given: Any) -> Any:
        # Not through the future: the frame that sets its result would keep the error, whose traceback keeps it.
        reports: list[tuple[Any, BaseException | None]] = []
        context = copy_context()
        work = functools.partial(context.run, lambda: reports.append(attempt(node, given, self._call)))
        await self._loop.run_in_executor(pool(), work)
        value, error = reports.pop()
        try:
            if error is not None:
                raise error
            return await value if type(value) is types.CoroutineType else value
        finally:
            error = None  # its traceback holds this frame


@types.coroutine
def _within(context: Context, coroutine: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Await `coroutine` with every step of it in `context`."""
    step: Any = coroutine.send
    sent: Any = None
    while True:
        try:
            signal = context.run(step, sent)
        except StopIteration as done:
            return done.value
        try:
            step, sent = coroutine.send, (yield signal)
        except GeneratorExit:
            context.run(coroutine.close)
            raise
        except BaseException as error:
            step, sent = coroutine.throw, error


@types.coroutine
def _turn() -> Generator[None]:
    """Let the event loop go round once."""
    yield


async def _forget_cancellation(task: asyncio.Task[Any]) -> None:
    """Take back what a branch did to its own task, in which the next one is about to run."""
    with contextlib.suppress(asyncio.CancelledError):
        await _turn()  # where the branch ended before it was told, it is told here
    while task.uncancel():
        pass


async def _settle(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel what still runs and wait for its end, even when the caller is cancelled meanwhile."""
    interruption: asyncio.CancelledError | None = None
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        try:
            await asyncio.wait(pending)
        except asyncio.CancelledError as error:
            interruption = error
    if interruption is not None:
        raise interruption
