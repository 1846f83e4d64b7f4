"""Dramatiq: actors that go on with the trace and within the deadline of whoever sent them a message."""

from __future__ import annotations

import functools
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from beluga import telemetry
from beluga.integrations import base

__all__ = ["Middleware"]

_OPTION = "beluga"
_HEADERS: ContextVar[dict[str, str] | None] = ContextVar("beluga.dramatiq", default=None)


if TYPE_CHECKING:
    _Middleware = object
else:
    _Middleware = base("dramatiq", "Middleware")


class Middleware(_Middleware):
    """For ``broker.add_middleware(Middleware())``, before the actors are declared.

    An actor whose deadline passed in the queue fails with `DeadlineExceeded`, and is not run; give it
    ``throws=DeadlineExceeded``, so that it is not tried again.
    """

    def before_enqueue(self, _: Any, message: Any, __: Any) -> None:
        """Send trace and deadline along; a message that is sent again keeps those that it has."""
        message.options.setdefault(_OPTION, dict(telemetry.inject()))

    def after_declare_actor(self, _: Any, actor: Any) -> None:
        """Have the actor go on with what its message tells; one that it calls itself is a call like any other."""
        function = actor.fn

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            headers = _HEADERS.get()
            if headers is None:
                return function(*args, **kwargs)
            _HEADERS.set(None)
            with telemetry.resume(headers):
                return function(*args, **kwargs)

        actor.fn = run

    def before_process_message(self, _: Any, message: Any) -> None:
        """Keep what the message tells until its actor runs."""
        _HEADERS.set(message.options.get(_OPTION))

    def after_process_message(self, *_: Any, **__: Any) -> None:
        """Forget it."""
        _HEADERS.set(None)
