"""How parts of messages are written and read where the providers agree about it."""

from __future__ import annotations

import binascii
import copy
from typing import TYPE_CHECKING, Any, Final, NoReturn

from beluga.schema import Tool, tool_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from beluga.llm._http.dialect import Profile
    from beluga.schema import AudioPart, FilePart, ImagePart

__all__ = [
    "FILE_ID",
    "base64_of",
    "cannot_say",
    "data_url",
    "merged",
    "rest_of",
    "schema_of",
    "text_of",
    "tools_of",
    "translated",
]


FILE_ID: Final = "file://"
"""What the URL of a file begins with that the provider has already; the rest of it is its id."""


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
    message = f"{name} is not a text"
    raise TypeError(message)


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


def translated(
    options: Mapping[str, Any], translations: Mapping[str, Callable[[Any, Profile], dict[str, Any]]], profile: Profile
) -> dict[str, Any]:
    """Return options as fields of a request: beluga's names in the server's words, others as they are.

    A field that the caller names himself goes before one that an option of ours means, also where it is None, which
    leaves it out.
    """
    wire: dict[str, Any] = {}
    for name, value in options.items():
        if value is None:
            continue
        translate = translations.get(name)
        if translate is None:
            wire[name] = value
            continue
        fields = translate(value, profile).items()
        wire.update((field, meant) for field, meant in fields if field == name or field not in options)
    return wire


def rest_of(data: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """Return the fields that a dialect does not know, without those that say nothing."""
    return {name: value for name, value in data.items() if name not in known and value not in _NOTHING}


def merged(whole: dict[str, Any], more: dict[str, Any]) -> None:
    """Put a fragment into what came of an object before it.

    Texts grow, but for those that name something; lists grow, and of objects with an ``index`` those of one index are
    one.
    """
    for name, value in more.items():
        known = whole.get(name)
        if isinstance(known, dict) and isinstance(value, dict):
            merged(known, value)
        elif isinstance(known, list) and isinstance(value, list):
            for item in value:
                _put(known, item)
        elif isinstance(known, str) and isinstance(value, str) and name not in _NAMING:
            whole[name] = known + value
        elif value is not None:
            whole[name] = copy.deepcopy(value)


def _put(items: list[Any], item: Any) -> None:
    index = item.get("index") if isinstance(item, dict) else None
    for known in items if index is not None else ():
        if isinstance(known, dict) and known.get("index") == index and known.get("type") == item.get("type"):
            merged(known, item)
            return
    items.append(copy.deepcopy(item))


_NOTHING: Final[tuple[Any, ...]] = (None, "", [], {})
_NAMING: Final = frozenset({"type", "id", "format", "role", "name"})
