"""Print the table: what | floor | ours | ratio | target | peers | result."""

from __future__ import annotations

import argparse
import contextlib
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import history
from benchmarks.rows import rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.row import Row

PEERS = (
    "tenacity",
    "stamina",
    "backoff",
    "pybreaker",
    "circuitbreaker",
    "limits",
    "throttled-py",
    "aiolimiter",
    "cachetools",
    "async-lru",
    "aiocache",
    "hyx",
    "genai-prices",
    "langgraph",
    "pydantic-graph",
    "burr",
    "haystack-ai",
    "watchfiles",
    "watchdog",
)
"""Distributions whose versions stand above the table."""

PAGE = history.FOLDER.with_suffix(".md")
BEGIN, END = "<!-- begin: made by python -m benchmarks --keep -->", "<!-- end -->"
"""Between which lines of the page the last run stands that was kept."""

HEADER = ("what", "floor", "ours", "ratio", "target", "peers", "result")


def _figure(row: Row, value: float) -> str:
    digits = 0 if row.unit == "B" or value >= 100 else 1
    return f"{value:.{digits}f} {row.unit}"


def _ratio(row: Row, value: float) -> str:
    return f"{value - row.floor:+.1f} {row.unit}" if row.extra else f"{value / row.floor:.2f}x"


def _result(row: Row) -> str:
    if row.missed_by <= 0:
        return "reached"
    return f"missed by {row.missed_by:.1f} {row.unit}" if row.extra else f"missed by {row.missed_by:.2f}x"


def _cells(row: Row) -> tuple[str, ...]:
    known = (f"{name} {'not installed' if took is None else _ratio(row, took)}" for name, took in row.peers.items())
    target = f"+{row.target:g} {row.unit}" if row.extra else f"{row.target:g}x"
    return (
        row.what,
        _figure(row, row.floor),
        _figure(row, row.ours),
        _ratio(row, row.ours),
        target,
        ", ".join(known),
        _result(row),
    )


def _versions() -> str:
    """Return the versions of the peers that are installed."""
    known = []
    for name in PEERS:
        with contextlib.suppress(metadata.PackageNotFoundError):
            known.append(f"{name} {metadata.version(name)}")
    return f"peers: {', '.join(known) or 'none installed'}"


def _table(measured: Sequence[Row]) -> str:
    table = [HEADER, *map(_cells, measured)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in table]
    lines.insert(1, "-|-".join("-" * width for width in widths))
    return "".join(f"| {line} |\n" for line in lines)


def _held(measured: Sequence[Row], seconds: float) -> list[str]:
    """Say what takes a third more than in the last run that was kept; the least of three measurements counts."""
    kept = history.runs()
    before, now = kept[-1]["ratios"] if kept else {}, history.ratios(measured)
    for _ in range(2):
        if not history.slower(now, before):
            break
        again = history.ratios(rows(seconds))
        now = {what: min(ratio, again.get(what, ratio)) for what, ratio in now.items()}
    return history.slower(now, before)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print.

    Args:
        arguments: The command line's; None takes the process's own.

    Returns:
        The exit status: 0, or 1 with ``--guard`` where something has become slower.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about 20 seconds instead of 60; noisier")
    parser.add_argument(
        "--guard", action="store_true", help="fail where a ratio is a third worse than in the last run kept"
    )
    parser.add_argument(
        "--write", type=Path, metavar="FOLDER", help="write the table, the history with this run, and plots"
    )
    parser.add_argument("--keep", action="store_true", help="put them into the documentation")
    asked = parser.parse_args(arguments)
    seconds = 4.0 if asked.quick else 26.0
    measured = list(rows(seconds))
    version = f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}"
    table = _table(measured)
    sys.stdout.write(f"{version}\n{_versions()}\n\n{table}")
    slower = _held(measured, seconds) if asked.guard else []
    for line in slower:
        sys.stdout.write(f"slower by a third: {line}\n")
    text = f"{version}. {_versions().capitalize()}.\n\n{table}"
    if asked.keep:
        history.write(measured, version, history.FOLDER)
        before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{rest.partition(END)[2]}", "utf-8")
    if asked.write:
        history.write(measured, version, asked.write)
        (asked.write / "table.md").write_text(text, "utf-8")
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
