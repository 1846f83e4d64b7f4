"""How the fake provider speaks Google's Gemini API.

Source: the API reference of ``generateContent``, v1beta, and the types of google-genai 3.6.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from beluga.llm.fake._wire import ModelRequest
from beluga.llm.fake._wire.documents import Invalid, each, encode, member, quoted, retry_after, said_by_user, utf8
from beluga.schema import (
    AIMessage,
    FilePart,
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
)

if TYPE_CHECKING:
    from beluga.llm.fake.faults import Fault
    from beluga.llm.fake.turns import Turn
    from beluga.schema import Chunk, Response, Usage

__all__ = ["Gemini"]

Json = dict[str, Any]

_FINISH_REASONS = {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_SEAL = "ZmFrZQ=="
"""The signature that a client has to send back with a call that was thought about."""

_OVERLOADED, _SERVER_FAULT = 503, 500


class Gemini:
    """How Gemini speaks."""

    name = "gemini"
    bad_request = 400

    def question(self, body: Json, path: str) -> ModelRequest:
        """Read the body of a request; the model and whether a stream is wanted stand in the path."""
        contents = member(body, "contents", list)
        if not contents:
            raise Invalid(("contents",), "value", "contents is not specified")
        calls = _ContentReader()
        messages = [message for read in each(contents, "contents", calls.messages) for message in read]
        instruction: Json = member(body, "systemInstruction", dict, {})
        if instruction:
            messages.insert(0, SystemMessage(parts=each(member(instruction, "parts", list), "parts", calls.part)))
        settings: Json = member(body, "generationConfig", dict, {})
        if settings.get("candidateCount", 1) != 1:
            raise Invalid(("generationConfig", "candidateCount"), "value", "the fake provider gives one candidate")
        name, _, action = path.partition("?")[0].rpartition("/")[2].partition(":")
        options = {key: value for key, value in body.items() if key not in {"contents", "systemInstruction"}}
        options["model"] = name
        tools: Any = member(body, "tools", list, [])
        if tools:
            options["tools"] = [tool for read in each(tools, "tools", _tools) for tool in read]
        return ModelRequest(tuple(messages), options, action == "streamGenerateContent")

    def answer(self, response: Response, question: ModelRequest) -> bytes:  # noqa: ARG002 - OpenAI's depends on it
        """Return the body of a whole answer."""
        message = response.message
        if len(message.parts) == 1 and type(message.parts[0]) is TextPart and message.text:
            return _written(response, message.parts[0].text)
        parts: list[Json] = [{"text": message.thinking, "thought": True}] if message.thinking else []
        parts += [{"text": message.text}] if message.text else []
        parts += [_call(call, sealed=bool(message.thinking)) for call in message.tool_calls]
        return encode(_body(response.model, response.id, parts, response.finish_reason or "stop", response.usage))

    def stream(self, turn: Turn, question: ModelRequest) -> CandidateWriter:  # noqa: ARG002 - the usage always comes
        """Return what writes the answer as events."""
        return CandidateWriter(turn)

    def status(self, fault: Fault) -> int:
        """Return the status of `fault`; an overload outside a stream has one of its own."""
        return _OVERLOADED if fault.phase == "stream" else fault.status or _SERVER_FAULT

    def fault(self, fault: Fault, message: str, request_id: str) -> Json:  # noqa: ARG002 - Anthropic's has the id in it
        """Return the error body of `fault`."""
        return _error(self.status(fault), message, fault.retry_after)

    def refusal(self, status: int, message: str, request_id: str, problem: Invalid | None = None) -> Json:  # noqa: ARG002 - the same
        """Return the error body for a request that cannot be answered."""
        if problem is not None:
            where = ".".join(map(str, problem.path))
            what = "is required" if problem.kind == "missing" else problem.problem
            message = f"Invalid value at '{where}': {what}" if where else f"Invalid JSON payload received: {what}"
        return _error(status, message)

    def headers(self, number: int, fault: Fault | None = None) -> tuple[tuple[str, str], ...]:
        """Return the id, and the wait where there is one."""
        wait = () if fault is None else retry_after(fault.retry_after)
        return ("x-request-id", f"fake-{number}"), *wait

    def models(self, names: tuple[str, ...]) -> Json:
        """Return the list of models."""
        return {"models": [self.model(name) for name in names]}

    def model(self, name: str) -> Json:
        """Return one model."""
        return {"name": f"models/{name}", "displayName": name, "supportedGenerationMethods": ["generateContent"]}


class CandidateWriter:
    """Writes one stream of partial responses."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    def opening(self) -> list[bytes]:
        """Return nothing: the first chunk opens the stream."""
        return []

    def chunk(self, chunk: Chunk) -> list[bytes]:
        """Return the events of `chunk`."""
        if chunk.finish_reason is not None:
            return [self._event([], chunk.finish_reason, chunk.usage)]
        if chunk.tool_call is not None:
            return [self._event([_call(chunk.tool_call, sealed=bool(self._turn.reply.thinking))])]
        if chunk.thinking:
            return [self._event([{"text": chunk.thinking, "thought": True}])]
        return [self._event([{"text": chunk.text}])]

    def broken(self) -> bytes:
        """Return an event that is cut in the middle."""
        return self._event([{"text": ""}])[:-30] + b"\n\n"

    def failed(self, fault: Fault) -> bytes:
        """Return the event of an error."""
        return b"data: " + encode(_error(_OVERLOADED, fault.described(fault.status))) + b"\n\n"

    def _event(self, parts: list[Json], reason: str | None = None, usage: Usage | None = None) -> bytes:
        request = self._turn.request
        return b"data: " + encode(_body(request.model, request.id, parts, reason, usage)) + b"\n\n"


class _ContentReader:
    """Reads a conversation, whose calls have ids only where a client gave them some."""

    def __init__(self) -> None:
        self._open: list[tuple[str, str]] = []  # names and ids of calls without a result
        self._count = 0

    def messages(self, raw: Any) -> list[Message]:
        """Return the messages of one turn."""
        role: str = member(raw, "role", str, "user")
        blocks: list[Any] = member(raw, "parts", list)
        parts = [part for read in each(blocks, "parts", self._parts) for part in read]
        if role == "model":
            return [AIMessage(parts=parts)]
        if role != "user":
            raise Invalid(("role",), "value", "Please use a valid role: user, model")
        return said_by_user(parts)

    def part(self, raw: Any) -> Part:
        """Return one part."""
        return self._parts(raw)[0]

    def _parts(self, raw: Any) -> list[Part]:
        known: Part
        if not isinstance(raw, dict):
            raise Invalid((), "type", "expected an object, but got something else")
        if len(raw) == 1 and type(raw.get("text")) is str:  # nearly always
            return [TextPart(raw["text"])]
        if isinstance(raw.get("functionCall"), dict):
            known = self._call(raw["functionCall"])
        elif isinstance(raw.get("functionResponse"), dict):
            known = self._result(raw["functionResponse"])
        elif isinstance(raw.get("inlineData"), dict):
            known = _media(raw["inlineData"])
        elif isinstance(raw.get("fileData"), dict):
            known = FilePart(url=member(raw["fileData"], "fileUri", str))
        elif isinstance(raw.get("text"), str):
            known = ThinkingPart(raw["text"]) if raw.get("thought") else TextPart(raw["text"])
        else:
            return [OpaquePart("gemini", raw)]
        seal = raw.get("thoughtSignature")
        return [known, OpaquePart("gemini", {"thoughtSignature": seal}, "previous")] if seal else [known]

    def _call(self, raw: Json) -> ToolCall:
        self._count += 1
        name: str = member(raw, "name", str)
        id_: str = member(raw, "id", str, f"call_{self._count}")
        self._open.append((name, id_))
        return ToolCall(id_, name, member(raw, "args", dict, {}))

    def _result(self, raw: Json) -> ToolResult:
        name = member(raw, "name", str)
        id_ = raw.get("id") or next((known for called, known in self._open if called == name), name)
        self._open = [pair for pair in self._open if pair[1] != id_]
        response = member(raw, "response", dict)
        is_error = response.keys() == {"error"}
        told = response.get("error") if is_error else response.get("result", response)
        return ToolResult(told if isinstance(told, str) else json.dumps(told), id_, is_error)


def _media(raw: Json) -> Part:
    url = f"data:{member(raw, 'mimeType', str)};base64,{member(raw, 'data', str)}"
    return ImagePart(url=url) if url.startswith("data:image/") else FilePart(url=url)


def _tools(raw: Any) -> list[Tool | Json]:
    declared: list[Any] = member(raw, "functionDeclarations", list, [])
    return each(declared, "functionDeclarations", _tool) if declared else [dict(raw)]


def _tool(raw: Any) -> Tool | Json:
    name, description = member(raw, "name", str), member(raw, "description", str, "")
    schema = raw.get("parametersJsonSchema") or raw.get("parameters") or {"type": "object", "properties": {}}
    return Tool(name, description, schema)


def _call(call: ToolCall, *, sealed: bool) -> Json:
    seal = {"thoughtSignature": _SEAL} if sealed else {}
    return {"functionCall": {"name": call.name, "args": call.arguments}, **seal}


def _body(model: str, id_: str, parts: list[Json], reason: str | None, usage: Usage | None) -> Json:
    candidate: Json = {"content": {"role": "model", "parts": parts}, "index": 0}
    if reason is not None:
        candidate["finishReason"] = _FINISH_REASONS.get(reason, reason.upper())
    told = {} if usage is None else {"usageMetadata": _usage(usage)}
    return {"candidates": [candidate], **told, "modelVersion": model, "responseId": id_}


# What most answers are, written out: 2 us where encoding a dict takes 9.
_WRITTEN = (
    '{"candidates":[{"content":{"role":"model","parts":[{"text":%s}]},"index":0,"finishReason":%s}],'
    '"usageMetadata":{"promptTokenCount":%d,"candidatesTokenCount":%d,"thoughtsTokenCount":%d,'
    '"cachedContentTokenCount":%d,"totalTokenCount":%d},"modelVersion":%s,"responseId":%s}'
)


def _written(response: Response, text: str) -> bytes:
    """Return what `_body` gives for an answer that is a text."""
    usage, reason = response.usage, response.finish_reason or "stop"
    return utf8(
        _WRITTEN
        % (
            *(quoted(text), quoted(_FINISH_REASONS.get(reason, reason.upper()))),
            *(usage.input_tokens, usage.output_tokens - usage.reasoning_tokens, usage.reasoning_tokens),
            *(usage.cached_tokens, usage.total_tokens, quoted(response.model), quoted(response.id)),
        )
    )


def _usage(usage: Usage) -> Json:
    return {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": usage.output_tokens - usage.reasoning_tokens,
        "thoughtsTokenCount": usage.reasoning_tokens,
        "cachedContentTokenCount": usage.cached_tokens,
        "totalTokenCount": usage.total_tokens,
    }


def _error(status: int, message: str, wait: float | None = None) -> Json:
    details: list[Json] = []
    if wait is not None:
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{wait:g}s"})
    word = _STATUSES.get(status, "INTERNAL" if status >= _SERVER_FAULT else "INVALID_ARGUMENT")
    return {"error": {"code": status, "message": message, "status": word, "details": details}}
