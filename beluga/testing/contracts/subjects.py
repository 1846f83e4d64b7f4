"""The functions under test: one of every kind, and in every shape that can be decorated."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any

from beluga._engine.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BodyError", "collected", "outcome", "shaped", "subject"]


class BodyError(Exception):
    """What a function under test fails with."""


async def collected(stream: Any) -> list[Any]:
    """Return the items of an async stream."""
    return [item async for item in stream]


def subject(kind: Kind, error: BaseException | None = None, *, late: bool = False) -> Callable[..., Any]:
    """Return a function of `kind` that gives its text back, or its letters, and fails with `error` if told to.

    Args:
        kind: Of the function.
        error: What it raises; None lets it end well.
        late: Whether a stream raises after its items, not before them.
    """
    early = None if late else error

    def sync(text: str = "hello", *, key: str = "k") -> str:
        """Give the text back."""
        if error is not None:
            raise error
        return text

    async def asynchronous(text: str = "hello", *, key: str = "k") -> str:
        """Give the text back."""
        await asyncio.sleep(0)
        if error is not None:
            raise error
        return text

    def generator(text: str = "hello", *, key: str = "k") -> Any:
        """Give the text back."""
        if early is not None:
            raise early
        yield from text
        if error is not None:
            raise error
        return "returned"

    async def async_generator(text: str = "hello", *, key: str = "k") -> Any:
        """Give the text back."""
        await asyncio.sleep(0)
        if early is not None:
            raise early
        for letter in text:
            yield letter
        if error is not None:
            raise error

    return _of_kind(kind, sync, asynchronous, generator, async_generator)


def outcome(kind: Kind, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call `function` and return all that it gives, a stream's items joined."""
    if kind is Kind.SYNC:
        return function(*args, **kwargs)
    if kind is Kind.GENERATOR:
        return "".join(function(*args, **kwargs))
    if kind is Kind.ASYNC:
        return asyncio.run(function(*args, **kwargs))
    return "".join(asyncio.run(collected(function(*args, **kwargs))))


def shaped(shape: str, kind: Kind, decorate: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return something callable that is no plain function, decorated."""
    plain = subject(kind)
    if shape == "partial":
        return decorate(functools.partial(plain, key="other"))  # type: ignore[no-any-return]
    owner: dict[str, Any] = {"plain": plain}
    if shape == "object":
        owner["__call__"] = _as_method(kind)
        return decorate(type("Owner", (), owner)())  # type: ignore[no-any-return]
    if shape == "method":
        return type("Owner", (), {"ask": decorate(_as_method(kind))})().ask  # type: ignore[no-any-return]
    if shape == "bound method":
        return decorate(type("Owner", (), {"ask": _as_method(kind)})().ask)  # type: ignore[no-any-return]
    if shape == "classmethod":
        return type("Owner", (), {"ask": decorate(classmethod(_as_method(kind)))}).ask  # type: ignore[attr-defined, no-any-return]
    return type("Owner", (), {"ask": decorate(staticmethod(plain))}).ask  # type: ignore[attr-defined, no-any-return]


def _as_method(kind: Kind) -> Callable[..., Any]:
    plain = subject(kind)

    def sync(self: Any, text: str = "hello", *, key: str = "k") -> Any:
        return plain(text, key=key)

    async def asynchronous(self: Any, text: str = "hello", *, key: str = "k") -> Any:
        return await plain(text, key=key)

    def generator(self: Any, text: str = "hello", *, key: str = "k") -> Any:
        yield from plain(text, key=key)

    async def async_generator(self: Any, text: str = "hello", *, key: str = "k") -> Any:
        async for item in plain(text, key=key):
            yield item

    return _of_kind(kind, sync, asynchronous, generator, async_generator)


def _of_kind(
    kind: Kind,
    sync: Callable[..., Any],
    asynchronous: Callable[..., Any],
    generator: Callable[..., Any],
    async_generator: Callable[..., Any],
) -> Callable[..., Any]:
    """Return the one of four functions that is of `kind`."""
    if kind.is_stream:
        return async_generator if kind.is_async else generator
    return asynchronous if kind.is_async else sync
