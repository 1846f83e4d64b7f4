"""The part of `budget` that counts tokens and money."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import attrs

from beluga._engine.call import was_sent
from beluga._engine.policy import Policy
from beluga._engine.state import BoundedMap, new_lock
from beluga._foreign.usage import usage_of
from beluga.spending import NOTHING, SCOPE, Account, Amount, SpendingScope, spend

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from contextvars import Token
    from types import CodeType

    from beluga._engine.call import Call, Outcome
    from beluga._engine.target import Target
    from beluga._policies.budget import Budget
    from beluga.schema import Usage

__all__ = ["Accounts", "SpendingLayer", "check_amount", "tells_money"]


class Accounts:
    """The accounts of one budget under one clock, by key.

    Args:
        tokens: What each holds.
        cost: The same in money.
        max_keys: How many are kept.
    """

    def __init__(self, tokens: float | None, cost: float | None, max_keys: int) -> None:
        self._bounds = (tokens, cost)
        self._by_key: BoundedMap[Account] = BoundedMap(max_keys)
        self._lock = new_lock()

    def new(self) -> Account:
        """Return an account of one call alone."""
        return Account(*self._bounds)

    def of(self, key: Hashable) -> Account:
        """Return the account of `key`."""
        with self._lock:
            account = self._by_key.use(key)
            if account is None:
                account = self.new()
                self._by_key.add(key, account)
            return account

    def forget(self, key: Hashable) -> None:
        """Begin anew for `key`; None means for all."""
        with self._lock:
            for each in tuple(self._by_key) if key is None else (key,):
                self._by_key.drop(each)


def check_amount(estimate: Any) -> Amount:
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


def tells_money(options: Budget, target: Target) -> bool:
    """Say whether anybody tells what a call costs: a price, an estimate in money, or the function by `spend`."""
    if options.price is not None or callable(options.estimate):
        return True
    if isinstance(options.estimate, Amount) and options.estimate.cost > 0:
        return True
    code = getattr(target.declared, "__code__", None)
    return code is not None and _names_spend(code)


def _names_spend(code: CodeType) -> bool:
    inner = (constant for constant in code.co_consts if isinstance(constant, type(code)))
    return "spend" in code.co_names or "spend" in code.co_freevars or any(map(_names_spend, inner))


class _State:
    """What one call spends on, and the usage that its stream reported last."""

    __slots__ = ("scope", "token", "usage")

    def __init__(self, scope: SpendingScope) -> None:
        self.scope = scope
        self.token: Token[SpendingScope | None] = SCOPE.set(scope)
        self.usage: Usage | None = None

    def seen(self, item: Any) -> None:
        self.usage = usage_of(item) or self.usage  # of a stream the last report counts: it is cumulative

    def suspend(self) -> None:
        SCOPE.reset(self.token)

    def resume(self) -> None:
        self.token = SCOPE.set(self.scope)


class SpendingLayer(Policy):
    """Reserves the estimate of a call before it and settles what it used after it."""

    concern = "budget"

    def __init__(self, options: Budget, read_key: Callable[[Call], Hashable] | None) -> None:
        self._options = options
        self._read_key = read_key

    def enter(self, call: Call) -> None:
        """Reserve the estimate in this account and in all around it."""
        key = None if self._read_key is None else self._read_key(call)
        scope = SpendingScope(self._options.account(key), SCOPE.get(), self._used)
        estimate = self._options.estimate
        scope.reserve(check_amount(estimate(call.arguments) if callable(estimate) else estimate))
        call.keep(self, _State(scope))

    def watch(self, call: Call) -> _State:
        """Read the usage that a stream reports, and keep the scope from its consumer."""
        state: _State = call.kept(self)
        return state

    def leave(self, call: Call, outcome: Outcome) -> None:
        """Replace the estimate by what was used; where nobody reports that, it stands."""
        state: _State = call.kept(self)
        with contextlib.suppress(ValueError):  # a coroutine closed from elsewhere: the scope was never set there
            SCOPE.reset(state.token)
        usage = state.usage or usage_of(outcome.value)
        estimate = state.scope.reserved
        used = estimate if was_sent(call, outcome) else NOTHING
        try:
            if usage is not None:
                bare = Amount(usage.total_tokens, estimate.cost)
                used = bare if self._options.price is None else self._used(usage)
        finally:
            state.scope.settle(used)  # the estimate, where the price fails

    def _used(self, usage: Usage) -> Amount:
        price = self._options.price
        money = 0.0 if price is None or price is spend else price(usage)
        if not _countable(money):
            message = f"budget: price gave {money!r}; it must give a number, not negative"
            raise ValueError(message)
        return Amount(usage.total_tokens, money or 0.0)
