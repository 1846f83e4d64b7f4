"""Messages as callers give them: a text, one message or several, of ours or as dicts in a provider's shape.

Source: the message parameters of OpenAI's chat completions and of Anthropic's messages, as of 2026-08.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from beluga._foreign import get, items, text
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
    ToolCall,
    ToolMessage,
    ToolResult,
)

__all__ = ["REDACTED", "as_given", "conversation", "with_more"]

REDACTED = "redacted_thinking:"
"""What the signature begins with of thoughts that came encrypted; the rest of it is the thoughts."""

_TTLS = {"5m": 300.0, "1h": 3600.0}
_KNOWN_OF_TEXTS = frozenset({"type", "text", "cache_control"})
_KNOWN_OF_CALLS = frozenset({"type", "id", "name", "input", "cache_control"})


def conversation(given: Any, what: str = "messages are") -> tuple[Message, ...]:
    """Return the conversation that `given` stands for.

    Args:
        given: A text, a message, or an iterable of messages; a message may be a dict as OpenAI or Anthropic take it, or
            what their SDKs return.
        what: How an error begins to speak of it.

    Raises:
        TypeError: It is something else, or holds something else.
        ValueError: A dict says something that no message can.

    Example:
        >>> conversation("hello") == conversation({"role": "user", "content": "hello"}) == (HumanMessage("hello"),)
        True
    """
    if isinstance(given, str):
        return (HumanMessage(given),)
    is_one = isinstance(given, (Message, Mapping)) or not hasattr(given, "__iter__") or hasattr(given, "model_dump")
    several: Any = given  # what is known of it now would be in the way
    messages: tuple[Any, ...] = (given,) if is_one else tuple(several)
    if all(isinstance(message, Message) for message in messages):
        return messages
    return tuple(
        message if isinstance(message, Message) else _read(message, index, what)
        for index, message in enumerate(messages)
    )


def as_given(given: Any, what: str = "messages are") -> list[Any]:
    """Return the messages of `given` one by one, those of strangers unchanged; a text becomes a message.

    Raises:
        TypeError: As for `conversation`.
        ValueError: As for `conversation`.
    """
    if isinstance(given, str):
        return [HumanMessage(given)]
    several = [given] if isinstance(given, Mapping) or hasattr(given, "model_dump") else given
    several = list(several) if hasattr(several, "__iter__") else several
    read = conversation(several, what)
    return several if isinstance(several, list) else list(read)


def with_more(messages: list[Any], more: list[Message], at: int | None = None) -> list[Any]:
    """Return `messages` with `more`, texts, at a place or the end; among dicts they are dicts of OpenAI and Anthropic.

    Example:
        >>> with_more([{"role": "user", "content": "hi"}], [AIMessage("Hello!")])
        [{'role': 'user', 'content': 'hi'}, {'role': 'assistant', 'content': 'Hello!'}]
    """
    at = len(messages) if at is None else at
    are_ours = all(isinstance(message, Message) for message in messages)
    put = more if are_ours else [{"role": message.role, "content": message.text} for message in more]
    return [*messages[:at], *put, *messages[at:]]


def _read(given: Any, index: int, what: str) -> Message:
    """Return the message that a stranger's one stands for."""
    dump = getattr(given, "model_dump", None)
    raw = dump(exclude_none=True) if callable(dump) and not isinstance(given, type) else given
    role = text(raw, "role")
    if not isinstance(raw, Mapping) or role is None:
        message = f"{what} a str, a message or several of beluga.schema, not {type(given).__name__}"
        raise TypeError(message)
    try:
        return _message(role, raw)
    except (AttributeError, TypeError, ValueError, KeyError) as error:
        problem = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        message = f"message {index} is a dict with the role {role[:20]!r} that cannot be read: {problem}"
        # What lacks a field is not a message at all.
        raise (TypeError if isinstance(error, KeyError) else ValueError)(message) from None


def _message(role: str, raw: Mapping[str, Any]) -> Message:
    parts = list(_parts(raw.get("content") if role == "assistant" else raw["content"]))
    if role in {"system", "developer"}:
        return SystemMessage(parts=parts)
    if role == "user":
        return HumanMessage(parts=parts)
    if role == "tool":
        return ToolMessage(parts=parts, tool_call_id=raw["tool_call_id"])
    if role != "assistant":
        message = "known roles are system, developer, user, assistant and tool"
        raise ValueError(message)
    if raw.get("function_call"):
        message = "function_call is what calls were before tool_calls: write them as those"
        raise ValueError(message)
    thoughts = text(raw, "reasoning_content") or text(raw, "reasoning")
    calls = [part for call in items(raw, "tool_calls") or () for part in _call(call)]
    more = {"reasoning_details": raw["reasoning_details"]} if raw.get("reasoning_details") else {}
    return AIMessage(
        parts=[
            *([ThinkingPart(thoughts)] if thoughts else ()),
            *parts,
            *calls,
            *([OpaquePart("openrouter", more, "message")] if more else ()),
        ]
    )


def _call(raw: Any) -> Iterator[Part]:
    written = raw["function"].get("arguments") or "{}"
    try:
        arguments = json.loads(written) if isinstance(written, str) else written
    except ValueError:
        arguments = None
    is_object = isinstance(arguments, dict)
    yield ToolCall(raw["id"], raw["function"]["name"], arguments if is_object else {}, None if is_object else written)
    if raw.get("extra_content"):
        yield OpaquePart("gemini", {"extra_content": raw["extra_content"]}, "previous")


def _parts(content: Any) -> Iterator[Part]:
    if isinstance(content, str):
        yield TextPart(content)
        return
    for block in content or ():
        if isinstance(block, str):
            yield TextPart(block)
            continue
        kind = block["type"]
        read = _PARTS.get(kind)
        if read is None:
            yield OpaquePart("anthropic", {name: value for name, value in block.items() if name != "cache_control"})
        else:
            yield read(block)
        known = {"text": _KNOWN_OF_TEXTS, "tool_use": _KNOWN_OF_CALLS}.get(kind)
        more = {} if known is None else {name: value for name, value in block.items() if name not in known and value}
        if more:
            yield OpaquePart("anthropic", more, "previous")
        if block.get("cache_control") or block.get("prompt_cache_breakpoint"):
            yield CachePoint(_TTLS.get(get(block, "cache_control", "ttl") or ""))


def _result(block: Mapping[str, Any]) -> ToolResult:
    parts = list(_parts(block.get("content") or ""))
    return ToolResult(parts=parts, tool_call_id=block["tool_use_id"], is_error=bool(block.get("is_error")))


def _picture(block: Mapping[str, Any]) -> ImagePart:
    image = block["image_url"]
    return ImagePart(url=image["url"], detail=image.get("detail") or "auto")


def _recording(block: Mapping[str, Any]) -> AudioPart:
    audio = block["input_audio"]
    return AudioPart(url=f"data:audio/{audio['format']};base64,{audio['data']}")


def _file(block: Mapping[str, Any]) -> FilePart:
    file = block["file"]
    return FilePart(url=file.get("file_data") or f"file://{file['file_id']}", name=file.get("filename"))


def _media(kind: str, source: Mapping[str, Any], title: str | None) -> ImagePart | FilePart:
    form = source["type"]
    if form == "text":
        return FilePart(data=source["data"].encode(), mime_type="text/plain", name=title)
    url = f"data:{source['media_type']};base64,{source['data']}" if form == "base64" else source.get("url")
    url = url or f"file://{source['file_id']}"
    return ImagePart(url=url) if kind == "image" else FilePart(url=url, name=title)


_PARTS: dict[str, Callable[[Mapping[str, Any]], Part]] = {
    **dict.fromkeys(("text", "input_text", "output_text"), lambda block: TextPart(block["text"])),
    "refusal": lambda block: TextPart(block["refusal"]),
    "image_url": _picture,
    "input_audio": _recording,
    "file": _file,
    "thinking": lambda block: ThinkingPart(block["thinking"], block.get("signature") or None),
    "redacted_thinking": lambda block: ThinkingPart("", REDACTED + block["data"]),
    "tool_use": lambda block: ToolCall(block["id"], block["name"], block["input"]),
    "tool_result": _result,
    "image": lambda block: _media("image", block["source"], None),
    "document": lambda block: _media("document", block["source"], block.get("title")),
}
