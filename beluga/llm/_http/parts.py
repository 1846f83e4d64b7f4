"""How parts of messages are written and read where the providers agree about it."""

from __future__ import annotations

import binascii
import json
from typing import TYPE_CHECKING, Any, Final, NoReturn

from beluga.schema import Tool, ToolCall, tool_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beluga.schema import AudioPart, FilePart, ImagePart

__all__ = ["base64_of", "cannot_say", "data_url", "schema_of", "text_of", "tool_call", "tools_of"]

_NO_ARGUMENTS: Final = frozenset({"", "{}"})


def base64_of(part: ImagePart | AudioPart | FilePart) -> str:
    """Return the bytes of `part` as base64."""
    return binascii.b2a_base64(part.data or b"", newline=False).decode("ascii")


def data_url(part: ImagePart | AudioPart | FilePart) -> str:
    """Return the bytes of `part` as a ``data:`` URL."""
    return f"data:{part.mime_type};base64,{base64_of(part)}"


def cannot_say(provider: str, what: str, instead: str) -> NoReturn:
    """Refuse what a provider has no form for, before anything is sent.

    Raises:
        ValueError: Always.
    """
    message = f"{provider} takes no {what}: {instead}"
    raise ValueError(message)


def text_of(data: dict[str, Any], name: str) -> str:
    """Return the text that the field `name` of an answer holds, empty where it is missing or null.

    Raises:
        TypeError: It holds something else, which must not pass for a text.
    """
    text = data.get(name)
    if isinstance(text, str):
        return text
    if text is None:
        return ""
    message = f"{name} is no text"
    raise TypeError(message)


def tool_call(id: str, name: str, text: str) -> ToolCall:  # noqa: A002 - the field's name
    """Return the tool call whose arguments a model wrote as `text`; they are kept raw where they are no JSON object.

    Example:
        >>> tool_call("call_1", "search", '{"query": "wha')
        ToolCall(id='call_1', name='search', arguments={}, raw='{"query": "wha')
    """
    if text in _NO_ARGUMENTS:
        return ToolCall(id, name)
    try:
        arguments = json.loads(text)
    except (ValueError, RecursionError):
        arguments = None
    return ToolCall(id, name, arguments) if isinstance(arguments, dict) else ToolCall(id, name, raw=text)


def tools_of(tools: Iterable[Any]) -> list[Tool | dict[str, Any]]:
    """Return the tools that ``tools=`` stands for: tools, functions, and what is in the provider's own form already."""
    if isinstance(tools, (str, bytes, dict, Tool)) or callable(tools):
        message = f"tools= is a list of tools, not {type(tools).__name__}"
        raise TypeError(message)
    return [tool if isinstance(tool, dict) else tool_of(tool) for tool in tools]


def schema_of(kind: Any) -> dict[str, Any]:
    """Return the JSON schema that ``schema=`` stands for: one as it is, or that of a type."""
    if isinstance(kind, dict):
        return kind
    from beluga._types.json_schema import json_schema

    return json_schema(kind)
