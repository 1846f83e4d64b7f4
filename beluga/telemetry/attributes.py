"""Make what applications give legal for OpenTelemetry: an illegal value would cost its span, or a whole export."""

from __future__ import annotations

import datetime
import decimal
import enum
import os
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["attributes_of"]

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
            legal[key] = found
    return legal


def _legal(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return value if value.isascii() else _encodable(value)
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


def _encodable(text: str) -> str:
    """Put question marks in the place of lone surrogates, which UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
