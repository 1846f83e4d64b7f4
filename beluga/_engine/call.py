"""One call on its way through the layers, and what came of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from beluga import events
from beluga.errors import DeadlineExceeded, GuardBlocked, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from beluga._engine.stack import Stack
    from beluga._engine.timeouts import Deadline
    from beluga.clock import Environment

__all__ = ["HEALTHY", "Call", "Outcome", "forget", "was_sent"]

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
    __slots__ = ("__dict__", "args", "deadline", "environment", "kept_values", "kwargs", "stack", "wants_value")

    stack: Stack
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    environment: Environment
    """Where this call gets its time and randomness."""
    attempt: int = 1
    """Which attempt is under way, counted from 1: in `enter` that of the layer outside that makes attempts, in `leave`
    how often the layers inside have run since this one was entered."""
    items: int = 0
    """1 as soon as a stream has handed out its first item, else 0."""
    sent: bool = False
    """Whether the function has begun to run; only set where it did not end well. See `was_sent`."""
    resumed: bool = False
    """Whether the stream that begins goes on with the items of the one before it; else none of these went out."""
    steered: bool = False
    """Whether the consumer of a stream has sent or thrown something in; only set where layers look at its items."""
    served: bool = False
    """Whether a layer gave an answer that it had kept, for which nothing was sent and nothing is due."""
    answer: Outcome | None = None
    """What the I/O of an `Ask` gave, while the policy is asked again."""
    deadline: Deadline | None
    """The deadline that the innermost time budget set."""
    kept_values: list[Any] | None
    """What the layers keep: a policy, its value, and the next such list, or None.

    A chain, because a call has few entries: one costs 30 ns, and the first one in a dict 60.
    """
    wants_value: bool | None
    """True once a layer wants to see the value of a good outcome of this call; see `Hints`."""
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

    def keep(self, policy: object, value: Any) -> None:
        """Keep `value` for `policy`, in place of what it kept before, until its layer is left and entered anew."""
        entry = self.kept_values
        while entry is not None and entry[0] is not policy:
            entry = entry[2]
        if entry is None:
            self.kept_values = [policy, value, self.kept_values]
        else:
            entry[1] = value

    def kept(self, policy: object, default: Any = None) -> Any:
        """Return what `policy` kept, or `default`."""
        entry = self.kept_values
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


def was_sent(call: Call, outcome: Outcome) -> bool:
    """Say whether what a call costs is due: its function ran, and was not refused by a layer or a guard further in."""
    error = outcome.error
    if call.served:
        return call.sent  # an attempt that failed before a layer gave what it had kept
    if isinstance(error, Refused) and not isinstance(error, DeadlineExceeded):
        return False
    if isinstance(error, GuardBlocked) and error.stage != "output":
        return False
    return error is None or call.sent


def forget(call: Call, policy: object) -> None:
    """Forget what `policy` kept in `call`, as drivers do for the layers inside one that answered `Again`."""
    before, entry = None, call.kept_values
    while entry is not None and entry[0] is not policy:
        before, entry = entry, entry[2]
    if entry is None:
        return
    if before is None:
        call.kept_values = entry[2]
    else:
        before[2] = entry[2]
