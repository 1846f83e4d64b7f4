"""Time, sleep and randomness, taken from the running context so that a test can swap them.

Nothing in beluga calls ``time`` or ``random`` itself. It asks the `Environment` of the current context,
which is the real one until a test puts another in its place for its own thread or task only.
"""

from __future__ import annotations

import contextlib
import os
import random
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

import attrs

if TYPE_CHECKING:
    import asyncio
    import threading
    from collections.abc import Callable
    from contextvars import Token

__all__ = [
    "SYSTEM",
    "Clock",
    "Environment",
    "InUse",
    "SystemClock",
    "Timer",
    "environment",
    "running_loop",
    "use_environment",
]

T = TypeVar("T")


class Timer(Protocol):
    """A callback that waits for its time."""

    def cancel(self) -> None:
        """Forget the callback; nothing happens when it has already run."""
        ...


class Clock(Protocol):
    """A source of time; all figures are float seconds."""

    def monotonic(self) -> float:
        """Return seconds on a scale that never goes back."""
        ...

    def time(self) -> float:
        """Return seconds since 1970-01-01 UTC."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Block this thread for `seconds`."""
        ...

    async def asleep(self, seconds: float, /) -> None:
        """Suspend this task for `seconds`."""
        ...

    def wait(self, event: threading.Event, seconds: float) -> None:
        """Block this thread until `event` is set, for `seconds` at most."""
        ...

    def call_later(self, seconds: float, callback: Callable[[], Any], /) -> Timer:
        """Run `callback` on the running event loop in `seconds`."""
        ...


MACHINE: Final = time
"""The module itself, for those who look at the machine's own clock in line, where a frame for it (40 ns) counts."""


class SystemClock:
    """The machine's own clock."""

    __slots__ = ()

    # Looked up in the module at each call (30 ns), so that gevent's patches, freezegun and mocks reach them too.
    @staticmethod
    def monotonic() -> float:
        """Return `time.monotonic`."""
        return time.monotonic()

    @staticmethod
    def time() -> float:
        """Return `time.time`."""
        return time.time()

    @staticmethod
    def sleep(seconds: float) -> None:
        """Block this thread with `time.sleep`."""
        time.sleep(seconds)

    @staticmethod
    async def asleep(seconds: float) -> None:
        """Suspend this task with `asyncio.sleep`."""
        import asyncio

        running_loop()
        await asyncio.sleep(seconds)

    @staticmethod
    def wait(event: threading.Event, seconds: float) -> None:
        """Block this thread with the event's own `wait`."""
        event.wait(seconds)

    @staticmethod
    def call_later(seconds: float, callback: Callable[[], Any]) -> Timer:
        """Run `callback` through the running loop's `call_later`."""
        return running_loop().call_later(seconds, callback)


def running_loop() -> asyncio.AbstractEventLoop:
    """Return the running loop of asyncio.

    Raises:
        RuntimeError: There is none.
    """
    import asyncio

    try:
        return asyncio.get_running_loop()
    except RuntimeError as error:
        message = (
            "beluga waits with asyncio, and no loop of asyncio runs here: under trio or another loop, decorate a plain "
            "function and call it in a thread, or run this part with asyncio"
        )
        raise RuntimeError(message) from error


@attrs.frozen
class Environment:
    """Where the calls of one context get their time and their randomness.

    Args:
        clock: The source of time.
        rng: The source of jitter; any `random.Random`.
        max_attempts: The most attempts that a retry makes here, whatever its options say; None leaves that to them.
    """

    clock: Clock
    rng: random.Random
    max_attempts: int | None = attrs.field(default=None, kw_only=True)
    # Kept beside the clock because every call reads it: one slot instead of two look-ups (59 to 44 ns).
    monotonic: Callable[[], float] = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "monotonic", self.clock.monotonic)


SYSTEM = Environment(SystemClock(), random.Random())  # noqa: S311 - jitter needs no secrecy
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=SYSTEM.rng.seed)  # else all children would draw the same jitter

_CURRENT: ContextVar[Environment] = ContextVar("beluga.environment", default=SYSTEM)

environment: Callable[[], Environment] = _CURRENT.get
"""Return the environment of the current context."""


class InUse(Generic[T]):
    """What is in use in this context from now on, until this is called or its block is left.

    Args:
        what: What its block is given.
        *changes: The variables that hold it, each with its value.
    """

    __slots__ = ("_tokens", "_what")

    def __init__(self, what: T, *changes: tuple[ContextVar[Any], Any]) -> None:
        self._what = what
        self._tokens: list[Token[Any]] = [variable.set(value) for variable, value in changes]

    def __call__(self) -> None:
        """Use again what was used before; a second call changes nothing."""
        tokens, self._tokens = self._tokens, []
        for token in reversed(tokens):
            with contextlib.suppress(ValueError):  # in another context it was never in use
                token.var.reset(token)

    def __enter__(self) -> T:
        return self._what

    def __exit__(self, *_: object) -> None:
        self()


def use_environment(replacement: Environment) -> InUse[Environment]:
    """Make `replacement` the environment of this context from now on.

    Returns:
        What undoes it: leave its block, or call it.
    """
    return InUse(replacement, (_CURRENT, replacement))
