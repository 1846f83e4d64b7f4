"""The span and the measurements of one running call.

This module exists for OpenTelemetry and is loaded when the first call is recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.context import attach, detach
from opentelemetry.trace import NoOpTracer, SpanKind, set_span_in_context

from beluga.clock import SYSTEM
from beluga.telemetry.answers import SILENT, Answer
from beluga.telemetry.content import chunk_text
from beluga.telemetry.names import SEMCONV
from beluga.telemetry.providers import tracer
from beluga.telemetry.spans import error_type, fail
from beluga.telemetry.values import attributes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.trace import Span

    from beluga.clock import Environment
    from beluga.events import Event

__all__ = ["Recording"]

_ERROR_TYPE = SEMCONV["error_type"]
_NOBODY = NoOpTracer()


class Recording:
    """A span that is current while its call runs, and what is known of the call so far.

    Args:
        name: The span's name.
        attributes: Those known at the start, legal ones.
        environment: Where the call gets its time.
        is_client: Whether the call goes to a provider.
    """

    __slots__ = (
        "_began", "_clock", "_context", "_environment", "_token", "answer", "first_item", "listener", "span", "texts",
    )  # fmt: skip

    def __init__(self, name: str, attributes: Mapping[str, Any], environment: Environment, *, is_client: bool) -> None:
        kind = SpanKind.CLIENT if is_client else SpanKind.INTERNAL
        # On the real clock a span takes its times by itself, with a better resolution.
        self._clock = None if environment is SYSTEM else environment.clock
        self._environment = environment
        self._began = environment.monotonic()
        self.span: Span = (tracer() or _NOBODY).start_span(
            name, kind=kind, attributes=attributes, start_time=self._moment()
        )
        self.answer: Answer | None = None
        self.first_item: float | None = None
        self.texts: list[str] | None = None
        self.listener: Callable[[Event], object] | None = None
        self._context = set_span_in_context(self.span)
        self._token = attach(self._context)

    @property
    def elapsed(self) -> float:
        """Seconds since the call began."""
        return self._environment.monotonic() - self._began

    def resume(self) -> None:
        """Make the span current for the next step of a stream."""
        self._token = attach(self._context)

    def suspend(self) -> None:
        """Make current again what was so before, in the same step."""
        detach(self._token)

    def seen(self, item: Any) -> None:
        """Take note of an item of a stream."""
        if self.first_item is None:
            self.first_item = self.elapsed
        if type(item) not in SILENT:
            self.read(item)
        if self.texts is not None and (text := chunk_text(item)):
            self.texts.append(text)

    def read(self, value: Any) -> None:
        """Take in what a result or an item of a stream tells of itself."""
        if type(value) in SILENT:
            return
        if self.answer is None:
            self.answer = Answer()
        self.answer.read(value)

    def findings(self, names: Mapping[str, str]) -> dict[str, Any]:
        """Return the attributes that are only known at the end."""
        found = {} if self.first_item is None else {names["first_chunk"]: self.first_item}
        answer = self.answer
        if answer is None:
            return found
        usage = answer.usage
        if usage is not None:
            found[names["input_tokens"]] = usage.input_tokens
            found[names["output_tokens"]] = usage.output_tokens
            for key in ("cached_tokens", "cache_write_tokens", "reasoning_tokens"):
                if getattr(usage, key):
                    found[names[key]] = getattr(usage, key)
        told = {"response_id": answer.id, "response_model": answer.model, "finish_reasons": answer.finish_reasons}
        return found | attributes_of({names[key]: value for key, value in told.items()})

    def measured(self, names: Mapping[str, str], error: BaseException | None) -> dict[str, Any]:
        """Return the attributes that only the end of the call gives to its measurements."""
        failed = None if error is None or isinstance(error, GeneratorExit) else error_type(error)
        model = self.answer and self.answer.model
        return attributes_of({names["error_type"]: failed, names["response_model"]: model})

    def note(self, name: str, fields: Mapping[str, Any]) -> None:
        """Put an event on the span, if it has not ended."""
        if self.span.is_recording():
            self.span.add_event(name, attributes_of(fields), self._moment())

    def end(self, found: Mapping[str, Any], error: BaseException | None) -> None:
        """End the span with the attributes found at the end."""
        span = self.span
        if found:
            span.set_attributes(found)
        if isinstance(error, Exception):
            fail(span, error)
        elif error is not None and not isinstance(error, GeneratorExit):
            span.set_attribute(_ERROR_TYPE, error_type(error))  # cancelled: no failure of its own
        span.end(self._moment())

    def _moment(self) -> int | None:
        return None if self._clock is None else round(self._clock.time() * 1e9)
