"""Print the table: what | floor | ours | ratio | target | peers | result."""

from __future__ import annotations

import argparse
import contextlib
import platform
import sys
from importlib import metadata
from typing import TYPE_CHECKING

from benchmarks.rows import rows

if TYPE_CHECKING:
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


def main(arguments: list[str] | None = None) -> int:
    """Measure and print.

    Args:
        arguments: The command line's; None takes the process's own.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about 20 seconds instead of 60; noisier")
    quick = parser.parse_args(arguments).quick
    table = [HEADER, *(_cells(row) for row in rows(4.0 if quick else 26.0))]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in table]
    lines.insert(1, "-|-".join("-" * width for width in widths))
    version = f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}"
    sys.stdout.write("\n".join([version, _versions(), "", *(f"| {line} |" for line in lines)]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
