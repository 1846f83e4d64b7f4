"""How parts of messages and JSON bodies are written and read where the providers agree about it."""

from __future__ import annotations

import binascii
import copy
import json
import math
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

from beluga import events
from beluga.schema import Tool, tool_of
from beluga.schema.tools import is_tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from beluga.llm._http import Profile
    from beluga.schema import AudioPart, FilePart, ImagePart

__all__ = [
    "FILE_ID",
    "base64_of",
    "cannot_say",
    "compact",
    "data_url",
    "encoded",
    "error_in",
    "merged",
    "parsed",
    "rest_of",
    "schema_of",
    "text_of",
    "tools_of",
    "translated",
    "with_finite_numbers",
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


def tools_of(tools: Iterable[Any], *, own: str) -> list[Tool | dict[str, Any]]:
    """Return the tools that ``tools=`` stands for.

    Args:
        tools: Tools, functions, pydantic models, and dicts in the shape of OpenAI, Anthropic or MCP.
        own: The field by which a dict is known that the provider takes as it is; one that is nobody's stays, too, as
            the tools that a provider runs itself are.
    """
    if isinstance(tools, (str, bytes, dict, Tool)) or callable(tools):
        message = f"tools= is a list of tools, not {type(tools).__name__}"
        raise TypeError(message)
    return [tool if isinstance(tool, dict) and (own in tool or not is_tool(tool)) else tool_of(tool) for tool in tools]


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


_PLAIN_WORD: Final = re.compile(r"[a-z][a-z_]{0,63}")

compact: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
"""Return a value as JSON text; NaN and the infinities are a ValueError."""


def encoded(body: dict[str, Any], provider: str) -> bytes:
    """Return a request's JSON in UTF-8.

    What no server would take, in any text or number of a conversation, would be in each of its later requests too, so
    it is replaced: half of a surrogate pair by U+FFFD, NaN and the infinities by their names.
    """
    try:
        text = compact(body)
    except ValueError:
        text = compact(with_finite_numbers(body))
        _tell(provider, "a number that JSON cannot hold became its name")
    try:
        return text.encode()
    except UnicodeEncodeError:
        _tell(provider, "half of a surrogate pair became U+FFFD")
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def with_finite_numbers(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {name: with_finite_numbers(inner) for name, inner in value.items()}
    return [with_finite_numbers(inner) for inner in value] if isinstance(value, list | tuple) else value


def _tell(provider: str, what: str) -> None:
    if events.listening():
        events.emit(events.RequestMended(provider, what))


def parsed(content: bytes) -> Any:
    """Return the JSON of a body, or None where it is not JSON."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def error_in(body: Any) -> dict[str, Any] | None:
    """Return the error that a body, or an event of a stream, tells in one of the ways in use, as ``{"error": {...}}``.

    Example:
        >>> error_in({"object": "error", "code": "429"}), error_in([{"error": "overloaded"}]), error_in({"error": None})
        ({'error': {'object': 'error', 'code': '429'}}, {'error': {'type': 'overloaded'}}, None)
    """
    if isinstance(body, list) and len(body) == 1:
        body = body[0]  # Gemini's compatible endpoint
    if not isinstance(body, dict):
        return None
    error = body.get("error")
    if error:
        if isinstance(error, dict):
            return body
        is_word = isinstance(error, str) and _PLAIN_WORD.fullmatch(error)
        return {**body, "error": {"type" if is_word else "message": error}}
    if body.get("object") == "error" or (body.get("type") == "error" and "error" not in body):
        return {"error": body}  # vLLM and Mistral; OpenAI's Responses
    return None
