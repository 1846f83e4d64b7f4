"""The part of `budget` that bounds time, and time budgets that are spread over steps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Self

import attrs

from beluga._engine.options import is_live, number, seconds
from beluga._engine.policy import Hints, Policy
from beluga._engine.timeouts import Deadline, TimedBlock, current_deadline, expired, reset_deadline, set_deadline
from beluga.clock import environment

if TYPE_CHECKING:
    from beluga._engine.call import Call, Outcome
    from beluga._policies.budget import Budget

__all__ = ["TimeLayer", "TimeoutBudget", "time_layer"]


def time_layer(options: Budget) -> TimeLayer:
    """Return the layer of a budget of time, which asks for live options at each call."""
    return (_LiveTimeLayer if is_live(options) else TimeLayer)(options)


class TimeLayer(Policy):
    """One deadline for a call and everything inside it."""

    concern = "budget"
    hints = Hints(reads_value=False, sets_deadline=True)

    def __init__(self, options: Budget) -> None:
        self._total: float = _endless(options.total)
        self._share: float | None = options.share

    def enter(self, call: Call) -> None:
        """Set the deadline: this budget's, or the enclosing one where that is earlier."""
        monotonic = call.environment.monotonic
        now = monotonic()
        enclosing = current_deadline()
        total = self._total if self._share is None else self._part(call, enclosing, now)
        at = now + total
        own: float | None = total
        if enclosing <= at:
            at, own = enclosing, None
        if at <= now:
            raise expired(call.name, own)
        deadline = Deadline()
        deadline.at = at
        deadline.total = own
        deadline.owner = self
        deadline.outer = call.deadline
        deadline.token = set_deadline(at)
        call.deadline = deadline

    def _part(self, call: Call, enclosing: float, now: float) -> float:
        if enclosing == math.inf:
            message = (
                f"budget: share={self._share:g} of {call.name} needs an enclosing budget to take a part of, and "
                "there is none: call it from a function with @budget(total), or give total="
            )
            raise RuntimeError(message)
        return min(self._total, max(0.0, enclosing - now) * (self._share or 1.0))

    def watch(self, call: Call) -> _Lease:
        """Stop a stream that goes on beyond its deadline, and keep the deadline from its consumer."""
        return _Lease(call, self._own(call))

    def _own(self, call: Call) -> Deadline:
        """Return the deadline that this layer set; those of budgets further in are linked before it."""
        deadline: Any = call.deadline
        while deadline.owner is not self:
            deadline = deadline.outer
        own: Deadline = deadline
        return own

    def leave(self, call: Call, outcome: Outcome) -> None:
        """Take the deadline away; an answer that comes too late is none."""
        deadline: Any = call.deadline
        call.deadline = deadline.outer
        try:
            reset_deadline(deadline.token)
        except ValueError:
            return  # a coroutine that is closed from elsewhere: the deadline was never set there
        if outcome.error is None:
            monotonic = call.environment.monotonic
            if monotonic() > deadline.at:
                raise expired(call.name, deadline.total)


class _LiveTimeLayer(TimeLayer):
    """The same with options that may change."""

    def __init__(self, options: Budget) -> None:
        self._options = options

    @property
    def _total(self) -> float:  # type: ignore[override]  # a plain attribute where nothing changes, which is quicker
        return _endless(self._options.total)

    @property
    def _share(self) -> float | None:  # type: ignore[override]  # the same
        return self._options.share


def _endless(total: float | None) -> float:
    return math.inf if total is None else total


class _Lease:
    """The deadline of one stream, which holds while the stream works and not while its consumer does.

    Args:
        call: The call.
        own: The deadline that the budget set.
    """

    __slots__ = ("_monotonic", "_name", "_own")

    def __init__(self, call: Call, own: Deadline) -> None:
        self._name = call.name
        self._monotonic = call.environment.monotonic
        self._own = own

    def seen(self, item: Any) -> None:  # noqa: ARG002 - an item of any kind comes too late
        if self._monotonic() > self._own.at:
            raise expired(self._name, self._own.total)

    def suspend(self) -> None:
        reset_deadline(self._own.token)

    def resume(self) -> None:
        self._own.token = set_deadline(self._own.at)


@attrs.define(eq=False)
class TimeoutBudget:
    """Spread one deadline over steps that follow each other.

    The clock starts when the object is made. Each step gets a fraction of what is left then, so a quick step
    leaves more to the later ones.

    Args:
        total: Seconds for all steps together.

    Raises:
        ValueError: `total` is not above 0.

    Example:
        >>> from beluga.testing import fake_clock
        >>> with fake_clock() as clock:
        ...     turn = TimeoutBudget(10.0)
        ...     with turn.allocate(0.6) as model:
        ...         clock.advance(2.0)
        ...     with turn.allocate(0.3) as tool:
        ...         print(model.seconds, round(tool.seconds, 1), turn.remaining())
        6.0 2.4 8.0
    """

    total: float = attrs.field(converter=seconds, validator=number(0, above=True), on_setattr=attrs.setters.frozen)
    _ends_at: float = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Start the clock."""
        self._ends_at = environment().monotonic() + self.total

    def remaining(self) -> float:
        """Return the seconds left, never negative."""
        return max(0.0, self._ends_at - environment().monotonic())

    def allocate(self, fraction: float = 1.0) -> Allocation:
        """Return a context manager, sync and async, with `fraction` of what is left as its deadline.

        Args:
            fraction: Above 0 and at most 1.

        Raises:
            ValueError: `fraction` is out of its range.
        """
        if isinstance(fraction, bool) or not isinstance(fraction, (int, float)) or not 0 < fraction <= 1:
            message = f"TimeoutBudget: fraction={fraction!r} must be a number above 0 and at most 1"
            raise ValueError(message)
        return Allocation(self, fraction)


_STEP = "a step of the time budget"


class Allocation:
    """One step's part of a `TimeoutBudget`; its clock starts when the block is entered.

    In an ``async with`` block the running task is cancelled at the deadline; a plain ``with`` block cannot be
    stopped, and raises when it ends too late. Either way everything inside inherits the deadline.
    """

    def __init__(self, source: TimeoutBudget, fraction: float) -> None:
        self._source = source
        self._fraction = fraction
        self.seconds: float = 0.0
        self._at: float | None = None

    def remaining(self) -> float:
        """Return the seconds left of this part, never negative; before it begins, what it would get now."""
        if self._at is None:
            return self._source.remaining() * self._fraction
        return max(0.0, self._at - environment().monotonic())

    def __enter__(self) -> Self:
        """Set the deadline.

        Raises:
            DeadlineExceeded: Nothing is left.
        """
        return self._begin(is_async=False)

    def _begin(self, *, is_async: bool) -> Self:
        self.seconds = self._source.remaining() * self._fraction
        self._block = TimedBlock(_STEP, self.seconds, is_async=is_async)
        self._at = self._block.at
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        """Take the deadline away.

        Raises:
            DeadlineExceeded: The block ended after it.
        """
        late = self._block.end(error)
        if late is not None:
            raise late from error

    async def __aenter__(self) -> Self:
        """Set the deadline and start its timer."""
        return self._begin(is_async=True)

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Stop the timer; turn its cancellation into `DeadlineExceeded`."""
        self.__exit__(kind, error, trace)
