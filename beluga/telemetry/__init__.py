"""Traces and metrics with OpenTelemetry, which is imported only when somebody records.

``attributes`` holds the one table of names and makes what applications give fit for a span, ``content`` does so for
messages, ``spans`` knows who records and opens spans, ``propagation`` and ``asgi`` take a trace to other threads and
services, ``recording`` does all this around a traced call, and measures it, ``policies`` measures what layers do, and
``exporting`` is the way out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga._lazy import facade
from beluga.telemetry.attributes import SEMCONV, attributes_of, names
from beluga.telemetry.spans import start_span, tracer, use_conversation, use_meter_provider, use_provider

if TYPE_CHECKING:
    from beluga.telemetry.asgi import TraceMiddleware
    from beluga.telemetry.exporting import FileExporter, RedactingProcessor
    from beluga.telemetry.policies import measure_policies
    from beluga.telemetry.propagation import arequest_hook, carry, extract, inject, request_hook, resume

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
    "measure_policies",
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
    "telemetry.exporting": "FileExporter RedactingProcessor",
    "telemetry.policies": "measure_policies",
    "telemetry.propagation": "arequest_hook carry extract inject request_hook resume",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = facade(__name__, _ROOMS)
