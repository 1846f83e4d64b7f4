"""Anthropic's message, whole or in pieces, as chunks of ours.

A whole answer is read as a stream whose blocks come in one piece each.

Source: Anthropic's API reference of messages, version 2023-06-01, as of 2026-08.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

from beluga._foreign import usage_of
from beluga._foreign.messages import REDACTED
from beluga.llm._http import Dialect
from beluga.llm._http.anthropic_encoding import request, streamed
from beluga.llm._http.exchange import data_of
from beluga.llm._http.parts import Identities, merged, parsed, rest_of, text_of, tool_call
from beluga.schema import Chunk, OpaquePart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from beluga.llm._http import Profile
    from beluga.llm._http.exchange import ServerSentEvent

__all__ = ["MESSAGES", "BlockReader"]

Json = dict[str, Any]

_FINISH_REASONS: Final = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_KNOWN_OF_TEXTS: Final = frozenset({"type", "text"})
_KNOWN_OF_CALLS: Final = frozenset({"type", "id", "name", "input"})


class BlockReader:
    """Reads one answer; blocks of kinds that it does not know are opaque parts."""

    def __init__(self, profile: Profile) -> None:
        self.done: bool = False
        self.odd: list[str] = []
        self._origin = profile.origin
        self._figures: Json = {}
        self._reason: str | None = None
        self._model = ""
        self._id = ""
        self._ids = Identities()
        self._before = ""  # the kind of the last block
        self._open: dict[int, _Block] = {}
        self._takes: dict[str, Callable[[Json], Iterable[Chunk]]] = {
            "message_start": self._note,
            "content_block_start": lambda data: self._begin(data["index"], data["content_block"]),
            "content_block_delta": self._continue,
            "content_block_stop": lambda data: self._end_block(data["index"]),
            "message_delta": self._note,
            "message_stop": lambda _: self._last() if self.answered else (),
        }

    @property
    def answered(self) -> bool:
        """Whether the stop reason has come."""
        return self._reason is not None

    def whole(self, body: Any) -> Iterator[Chunk]:
        """Yield the chunks of a whole answer."""
        self._note({"message": body})
        content = body["content"]
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        elif content is None:
            if not self.answered:
                message = "neither content nor a reason to stop"
                raise TypeError(message)
            content = []
        for index, block in enumerate(content):
            yield from self._begin(index, block)
            yield from self._end_block(index)
        yield from self._last()

    def read(self, event: ServerSentEvent) -> Iterable[Chunk]:
        """Return the chunks that `event` completes."""
        data = data_of(event, self)
        take = None if data is None else self._takes.get(data.get("type") or "")
        return () if data is None or take is None else take(data)

    def end(self) -> Iterator[Chunk]:
        """Yield the last chunks of a stream without its end mark, if it has a stop reason."""
        if self.answered:
            self.odd.append("the stream has no message_stop after its stop reason")
            yield from self._last()

    def _note(self, data: Json) -> Iterable[Chunk]:
        """Take the usage, which comes twice, the second time for good, and what stands at the top of a message."""
        message = data.get("message") or data
        figures = message.get("usage") or {}
        self._figures.update((name, figure) for name, figure in figures.items() if figure is not None)
        reason = text_of(data.get("delta") or {}, "stop_reason") or text_of(message, "stop_reason")
        self._reason = reason or self._reason
        self._model = text_of(message, "model") or self._model
        self._id = text_of(message, "id") or self._id
        return ()

    def _begin(self, index: int, block: Json) -> Iterator[Chunk]:
        kind = block["type"]
        self._open[index] = opened = _Block(block, is_next_of_kind=kind == self._before)
        self._before = kind
        if kind == "redacted_thinking":
            yield Chunk(signature=REDACTED + block["data"])
        elif kind == "text":
            opened.more = rest_of(block, _KNOWN_OF_TEXTS)
            if text_of(block, "text"):
                yield Chunk(block["text"], begins=opened.begins())
        elif kind == "thinking":
            if text_of(block, "thinking"):
                yield Chunk(thinking=block["thinking"], begins=opened.begins())
            if text_of(block, "signature"):
                yield Chunk(signature=block["signature"])
        elif kind == "tool_use":
            opened.more = rest_of(block, _KNOWN_OF_CALLS)

    def _continue(self, data: Json) -> Iterator[Chunk]:
        delta = data["delta"]
        kind = delta["type"]
        if kind == "text_delta":
            if text_of(delta, "text"):
                yield Chunk(delta["text"], begins=self._open[data["index"]].begins())
        elif kind == "thinking_delta":
            if text_of(delta, "thinking"):
                yield Chunk(thinking=delta["thinking"], begins=self._open[data["index"]].begins())
        elif kind == "signature_delta":
            yield Chunk(signature=text_of(delta, "signature"))
        elif kind == "input_json_delta":
            self._open[data["index"]].fragments.append(text_of(delta, "partial_json"))
        elif kind == "citations_delta":
            self._open[data["index"]].more.setdefault("citations", []).append(delta["citation"])
        elif data["index"] in self._open:
            merged(self._open[data["index"]].data, {name: value for name, value in delta.items() if name != "type"})

    def _end_block(self, index: int, *, is_cut: bool = False) -> Iterator[Chunk]:
        block = self._open.pop(index, None)
        kind = None if block is None else block.data["type"]
        if block is None or kind in {"thinking", "redacted_thinking"}:
            return
        written = "".join(block.fragments)
        if kind == "tool_use":
            arguments = written if written or is_cut else block.data["input"]
            call = tool_call(self._ids.of(text_of(block.data, "id")), block.data["name"], arguments, is_cut=is_cut)
            yield Chunk(tool_call=call)
        if kind in {"tool_use", "text"}:
            if block.more:
                yield Chunk(opaque=OpaquePart(self._origin, block.more, "previous"))
            return
        if written:
            given = parsed(written.encode("utf-8", "surrogatepass"))
            block.data["input"] = written if given is None else given
        yield Chunk(opaque=OpaquePart(self._origin, {**block.data, **block.more}))

    def _last(self) -> Iterator[Chunk]:
        if self._open:
            self.odd.append("the message ended before its last block")
        for index in sorted(self._open):
            yield from self._end_block(index, is_cut=True)
        self.done = True
        reason = _FINISH_REASONS.get(self._reason or "", self._reason)
        usage = usage_of({"usage": self._figures})
        yield Chunk(usage=usage, finish_reason=reason, model=self._model, id=self._id)


class _Block:
    """One block that has begun.

    Args:
        data: As it began.
        is_next_of_kind: Whether the block before it is of the same kind.
    """

    def __init__(self, data: Json, *, is_next_of_kind: bool) -> None:
        self._is_new = is_next_of_kind
        self.data = copy.deepcopy(data)
        self.fragments: list[str] = []
        self.more: Json = {}

    def begins(self) -> bool:
        """Say whether the next piece must not go on the block before; only the first one can."""
        is_new, self._is_new = self._is_new, False
        return is_new


MESSAGES = Dialect(
    path=lambda _model, _streamed: "/v1/messages",
    request=request,
    streamed=streamed,
    reader=BlockReader,
    fixed_headers={"anthropic-version": "2023-06-01"},
)
