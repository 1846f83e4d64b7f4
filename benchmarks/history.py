"""The runs of the table that were kept: a line of JSON each, what a run is held against, and pictures of both."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.row import Row

__all__ = ["FOLDER", "draw", "ratios", "runs", "slower", "write"]

FOLDER: Final = Path(__file__).parents[1] / "docs" / "explanation" / "benchmarks"
"""Where the runs stand that the documentation shows."""

_RUNS: Final = "history.jsonl"
_WORSE: Final = 4 / 3
_DRAWN: Final = ("six decorators, sync", "six decorators, async", "retry, sync", "breaker, sync", "budget, sync")
"""The rows whose course is drawn."""


def ratios(rows: Iterable[Row]) -> dict[str, float]:
    """Return the ratio of each row for which the machine does not matter."""
    return {row.what: round(row.ratio, 3) for row in rows if row.is_steady}


def runs(folder: Path = FOLDER) -> list[dict[str, Any]]:
    """Return the runs that were kept, the oldest first."""
    file = folder / _RUNS
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def slower(now: Mapping[str, float], before: Mapping[str, float]) -> list[str]:
    """Say of each row that takes a third more than before how much it took and takes."""
    return [
        f"{what}: {before[what]:.2f}x before, {ratio:.2f}x now"
        for what, ratio in now.items()
        if what in before and ratio > before[what] * _WORSE
    ]


def write(rows: Sequence[Row], version: str, folder: Path) -> None:
    """Add a run to those that were kept, and write all of them and the pictures into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = [*runs(), {"date": f"{datetime.now(UTC):%Y-%m-%d}", "python": version, "ratios": ratios(rows)}]
    (folder / _RUNS).write_text("".join(json.dumps(each) + "\n" for each in kept), "utf-8")
    draw(rows, kept, folder)


def draw(rows: Sequence[Row], kept: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Draw how long each thing takes beside its peers, and how the ratios went from run to run."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "beluga", "font.family": "sans-serif", "font.size": 9})
    plain: dict[str, Any] = {"metadata": {"Date": None}, "bbox_inches": "tight", "transparent": False}

    shown = [row for row in rows if row.is_steady and any(row.peers.values())]
    bars = [
        (f"{row.what}: {name}", took / row.floor, name == "beluga")
        for row in shown
        for name, took in {"beluga": row.ours, **row.peers}.items()
        if took is not None
    ][::-1]
    figure, axes = plt.subplots(figsize=(8, 0.24 * len(bars) + 1), layout="constrained")
    axes.barh(
        [name for name, _, _ in bars], [ratio for _, ratio, _ in bars], color=[_COLOURS[ours] for *_, ours in bars]
    )
    axes.set_xscale("log")
    axes.set_xlabel("times the floor, less is better")
    axes.bar_label(
        axes.containers[0], [f" {ratio:,.0f}x" if ratio >= 100 else f" {ratio:.3g}x" for _, ratio, _ in bars]
    )  # type: ignore[arg-type]  # one bar each
    axes.margins(x=0.12, y=0.01)
    figure.savefig(folder / "peers.svg", **plain)
    plt.close(figure)

    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    numbers = range(1, len(kept) + 1)
    for what in _DRAWN:
        axes.plot(numbers, [each["ratios"].get(what, math.nan) for each in kept], marker="o", label=what)
    axes.set_xticks(list(numbers), [each["date"] for each in kept], rotation=30)
    axes.set_ylabel("times the floor")
    axes.set_ylim(bottom=0)
    axes.legend()
    figure.savefig(folder / "history.svg", **plain)
    plt.close(figure)


_COLOURS: Final = {True: "#0b7285", False: "#adb5bd"}
