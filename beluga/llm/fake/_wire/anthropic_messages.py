"""How the fake provider speaks Anthropic's messages.

Source: the API reference of ``/v1/messages``, version 2023-06-01, and the types of anthropic 2.12.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

from beluga.llm._http.parts import rest_of
from beluga.llm.fake._wire import ModelRequest
from beluga.llm.fake._wire.documents import (
    Invalid,
    arguments_of,
    each,
    encode,
    fragments,
    limits,
    member,
    quoted,
    retry_after,
    said_by_user,
    utf8,
)
from beluga.schema import (
    AIMessage,
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
    ToolResult,
    Usage,
)

if TYPE_CHECKING:
    from beluga.llm._http import Profile
    from beluga.llm.fake.faults import Fault
    from beluga.llm.fake.turns import Turn
    from beluga.schema import Chunk, Response

__all__ = ["Anthropic"]

_OVERLOADED = 529
_SERVER_FAULT = 500
_ERROR_TYPES = {404: "not_found_error", 413: "request_too_large"}


def _worded(problem: Invalid) -> str:
    where = ".".join(map(str, problem.path))
    what = "Field required" if problem.kind == "missing" else problem.problem
    return f"{where}: {what}" if where else f"The request body is not valid: {what}"


_KNOWN = {
    "text": frozenset({"type", "text", "cache_control"}),
    "tool_use": frozenset({"type", "id", "name", "input", "cache_control"}),
}
_CALL_ID = re.compile("[a-zA-Z0-9_-]+")
_LIFETIMES = {"5m": 300.0, "1h": 3600.0}


def _question(body: dict[str, Any]) -> ModelRequest:
    """Read `body`.

    Raises:
        Invalid: The provider would refuse it.
    """
    member(body, "model", str)
    if member(body, "max_tokens", int) < 1:
        raise Invalid(("max_tokens",), "value", "Input should be greater than or equal to 1")
    asked = member(body, "messages", list)
    if not asked:
        raise Invalid(("messages",), "value", "at least one message is required")
    system = () if body.get("system") is None else (SystemMessage(**_content(body, "system")),)
    calls: set[str] = set()
    turns = each(asked, "messages", functools.partial(_messages, calls))
    _refuse_prefill(asked[-1])
    options = {name: value for name, value in body.items() if name not in {"messages", "system"}}
    tools: Any = member(body, "tools", list, [])
    if tools:
        options["tools"] = each(tools, "tools", _tool)
    messages = (*system, *(message for turn in turns for message in turn))
    return ModelRequest(messages, options, member(body, "stream", bool, default=False))


def _refuse_prefill(last: dict[str, Any]) -> None:
    """Refuse blanks at the end of what the assistant is to go on from."""
    content = last["content"]
    end = content if isinstance(content, str) else (content[-1].get("text") if content else None)
    if last["role"] == "assistant" and isinstance(end, str) and end != end.rstrip():
        raise Invalid(("messages",), "value", "final assistant content cannot end with trailing whitespace")


def _messages(calls: set[str], raw: Any) -> list[Message]:
    """Return the messages of one turn: each result of a tool is one of its own."""
    role = member(raw, "role", str)
    content = _content(raw, "content")
    for part in content.get("parts", ()):
        called = part.id if isinstance(part, ToolCall) else part.tool_call_id if isinstance(part, ToolResult) else "x"
        if not _CALL_ID.fullmatch(called):
            raise Invalid(("content", "tool_use", "id"), "value", f"String should match pattern '^{_CALL_ID.pattern}$'")
        if isinstance(part, ToolCall):
            if called in calls:
                raise Invalid(("content", "tool_use", "id"), "value", "`tool_use` ids must be unique")
            calls.add(called)
    if role == "user":
        return said_by_user(content["parts"]) if content.get("parts") else [HumanMessage(**content)]
    if role == "assistant":
        return [AIMessage(**content)]
    if role == "system":
        return [SystemMessage(**content)]
    raise Invalid(("role",), "value", "Input should be 'user' or 'assistant'")


def _content(raw: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the arguments of a message for its content: a text or parts."""
    content = raw.get(name)
    if isinstance(content, str):
        return {"content": content}
    blocks: list[Any] = member(raw, name, list)
    return {"parts": [part for parts in each(blocks, name, _parts) for part in parts]}


def _parts(raw: Any) -> tuple[Part, ...]:
    kind = member(raw, "type", str)
    parts: list[Part] = [_part(raw, kind)]
    more = rest_of(raw, _KNOWN[kind]) if kind in _KNOWN else {}
    if more:
        parts.append(OpaquePart("anthropic", more, "previous"))
    mark: dict[str, Any] = member(raw, "cache_control", dict, {})
    if mark:
        parts.append(CachePoint(_LIFETIMES.get(mark.get("ttl", ""))))
    return tuple(parts)


def _part(raw: dict[str, Any], kind: str) -> Part:
    if kind == "text":
        return TextPart(member(raw, "text", str))
    if kind in {"image", "document"}:
        return _media(member(raw, "source", dict), kind)
    if kind == "thinking":
        return ThinkingPart(member(raw, "thinking", str), member(raw, "signature", str, None))
    if kind == "redacted_thinking":
        return ThinkingPart("", member(raw, "data", str))
    if kind == "tool_use":
        return ToolCall(member(raw, "id", str), member(raw, "name", str), member(raw, "input", dict))
    if kind == "tool_result":
        called, failed = member(raw, "tool_use_id", str), member(raw, "is_error", bool, default=False)
        content = {"content": ""} if raw.get("content") is None else _content(raw, "content")
        return ToolResult(**content, tool_call_id=called, is_error=failed)
    return OpaquePart("anthropic", {name: value for name, value in raw.items() if name != "cache_control"})


def _media(source: dict[str, Any], kind: str) -> Part:
    record = ImagePart if kind == "image" else FilePart
    form = member(source, "type", str)
    if form == "base64":
        url = f"data:{member(source, 'media_type', str)};base64,{member(source, 'data', str)}"
        return record(url=url)
    if form == "url":
        return record(url=member(source, "url", str))
    if form == "file":
        return record(url=f"file://{member(source, 'file_id', str)}")
    if form == "text" and kind == "document":
        return FilePart(data=member(source, "data", str).encode(), mime_type="text/plain")
    raise Invalid(("source", "type"), "value", "known types of sources are 'base64', 'url', 'file' and 'text'")


def _tool(raw: Any) -> Tool | dict[str, Any]:
    kind: str = member(raw, "type", str, "custom")
    if kind != "custom":
        return dict(raw)  # a kind that the provider runs itself
    name, description = member(raw, "name", str), member(raw, "description", str, "")
    return Tool(name, description, member(raw, "input_schema", dict))


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


def _answer(response: Response) -> bytes:
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
        return _event(**_error_body(fault, fault.described(fault.status)))

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


def _error_body(fault: Fault, message: str) -> dict[str, Any]:
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
        message = f"a fake provider answers no {type(part).__name__}"
        raise TypeError(message)
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


class Anthropic:
    """How Anthropic's messages speak.

    Args:
        profile: The server that is played.
    """

    name = "anthropic"

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self.bad_request: int = profile.bad_request

    def question(self, body: dict[str, Any], path: str) -> ModelRequest:  # noqa: ARG002 - Gemini's has the model in it
        """Read the body of a request."""
        return _question(body)

    def answer(self, response: Response, question: ModelRequest) -> bytes:  # noqa: ARG002 - OpenAI's depends on it
        """Return the body of a whole answer."""
        return _answer(response)

    def stream(self, turn: Turn, question: ModelRequest) -> EventWriter:  # noqa: ARG002 - the usage always comes
        """Return what writes the answer as events."""
        return EventWriter(turn)

    def status(self, fault: Fault) -> int:
        """Return the status of `fault`; an overload outside a stream has one of its own."""
        if fault.phase == "stream":
            return _OVERLOADED
        return fault.anthropic_status or fault.status or _SERVER_FAULT

    def fault(self, fault: Fault, message: str, request_id: str) -> dict[str, Any]:
        """Return the error body of `fault`."""
        return {**_error_body(fault, message), "request_id": request_id}

    def refusal(self, status: int, message: str, request_id: str, problem: Invalid | None = None) -> dict[str, Any]:
        """Return the error body for a request that cannot be answered."""
        kind = "api_error" if status >= _SERVER_FAULT else _ERROR_TYPES.get(status, "invalid_request_error")
        if problem is not None:
            message = _worded(problem)
        return {"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}

    def headers(self, number: int, fault: Fault | None = None) -> tuple[tuple[str, str], ...]:
        """Return id and limits."""
        wait = () if fault is None else retry_after(fault.retry_after)
        return (self._profile.request_id, f"fake-{number}"), *limits(self._profile.limits, number, fault), *wait

    def models(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Return the list of models."""
        data = [self.model(name) for name in names]
        return {"data": data, "has_more": False, "first_id": names[0], "last_id": names[-1]}

    def model(self, name: str) -> dict[str, Any]:
        """Return one model."""
        told = {"display_name": name, "created_at": "2026-01-01T00:00:00Z", "lifecycle": "active"}
        return {"type": "model", "id": name, **told}
