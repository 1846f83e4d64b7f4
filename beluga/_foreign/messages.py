"""Messages as callers give them, and as a model is asked."""

from __future__ import annotations

from typing import Any

from beluga.schema import HumanMessage, Message, SystemMessage

__all__ = ["conversation", "instructed"]


def conversation(given: Any, name: str) -> list[Message]:
    """Return what the function `name` is given as a list of messages.

    Raises:
        TypeError: It is none.
    """
    if isinstance(given, str):
        return [HumanMessage(given)]
    messages = [given] if isinstance(given, Message) else list(given) if hasattr(given, "__iter__") else [given]
    for message in messages:
        if not isinstance(message, Message):
            text = (
                f"structured: the messages of {name} are a str, a message or several of beluga.schema, "
                f"not {type(message).__name__}"
            )
            raise TypeError(text)
    return messages


def instructed(messages: list[Message], instructions: SystemMessage) -> list[Message]:
    """Return `messages` with `instructions` after the application's own instructions."""
    at = next((i for i, message in enumerate(messages) if not isinstance(message, SystemMessage)), len(messages))
    return [*messages[:at], instructions, *messages[at:]]
