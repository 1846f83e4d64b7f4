"""Policies around a block of code instead of a function: ``with breaker:`` and ``for attempt in retry.attempts():``.

A block is a generator function of one step, decorated like any other: what stands before the block is done until its
``yield``, the block runs while it rests there, and what the block raised is thrown into it. So every rule of the policy
holds as it does for functions, and is written once.
"""

from __future__ import annotations

import contextlib
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Self

from beluga._engine.call import Outcome
from beluga._engine.drivers import new_call
from beluga._engine.policy import Again, Policy
from beluga._engine.stack import Stack
from beluga._engine.target import Kind, Target
from beluga._engine.timeouts import TimedBlock

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator

    from beluga._engine.call import Call
    from beluga._engine.policy import Watch

__all__ = ["Attempt", "Attempts", "BlockPolicy"]


def block() -> Generator[None, None, None]:
    """Stand for a block in a thread."""
    yield


async def async_block() -> AsyncGenerator[None, None]:
    """Stand for a block in a task."""
    yield


_ENTERED: ContextVar[tuple[tuple[Policy, Any], ...]] = ContextVar("beluga.blocks", default=())
"""The blocks that run in this context, the innermost last."""


class BlockPolicy(Policy):
    """A policy that can also stand around a block: ``with policy:`` or ``async with policy:``."""

    def __enter__(self) -> Self:
        """Enter the block, or refuse it as a call would be refused."""
        self._managed(0).__enter__()
        return self

    def __exit__(self, *error: object) -> bool | None:
        """Leave the block with how it ended."""
        left: bool | None = self._left().__exit__(*error)
        return left

    async def __aenter__(self) -> Self:
        """Enter the block, or refuse it as a call would be refused; where the policy waits, other tasks run."""
        await self._managed(1).__aenter__()
        return self

    async def __aexit__(self, *error: object) -> bool | None:
        """Leave the block with how it ended."""
        left: bool | None = await self._left().__aexit__(*error)
        return left

    def _managed(self, which: int) -> Any:
        managers = vars(self).get("_managers")
        if managers is None:
            key = getattr(self, "key", None)
            if key is not None:
                message = f"{self.name}: a block has no arguments to read key={key!r} from: decorate a function"
                raise TypeError(message)
            managers = contextlib.contextmanager(self(block)), contextlib.asynccontextmanager(self(async_block))
            vars(self)["_managers"] = managers
        manager = managers[which]()
        _ENTERED.set((*_ENTERED.get(), (self, manager)))
        return manager

    def _left(self) -> Any:
        entered = _ENTERED.get()
        at = max(i for i, (policy, _) in enumerate(entered) if policy is self)
        _ENTERED.set(entered[:at] + entered[at + 1 :])
        return entered[at][1]


class Attempt:
    """One attempt of a block: ``with attempt:`` around what may be tried again.

    Args:
        number: Which attempt it is, counted from 1.
        settle: Says whether there is another one after this outcome, which then swallows its error.
        begin: Makes ambient what is so in the attempt, and begins its time, if that is bounded.
    """

    def __init__(self, number: int, settle: Callable[[Outcome], bool], begin: Callable[[], TimedBlock | None]) -> None:
        self.number: int = number
        self._settle = settle
        self._begin = begin

    def __enter__(self) -> Self:
        """Begin."""
        self._time = self._begin()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        """Keep the error back if there is another attempt."""
        late = None if self._time is None else self._time.end(error)
        again = self._settle(Outcome(error=late or error))
        if late is not None and not again:
            raise late from error
        return again


class Attempts:
    """The attempts of a block that a retry allows, each after its wait; for ``for`` and ``async for``.

    Args:
        policy: The retry.
        seconds: What each attempt has; None for as long as it takes. In ``async for`` it is cancelled then.
    """

    def __init__(self, policy: Policy, seconds: float | None = None) -> None:
        self._call: Call = new_call(Stack(Target(block, Kind.SYNC), (policy,)), (), {})
        self._layer: Policy = self._call.stack.bound[0]
        self._seconds = seconds
        self._again: Again | None = Again()
        self._layer.enter(self._call)
        self._watch: Watch | None = self._layer.watch(self._call)
        if self._watch is not None:
            self._watch.suspend()  # outside the blocks

    def _next(self, *, is_async: bool) -> Attempt | None:
        if self._again is None:
            return None
        self._again = None
        return Attempt(self._call.attempt, self._settle, lambda: self._begin(is_async=is_async))

    def _begin(self, *, is_async: bool) -> TimedBlock | None:
        time = None if self._seconds is None else TimedBlock("the attempt", self._seconds, is_async=is_async)
        if self._watch is not None:
            self._watch.resume()
        return time

    def _settle(self, outcome: Outcome) -> bool:
        verdict = self._layer.leave(self._call, outcome)
        if isinstance(verdict, Again):
            self._again = verdict
            self._call.attempt += 1
            if self._watch is not None:
                self._watch.suspend()
        return isinstance(verdict, Again)

    def __iter__(self) -> Iterator[Attempt]:
        """Yield the attempts, blocking this thread between them."""
        while (attempt := self._next(is_async=False)) is not None:
            yield attempt
            if self._again is not None and self._again.after > 0:
                self._call.environment.clock.sleep(self._again.after)

    async def __aiter__(self) -> AsyncIterator[Attempt]:
        """Yield the attempts, letting other tasks run between them."""
        while (attempt := self._next(is_async=True)) is not None:
            yield attempt
            if self._again is not None and self._again.after > 0:
                await self._call.environment.clock.asleep(self._again.after)
