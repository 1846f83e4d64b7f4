"""What one structured call keeps from attempt to attempt, and how the attempts are paid for."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from beluga._foreign.usage import usage_of
from beluga.schema import Chunk, Response
from beluga.spending import NOTHING, SCOPE, Account, SpendingScope

if TYPE_CHECKING:
    from contextvars import Token

    from beluga._engine.call import Call, Outcome
    from beluga.schema import Usage

__all__ = ["Turn"]


class Turn:
    """One call: what the caller gave, and what the model has used up for it so far."""

    __slots__ = ("args", "asked", "kwargs", "scope", "token", "usage")

    def __init__(self, call: Call) -> None:
        self.args = call.args
        self.kwargs = call.kwargs
        self.asked = 0
        self.usage: Usage | None = None
        self.scope: SpendingScope | None = None
        self.token: Token[SpendingScope | None] | None = None

    def open(self) -> None:
        """Begin an attempt, on a scope of its own under that of the budget around, if there is one.

        Raises:
            BudgetExceeded: That budget is used up.
        """
        self.asked += 1
        around = SCOPE.get()
        if around is not None:
            scope = SpendingScope(Account(), around)
            scope.reserve(NOTHING)
            self.scope, self.token = scope, SCOPE.set(scope)

    def close(self, outcome: Outcome) -> None:
        """End the attempt, and charge what it used up unless a budget further in has done so."""
        usage = usage_of(outcome.value) if outcome.error is None else None
        if usage is not None:
            self.usage = usage if self.usage is None else self.usage + usage
        if self.scope is not None and self.token is not None:
            with contextlib.suppress(ValueError):  # a coroutine closed from elsewhere: the scope was never set there
                SCOPE.reset(self.token)
            self.scope.settle(NOTHING if usage is None else self.scope.amount_of(usage))
            self.scope = self.token = None

    def source(self, value: Any) -> Any:
        """Return `value`, the last answer, with the usage of all."""
        if self.asked == 1 or self.usage is None:
            return value
        if isinstance(value, Response):
            return Response(value.message, self.usage, value.finish_reason, value.model, value.id, value.raw)
        return Chunk(usage=self.usage)
