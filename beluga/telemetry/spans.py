"""Open a span by hand, and mark one as failed."""

from __future__ import annotations

import contextlib
import warnings
from typing import TYPE_CHECKING, Any

from beluga.clock import SYSTEM, environment
from beluga.telemetry.attributes import WITHHELD, attributes_of, checked, encodable, redact
from beluga.telemetry.names import INTERNAL_OPERATIONS, PROMPT_VERSION, SEMCONV, names
from beluga.telemetry.providers import recording, tracer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    from opentelemetry.context import Context
    from opentelemetry.trace import Span, SpanKind

    from beluga.schema.named import PromptName

__all__ = ["error_type", "fail", "moment", "name_prompt", "start_span"]

_redacted = checked(redact)


class SpanBlock(contextlib.ContextDecorator):
    """A span that is open while its block runs; it says so where there is no block, and hence no span."""

    def __init__(self, *opening: Any) -> None:
        self._opening = opening
        self._block = contextlib.ExitStack()
        self._is_used = False

    def _recreate_cm(self) -> SpanBlock:
        """Give each call of a function that this decorates a span of its own."""
        self._is_used = True
        return SpanBlock(*self._opening)

    def __enter__(self) -> Span:
        self._is_used = True
        return self._block.enter_context(_opened(*self._opening))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._block.__exit__(kind, error, trace)

    def __del__(self) -> None:
        if not self._is_used:
            message = f"start_span: the span {self._opening[0]!r} was never opened: write `with start_span(...):`"
            warnings.warn(message, RuntimeWarning, source=self, stacklevel=2)


def start_span(
    name: str,
    attributes: Mapping[str, Any] | None = None,
    *,
    context: Context | None = None,
    kind: SpanKind | None = None,
) -> SpanBlock:
    """Open a span by hand, current until the block ends; while nobody records it is one that does nothing.

    An exception marks it as failed, with its type and its redacted text. Attribute values of any type will do: each is
    recorded as the nearest legal one, or left out.

    Args:
        name: The span's name.
        attributes: Known at the start, so that a sampler sees them.
        context: Where the span belongs, such as `extract` gives it; None means the current one.
        kind: The span's kind; None means internal.

    Raises:
        TypeError: The name is no text, or the attributes are no mapping.

    Warns:
        RuntimeWarning: There is no ``with`` before it, and so no span.

    Example:
        >>> with start_span("request", {"request_id": "req-001"}) as span:
        ...     span.set_attribute("rows", 3)
    """
    _check(name, attributes)
    return SpanBlock(name, attributes, context, kind)


@contextlib.contextmanager
def _opened(
    name: str, attributes: Mapping[str, Any] | None, context: Context | None, kind: SpanKind | None
) -> Iterator[Span]:
    from opentelemetry import context as contexts
    from opentelemetry import trace

    recorder = (tracer() if recording() else None) or trace.NoOpTracer()
    span = recorder.start_span(
        encodable(name),
        context=context,
        kind=kind or trace.SpanKind.INTERNAL,
        attributes=attributes_of(attributes or {}),
        start_time=moment(),
    )
    token = contexts.attach(trace.set_span_in_context(span, context))
    try:
        yield span
    except Exception as error:
        fail(span, error)
        raise
    finally:
        # Not by OpenTelemetry's detach, which logs an error where a generator is collected in another context.
        with contextlib.suppress(ValueError):
            token.var.reset(token)
        span.end(moment())


def _check(name: Any, attributes: Any) -> None:
    if not isinstance(name, str):
        message = f"start_span: the name {name!r} must be a text"
        raise TypeError(message)
    if attributes is not None and not hasattr(attributes, "items"):
        message = f"start_span: attributes={type(attributes).__name__} must be a mapping of names to values"
        raise TypeError(message)


def moment() -> int | None:
    """Return the time of a test's clock in nanoseconds since 1970, and None for the real time, which a span takes."""
    current = environment()
    return None if current is SYSTEM else round(current.clock.time() * 1e9)


def prompt_attributes(prompt: PromptName, table: Mapping[str, str]) -> dict[str, Any]:
    """Return what a span says of a prompt, by the names of `table`."""
    return attributes_of({table["prompt_name"]: prompt.name, PROMPT_VERSION: prompt.version})


def name_prompt(prompt: PromptName) -> None:
    """Put on the span of the model call that runs here, if there is one, from which prompt it is made."""
    if not recording():
        return
    from opentelemetry.trace import get_current_span

    table, span = names(), get_current_span()
    operation = (getattr(span, "attributes", None) or {}).get(table["operation"])
    if operation is not None and operation not in INTERNAL_OPERATIONS:
        span.set_attributes(prompt_attributes(prompt, table))


def error_type(error: BaseException) -> str:
    """Return the full name of the type of `error`; of a builtin the bare name."""
    kind = type(error)
    return encodable(kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}")


def fail(span: Span, error: BaseException) -> None:
    """Mark `span` as failed with the type of `error` and its redacted text; the stack stays out."""
    from opentelemetry.trace import Status, StatusCode

    if not span.is_recording():
        return
    span.set_attribute(SEMCONV["error_type"], error_type(error))
    span.set_status(Status(StatusCode.ERROR, encodable(_said(error))))


def _said(error: BaseException) -> str:
    """Return the type's name and what can be kept of the text."""
    kind = type(error).__qualname__
    try:
        text = str(error)
    except Exception:
        return kind
    kept = _redacted(text) if text else ""
    return f"{kind}: {kept}" if kept and kept != WITHHELD else kind
