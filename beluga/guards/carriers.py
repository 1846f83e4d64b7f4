"""Find the texts in what functions take and give, and put others in their place."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import attrs

from beluga.schema import Chunk, Message, Response, TextPart, ToolResult

if TYPE_CHECKING:
    from collections.abc import Generator

    Rewriting = Generator[str, str, Any]

__all__ = ["carries_text", "rewriting"]

_TEXTLESS = (type(None), bool, int, float, complex)


def carries_text(value: Any) -> bool:
    """Say whether `value` is a text, a message, or a list of messages."""
    if isinstance(value, (list, tuple)):
        return any(isinstance(item, Message) for item in value)
    return isinstance(value, (str, Message))


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
    if isinstance(value, (TextPart, Chunk)):
        text = (yield value.text) if value.text else value.text
        return value if text == value.text else attrs.evolve(value, text=text)
    if isinstance(value, Response):
        message = yield from rewriting(value.message)
        return value if message is value.message else attrs.evolve(value, message=message)
    if isinstance(value, (Message, ToolResult)):
        return (yield from _parts(value))
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


def _parts(value: Any) -> Rewriting:
    parts = []
    for part in value.parts:
        new = (yield from rewriting(part)) if isinstance(part, (TextPart, ToolResult)) else part
        parts.append(new)
    if all(new is old for new, old in zip(parts, value.parts, strict=True)):
        return value
    changed = copy.copy(value)
    object.__setattr__(changed, "parts", tuple(parts))  # the records are frozen; this copy is still ours
    return changed
