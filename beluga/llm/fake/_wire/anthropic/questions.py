"""A body of messages as records and options."""

from __future__ import annotations

from typing import Any

from beluga.llm.fake._wire.dialect import Question
from beluga.llm.fake._wire.parsing import Invalid, each, member
from beluga.schema import (
    AIMessage,
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
    ToolResult,
)

__all__ = ["question"]

_BLOCKS = "'text', 'image', 'document', 'thinking', 'redacted_thinking', 'tool_use' and 'tool_result'"
_LIFETIMES = {"5m": 300.0, "1h": 3600.0}


def question(body: dict[str, Any]) -> Question:
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
    turns = each(asked, "messages", _messages)
    options = {name: value for name, value in body.items() if name not in {"messages", "system"}}
    tools: Any = member(body, "tools", list, [])
    if tools:
        options["tools"] = each(tools, "tools", _tool)
    messages = (*system, *(message for turn in turns for message in turn))
    return Question(messages, options, member(body, "stream", bool, default=False))


def _messages(raw: Any) -> list[Message]:
    """Return the messages of one turn: each result of a tool is one of its own."""
    role = member(raw, "role", str)
    content = _content(raw, "content")
    if role == "user":
        return _said(content)
    if role == "assistant":
        return [AIMessage(**content)]
    if role == "system":
        return [SystemMessage(**content)]
    raise Invalid(("role",), "value", "Input should be 'user' or 'assistant'")


def _said(content: dict[str, Any]) -> list[Message]:
    parts = content.get("parts")
    if not parts:
        return [HumanMessage(**content)]
    messages: list[Message] = []
    while parts and isinstance(parts[0], ToolResult):
        result = parts.pop(0)
        messages.append(ToolMessage(None, result.tool_call_id, result.is_error, parts=result.parts))
    return [*messages, HumanMessage(parts=parts)] if parts else messages


def _content(raw: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the arguments of a message for its content: a text or parts."""
    content = raw.get(name)
    if isinstance(content, str):
        return {"content": content}
    blocks: list[Any] = member(raw, name, list)
    return {"parts": [part for parts in each(blocks, name, _parts) for part in parts]}


def _parts(raw: Any) -> tuple[Part, ...]:
    part = _part(raw, member(raw, "type", str))
    mark: dict[str, Any] = member(raw, "cache_control", dict, {})
    return (part, CachePoint(_LIFETIMES.get(mark.get("ttl", "")))) if mark else (part,)


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
    raise Invalid(("type",), "value", f"known types of blocks are {_BLOCKS}")


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
