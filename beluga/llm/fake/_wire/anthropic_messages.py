"""Answers of messages, whole and as events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beluga.llm.fake._wire.encoding import arguments_of, encode, fragments, quoted, utf8
from beluga.schema import TextPart, ThinkingPart, ToolCall, Usage

if TYPE_CHECKING:
    from beluga.llm.fake.faults import Fault
    from beluga.llm.fake.replies import Turn
    from beluga.schema import Chunk, Part, Response

__all__ = ["EventWriter", "answer", "error_body"]

_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
_SEAL = "ZmFrZQ=="
"""The signature of all thoughts, which a client sends back as it is."""


# Written out for the same reason as OpenAI's.
_ANSWER = (
    '{"id":%s,"type":"message","role":"assistant","model":%s,"content":%s,"stop_reason":%s,"stop_sequence":null,'
    '"usage":{"input_tokens":%d,"cache_creation_input_tokens":%d,"cache_read_input_tokens":%d,"output_tokens":%d,'
    '"service_tier":"standard"}}'
)
_TEXT = '{"type":"text","text":%s}'


def answer(response: Response) -> bytes:
    """Return a message."""
    blocks = ",".join([_block(part) for part in response.message.parts if not _is_empty(part)])
    usage = response.usage
    return utf8(
        _ANSWER
        % (
            *(quoted(response.id), quoted(response.model), f"[{blocks}]"),
            quoted(_stop_reason(response.finish_reason) or "end_turn"),
            usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens,
            *(usage.cache_write_tokens, usage.cached_tokens, usage.output_tokens),
        )
    )


class EventWriter:
    """Writes one stream of events, each of which says its name twice, as the clients demand."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._kind = ""
        self._index = -1

    def opening(self) -> list[bytes]:
        """Return the event with the empty message and what its input costs."""
        request = self._turn.request
        asked = {**_usage(self._turn.usage), "output_tokens": 1}
        message: dict[str, Any] = {
            "id": request.id,
            "type": "message",
            "role": "assistant",
            "model": request.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": asked,
        }
        return [_event("message_start", message=message), _event("ping")]

    def chunk(self, chunk: Chunk) -> list[bytes]:
        """Return the events of `chunk`."""
        if chunk.finish_reason is not None:
            return self._closing(chunk)
        if chunk.tool_call is not None:
            return self._call(chunk.tool_call)
        if chunk.thinking:
            begun = self._begun("thinking", {"type": "thinking", "thinking": "", "signature": ""})
            return [*begun, self._delta("thinking_delta", thinking=chunk.thinking)]
        return [*self._begun("text", {"type": "text", "text": ""}), self._delta("text_delta", text=chunk.text)]

    def broken(self) -> bytes:
        """Return an event that is cut in the middle."""
        return self.opening()[0][:-30] + b"\n\n"

    def failed(self, fault: Fault) -> bytes:
        """Return the event of an error."""
        return _event(**error_body(fault, fault.described(fault.status)))

    def _call(self, call: ToolCall) -> list[bytes]:
        written = arguments_of(call)
        ended = self._ended()  # two calls in a row are two blocks
        begun = self._begun("tool_use", {"type": "tool_use", "id": call.id, "name": call.name, "input": {}})
        # The first delta is empty; a client that takes no arguments for an empty text fails here.
        parts = ["", *(fragments(written) if written != "{}" else ())]
        return [*ended, *begun, *(self._delta("input_json_delta", partial_json=text) for text in parts)]

    def _closing(self, last: Chunk) -> list[bytes]:
        delta = {"stop_reason": _stop_reason(last.finish_reason), "stop_sequence": None}
        usage = _usage(last.usage or Usage())
        return [*self._ended(), _event("message_delta", delta=delta, usage=usage), _event("message_stop")]

    def _begun(self, kind: str, block: dict[str, Any]) -> list[bytes]:
        """Return what begins a block of `kind`, and ends the one before; nothing where it is open already."""
        if kind == self._kind:
            return []
        events = self._ended()
        self._kind = kind
        self._index += 1
        return [*events, _event("content_block_start", index=self._index, content_block=block)]

    def _ended(self) -> list[bytes]:
        if not self._kind:
            return []
        sealed = [self._delta("signature_delta", signature=_SEAL)] if self._kind == "thinking" else []
        self._kind = ""
        return [*sealed, _event("content_block_stop", index=self._index)]

    def _delta(self, kind: str, **told: str) -> bytes:
        return _event("content_block_delta", index=self._index, delta={"type": kind, **told})


def error_body(fault: Fault, message: str) -> dict[str, Any]:
    """Return the error that stands for `fault`."""
    return {"type": "error", "error": {"type": fault.anthropic_type, "message": message}}


def _event(type: str, **told: Any) -> bytes:  # noqa: A002 - the wire calls it so
    return f"event: {type}\ndata: ".encode() + encode({"type": type, **told}) + b"\n\n"


def _is_empty(part: Part) -> bool:
    return isinstance(part, TextPart) and not part.text


def _block(part: Part) -> str:
    if isinstance(part, TextPart):
        return _TEXT % quoted(part.text)
    if isinstance(part, ThinkingPart):
        block: dict[str, Any] = {"type": "thinking", "thinking": part.text, "signature": part.signature or _SEAL}
    elif isinstance(part, ToolCall):
        block = {"type": "tool_use", "id": part.id, "name": part.name, "input": part.arguments}
    else:
        msg = f"a fake provider answers no {type(part).__name__}"
        raise TypeError(msg)
    return encode(block).decode()


def _stop_reason(reason: str | None) -> str | None:
    return reason if reason is None else _STOP_REASONS.get(reason, reason)


def _usage(usage: Usage) -> dict[str, Any]:
    """Return the figures, of which the input's exclude what was cached."""
    return {
        "input_tokens": usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cached_tokens,
        "output_tokens": usage.output_tokens,
        "service_tier": "standard",
    }
