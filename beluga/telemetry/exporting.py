"""What spans pass on their way out: redaction, and a file; this module exists for OpenTelemetry's SDK.

The file holds one line of OTLP JSON for each batch, written without the protocol's package.

Source: OpenTelemetry protocol 1.7, JSON encoding and file exporter: ids are hexadecimal, 64-bit numbers are texts.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.trace import Event, ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Link, Status

from beluga.telemetry import attributes as ours
from beluga.telemetry.content import entry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import Span

__all__ = ["FileExporter", "RedactingProcessor", "encoded"]

_LIMIT = 20_000


class RedactingProcessor(SpanProcessor):
    """Hands each ended span on without personal data and secrets, whoever has made it.

    Names, attributes, events, links and the status are redacted in a copy; the span itself is not changed. A text that
    cannot be redacted is withheld. Attributes of the resource stay: they are the deployment's own.

    Args:
        processor: Who gets the redacted spans, such as a ``BatchSpanProcessor`` with its exporter.
        redact: Takes a text and returns the one to keep; None takes personal data and secrets out.

    Example:
        >>> from opentelemetry.sdk.trace import TracerProvider
        >>> from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        >>> from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
        >>> kept, provider = InMemorySpanExporter(), TracerProvider()
        >>> provider.add_span_processor(RedactingProcessor(SimpleSpanProcessor(kept)))
        >>> with provider.get_tracer("other").start_as_current_span("GET", attributes={"user": "ada@example.com"}):
        ...     pass
        >>> dict(kept.get_finished_spans()[0].attributes)
        {'user': '[EMAIL]'}
    """

    def __init__(self, processor: SpanProcessor, *, redact: Callable[[str], str] | None = None) -> None:
        self._processor = processor
        self._redact = ours.checked(redact or ours.redact, _LIMIT)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Tell the processor that a span begins; what it has then is not looked at."""
        self._processor.on_start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        """Hand a redacted copy on."""
        self._processor.on_end(self._redacted(span))

    def shutdown(self) -> None:
        """Shut the processor down."""
        self._processor.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Let the processor send what it holds."""
        return self._processor.force_flush(timeout_millis)

    def _redacted(self, span: ReadableSpan) -> ReadableSpan:
        status = span.status
        return ReadableSpan(
            name=self._redact(span.name),
            context=span.get_span_context(),
            parent=span.parent,
            resource=span.resource,
            attributes=self._clean(span.attributes),
            events=[Event(self._redact(e.name), self._clean(e.attributes), e.timestamp) for e in span.events],
            links=[Link(link.context, self._clean(link.attributes)) for link in span.links],
            kind=span.kind,
            status=Status(status.status_code, status.description and self._redact(status.description)),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    def _clean(self, attributes: Mapping[str, Any] | None) -> dict[str, Any]:
        return {self._redact(key): self._value(key, value) for key, value in (attributes or {}).items()}

    def _value(self, key: str, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(entry(key, item, self._redact) for item in value)
        return entry(key, value, self._redact)


class FileExporter(SpanExporter):
    """An exporter that adds to a file which ``beluga trace``, the collector and other viewers read.

    Each batch is one line, written in one step, so that several processes may share a file.

    Args:
        path: The file; it is made when the first spans come.

    Example:
        >>> import pathlib, tempfile
        >>> from opentelemetry.sdk.trace import TracerProvider
        >>> from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        >>> from beluga import telemetry
        >>> provider = TracerProvider()
        >>> path = pathlib.Path(tempfile.mkdtemp(), "trace.jsonl")
        >>> provider.add_span_processor(SimpleSpanProcessor(FileExporter(path)))
        >>> with telemetry.use_provider(provider), telemetry.start_span("request"):
        ...     pass
        >>> len(path.read_text().splitlines())
        1
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._path = Path(path)
        self._lock = threading.Lock()
        self._is_torn = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write a batch; a disk that is full fails the export and nothing else."""
        if not spans:
            return SpanExportResult.SUCCESS
        line = (json.dumps(encoded(spans), separators=(",", ":")) + "\n").encode()
        try:
            with self._lock, self._path.open("ab", buffering=0) as file:
                # What a full disk cut off must not take the next line with it.
                whole = b"\n" + line if self._is_torn else line
                written = file.write(whole)
                self._is_torn = written != len(whole) and (self._is_torn or written != 0)
        except OSError:
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS if written == len(whole) else SpanExportResult.FAILURE


def encoded(spans: Sequence[ReadableSpan]) -> dict[str, Any]:
    """Return `spans` as one export request, grouped by resource and scope."""
    groups: dict[tuple[int, str], list[ReadableSpan]] = {}
    for span in spans:
        scope = span.instrumentation_scope
        groups.setdefault((id(span.resource), scope.name if scope else ""), []).append(span)
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes(group[0].resource.attributes)},
                "scopeSpans": [{"scope": {"name": scope}, "spans": [_span(span) for span in group]}],
            }
            for (_, scope), group in groups.items()
        ]
    }


def _span(span: ReadableSpan) -> dict[str, Any]:
    context, parent = span.get_span_context(), span.parent
    written: dict[str, Any] = {
        "traceId": f"{context.trace_id:032x}" if context else "",
        "spanId": f"{context.span_id:016x}" if context else "",
        "parentSpanId": f"{parent.span_id:016x}" if parent else "",
        "name": span.name,
        "kind": span.kind.value + 1,
        "startTimeUnixNano": str(span.start_time or 0),
        "endTimeUnixNano": str(span.end_time or 0),
        "attributes": _attributes(span.attributes or {}),
        "events": [
            {"timeUnixNano": str(e.timestamp), "name": e.name, "attributes": _attributes(e.attributes or {})}
            for e in span.events
        ],
        "links": [
            {
                "traceId": f"{link.context.trace_id:032x}",
                "spanId": f"{link.context.span_id:016x}",
                "attributes": _attributes(link.attributes or {}),
            }
            for link in span.links
        ],
        "status": {"code": span.status.status_code.value},
    }
    if span.status.description:
        written["status"]["message"] = span.status.description
    return written


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        # JSON has no NaN and no infinity; the protocol's mapping writes their names.
        return {"doubleValue": value if abs(value) < float("inf") else str(value).replace("inf", "Infinity")}
    if isinstance(value, (list, tuple)):
        return {"arrayValue": {"values": [_value(item) for item in value]}}
    if isinstance(value, Mapping):
        return {"kvlistValue": {"values": _attributes(value)}}
    if isinstance(value, bytes):
        return {"bytesValue": base64.b64encode(value).decode()}
    return {} if value is None else {"stringValue": str(value)}
