"""A message's JSON as a response.

Source: Anthropic's API reference of messages, version 2023-06-01, as of 2026-08.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from beluga._foreign.usage import usage_of
from beluga.llm._anthropic.encoding import REDACTED
from beluga.llm._http.parts import text_of
from beluga.schema import AIMessage, Response, TextPart, ThinkingPart, ToolCall, Usage

if TYPE_CHECKING:
    from collections.abc import Callable

    from beluga.schema import Part

__all__ = ["finish_reason", "response"]

Json = dict[str, Any]

_FINISH_REASONS: Final = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


def response(data: Json) -> Response:
    """Return the answer; blocks of kinds that beluga does not know are in ``raw`` alone."""
    parts = [_PARTS[block["type"]](block) for block in data["content"] if block["type"] in _PARTS]
    return Response(
        AIMessage(parts=parts),
        usage_of(data) or Usage(),
        finish_reason(text_of(data, "stop_reason") or None),
        text_of(data, "model"),
        text_of(data, "id"),
        data,
    )


def finish_reason(reason: str | None) -> str | None:
    """Return beluga's word for why an answer ended, or Anthropic's where there is none."""
    return _FINISH_REASONS.get(reason or "", reason)


_PARTS: Final[dict[str, Callable[[Json], Part]]] = {
    "text": lambda block: TextPart(block["text"]),
    "thinking": lambda block: ThinkingPart(block["thinking"], text_of(block, "signature") or None),
    "redacted_thinking": lambda block: ThinkingPart("", REDACTED + block["data"]),
    "tool_use": lambda block: ToolCall(block["id"], block["name"], block["input"]),
}
