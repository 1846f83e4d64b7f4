"""Where the marks for a provider's cache go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from beluga.schema import CachePoint, TextPart, ThinkingPart

if TYPE_CHECKING:
    from beluga.schema import Message

__all__ = ["marked"]


def marked(messages: tuple[Message, ...], point: CachePoint | None) -> tuple[Message, ...]:
    """Return `messages` with `point` at the end of the last one that can bear it; a mark that is there stays."""
    if point is None:
        return messages
    for place in range(len(messages) - 1, -1, -1):
        message = messages[place]
        if message.parts and isinstance(message.parts[-1], CachePoint):
            return messages
        if _can_bear(message):
            bearer = attrs.evolve(message, parts=(*message.parts, point))
            return (*messages[:place], bearer, *messages[place + 1 :])
    return messages


def _can_bear(message: Message) -> bool:
    """Tell whether a cache point may follow: providers refuse one after a thought or an empty text."""
    last = message.parts[-1] if message.parts else None
    return not (last is None or isinstance(last, ThinkingPart) or (isinstance(last, TextPart) and not last.text))
