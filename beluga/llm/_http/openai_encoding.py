"""Messages, tools and options as the JSON of a chat completion's request.

Source: OpenAI's API reference of chat completions, and its guide to structured outputs, as of 2026-08.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

from beluga.llm._http import OPENAI
from beluga.llm._http.parts import (
    ANSWER,
    FILE_ID,
    CallIds,
    answer_tool,
    arguments_of,
    asks_by_tool,
    base64_of,
    cannot_say,
    data_url,
    schema_of,
    tools_of,
    translated,
)
from beluga.schema import (
    AudioPart,
    CachePoint,
    FilePart,
    ImagePart,
    OpaquePart,
    TextPart,
    ThinkingPart,
    Tool,
    ToolCall,
    ToolResult,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from beluga.llm._http import Profile
    from beluga.schema import Message, Part

__all__ = ["encode_messages", "encode_tool", "is_strict", "request", "schema_form", "streamed"]

Json = dict[str, Any]

_MARK: Final = {"mode": "explicit"}
# Older models refuse the mark as an unknown field, and so may other servers.
_MARKED_MODELS: Final = re.compile(r"gpt-(?:5\.(?:[6-9]|\d{2,})|[6-9]|\d{2,})(?!\d)")
_UNMARKED: Final = 2  # keys: type and text
_AUDIO_FORMATS: Final = {"audio/wav": "wav", "audio/mpeg": "mp3"}


def request(profile: Profile, model: str, messages: Iterable[Message], options: Mapping[str, Any]) -> Json:
    """Return the request.

    Args:
        profile: The server.
        model: The model's name.
        messages: The conversation.
        options: ``max_tokens stop tools tool_choice schema cache_key`` as the guide has them; others go in as they
            are, and before what one of these means. One that is None leaves its field out.

    Raises:
        ValueError: There is no form for a part of a message.
    """
    messages = tuple(messages)
    is_marked = profile.caches and _MARKED_MODELS.match(model) is not None
    wire: Json = {"model": model, "messages": encode_messages(messages, profile, marked=is_marked)}
    wire.update(translated(options, _OPTIONS, profile))
    if asks_by_tool(profile, options):
        tools = wire.get("tools", ())
        wire["tools"] = [*tools, encode_tool(answer_tool(options["schema"], tools))]
        wire.setdefault("tool_choice", "required" if tools else {"type": "function", "function": {"name": ANSWER}})
    if profile.caches and "prompt_cache_key" not in options and "cache_key" not in options:
        key = _cache_key(messages)
        if key is not None:
            wire["prompt_cache_key"] = key
    return wire


def streamed(profile: Profile, wire: Json) -> Json:
    """Return `wire` as a request for a stream that ends with its usage."""
    asked = {"stream_options": {"include_usage": True}} if profile.asks_usage else {}
    return {**asked, **wire, "stream": True}


class _MessageWriter:
    """One conversation while it is written."""

    __slots__ = ("ids", "is_marked", "profile", "wire")

    def __init__(self, profile: Profile, ids: CallIds, *, is_marked: bool) -> None:
        self.wire: list[Json] = []
        self.profile = profile
        self.ids = ids
        self.is_marked = is_marked

    def system(self, message: Message) -> None:
        self._spread(self.profile.system_role, message.parts)

    def user(self, message: Message) -> None:
        self._spread("user", message.parts)

    def _spread(self, role: str, parts: tuple[Part, ...]) -> None:
        """Write a message of several parts; the results of tools among them become messages of their own."""
        content: list[Json] = []
        for part in parts:
            kind = type(part)
            if kind is ToolResult:
                if content:
                    self.wire.append({"role": role, "content": _lone(content)})
                    content = []
                self.tool(part)
            elif kind is CachePoint:
                self._mark(content, self.wire)
            elif kind is OpaquePart:
                content += _opaque(part, self.profile)
            else:
                content.append(_PARTS[kind](part))
        if content or not parts:
            self.wire.append({"role": role, "content": _lone(content)})

    def tool(self, answer: Any) -> None:
        """Write what a tool answered."""
        parts = answer.parts
        content: list[Json] = []
        message: Json = {"role": "tool", "tool_call_id": self.ids.result(answer.tool_call_id), "content": content}
        self.wire.append(message)
        if len(parts) == 1 and type(parts[0]) is TextPart:
            message["content"] = parts[0].text
            return
        for part in parts:
            if type(part) is TextPart:
                content.append({"type": "text", "text": part.text})
            elif type(part) is OpaquePart:
                content += _opaque(part, self.profile)
            elif type(part) is not CachePoint:
                kind = type(part).__name__
                cannot_say("openai", f"{kind} as a tool's answer", "show it in a HumanMessage after the tools' answers")
            else:
                self._mark(content, self.wire[:-1])
        message["content"] = _lone(content)

    def assistant(self, message: Message) -> None:
        content: list[Json] = []
        calls: list[Json] = []
        thoughts: list[str] = []
        more: Json = {}
        last: Json | None = None  # what more fields of the part before may go into
        for part in message.parts:
            kind = type(part)
            if kind is TextPart:
                last = _text(part)  # type: ignore[arg-type]  # its type was looked at
                content.append(last)
            elif kind is ToolCall:
                last = self._call(part)
                calls.append(last)
            elif kind is CachePoint:
                self._mark(content, self.wire)
            elif kind is ThinkingPart:
                last = None
                self._think(part, content, thoughts)
            elif kind is not OpaquePart:
                cannot_say("openai", f"{kind.__name__} of the assistant", "show it in a HumanMessage")
            else:
                for data in _opaque(part, self.profile):
                    _place(part, data, content, more, last)
        said: Json = {"role": "assistant", "content": _lone(content) if content or not calls else None}
        if calls:
            said["tool_calls"] = calls
        if thoughts and self.profile.thoughts is not None and "reasoning_details" not in more:
            said[self.profile.thoughts] = "".join(thoughts)
        said.update(more)
        self.wire.append(said)

    def _call(self, call: Any) -> Json:
        arguments = arguments_of(call, raw=self.profile.raw_arguments)
        return {
            "id": self.ids.call(call.id),
            "type": "function",
            "function": {"name": call.name, "arguments": arguments},
        }

    def _think(self, part: Any, content: list[Json], thoughts: list[str]) -> None:
        """Take thoughts that the server wants back; those with a seal are another provider's."""
        field = self.profile.thoughts
        if field is None or part.signature is not None or not part.text:
            return
        if field == "content":
            content.append({"type": "thinking", "thinking": [{"type": "text", "text": part.text}]})
        else:
            thoughts.append(part.text)

    def _mark(self, content: list[Json], before: list[Json]) -> None:
        """Mark the last part as the end of what to cache; where this message has none yet, the last one before it."""
        if not self.is_marked:
            return
        if not content:
            last = before[-1] if before else None
            if last is None or not last["content"]:
                return
            if isinstance(last["content"], str):
                last["content"] = [{"type": "text", "text": last["content"]}]
            content = last["content"]
        content[-1]["prompt_cache_breakpoint"] = _MARK


def _place(part: Any, data: Json, content: list[Json], more: Json, last: Json | None) -> None:
    """Put what only the server understands where it was: beside the parts, into the one before, or into the message."""
    if part.scope == "part":
        content.append(data)
    elif part.scope == "message":
        more.update(data)
    elif last is not None:
        last.update(data)


_MESSAGES: Final[dict[str, Callable[[_MessageWriter, Any], None]]] = {
    "system": _MessageWriter.system,
    "user": _MessageWriter.user,
    "assistant": _MessageWriter.assistant,
    "tool": _MessageWriter.tool,
}


def encode_messages(messages: Iterable[Message], profile: Profile = OPENAI, *, marked: bool = False) -> list[Json]:
    """Return the messages' wire form.

    Args:
        messages: The conversation.
        profile: The server.
        marked: Whether the model knows marks of what to cache.
    """
    messages = tuple(messages)
    writer = _MessageWriter(profile, CallIds(profile, messages), is_marked=marked)
    wire, system = writer.wire, profile.system_role
    for message in messages:
        parts, role = message.parts, message.role
        if len(parts) == 1 and type(parts[0]) is TextPart and role != "tool":  # nearly every message
            wire.append({"role": system if role == "system" else role, "content": parts[0].text})
        else:
            _MESSAGES[role](writer, message)
    return wire


def _opaque(part: Any, profile: Profile) -> list[Json]:
    return [part.data] if part.provider == profile.origin else []


def _lone(content: list[Json]) -> list[Json] | str:
    """Return a lone text as one, which every server takes, and nothing as the empty text."""
    if len(content) == 1 and len(content[0]) == _UNMARKED and "text" in content[0]:
        text: str = content[0]["text"]
        return text
    return content or ""


def _text(part: TextPart) -> Json:
    return {"type": "text", "text": part.text}


def _image(part: ImagePart) -> Json:
    image: Json = {"url": part.url if part.data is None else data_url(part)}
    if part.detail != "auto":
        image["detail"] = part.detail
    return {"type": "image_url", "image_url": image}


def _audio(part: AudioPart) -> Json:
    form = _AUDIO_FORMATS.get(part.mime_type or "")
    if part.data is None or form is None:
        cannot_say("openai", f"recording of type {part.mime_type} or at a URL", "pass data= with a wav or mp3 file")
    return {"type": "input_audio", "input_audio": {"data": base64_of(part), "format": form}}


def _file(part: FilePart) -> Json:
    if part.url is not None and part.url.startswith(FILE_ID):
        return {"type": "file", "file": {"file_id": part.url.removeprefix(FILE_ID)}}
    if part.data is None:
        cannot_say("openai", "file at a URL in a chat completion", "read it and pass data=")
    return {"type": "file", "file": {"filename": part.name or "file", "file_data": data_url(part)}}


_PARTS: Final[dict[type, Callable[[Any], Json]]] = {
    TextPart: _text,
    ImagePart: _image,
    AudioPart: _audio,
    FilePart: _file,
}


def encode_tool(tool: Tool | Json) -> Json:
    """Return a tool's wire form; what is in it already is taken as it is."""
    if isinstance(tool, dict):
        return tool
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _tools(tools: Iterable[Any], _: Profile) -> Json:
    listed = [encode_tool(tool) for tool in tools_of(tools, own="function")]
    return {"tools": listed} if listed else {}


def _tool_choice(choice: Any, _: Profile) -> Json:
    if isinstance(choice, str) and choice not in {"auto", "none", "required"}:
        choice = {"type": "function", "function": {"name": choice}}
    return {"tool_choice": choice}


def schema_form(kind: Any, profile: Profile) -> Json:
    """Return a schema with its name, and whether the model can be held to it."""
    schema = schema_of(kind)
    name = re.sub(r"[^A-Za-z0-9_-]", "_", str(getattr(kind, "__name__", None) or schema.get("title") or "answer"))[:64]
    return {"name": name, "schema": schema, "strict": profile.strict and is_strict(schema)}


_OPTIONS: Final[dict[str, Callable[[Any, Profile], Json]]] = {
    "max_tokens": lambda most, profile: {profile.bound: most},
    "stop": lambda stop, _: {"stop": stop if isinstance(stop, str) else list(stop)},
    "tools": _tools,
    "tool_choice": _tool_choice,
    "schema": lambda kind, profile: (
        {}
        if profile.answers_by_tool
        else {"response_format": {"type": "json_schema", "json_schema": schema_form(kind, profile)}}
    ),
    "cache_key": lambda key, profile: {"prompt_cache_key": key} if profile.caches else {},
}


def _cache_key(messages: tuple[Message, ...]) -> str | None:
    """Return a key that all conversations with the same beginning share, up to the first `CachePoint`.

    The provider routes equal keys to the same machine, which otherwise need not have the prompt in its cache.
    """
    if not any(type(part) is CachePoint for message in messages for part in message.parts):
        return None
    digest = hashlib.blake2b(digest_size=16)
    for message in messages:
        digest.update(message.role.encode())
        for part in message.parts:
            if type(part) is CachePoint:
                return digest.hexdigest()
            digest.update(repr(part).encode("utf-8", "surrogatepass"))
    return None


_REFUSED: Final = frozenset(
    {"allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties"}
    | {"prefixItems", "uniqueItems"}
)


def is_strict(schema: Any) -> bool:
    """Say whether the API can hold a model to `schema`; with any other it only wishes for it.

    Then every object takes exactly its properties, every value has a type, and no keyword is one that is refused.

    Example:
        >>> is_strict({"type": "array", "items": {"type": "integer"}}), is_strict({"type": "array", "items": {}})
        (True, False)
    """
    if not isinstance(schema, dict) or not schema or not _REFUSED.isdisjoint(schema):
        return False
    if schema.get("type") == "object" or "properties" in schema:
        names = set(schema.get("properties", ()))
        if schema.get("additionalProperties") is not False or names != set(schema.get("required", ())):
            return False
    if schema.get("type") == "array" and "items" not in schema:
        return False
    inner = [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())]
    inner += [each for table in ("properties", "$defs") for each in schema.get(table, {}).values()]
    return all(map(is_strict, inner))
