"""Whether a trace keeps texts, and what it takes out of them first: personal data and secrets, or all that fails."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Redact = Callable[[str], str]

__all__ = ["READ_AT_MOST", "WITHHELD", "checked", "redact", "redactor"]

WITHHELD = "[WITHHELD]"
"""Stands for a text that could not be redacted."""

READ_AT_MOST = 20_000
"""Characters that are looked at; a text is cut here before redaction, and to its limit only after it."""


_LIMIT = 4_000
"""Characters at most that are kept of one text."""

_ON = frozenset({"1", "true", "span_only", "span_and_event"})


def redact(text: str) -> str:
    """Return `text` without personal data and secrets; it raises where the guards cannot work."""
    return _guards()(text)


def checked(redactor: Redact, limit: int = 1_000) -> Redact:
    """Return `redactor` as a function that never raises: what it fails on is withheld.

    Args:
        redactor: Takes a text and returns the one to keep.
        limit: Characters at most of what is kept.

    Example:
        >>> checked(lambda text: text.replace("Ada", "[NAME]"))("Ada writes")
        '[NAME] writes'
        >>> checked(lambda text: 1 / 0)("Ada writes")
        '[WITHHELD]'
    """

    def redacted(text: str) -> str:
        try:
            kept = redactor(text[:READ_AT_MOST])
        except Exception:
            return WITHHELD
        if not isinstance(kept, str):
            return WITHHELD
        return kept if len(kept) <= limit else f"{kept[:limit]}…"

    return redacted


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


@functools.cache
def _guards() -> Redact:
    from beluga.guards import PIIRedactor, SecretRedactor

    secrets, personal = SecretRedactor(), PIIRedactor()
    return lambda text: personal.redact(secrets.redact(text))
