"""What applications give, made fit for a span: values legal, texts without personal data and secrets.

An illegal value would cost its span, or a whole export; a text that cannot be redacted is not kept.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import functools
import os
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Redact = Callable[[str], str]

__all__ = ["READ_AT_MOST", "WITHHELD", "attributes_of", "checked", "encodable", "redact", "redactor"]

_INT64 = 2**63
"""The wire format has no larger int, and its encoder refuses the batch that holds one."""

_SHOWN = (decimal.Decimal, uuid.UUID, os.PathLike)
_MOMENTS = (datetime.date, datetime.time)
_PLAIN = frozenset({bool, float})


def attributes_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values` as legal attributes: each as the nearest legal value, or left out where there is none.

    Example:
        >>> attributes_of({"limit": None, "price": decimal.Decimal("0.10"), "tags": {"a"}, "client": object()})
        {'price': '0.10', 'tags': ['a']}
    """
    legal = {}
    for key, value in values.items():
        if value is None or not isinstance(key, str) or not key:
            continue
        found = _legal(value)
        if found is not None:
            legal[encodable(key)] = found
    return legal


def _legal(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return encodable(value)
    if kind in _PLAIN:
        return value
    if kind is int:
        return value if -_INT64 <= value < _INT64 else str(value)
    try:
        return _nearest(value)
    except Exception:  # a stranger's __iter__ or __str__ may raise anything
        return None


def _nearest(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return _legal(value.value)
    for base in (str, int, float):
        if isinstance(value, base):
            return _legal(base(value))
    if isinstance(value, (list, tuple, set, frozenset)):
        return _sequence(value)
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, _MOMENTS):
        return value.isoformat()
    return _legal(str(value)) if isinstance(value, _SHOWN) else None


def _sequence(value: Any) -> list[Any]:
    items = [legal for item in value if (legal := _legal(item)) is not None and not isinstance(legal, list)]
    if isinstance(value, (set, frozenset)):
        items.sort(key=str)  # sets have no order, and a trace should not change from run to run
    return items if len({type(item) for item in items}) <= 1 else [str(item) for item in items]


def encodable(text: str) -> str:
    """Put question marks in the place of lone surrogates, which UTF-8 cannot hold: one would cost the whole export."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


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
