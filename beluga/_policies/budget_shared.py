"""Budgets of tokens and money that several processes share: reserved in a store before a call, settled after it.

    reserve 0.02 of 50.00 a day       42.10 spent + 7.80 reserved by calls on their way + 0.02 = 49.92: go
    the call runs
    settle                            0.02 less reserved, 0.013 more spent

So what is spent and reserved together never passes the bound, and nobody is refused for money that was not spent: a
reservation whose worker died lapses by itself. It lasts as long as its call may, and `LEASE` where no deadline says so.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs

from beluga._engine.policy import Policy, Tell
from beluga._engine.timeouts import DEADLINE
from beluga.errors import BudgetExceeded, DeadlineExceeded
from beluga.spending import NOTHING, Account, Amount, SpendingScope
from beluga.stores.budgets import RESERVE, SETTLE
from beluga.stores.scripts import FORGET, LOOK, MICROSECONDS, Question, numbers

if TYPE_CHECKING:
    from collections.abc import Hashable

    from beluga._engine.call import Call, Outcome
    from beluga._engine.policy import Verdict, Watch
    from beluga.stores.base import Store

__all__ = ["SharedAccounts", "SharedSpendingLayer"]

LEASE = 600.0
"""Seconds after which the reservation of a call without a deadline lapses."""
MILLITOKENS, NANOS = 1000.0, 1e9
"""The server counts in whole thousandths of tokens and billionths of money, so that sums are exact."""


@attrs.frozen
class SharedAccounts:
    """The questions of one budget to its store.

    Args:
        store: The store.
        name: What the budget is called in every process.
        tokens: What each key may use in a window; None for no bound.
        cost: The same in money.
        window: Seconds.
    """

    store: Store
    name: str
    tokens: float | None
    cost: float | None
    window: float

    def key(self, key: Hashable) -> str:
        """Return the server's key."""
        return self.store.key("budget", self.name, key)

    def reserving(self, amount: Amount, lease: float) -> tuple[float, ...]:
        """Return the arguments that reserve `amount` for `lease` seconds."""
        limits = (
            (-1.0 if self.tokens is None else self.tokens * MILLITOKENS),
            (-1.0 if self.cost is None else round(self.cost * NANOS)),
        )
        return (round(self.window * MICROSECONDS), *_slot(lease), *limits, *_units(amount))

    def settling(self, lapse: float, reserved: Amount, used: Amount) -> tuple[float, ...]:
        """Return the arguments that put what was used in the place of what was reserved."""
        return (round(self.window * MICROSECONDS), lapse, *_units(reserved), *_units(used))

    def account(self, key: Hashable) -> Account:
        """Return what `key` has spent and reserved, as it is now."""
        now, line = self.store.ask(Question(LOOK, self.key(key)))
        end, tokens, cost, *slots = (*numbers(line), 0.0, 0.0, 0.0)[: max(3, len(numbers(line)))]
        if now >= end:
            tokens = cost = 0.0
        alive = [(t, c) for at, t, c in zip(slots[::3], slots[1::3], slots[2::3], strict=True) if at > now]
        account = Account(self.tokens, self.cost)
        account.add(
            Amount((tokens + sum(t for t, _ in alive)) / MILLITOKENS, round(cost + sum(c for _, c in alive)) / NANOS)
        )
        return account

    def forget(self, key: Hashable) -> None:
        """Begin anew for `key`."""
        self.store.ask(Question(FORGET, self.key(key)))

    def refusal(self, answer: list[Any], wanted: Amount) -> BudgetExceeded:
        """Build the error of a call that is not covered."""
        short, now, held, end = answer
        limit, unit, spent, asked = (
            (self.tokens, "tokens", held / MILLITOKENS, wanted.tokens)
            if short == 1
            else (self.cost, "cost", held / NANOS, wanted.cost)
        )
        after = (end - now) / MICROSECONDS
        more = f" and {asked:g} asked for" if asked else ""
        message = (
            f"the budget of {limit:g} {unit} per {self.window:g} s does not cover the call: {spent:g} spent or "
            f"reserved{more}; it begins anew in {after:.3g} s"
        )
        error = BudgetExceeded(message, spent=spent, limit=limit or 0.0, unit=unit)
        error.retry_after = after
        return error


def _slot(lease: float) -> tuple[int, int]:
    """Return the microseconds of a lease, and of the slots in one of which it lapses.

    The width is a power of two, between an eighth and a sixteenth of the lease: the deadlines of calls differ, and
    with a width of its own for each there would be a slot for each.
    """
    length = max(16, round(lease * MICROSECONDS))
    return length, 1 << (length.bit_length() - 4)


def _units(amount: Amount) -> tuple[float, float]:
    return math.ceil(amount.tokens * MILLITOKENS - 1e-6), round(amount.cost * NANOS)


class Local(Policy):
    """The layer of the same budget in this process alone, as the shared one needs it."""

    def open(self, call: Call, account: Account) -> SpendingScope:
        """Reserve the estimate of `call` on `account`, and on those of the calls around it."""
        raise NotImplementedError

    def begin(self, call: Call) -> None:
        """Let what runs inside spend on the scope that was opened."""
        raise NotImplementedError

    def key(self, call: Call) -> Hashable:
        """Return whose budget it is."""
        raise NotImplementedError

    def watch(self, call: Call) -> Watch:
        """Read the usage that a stream reports, and keep the scope from its consumer."""
        raise NotImplementedError


class _Held:
    """What one call has reserved, or asks for."""

    __slots__ = ("accounts", "is_async", "key", "lapse", "reserved", "scope")

    def __init__(self, accounts: SharedAccounts, key: str, scope: SpendingScope, *, is_async: bool) -> None:
        self.accounts = accounts
        self.key = key
        self.scope = scope
        self.reserved = scope.reserved
        self.is_async = is_async
        self.lapse: float | None = None

    def answered(self, answer: list[Any]) -> bool:
        """Take the answer; return whether the call is covered."""
        if answer[0] == 0:
            self.lapse = float(answer[2])
        return self.lapse is not None

    def undo(self, answer: list[Any]) -> None:
        """Give back what an answer that nobody waited for says was reserved."""
        if self.answered(answer):
            self.settle(NOTHING)

    def settle(self, used: Amount) -> None:
        """Tell the store what was used."""
        lapse, self.lapse = self.lapse, None
        if lapse is not None:
            given = self.accounts.settling(lapse, self.reserved, used)
            self.accounts.store.tell(Question(SETTLE, self.key, given), is_async=self.is_async)


class SharedSpendingLayer(Policy):
    """Reserves the estimate of a call in the store before it, and settles what it used after it."""

    concern = "budget"

    def __init__(self, accounts: SharedAccounts, local: Local, *, is_async: bool) -> None:
        self._accounts = accounts
        self._local = local
        self._is_async = is_async

    def enter(self, call: Call) -> Verdict | None:
        """Reserve the estimate, or raise `BudgetExceeded`."""
        held: _Held | None = call.kept(self)
        if held is None:
            return self._ask(call)
        answer = call.answer
        error = None if answer is None else answer.error
        if answer is not None and error is None and held.answered(answer.value):
            self._local.begin(call)
            return None
        held.scope.settle(NOTHING)
        call.keep(self, None)
        if isinstance(error, DeadlineExceeded):
            raise error
        if answer is None or error is not None:
            return self._without(call, error)
        raise self._accounts.refusal(answer.value, held.reserved)

    def _ask(self, call: Call) -> Verdict | None:
        store = self._accounts.store
        if store.is_down:
            return self._without(call, None)
        key = self._accounts.key(self._local.key(call))
        scope = self._local.open(call, Account())
        left = DEADLINE.get() - call.environment.monotonic()
        lease = LEASE if left == math.inf else min(max(1.0, left) + 1.0, 86_400.0)
        held = _Held(self._accounts, key, scope, is_async=self._is_async)
        call.keep(self, held)
        question = Question(RESERVE, key, self._accounts.reserving(held.reserved, lease), held.undo)
        return store.asking(question, is_async=self._is_async)

    def _without(self, call: Call, error: BaseException | None) -> Verdict | None:
        """Go on without the store; money that nobody counts is refused unless the user says otherwise."""
        store = self._accounts.store
        if store.on_failure == "local":
            return self._local.enter(call)
        if store.on_failure == "open":
            self._local.open(call, Account())
            self._local.begin(call)
            return None
        raise store.refusal(self.concern, error)

    def abandon(self, call: Call) -> Tell | None:
        """Give back what was reserved; what an answer yet to come says is given back when it comes."""
        self._local.abandon(call)
        return self._settling(call)

    def _settling(self, call: Call) -> Tell | None:
        """Return what tells the store what was used, if anything was reserved there."""
        held: _Held | None = call.kept(self)
        return None if held is None else Tell(lambda: held.settle(held.scope.account.spent))

    def watch(self, call: Call) -> Watch:
        """Read the usage that a stream reports, and keep the scope from its consumer."""
        return self._local.watch(call)

    def leave(self, call: Call, outcome: Outcome) -> Verdict | None:
        """Replace the estimate by what was used, here and in the store."""
        self._local.leave(call, outcome)
        return self._settling(call)
