"""Accounts of tokens and money: reserved before a call and settled after it, each in one step.

A call with a budget opens a `SpendingScope` on an account. Scopes of calls inside it hang under it, and what is spent
at the lowest one is charged to every account up to the top, or to none where one of them holds too little.
"""

from __future__ import annotations

import contextlib
import math
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import attrs

from beluga import events
from beluga._engine.state import give_back, new_lock
from beluga.errors import BudgetExceeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Token

    from beluga.schema import Usage

__all__ = ["NOTHING", "SCOPE", "Account", "Amount", "SpendingScope", "spend"]


@attrs.frozen
class Amount:
    """So many tokens and so much money.

    Args:
        tokens: Tokens.
        cost: Money, in whatever currency the prices are.
    """

    tokens: float = 0
    cost: float = 0.0

    def __sub__(self, other: Amount) -> Amount:
        """Return the difference, which may be negative."""
        return Amount(self.tokens - other.tokens, self.cost - other.cost)


NOTHING = Amount()


def tokens_of(usage: Usage) -> Amount:
    """Return what `usage` comes to where nobody knows a price."""
    return Amount(usage.total_tokens)


_LOCK = new_lock()
"""One for all accounts: an amount is taken from a whole chain of them or from none."""


class Account:
    """What may be spent, and what is spent or reserved.

    Args:
        tokens: Tokens at most; None for no bound.
        cost: Money at most; None for no bound.
    """

    __slots__ = ("_spent_cost", "_spent_tokens", "cost", "tokens", "until")

    def __init__(self, tokens: float | None = None, cost: float | None = None) -> None:
        self.tokens: float | None = tokens
        self.cost: float | None = cost
        self.until: float = math.inf
        """When it is replaced by a new one, in seconds of the clock that it was made under."""
        self._spent_tokens: float = 0
        self._spent_cost: float = 0.0

    @property
    def spent(self) -> Amount:
        """What is spent or reserved."""
        return Amount(self._spent_tokens, self._spent_cost)

    def add(self, amount: Amount, scope: SpendingScope | None = None, held: int = 0) -> None:
        """Add to what is spent, after which `held` accounts hold what `scope` reserved; under the lock only."""
        # Plain additions, which no handler interrupts between reading and writing; see `beluga._engine.state`.
        tokens, cost = amount.tokens, amount.cost
        self._spent_tokens += tokens
        self._spent_cost += cost
        if scope is not None:
            scope.held = held

    def check(self, amount: Amount) -> None:
        """Make sure that `amount` can be taken; an account that is used up gives not even nothing.

        Raises:
            BudgetExceeded: It cannot.
        """
        for unit, limit, spent, wanted in (
            ("tokens", self.tokens, self._spent_tokens, amount.tokens),
            ("cost", self.cost, self._spent_cost, amount.cost),
        ):
            if limit is not None and (spent + wanted > limit or spent >= limit):
                asked = f" and {wanted:g} asked for" if wanted else ""
                message = (
                    f"the budget of {limit:g} {unit} does not cover the call: {spent:g} spent or reserved"
                    f"{asked}; raise the budget or ask for less"
                )
                raise BudgetExceeded(message, spent=spent, limit=limit, unit=unit)

    @property
    def is_over(self) -> bool:
        """Whether more is spent than may be."""
        return (self.tokens is not None and self._spent_tokens > self.tokens) or (
            self.cost is not None and self._spent_cost > self.cost
        )


class SpendingScope:
    """What one call spends on its account, and on those of the calls around it.

    A signal handler may raise between any two of these accounts. So it is noted with each of them how many hold what
    is reserved, and `settle` goes on from there, however often it is called.

    Args:
        account: Who pays.
        parent: The scope of the enclosing call, which pays too.
        amount_of: Tells what a usage comes to; None leaves that to the scope of the enclosing call.
    """

    __slots__ = ("_accounts", "_token", "_used", "account", "amount_of", "held", "parent", "reserved", "used_inside")

    def __init__(
        self, account: Account, parent: SpendingScope | None, amount_of: Callable[[Usage], Amount] | None = None
    ) -> None:
        if amount_of is None:
            amount_of = tokens_of if parent is None else parent.amount_of
        self.account: Account = account
        self.parent: SpendingScope | None = parent
        self.amount_of: Callable[[Usage], Amount] = amount_of
        around = () if parent is None else parent._accounts  # noqa: SLF001 - of its own kind
        # A function that calls itself, or another with the same budget, has one account, which pays once.
        self._accounts: tuple[Account, ...] = around if account in around else (account, *around)
        self.reserved: Amount = NOTHING
        self.held: int = 0
        """How many of the accounts, counted from the lowest, hold what is reserved."""
        self._used: Amount | None = None
        self._token: Token[SpendingScope | None] | None = None
        self.used_inside: bool = False

    def reserve(self, amount: Amount) -> None:
        """Take `amount` from every account of the chain.

        Raises:
            BudgetExceeded: One of them holds too little; nothing was taken.
        """
        with _LOCK:
            for account in self._accounts:
                account.check(amount)
            self.reserved = amount
            for held, account in enumerate(self._accounts, 1):
                account.add(amount, self, held)
            # Only what a finaliser or a signal handler took between the two loops can have made it too much.
            for account in self._accounts:
                if account.is_over:
                    self._replace(NOTHING)
                    account.check(amount)

    def _replace(self, used: Amount) -> None:
        """Put `used` in the place of what is reserved, in all accounts that hold that still; under the lock only."""
        change = used - self.reserved
        while self.held:
            self._accounts[self.held - 1].add(change, self, self.held - 1)

    def settle(self, actual: Amount, function: str = "") -> None:
        """Replace what was reserved by what was used, even beyond the bounds.

        What calls inside were charged is not charged again: then `actual`, their sum, counts for nothing.

        Args:
            actual: What was used.
            function: Whose call used it, for who listens.
        """
        if self.parent is not None and actual != NOTHING:
            self.parent.mark_used()
        is_told = self._used is not None
        used = self._used = (NOTHING if self.used_inside else actual) if self._used is None else self._used
        with _LOCK:
            self._replace(used)
        if not is_told:
            _tell(used, function)

    def resume(self) -> None:
        """Let what runs from here on spend on it."""
        self._token = SCOPE.set(self)

    def suspend(self) -> None:
        """Take that back, for as long as the consumer of a stream works."""
        token: Any = self._token
        SCOPE.reset(token)

    def leave(self) -> None:
        """Take it back for good; a coroutine that is closed from elsewhere has never set it there."""
        with contextlib.suppress(ValueError):
            give_back(SCOPE, self, self._token, self.parent)

    def charge(self, amount: Amount) -> None:
        """Take `amount`, which is spent already, from every account of the chain.

        Raises:
            BudgetExceeded: It was counted, and one of the accounts is over its bound.
        """
        self.mark_used()
        self.charge_run(amount)
        for account in self._accounts:
            if account.is_over:
                account.check(NOTHING)

    def charge_run(self, amount: Amount) -> None:
        """Take `amount`, the cost of a run whose answer is thrown away, beside what the call itself is charged."""
        with _LOCK:
            for account in self._accounts:
                account.add(amount)
        _tell(amount)

    def share(self, ways: int) -> Account:
        """Return an account that holds one of `ways` equal parts of what the whole chain has left."""
        with _LOCK:
            tokens = [each.tokens - each.spent.tokens for each in self._accounts if each.tokens is not None]
            costs = [each.cost - each.spent.cost for each in self._accounts if each.cost is not None]
        return Account(max(0.0, min(tokens) / ways) if tokens else None, max(0.0, min(costs) / ways) if costs else None)

    def mark_used(self) -> None:
        """Note on the whole chain that calls inside account for themselves."""
        scope: SpendingScope | None = self
        while scope is not None:
            scope.used_inside = True
            scope = scope.parent


def _tell(amount: Amount, function: str = "") -> None:
    if events.listening() and amount != NOTHING:
        events.emit(events.Spent(function, amount.tokens, amount.cost))


SCOPE: ContextVar[SpendingScope | None] = ContextVar("beluga.spending", default=None)


def spend(*, tokens: float = 0, cost: float = 0.0) -> None:
    """Charge the budgets of the running call with what its result does not tell.

    Without a token or cost budget around it does nothing.

    Args:
        tokens: Tokens that were used.
        cost: Money that was spent.

    Raises:
        ValueError: A figure is negative.
        BudgetExceeded: It was counted, and a budget is now over its bound.

    Example:
        >>> from beluga import budget
        >>> @budget(tokens=100)
        ... def step() -> str:
        ...     spend(tokens=60)
        ...     return "done"
        >>> step()
        'done'
    """
    if not (tokens >= 0 and cost >= 0):
        message = f"spend: tokens={tokens!r} and cost={cost!r} must not be negative"
        raise ValueError(message)
    scope = SCOPE.get()
    if scope is not None:
        scope.charge(Amount(tokens, cost))
