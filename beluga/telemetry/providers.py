"""Who records now: OpenTelemetry's global providers, or those of this context.

Nothing is asked of OpenTelemetry while no provider is set: the public way costs 0.9 us a call and this one 0.1.
"""

from __future__ import annotations

import os
import sys
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from beluga.clock import InUse

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Tracer, TracerProvider

__all__ = [
    "CONVERSATION",
    "meter_provider",
    "recording",
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
