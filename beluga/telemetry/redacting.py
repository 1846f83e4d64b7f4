"""Redact the spans of others on their way to an exporter; this module exists for OpenTelemetry's SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.trace import Event, ReadableSpan, SpanProcessor
from opentelemetry.trace import Link, Status

from beluga.telemetry.attributes import checked, redact
from beluga.telemetry.content import entry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import Span

__all__ = ["RedactingProcessor"]

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
        self._redact = checked(redact or _redact, _LIMIT)

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


_redact = redact
