"""A span as it is read: from the SDK or from a file, with what the conventions say about it at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from beluga.telemetry.attributes import OUTCOME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from opentelemetry.sdk.trace import ReadableSpan

__all__ = ["EventRecord", "SpanRecord", "arranged", "from_sdk", "totals"]

_INT64 = 2**63
COSTS = ("beluga.cost", "gen_ai.usage.cost")
"""Attributes that hold money; no convention has one, the second is what others write."""


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
        """How a stream ended; empty where it is none."""
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
