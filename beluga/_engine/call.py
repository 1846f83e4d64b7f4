"""One call on its way through the layers, and what came of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from beluga import events

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from beluga._engine.policy import Policy
    from beluga._engine.stack import Stack
    from beluga.clock import Environment

__all__ = ["HEALTHY", "Call", "Outcome"]

_OURS = (os.path.dirname(__file__), "<beluga: ")  # noqa: PTH120 - pathlib would cost the import 5 ms
"""How the file names of the engine and of its fused code begin."""


class Outcome:
    """What a run gave: a value, or the error it raised."""

    __slots__ = ("error", "value")

    value: Any
    error: BaseException | None

    def __init__(self, value: Any = None, error: BaseException | None = None) -> None:
        self.value = value
        self.error = error

    def __repr__(self) -> str:
        """Show the kind of outcome; values and messages may be confidential."""
        return f"Outcome({'value' if self.error is None else type(self.error).__name__})"

    def release(self) -> BaseException:
        """Return the error to raise, no longer held here, its traceback beginning outside the engine."""
        error, self.error = self.error, None  # else the raising frame would hold the error that holds it
        if error is None:
            message = "there is no error to raise"
            raise ValueError(message)
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OURS):
            trace = trace.tb_next
        return error.with_traceback(trace)


HEALTHY = Outcome()
"""The good outcome of a call whose value no layer looks at; shared, so that it costs nothing."""


class Call:
    """One call of a decorated function; made by a driver, read by policies, gone when it ends.

    It has no ``__init__``: drivers set the slots one by one, which takes half the time of a frame for it.
    """

    # The rest lives in the __dict__, which does not exist before one of them differs from its default.
    __slots__ = ("__dict__", "args", "deadline", "environment", "kwargs", "scratch", "stack", "valued")

    stack: Stack
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    environment: Environment
    """Where this call gets its time and randomness."""
    attempt: int = 1
    """Which run of the function this is, counted from 1."""
    items: int = 0
    """1 as soon as a stream has handed out its first item, else 0."""
    answer: Outcome | None = None
    """What the I/O of an `Ask` gave, while the policy is asked again."""
    deadline: Any
    """What the innermost time budget keeps; its own slot, because it is written and read in every call."""
    scratch: tuple[Policy, Any, Any] | None
    """What the layers keep: a policy, its value, and what was kept before, or None.

    A chain of tuples, because a call has few entries: one costs 20 ns, and the first one in a dict 60.
    """
    valued: bool | None
    """True once a layer wants to see the value of a good outcome of this call; see `Policy.reads_value`."""
    source: Any = None
    """The answer that a layer made the value from; layers outside read there what the answer tells of itself."""
    listeners: tuple[Callable[[events.Event], object], ...] = ()
    """Who hears of this call's events besides the subscribers."""

    @property
    def name(self) -> str:
        """The qualified name of the function."""
        return self.stack.name

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The arguments by parameter name, defaults filled in.

        Raises:
            TypeError: The arguments do not fit the function's signature.
        """
        bound = self.stack.signature.bind(*self.args, **self.kwargs)
        bound.apply_defaults()
        return bound.arguments

    def listen(self, listener: Callable[[events.Event], object]) -> None:
        """Call `listener` with the events of this call."""
        self.listeners = (*self.listeners, listener)

    def keep(self, policy: Policy, value: Any) -> None:
        """Keep `value` for `policy` until the call ends."""
        self.scratch = (policy, value, self.scratch)

    def kept(self, policy: Policy, default: Any = None) -> Any:
        """Return what `policy` kept, or `default`."""
        entry = self.scratch
        while entry is not None:
            if entry[0] is policy:
                return entry[1]
            entry = entry[2]
        return default

    def emit(self, event: type[events.Event], **fields: Any) -> None:
        """Tell this call's listeners and all subscribers, if there are any, that `event` happened."""
        if not self.listeners and not events.listening():
            return
        record = event(self.name, **fields)
        for listener in self.listeners:
            events.deliver(listener, record)
        events.emit(record)
