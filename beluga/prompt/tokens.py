"""How many tokens a prompt has: an estimate, for which a real tokeniser can be put in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga.prompt.rendering import rendered
from beluga.schema import CachePoint, ImagePart, TextPart, ThinkingPart, ToolCall, ToolResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from beluga.schema import Message, Part, Tool

__all__ = ["estimate_tokens", "messages_tokens", "tools_tokens"]

_FRAME = 4
"""Tokens around each message. Source: OpenAI's cookbook, "How to count tokens": 3, and one for a name."""
_IMAGE, _LOW_IMAGE = 765, 85
"""Source: OpenAI's vision guide: 85 tokens, and in high detail 170 for each of the four tiles of 1024 by 1024."""
_FILE = 1500
"""A page of a document or half a minute of speech: their length is not known before the provider reads them."""


def estimate_tokens(text: str) -> int:
    """Estimate the tokens of `text`: one for each four characters begun.

    That is right for English prose within some 20 %; other scripts need a counter of their own.

    Example:
        >>> estimate_tokens("hello")
        2
    """
    return -(-len(text) // 4)


def messages_tokens(messages: Iterable[Message], count: Callable[[str], int]) -> int:
    """Return what `messages` cost, each with its frame."""
    return sum(_FRAME + _parts_tokens(message.parts, count) for message in messages)


def tools_tokens(tools: Iterable[Tool], count: Callable[[str], int]) -> int:
    """Return what the descriptions of `tools` cost."""
    return sum(count(rendered(tool)) for tool in tools)


def _parts_tokens(parts: Iterable[Part], count: Callable[[str], int]) -> int:
    tokens = 0
    for part in parts:
        # Nearly all parts are texts: a budget of 20 messages is counted in half the time.
        tokens += count(part.text) if type(part) is TextPart else _part_tokens(part, count)
    return tokens


def _part_tokens(part: Part, count: Callable[[str], int]) -> int:
    if isinstance(part, (TextPart, ThinkingPart)):
        return count(part.text)
    if isinstance(part, ToolCall):
        return count(rendered(part))
    if isinstance(part, ToolResult):
        return _FRAME + _parts_tokens(part.parts, count)
    if isinstance(part, ImagePart):
        return _LOW_IMAGE if part.detail == "low" else _IMAGE
    return 0 if isinstance(part, CachePoint) else _FILE
