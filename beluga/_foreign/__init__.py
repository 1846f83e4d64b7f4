"""Strangers' shapes: where SDKs and frameworks keep errors, usage, answers and messages; none of them is imported.

The accessors here look into a stranger's object, a class of an SDK, a data class or a mapping; none ever raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["count", "get", "items", "text"]


def get(holder: object, *path: str) -> Any:
    """Return what stands at `path`, each step an item of a mapping or an attribute; None where it ends early.

    Example:
        >>> get({"error": {"code": "rate_limit"}}, "error", "code")
        'rate_limit'
    """
    found: Any = holder
    try:
        for name in path:
            # dict stands first because the check for an abstract class takes five times as long.
            found = found.get(name) if isinstance(found, (dict, Mapping)) else getattr(found, name, None)
    except Exception:  # a stranger's property may raise anything
        return None
    return found


def text(holder: object, *path: str) -> str | None:
    """Return the text at `path`; None where there is none, or an empty one."""
    found = get(holder, *path)
    return found if _is(found, str) and found else None


def count(holder: object, *path: str) -> int | None:
    """Return the whole number at `path` that is 0 or more, else None."""
    found = get(holder, *path)
    return found if _is(found, int) and not _is(found, bool) and found >= 0 else None


def items(holder: object, *path: str) -> list[Any] | tuple[Any, ...] | None:
    """Return the list or tuple at `path`, else None."""
    found = get(holder, *path)
    return found if _is(found, list, tuple) else None


def _is(value: object, *kinds: type) -> bool:
    """Do what isinstance does, without asking the value, whose ``__class__`` may be a property that fails."""
    return issubclass(type(value), kinds)
