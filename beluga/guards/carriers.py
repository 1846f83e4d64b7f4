"""Find the texts in what functions take and give, and put others in their place."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from beluga.schema import Carrier

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import ModuleType

    Rewriting = Generator[str, str, Any]

__all__ = ["carries_text", "rewriting"]

_TEXTLESS = (type(None), bool, int, float, complex)


def carries_text(value: Any) -> bool:
    """Say whether `value` is a text, a message, or a list of messages."""
    if isinstance(value, (list, tuple)):
        return any(_is_message(item) for item in value)
    return isinstance(value, str) or _is_message(value)


def _is_message(value: Any) -> bool:
    return isinstance(value, Carrier) and _records().is_message(value)


@functools.cache
def _records() -> ModuleType:
    """Return the room that knows the records: who guards plain texts does without it, and without the schema.

    It is kept because an import statement on the way of a call takes 0.6 us.
    """
    from beluga.guards import records

    return records


def rewriting(value: Any) -> Rewriting:
    """Yield every text in `value`, take what to put there, and return the new value.

    It knows strings, messages and their parts, responses, chunks, and lists, tuples and dicts of these. What
    keeps all its texts is returned itself, not as a copy.

    Raises:
        TypeError: There is something in `value` that may hold text and cannot be looked into.
    """
    if isinstance(value, _TEXTLESS):
        return value
    if isinstance(value, str):
        return (yield value)
    if isinstance(value, (list, tuple)):
        return (yield from _sequence(value))
    if isinstance(value, dict):
        return (yield from _mapping(value))
    if isinstance(value, Carrier):
        return (yield from _records().rewriting_record(value))
    message = (
        f"a guard cannot look into {type(value).__qualname__}: give text, messages, a Response, or lists and "
        "dicts of these"
    )
    raise TypeError(message)


def _sequence(value: Any) -> Rewriting:
    items = []
    for item in value:
        items.append((yield from rewriting(item)))  # noqa: PERF401 - a comprehension cannot yield
    if all(new is old for new, old in zip(items, value, strict=True)):
        return value
    return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)


def _mapping(value: dict[Any, Any]) -> Rewriting:
    items = {}
    for key, item in value.items():
        items[key] = yield from rewriting(item)
    return value if all(items[key] is value[key] for key in value) else items
