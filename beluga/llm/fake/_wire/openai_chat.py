"""Answers of chat completions, whole and as events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beluga.clock import environment
from beluga.llm.fake._wire.encoding import arguments_of, encode, fragments, quoted, utf8
from beluga.schema import TextPart

if TYPE_CHECKING:
    from beluga.llm.fake._wire.dialect import Question
    from beluga.llm.fake.faults import Fault
    from beluga.llm.fake.replies import Turn
    from beluga.schema import AIMessage, Chunk, Response, ToolCall, Usage

__all__ = ["ChunkWriter", "answer", "error_body"]

_DONE = b"data: [DONE]\n\n"
_ERROR_TYPES = {"rate_limit_exceeded": "requests"}


# Written out, as it is what every call without a stream is answered: 2 us where encoding a dict takes 8.
_ANSWER = (
    '{"id":%s,"object":"chat.completion","created":%d,"model":%s,'
    '"choices":[{"index":0,"message":%s,"logprobs":null,"finish_reason":%s}],'
    '"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,'
    '"prompt_tokens_details":{"cached_tokens":%d,"cache_write_tokens":%d,"audio_tokens":0},'
    '"completion_tokens_details":{"reasoning_tokens":%d,"audio_tokens":0,'
    '"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},'
    '"service_tier":"default","system_fingerprint":null}'
)
_TEXT = '{"role":"assistant","content":%s,"refusal":null}'


def answer(response: Response) -> bytes:
    """Return a chat completion."""
    usage = response.usage
    message = response.message
    plain = all(isinstance(part, TextPart) for part in message.parts)
    return utf8(
        _ANSWER
        % (
            quoted(response.id),
            environment().clock.time(),
            quoted(response.model),
            _TEXT % quoted(message.text) if plain else encode(_message(message)).decode(),
            quoted(response.finish_reason or "stop"),
            *(usage.input_tokens, usage.output_tokens, usage.input_tokens + usage.output_tokens),
            *(usage.cached_tokens, usage.cache_write_tokens, usage.reasoning_tokens),
        )
    )


def _message(message: AIMessage) -> dict[str, Any]:
    written: dict[str, Any] = {"role": "assistant", "content": message.text, "refusal": None}
    if message.tool_calls:
        written["content"] = message.text or None
        written["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments_of(call)}}
            for call in message.tool_calls
        ]
    if message.thinking:
        written["reasoning_content"] = message.thinking
    return written


class ChunkWriter:
    """Writes one stream of ``chat.completion.chunk`` objects."""

    def __init__(self, turn: Turn, question: Question) -> None:
        self._with_usage = question.include_usage
        self._calls = 0
        self._speaks = bool(turn.reply.text) or not turn.reply.tools
        self._frame: dict[str, Any] = {
            "id": turn.request.id,
            "object": "chat.completion.chunk",
            "created": int(environment().clock.time()),
            "model": turn.request.model,
            "service_tier": "default",
            "system_fingerprint": None,
        }

    def opening(self) -> list[bytes]:
        """Return the chunk that has the role."""
        return [self._event({"role": "assistant", "content": "" if self._speaks else None, "refusal": None})]

    def chunk(self, chunk: Chunk) -> list[bytes]:
        """Return the events of `chunk`."""
        if chunk.finish_reason is not None:
            return self._closing(chunk)
        if chunk.tool_call is not None:
            return self._call(chunk.tool_call)
        return [self._event({"reasoning_content": chunk.thinking} if chunk.thinking else {"content": chunk.text})]

    def broken(self) -> bytes:
        """Return a chunk that is cut in the middle."""
        return self._event({"content": ""})[:-30] + b"\n\n"

    def failed(self, fault: Fault) -> bytes:
        """Return an error in place of a chunk."""
        return b"data: " + encode(error_body(fault, fault.described(fault.status))) + b"\n\n"

    def _call(self, call: ToolCall) -> list[bytes]:
        # Id and name stand in the first fragment alone; clients key the rest by the index.
        head: dict[str, Any] = {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
        parts = [head, *({"function": {"arguments": text}} for text in fragments(arguments_of(call)))]
        index, self._calls = self._calls, self._calls + 1
        return [self._event({"tool_calls": [{"index": index, **part}]}) for part in parts]

    def _closing(self, last: Chunk) -> list[bytes]:
        events = [self._event({}, last.finish_reason)]
        if self._with_usage and last.usage is not None:
            events.append(self._sent([], _usage(last.usage)))
        return [*events, _DONE]

    def _event(self, delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        return self._sent([{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}])

    def _sent(self, choices: list[Any], usage: dict[str, Any] | None = None) -> bytes:
        told = {"usage": usage} if self._with_usage else {}
        return b"data: " + encode({**self._frame, "choices": choices, **told}) + b"\n\n"


def error_body(fault: Fault, message: str) -> dict[str, Any]:
    """Return the error that stands for `fault`."""
    word = fault.openai_code
    code = None if word == "server_error" else word
    return {"error": {"message": message, "type": _ERROR_TYPES.get(word, word), "param": None, "code": code}}


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {
            "cached_tokens": usage.cached_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
