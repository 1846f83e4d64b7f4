"""How the fake provider speaks OpenAI's chat completions.

Source: the API reference of ``/v1/chat/completions``, and the types of openai 3.54.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from beluga.clock import environment
from beluga.llm._http.parts import CallIds, rest_of
from beluga.llm.fake._wire import ModelRequest
from beluga.llm.fake._wire.documents import (
    Invalid,
    arguments_of,
    each,
    encode,
    fragments,
    member,
    parsed_arguments,
    quoted,
    utf8,
)
from beluga.llm.fake._wire.endpoints import OpenAIErrors, error_body
from beluga.schema import (
    AIMessage,
    AudioPart,
    CachePoint,
    FilePart,
    HumanMessage,
    ImagePart,
    Message,
    OpaquePart,
    Part,
    SystemMessage,
    TextPart,
    ThinkingPart,
    Tool,
    ToolCall,
    ToolMessage,
)

if TYPE_CHECKING:
    from beluga.llm._http import Profile
    from beluga.llm.fake.faults import Fault
    from beluga.llm.fake.turns import Turn
    from beluga.schema import Chunk, Response, Usage

__all__ = ["OpenAI"]

_ROLES = "'system', 'developer', 'user', 'assistant' and 'tool'"
_KNOWN_FIELDS = frozenset(
    {"role", "content", "tool_calls", "refusal", "reasoning_content", "reasoning", "name", "audio", "annotations"}
    | {"function_call", "tool_call_id"}
)
_KNOWN_OF_CALLS = frozenset({"id", "type", "index", "function"})


def _question(body: dict[str, Any], profile: Profile) -> ModelRequest:
    """Read `body`, as the server of `profile` does.

    Raises:
        Invalid: The provider would refuse it.
    """
    member(body, "model", str)
    asked = member(body, "messages", list)
    if not asked:
        raise Invalid(("messages",), "value", "an empty array; at least one message is wanted")
    for name in sorted(profile.refuses & body.keys()) if profile.refuses else ():
        raise Invalid((name,), "value", f"{profile.provider} does not take this field")
    form: dict[str, Any] = member(body, "response_format", dict, {})
    if form.get("type") == "json_schema" and profile.answers_by_tool:
        raise Invalid(("response_format", "type"), "value", f"{profile.provider} does not take this one")
    if "n" in body and member(body, "n", int, 1) != 1:
        raise Invalid(("n",), "value", "the fake provider gives one choice")
    messages = tuple(each(asked, "messages", functools.partial(_message, profile)))
    options = {name: value for name, value in body.items() if name != "messages"}
    tools: Any = member(body, "tools", list, [])
    if tools:
        options["tools"] = each(tools, "tools", _tool)
    stream: bool = member(body, "stream", bool, default=False)
    wishes: dict[str, Any] = member(body, "stream_options", dict, {})
    if wishes and not stream:
        raise Invalid(("stream_options",), "value", "only allowed when 'stream' is enabled")
    with_usage = bool(wishes.get("include_usage")) or not profile.asks_usage
    logprobs = "logprobs" in body and member(body, "logprobs", bool, default=False)
    return ModelRequest(messages, options, stream, with_usage, logprobs)


def _message(profile: Profile, raw: Any) -> Message:
    role = member(raw, "role", str)
    if role == "user":
        return HumanMessage(**_content(profile, raw))
    if role in {"system", "developer"}:
        return SystemMessage(**_content(profile, raw))
    if role == "assistant":
        return _answered(profile, raw)
    if role == "tool":
        return ToolMessage(**_content(profile, raw), tool_call_id=_call_id(profile, raw, "tool_call_id"))
    raise Invalid(("role",), "value", f"known roles are {_ROLES}")


def _content(profile: Profile, raw: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a message for its content: a text or parts."""
    content = raw.get("content")
    if isinstance(content, str):
        return {"content": content}
    blocks: list[Any] = member(raw, "content", list)
    return {"parts": [part for parts in each(blocks, "content", functools.partial(_parts, profile)) for part in parts]}


def _answered(profile: Profile, raw: dict[str, Any]) -> AIMessage:
    parts: list[Part | str] = []
    thoughts: str = member(raw, "reasoning_content", str, "") or member(raw, "reasoning", str, "")
    if thoughts:
        parts.append(ThinkingPart(thoughts))
    calls: list[Any] = member(raw, "tool_calls", list, [])
    if raw.get("content") is not None:
        content = _content(profile, raw)
        parts += content["parts"] if "parts" in content else filter(None, [content["content"]])
    elif not calls and raw.get("refusal") is None:
        raise Invalid(("content",), "missing")
    parts += [part for read in each(calls, "tool_calls", functools.partial(_call, profile)) for part in read]
    more = rest_of(raw, _KNOWN_FIELDS)
    if more:
        parts.append(OpaquePart(profile.origin, more, "message"))
    return AIMessage(parts=parts)


def _call(profile: Profile, raw: Any) -> tuple[Part, ...]:
    function = member(raw, "function", dict)
    name, written = member(function, "name", str), member(function, "arguments", str)
    call = ToolCall(_call_id(profile, raw, "id"), name, *parsed_arguments(written))
    if call.raw is not None and not profile.raw_arguments:
        raise Invalid(("function", "arguments"), "value", "not a JSON object")
    more = rest_of(raw, _KNOWN_OF_CALLS)
    return (call, OpaquePart(profile.origin, more, "previous")) if more else (call,)


def _call_id(profile: Profile, raw: dict[str, Any], name: str) -> str:
    called = member(raw, name, str)
    if profile.call_ids is not None and not profile.call_ids.fullmatch(called):
        raise Invalid((name,), "value", f"an id of a tool call is like {profile.call_ids.pattern}")
    return called


def _parts(profile: Profile, raw: Any) -> tuple[Part, ...]:
    kind = member(raw, "type", str)
    if kind == "text":
        part: Part = TextPart(member(raw, "text", str))
    elif kind == "refusal":
        part = TextPart(member(raw, "refusal", str))
    elif kind == "image_url":
        image = member(raw, "image_url", dict)
        part = ImagePart(url=member(image, "url", str), detail=member(image, "detail", str, "auto"))  # type: ignore[arg-type]  # the record checks it
    elif kind == "input_audio":
        audio = member(raw, "input_audio", dict)
        part = AudioPart(url=f"data:audio/{member(audio, 'format', str)};base64,{member(audio, 'data', str)}")
    elif kind == "file":
        part = _file(member(raw, "file", dict))
    elif kind == "thinking" and isinstance(raw.get("thinking"), list):
        part = ThinkingPart("".join(member(each, "text", str, "") for each in raw["thinking"]))
    else:
        part = OpaquePart(profile.origin, raw)
    return (part, CachePoint()) if "prompt_cache_breakpoint" in raw else (part,)


def _file(raw: dict[str, Any]) -> FilePart:
    if "file_id" in raw:
        return FilePart(url=f"file://{member(raw, 'file_id', str)}", name=raw.get("filename"))
    return FilePart(url=member(raw, "file_data", str), name=raw.get("filename"))


def _tool(raw: Any) -> Tool | dict[str, Any]:
    if member(raw, "type", str) != "function":
        return dict(raw)  # a kind that the provider runs itself
    function = member(raw, "function", dict)
    schema: dict[str, Any] = member(function, "parameters", dict, {"type": "object", "properties": {}})
    return Tool(member(function, "name", str), member(function, "description", str, ""), schema)


_DONE = b"data: [DONE]\n\n"


# Written out, as it is what every call without a stream is answered: 2 us where encoding a dict takes 8.
_ANSWER = (
    '{"id":%s,"object":"chat.completion","created":%d,"model":%s,'
    '"choices":[{"index":0,"message":%s,"logprobs":%s,"finish_reason":%s}],'
    '"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,'
    '"prompt_tokens_details":{"cached_tokens":%d,"cache_write_tokens":%d,"audio_tokens":0},'
    '"completion_tokens_details":{"reasoning_tokens":%d,"audio_tokens":0,'
    '"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},'
    '"service_tier":"default","system_fingerprint":null}'
)
_TEXT = '{"role":"assistant","content":%s,"refusal":null}'


def _answer(response: Response, profile: Profile, *, logprobs: bool) -> bytes:
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
            _TEXT % quoted(message.text) if plain else encode(_message_body(message, profile)).decode(),
            encode(_logprobs(message.text)).decode() if logprobs else "null",
            quoted(response.finish_reason or "stop"),
            *(usage.input_tokens, usage.output_tokens, usage.input_tokens + usage.output_tokens),
            *(usage.cached_tokens, usage.cache_write_tokens, usage.reasoning_tokens),
        )
    )


def _logprobs(text: str) -> dict[str, Any]:
    """Return what is sure of each token: the fake provider is certain."""
    tokens = [
        {"token": token, "logprob": 0.0, "bytes": list(token.encode("utf-8", "replace")), "top_logprobs": []}
        for token in fragments(text)
    ]
    return {"content": tokens, "refusal": None}


def _message_body(message: AIMessage, profile: Profile) -> dict[str, Any]:
    written: dict[str, Any] = {"role": "assistant", "content": message.text, "refusal": None}
    if message.tool_calls:
        ids = CallIds(profile, ())
        written["content"] = message.text or None
        written["tool_calls"] = [
            {
                "id": ids.call(call.id),
                "type": "function",
                "function": {"name": call.name, "arguments": arguments_of(call)},
            }
            for call in message.tool_calls
        ]
    if message.thinking:
        written |= _thoughts(message.thinking, profile, message.text)
    return written


def _thoughts(thoughts: str, profile: Profile, text: str = "") -> dict[str, Any]:
    """Return thoughts in the field in which the server of `profile` tells them."""
    if profile.thoughts != "content":
        return {profile.thoughts or "reasoning_content": thoughts}
    parts: list[Any] = [{"type": "thinking", "thinking": [{"type": "text", "text": thoughts}]}]
    return {"content": [*parts, {"type": "text", "text": text}] if text else parts}


class ChunkWriter:
    """Writes one stream of ``chat.completion.chunk`` objects."""

    def __init__(self, turn: Turn, question: ModelRequest, profile: Profile) -> None:
        self._profile = profile
        self._logprobs = question.logprobs
        self._ids = CallIds(profile, ())
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
        if chunk.thinking:
            return [self._event(_thoughts(chunk.thinking, self._profile))]
        return [self._event({"content": chunk.text}, logprobs=_logprobs(chunk.text) if self._logprobs else None)]

    def broken(self) -> bytes:
        """Return a chunk that is cut in the middle."""
        return self._event({"content": ""})[:-30] + b"\n\n"

    def failed(self, fault: Fault) -> bytes:
        """Return an error in place of a chunk."""
        return b"data: " + encode(error_body(fault, fault.described(fault.status))) + b"\n\n"

    def _call(self, call: ToolCall) -> list[bytes]:
        # Id and name stand in the first fragment alone; clients key the rest by the index.
        head: dict[str, Any] = {
            "id": self._ids.call(call.id),
            "type": "function",
            "function": {"name": call.name, "arguments": ""},
        }
        parts = [head, *({"function": {"arguments": text}} for text in fragments(arguments_of(call)))]
        index, self._calls = self._calls, self._calls + 1
        return [self._event({"tool_calls": [{"index": index, **part}]}) for part in parts]

    def _closing(self, last: Chunk) -> list[bytes]:
        events = [self._event({}, last.finish_reason)]
        if self._with_usage and last.usage is not None:
            events.append(self._sent([], _usage(last.usage)))
        return [*events, _DONE]

    def _event(self, delta: dict[str, Any], finish_reason: str | None = None, logprobs: Any = None) -> bytes:
        return self._sent([{"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}])

    def _sent(self, choices: list[Any], usage: dict[str, Any] | None = None) -> bytes:
        told = {"usage": usage} if self._with_usage else {}
        return b"data: " + encode({**self._frame, "choices": choices, **told}) + b"\n\n"


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


class OpenAI(OpenAIErrors):
    """How OpenAI's chat completions speak."""

    name = "openai"

    def question(self, body: dict[str, Any], path: str) -> ModelRequest:  # noqa: ARG002 - Gemini's has the model in it
        """Read the body of a request."""
        return _question(body, self._profile)

    def answer(self, response: Response, question: ModelRequest) -> bytes:
        """Return the body of a whole answer."""
        return _answer(response, self._profile, logprobs=question.logprobs)

    def stream(self, turn: Turn, question: ModelRequest) -> ChunkWriter:
        """Return what writes the answer as chunks."""
        return ChunkWriter(turn, question, self._profile)
