"""Read a file of OTLP JSON lines trace by trace, however its spans are mixed."""

from __future__ import annotations

import functools
import json
from array import array
from typing import TYPE_CHECKING

from beluga._traceview.otlp import decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from beluga._traceview.records import SpanRecord

__all__ = ["traces"]

_REMEMBERED = 16
"""Lines held: a batch of spans has those of many traces, and a trace is spread over a few batches."""


def traces(path: Path, broken: Callable[[int, str], object]) -> Iterator[list[SpanRecord]]:
    """Yield the spans of each trace, in the order in which the traces begin in the file.

    Spans of a trace may stand anywhere, so the file is read twice: once for the places of each trace's lines, 8 bytes
    each, and then trace by trace. No more than one trace and a few lines are held.

    Args:
        path: The file.
        broken: Is told the number of each line that cannot be read, counted from 1, and why.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        places = _places(file, broken)

        @functools.lru_cache(_REMEMBERED)
        def line(offset: int) -> dict[str, list[SpanRecord]]:
            file.seek(offset)
            return _by_trace(file.readline())

        for trace_id, offsets in places.items():
            yield [record for offset in offsets for record in line(offset).get(trace_id, ())]


def _places(file: BinaryIO, broken: Callable[[int, str], object]) -> dict[str, array[int]]:
    """Return for each trace where its lines begin."""
    places: dict[str, array[int]] = {}
    offset = 0
    for number, line in enumerate(file, 1):
        if line.strip():
            try:
                for trace_id in _by_trace(line):
                    places.setdefault(trace_id, array("q")).append(offset)
            except (ValueError, RecursionError, AttributeError, TypeError) as error:
                broken(number, _why(error))
        offset += len(line)
    return places


def _by_trace(line: bytes) -> dict[str, list[SpanRecord]]:
    found: dict[str, list[SpanRecord]] = {}
    for record in decoded(json.loads(line)):
        found.setdefault(record.trace_id, []).append(record)
    return found


def _why(error: Exception) -> str:
    """Say what is wrong without quoting the line, which may hold anything."""
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON: {error.msg} at column {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return f"no UTF-8 at byte {error.start}"
    return str(error) if type(error) is ValueError else f"no spans: {type(error).__name__}"
