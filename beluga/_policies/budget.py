"""Bound the time, the tokens and the money of a call and of everything inside it."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, Final, Self

import attrs

from beluga._engine.decorator import OptionsDecorator
from beluga._engine.options import follow, function, number, optional, seconds, seconds_if_any, text_if_any, whole
from beluga._engine.policy import Policy
from beluga._engine.state import BoundedMap, StateByClock, new_lock
from beluga._engine.target import argument_reader, arguments_of, check_plain
from beluga._engine.timeouts import DEADLINE, TIMER, TimedBlock
from beluga._policies.budget_layers import Both, SpendingLayer, TableLayer, amount_of_estimate, time_layer
from beluga._policies.budget_shared import SharedAccounts, SharedSpendingLayer
from beluga.clock import InUse, environment
from beluga.spending import SCOPE, Account, Amount, spend
from beluga.stores.base import SharedName, Store, check_store

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from contextvars import ContextVar
    from types import CodeType

    from beluga._engine.target import Target
    from beluga.schema.usage import Usage

__all__ = ["AttemptBudget", "Budget", "TimeoutBudget", "budget", "detached"]


def _is_price(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not spend:
        function(instance, attribute, value)


@attrs.frozen(eq=False)
class Budget(Policy):
    """Bound what a call, and everything inside it, may take.

    Time: the earliest deadline counts. A running async call is cancelled at it, by one timer that is only set when
    the call really waits. A sync call cannot be stopped: the deadline is checked before each attempt and wait and
    when the function returns, and is handed on as `remaining()`. A stream is checked at each item, and its consumer
    is never cancelled between items. Beyond the deadline `DeadlineExceeded` is raised.

    Tokens and money: `estimate` is reserved before the call, and the usage that the result reports is charged after
    it, to this budget and to all around it. What nobody reports costs its estimate, unless a layer inside refused the
    call before it was sent. A call that is not covered raises `BudgetExceeded`; one that turns out
    dearer than estimated is counted in full, and the next one is refused.

    Args:
        total: Seconds.
        share: The part, above 0 and at most 1, to take of what is left of the enclosing budget.
        tokens: Tokens at most, for this call and all inside it, or for all calls with the same `key`.
        cost: Money at most, likewise, in the currency of `price`.
        key: A parameter's name, or a callable of all arguments by name: one token and cost budget for each value.
        estimate: Tokens to reserve, or a callable of all arguments by name that gives tokens or an `Amount`.
        price: Given a result's `Usage`, returns what it costs. None prices it by the table of `beluga.prices`, in
            dollars, as the model that the result names; a call that tells neither usage nor model is an error then.
            ``price=spend`` says that the function, or what it calls, charges money itself with `spend`.
        max_keys: Keys kept; beyond that the least recently used is forgotten.
        window: Seconds after which a key may spend anew, counted from its first call; None for never.
        per: The same as `key`.
        store: Where the accounts are kept that several processes share, such as a `beluga.stores.RedisStore`; it needs
            a `window`. None keeps them in this process. While it does not answer no call is made that would spend,
            unless its ``on_failure`` says otherwise. The reservation of a worker that died lapses with the deadline of
            its call, and after ten minutes where there is none.
        name: What the budget is called in the store; None takes the module and name of the one function that it
            decorates.

    Raises:
        StoreUnavailable: The store does not answer.
        TypeError: The function has no parameter `key`.
        ValueError: A figure is out of its range, none is given, or money is bounded and nobody tells what a call cost.

    Example:
        >>> from beluga import remaining
        >>> @budget(10.0)
        ... def answer() -> bool:
        ...     return 9.0 < remaining() <= 10.0
        >>> answer()
        True
    """

    concern = "budget"

    total: float | None = attrs.field(default=None, converter=seconds_if_any, validator=optional(number(0, above=True)))
    share: float | None = attrs.field(default=None, validator=optional(number(0, 1, above=True)), kw_only=True)
    tokens: float | None = attrs.field(default=None, validator=optional(number(0, above=True)), kw_only=True)
    cost: float | None = attrs.field(default=None, validator=optional(number(0, above=True)), kw_only=True)
    key: str | Callable[[Mapping[str, Any]], Hashable] | None = attrs.field(default=None, kw_only=True)
    estimate: float | Amount | Callable[[Mapping[str, Any]], float | Amount] = attrs.field(default=0, kw_only=True)
    price: Callable[[Usage], float] | Callable[..., None] | None = attrs.field(
        default=None, validator=optional(_is_price), kw_only=True
    )
    max_keys: int = attrs.field(default=10_000, validator=whole(1), kw_only=True)
    window: float | None = attrs.field(
        default=None, converter=seconds_if_any, validator=optional(number(0, above=True)), kw_only=True
    )
    per: str | Callable[[Mapping[str, Any]], Hashable] | None = attrs.field(default=None, kw_only=True, repr=False)
    store: Store | None = attrs.field(default=None, validator=check_store, kw_only=True)
    _label: str | None = attrs.field(default=None, validator=text_if_any, alias="name", repr=False, kw_only=True)
    _shared_name: SharedName = attrs.field(
        init=False,
        repr=False,
        default=attrs.Factory(lambda self: SharedName(self.concern, self._label), takes_self=True),
    )
    _accounts: StateByClock[_Accounts] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse options that do not belong together."""
        if self.per is not None:
            if self.key not in {None, self.per}:
                message = f"budget: key={self.key!r} and per={self.per!r} mean the same: give one of them"
                raise ValueError(message)
            object.__setattr__(self, "key", self.per)
        if self.store is not None and self.window is None:
            message = "budget: give window=, the seconds after which a budget in a store= begins anew, such as 86_400"
            raise ValueError(message)
        if self.window is not None and self.key is None and self.store is None:
            message = "budget: window= belongs to a budget with key=, as one without it begins anew at each call"
            raise ValueError(message)
        if self.tokens is None and self.cost is None:
            if self.key is not None or self.price is not None or self.estimate != 0 or self.window is not None:
                message = "budget: key=, estimate=, price= and window= belong to a budget of tokens= or cost="
                raise ValueError(message)
            if self.total is None and self.share is None:
                message = "budget: give total= or share= for time, tokens= or cost= for spending"
                raise ValueError(message)
        if callable(self.estimate):
            check_plain("budget: estimate=", self.estimate)
        else:
            amount_of_estimate(self.estimate)
        accounts = functools.partial(_Accounts, self.tokens, self.cost, self.max_keys, self.window)
        object.__setattr__(self, "_accounts", StateByClock(accounts))
        follow(self, "total", "share")

    def bind(self, target: Target) -> Policy:
        """Return the layer for time, for spending, or for both.

        Raises:
            TypeError: The function has no parameter `key`.
        """
        time = None if self.total is None and self.share is None else time_layer(self)
        if self.tokens is None and self.cost is None:
            return Policy() if time is None else time
        read_key = None if self.key is None else argument_reader(target, self.key, "budget: key")
        if self.cost is None or _tells_money(self, target):
            local = SpendingLayer(self, read_key)
        else:
            asks = "model" in arguments_of(target)
            local = TableLayer(self, read_key, argument_reader(target, "model", "budget: model") if asks else None)
        spending: SpendingLayer | SharedSpendingLayer = local
        if self.store is not None:
            shared = self._share(self.store, target.shared_name or "")
            spending = SharedSpendingLayer(shared, local, is_async=target.kind.is_async)
        return spending if time is None else Both(time, spending)

    def _share(self, store: Store, function: str | None = None) -> SharedAccounts:
        return SharedAccounts(store, self._shared_name.of(function), self.tokens, self.cost, self.window or math.inf)

    def account(self, key: Hashable = None) -> Account:
        """Return the account of `key`, or a new one where the budget has no ``key=``.

        Of a budget in a store it is what the store says now, blocking; the account in this process is another one.

        Raises:
            StoreUnavailable: The store does not answer.
        """
        return self.here(key) if self.store is None else self._share(self.store).account(key)

    def here(self, key: Hashable = None) -> Account:
        """Return the account of `key` in this process."""
        around = environment()
        accounts = self._accounts.of(around)
        return accounts.new() if self.key is None and self.window is None else accounts.of(key, around.monotonic())

    def reset(self, key: Hashable = None) -> None:
        """Forget what was spent under `key`, or under every key; a budget without ``key=`` begins anew at each call.

        Raises:
            ValueError: A key is given and the budget has none.
        """
        if key is not None and self.key is None:
            message = f"budget: the budget was made without key=, so there is nothing to reset for {key!r}"
            raise ValueError(message)
        if self.store is not None:
            self._share(self.store).forget(key)
        self._accounts.of(environment()).forget(key)

    def describe(self) -> str:
        """Return the bounds."""
        named = ("total", "share", "tokens", "cost", "key", "window", "store")
        return " ".join(f"{name}={value!r}" for name in named if (value := getattr(self, name)) is not None)


class _Accounts:
    """The accounts of one budget under one clock, by key.

    Args:
        tokens: What each holds.
        cost: The same in money.
        max_keys: How many are kept.
        window: Seconds after which an account begins anew; None for never.
    """

    def __init__(self, tokens: float | None, cost: float | None, max_keys: int, window: float | None) -> None:
        self._bounds = (tokens, cost)
        self._window = math.inf if window is None else window
        self._by_key: BoundedMap[Account] = BoundedMap(max_keys)
        self._lock = new_lock()

    def new(self) -> Account:
        """Return an account of one call alone."""
        return Account(*self._bounds)

    def of(self, key: Hashable, now: float) -> Account:
        """Return the account of `key`."""
        with self._lock:
            account = self._by_key.use(key)
            if account is not None and not now < account.until <= now + self._window:
                self._by_key.drop(key)
                account = None
            if account is None:
                account = self.new()
                account.until = now + self._window
                account = self._by_key.add(key, account)
            return account

    def forget(self, key: Hashable) -> None:
        """Begin anew for `key`; None means for all."""
        with self._lock:
            for each in tuple(self._by_key) if key is None else (key,):
                self._by_key.drop(each)


def _tells_money(options: Budget, target: Target) -> bool:
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


class AttemptBudget(Budget):
    """The time of one attempt."""

    name = "attempt_timeout"


budget: Final = OptionsDecorator(
    Budget,
    needs="10.0",
    words={
        "cost": "dollars max_cost usd",
        "tokens": "max_tokens",
        "total": "deadline seconds timeout",
        "write total= for seconds, tokens= or cost=": "limit",
    },
)
"""Bound what a call, and everything inside it, may take; see `Budget`."""


_INHERITED: tuple[tuple[ContextVar[Any], Any], ...] = ((DEADLINE, math.inf), (TIMER, None), (SCOPE, None))
"""What a call inherits of the budgets around it, each with what stands for none."""


def detached() -> InUse[None]:
    """Take what begins from here on in this context out of the budgets around it: deadline, tokens and money.

    For work that outlives its request, such as a task that is started here, and for what has to be cleaned up when the
    time is over. Trace, clock and listeners stay. The task that runs the block is still cancelled at the deadline of
    its own budget; a task of its own is not.

    Returns:
        What undoes it: leave its block, or call it.

    Example:
        >>> from beluga import remaining
        >>> @budget(10)
        ... def ask():
        ...     with detached():
        ...         return remaining()
        >>> print(ask())
        None
    """
    return InUse(None, *_INHERITED)


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
        self._block = TimedBlock("a step of the time budget", self.seconds, is_async=is_async)
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
