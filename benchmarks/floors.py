"""The floors that every figure is a ratio to: what the least possible wrapper of the same kind costs."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

__all__ = [
    "ITEMS",
    "answer",
    "answer_async",
    "numbers",
    "numbers_async",
    "pass_through",
    "pass_through_async",
    "refuse",
]

ITEMS = 100
"""How many items the streams give."""


def answer(question: Any) -> Any:
    """Return at once: the least that a function can do."""
    return question


async def answer_async(question: Any) -> Any:
    """Return at once, awaited."""
    return question


def numbers(count: int) -> Iterator[int]:
    """Give `count` items."""
    yield from range(count)


async def numbers_async(count: int) -> AsyncIterator[int]:
    """Give `count` items."""
    for number in range(count):
        yield number


def pass_through(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap `function` in a closure that only calls it."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def pass_through_async(function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Wrap an async `function` in a coroutine that only awaits it."""

    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await function(*args, **kwargs)

    return wrapper


class Refusal(Exception):
    """What the bare refusal raises."""


def refuse(opened: list[bool], kind: type[Exception] = Refusal) -> Callable[[Any], Any]:
    """Return a function that raises `kind` while `opened` holds true, behind the pass-through closure."""

    def function(question: Any) -> Any:
        if opened[0]:
            message = "circuit open"
            raise kind(message)
        return question

    return pass_through(function)
