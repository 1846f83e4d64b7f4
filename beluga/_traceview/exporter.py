"""Write spans to a file, one line of OTLP JSON for each batch; this module exists for OpenTelemetry's SDK."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from beluga._traceview.otlp import encoded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from opentelemetry.sdk.trace import ReadableSpan

__all__ = ["FileExporter"]


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
