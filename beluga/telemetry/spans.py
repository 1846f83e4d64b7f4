"""Names and spans of OpenTelemetry, which is imported only when somebody records.

Source: OpenTelemetry semantic conventions for generative AI, version 1.41 (the last one published in full).
"""

from __future__ import annotations

import contextlib
import os
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from opentelemetry.trace import Span, Tracer, TracerProvider

__all__ = ["SEMCONV", "attributes_of", "start_span", "tracer", "use_provider"]

SEMCONV: Mapping[str, str] = {
    "agent": "gen_ai.agent.name",
    "error_type": "error.type",
    "finish_reasons": "gen_ai.response.finish_reasons",
    "first_chunk": "gen_ai.response.time_to_first_chunk",
    "model": "gen_ai.request.model",
    "operation": "gen_ai.operation.name",
    "provider": "gen_ai.provider.name",
    "response_id": "gen_ai.response.id",
    "response_model": "gen_ai.response.model",
    "stream": "gen_ai.request.stream",
    "tool": "gen_ai.tool.name",
    "cached_tokens": "gen_ai.usage.cache_read.input_tokens",
    "cache_write_tokens": "gen_ai.usage.cache_creation.input_tokens",
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
}
"""What we call a thing, and its attribute name in version 1.41."""

OUTCOME = "beluga.stream.outcome"
"""``completed``, ``abandoned``, ``cancelled`` or ``error``; our own, because no convention has a word for it."""

INTERNAL_OPERATIONS = frozenset({"execute_tool", "invoke_agent", "invoke_workflow"})
"""Operations inside this process; every other one calls a provider and has a span of kind client."""

_PROVIDER: ContextVar[TracerProvider | None] = ContextVar("beluga.tracer_provider", default=None)
_CONFIGURED = "OTEL_PYTHON_TRACER_PROVIDER" in os.environ  # read once: a look into os.environ takes 0.7 us
_tracers: dict[int, tuple[TracerProvider, Tracer]] = {}


def tracer() -> Tracer | None:
    """Return the tracer of whoever records now, or None where nobody does.

    Asks nothing of OpenTelemetry while no provider is set: the public way costs 0.9 us a call and this one 0.1.
    """
    provider = _PROVIDER.get()
    if provider is None:
        api = sys.modules.get("opentelemetry.trace")
        if api is None:
            return _configured_tracer() if _CONFIGURED else None
        # The one private name that we read. Without it (None) the public getter would build a proxy provider.
        provider = getattr(api, "_TRACER_PROVIDER", None)
        if provider is None:
            return None
    return _tracer_of(provider)


def _tracer_of(provider: TracerProvider) -> Tracer:
    known = _tracers.get(id(provider))
    if known is None or known[0] is not provider:
        known = _tracers[id(provider)] = (provider, provider.get_tracer("beluga"))
    return known[1]


def _configured_tracer() -> Tracer | None:
    """Let OpenTelemetry load the provider that the environment names."""
    from opentelemetry import trace

    trace.get_tracer_provider()
    return tracer() if getattr(trace, "_TRACER_PROVIDER", None) is not None else None


@contextlib.contextmanager
def use_provider(provider: TracerProvider) -> Iterator[None]:
    """Record with `provider` in this context only, whatever the global one is."""
    token = _PROVIDER.set(provider)
    try:
        yield
    finally:
        _PROVIDER.reset(token)
        _tracers.pop(id(provider), None)


def attributes_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values` as legal span attributes: the nearest legal type, and no None."""
    return {key: _legal(value) for key, value in values.items() if value is not None}


def _legal(value: Any) -> Any:
    if isinstance(value, str):
        return str(value)  # an enum's member is a str to us, but not to every exporter
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [_legal(item) for item in value if item is not None]
        return items if len({type(item) for item in items}) <= 1 else [str(item) for item in items]
    return type(value).__qualname__


@contextlib.contextmanager
def start_span(name: str, attributes: Mapping[str, Any] | None = None) -> Iterator[Span]:
    """Open a span by hand, current until the block ends; while nobody records it is one that does nothing.

    An exception marks it as failed, by its type; its text, which may hold anything, stays out.

    Args:
        name: The span's name.
        attributes: Known at the start, so that a sampler sees them.

    Example:
        >>> with start_span("request", {"request_id": "req-001"}) as span:
        ...     span.set_attribute("rows", 3)
    """
    from opentelemetry import trace

    recorder = tracer() or trace.NoOpTracer()
    with recorder.start_as_current_span(
        name, attributes=attributes_of(attributes or {}), record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except Exception as error:
            fail(span, error)
            raise


def fail(span: Span, error: BaseException) -> None:
    """Mark `span` as failed with the type of `error`."""
    from opentelemetry.trace import Status, StatusCode

    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    span.set_attribute(SEMCONV["error_type"], name)
    span.set_status(Status(StatusCode.ERROR, kind.__qualname__))
