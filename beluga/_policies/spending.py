"""The part of `budget` that counts tokens and money."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

import attrs

from beluga._engine.arguments import argument_reader
from beluga._engine.policy import Policy
from beluga._engine.validators import function, number, optional, whole
from beluga._foreign.usage import usage_of
from beluga.spending import NOTHING, SCOPE, Account, Amount, SpendingScope

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, MutableMapping
    from contextvars import Token

    from beluga._engine.call import Call, Outcome
    from beluga._engine.stack import Target
    from beluga.schema import Usage

__all__ = ["SpendingBudget"]


def _accounts(max_keys: int) -> MutableMapping[Hashable, Account]:
    import cachetools

    return cachetools.LRUCache(max_keys)


@attrs.frozen(eq=False, kw_only=True)
class SpendingBudget(Policy):
    """A budget of tokens and money, for one call and all inside it, or for each key; see `budget`."""

    concern = "budget"

    tokens: float | None = attrs.field(default=None, validator=optional(number(0, above=True)))
    cost: float | None = attrs.field(default=None, validator=optional(number(0, above=True)))
    key: str | Callable[[Mapping[str, Any]], Hashable] | None = None
    estimate: float | Callable[[Mapping[str, Any]], float | Amount] = 0
    price: Callable[[Usage], float] | None = attrs.field(default=None, validator=optional(function))
    max_keys: int = attrs.field(default=10_000, validator=whole(1))
    _by_key: MutableMapping[Hashable, Account] = attrs.field(init=False, repr=False)
    _lock: threading.Lock = attrs.field(init=False, repr=False, factory=threading.Lock)

    def __attrs_post_init__(self) -> None:
        """Make room for the accounts."""
        object.__setattr__(self, "_by_key", _accounts(self.max_keys))
        if not callable(self.estimate):
            self._amount(self.estimate)

    def bind(self, target: Target) -> Policy:
        """Return the layer that reads the key from a call."""
        return _Layer(self, None if self.key is None else argument_reader(target, self.key, "budget: key"))

    def account(self, key: Hashable = None) -> Account:
        """Return the account of `key`, or a new one where the budget has no ``key=``."""
        if self.key is None:
            return Account(self.tokens, self.cost)
        with self._lock:
            account = self._by_key.get(key)
            if account is None:
                account = self._by_key[key] = Account(self.tokens, self.cost)
            return account

    def wanted(self, call: Call) -> Amount:
        """Return what to reserve for `call`."""
        return self._amount(self.estimate(call.arguments) if callable(self.estimate) else self.estimate)

    def _amount(self, estimate: Any) -> Amount:
        amount = estimate if isinstance(estimate, Amount) else Amount(tokens=estimate)
        if not all(map(_countable, attrs.astuple(amount))):
            message = f"budget: estimate={estimate!r} must be a number of tokens, or an Amount, not negative"
            raise ValueError(message)
        return amount

    def used(self, usage: Usage | None) -> Amount:
        """Return what `usage` amounts to."""
        if usage is None:
            return NOTHING
        money = 0.0 if self.price is None else self.price(usage)
        if not _countable(money):
            message = f"budget: price gave {money!r}; it must give a number, not negative"
            raise ValueError(message)
        return Amount(usage.total_tokens, money)

    def describe(self) -> str:
        """Return the bounds."""
        bounds = (("tokens", self.tokens), ("cost", self.cost), ("key", self.key))
        return " ".join(f"{name}={value!r}" for name, value in bounds if value is not None)


def _countable(figure: Any) -> bool:
    """Say whether `figure` can be added up: NaN would make every later comparison false, and the budget endless."""
    return isinstance(figure, (int, float)) and not isinstance(figure, bool) and figure >= 0


class _State:
    """What one call has on its scope, and the usage that its stream reported last."""

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


class _Layer(Policy):
    concern = "budget"

    def __init__(self, owner: SpendingBudget, read_key: Callable[[Call], Hashable] | None) -> None:
        self._owner = owner
        self._read_key = read_key

    def enter(self, call: Call) -> None:
        key = None if self._read_key is None else self._read_key(call)
        scope = SpendingScope(self._owner.account(key), SCOPE.get(), self._owner.used)
        scope.reserve(self._owner.wanted(call))
        call.keep(self, _State(scope))

    def watch(self, call: Call) -> _State:
        state: _State = call.kept(self)
        return state

    def leave(self, call: Call, outcome: Outcome) -> None:
        state = call.kept(self)
        with contextlib.suppress(ValueError):  # a coroutine closed from elsewhere: the scope was never set there
            SCOPE.reset(state.token)
        used = NOTHING
        try:
            used = self._owner.used(state.usage or usage_of(outcome.value))
        finally:
            state.scope.settle(used)  # nothing stays reserved, even where the price cannot be told
