"""The deadline that a call and all inside it inherit, and the timer that cancels a coroutine at it.

A budget only sets a deadline, a moment in the context. Who waits (a retry, an HTTP client, a lock) asks how much is
left, and an async driver cancels at the deadline what does not ask. A timer costs more than many a call that it is
for, so a coroutine is first driven by hand, one step, and gets a timer only if it really waits:

    send(None) ---- StopIteration: done, no timer
         '--------- a future: it waits. Set the timer, and pass futures and results between loop and coroutine:

             loop  --- result, or CancelledError ---> drive ---> coroutine
             loop  <------------ next future ------- drive <--- coroutine

The timer cancels the task, as `asyncio.timeout` does, since nothing else gets a coroutine out of an await. Then the
CancelledError that comes back has to be told apart from one that somebody else asked for:

    fired   cancelling() as before     ours alone: DeadlineExceeded takes its place
    fired   cancelling() higher        somebody cancels as well, and goes first: CancelledError stays
    not     -                          not ours

One timer a task is enough where deadlines nest: an inner call whose deadline is no earlier relies on the outer timer.
"""

from __future__ import annotations

import math
import types
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from beluga._engine.state import give_back
from beluga.clock import environment, running_loop
from beluga.errors import DeadlineExceeded

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Generator, Iterator
    from contextvars import Token

    from beluga._engine.call import Call
    from beluga._engine.policy import Policy
    from beluga.clock import Environment, Timer

__all__ = [
    "DEADLINE",
    "TIMER",
    "Deadline",
    "TaskTimer",
    "TimedBlock",
    "await_until",
    "current_deadline",
    "drive",
    "expired",
    "remaining",
    "reset_deadline",
    "resume_until",
    "set_deadline",
]

DEADLINE: ContextVar[float] = ContextVar("beluga.deadline", default=math.inf)
"""The moment, in seconds of `Environment.monotonic`, at which the running call has to be done."""

# CPython 3.11 calls a method of an imported name the slow way (50 ns more each), so these are bound once, here.
current_deadline = DEADLINE.get
set_deadline = DEADLINE.set
reset_deadline = DEADLINE.reset


class Deadline:
    """What one time budget sets for one call; it has no ``__init__``, which would take 100 ns.

    The call has it before the deadline is set: a signal handler that raises in between leaves it to `give_back`.

    Attributes:
        at: When, in seconds of `Environment.monotonic`.
        total: The seconds that the call had; None where the deadline is that of an enclosing budget.
        owner: The budget's layer.
        enclosing: The deadline around the call.
        token: Takes the deadline away from the context; None until it is set.
        outer: What a budget further out, around the same function, had set.
    """

    __slots__ = ("at", "enclosing", "outer", "owner", "token", "total")

    at: float
    total: float | None
    owner: Policy
    enclosing: float
    token: Token[float] | None
    outer: Deadline | None

    def give_back(self) -> None:
        """Take the deadline away.

        Raises:
            ValueError: It was set in another context.
        """
        give_back(DEADLINE, self.at, self.token, self.enclosing)


def remaining() -> float | None:
    """Return the seconds left of the current time budget, above 0; None where there is none.

    Hand it on to whatever takes a time-out of its own, such as an HTTP client, a socket or a lock in a sync function.
    They take None for no time-out; infinity is an error to them, and 0 often means not to wait at all.

    Raises:
        DeadlineExceeded: Nothing is left.

    Example:
        >>> print(remaining())
        None
    """
    at = DEADLINE.get()
    if at == math.inf:
        return None
    left = at - environment().monotonic()
    if left <= 0.0:
        message = "nothing is left of the time budget that this code was called within"
        raise DeadlineExceeded(message)
    return left


def expired(name: str, total: float | None = None) -> DeadlineExceeded:
    """Build the error that says that `name` ran out of time.

    Args:
        name: The function.
        total: The seconds it had; None where an enclosing budget, or nobody here, set them.
    """
    budget = "the time budget it was called within" if total is None else f"its time budget of {total:.3g} s"
    return DeadlineExceeded(f"{name} did not finish within {budget}", total=total)


@types.coroutine
def await_until(call: Call, awaitable: Awaitable[Any]) -> Generator[Any, Any, Any]:
    """Await `awaitable`, and cancel it at the current deadline.

    The first step runs without a timer: a call that finishes at once pays none. A call inside another one
    with the same deadline, in the same task, relies on the timer that is running already.

    Raises:
        DeadlineExceeded: The deadline came first.
    """
    # Coroutines are driven directly; the wrapper that __await__ makes of one costs another 60 ns.
    steps: Any = awaitable if type(awaitable) is types.CoroutineType else awaitable.__await__()
    if not hasattr(steps, "send"):
        steps = _awaited(steps)  # __await__ may give any iterator
    try:
        signal = steps.send(None)
    except StopIteration as done:
        return done.value
    return (yield from _go_on(call, steps, signal))


def _go_on(call: Call, steps: Any, signal: Any) -> Generator[Any, Any, Any]:
    """Go on with `steps`, which have just yielded `signal` to the event loop, and cancel them at the deadline."""
    # Not what is ambient now: a call inside that waits already has set its own.
    deadline = DEADLINE.get() if call.deadline is None else call.deadline.at
    if deadline == math.inf:
        return (yield from _drive(steps, signal))
    return (yield from _timed(call, steps, signal, deadline))


resume_until = types.coroutine(_go_on)
"""The same, for those who await it."""


def _awaited(steps: Iterator[Any]) -> Generator[Any, Any, Any]:
    return (yield from steps)


def _drive(steps: Any, signal: Any) -> Generator[Any, Any, Any]:
    """Go on with `steps`, which have just yielded `signal` to the event loop."""
    while True:
        sent, thrown = None, None
        try:
            sent = yield signal
        except GeneratorExit:
            steps.close()
            raise
        except BaseException as error:  # whatever the loop throws belongs to the coroutine
            thrown = error
        try:
            signal = steps.send(sent) if thrown is None else steps.throw(thrown)
        except StopIteration as done:
            return done.value


drive = types.coroutine(_drive)
"""The same, for those who await it."""


def _timed(call: Call, steps: Any, signal: Any, deadline: float) -> Generator[Any, Any, Any]:
    """Go on with `steps` under a timer."""
    timer = TaskTimer(call.environment, deadline)
    error: BaseException | None = None
    try:
        timer.begin()
        return (yield from _drive(steps, signal))
    except BaseException as raised:
        error = raised
        raise
    finally:
        try:
            is_late = timer.stop(error)
        except BaseException:  # of a signal handler: left alone it would cancel whatever the task does then
            timer.stop(error)
            raise
        if is_late:
            raise expired(call.name, call.deadline.total if call.deadline else None) from error


TIMER: ContextVar[TaskTimer | None] = ContextVar("beluga.timer", default=None)
"""The timer that runs: calls with no earlier deadline in its task need none of their own while it does."""


class TaskTimer:
    """Cancels the running task at a deadline, as `asyncio.timeout` does, unless another timer will.

    That one is mostly a call's further out. But who waits first in a task is the innermost call, and those around it
    find its timer running when they come to wait; so each takes over when the timer that it relies on is stopped.

    Args:
        environment: Whose clock counts.
        deadline: When, in seconds of that clock.
    """

    def __init__(self, environment: Environment, deadline: float) -> None:
        import asyncio

        running_loop()
        self._cancelled = asyncio.CancelledError
        self._fired = False
        self._task = asyncio.current_task()
        self._environment = environment
        self._deadline = deadline
        self._timer: Timer | None = None
        self._token: Token[TaskTimer | None] | None = None
        self._before: TaskTimer | None = None
        self._relied_on: TaskTimer | None = None
        self._heirs: dict[TaskTimer, None] = {}
        self._is_over = False
        self._cancelling = 0 if self._task is None else self._task.cancelling()

    def begin(self) -> None:
        """Set the timer, or rely on one that runs; whatever comes of that, it has to be stopped."""
        if self._task is None:
            return
        running = TIMER.get()
        if running is not None and running.serves(self._task, self._deadline):
            self._relied_on = running
            running._heirs[self] = None  # noqa: SLF001 - of its own kind
            return
        self._relied_on = None
        self._before = running
        self._token = TIMER.set(self)
        delay = max(0.0, self._deadline - self._environment.monotonic())
        self._timer = self._environment.clock.call_later(delay, self._fire)

    def serves(self, task: asyncio.Task[Any], deadline: float) -> bool:
        """Say whether it will cancel `task` at `deadline`, or earlier."""
        return not self._is_over and self._task is task and self._deadline <= deadline

    def _fire(self) -> None:
        if self._task is not None and not self._is_over:
            self._fired = True
            self._task.cancel()

    def stop(self, error: BaseException | None) -> bool:
        """End it; say whether `error` is the cancellation that it asked for, and nobody else did."""
        self._is_over = True
        if self._relied_on is not None:
            self._relied_on._heirs.pop(self, None)  # noqa: SLF001 - of its own kind
            return False
        try:
            give_back(TIMER, self, self._token, self._before)
        except ValueError:
            return False  # closed from another context, where nothing was set
        finally:
            if self._timer is not None:
                self._timer.cancel()
        for heir in self._heirs:
            heir.begin()
        fired, self._fired = self._fired, False
        if not fired or self._task is None:
            return False
        others = self._task.uncancel() > self._cancelling
        return isinstance(error, self._cancelled) and not others


class TimedBlock:
    """Some code with a deadline, its own or an earlier one around it; it has begun when this is made.

    Args:
        name: What messages call the code.
        seconds: What it has.
        is_async: Whether to cancel the running task at the deadline. A thread cannot be stopped.

    Raises:
        DeadlineExceeded: Nothing is left.
    """

    def __init__(self, name: str, seconds: float, *, is_async: bool) -> None:
        self._name = name
        self._environment = environment()
        own, enclosing = self._environment.monotonic() + seconds, current_deadline()
        self._total = seconds if own < enclosing else None
        self.at: float = min(own, enclosing)
        if self.at <= self._environment.monotonic():
            raise expired(name, self._total)
        self._enclosing = enclosing
        self._token: Token[float] | None = None
        self._timer = TaskTimer(self._environment, self.at) if is_async else None
        try:
            self._token = set_deadline(self.at)
            if self._timer is not None:
                self._timer.begin()
        except BaseException as error:  # of a signal handler
            self.end(error)
            raise

    def end(self, error: BaseException | None) -> DeadlineExceeded | None:
        """Take the deadline away, and return the error that takes the place of how the code ended, if it was late."""
        cancelled = self._timer is not None and self._timer.stop(error)
        give_back(DEADLINE, self.at, self._token, self._enclosing)
        is_late = cancelled or (error is None and self._environment.monotonic() > self.at)
        return expired(self._name, self._total) if is_late else None
