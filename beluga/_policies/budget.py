"""Bound the time, the tokens and the money of a call and of everything inside it."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, Self, TypeVar

import attrs

from beluga._engine.live import Live, follow
from beluga._engine.policy import Hints, Policy
from beluga._engine.timeouts import (
    Deadline,
    TaskTimer,
    current_deadline,
    expired,
    remaining,
    reset_deadline,
    set_deadline,
)
from beluga._engine.validators import number, optional, seconds_if_any
from beluga._policies.spending import SpendingBudget
from beluga.clock import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from beluga._engine.call import Call, Outcome
    from beluga.schema import Usage
    from beluga.spending import Amount

__all__ = ["TimeBudget", "TimeoutBudget", "budget", "remaining"]

F = TypeVar("F")


@attrs.frozen(eq=False)
class TimeBudget(Policy):
    """One deadline for a call and everything inside it; see `budget`."""

    concern = "budget"
    hints = Hints(reads_value=False, sets_deadline=True)

    total: float | None = attrs.field(default=None, converter=seconds_if_any, validator=optional(number(0, above=True)))
    share: float | None = attrs.field(default=None, validator=optional(number(0, 1, above=True)))
    _total: float = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Take no total for an endless one."""
        object.__setattr__(self, "_total", _endless(self.total))
        follow(self, "total", "share", "_total")

    def enter(self, call: Call) -> None:
        """Set the deadline: this budget's, or the enclosing one where that is earlier."""
        monotonic = call.environment.monotonic
        now = monotonic()
        enclosing = current_deadline()
        total = self._total if self.share is None else self._part(call, enclosing, now)
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
                f"budget: share={self.share:g} of {call.name} needs an enclosing budget to take a part of, and "
                "there is none: call it from a function with @budget(total), or give total="
            )
            raise RuntimeError(message)
        return min(self._total, max(0.0, enclosing - now) * (self.share or 1.0))

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

    def describe(self) -> str:
        """Return the seconds or the share."""
        bounds = (("total", self.total), ("share", self.share))
        return " ".join(f"{name}={value!r}" for name, value in bounds if value is not None)


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


def _endless(total: Any) -> Any:
    """Return infinity for no total, also for a live one that may be none at times."""
    if isinstance(total, Live):
        return total.map(_endless)
    return math.inf if total is None else total


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

    def __init__(self, total: float) -> None:
        self.total: float = TimeBudget(total).total or 0.0
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
        share = TimeBudget(share=fraction).share or 1.0
        return Allocation(self, share)


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
        now = environment().monotonic()
        self.seconds = self._source.remaining() * self._fraction
        at = self._at = min(now + self.seconds, current_deadline())
        if at <= now:
            raise expired(_STEP, self._source.total)
        self._token = set_deadline(at)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Take the deadline away.

        Raises:
            DeadlineExceeded: The block ended after it.
        """
        reset_deadline(self._token)
        if kind is None and environment().monotonic() > (self._at or math.inf):
            raise expired(_STEP, self.seconds)

    async def __aenter__(self) -> Self:
        """Set the deadline and start its timer."""
        self.__enter__()
        self._timer = TaskTimer(environment(), current_deadline())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        """Stop the timer; turn its cancellation into `DeadlineExceeded`."""
        if self._timer.stop(error):
            reset_deadline(self._token)
            raise expired(_STEP, self.seconds) from error
        self.__exit__(kind)


def budget(
    total: float | None = None,
    *,
    share: float | None = None,
    tokens: float | None = None,
    cost: float | None = None,
    key: str | Callable[[Mapping[str, Any]], Hashable] | None = None,
    estimate: float | Callable[[Mapping[str, Any]], float | Amount] = 0,
    price: Callable[[Usage], float] | None = None,
    max_keys: int = 10_000,
) -> Callable[[F], F]:
    """Bound what a call, and everything inside it, may take.

    Time: the earliest deadline counts. A running async call is cancelled at it, by one timer that is only set when
    the call really waits. A sync call cannot be stopped: the deadline is checked before each attempt and wait and
    when the function returns, and is handed on as `remaining()`. A stream is checked at each item, and its consumer
    is never cancelled between items. Beyond the deadline `DeadlineExceeded` is raised.

    Tokens and money: `estimate` is reserved before the call, and the usage that the result reports is charged after
    it, to this budget and to all around it. A call that is not covered raises `BudgetExceeded`; one that turns out
    dearer than estimated is counted in full, and the next one is refused.

    Args:
        total: Seconds.
        share: The part, above 0 and at most 1, to take of what is left of the enclosing budget.
        tokens: Tokens at most, for this call and all inside it, or for all calls with the same `key`.
        cost: Money at most, likewise, in the currency of `price`.
        key: A parameter's name, or a callable of all arguments by name: one token and cost budget for each value.
        estimate: Tokens to reserve, or a callable of all arguments by name that gives tokens or an `Amount`.
        price: Given a result's `Usage`, returns what it costs; None leaves money to `spend`.
        max_keys: Keys kept; beyond that the least recently used is forgotten.

    Raises:
        TypeError: The function has no parameter `key`.
        ValueError: A figure is out of its range, or none is given.

    Example:
        >>> @budget(10.0)
        ... def answer() -> bool:
        ...     return 9.0 < remaining() <= 10.0
        >>> answer()
        True
    """
    policies: list[Policy] = []
    if total is not None or share is not None:
        policies.append(TimeBudget(total, share))
    if tokens is None and cost is None:
        if key is not None or price is not None or estimate != 0:
            message = "budget: key=, estimate= and price= belong to a budget of tokens= or cost="
            raise ValueError(message)
    else:
        policies.append(
            SpendingBudget(tokens=tokens, cost=cost, key=key, estimate=estimate, price=price, max_keys=max_keys)
        )
    if not policies:
        message = "budget: give total= or share= for time, tokens= or cost= for spending"
        raise ValueError(message)
    return _join(policies)


def _join(policies: list[Policy]) -> Callable[[F], F]:
    """Return one decorator that puts all of `policies` on a function, the first outermost."""
    if len(policies) == 1:
        return policies[0]

    def decorate(function: F) -> F:
        return functools.reduce(lambda inner, policy: policy(inner), reversed(policies), function)

    return decorate
