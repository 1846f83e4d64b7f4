"""Messages to and from a model, their parts, and what an answer consists of.

Everything here is a frozen record that can be compared, hashed, pickled and shown: a repr tells the size of
an image or a file, never its bytes. Wire formats are the providers' business and not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga._lazy import facade

if TYPE_CHECKING:
    from beluga._types.json_schema import json_schema
    from beluga.schema.messages import (
        AIMessage,
        Chunk,
        Embeddings,
        HumanMessage,
        Message,
        Response,
        SystemMessage,
        ToolMessage,
    )
    from beluga.schema.parts import (
        AudioPart,
        CachePoint,
        FilePart,
        ImagePart,
        OpaquePart,
        Part,
        TextPart,
        ThinkingPart,
        ToolCall,
        ToolResult,
    )
    from beluga.schema.tools import Tool, tool_of
    from beluga.schema.usage import RateLimit, RateLimitInfo, Usage

__all__ = [
    "AIMessage",
    "AudioPart",
    "CachePoint",
    "Chunk",
    "Embeddings",
    "FilePart",
    "HumanMessage",
    "ImagePart",
    "Message",
    "OpaquePart",
    "Part",
    "RateLimit",
    "RateLimitInfo",
    "Response",
    "SystemMessage",
    "TextPart",
    "ThinkingPart",
    "Tool",
    "ToolCall",
    "ToolMessage",
    "ToolResult",
    "Usage",
    "json_schema",
    "tool_of",
]

_ROOMS = {
    "_types.json_schema": "json_schema",
    "schema.messages": "AIMessage Chunk Embeddings HumanMessage Message Response SystemMessage ToolMessage",
    "schema.parts": "AudioPart CachePoint FilePart ImagePart OpaquePart Part TextPart ThinkingPart ToolCall ToolResult",
    "schema.tools": "Tool tool_of",
    "schema.usage": "RateLimit RateLimitInfo Usage",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = facade(__name__, _ROOMS)
