"""What the providers agree about: parts of messages, JSON bodies, and tool calls on their way.

Of tool calls that is how arguments are told that are not JSON, ids that are missing, and ids that the other side
refuses.
"""

from __future__ import annotations

import binascii
import copy
import hashlib
import itertools
import json
import math
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

from beluga import events
from beluga.schema import Tool, ToolCall, tool_of
from beluga.schema.tools import is_tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from beluga.llm._http import Profile
    from beluga.schema import AudioPart, FilePart, ImagePart, Message

__all__ = [
    "ANSWER",
    "FILE_ID",
    "CallIds",
    "Identities",
    "answer_tool",
    "arguments_of",
    "asks_by_tool",
    "base64_of",
    "cannot_say",
    "compact",
    "data_url",
    "encoded",
    "error_in",
    "is_complete",
    "merged",
    "parsed",
    "rest_of",
    "schema_of",
    "text_of",
    "tool_call",
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


ANSWER: Final = "final_answer"
"""The tool whose call is the answer, where a server takes no schema of an answer."""


def asks_by_tool(profile: Profile, options: Mapping[str, Any]) -> bool:
    """Say whether the answer is asked for as a call of the tool `ANSWER`."""
    return profile.answers_by_tool and options.get("schema") is not None and _FORMATS.isdisjoint(options)


_FORMATS: Final = frozenset({"response_format", "output_config"})


def answer_tool(kind: Any, tools: Iterable[dict[str, Any]]) -> Tool:
    """Return the tool whose call is the answer; its arguments have the form that ``schema=`` stands for.

    Raises:
        ValueError: One of `tools` has its name.
    """
    if any(ANSWER in (tool.get("name"), tool.get("function", {}).get("name")) for tool in tools):
        message = f"a tool called {ANSWER} stands for the answer itself, as this server takes no schema: rename yours"
        raise ValueError(message)
    return Tool(ANSWER, "Give the answer, in this form.", schema_of(kind))


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


_NO_ARGUMENTS: Final = frozenset({"", "{}", "null"})
_LOOSE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def tool_call(id: str, name: str, arguments: Any, *, is_cut: bool = False) -> ToolCall:  # noqa: A002 - the field's name
    """Return the tool call with the arguments that a model gave.

    They are a text or, of some servers, an object; what is not a JSON object, or has a number that JSON cannot hold,
    is kept raw. So is nothing at all where the answer was cut: it may have been going to be something.

    Example:
        >>> tool_call("call_1", "search", '{"query": "wha')
        ToolCall(id='call_1', name='search', arguments={}, raw='{"query": "wha')
    """
    text = arguments if isinstance(arguments, str) else _LOOSE(arguments)
    if not text and is_cut:
        return ToolCall(id, name, raw="")
    if text.strip() in _NO_ARGUMENTS:
        return ToolCall(id, name)
    try:
        parsed = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        parsed = None
    return ToolCall(id, name, parsed) if isinstance(parsed, dict) else ToolCall(id, name, raw=text)


def _refuse(constant: str) -> NoReturn:
    message = f"{constant} is not JSON"
    raise ValueError(message)


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def arguments_of(call: ToolCall, *, raw: bool = True) -> str:
    """Return the arguments of a call as JSON text.

    Args:
        call: The call.
        raw: Whether arguments that are not JSON may stay as the model wrote them; else they become a text in an object.
    """
    if call.raw is not None:
        return call.raw if raw else _LOOSE({"raw": call.raw})
    try:
        return compact(call.arguments)
    except ValueError:
        return _LOOSE(with_finite_numbers(call.arguments))


class CallIds:
    """Gives each tool call of a conversation an id that the server takes; results follow their calls.

    An id that fits stays. Another becomes the hash of itself, so that it is the same in the next request, and cached.

    Args:
        profile: The server.
        messages: The conversation.
    """

    __slots__ = ("_fits", "_messages", "_now", "_taken", "_unique")

    def __init__(self, profile: Profile, messages: Iterable[Message]) -> None:
        self._fits = None if profile.call_ids is None else profile.call_ids.fullmatch
        self._unique = profile.unique_ids
        self._messages = messages
        self._now: dict[str, str] = {}
        self._taken: set[str] | None = None

    def call(self, id: str) -> str:  # noqa: A002 - the field's name
        """Return the id of a call."""
        known = self._now.get(id)
        if known is not None and not self._unique:
            return known
        fits = self._fits is None or self._fits(id) is not None
        made = self._now[id] = id if fits and known is None else self._made(id)
        return made

    def result(self, id: str) -> str:  # noqa: A002 - the field's name
        """Return the id of the call that a result answers."""
        return self._now.get(id) or self.call(id)

    def _made(self, id: str) -> str:  # noqa: A002 - the field's name
        if self._taken is None:
            parts = (part for message in self._messages for part in message.parts)
            self._taken = {part.id for part in parts if isinstance(part, ToolCall)}
        for salt in itertools.count():
            made = hashlib.blake2b(f"{salt}{id}".encode("utf-8", "surrogatepass")).hexdigest()[:9]
            if made not in self._taken:
                self._taken.add(made)
                return made
        raise AssertionError  # the count never ends


class Identities:
    """Gives each tool call of one answer an id: its own, or ``call_1`` and so on where it has none or a used one."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._position = 0

    def of(self, id: str) -> str:  # noqa: A002 - the field's name
        """Return the id of the next call, whose own is `id`."""
        self._position += 1
        numbers = itertools.count(self._position)
        while not id or id in self._used:
            id = f"call_{next(numbers)}"  # noqa: A001 - the field's name
        self._used.add(id)
        return id


def is_complete(arguments: Any) -> bool:
    """Say whether arguments are a whole JSON object, so that nothing can follow them."""
    if not isinstance(arguments, str):
        return True
    return arguments.rstrip().endswith("}") and tool_call("", "any", arguments).raw is None
