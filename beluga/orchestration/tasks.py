"""Run the branches of a scatter as tasks of the running event loop."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import math
import types
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from beluga._engine.timeouts import TaskTimer
from beluga.clock import environment
from beluga.orchestration.threads import attempt, pool

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator, Sequence

    from beluga.orchestration.nodes import Node
    from beluga.orchestration.scatter_call import Limits, ScatterCall

__all__ = ["run_tasks"]


async def run_tasks(call: ScatterCall) -> None:
    """Run the branches until the results is over, then cancel the others and wait for their end."""
    await _Tasks(call).run()


class _Tasks:
    def __init__(self, call: ScatterCall) -> None:
        self._call = call
        self._results = call.results
        self._loop = asyncio.get_running_loop()
        self._done = self._loop.create_future()
        self._environment = environment()
        self._monotonic = self._environment.monotonic
        self._late = False

    async def run(self) -> None:
        call, count = self._call, len(self._call.nodes)
        create = self._loop.create_task
        if call.limit >= count:
            tasks = [create(self._branch(index)) for index in range(count)]
        else:
            waiting = iter(range(count))
            tasks = [create(self._work(waiting)) for _ in range(call.limit)]
        timer = None
        if call.limits is not None and call.limits.at < math.inf:
            left = max(0.0, call.limits.at - self._monotonic())
            timer = self._environment.clock.call_later(left, self._expire)
        try:
            await self._done
        finally:
            if timer is not None:
                timer.cancel()
            # Before the losers end, because their cleaning up is no part of what they took.
            total = None if call.limits is None else call.limits.total
            self._results.close(self._monotonic(), late=self._late, total=total)
            await _settle(tasks)

    def _expire(self) -> None:
        self._late = not self._results.over
        self._finish()

    def _finish(self) -> None:
        if not self._done.done():
            self._done.set_result(None)

    async def _work(self, waiting: Any) -> None:
        """Take one branch after the other, each in a context of its own as if it were a task of its own."""
        task = asyncio.current_task()
        for index in waiting:
            if self._results.over:
                return
            await _within(copy_context(), self._branch(index))
            if task is not None and task.cancelling() and not self._results.over:
                await _forget_cancellation(task)

    async def _branch(self, index: int) -> None:
        call, results = self._call, self._results
        value: Any = None
        error: BaseException | None = None
        began = results.began[index] = self._monotonic()
        try:
            if call.limits is None:
                value = await self._value(call.nodes[index])
            else:
                value = await self._bounded(index, call.limits)
        except (Exception, asyncio.CancelledError) as raised:
            error = raised
        except BaseException as raised:
            results.abort(raised)
        if results.add(index, value, error, self._monotonic() - began):
            self._finish()
        error = None  # its traceback holds this frame

    async def _bounded(self, index: int, limits: Limits) -> Any:
        """Run a branch, and cancel it when its own time runs out; `run` watches the time of all."""
        at = limits.enter()
        timer = None if limits.each == math.inf else TaskTimer(self._environment, at)
        error: BaseException | None = None
        try:
            value = await self._value(self._call.nodes[index])
        except BaseException as raised:
            error = raised
            raise
        finally:
            late = timer is not None and timer.stop(error)
            error = None  # its traceback holds this frame
            if late:
                raise self._results.overdue(index, limits.branch_total)
        if self._monotonic() > at:
            raise self._results.overdue(index, limits.branch_total)
        return value

    async def _value(self, node: Node) -> Any:
        if node.is_async:
            return await node.acall(self._call.value, **self._call.extras(node))
        return await self._in_thread(node)

    async def _in_thread(self, node: Node) -> Any:
        # Not through the future: the frame that sets its result would keep the error, whose traceback keeps it.
        reports: list[tuple[Any, BaseException | None]] = []
        context = copy_context()
        work = functools.partial(context.run, lambda: reports.append(attempt(node, self._call)))
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
