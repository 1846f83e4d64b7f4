"""Traces and metrics with OpenTelemetry, which is imported only when somebody records.

``names`` holds the one table of attribute names, ``providers`` knows who records, ``attributes`` makes what
applications give fit for a span, ``spans`` opens spans, ``propagation`` and ``asgi`` take a trace to other threads and
services, and ``recording`` does all this around a traced call, and measures it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga._lazy import facade
from beluga.telemetry.attributes import attributes_of
from beluga.telemetry.names import SEMCONV, names
from beluga.telemetry.providers import tracer, use_conversation, use_meter_provider, use_provider
from beluga.telemetry.spans import start_span

if TYPE_CHECKING:
    from beluga._traceview.exporter import FileExporter
    from beluga.telemetry.asgi import TraceMiddleware
    from beluga.telemetry.propagation import arequest_hook, carry, extract, inject, request_hook, resume
    from beluga.telemetry.redacting import RedactingProcessor

__all__ = [
    "SEMCONV",
    "FileExporter",
    "RedactingProcessor",
    "TraceMiddleware",
    "arequest_hook",
    "attributes_of",
    "carry",
    "extract",
    "inject",
    "names",
    "request_hook",
    "resume",
    "start_span",
    "tracer",
    "use_conversation",
    "use_meter_provider",
    "use_provider",
]

_ROOMS = {
    "telemetry.asgi": "TraceMiddleware",
    "telemetry.redacting": "RedactingProcessor",
    "_traceview.exporter": "FileExporter",
    "telemetry.propagation": "arequest_hook carry extract inject request_hook resume",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = facade(__name__, _ROOMS)
