"""Taskiq: tasks that go on with the trace and within the deadline of whoever sent them."""

from __future__ import annotations

import contextlib
import math
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from beluga import telemetry
from beluga._engine.timeouts import current_deadline, reset_deadline, set_deadline
from beluga.clock import environment
from beluga.errors import DeadlineExceeded
from beluga.integrations import base

__all__ = ["Middleware"]

_BLOCKS: ContextVar[contextlib.ExitStack | None] = ContextVar("beluga.taskiq", default=None)


if TYPE_CHECKING:
    _Middleware = object
else:
    _Middleware = base("taskiq", "TaskiqMiddleware")


class Middleware(_Middleware):
    """For ``broker.with_middlewares(Middleware())``.

    The deadline becomes the ``timeout`` of the task, unless that is shorter: a task that is late is cancelled and
    fails with `TimeoutError`. One whose deadline passed in the queue is not begun if it is async; a sync one is, in a
    thread, and the decorated functions in it have no time left.
    """

    def pre_send(self, message: Any) -> Any:
        """Send trace and deadline along; labels of the caller's own win."""
        message.labels.update({**telemetry.inject(), **message.labels})
        return message

    def pre_execute(self, message: Any) -> Any:
        """Go on with them."""
        labels, now, blocks = message.labels, environment().monotonic(), contextlib.ExitStack()
        try:
            told = {name: text for name, text in labels.items() if isinstance(text, str)}
            blocks.enter_context(telemetry.resume(told))
        except DeadlineExceeded:
            blocks.callback(reset_deadline, set_deadline(now))
        left = max(0.0, current_deadline() - now)
        if left != math.inf:
            labels["timeout"] = min(left, float(labels.get("timeout", math.inf)))
        _BLOCKS.set(blocks)
        return message

    def post_execute(self, *_: Any) -> None:
        """Leave them; a task that was late has failed by its time-out."""
        blocks = _BLOCKS.get()
        if blocks is not None:
            _BLOCKS.set(None)
            with contextlib.suppress(DeadlineExceeded):
                blocks.close()
