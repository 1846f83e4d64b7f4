"""A prompt as text, the same in every process, and the tokens of it: estimated, or counted by a tokeniser."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import attrs

from beluga.schema import CachePoint, ImagePart, TextPart, ThinkingPart, ToolCall, ToolResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from beluga.schema import Message, Part, Tool

__all__ = ["estimate_tokens", "fingerprint", "messages_tokens", "rendered", "tools_tokens"]

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


def rendered(record: Message | Part | Tool) -> str:
    """Return a message, part or tool as JSON, in the order in which it was made; bytes are shown by their hash.

    Example:
        >>> from beluga.schema import TextPart
        >>> rendered(TextPart("hi"))
        '{"kind": "TextPart", "text": "hi"}'
    """
    return json.dumps(record, default=_plain)


def fingerprint(*parts: object) -> str:
    """Return a hash of records: 32 hexadecimal digits, stable across processes and machines."""
    text = json.dumps(parts, default=_plain)
    # OpenAI takes at most 64 characters as a prompt_cache_key; half of them are 128 bits.
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"sha256": hashlib.sha256(value).hexdigest()}
    if not attrs.has(type(value)):
        message = (
            f"a {type(value).__name__} cannot be written as JSON; tool arguments and schemas are made of JSON values"
        )
        raise TypeError(message)
    fields = {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}
    return {"kind": type(value).__name__, **fields}
