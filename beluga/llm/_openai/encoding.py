"""Messages, tools and options as the JSON of a chat completion's request.

Source: OpenAI's API reference of chat completions, and its guide to structured outputs, as of 2026-08.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, Final

from beluga.llm._http.parts import base64_of, cannot_say, data_url, schema_of, tools_of
from beluga.schema import AudioPart, CachePoint, FilePart, ImagePart, TextPart, Tool, ToolCall, ToolResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from beluga.schema import Message, Part

__all__ = ["encode_messages", "encode_tool", "is_strict", "request", "streamed"]

Json = dict[str, Any]

_MARK: Final = {"mode": "explicit"}
# Older models refuse the mark as an unknown field, and so may other servers.
_MARKED_MODELS: Final = re.compile(r"gpt-(?:5\.(?:[6-9]|\d{2,})|[6-9]|\d{2,})(?!\d)")
_UNMARKED: Final = 2  # keys: type and text
_AUDIO_FORMATS: Final = {"audio/wav": "wav", "audio/mpeg": "mp3"}

_compact = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


def request(model: str, messages: Iterable[Message], options: Mapping[str, Any]) -> Json:
    """Return the request.

    Args:
        model: The model's name.
        messages: The conversation.
        options: ``max_tokens stop tools tool_choice schema cache_key`` as the guide has them; others go in as they
            are, and one that is None is left out.

    Raises:
        ValueError: There is no form for a part of a message.
    """
    messages = tuple(messages)
    wire: Json = {"model": model, "messages": encode_messages(messages, marked=bool(_MARKED_MODELS.match(model)))}
    for name, value in options.items():
        if value is not None:
            translate = _OPTIONS.get(name)
            wire.update({name: value} if translate is None else translate(value))
    if "prompt_cache_key" not in wire:
        key = _cache_key(messages)
        if key is not None:
            wire["prompt_cache_key"] = key
    return wire


def streamed(wire: Json) -> Json:
    """Return `wire` as a request for a stream that ends with its usage."""
    return {"stream_options": {"include_usage": True}, **wire, "stream": True}


def encode_messages(messages: Iterable[Message], *, marked: bool = False) -> list[Json]:
    """Return the messages' wire form.

    Thoughts are left out, as this API takes none back.

    Args:
        messages: The conversation.
        marked: Whether the model knows marks of what to cache.
    """
    wire: list[Json] = []
    for message in messages:
        _MESSAGES[message.role](message, wire, marked)
    return wire


def _plain(role: str) -> Callable[[Any, list[Json], bool], None]:
    def encode(message: Message, wire: list[Json], marked: bool) -> None:
        parts = message.parts
        if len(parts) == 1 and type(parts[0]) is TextPart:
            wire.append({"role": role, "content": parts[0].text})
        else:
            _spread(role, parts, wire, marked)

    return encode


def _spread(role: str, parts: tuple[Part, ...], wire: list[Json], marked: bool) -> None:
    """Write a message of several parts; the results of tools among them become messages of their own."""
    content: list[Json] = []
    for part in parts:
        kind = type(part)
        if kind is ToolResult:
            if content:
                wire.append({"role": role, "content": _lone(content)})
                content = []
            _tool_answer(part, wire, marked)
        elif kind is CachePoint:
            if marked:
                _mark(content, wire)
        else:
            content.append(_PARTS[kind](part))
    if content or not parts:
        wire.append({"role": role, "content": _lone(content)})


def _lone(content: list[Json]) -> list[Json] | str:
    """Return a lone text as one, which every server takes, and nothing as the empty text."""
    if len(content) == 1 and len(content[0]) == _UNMARKED and "text" in content[0]:
        text: str = content[0]["text"]
        return text
    return content or ""


def _tool_answer(answer: Any, wire: list[Json], marked: bool) -> None:
    parts = answer.parts
    if len(parts) == 1 and type(parts[0]) is TextPart:
        wire.append({"role": "tool", "tool_call_id": answer.tool_call_id, "content": parts[0].text})
        return
    content: list[Json] = []
    wire.append({"role": "tool", "tool_call_id": answer.tool_call_id, "content": content})
    for part in parts:
        if type(part) is TextPart:
            content.append({"type": "text", "text": part.text})
        elif type(part) is not CachePoint:
            kind = type(part).__name__
            cannot_say("openai", f"{kind} as a tool's answer", "show it in a HumanMessage after the tools' answers")
        elif marked:
            _mark(content, wire[:-1])
    wire[-1]["content"] = _lone(content)


def _assistant(message: Message, wire: list[Json], marked: bool) -> None:
    parts = message.parts
    if len(parts) == 1 and type(parts[0]) is TextPart:
        wire.append({"role": "assistant", "content": parts[0].text})
        return
    texts: list[Json] = []
    calls: list[Json] = []
    for part in parts:
        kind = type(part)
        if kind is TextPart:
            texts.append({"type": "text", "text": part.text})  # type: ignore[union-attr]
        elif kind is ToolCall:
            calls.append(_tool_call(part))
        elif kind is CachePoint:
            if marked:
                _mark(texts, wire)
        elif kind in _PARTS:
            cannot_say("openai", f"{kind.__name__} of the assistant", "show it in a HumanMessage")
    said: Json = {"role": "assistant", "content": _lone(texts) if texts or not calls else None}
    if calls:
        said["tool_calls"] = calls
    wire.append(said)


def _tool_call(call: Any) -> Json:
    arguments = call.raw if call.raw is not None else _compact(call.arguments)
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _mark(content: list[Json], before: list[Json]) -> None:
    """Mark the last part as the end of what to cache; where this message has none yet, the last one before it."""
    if not content:
        last = before[-1] if before else None
        if last is None or not last["content"]:
            return
        if isinstance(last["content"], str):
            last["content"] = [{"type": "text", "text": last["content"]}]
        content = last["content"]
    content[-1]["prompt_cache_breakpoint"] = _MARK


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
    if part.data is None:
        cannot_say("openai", "file at a URL in a chat completion", "read it and pass data=")
    return {"type": "file", "file": {"filename": part.name or "file", "file_data": data_url(part)}}


_PARTS: Final[dict[type, Callable[[Any], Json]]] = {
    TextPart: _text,
    ImagePart: _image,
    AudioPart: _audio,
    FilePart: _file,
}

_MESSAGES: Final[dict[str, Callable[[Any, list[Json], bool], None]]] = {
    "system": _plain("system"),
    "user": _plain("user"),
    "assistant": _assistant,
    "tool": _tool_answer,
}


def encode_tool(tool: Tool | Json) -> Json:
    """Return a tool's wire form; what is a dict already is taken as it is."""
    if isinstance(tool, dict):
        return tool
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _tools(tools: Iterable[Any]) -> Json:
    listed = [encode_tool(tool) for tool in tools_of(tools)]
    return {"tools": listed} if listed else {}


def _tool_choice(choice: Any) -> Json:
    if isinstance(choice, str) and choice not in {"auto", "none", "required"}:
        choice = {"type": "function", "function": {"name": choice}}
    return {"tool_choice": choice}


def _schema(kind: Any) -> Json:
    schema = schema_of(kind)
    name = re.sub(r"[^A-Za-z0-9_-]", "_", str(getattr(kind, "__name__", None) or schema.get("title") or "answer"))[:64]
    form = {"name": name, "schema": schema, "strict": is_strict(schema)}
    return {"response_format": {"type": "json_schema", "json_schema": form}}


_OPTIONS: Final[dict[str, Callable[[Any], Json]]] = {
    "max_tokens": lambda most: {"max_completion_tokens": most},
    "stop": lambda stop: {"stop": stop if isinstance(stop, str) else list(stop)},
    "tools": _tools,
    "tool_choice": _tool_choice,
    "schema": _schema,
    "cache_key": lambda key: {"prompt_cache_key": key},
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
