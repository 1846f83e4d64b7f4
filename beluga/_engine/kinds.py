"""Which of the four kinds a callable is, and which callables cannot be decorated at all."""

from __future__ import annotations

import enum
import functools
import inspect
from typing import Any

__all__ = ["EVERY_KIND", "Kind", "kind_of"]


class Kind(enum.Enum):
    """How a function gives its result."""

    SYNC = "function"
    ASYNC = "async function"
    GENERATOR = "generator function"
    ASYNC_GENERATOR = "async generator function"

    @property
    def is_async(self) -> bool:
        """Whether the caller awaits it."""
        return self in (Kind.ASYNC, Kind.ASYNC_GENERATOR)

    @property
    def is_stream(self) -> bool:
        """Whether it gives many items instead of one value."""
        return self in (Kind.GENERATOR, Kind.ASYNC_GENERATOR)


EVERY_KIND = frozenset(Kind)

_FIXES: tuple[tuple[tuple[type, ...], str], ...] = (
    ((type,), "decorate its methods, or the function that builds instances"),
    ((property, functools.cached_property), "put the decorator under it, on the function"),
    ((functools.partialmethod,), "decorate the function before making it a partialmethod"),
)


def kind_of(target: Any) -> Kind:
    """Say which kind `target` is.

    Raises:
        TypeError: It cannot be decorated; the message says what to decorate instead.
    """
    for types, fix in _FIXES:
        if isinstance(target, types):
            message = f"cannot decorate the {type(target).__name__} {_name(target)}: {fix}"
            raise TypeError(message)
    if inspect.iscoroutine(target) or inspect.isgenerator(target) or inspect.isasyncgen(target):
        message = f"cannot decorate a running {type(target).__name__}: decorate the function, not its call"
        raise TypeError(message)
    if not callable(target):
        message = f"cannot decorate {type(target).__name__}: it is not callable"
        raise TypeError(message)
    for candidate in (target, getattr(type(target), "__call__", None)):  # noqa: B004 - its code, not whether
        kind = _declared_kind(candidate)
        if kind is not Kind.SYNC:
            return kind
    return Kind.SYNC


def _declared_kind(target: Any) -> Kind:
    if inspect.isasyncgenfunction(target):
        return Kind.ASYNC_GENERATOR
    if inspect.iscoroutinefunction(target):
        return Kind.ASYNC
    if inspect.isgeneratorfunction(target):
        return Kind.GENERATOR
    return Kind.SYNC


def _name(target: Any) -> str:
    return repr(getattr(target, "__qualname__", type(target).__qualname__))
