"""Messages and tools as text: the same in every process, so that it can be compared and hashed."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from beluga.schema import Message, Part, Tool

__all__ = ["fingerprint", "rendered"]


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
        msg = f"a {type(value).__name__} cannot be written as JSON; tool arguments and schemas are made of JSON values"
        raise TypeError(msg)
    fields = {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}
    return {"kind": type(value).__name__, **fields}
