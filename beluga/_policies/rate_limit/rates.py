"""What may pass: so many permits per window, and what a call takes of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from beluga._engine.options import Live, follow, number, seconds

__all__ = ["Cost", "Rate"]

Cost = float | Callable[[Mapping[str, Any]], float]
"""Permits that a call takes, or a callable of its arguments by name that tells."""


def _check_cost(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not callable(value):
        number(0)(instance, attribute, value)


@attrs.frozen
class Rate:
    """So many permits per window.

    Args:
        limit: Permits per window.
        window: Seconds.
        cost: Permits that one call takes, or a callable of the call's arguments by name that tells.
        name: What messages call it, such as ``"tokens"``.

    Raises:
        ValueError: A figure is out of its range, or a constant cost never fits into the limit.
    """

    limit: float = attrs.field(validator=number(0, above=True))
    window: float = attrs.field(default=60.0, converter=seconds, validator=number(0, above=True))
    cost: Cost = attrs.field(default=1, validator=_check_cost)
    name: str = "rate_limited"

    def __attrs_post_init__(self) -> None:
        """Refuse a cost that could never be met."""
        limit: Any = self.limit
        follow(self, "limit")
        if not callable(self.cost):
            self.check(self.cost)
            if isinstance(limit, Live):
                limit.check(_Covers(self.cost))

    def check(self, cost: Any) -> float:
        """Return `cost` if it is a number that the limit can ever admit.

        Raises:
            ValueError: It is not; waiting would not help.
        """
        proper = isinstance(cost, (int, float)) and not isinstance(cost, bool) and 0 <= cost < math.inf
        if not proper or cost > self.limit:
            message = f"{self.name}: cost={cost!r} must be a number from 0 to the limit of {self.limit:g}"
            raise ValueError(message)
        return float(cost) if isinstance(cost, float) else cost


@attrs.frozen
class _Covers:
    """The rule of a live limit that a constant cost has to fit into."""

    cost: float

    def __call__(self, limit: float) -> None:
        if self.cost > limit:
            message = f"rate_limited: cost={self.cost!r} must be a number from 0 to the limit of {limit:g}"
            raise ValueError(message)
