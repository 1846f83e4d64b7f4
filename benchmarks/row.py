"""One line of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from benchmarks.timing import measure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.timing import Batch

__all__ = ["Row", "measured"]


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
    """

    what: str
    floor: float
    ours: float
    target: float
    peers: Mapping[str, float | None] = {}
    unit: str = "ns"
    extra: bool = False

    @property
    def ratio(self) -> float:
        """Ours as a multiple of the floor."""
        return self.ours / self.floor

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
