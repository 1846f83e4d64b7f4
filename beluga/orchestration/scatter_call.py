"""One call of a scatter: what its branches get, how much time and spending they may take, and where they report."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs

from beluga._engine.timeouts import DEADLINE, expired
from beluga.clock import environment
from beluga.spending import SCOPE, Account, SpendingScope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from beluga.orchestration.nodes import Node
    from beluga.orchestration.results import Results

__all__ = ["Limits", "ScatterCall"]


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


class ScatterCall:
    """What the branches of one call get, and where they report.

    Args:
        nodes: The branches.
        value: What each of them is given.
        given: What those that declare ``original`` or ``run`` are given beside it.
        limit: The most that run at once.
        limits: Their time and spending; None where they just inherit those of the caller.
        results: Where they report.
    """

    __slots__ = ("given", "limit", "limits", "nodes", "results", "value")

    def __init__(
        self,
        nodes: Sequence[Node],
        value: Any,
        given: Mapping[str, Any],
        limit: int,
        limits: Limits | None,
        results: Results,
    ) -> None:
        self.nodes: Sequence[Node] = nodes
        self.value: Any = value
        self.given: Mapping[str, Any] = given
        self.limit: int = limit
        self.limits: Limits | None = limits
        self.results: Results = results

    def extras(self, node: Node) -> dict[str, Any]:
        """Return what `node` declares beside its first parameter."""
        return {name: self.given[name] for name in node.extras}
