"""Run the same call more than once, and take the answer that comes first.

    first run     |------------------------------------------ cancelled when the other is there, and awaited
    second run              |----------- answer
                  0       delay

The first run stays in the task of its caller and takes its first step before anything else is made, so a call that
answers at once pays nothing, and one that waits a timer (a task for each call costs 50 us). Who comes second interrupts
it as `asyncio.timeout` does: it cancels the caller's task, and takes that cancellation back where nobody else asked for
one.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from beluga._engine.timeouts import drive

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
    from contextvars import Context

    from beluga._engine.call import Call

__all__ = ["Race", "StreamTask"]


class Race:
    """The runs of one call, of which the first one has begun to wait.

    Args:
        call: The call.
        context: Of the call, before the first run began; each further run gets a copy.
        again: Begins a further run.
        delay: Seconds until the next one begins.
        goes_on: Is told how many further ones there are, and says whether there may be one more.
        discard: What is to be done with an answer that nobody needs; None for nothing.
    """

    def __init__(
        self,
        call: Call,
        context: Context,
        again: Callable[[], Coroutine[Any, Any, Any]],
        delay: float,
        goes_on: Callable[[int], bool],
        discard: Callable[[Any], Awaitable[object]] | None = None,
    ) -> None:
        self.further: list[asyncio.Task[Any]] = []
        self.began: float = 0.0
        """When the run that answered began, in seconds after the first one."""
        self._call = call
        self._context = context
        self._again = again
        self._delay = delay
        self._goes_on = goes_on
        self._discard = discard
        self._winner: asyncio.Task[Any] | None = None
        self._is_over = False

    async def answer(self, first: Any, signal: Any) -> Any:
        """Return the first answer; where all runs fail, raise the error of the first one.

        Args:
            first: The coroutine of the first run.
            signal: What it has just yielded to the event loop.
        """
        task = asyncio.current_task()
        if task is None:
            first.close()
            message = f"{self._call.name} has to be awaited in a task, as its runs cancel each other"
            raise RuntimeError(message)
        self._task = task
        self._cancelling = task.cancelling()
        self._timer = self._call.environment.clock.call_later(self._delay, self._begin)
        try:
            value = await self._first(first, signal)
        except GeneratorExit:  # closed by hand, or by the collector: nothing can be awaited any more
            self._stop()
            raise
        except BaseException:
            await self._dismiss()
            raise
        if self._winner is not None:
            self.began = self._delay * (self.further.index(self._winner) + 1)
        try:
            await self._dismiss()
        except asyncio.CancelledError:
            await self._throw_away(value)  # nobody needs this one either
            raise
        return value

    async def _first(self, first: Any, signal: Any) -> Any:
        try:
            value = await drive(first, signal)
        except asyncio.CancelledError:
            winner = self._winner
            if winner is None:
                raise
            if self._task.uncancel() > self._cancelling:
                self._winner = None  # somebody else cancels the call as well
                raise
            return winner.result()
        except Exception as error:
            if self._winner is not None:
                self._task.uncancel()  # the first run made an error of the interruption
                return self._winner.result()
            if not self.further:
                raise  # in time: that is not a matter of waiting
            return await self._another(error)
        if self._winner is not None:
            self._task.uncancel()  # both at once, and the first one did not hear of it
            self._winner = None
        return value

    async def _another(self, error: Exception) -> Any:
        """Return the answer of a further run, as the first one has failed."""
        self._is_over = True
        self._timer.cancel()
        while True:
            self._winner = next(filter(_is_good, self.further), None)  # one may have ended at the same moment
            left = [run for run in self.further if not run.done()]
            if self._winner is not None or not left:
                break
            await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
        if self._winner is None:
            raise error
        return self._winner.result()

    def _begin(self) -> None:
        """Begin another run, as the time has come."""
        # What the first run has set meanwhile, such as its span, is not theirs who stand outside of it.
        context = self._context.copy()
        if self._is_over or not context.run(self._goes_on, len(self.further)):
            return
        run = asyncio.get_running_loop().create_task(self._again(), context=context)
        self.further.append(run)
        run.add_done_callback(self._has_ended)
        self._timer = self._call.environment.clock.call_later(self._delay, self._begin)

    def _has_ended(self, run: asyncio.Task[Any]) -> None:
        """Interrupt the first run, if this one has an answer and nobody else has one yet."""
        if not self._is_over and self._winner is None and _is_good(run):
            self._winner = run
            self._task.cancel()

    def _stop(self) -> None:
        self._is_over = True
        self._timer.cancel()
        for run in self.further:
            run.cancel()

    async def _dismiss(self) -> None:
        """Cancel the runs that nobody needs any more, and wait until they have ended, whoever cancels meanwhile."""
        self._stop()
        interrupted: asyncio.CancelledError | None = None
        while left := [run for run in self.further if not run.done()]:
            try:
                await asyncio.wait(left)
            except asyncio.CancelledError as error:
                interrupted = error
        for run in self.further:
            if _is_good(run) and run is not self._winner:
                try:
                    await self._throw_away(run.result())
                except asyncio.CancelledError as error:
                    interrupted = error
        if interrupted is not None:
            raise interrupted

    async def _throw_away(self, answer: Any) -> None:
        if self._discard is not None:
            with contextlib.suppress(Exception):  # of an answer that nobody needs
                await self._discard(answer)


def _is_good(run: asyncio.Task[Any]) -> bool:
    """Say whether `run` has an answer; to ask for its error keeps asyncio from telling that nobody did."""
    return run.done() and not run.cancelled() and run.exception() is None


class StreamTask:
    """A stream all of whose steps are taken in one task of its own, wherever it is read.

    What an async generator sets up in its first step may belong to the task of that step: an `asyncio.timeout` cancels
    it, a task group awaits there. A further run of a race begins in a task that ends with the race.
    """

    def __init__(self, stream: AsyncGenerator[Any, None]) -> None:
        self._stream = stream
        self._loop = asyncio.get_running_loop()
        self._orders: asyncio.Queue[tuple[Any, asyncio.Future[Any], bool]] = asyncio.Queue()
        self._early: asyncio.Future[Any] | None = None
        self._task = self._loop.create_task(self._serve())

    async def asend(self, value: Any) -> Any:
        """Take a step."""
        return await self._step(self._stream.asend(value))

    async def athrow(self, error: BaseException) -> Any:
        """Throw into it."""
        return await self._step(self._stream.athrow(error))

    async def aclose(self) -> None:
        """Close it, and end its task."""
        await self._step(self._stream.aclose(), is_last=True)

    async def _step(self, order: Any, *, is_last: bool = False) -> Any:
        answer, self._early = None if is_last else self._early, None
        if answer is not None:
            order.close()  # it has gone on by itself
        elif self._task.done():
            return await order
        else:
            answer = self._loop.create_future()
            self._orders.put_nowait((order, answer, is_last))
        while True:
            try:
                return await asyncio.shield(answer)
            except asyncio.CancelledError:
                if answer.done():
                    raise
                self._task.cancel()  # whoever cancels the reader means the step

    async def _serve(self) -> None:
        is_over = False
        while not (is_over and self._orders.empty()):
            try:
                order, answer, is_over = await self._orders.get()
            except asyncio.CancelledError as error:  # of a time-out that the stream has set, or at the end of the loop
                order, answer = self._stream.athrow(error), self._loop.create_future()
                self._early = answer
            try:
                answer.set_result(await order)
            except asyncio.CancelledError:
                is_over = True
                answer.cancel()
            except BaseException as error:
                is_over = True
                answer.set_exception(error)
                answer.exception()  # it may be that nobody asks for it, which asyncio would complain of
                if not isinstance(error, Exception):
                    raise
