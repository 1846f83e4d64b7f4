"""One line of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from benchmarks.timing import measure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.timing import Batch

__all__ = ["Row", "measured"]


_SHORT: Final = 20_000
"""Nanoseconds below which a quick run has thousands of turns; what takes longer waits for loops and servers."""


@attrs.frozen(kw_only=True)
class Row:
    """One line of the table.

    Args:
        what: What is measured.
        floor: What it is compared with, in `unit`.
        ours: What beluga takes, in `unit`.
        target: The ratio to reach, or with `extra` the amount above the floor.
        peers: What others take, in `unit`; None for one that is not installed.
        unit: ``"ns"``, ``"B"`` or ``"ms"``.
        extra: Whether the target is an amount above the floor instead of a ratio.
        promised: Whether the floor is a time or a size that is promised, and not one that was measured beside ours.
    """

    what: str
    floor: float
    ours: float
    target: float
    peers: Mapping[str, float | None] = {}
    unit: str = "ns"
    extra: bool = False
    promised: bool = False

    @property
    def ratio(self) -> float:
        """Ours as a multiple of the floor."""
        return self.ours / self.floor

    @property
    def is_steady(self) -> bool:
        """Whether the ratio is the same on every machine: both sides were measured, thousands of times each."""
        return not self.extra and not self.promised and self.unit == "ns" and self.floor < _SHORT

    @property
    def missed_by(self) -> float:
        """How far ours is from the target; not above 0 where it is reached."""
        return (self.ours - self.floor if self.extra else self.ratio) - self.target


def measured(
    contenders: Mapping[str, Batch], known: Mapping[str, Batch | None], seconds: float
) -> tuple[dict[str, float], dict[str, float | None]]:
    """Return the figures of all, and those of the peers alone; None for one that is not installed."""
    present = {name: run for name, run in known.items() if run is not None}
    figures = measure({**contenders, **present}, seconds)
    return figures, {name: figures.get(name) for name in known}
