"""The deadline of the running call, which everything inside it inherits."""

from __future__ import annotations

import math
from contextvars import ContextVar

from beluga.clock import environment
from beluga.errors import DeadlineExceeded

__all__ = ["DEADLINE", "current_deadline", "expired", "remaining", "reset_deadline", "set_deadline"]

DEADLINE: ContextVar[float] = ContextVar("beluga.deadline", default=math.inf)
"""The moment, in seconds of `Environment.monotonic`, at which the running call has to be done."""

# CPython 3.11 calls a method of an imported name the slow way (50 ns more each), so these are bound once, here.
current_deadline = DEADLINE.get
set_deadline = DEADLINE.set
reset_deadline = DEADLINE.reset


def remaining() -> float:
    """Return the seconds left of the current time budget, never negative, `inf` where there is none.

    Hand it on to whatever takes a time-out of its own, such as an HTTP client in a sync function.

    Example:
        >>> remaining()
        inf
    """
    at = DEADLINE.get()
    return at if at == math.inf else max(0.0, at - environment().monotonic())


def expired(name: str, total: float | None = None) -> DeadlineExceeded:
    """Build the error that says that `name` ran out of time.

    Args:
        name: The function.
        total: The seconds it had; None where an enclosing budget, or nobody here, set them.
    """
    budget = "the time budget it was called within" if total is None else f"its time budget of {total:.3g} s"
    return DeadlineExceeded(f"{name} did not finish within {budget}", total=total)
