"""A chat completion's JSON as a response.

Source: OpenAI's API reference of chat completions, as of 2026-08.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from beluga.llm._http.parts import tool_call
from beluga.schema import AIMessage, Response, TextPart, ThinkingPart, Usage
from beluga.usage import usage_of

if TYPE_CHECKING:
    from beluga.schema import Part, ToolCall

__all__ = ["finish_reason", "response", "thoughts_of"]

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
    text = _text(message.get("content"))
    refusal = message.get("refusal") or ""
    if text or refusal:
        parts.append(TextPart(text or refusal))
    parts.extend(map(_tool_call, message.get("tool_calls") or ()))
    return Response(
        AIMessage(parts=parts),
        usage_of(data) or Usage(),
        finish_reason(choice.get("finish_reason"), refused=bool(refusal)),
        data.get("model") or "",
        data.get("id") or "",
        data,
    )


def finish_reason(reason: str | None, *, refused: bool = False) -> str | None:
    """Return beluga's word for why an answer ended; a model that refuses says ``stop`` itself."""
    return "content_filter" if refused and reason == "stop" else _FINISH_REASONS.get(reason or "", reason)


def thoughts_of(message: Json) -> str:
    """Return the thoughts, which OpenAI keeps to itself and servers like it send under one of two names."""
    return message.get("reasoning_content") or message.get("reasoning") or ""


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(part["text"] for part in content if part.get("type") == "text")
    return content or ""


def _tool_call(wire: Json) -> ToolCall:
    function = wire["function"]
    return tool_call(wire["id"], function["name"], function.get("arguments") or "")
