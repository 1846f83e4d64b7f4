"""The deadline of the running call, which everything inside it inherits."""

from __future__ import annotations

import math
from contextvars import ContextVar
from typing import Any

from beluga.clock import environment
from beluga.errors import DeadlineExceeded

__all__ = ["DEADLINE", "Deadline", "expired", "remaining"]


class Deadline:
    """A moment on the environment's clock.

    Args:
        at: The moment, in seconds of `Environment.monotonic`.
        total: How many seconds it allowed when it was set; for messages.
    """

    __slots__ = ("at", "task", "total")

    def __init__(self, at: float, total: float) -> None:
        self.at = at
        self.total = total
        # The asyncio task that a running timer will cancel; calls inside it need no timer of their own.
        self.task: Any = None


DEADLINE: ContextVar[Deadline | None] = ContextVar("beluga.deadline", default=None)


def remaining() -> float:
    """Return the seconds left of the current time budget, never negative, `inf` where there is none.

    Hand it on to whatever takes a time-out of its own, such as an HTTP client in a sync function.

    Example:
        >>> remaining()
        inf
    """
    deadline = DEADLINE.get()
    if deadline is None:
        return math.inf
    return max(0.0, deadline.at - environment().monotonic())


def expired(name: str, deadline: Deadline) -> DeadlineExceeded:
    """Build the error that says that `name` ran out of time."""
    message = f"{name} did not finish within its time budget of {deadline.total:g} s"
    return DeadlineExceeded(message, total=deadline.total)
