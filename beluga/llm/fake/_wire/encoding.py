"""Write JSON as the providers do: compact, and in UTF-8."""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring as quoted
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from beluga.schema import ToolCall

__all__ = ["arguments_of", "encode", "fragments", "quoted", "utf8"]

# Made once: json.dumps with options makes an encoder for each call, which is as long as a small answer takes.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)


def encode(document: Any) -> bytes:
    """Return `document` as JSON."""
    return utf8(_ENCODER.encode(document))


def utf8(text: str) -> bytes:
    """Return JSON as bytes; half of a surrogate pair, which UTF-8 cannot hold, becomes an escape."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="backslashreplace")


def arguments_of(call: ToolCall) -> str:
    """Return the arguments of a tool call as the model wrote them."""
    return encode(call.arguments).decode() if call.raw is None else call.raw


def fragments(text: str) -> list[str]:
    """Cut `text` into pieces as long as a token may be."""
    return _FRAGMENT.findall(text)


_FRAGMENT = re.compile(r".{1,12}", re.DOTALL)
