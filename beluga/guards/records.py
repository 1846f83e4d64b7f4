"""Find the texts in messages and answers, and put others in their place."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import attrs

from beluga.schema import Chunk, Message, Response, TextPart, ToolResult

if TYPE_CHECKING:
    from collections.abc import Generator

    Rewriting = Generator[str, str, Any]

__all__ = ["is_message", "rewriting_record"]


def is_message(record: Any) -> bool:
    """Say whether `record` is a message."""
    return isinstance(record, Message)


def rewriting_record(record: Any) -> Rewriting:
    """Yield every text in `record`, take what to put there, and return the new record.

    Args:
        record: A message, one of its parts that hold text, a response or a chunk.
    """
    if isinstance(record, (TextPart, Chunk)):
        text = (yield record.text) if record.text else record.text
        return record if text == record.text else attrs.evolve(record, text=text)
    if isinstance(record, Response):
        message = yield from rewriting_record(record.message)
        return record if message is record.message else attrs.evolve(record, message=message)
    parts = []
    for part in record.parts:
        new = (yield from rewriting_record(part)) if isinstance(part, (TextPart, ToolResult)) else part
        parts.append(new)
    if all(new is old for new, old in zip(parts, record.parts, strict=True)):
        return record
    changed = copy.copy(record)
    object.__setattr__(changed, "parts", tuple(parts))  # the records are frozen; this copy is still ours
    return changed
