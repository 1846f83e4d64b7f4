"""Anthropic's message, whole or in pieces, as a response or chunks of ours.

Source: Anthropic's API reference of messages, version 2023-06-01, as of 2026-08.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from beluga._foreign.usage import usage_of
from beluga.llm._anthropic.encoding import REDACTED
from beluga.llm._http.dialect import ErrorEvent
from beluga.llm._http.parts import text_of, tool_call
from beluga.schema import AIMessage, Chunk, Response, TextPart, ThinkingPart, ToolCall, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from beluga.llm._http.sse import ServerSentEvent
    from beluga.schema import Part

__all__ = ["BlockReader", "response"]

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


_CALL: Final = "tool_use"
_NO_BLOCK: Final[Json] = {"type": None}


class BlockReader:
    """Reads one stream; events and blocks of kinds that it does not know are passed over."""

    def __init__(self) -> None:
        self.done: bool = False
        self._figures: Json = {}
        self._reason: str | None = None
        self._open: dict[int, tuple[Json, list[str]]] = {}  # blocks that have begun, with pieces of arguments
        self._takes: dict[str, Callable[[Json], Iterable[Chunk]]] = {
            "message_start": self._count,
            "content_block_start": self._start_block,
            "content_block_delta": self._continue_block,
            "content_block_stop": self._end_block,
            "message_delta": self._count,
            "message_stop": self._end,
            "error": self._break,
        }

    def read(self, event: ServerSentEvent) -> Iterable[Chunk]:
        """Return the chunks that `event` completes."""
        data = json.loads(event.data)
        take = self._takes.get(data["type"])
        return () if take is None else take(data)

    def _count(self, data: Json) -> Iterable[Chunk]:
        """Take the usage, which comes twice, the second time for good, and the stop reason."""
        figures = (data.get("message") or data).get("usage") or {}
        self._figures.update((name, figure) for name, figure in figures.items() if figure is not None)
        self._reason = text_of(data.get("delta") or {}, "stop_reason") or self._reason
        return ()

    def _start_block(self, data: Json) -> Iterable[Chunk]:
        block = data["content_block"]
        kind = block["type"]
        self._open[data["index"]] = (block, [])
        if kind == "redacted_thinking":
            return (Chunk(signature=REDACTED + block["data"]),)
        if kind == "text" and text_of(block, "text"):
            return (Chunk(block["text"]),)
        return ()

    def _continue_block(self, data: Json) -> Iterable[Chunk]:
        delta = data["delta"]
        kind = delta["type"]
        if kind == "text_delta":
            return (Chunk(delta["text"]),) if text_of(delta, "text") else ()
        if kind == "thinking_delta":
            return (Chunk(thinking=delta["thinking"]),) if text_of(delta, "thinking") else ()
        if kind == "signature_delta":
            return (Chunk(signature=text_of(delta, "signature")),)
        if kind == "input_json_delta":
            self._open[data["index"]][1].append(delta["partial_json"])
        return ()

    def _end_block(self, data: Json) -> Iterable[Chunk]:
        block, fragments = self._open.pop(data["index"], (_NO_BLOCK, []))
        if block["type"] != _CALL:
            return ()
        text = "".join(fragments)
        whole = (
            tool_call(block["id"], block["name"], text)
            if text
            else ToolCall(block["id"], block["name"], block["input"])
        )
        return (Chunk(tool_call=whole),)

    def _end(self, _: Json) -> Iterable[Chunk]:
        if self._reason is None:
            return ()  # cut before its end, whatever it says
        if any(block["type"] == _CALL for block, _ in self._open.values()):
            message = "a tool call has not ended, and would be lost"
            raise ValueError(message)
        self.done = True
        return (Chunk(usage=usage_of({"usage": self._figures}), finish_reason=finish_reason(self._reason)),)

    def _break(self, data: Json) -> Iterable[Chunk]:
        raise ErrorEvent(data)
