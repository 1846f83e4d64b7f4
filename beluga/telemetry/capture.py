"""Whether what goes into a call and comes out of it is kept, and through what it goes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from beluga.telemetry.redaction import checked, redact

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["redactor"]

_LIMIT = 4_000
"""Characters at most that are kept of one text."""

_ON = frozenset({"1", "true", "span_only", "span_and_event"})


def redactor(capture: bool | Callable[[str], str] | None) -> Callable[[str], str] | None:
    """Return what content goes through, or None where none is captured.

    Args:
        capture: Whether, or a redactor in place of ours; None asks
            ``OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`` whether content is wanted on spans.
    """
    if callable(capture):
        return checked(capture, _LIMIT)
    wanted = _asked_for() if capture is None else capture
    return checked(redact, _LIMIT) if wanted else None


def _asked_for() -> bool:
    return os.environ.get("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "").strip().lower() in _ON
