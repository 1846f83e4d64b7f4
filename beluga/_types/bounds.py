"""What a value of the right type has to keep to: an order, a length, a pattern; ours, or another library's marks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["UNBOUNDED", "Bounds", "bounds_of"]


def _tighter(choose: Callable[..., Any], a: Any, b: Any) -> Any:
    return choose(a, b) if a is not None and b is not None else b if a is None else a


@attrs.frozen
class Bounds:
    """What a value of the right type has to keep to; each None for no bound.

    Args:
        least: The smallest value allowed.
        most: The greatest value allowed.
        above: Smaller than every value allowed.
        below: Greater than every value allowed.
        multiple_of: What every value is a multiple of.
        shortest: The least number of characters or items.
        longest: The greatest number of characters or items.
        pattern: A regular expression that is found in every text.
    """

    least: Any = None
    most: Any = None
    above: Any = attrs.field(default=None, kw_only=True)
    below: Any = attrs.field(default=None, kw_only=True)
    multiple_of: Any = attrs.field(default=None, kw_only=True)
    shortest: int | None = attrs.field(default=None, kw_only=True)
    longest: int | None = attrs.field(default=None, kw_only=True)
    pattern: str | None = attrs.field(default=None, kw_only=True)

    @property
    def of_values(self) -> bool:
        """Whether they speak of a value's place in an order."""
        return any(bound is not None for bound in (self.least, self.most, self.above, self.below, self.multiple_of))

    @property
    def of_sizes(self) -> bool:
        """Whether they speak of how long something is."""
        return self.shortest is not None or self.longest is not None

    def __and__(self, other: Bounds) -> Bounds:
        """Return what keeps to both."""
        return Bounds(
            _tighter(max, self.least, other.least),
            _tighter(min, self.most, other.most),
            above=_tighter(max, self.above, other.above),
            below=_tighter(min, self.below, other.below),
            multiple_of=other.multiple_of or self.multiple_of,
            shortest=_tighter(max, self.shortest, other.shortest),
            longest=_tighter(min, self.longest, other.longest),
            pattern=other.pattern or self.pattern,
        )

    def __contains__(self, value: Any) -> bool:
        if self is UNBOUNDED:
            return True
        try:
            return self._holds(value)
        except TypeError:  # a naive and an aware time have no order
            return False

    def _holds(self, value: Any) -> bool:
        return not (
            (self.least is not None and value < self.least)
            or (self.most is not None and value > self.most)
            or (self.above is not None and value <= self.above)
            or (self.below is not None and value >= self.below)
            or (self.multiple_of is not None and not _is_multiple(value, self.multiple_of))
            or (self.shortest is not None and len(value) < self.shortest)
            or (self.longest is not None and len(value) > self.longest)
            or (self.pattern is not None and not re.search(self.pattern, value))
        )

    def words(self, unit: str = "characters") -> str:
        """Return what follows the name of a type: " from 0 to 2", " of at least 1", " of at most 20 characters"."""
        said = [_range(self.least, self.most, "")]
        said.append("" if self.above is None else f" above {self.above}")
        said.append("" if self.below is None else f" below {self.below}")
        said.append("" if self.multiple_of is None else f" that is a multiple of {self.multiple_of}")
        said.append(_range(self.shortest, self.longest, f" {unit}", "of "))
        said.append("" if self.pattern is None else f" that matches {self.pattern!r}")
        return "".join(said)


def _range(least: Any, most: Any, unit: str, both: str = "from ") -> str:
    if least is not None and most is not None:
        return f" {both}{least} to {most}{unit}"
    bound, words = (least, "least") if least is not None else (most, "most")
    return "" if bound is None else f" of at {words} {bound}{unit.removesuffix('s') if bound == 1 else unit}"


def _is_multiple(value: Any, step: Any) -> bool:
    # As jsonschema has it: 0.3 is a multiple of 0.1, although 0.3 % 0.1 is not 0.
    if isinstance(step, float) or isinstance(value, float):
        quotient = float(value) / float(step)
        return abs(quotient) != float("inf") and int(quotient) == quotient
    return bool(value % step == 0)


UNBOUNDED: Final = Bounds()

_BOUNDS: Final = {
    "ge": "least",
    "le": "most",
    "gt": "above",
    "lt": "below",
    "multiple_of": "multiple_of",
    "min_length": "shortest",
    "max_length": "longest",
    "pattern": "pattern",
}
"""Attributes of annotated-types, pydantic's and msgspec's fields, each with ours; none of these is imported."""


def bounds_of(mark: Any) -> Bounds:
    """Return the bounds that something in ``Annotated`` speaks of; none where it speaks of something else."""
    if isinstance(mark, Bounds):
        return mark
    found = {ours: getattr(mark, theirs, None) for theirs, ours in _BOUNDS.items()}
    found["pattern"] = getattr(found["pattern"], "pattern", found["pattern"])  # it may be compiled
    bounds = Bounds(**found)
    for inner in getattr(mark, "metadata", None) or ():
        bounds &= bounds_of(inner)
    return bounds
