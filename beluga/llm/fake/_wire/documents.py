"""JSON bodies, read with an eye on what is wrong, and where; and bodies and headers written as the providers do."""

from __future__ import annotations

import functools
import json
import math
import re
from json.encoder import encode_basestring as quoted
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar

from beluga.clock import environment
from beluga.schema import HumanMessage, ToolMessage, ToolResult
from beluga.schema.usage import LIMIT_HEADERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from beluga.llm.fake.faults import Fault
    from beluga.schema import Message, Part, ToolCall

__all__ = [
    "Invalid",
    "arguments_of",
    "each",
    "encode",
    "fragments",
    "limits",
    "member",
    "parsed_arguments",
    "quoted",
    "read_object",
    "retry_after",
    "said_by_user",
    "utf8",
]

T = TypeVar("T")
Kind = Literal["missing", "type", "value"]

_REQUIRED: Any = object()
_NAMES = {
    str: "a string", int: "an integer", bool: "a boolean", list: "an array", dict: "an object",
    float: "a number", type(None): "null",
}  # fmt: skip


class Invalid(Exception):
    """A request that a provider would refuse; each dialect has its own words for it.

    Args:
        path: Where, from the top of the body.
        kind: Whether a value is missing, of the wrong type, or wrong.
        problem: For a wrong type what was expected and came, for a wrong value what is wrong.
    """

    def __init__(self, path: tuple[str | int, ...], kind: Kind, problem: str = "") -> None:
        super().__init__(path, kind, problem)
        self.path = path
        self.kind: Kind = kind
        self.problem = problem

    def below(self, *steps: str | int) -> Invalid:
        """Return this problem as seen from further up."""
        return Invalid((*steps, *self.path), self.kind, self.problem)


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in `body`.

    Raises:
        Invalid: It is not one.
    """
    try:
        text = body.decode()
        document = _DECODER.decode(text)
        if "\\u" in text:
            _ENCODER.encode(document).encode()  # half of a surrogate pair is a ValueError here
    except (ValueError, RecursionError):
        problem = "the body is not valid JSON" if body else "the body is empty; a JSON object is wanted"
        raise Invalid((), "value", problem) from None
    if not isinstance(document, dict):
        raise Invalid((), "type", f"expected an object, but got {_kind(document)}")
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
"""Made once, as `_ENCODER` is."""


def member(source: Any, name: str, kind: type[T], default: Any = _REQUIRED) -> T:
    """Return ``source[name]``, which is of `kind`; null counts as absent where there is a default.

    Raises:
        Invalid: It is missing or of another type.
    """
    if not isinstance(source, dict):
        raise Invalid((), "type", f"expected an object, but got {_kind(source)}")
    value = source.get(name)
    if type(value) is kind:
        return value
    if value is None and (default is not _REQUIRED or name not in source):
        if default is _REQUIRED:
            raise Invalid((name,), "missing")
        return default  # type: ignore[no-any-return]  # whoever gives a default knows its type
    raise Invalid((name,), "type", f"expected {_NAMES[kind]}, but got {_kind(value)}")


def each(items: Iterable[Any], name: str, read: Callable[[Any], T]) -> list[T]:
    """Return what `read` makes of each of the `items`, which stand under `name`.

    Raises:
        Invalid: One is refused; records of the schema refuse by a TypeError or ValueError.
    """
    done: list[T] = []
    try:
        for item in items:
            done.append(read(item))  # noqa: PERF401 - the length of the list tells which one failed
    except Invalid as problem:
        raise problem.below(name, len(done)) from None
    except (TypeError, ValueError) as error:
        raise Invalid((name, len(done)), "value", str(error)) from None
    return done


def said_by_user(parts: list[Part]) -> list[Message]:
    """Return the messages of a user's turn: each result of a tool at its beginning is one of its own."""
    results: list[Message] = []
    rest = list(parts)
    while rest and isinstance(result := rest[0], ToolResult):
        del rest[0]
        results.append(ToolMessage(None, result.tool_call_id, result.is_error, parts=result.parts))
    return [*results, HumanMessage(parts=rest)] if rest else results


def parsed_arguments(text: str) -> tuple[dict[str, Any], str | None]:
    """Return a tool call's arguments, and the text itself where it is not a JSON object."""
    try:
        arguments = json.loads(text)
    except (ValueError, RecursionError):
        return {}, text
    return (arguments, None) if isinstance(arguments, dict) else ({}, text)


def _kind(value: Any) -> str:
    return _NAMES.get(type(value), "something else")


# Made once: json.dumps with options makes an encoder for each call, which is as long as a small answer takes.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)


def encode(document: Any) -> bytes:
    """Return `document` as JSON."""
    return utf8(_ENCODER.encode(document))


def utf8(text: str) -> bytes:
    """Return JSON as bytes; half of a surrogate pair, which UTF-8 cannot hold, becomes an escape."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="backslashreplace")


def arguments_of(call: ToolCall) -> str:
    """Return the arguments of a tool call as the model wrote them."""
    return encode(call.arguments).decode() if call.raw is None else call.raw


def fragments(text: str) -> list[str]:
    """Cut `text` into pieces as long as a token may be."""
    return _FRAGMENT.findall(text)


_FRAGMENT = re.compile(r".{1,12}", re.DOTALL)


_REQUESTS = 10_000
_TOKENS = 2_000_000
_RESET = 1.0
"""Seconds until a limit is whole again, unless a fault says otherwise."""


def limits(family: str, number: int, fault: Fault | None) -> tuple[tuple[str, str], ...]:
    """Return the headers in which servers of a `family` of `LIMIT_HEADERS` tell their limits; none for an empty one."""
    if not family:
        return ()
    requests, seconds = _left(number, fault)
    if family in _MOMENTS:
        seconds = int(environment().clock.time() + seconds)
    left, frame = _frame(family, seconds)
    return (left, str(requests)), *frame


_MOMENTS = frozenset({"anthropic", "openrouter"})
"""Who tells the moment at which a limit is whole again, and not the seconds until then."""


# What is the same for every call of a second is made once: the headers are else a third of an exchange.
@functools.lru_cache(maxsize=64)
def _frame(family: str, reset: float) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the name of the header that tells the requests that are left, and all other headers."""
    left, told = "", []
    for name, (bucket, figure) in LIMIT_HEADERS[family].items():
        if (bucket, figure) == ("requests", "remaining"):
            left = name
        elif figure == "reset":
            told.append((name, _RESETS.get(family, "{:g}".format)(reset)))
        else:
            told.append((name, str(_REQUESTS if bucket == "requests" else _TOKENS)))
    return left, tuple(told)


def retry_after(seconds: float | None) -> tuple[tuple[str, str], ...]:
    """Return the headers that ask to wait: whole seconds by RFC 9110, and the exact time in milliseconds."""
    if seconds is None:
        return ()
    return ("retry-after", str(math.ceil(seconds))), ("retry-after-ms", f"{seconds * 1000:g}")


def _left(number: int, fault: Fault | None) -> tuple[int, float]:
    """Return the requests that are left after call `number`, and the seconds until all are back."""
    if fault is not None and fault.name == "rate_limit":
        return 0, fault.retry_after or _RESET
    return max(0, _REQUESTS - number), _RESET


def _go_duration(seconds: float) -> str:
    """Return ``12ms``, ``1s`` or ``6m0s``."""
    if seconds < 1.0:
        return f"{round(seconds * 1000)}ms"
    minutes, rest = divmod(seconds, 60.0)
    return f"{minutes:.0f}m{rest:g}s" if minutes else f"{rest:g}s"


def _rfc_3339(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_RESETS: dict[str, Callable[[float], str]] = {
    "openai": _go_duration,
    "anthropic": _rfc_3339,
    "openrouter": lambda moment: f"{moment * 1000:.0f}",
}
