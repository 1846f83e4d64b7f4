"""OTLP's JSON form of spans, read without its package, and files of it read trace by trace.

Source: OpenTelemetry protocol 1.7, JSON encoding and file exporter: ids are hexadecimal, 64-bit numbers are texts.
"""

from __future__ import annotations

import functools
import json
import re
from array import array
from typing import TYPE_CHECKING, Any

from beluga._traceview.records import EventRecord, SpanRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

__all__ = ["decoded", "traces"]

_ERROR = 2
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]{1,32}")
_INT64, _UINT64 = 2**63, 2**64


def decoded(request: Any) -> Iterator[SpanRecord]:
    """Read the spans of one export request; unknown fields do not matter.

    Raises:
        ValueError: It is no such request; the message says where.
    """
    for group in _list(request, "resourceSpans", required=True):
        resource = _read_attributes(_list(group.get("resource") or {}, "attributes"))
        service = str(resource.get("service.name", ""))
        for scope in _list(group, "scopeSpans"):
            for span in _list(scope, "spans"):
                yield _record(span, service)


def _record(span: Any, service: str) -> SpanRecord:
    status = span.get("status") or {}
    failed = status.get("code") in {_ERROR, "STATUS_CODE_ERROR"}
    return SpanRecord(
        trace_id=_id(span, "traceId"),
        span_id=_id(span, "spanId"),
        parent_id=str(span.get("parentSpanId") or "").lower(),
        name=str(span.get("name") or ""),
        start=_nanoseconds(span, "startTimeUnixNano"),
        end=_nanoseconds(span, "endTimeUnixNano") or None,
        kind=span["kind"] if isinstance(span.get("kind"), int) else 0,
        error=str(status.get("message") or "") if failed else None,
        attributes=_read_attributes(_list(span, "attributes")),
        events=[
            EventRecord(
                str(event.get("name", "")),
                _nanoseconds(event, "timeUnixNano"),
                _read_attributes(_list(event, "attributes")),
            )
            for event in _list(span, "events")
        ],
        service=service,
    )


def _list(holder: Any, name: str, *, required: bool = False) -> list[dict[str, Any]]:
    found = holder.get(name) if isinstance(holder, dict) else None
    if found is None and isinstance(holder, dict) and not required:
        return []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        message = f"{name} is no list of objects"
        raise ValueError(message)
    return found


def _id(span: Mapping[str, Any], name: str) -> str:
    found = span.get(name)
    if not isinstance(found, str) or not _HEXADECIMAL.fullmatch(found):
        message = f"a span has no hexadecimal {name}"
        raise ValueError(message)
    return found.lower()


def _nanoseconds(holder: Mapping[str, Any], name: str) -> int:
    found = _whole(holder.get(name, 0))
    if found is None or not 0 <= found < _UINT64:
        message = f"{name} is no number of nanoseconds"
        raise ValueError(message)
    return found


def _whole(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _read_attributes(pairs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {str(pair.get("key", "")): _flat(_read(pair.get("value"))) for pair in pairs}


def _flat(value: Any) -> Any:
    """Return what no attribute of the SDK can be as JSON; written once, since each writing doubles all backslashes."""
    nested = isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, (dict, list)) for v in value))
    return json.dumps(value, ensure_ascii=False) if nested else value


def _read(value: Any) -> Any:
    """Return a value of the protocol; what is unknown becomes None."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    ((kind, found),) = value.items()
    if kind == "intValue":
        number = _whole(found)
        return number if number is not None and -_INT64 <= number < _INT64 else None
    if kind == "doubleValue":
        try:
            return float(found)
        except (TypeError, ValueError, OverflowError):
            return None
    if kind == "arrayValue":
        return [_read(item) for item in _list(found, "values")]
    if kind == "kvlistValue":
        return {str(pair.get("key", "")): _read(pair.get("value")) for pair in _list(found, "values")}
    return found if kind in {"stringValue", "boolValue", "bytesValue"} else None


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
