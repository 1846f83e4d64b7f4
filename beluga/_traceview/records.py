"""A span as it is read: from the SDK or from a file of OTLP's JSON, with what the conventions say about it at hand."""

from __future__ import annotations

import functools
import json
import re
from array import array
from typing import TYPE_CHECKING, Any

import attrs

from beluga.telemetry.attributes import OUTCOME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from opentelemetry.sdk.trace import ReadableSpan

__all__ = ["EventRecord", "SpanRecord", "arranged", "decoded", "from_sdk", "totals", "traces"]

_INT64, _UINT64 = 2**63, 2**64
_ERROR = 2
"""OTLP's status of a span that failed."""
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]{1,32}")
COSTS = ("beluga.cost", "gen_ai.usage.cost")
"""Attributes that hold money; no convention has one, the second is what others write."""
_REMEMBERED = 16
"""Lines held: a batch of spans has those of many traces, and a trace is spread over a few batches."""


@attrs.frozen
class EventRecord:
    """Something that happened at `time`, in nanoseconds since 1970."""

    name: str
    time: int
    attributes: Mapping[str, Any]


@attrs.frozen(eq=False)
class SpanRecord:
    """A span that has been recorded.

    Args:
        trace_id: 32 hexadecimal digits.
        span_id: 16 hexadecimal digits.
        parent_id: The span above, or an empty text.
        name: What was done.
        start: Nanoseconds since 1970.
        end: The same; None while it is open.
        kind: OTLP's number of the kind.
        error: What went wrong; None where nothing did, and empty where nobody said what.
        attributes: What is known of it.
        events: What happened in it.
        service: Who did it.
    """

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    start: int
    end: int | None
    kind: int = 1
    error: str | None = None
    attributes: Mapping[str, Any] = attrs.field(factory=dict)
    events: Sequence[EventRecord] = ()
    service: str = ""

    @property
    def seconds(self) -> float:
        """How long it took; 0 while it is open."""
        return 0.0 if self.end is None else max(0, self.end - self.start) / 1e9

    @property
    def model(self) -> str:
        """The model that answered, or the one that was asked."""
        return str(self.attributes.get("gen_ai.response.model") or self.attributes.get("gen_ai.request.model") or "")

    @property
    def tokens(self) -> tuple[int, int]:
        """Tokens in and out."""
        given, taken = (self.number(f"gen_ai.usage.{side}_tokens") for side in ("input", "output"))
        return int(given or 0), int(taken or 0)

    @property
    def cost(self) -> float:
        """Money, in whatever currency the application counts."""
        return next((cost for name in COSTS if (cost := self.number(name)) is not None), 0.0)

    @property
    def first_chunk(self) -> float | None:
        """Seconds until the first chunk."""
        return self.number("gen_ai.response.time_to_first_chunk")

    @property
    def attempts(self) -> int:
        """How often the function ran."""
        return 1 + sum(event.name == "beluga.retry" for event in self.events)

    @property
    def verdicts(self) -> tuple[str, ...]:
        """What guards said, such as ``blocked input (injection)``."""
        return tuple(_verdict(event.attributes) for event in self.events if event.name == "beluga.guard")

    @property
    def outcome(self) -> str:
        """How a stream ended; empty where it is not a stream."""
        return str(self.attributes.get(OUTCOME, ""))

    def number(self, name: str) -> float | None:
        """Return the attribute if it is a number that can be: not negative, and no larger than an OTLP int."""
        value = self.attributes.get(name)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < _INT64
        return value if is_number else None

    def redacted(self, redact: Callable[[str], str]) -> SpanRecord:
        """Return the record with every text that an application may have given put through `redact`."""
        return attrs.evolve(
            self,
            name=redact(self.name),
            error=self.error and redact(self.error),
            attributes=_clean(self.attributes, redact),
            events=tuple(
                EventRecord(redact(event.name), event.time, _clean(event.attributes, redact)) for event in self.events
            ),
            service=redact(self.service),
        )


def _verdict(told: Mapping[str, Any]) -> str:
    stage, guard = (f" {told[key]}" if key in told else "" for key in ("stage", "guard"))
    return f"{told.get('verdict', 'modified')}{stage} ({guard.strip() or 'guard'})"


def _clean(values: Mapping[str, Any], redact: Callable[[str], str]) -> dict[str, Any]:
    return {redact(str(key)): _clean_value(value, redact) for key, value in values.items()}


def _clean_value(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return redact(value)
    return [_clean_value(item, redact) for item in value] if isinstance(value, (list, tuple)) else value


def from_sdk(span: ReadableSpan) -> SpanRecord:
    """Return the record of a span of the SDK, ended or not."""
    context, status = span.get_span_context(), span.status
    return SpanRecord(
        trace_id=f"{context.trace_id:032x}" if context else "",
        span_id=f"{context.span_id:016x}" if context else "",
        parent_id=f"{span.parent.span_id:016x}" if span.parent else "",
        name=span.name,
        start=span.start_time or 0,
        end=span.end_time,
        kind=span.kind.value + 1,  # OTLP begins with "unspecified"
        error=None if status.is_ok else status.description or "",
        attributes=dict(span.attributes or {}),
        events=[EventRecord(e.name, e.timestamp, dict(e.attributes or {})) for e in span.events],
        service=str(span.resource.attributes.get("service.name", "")),
    )


def arranged(records: Iterable[SpanRecord]) -> list[tuple[int, SpanRecord]]:
    """Return the records with their depth, each after its parent, siblings by their start.

    A span whose parent is not there is a root, and so is the first of those that are each other's parents.
    """
    waiting = sorted(records, key=lambda record: record.start)
    known = {record.span_id for record in waiting}
    children: dict[str, list[SpanRecord]] = {}
    for record in waiting:
        children.setdefault(record.parent_id if record.parent_id in known else "", []).append(record)
    seen: set[int] = set()
    rows: list[tuple[int, SpanRecord]] = []
    for root in (*children.get("", ()), *waiting):
        stack = [(0, root)]
        while stack:
            depth, record = stack.pop()
            if id(record) not in seen:
                seen.add(id(record))
                rows.append((depth, record))
                stack.extend((depth + 1, child) for child in reversed(children.get(record.span_id, ())))
    return rows


def totals(rows: Sequence[tuple[int, SpanRecord]]) -> tuple[int, int, float]:
    """Return tokens in, tokens out and cost of `arranged` rows.

    An agent may report what its model calls report too: what stands below counts, and only without that the span
    itself.
    """
    sums: list[tuple[float, ...]] = [(0, 0, 0.0)]  # one for each depth on the way to the current row
    for depth, record in reversed(rows):
        sums += [(0, 0, 0.0)] * (depth + 2 - len(sums))
        below, sums[depth + 1] = sums[depth + 1], (0, 0, 0.0)
        own = (*record.tokens, record.cost)
        counted = (inner or mine for inner, mine in zip(below, own, strict=True))
        sums[depth] = tuple(before + more for before, more in zip(sums[depth], counted, strict=True))
    given, taken, cost = sums[0]
    return int(given), int(taken), cost


def decoded(request: Any) -> Iterator[SpanRecord]:
    """Read the spans of one export request; unknown fields do not matter.

    Raises:
        ValueError: It is not such a request; the message says where.
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
