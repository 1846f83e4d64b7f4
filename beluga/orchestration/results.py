"""What the branches of a scatter come to: one result each, when they are enough, and what they amount to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import attrs

from beluga._engine.options import whole
from beluga._engine.timeouts import expired
from beluga.errors import DeadlineExceeded, add_note

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["BranchResult", "Completion", "Quorum", "Results", "StopRule", "quorum", "stop_rule"]

Status = Literal["ok", "failed", "cancelled", "timed_out"]


@attrs.frozen
class BranchResult:
    """What came of one branch; its repr shows neither value nor error, which may be confidential.

    Args:
        index: The branch's place among the declared ones, counted from 0.
        name: Its name.
        status: ``"ok"``; ``"failed"`` where it raised; ``"cancelled"`` where its result was not needed any more;
            ``"timed_out"`` where its time ran out.
        value: What it returned; None unless it is ok.
        error: What it raised, or the `DeadlineExceeded` of its time-out; None where it is ok or was not needed.
        elapsed: Seconds from its start to its end, or to the moment at which the others were enough.
    """

    index: int
    name: str
    status: Status
    value: Any = attrs.field(default=None, repr=False)
    error: BaseException | None = attrs.field(default=None, repr=False)
    elapsed: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether it gave a value."""
        return self.status == "ok"


Gives = Literal["values", "value", "outcomes"]


@attrs.frozen
class Quorum:
    """The policy that `quorum` makes."""

    name = "quorum"

    count: int = attrs.field(validator=whole(1))

    def __repr__(self) -> str:
        """Show it as it is written."""
        return f"quorum({self.count})"


Completion = Literal["fail_fast", "collect", "first"] | Quorum


def quorum(n: int) -> Quorum:
    """Stop as soon as `n` branches have succeeded, or as soon as too many have failed for that.

    Args:
        n: Successes that are enough, at least 1.

    Raises:
        ValueError: `n` is not such a number.

    Example:
        >>> quorum(2)
        quorum(2)
    """
    return Quorum(n)


@attrs.frozen
class StopRule:
    """A completion rule, worked out for a number of branches.

    Args:
        enough: Successes at which the rest is not needed.
        spare: Failures that can be borne; one more ends the scatter with the first error.
        gives: The list of values, the one value, or the list of outcomes.
    """

    enough: int
    spare: int
    gives: Gives


def stop_rule(policy: Any, branches: int) -> StopRule:
    """Return the rule that `policy` means for that many branches.

    Raises:
        ValueError: There is no such policy, or not as many branches as it wants.
    """
    if isinstance(policy, Quorum):
        if policy.count > branches:
            message = f"scatter: {policy} can never be reached with {branches} branches"
            raise ValueError(message)
        return StopRule(policy.count, branches - policy.count, "outcomes")
    rules = {
        "fail_fast": StopRule(branches, 0, "values"),
        "collect": StopRule(branches, branches, "outcomes"),
        "first": StopRule(1, branches - 1, "value"),
    }
    if not isinstance(policy, str) or policy not in rules:
        message = f"scatter: policy={policy!r} must be one of {', '.join(rules)}, or quorum(n)"
        raise ValueError(message)
    return rules[policy]


Record = tuple[Status, Any, BaseException | None, float]


class Results:
    """Collects what the branches of one call come to; not safe for threads, so only the caller's thread writes to it.

    Args:
        owner: The scatter's name.
        names: Of the branches, in order.
        rule: When it is enough.
    """

    __slots__ = (
        "_failed",
        "_first",
        "_names",
        "_ok",
        "_owner",
        "_records",
        "_rule",
        "began",
        "fatal",
        "over",
    )

    def __init__(self, owner: str, names: Sequence[str], rule: StopRule) -> None:
        self._owner = owner
        self._names = names
        self._rule = rule
        self._records: list[Record | None] = [None] * len(names)
        self._ok = 0
        self._failed = 0
        self._first: tuple[int, BaseException] | None = None
        self.began: dict[int, float] = {}
        self.fatal: BaseException | None = None
        self.over: bool = False

    def add(self, index: int, value: Any, error: BaseException | None, elapsed: float) -> bool:
        """Note what a branch came to, unless it is over already; say whether it is over now."""
        if self.over:
            return True
        if error is None:
            self._records[index] = ("ok", value, None, elapsed)
            self._ok += 1
        else:
            self._fail(index, error, elapsed)
        rule = self._rule
        finished = self._ok + self._failed == len(self._names)
        self.over = finished or self._ok == rule.enough or self._failed > rule.spare
        return self.over

    def _fail(self, index: int, error: BaseException, elapsed: float) -> None:
        if isinstance(error, DeadlineExceeded):
            status: Status = "timed_out"
        else:
            status = "failed" if isinstance(error, Exception) else "cancelled"
        self._records[index] = (status, None, error, elapsed)
        self._failed += 1
        if self._first is None:
            self._first = index, error

    def abort(self, error: BaseException) -> None:
        """End it with an error that no policy may hold back, such as `SystemExit`."""
        self.fatal = self.fatal or error
        self.over = True

    def close(self, now: float, *, late: bool = False, total: float | None = None) -> None:
        """Settle what has not finished.

        Args:
            now: The moment, in seconds of the environment's clock.
            late: Whether the time ran out; else the others were enough.
            total: The seconds there were, for the message.
        """
        self.over = True
        for index, record in enumerate(self._records):
            if record is None:
                elapsed = now - self.began.get(index, now)
                if late:
                    self._fail(index, self.overdue(index, total), elapsed)
                else:
                    self._records[index] = ("cancelled", None, None, elapsed)

    def overdue(self, index: int, total: float | None) -> DeadlineExceeded:
        """Build the error of a branch whose `total` seconds have run out."""
        return expired(f"branch {self._names[index]!r} of {self._owner}", total)

    def result(self) -> Any:
        """Return what the policy gives; only once, because nothing is kept that would hold an error.

        Raises:
            BaseException: Too many branches failed: the first error, with a note that names the branches.
        """
        error = self._error()
        try:
            if error is not None:
                raise error
            if self._rule.gives == "outcomes":
                return self._outcomes()
            values = [record[1] for record in self._records if record is not None and record[0] == "ok"]
            return values[0] if self._rule.gives == "value" else values
        finally:
            self._records.clear()
            error = self.fatal = self._first = None

    def _error(self) -> BaseException | None:
        """Return what to raise, with a note that names the branches."""
        if self.fatal is not None or self._first is None or self._failed <= self._rule.spare:
            return self.fatal
        first, error = self._first
        others = [
            f"{self._names[index]} ({type(record[2]).__name__})"
            for index, record in enumerate(self._records)
            if record is not None and record[2] is not None and index != first
        ]
        also = f", and so did {', '.join(others)}" if others else ""
        add_note(error, f"{self._owner}: branch {self._names[first]!r} failed{also}")
        return error

    def _outcomes(self) -> list[BranchResult]:
        named = zip(self._names, self._records, strict=True)
        return [BranchResult(index, name, *record) for index, (name, record) in enumerate(named) if record is not None]
