"""Tool calls on their way: arguments that are not JSON, ids that are missing, and ids that the other side refuses."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from typing import TYPE_CHECKING, Any, Final, NoReturn

from beluga.llm._http.parts import compact, with_finite_numbers
from beluga.schema import ToolCall

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beluga.llm._http import Profile
    from beluga.schema import Message

__all__ = ["CallIds", "Identities", "arguments_of", "is_complete", "tool_call"]

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
