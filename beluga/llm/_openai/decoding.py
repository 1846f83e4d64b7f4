"""A chat completion, whole or in pieces, as a response or chunks of ours.

Source: OpenAI's API reference of chat completions, as of 2026-08.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from beluga._foreign.usage import usage_of
from beluga.llm._http.dialect import ErrorEvent
from beluga.llm._http.parts import text_of, tool_call
from beluga.schema import AIMessage, Chunk, Response, TextPart, ThinkingPart, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beluga.llm._http.sse import ServerSentEvent
    from beluga.schema import Part, ToolCall

__all__ = ["ChunkReader", "response"]

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


_END = "[DONE]"


class ChunkReader:
    """Reads one stream.

    The usage comes after the finish reason and in a chunk without choices, so both wait for the end mark. Without a
    finish reason the stream is not complete even where it has the mark.
    """

    def __init__(self) -> None:
        self.done: bool = False
        self._calls: dict[int, _Fragments] = {}
        self._usage: Usage | None = None
        self._reason: str | None = None
        self._refused = False

    def read(self, event: ServerSentEvent) -> Iterator[Chunk]:
        """Yield the chunks that `event` completes."""
        if event.data == _END:
            if self._reason is not None:
                yield from self._whole_calls()
                self.done = True
                yield Chunk(usage=self._usage, finish_reason=finish_reason(self._reason, refused=self._refused))
            return
        data = json.loads(event.data)
        if data.get("error"):
            raise ErrorEvent(data)
        self._usage = usage_of(data) or self._usage
        for choice in data["choices"]:
            if (choice.get("index") or 0) == 0:
                yield from self._choice(choice)

    def _choice(self, choice: dict[str, Any]) -> Iterator[Chunk]:
        delta = choice.get("delta") or {}
        thoughts = thoughts_of(delta)
        if thoughts:
            yield Chunk(thinking=thoughts)
        refusal = text_of(delta, "refusal")
        self._refused = self._refused or bool(refusal)
        text = said(delta) or refusal
        if text:
            yield Chunk(text)
        for fragment in delta.get("tool_calls") or ():
            self._calls.setdefault(fragment["index"], _Fragments()).add(fragment)
        reason = text_of(choice, "finish_reason")
        if reason:
            self._reason = reason
            yield from self._whole_calls()

    def _whole_calls(self) -> Iterator[Chunk]:
        calls, self._calls = self._calls, {}
        for index in sorted(calls):
            yield Chunk(tool_call=calls[index].whole())


class _Fragments:
    """The pieces of one tool call; only the first one has the id and the name."""

    def __init__(self) -> None:
        self._id = ""
        self._name = ""
        self._arguments: list[str] = []

    def add(self, fragment: dict[str, Any]) -> None:
        function = fragment.get("function") or {}
        self._id = self._id or fragment.get("id") or ""
        self._name = self._name or function.get("name") or ""
        self._arguments.append(function.get("arguments") or "")

    def whole(self) -> ToolCall:
        return tool_call(self._id, self._name, "".join(self._arguments))
