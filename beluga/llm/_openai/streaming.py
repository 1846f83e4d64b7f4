"""A stream of chat completion chunks as chunks of ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from beluga._foreign.usage import usage_of
from beluga.llm._http.dialect import ErrorEvent
from beluga.llm._http.parts import text_of, tool_call
from beluga.llm._openai.decoding import finish_reason, said, thoughts_of
from beluga.schema import Chunk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beluga.llm._http.sse import ServerSentEvent
    from beluga.schema import ToolCall, Usage

__all__ = ["ChunkReader"]

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
