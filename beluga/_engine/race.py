"""Run the same call more than once, and take the answer that comes first.

    first run     |------------------------------------------ cancelled when the other is there, and awaited
    second run              |----------- answer
                  0       delay

The first run stays in the task of its caller, so a call that answers in time pays for a timer only (a task for each
call costs 50 us). Who comes second interrupts it as `asyncio.timeout` does: it cancels the caller's task, and takes
that cancellation back where nobody else asked for one.
"""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from beluga._engine.call import Call

__all__ = ["Race"]


class Race:
    """The runs of one call.

    Args:
        call: The call.
        run: Begins one of them.
        delay: Seconds until the next one begins.
        goes_on: Is told how many further ones there are, and says whether there may be one more.
        discard: What is to be done with an answer that nobody needs; None for nothing.
    """

    def __init__(
        self,
        call: Call,
        run: Callable[[], Awaitable[Any]],
        delay: float,
        goes_on: Callable[[int], bool],
        discard: Callable[[Any], Awaitable[object]] | None = None,
    ) -> None:
        self.further: list[asyncio.Task[Any]] = []
        self._call = call
        self._run = run
        self._delay = delay
        self._goes_on = goes_on
        self._discard = discard
        self.began: float = 0.0
        """When the run that answered began, in seconds after the first one."""
        self._winner: asyncio.Task[Any] | None = None
        self._is_over = False

    async def answer(self) -> Any:
        """Return the first answer; where all runs fail, raise the error of the first one."""
        task = asyncio.current_task()
        if task is None:
            message = f"{self._call.name} has to be awaited in a task, as its runs cancel each other"
            raise RuntimeError(message)
        self._task = task
        self._cancelling = task.cancelling()
        self._context = contextvars.copy_context()
        self._timer = self._call.environment.clock.call_later(self._delay, self._begin)
        try:
            return await self._first()
        finally:
            self._is_over = True
            self._timer.cancel()
            if self._winner is not None:
                self.began = self._delay * (self.further.index(self._winner) + 1)
            if self.further:
                await self._dismiss()

    async def _first(self) -> Any:
        try:
            value = await self._run()
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
        if self._is_over or not self._goes_on(len(self.further)):
            return
        run = asyncio.get_running_loop().create_task(self._awaited(), context=self._context.copy())
        self.further.append(run)
        run.add_done_callback(self._has_ended)
        self._timer = self._call.environment.clock.call_later(self._delay, self._begin)

    async def _awaited(self) -> Any:
        return await self._run()

    def _has_ended(self, run: asyncio.Task[Any]) -> None:
        """Interrupt the first run, if this one has an answer and nobody else has one yet."""
        if not self._is_over and self._winner is None and _is_good(run):
            self._winner = run
            self._task.cancel()

    async def _dismiss(self) -> None:
        """Cancel the runs that nobody needs any more, and wait until they have ended, whoever cancels meanwhile."""
        interrupted: asyncio.CancelledError | None = None
        for run in self.further:
            run.cancel()
        while left := [run for run in self.further if not run.done()]:
            try:
                await asyncio.wait(left)
            except asyncio.CancelledError as error:
                interrupted = error
        for run in self.further:
            if _is_good(run) and run is not self._winner and self._discard is not None:
                try:
                    await self._discard(run.result())
                except asyncio.CancelledError as error:
                    interrupted = error
                except Exception:  # noqa: S110 - of an answer that nobody needs
                    pass
        if interrupted is not None:
            raise interrupted


def _is_good(run: asyncio.Task[Any]) -> bool:
    """Say whether `run` has an answer; to ask for its error keeps asyncio from telling that nobody did."""
    return run.done() and not run.cancelled() and run.exception() is None
