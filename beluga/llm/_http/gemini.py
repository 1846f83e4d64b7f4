"""Google's Gemini API: ``generateContent`` and its stream.

Calls have no ids there: a result follows its call by name and order. What a thought leaves behind is a signature on the
part after it, which has to come back on that part.

Source: Google's API reference of ``generateContent``, v1beta, and the types of google-genai 3.6.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from beluga._foreign import count
from beluga.llm._http import Dialect, ErrorEvent
from beluga.llm._http.exchange import data_of
from beluga.llm._http.parts import (
    Identities,
    base64_of,
    cannot_say,
    rest_of,
    schema_of,
    text_of,
    tool_call,
    tools_of,
)
from beluga.schema import (
    AudioPart,
    CachePoint,
    Chunk,
    FilePart,
    ImagePart,
    OpaquePart,
    TextPart,
    ThinkingPart,
    ToolCall,
    ToolResult,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from beluga.llm._http import Profile
    from beluga.llm._http.exchange import ServerSentEvent
    from beluga.schema import Message, Tool

__all__ = ["GENERATE_CONTENT", "CandidateReader", "encode_contents", "request"]

Json = dict[str, Any]

_SAFETY: Final = (
    *("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT"),
    *("SPII", "IMAGE_SAFETY", "LANGUAGE"),
)
_FINISH_REASONS: Final = {"STOP": "stop", "MAX_TOKENS": "length", **dict.fromkeys(_SAFETY, "content_filter")}
_FAILURES: Final = frozenset(
    {"MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"}
)
_KNOWN_OF_PARTS: Final = frozenset({"text", "thought", "functionCall"})
_MADE_ID: Final = re.compile(r"call_\d+")
_MODES: Final = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
_SETTINGS: Final = {
    "max_tokens": "maxOutputTokens",
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "seed": "seed",
}


def request(profile: Profile, model: str, messages: Iterable[Message], options: Mapping[str, Any]) -> Json:
    """Return the request.

    Args:
        profile: The server.
        model: The model's name, which goes into the path.
        messages: The conversation.
        options: ``max_tokens stop tools tool_choice schema cache_key temperature top_p top_k seed`` as the guide has
            them; others go in as they are, and before what one of these means.

    Raises:
        ValueError: There is no form for a part of a message.
    """
    del model
    system, contents = encode_contents(messages, profile)
    wire: Json = {"contents": contents}
    if system:
        wire["systemInstruction"] = {"parts": system}
    settings: Json = {}
    for name, value in options.items():
        if value is None or name == "cache_key":
            continue
        if name in _SETTINGS:
            settings[_SETTINGS[name]] = value
        elif name == "stop":
            settings["stopSequences"] = [value] if isinstance(value, str) else list(value)
        elif name == "schema":
            settings |= {"responseMimeType": "application/json", "responseJsonSchema": schema_of(value)}
        elif name == "tools":
            wire |= _tools(value)
        elif name == "tool_choice" and isinstance(value, str):
            wire["toolConfig"] = {"functionCallingConfig": _choice(value)}
        elif name == "generationConfig":
            settings |= value
        else:
            wire[name] = value
    return {**wire, "generationConfig": settings} if settings else wire


def encode_contents(messages: Iterable[Message], profile: Profile) -> tuple[list[Json], list[Json]]:
    """Return the parts of the system's instruction, and the turns of user and model."""
    system: list[Json] = []
    contents: list[Json] = []
    names: dict[str, str] = {}  # of the calls so far, by their ids
    for message in messages:
        if message.role == "tool":
            role, parts = "user", [_result(message, names)]
        else:
            role = "model" if message.role == "assistant" else "user"
            parts = list(_parts(message.parts, profile, names))
        if message.role == "system":
            system += parts
        elif contents and contents[-1]["role"] == role:
            contents[-1]["parts"] += parts
        elif parts:
            contents.append({"role": role, "parts": parts})
    return system, contents


def _parts(parts: Iterable[Any], profile: Profile, names: dict[str, str]) -> Iterator[Json]:
    last: Json | None = None  # the part that more fields may go into
    for part in parts:
        if isinstance(part, OpaquePart):
            if part.provider == profile.origin and part.scope == "part":
                yield part.data
            elif part.provider == profile.origin and last is not None:
                last.update(part.data)
            continue
        if isinstance(part, ThinkingPart):
            last = None  # it keeps its thoughts, and a signature stands for them
        elif isinstance(part, TextPart):
            last = {"text": part.text}
        elif isinstance(part, ToolCall):
            names[part.id] = part.name
            given = part.arguments if part.raw is None else {"raw": part.raw}
            last = {"functionCall": {**_id(part.id), "name": part.name, "args": given}}
        elif isinstance(part, ToolResult):
            last = _result(part, names)
        elif isinstance(part, CachePoint):
            continue  # its cache needs no marks
        else:
            last = _media(part)
        if last is not None:
            yield last


def _result(answer: Any, names: dict[str, str]) -> Json:
    """Return what a tool answered; its name is that of the call."""
    text = "\n".join(part.text for part in answer.parts if isinstance(part, TextPart))
    if any(not isinstance(part, TextPart | CachePoint | OpaquePart) for part in answer.parts):
        cannot_say("gemini", "pictures or files as a tool's answer", "show them in a HumanMessage after it")
    called = answer.tool_call_id
    response = {"error" if answer.is_error else "result": text}
    return {"functionResponse": {**_id(called), "name": names.get(called, called), "response": response}}


def _id(called: str) -> Json:
    """Return an id that the server has given; one that was made up here says nothing to it."""
    return {} if _MADE_ID.fullmatch(called) else {"id": called}


def _media(part: ImagePart | AudioPart | FilePart) -> Json:
    if part.data is None:
        kind = {"mimeType": part.mime_type} if part.mime_type else {}
        return {"fileData": {"fileUri": part.url, **kind}}
    return {"inlineData": {"mimeType": part.mime_type, "data": base64_of(part)}}


def _tools(tools: Iterable[Any]) -> Json:
    listed: list[Json] = []
    declared: list[Json] = []
    for tool in tools_of(tools, own="functionDeclarations"):
        if isinstance(tool, dict):
            listed.append(tool)
        else:
            declared.append(_declared(tool))
    listed += [{"functionDeclarations": declared}] if declared else []
    return {"tools": listed} if listed else {}


def _declared(tool: Tool) -> Json:
    return {"name": tool.name, "description": tool.description, "parametersJsonSchema": tool.parameters}


def _choice(choice: str) -> Json:
    return {"mode": _MODES[choice]} if choice in _MODES else {"mode": "ANY", "allowedFunctionNames": [choice]}


class CandidateReader:
    """Reads one answer; a stream ends with its bytes, and is complete where a finish reason has come."""

    def __init__(self, profile: Profile) -> None:
        self.done: bool = False
        self.odd: list[str] = []
        self._origin = profile.origin
        self._ids = Identities()
        self._usage: Usage | None = None
        self._reason: str | None = None
        self._called = False
        self._spoke = False
        self._model = ""
        self._id = ""

    @property
    def answered(self) -> bool:
        """Whether the finish reason has come."""
        return self._reason is not None

    def whole(self, body: Any) -> Iterator[Chunk]:
        """Yield the chunks of a whole answer; one without a candidate has not the shape of one."""
        yield from self._response(body)
        first = body["candidates"][0]
        self._reason = self._reason or text_of(first, "finishReason") or None
        yield self._last()

    def read(self, event: ServerSentEvent) -> Iterator[Chunk]:
        """Yield the chunks of one event."""
        data = data_of(event, self)
        if data is not None:
            yield from self._response(data)

    def end(self) -> Iterator[Chunk]:
        """Yield the last chunk of a stream that has a finish reason."""
        if self._reason is not None:
            yield self._last()

    def _response(self, data: Json) -> Iterator[Chunk]:
        self._usage = _usage(data) or self._usage
        self._model = text_of(data, "modelVersion") or self._model
        self._id = text_of(data, "responseId") or self._id
        if text_of(data.get("promptFeedback") or {}, "blockReason"):
            raise ErrorEvent({"error": {"type": "content_filter"}})  # the question itself was refused
        for candidate in data.get("candidates") or ():
            if candidate.get("index") or 0:
                continue
            for part in (candidate.get("content") or {}).get("parts") or ():
                yield from self._part(part)
            reason = text_of(candidate, "finishReason")
            if reason in _FAILURES:
                raise ErrorEvent({"error": {"type": reason.lower()}})
            self._reason = reason or self._reason

    def _part(self, part: Json) -> Iterator[Chunk]:
        more = rest_of(part, _KNOWN_OF_PARTS)
        if part.get("functionCall") is not None:
            call = part["functionCall"]
            self._called = self._spoke = True
            arguments = call.get("args") or {}
            yield Chunk(tool_call=tool_call(self._ids.of(text_of(call, "id")), call["name"], arguments))
        elif "text" in part:
            text = text_of(part, "text")
            if text:
                self._spoke = True
                yield Chunk(thinking=text) if part.get("thought") else Chunk(text)
        else:
            yield Chunk(opaque=OpaquePart(self._origin, part))
            return
        if more:
            is_alone = not self._spoke
            whole = {"text": "", **more} if is_alone else more
            yield Chunk(opaque=OpaquePart(self._origin, whole, "part" if is_alone else "previous"))

    def _last(self) -> Chunk:
        self.done = True
        reason = _FINISH_REASONS.get(self._reason or "", (self._reason or "").lower() or None)
        reason = "tool_calls" if self._called and reason == "stop" else reason
        return Chunk(usage=self._usage, finish_reason=reason, model=self._model, id=self._id)


def _usage(data: Json) -> Usage | None:
    """Return the figures, of which the thoughts' are not in the answer's."""
    if not isinstance(data.get("usageMetadata"), dict):
        return None
    asked, answered, thoughts, cached = (
        count(data, "usageMetadata", f"{name}TokenCount") or 0
        for name in ("prompt", "candidates", "thoughts", "cachedContent")
    )
    return Usage(asked, answered + thoughts, cached_tokens=min(cached, asked), reasoning_tokens=thoughts)


def _path(model: str, streamed: bool) -> str:
    place = quote(model if "/" in model else f"models/{model}")
    return f"/{place}:streamGenerateContent?alt=sse" if streamed else f"/{place}:generateContent"


GENERATE_CONTENT: Final = Dialect(
    path=_path, request=request, streamed=lambda _profile, wire: wire, reader=CandidateReader
)
