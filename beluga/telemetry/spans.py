"""Spans by hand: who records now, one opened and one marked as failed.

Who records are OpenTelemetry's global providers, or those of this context. Nothing is asked of OpenTelemetry while no
provider is set: the public way costs 0.9 us a call and this one 0.1.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import warnings
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from beluga.clock import SYSTEM, InUse, environment
from beluga.telemetry.attributes import (
    INTERNAL_OPERATIONS,
    PROMPT_VERSION,
    SEMCONV,
    WITHHELD,
    attributes_of,
    checked,
    encodable,
    names,
    redact,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    from opentelemetry.context import Context
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Span, SpanKind, Tracer, TracerProvider

    from beluga.schema.messages import PromptName

__all__ = [
    "CONVERSATION",
    "error_type",
    "fail",
    "meter_provider",
    "moment",
    "name_prompt",
    "recording",
    "start_span",
    "tracer",
    "use_conversation",
    "use_meter_provider",
    "use_provider",
]

T = TypeVar("T")

_TRACES: ContextVar[TracerProvider | None] = ContextVar("beluga.tracer_provider", default=None)
_METRICS: ContextVar[MeterProvider | None] = ContextVar("beluga.meter_provider", default=None)
CONVERSATION: ContextVar[str | None] = ContextVar("beluga.conversation", default=None)
"""The id of the conversation that is going on here."""
# Read once, since a look into os.environ takes 0.7 us.
_NAMED = "OTEL_PYTHON_TRACER_PROVIDER" in os.environ

_LOCK = threading.Lock()
_modules = sys.modules
_scopes = 0
"""How many blocks with a provider of their own are open in this process: without any, no context is asked."""
_trace_api: Any = None
_metrics_api: Any = None
_known: tuple[TracerProvider | None, Tracer | None] = (None, None)
"""The provider asked last and its tracer: a process has one, and only tests change it."""


def recording() -> bool:
    """Say whether anybody records traces or metrics here; it costs as little as a call can (50 ns).

    Inside OpenTelemetry's ``suppress_instrumentation`` nobody does.
    """
    if _scopes and (_TRACES.get() is not None or _METRICS.get() is not None):
        return not _is_suppressed()
    api = _trace_api
    if api is None:
        if "opentelemetry.trace" not in _modules and not _NAMED:
            return False
        api = _loaded_trace_api()
    # Two private names. Where they are None, the public getters would build proxy providers.
    try:
        provider = api._TRACER_PROVIDER  # noqa: SLF001 - see above
        if provider is None:
            provider = (_metrics_api or _loaded_metrics_api())._METER_PROVIDER  # noqa: SLF001 - see above
    except AttributeError:
        return False
    return provider is not None and not _is_suppressed()


def _is_suppressed() -> bool:
    api = _modules.get("opentelemetry.context")
    context = api and api.get_current()
    if not context:
        return False
    # OpenTelemetry's own key has a random part; instrumentations of before it wrote the bare name.
    key = getattr(api, "_SUPPRESS_INSTRUMENTATION_KEY", "")
    return bool(context.get(key) or context.get("suppress_instrumentation"))


def tracer() -> Tracer | None:
    """Return the tracer of whoever records now, or None where nobody does."""
    provider = _TRACES.get()
    if provider is None:
        provider = getattr(_trace_api or _loaded_trace_api(), "_TRACER_PROVIDER", None)
        if provider is None:
            return None
    global _known  # noqa: PLW0603 - one slot, replaced whole, so that threads see one pair or the other
    owner, known = _known
    if owner is not provider:
        known = provider.get_tracer("beluga")
        _known = (provider, known)
    return known


def meter_provider() -> MeterProvider | None:
    """Return the meter provider of this context, or the global one if somebody has set it."""
    provider = _METRICS.get()
    if provider is None:
        provider = getattr(_modules.get("opentelemetry.metrics._internal"), "_METER_PROVIDER", None)
    return provider


def _loaded_trace_api() -> Any:
    """Return OpenTelemetry's module of traces, once anybody has loaded it or the environment names a provider."""
    global _trace_api  # noqa: PLW0603 - looked up once: a look into sys.modules takes longer than a global
    if _NAMED and _trace_api is None:
        from opentelemetry import trace

        trace.get_tracer_provider()
    _trace_api = _modules.get("opentelemetry.trace")
    return _trace_api


def _loaded_metrics_api() -> Any:
    """Return the module of metrics, loaded beside that of traces, so that it need not be looked for again."""
    global _metrics_api  # noqa: PLW0603 - the same
    from opentelemetry.metrics import _internal

    _metrics_api = _internal
    return _internal


def _count(change: int) -> None:
    global _scopes  # noqa: PLW0603 - one process-wide figure, changed under the lock
    with _LOCK:
        _scopes += change


class ProviderInUse(InUse[T]):
    """A provider that is in use in this context, and counted as long as it is."""

    __slots__ = ()

    def __init__(self, provider: T, of: ContextVar[Any]) -> None:
        super().__init__(provider, (of, provider))
        _count(1)

    def __call__(self) -> None:
        """Use again the provider that was used before; a second call changes nothing."""
        if self._tokens:
            _count(-1)
        super().__call__()


def use_provider(provider: TracerProvider) -> InUse[TracerProvider]:
    """Record spans with `provider` from now on, in this context only, whatever the global one is.

    Returns:
        What undoes it: leave its block, or call it.

    Example:
        >>> from opentelemetry.sdk.trace import TracerProvider
        >>> undo = use_provider(TracerProvider())
        >>> undo()
    """
    return ProviderInUse(provider, _TRACES)


def use_conversation(conversation_id: str) -> InUse[str]:
    """Put ``gen_ai.conversation.id`` on the spans of models, agents and tools from now on, in this context only.

    Example:
        >>> with use_conversation("c-4711") as conversation:
        ...     conversation
        'c-4711'
    """
    return InUse(conversation_id, (CONVERSATION, conversation_id))


def use_meter_provider(provider: MeterProvider) -> InUse[MeterProvider]:
    """Record metrics with `provider` in the same way."""
    return ProviderInUse(provider, _METRICS)


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
        TypeError: The name is not a text, or the attributes are not a mapping.

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
