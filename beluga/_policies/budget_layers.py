"""The layers of a budget: one sets a deadline, one reserves the estimate of a call and settles what it used."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any

import attrs

from beluga._engine.call import Outcome, was_sent
from beluga._engine.options import is_live
from beluga._engine.policy import Hints, Policy
from beluga._engine.stream_layers import StreamDeadline
from beluga._engine.target import unhashable
from beluga._engine.timeouts import Deadline, current_deadline, expired, set_deadline
from beluga._foreign import usage_of
from beluga._policies.budget_shared import Local, SharedSpendingLayer
from beluga.schema.usage import Usage
from beluga.spending import NOTHING, SCOPE, Account, Amount, SpendingScope, spend

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from beluga._engine.call import Call
    from beluga._engine.policy import Tell, Verdict, Watch
    from beluga._foreign.answers import Report
    from beluga._policies.budget import Budget

__all__ = ["Both", "SpendingLayer", "TableLayer", "amount_of_estimate", "time_layer"]


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
        if options.share is None:
            self.hints = Hints(reads_value=False, sets_deadline=True, seconds=options.total)

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
        deadline.enclosing = enclosing
        deadline.token = None
        call.deadline = deadline
        deadline.token = set_deadline(at)

    def _part(self, call: Call, enclosing: float, now: float) -> float:
        if enclosing == math.inf:
            message = (
                f"budget: share={self._share:g} of {call.name} needs an enclosing budget to take a part of, and "
                "there is none: call it from a function with @budget(total), or give total="
            )
            raise RuntimeError(message)
        return min(self._total, max(0.0, enclosing - now) * (self._share or 1.0))

    def watch(self, call: Call) -> StreamDeadline:
        """Stop a stream that goes on beyond its deadline, and keep the deadline from its consumer."""
        own: Any = self._own(call)
        return StreamDeadline(call, own)

    def _own(self, call: Call) -> Deadline | None:
        """Return the deadline that this layer set; those of budgets further in are linked before it."""
        deadline = call.deadline
        while deadline is not None and deadline.owner is not self:
            deadline = deadline.outer
        return deadline

    def abandon(self, call: Call) -> None:
        """Take the deadline away, if it is there."""
        deadline = self._own(call)
        if deadline is not None:
            with contextlib.suppress(ValueError):
                deadline.give_back()
            call.deadline = deadline.outer

    def leave(self, call: Call, outcome: Outcome) -> None:
        """Take the deadline away; an answer that comes too late is none."""
        deadline = call.deadline
        if deadline is None:
            return  # given back in line, right before a signal came
        try:
            deadline.give_back()
        except ValueError:
            call.deadline = deadline.outer
            return  # a coroutine that is closed from elsewhere: the deadline was never set there
        call.deadline = deadline.outer
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


class _State:
    """What one call spends on, and the usage that its stream reported last."""

    __slots__ = ("answer", "resume", "scope", "suspend", "usage")

    def __init__(self, scope: SpendingScope, answer: Report | None = None) -> None:
        self.answer = answer  # what it tells of its model, where that is asked for
        self.scope = scope
        self.suspend, self.resume = scope.suspend, scope.resume
        self.usage: Usage | None = None

    def seen(self, item: Any) -> None:
        self.usage = usage_of(item) or self.usage  # of a stream the last report counts: it is cumulative
        if self.answer is not None:
            self.answer.read(item)


class SpendingLayer(Local):
    """Reserves the estimate of a call before it and settles what it used after it."""

    concern = "budget"

    def __init__(self, options: Budget, read_key: Callable[[Call], Hashable] | None) -> None:
        self._options = options
        self._read_key = read_key

    def enter(self, call: Call) -> None:
        """Reserve the estimate in this account and in all around it."""
        key = self.key(call)
        try:
            account = self._options.here(key)
        except TypeError:
            raise unhashable(self.concern, key, call.name) from None
        self.open(call, account)
        self.begin(call)

    def key(self, call: Call) -> Hashable:
        """Return whose budget it is."""
        return None if self._read_key is None else self._read_key(call)

    def open(self, call: Call, account: Account) -> SpendingScope:
        """Reserve the estimate on `account`, and on those of the calls around."""
        return self.reserved(call, SpendingScope(account, SCOPE.get(), self._used))

    def reserved(self, call: Call, scope: SpendingScope, answer: Report | None = None) -> SpendingScope:
        """Return `scope` with the estimate reserved on it."""
        call.keep(self, _State(scope, answer))
        estimate = self._options.estimate
        scope.reserve(amount_of_estimate(estimate(call.arguments) if callable(estimate) else estimate))
        return scope

    def begin(self, call: Call) -> None:
        """Let what runs inside spend on the scope that was opened."""
        state: _State = call.kept(self)
        state.scope.resume()

    def abandon(self, call: Call) -> None:
        """Give the scope and the estimate back; a call that was sent has cost it."""
        state: _State | None = call.kept(self)
        if state is not None:
            state.scope.leave()
            state.scope.settle(state.scope.reserved if call.sent else NOTHING, call.name)

    def watch(self, call: Call) -> _State:
        """Read the usage that a stream reports, and keep the scope from its consumer."""
        state: _State = call.kept(self)
        return state

    def leave(self, call: Call, outcome: Outcome) -> None:
        """Replace the estimate by what was used; where nobody reports that, it stands."""
        state: _State = call.kept(self)
        state.scope.leave()
        usage = state.usage or usage_of(outcome.value)
        estimate = state.scope.reserved
        used = estimate if was_sent(call, outcome) else NOTHING
        try:
            if usage is not None and not call.served:
                used = self._charged(state, outcome, usage, estimate)
            elif not used.cost and outcome.error is None and not call.served:
                self._untold(call, state)
        finally:
            state.scope.settle(used, call.name)  # the estimate, where the price fails

    def _charged(self, state: _State, outcome: Outcome, usage: Usage, estimate: Amount) -> Amount:  # noqa: ARG002 - a table needs to know who answered
        """Return what a call cost that used so much."""
        return Amount(usage.total_tokens, estimate.cost) if self._options.price is None else self._used(usage)

    def _untold(self, call: Call, state: _State) -> None:
        """Take note of a call that cost no money, because nobody told what it used."""

    def _used(self, usage: Usage) -> Amount:
        price = self._options.price
        money = 0.0 if price is None or price is spend else price(usage)
        if not _countable(money):
            message = f"budget: price gave {money!r}; it must give a number, not negative"
            raise ValueError(message)
        return Amount(usage.total_tokens, money or 0.0)


class TableLayer(SpendingLayer):
    """Prices what a call used by the table, as the model that answered."""

    def __init__(
        self,
        options: Budget,
        read_key: Callable[[Call], Hashable] | None,
        read_model: Callable[[Call], Any] | None,
    ) -> None:
        super().__init__(options, read_key)
        self._read_model = read_model

    def open(self, call: Call, account: Account) -> SpendingScope:
        """Reserve the estimate, for a model that has a price."""
        asked = None if self._read_model is None else self._read_model(call)
        bill = _Bill(call.name, asked if isinstance(asked, str) else None)
        if bill.asked is not None:
            bill(Usage())  # before the call: one that cannot be priced is not made
        return self.reserved(call, SpendingScope(account, SCOPE.get(), bill), bill.answer)

    def _charged(self, state: _State, outcome: Outcome, usage: Usage, estimate: Amount) -> Amount:  # noqa: ARG002 - no estimate
        if state.answer is not None and outcome.error is None:
            state.answer.read(outcome.value)
        return state.scope.amount_of(usage)

    def _untold(self, call: Call, state: _State) -> None:
        if not state.scope.used_inside:
            message = (
                f"budget: cost={self._options.cost!r} cannot be kept, as the result of {call.name} tells no usage: "
                "give estimate=Amount(cost=...) for what it costs then, price=spend where it, or what it calls, calls "
                "beluga.spend(cost=...), or return the provider's whole answer"
            )
            raise ValueError(message)


class _Bill:
    """Prices the usages of one call.

    Args:
        name: The function.
        asked: The model that is asked for, where an argument says so.
    """

    def __init__(self, name: str, asked: str | None) -> None:
        from beluga._foreign.answers import Report  # with all messages, which take 15 ms

        self._name = name
        self.asked = asked
        self.answer = Report()

    def __call__(self, usage: Usage) -> Amount:
        """Return what `usage` costs, as the model that answered or, where that is unknown, that was asked for."""
        from beluga import prices

        named = [model for model in (self.answer.model, self.asked) if model]
        for model in named:
            try:
                return Amount(usage.total_tokens, prices.price(model, usage))
            except prices.UnknownPrice:
                if model is named[-1]:
                    raise
        message = f"budget: the result of {self._name} names no model to price it by: give price=prices.of(model)"
        raise ValueError(message)


class Both(Policy):
    """The layer of a budget of time outside that of a budget of spending."""

    concern = "budget"
    hints = Hints(sets_deadline=True)

    def __init__(self, time: TimeLayer, spending: SpendingLayer | SharedSpendingLayer) -> None:
        self._time = time
        self._spending = spending

    def enter(self, call: Call) -> Verdict | None:
        if call.answer is None:  # else the spending asked a store, and goes on
            self._time.enter(call)
        return self._spending.enter(call)

    def abandon(self, call: Call) -> Tell | None:
        try:
            return self._spending.abandon(call)
        finally:
            self._time.abandon(call)

    def watch(self, call: Call) -> Watch:
        return _BothWatch(self._time.watch(call), self._spending.watch(call))

    def leave(self, call: Call, outcome: Outcome) -> Verdict | None:
        verdict = self._spending.leave(call, outcome)
        self._time.leave(call, outcome)
        return verdict


class _BothWatch:
    def __init__(self, outer: Watch, inner: Watch) -> None:
        self._outer = outer
        self._inner = inner

    def seen(self, item: Any) -> None:
        self._inner.seen(item)
        self._outer.seen(item)

    def suspend(self) -> None:
        self._inner.suspend()
        self._outer.suspend()

    def resume(self) -> None:
        self._outer.resume()
        self._inner.resume()


def amount_of_estimate(estimate: Any) -> Amount:
    """Return what an `estimate` amounts to.

    Raises:
        ValueError: It is not an amount.
    """
    amount = estimate if isinstance(estimate, Amount) else Amount(tokens=estimate)
    if not all(map(_countable, attrs.astuple(amount))):
        message = f"budget: estimate={estimate!r} must be a number of tokens, or an Amount, not negative"
        raise ValueError(message)
    return amount


def _countable(figure: Any) -> bool:
    """Say whether `figure` can be added up: NaN would make every later comparison false, and the budget endless."""
    return isinstance(figure, (int, float)) and not isinstance(figure, bool) and figure >= 0
