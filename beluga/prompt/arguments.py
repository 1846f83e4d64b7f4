"""What may be given for each argument of a prompt, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from beluga.prompt.sections import Section, as_messages
from beluga.schema import CachePoint, HumanMessage, Message, SystemMessage, tool_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from beluga.schema import Tool

__all__ = [
    "as_budget",
    "as_flags",
    "as_history",
    "as_input",
    "as_point",
    "as_role",
    "as_sections",
    "as_static",
    "as_tools",
]


def as_tools(tools: Iterable[Tool | Callable[..., Any]]) -> tuple[Tool, ...]:
    """Return tools in their order, described where functions were given."""
    described = tuple(tool_of(tool) for tool in _in_order("tools", tools))
    names = [tool.name for tool in described]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        msg = f"each tool has a name of its own; given more than once: {', '.join(twice)}"
        raise ValueError(msg)
    return described


def as_static(parts: Iterable[str | Message]) -> tuple[Message, ...]:
    """Return the messages of the static context."""
    listed = _in_order("static_context", parts)
    if any(isinstance(part, Section) for part in listed):
        msg = "what depends on a condition or priority goes into dynamic_context: static_context is cached as it is"
        raise TypeError(msg)
    return tuple(message for part in listed for message in as_messages(part, SystemMessage))


def as_history(messages: Iterable[Message]) -> tuple[Message, ...]:
    """Return a conversation as it was."""
    listed = _in_order("history", messages)
    for message in listed:
        if not isinstance(message, Message):
            msg = f"history is a list of messages of beluga.schema, and has a {type(message).__name__}"
            raise TypeError(msg)
        if isinstance(message, SystemMessage):
            msg = "history is what user and model said; a SystemMessage goes into system_prompt or static_context"
            raise TypeError(msg)
    return listed


def as_input(given: str | HumanMessage | None) -> HumanMessage | None:
    """Return what the user says now."""
    if given is None or isinstance(given, HumanMessage):
        return given
    if not isinstance(given, str):
        msg = f"user_input is a str or a HumanMessage, not {type(given).__name__}"
        raise TypeError(msg)
    return HumanMessage(given)


def as_point(given: bool | CachePoint | None) -> CachePoint | None:
    """Return the cache point that was asked for, or None."""
    if not isinstance(given, (bool, CachePoint)) and given is not None:
        msg = f"cache_breakpoint is True, False or a CachePoint, not {type(given).__name__}"
        raise TypeError(msg)
    return given if isinstance(given, CachePoint) else CachePoint() if given else None


def as_budget(given: int | None) -> int | None:
    """Return a number of tokens, or None for no budget."""
    if given is not None and (type(given) is not int or given < 1):
        msg = f"budget is a whole number of tokens, at least 1, or None, not {given!r}"
        raise ValueError(msg)
    return given


def as_role(role: str | None) -> str | None:
    """Return the role of a user."""
    if role is not None and not isinstance(role, str):
        msg = f"role is a str or None, not {type(role).__name__}"
        raise TypeError(msg)
    return role


def as_flags(flags: Iterable[str]) -> frozenset[str]:
    """Return the flags that are on."""
    if isinstance(flags, str) or not isinstance(flags, Iterable):
        msg = f"flags is a list or set of names, not a {type(flags).__name__}; write [...] around a single one"
        raise TypeError(msg)
    named = frozenset(flags)
    for each in named:
        if not isinstance(each, str):
            msg = f"the name of a flag is a str, not {type(each).__name__}"
            raise TypeError(msg)
    return named


def as_sections(parts: Iterable[Any]) -> tuple[Section, ...]:
    """Return the dynamic context as sections; what is empty is left out."""
    listed = _in_order("dynamic_context", parts)
    sections = (part if isinstance(part, Section) else Section(part) for part in listed)
    return tuple(section for section in sections if section.content)


def _in_order(name: str, parts: Iterable[Any]) -> tuple[Any, ...]:
    """Return `parts` as a tuple; refuse a single text, and sets, whose order changes from run to run."""
    if isinstance(parts, (str, bytes, Message, set, frozenset)) or not isinstance(parts, Iterable):
        msg = f"{name} is a list, in the order that the model is to see, not a {type(parts).__name__}"
        raise TypeError(msg)
    return tuple(parts)
