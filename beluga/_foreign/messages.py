"""Messages as callers give them: a text, one message, or a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beluga.schema import HumanMessage, Message

__all__ = ["conversation"]


def conversation(given: Any, what: str = "messages are") -> tuple[Message, ...]:
    """Return the conversation that `given` stands for.

    Args:
        given: A text, a message, or an iterable of messages.
        what: How an error begins to speak of it.

    Raises:
        TypeError: It is something else, or holds something else.

    Example:
        >>> conversation("hello") == (HumanMessage("hello"),)
        True
    """
    if isinstance(given, str):
        return (HumanMessage(given),)
    is_several = hasattr(given, "__iter__") and not isinstance(given, (Message, Mapping))
    messages = tuple(given) if is_several else (given,)
    for message in messages:
        if not isinstance(message, Message):
            text = f"{what} a str, a message or several of beluga.schema, not {type(message).__name__}"
            raise TypeError(text)
    return messages
