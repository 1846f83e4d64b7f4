"""Traces and metrics with OpenTelemetry, which is imported only when somebody records.

``names`` holds the one table of attribute names, ``providers`` knows who records, ``values`` makes what applications
give legal, ``spans`` opens spans, ``propagation`` and ``asgi`` take a trace to other threads and services, ``metrics``
measures, ``export`` writes traces to a file, and ``reading``, ``tree`` and ``page`` show them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from beluga.telemetry.names import SEMCONV, names
from beluga.telemetry.providers import tracer, use_meter_provider, use_provider
from beluga.telemetry.spans import start_span
from beluga.telemetry.values import attributes_of

if TYPE_CHECKING:
    from beluga.telemetry.asgi import TraceMiddleware
    from beluga.telemetry.export import FileExporter
    from beluga.telemetry.propagation import arequest_hook, carry, extract, inject, request_hook

__all__ = [
    "SEMCONV",
    "FileExporter",
    "TraceMiddleware",
    "arequest_hook",
    "attributes_of",
    "carry",
    "extract",
    "inject",
    "names",
    "request_hook",
    "start_span",
    "tracer",
    "use_meter_provider",
    "use_provider",
]

_ROOMS = {
    "FileExporter": "export",
    "TraceMiddleware": "asgi",
    "arequest_hook": "propagation",
    "carry": "propagation",
    "extract": "propagation",
    "inject": "propagation",
    "request_hook": "propagation",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(importlib.import_module(f"{__name__}.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
