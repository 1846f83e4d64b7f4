"""Strangers' shapes: where SDKs and frameworks keep errors, usage, answers and messages; none of them is imported.

The accessors here look into a stranger's object, a class of an SDK, a data class or a mapping; none ever raises.
"""

from __future__ import annotations

from typing import Any

__all__ = ["count", "get", "items", "text"]


def get(holder: object, name: str, *path: str) -> Any:
    """Return what stands under `name`, and from there along `path`; None where it ends early.

    Each step is an item of a mapping or an attribute.

    Example:
        >>> get({"error": {"code": "rate_limit"}}, "error", "code")
        'rate_limit'
    """
    kind = type(holder)
    try:
        # Whether it has keys, and not whether it is a Mapping: that takes three times as long, for each chunk.
        found = holder.get(name) if kind is dict or hasattr(kind, "keys") else getattr(holder, name, None)  # type: ignore[attr-defined]  # it has keys
    except Exception:  # a stranger's property may raise anything
        return None
    return get(found, *path) if path and found is not None else found


def text(holder: object, name: str, *path: str) -> str | None:
    """Return the text there; None where there is none, or an empty one."""
    found = get(holder, name, *path)
    return None if found is None or not _is(found, str) else found or None


def count(holder: object, name: str, *path: str) -> int | None:
    """Return the whole number there that is 0 or more, else None."""
    found = holder.get(name) if type(holder) is dict and not path else get(holder, name, *path)
    if found is None:
        return None
    if type(found) is int:  # nearly always, and the general way takes four times as long
        return found if found >= 0 else None
    return found if _is(found, int) and not _is(found, bool) and found >= 0 else None


def items(holder: object, name: str, *path: str) -> list[Any] | tuple[Any, ...] | None:
    """Return the list or tuple there, else None."""
    found = get(holder, name, *path)
    return found if _is(found, list, tuple) else None


def _is(value: object, *kinds: type) -> bool:
    """Do what isinstance does, without asking the value, whose ``__class__`` may be a property that fails."""
    return issubclass(type(value), kinds)
