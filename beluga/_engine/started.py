"""A stream whose first step has been taken, so that whoever answers a request knows that it has begun well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Iterable, Iterator

__all__ = ["started"]

T = TypeVar("T")
_NOTHING: Any = object()


@overload
def started(stream: AsyncIterable[T]) -> Awaitable[AsyncIterator[T]]: ...
@overload
def started(stream: Iterable[T]) -> Iterator[T]: ...
def started(stream: Any) -> Any:
    """Take the first step of `stream`, and return a stream of the same items.

    A stream does nothing before its first step. What refuses it then, such as a rate limit, is raised there; in a web
    framework that is after the head of a good answer went out. Here it is raised before, and can still become a 429.
    An async stream is awaited: ``await started(stream)``. Closing what is returned closes the stream.

    Args:
        stream: A generator or any other iterable; sync or async.

    Raises:
        TypeError: It is not iterable.

    Example:
        >>> from beluga import RateLimited, rate_limited
        >>> @rate_limited(limit=1, window=60.0)
        ... def answer():
        ...     yield "fine"
        >>> list(started(answer()))
        ['fine']
        >>> try:
        ...     stream = started(answer())
        ... except RateLimited as error:
        ...     print(429, error.retry_after_header)
        429 60
    """
    if hasattr(stream, "__aiter__"):
        return _begin(aiter(stream))
    if not hasattr(stream, "__iter__"):
        message = f"started takes a stream, sync or async, not {type(stream).__name__}"
        raise TypeError(message)
    items = iter(stream)
    return _Started(next(items, _NOTHING), items)


async def _begin(items: AsyncIterator[T]) -> AsyncIterator[T]:
    return _AsyncStarted(await anext(items, _NOTHING), items)


class _Started(Generic[T]):
    """The rest of a stream with its first item in front."""

    def __init__(self, first: T, rest: Iterator[T]) -> None:
        self._first, self._rest = first, rest

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        first, self._first = self._first, _NOTHING
        return next(self._rest) if first is _NOTHING else first

    def close(self) -> None:
        """Close the stream, if it can be closed."""
        self._first = _NOTHING
        close = getattr(self._rest, "close", None)
        if close is not None:
            close()


class _AsyncStarted(Generic[T]):
    """The same of an async stream."""

    def __init__(self, first: T, rest: AsyncIterator[T]) -> None:
        self._first, self._rest = first, rest

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        first, self._first = self._first, _NOTHING
        return await anext(self._rest) if first is _NOTHING else first

    async def aclose(self) -> None:
        """Close the stream, if it can be closed."""
        self._first = _NOTHING
        close = getattr(self._rest, "aclose", None)
        if close is not None:
            await close()
