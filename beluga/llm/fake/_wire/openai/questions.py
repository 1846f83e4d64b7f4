"""A body of chat completions as messages and options."""

from __future__ import annotations

from typing import Any

from beluga.llm.fake._wire.dialect import Question
from beluga.llm.fake._wire.parsing import Invalid, each, member, parsed_arguments
from beluga.schema import (
    AIMessage,
    AudioPart,
    CachePoint,
    FilePart,
    HumanMessage,
    ImagePart,
    Message,
    Part,
    SystemMessage,
    TextPart,
    ThinkingPart,
    Tool,
    ToolCall,
    ToolMessage,
)

__all__ = ["question"]

_ROLES = "'system', 'developer', 'user', 'assistant' and 'tool'"
_PARTS = "'text', 'image_url', 'input_audio', 'file' and 'refusal'"


def question(body: dict[str, Any]) -> Question:
    """Read `body`.

    Raises:
        Invalid: The provider would refuse it.
    """
    member(body, "model", str)
    asked = member(body, "messages", list)
    if not asked:
        raise Invalid(("messages",), "value", "an empty array; at least one message is wanted")
    messages = tuple(each(asked, "messages", _message))
    options = {name: value for name, value in body.items() if name != "messages"}
    tools: Any = member(body, "tools", list, [])
    if tools:
        options["tools"] = each(tools, "tools", _tool)
    stream: bool = member(body, "stream", bool, default=False)
    wishes: dict[str, Any] = member(body, "stream_options", dict, {})
    if wishes and not stream:
        raise Invalid(("stream_options",), "value", "only allowed when 'stream' is enabled")
    return Question(messages, options, stream, bool(wishes.get("include_usage")))


def _message(raw: Any) -> Message:
    role = member(raw, "role", str)
    if role == "user":
        return HumanMessage(**_content(raw))
    if role in {"system", "developer"}:
        return SystemMessage(**_content(raw))
    if role == "assistant":
        return _answered(raw)
    if role == "tool":
        return ToolMessage(**_content(raw), tool_call_id=member(raw, "tool_call_id", str))
    raise Invalid(("role",), "value", f"known roles are {_ROLES}")


def _content(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a message for its content: a text or parts."""
    content = raw.get("content")
    if isinstance(content, str):
        return {"content": content}
    blocks: list[Any] = member(raw, "content", list)
    return {"parts": [part for parts in each(blocks, "content", _parts) for part in parts]}


def _answered(raw: dict[str, Any]) -> AIMessage:
    parts: list[Part | str] = []
    thoughts: str = member(raw, "reasoning_content", str, "")
    if thoughts:
        parts.append(ThinkingPart(thoughts))
    calls: list[Any] = member(raw, "tool_calls", list, [])
    if raw.get("content") is not None:
        content = _content(raw)
        parts += content.get("parts") or ([content["content"]] if content["content"] else [])
    elif not calls and raw.get("refusal") is None:
        raise Invalid(("content",), "missing")
    parts += each(calls, "tool_calls", _call)
    return AIMessage(parts=parts)


def _call(raw: Any) -> ToolCall:
    function = member(raw, "function", dict)
    name, written = member(function, "name", str), member(function, "arguments", str)
    return ToolCall(member(raw, "id", str), name, *parsed_arguments(written))


def _parts(raw: Any) -> tuple[Part, ...]:
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
    else:
        raise Invalid(("type",), "value", f"known types of parts are {_PARTS}")
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
