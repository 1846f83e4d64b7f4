"""A chat completion's JSON as a response.

Source: OpenAI's API reference of chat completions, as of 2026-08.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from beluga._foreign.usage import usage_of
from beluga.llm._http.parts import text_of, tool_call
from beluga.schema import AIMessage, Response, TextPart, ThinkingPart, Usage

if TYPE_CHECKING:
    from beluga.schema import Part, ToolCall

__all__ = ["finish_reason", "response", "said", "thoughts_of"]

Json = dict[str, Any]

_FINISH_REASONS: Final = {"function_call": "tool_calls"}


def response(data: Json) -> Response:
    """Return the answer: the first of the choices."""
    choice = data["choices"][0]
    message = choice["message"]
    parts: list[Part] = []
    thoughts = thoughts_of(message)
    if thoughts:
        parts.append(ThinkingPart(thoughts))
    text = said(message)
    refusal = text_of(message, "refusal")
    if text or refusal:
        parts.append(TextPart(text or refusal))
    parts.extend(map(_tool_call, message.get("tool_calls") or ()))
    return Response(
        AIMessage(parts=parts),
        usage_of(data) or Usage(),
        finish_reason(text_of(choice, "finish_reason") or None, refused=bool(refusal)),
        text_of(data, "model"),
        text_of(data, "id"),
        data,
    )


def finish_reason(reason: str | None, *, refused: bool = False) -> str | None:
    """Return beluga's word for why an answer ended; a model that refuses says ``stop`` itself."""
    return "content_filter" if refused and reason == "stop" else _FINISH_REASONS.get(reason or "", reason)


def thoughts_of(message: Json) -> str:
    """Return the thoughts, which OpenAI keeps to itself and servers like it send under one of two names."""
    return text_of(message, "reasoning_content") or text_of(message, "reasoning")


def said(message: Json) -> str:
    """Return the text of a message, or of a piece of one."""
    content = message.get("content")
    if isinstance(content, list):  # some servers answer in parts
        return "".join(part["text"] for part in content if part.get("type") == "text")
    return text_of(message, "content")


def _tool_call(wire: Json) -> ToolCall:
    function = wire["function"]
    return tool_call(wire["id"], function["name"], function.get("arguments") or "")
