"""When a scatter has seen enough of its branches, and what it gives then."""

from __future__ import annotations

from typing import Any, Literal

import attrs

from beluga._engine.validators import whole

__all__ = ["Policy", "Quorum", "Rule", "quorum", "rule_of"]

Gives = Literal["values", "value", "outcomes"]


@attrs.frozen
class Quorum:
    """The policy that `quorum` makes."""

    name = "quorum"

    count: int = attrs.field(validator=whole(1))

    def __repr__(self) -> str:
        """Show it as it is written."""
        return f"quorum({self.count})"


Policy = Literal["fail_fast", "collect", "first"] | Quorum


def quorum(n: int) -> Quorum:
    """Stop as soon as `n` branches have succeeded, or as soon as too many have failed for that.

    Args:
        n: Successes that are enough, at least 1.

    Raises:
        ValueError: `n` is no such number.

    Example:
        >>> quorum(2)
        quorum(2)
    """
    return Quorum(n)


@attrs.frozen
class Rule:
    """A policy, worked out for a number of branches.

    Args:
        enough: Successes at which the rest is not needed.
        spare: Failures that can be borne; one more ends the scatter with the first error.
        gives: The list of values, the one value, or the list of outcomes.
    """

    enough: int
    spare: int
    gives: Gives


def rule_of(policy: Any, branches: int) -> Rule:
    """Return the rule that `policy` means for that many branches.

    Raises:
        ValueError: There is no such policy, or not as many branches as it wants.
    """
    if isinstance(policy, Quorum):
        if policy.count > branches:
            message = f"scatter: {policy} can never be reached with {branches} branches"
            raise ValueError(message)
        return Rule(policy.count, branches - policy.count, "outcomes")
    rules = {
        "fail_fast": Rule(branches, 0, "values"),
        "collect": Rule(branches, branches, "outcomes"),
        "first": Rule(1, branches - 1, "value"),
    }
    if not isinstance(policy, str) or policy not in rules:
        message = f"scatter: policy={policy!r} must be one of {', '.join(rules)}, or quorum(n)"
        raise ValueError(message)
    return rules[policy]
