"""What the branches of a scatter come to: one result each, when they are enough, and what they amount to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import attrs

from beluga._engine.options import whole
from beluga._engine.timeouts import expired
from beluga.errors import DeadlineExceeded, add_note

if TYPE_CHECKING:
    from collections.abc import Callable

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


Gives = Literal["values", "value", "results"]


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
    """When a policy has seen enough, and what it gives then.

    Args:
        policy: As the user wrote it.
        enough: Successes at which the rest is not needed; None where all have to end.
        spare: Failures that can be borne, one more ends it with the first error; None where that depends on how many
            branches there are.
        gives: The list of values, the one value, or the list of results.
    """

    policy: Any
    enough: int | None
    spare: float | None
    gives: Gives

    def spare_of(self, total: int | None) -> float:
        """Return how many of `total` branches may fail; of a number that nobody knows yet, any."""
        if self.spare is not None:
            return self.spare
        return math.inf if total is None or self.enough is None else total - self.enough

    def check(self, owner: str, total: int) -> None:
        """Make sure that `total` branches are not too few.

        Raises:
            ValueError: They are.
        """
        if self.enough is not None and self.enough > total:
            message = f"{owner}: {self.policy} can never be reached with {total} branches"
            raise ValueError(message)


def stop_rule(policy: Any) -> StopRule:
    """Return the rule that `policy` means.

    Raises:
        ValueError: There is no such policy.
    """
    if isinstance(policy, Quorum):
        return StopRule(policy, policy.count, None, "results")
    rules = {
        "fail_fast": StopRule("fail_fast", None, 0, "values"),
        "collect": StopRule("collect", None, math.inf, "results"),
        "first": StopRule("first", 1, None, "value"),
    }
    if not isinstance(policy, str) or policy not in rules:
        message = f"scatter: policy={policy!r} must be one of {', '.join(rules)}, or quorum(n)"
        raise ValueError(message)
    return rules[policy]


_NAMED = 10
"""How many branches that failed a note names."""

Record = tuple[Status, Any, BaseException | None, float]

_TOLD: Record = ("cancelled", None, None, 0.0)
"""Stands where a result was that a stream has told, and keeps no more."""


class Results:
    """Collects what the branches of one call come to; not safe for threads, so only the caller's thread writes to it.

    Args:
        owner: The scatter's name.
        rule: When it is enough.
        name_of: The name of a branch by its place.
        total: How many branches there are; None where nobody knows before `end`.
        hear: Called with each result as it comes, instead of keeping it.
    """

    __slots__ = (
        "_failed",
        "_first",
        "_hear",
        "_name_of",
        "_ok",
        "_owner",
        "_records",
        "_rule",
        "_spare",
        "_total",
        "began",
        "fatal",
        "over",
    )

    def __init__(
        self,
        owner: str,
        rule: StopRule,
        name_of: Callable[[int], str],
        total: int | None,
        hear: Callable[[BranchResult], None] | None = None,
    ) -> None:
        self._owner = owner
        self._rule = rule
        self._name_of = name_of
        self._total = total
        self._spare = rule.spare_of(total)
        self._hear = hear
        self._records: list[Record | None] = [None] * (total or 0)
        self._ok = 0
        self._failed = 0
        self._first: tuple[int, BaseException] | None = None
        self.began: dict[int, float] = {}
        self.fatal: BaseException | None = None
        self.over: bool = total == 0

    def grow(self) -> None:
        """Make room for one more branch, where nobody knows how many there are."""
        self._records.append(None)

    def shrink(self) -> None:
        """Take that room back: there was no branch for it."""
        self._records.pop()

    def end(self) -> bool:
        """Note that no branch follows those that have begun; say whether it is over now."""
        if self._total is None:
            self._total = len(self._records)
            self._spare = self._rule.spare_of(self._total)
            self.over = self.over or self._ok + self._failed == self._total or self._failed > self._spare
        return self.over

    def add(self, index: int, value: Any, error: BaseException | None, elapsed: float) -> bool:
        """Note what a branch came to, unless it is over already; say whether it is over now."""
        if self.over:
            return True
        if error is None:
            self._records[index] = ("ok", value, None, elapsed)
            self._ok += 1
        else:
            self._fail(index, error, elapsed)
        if self._hear is not None:
            self._tell(index)
        self.over = (
            self._ok == self._rule.enough or self._failed > self._spare or self._ok + self._failed == self._total
        )
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

    def _tell(self, index: int) -> None:
        record = self._records[index]
        if self._hear is not None and record is not None:
            self._records[index] = _TOLD
            self.began.pop(index, None)
            self._hear(BranchResult(index, self._name_of(index), *record))

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
        self.end()
        self.over = True
        # Of a stream whose others were enough nobody asks for the rest, of which there may be many.
        unfinished = self.began if self._hear is not None and not late else range(len(self._records))
        for index in [index for index in unfinished if self._records[index] is None]:
            elapsed = now - self.began.get(index, now)
            if late:
                self._fail(index, self.overdue(index, total), elapsed)
                self._tell(index)
            else:
                self._records[index] = ("cancelled", None, None, elapsed)

    def overdue(self, index: int, total: float | None) -> DeadlineExceeded:
        """Build the error of a branch whose `total` seconds have run out."""
        return expired(f"branch {self._name_of(index)!r} of {self._owner}", total)

    def result(self) -> Any:
        """Return what the policy gives; only once, because nothing is kept that would hold an error.

        Raises:
            BaseException: Too many branches failed: the first error, with a note that names the branches.
            ValueError: There were fewer branches than the policy needs.
        """
        error = self._error()
        try:
            if error is not None:
                raise error
            if self._ok < (self._rule.enough or 0):
                self._rule.check(self._owner, self._ok + self._failed)
            if self._rule.gives == "results":
                return self._results()
            values = [record[1] for record in self._records if record is not None and record[0] == "ok"]
            return values[0] if self._rule.gives == "value" and values else values
        finally:
            self._records.clear()
            error = self.fatal = self._first = None

    def _error(self) -> BaseException | None:
        """Return what to raise, with a note that names the branches."""
        if self.fatal is not None or self._first is None or self._failed <= self._spare:
            return self.fatal
        first, error = self._first
        others = [
            f"{self._name_of(index)} ({type(record[2]).__name__})"
            for index, record in enumerate(self._records)
            if record is not None and record[2] is not None and index != first
        ]
        more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
        also = f", and so did {', '.join(others[:_NAMED])}{more}" if others else ""
        add_note(error, f"{self._owner}: branch {self._name_of(first)!r} failed{also}")
        return error

    def _results(self) -> list[BranchResult]:
        return [
            BranchResult(index, self._name_of(index), *record)
            for index, record in enumerate(self._records)
            if record is not None and record is not _TOLD
        ]
