"""One call of a scatter: what its branches get, how much time and spending they may take, and where they report."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from beluga._engine.options import number, seconds_if_any, whole
from beluga._engine.timeouts import DEADLINE, expired
from beluga.clock import environment
from beluga.orchestration.executor import Run
from beluga.spending import SCOPE, Account, SpendingScope

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from beluga.orchestration.nodes import Node
    from beluga.orchestration.results import Results
    from beluga.orchestration.tasks import AsyncDraw

__all__ = ["Branch", "Limits", "ScatterCall", "ScatterOptions"]


@attrs.frozen
class Limits:
    """What one call of a scatter may take; made when it begins, entered by each branch.

    Args:
        at: When the whole scatter ends, in seconds of the environment's clock; `inf` for never.
        total: The seconds that a time-out of its own gave it; None where the enclosing budget ends sooner.
        each: Seconds for one branch, from its start.
        share: What each branch may spend, where the enclosing budget is split.
    """

    at: float
    total: float | None
    each: float
    share: Account | None

    @classmethod
    def begin(cls, owner: str, ways: int, timeout: float | None, each: float | None, *, split: bool) -> Self:
        """Work out the limits of a call that begins now.

        Raises:
            DeadlineExceeded: The enclosing budget has no time left.
            RuntimeError: There is nothing to split.
        """
        now = environment().monotonic()
        at, total = DEADLINE.get(), None
        if timeout is not None and now + timeout < at:
            at, total = now + timeout, timeout
        if at <= now:
            raise expired(owner)
        seconds, share = math.inf if each is None else each, None
        if split:
            scope = SCOPE.get()
            if at == math.inf and scope is None:
                message = (
                    f'{owner}: budget="split" needs a budget to take parts of, and there is none: call it from a '
                    "function with @budget(...), or give timeout="
                )
                raise RuntimeError(message)
            seconds = min(seconds, (at - now) / ways)
            share = None if scope is None else scope.share(ways)
        return cls(at, total, seconds, share)

    def enter(self) -> float:
        """Make these the limits of the running context, which belongs to one branch; return its deadline."""
        at = min(self.at, environment().monotonic() + self.each)
        if at < math.inf:
            DEADLINE.set(at)
        if self.share is not None:
            SCOPE.set(SpendingScope(Account(self.share.tokens, self.share.cost), SCOPE.get()))
        return at

    @property
    def branch_total(self) -> float | None:
        """The seconds that a branch had, for messages."""
        return self.total if self.each == math.inf else self.each


@attrs.frozen(kw_only=True)
class ScatterOptions:
    """What is checked when a scatter is made."""

    name = "scatter"

    limit: int | None = attrs.field(default=None, validator=attrs.validators.optional(whole(1)))
    timeout: float | None = attrs.field(
        default=None, converter=seconds_if_any, validator=attrs.validators.optional(number(0, above=True))
    )
    branch_timeout: float | None = attrs.field(
        default=None, converter=seconds_if_any, validator=attrs.validators.optional(number(0, above=True))
    )
    budget: str = "shared"

    def __attrs_post_init__(self) -> None:
        if self.budget not in {"shared", "split"}:
            message = f'scatter: budget={self.budget!r} must be "shared" or "split"'
            raise ValueError(message)

    def limits(self, owner: str, ways: int) -> Limits:
        """Return the limits of a call with that many branches that begins now."""
        return Limits.begin(owner, ways, self.timeout, self.branch_timeout, split=self.budget == "split")

    @property
    def bounded(self) -> bool:
        """Whether a branch gets less than what the caller has."""
        return self.timeout is not None or self.branch_timeout is not None or self.budget == "split"


Branch: TypeAlias = "tuple[int, Node, Any]"
"""The place of a branch, what it calls, and what it is given."""


class ScatterCall:
    """What the branches of one call get, and where they report.

    Args:
        branches: They are taken as there is room for them.
        total: How many there are; None where nobody knows before the last is taken.
        limit: The most that run at once.
        limits: Their time and spending; None where they just inherit those of the caller.
        results: Where they report.
        run: The graph's run so far, for branches that declare ``original`` or ``run``; None alone, where the
            original is the input itself.
        drawn: Where they come from instead, one by one, where the items are async.
    """

    __slots__ = ("branches", "drawn", "limit", "limits", "results", "run", "total")

    def __init__(
        self,
        branches: Iterator[Branch],
        total: int | None,
        limit: int | None,
        limits: Limits | None,
        results: Results,
        run: Run | None = None,
        drawn: AsyncDraw | None = None,
    ) -> None:
        self.branches: Iterator[Branch] = branches
        self.drawn: AsyncDraw | None = drawn
        self.total: int | None = total
        self.limit: float = math.inf if limit is None else limit
        self.limits: Limits | None = limits
        self.results: Results = results
        self.run: Run | None = run

    def extras(self, node: Node, value: Any) -> dict[str, Any]:
        """Return what `node` declares beside its first parameter."""
        if not node.extras:
            return {}
        run = Run(original=value) if self.run is None else self.run
        return {name: run if name == "run" else run.original for name in node.extras}
