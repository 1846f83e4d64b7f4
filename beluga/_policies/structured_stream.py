"""Ask a function that gives whole answers for an answer in pieces, with all its layers around them.

The layers do around a stream what they do around any other: `retry` asks again until the first piece has gone out, a
guard holds back what it has to, a breaker and a limiter are the same as of whole answers.
"""

from __future__ import annotations

import inspect
from inspect import Parameter
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, Self, TypeVar, overload

from beluga._engine.stack import Stack
from beluga._engine.target import Kind, Target
from beluga._engine.wrapping import native
from beluga._foreign import usage_of
from beluga._foreign.answers import read
from beluga.schema import Chunk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

__all__ = ["Asking", "Streaming"]

P = ParamSpec("P")
Q = ParamSpec("Q")
C = TypeVar("C")
R_co = TypeVar("R_co", covariant=True)
S_co = TypeVar("S_co", covariant=True)


class Asking(Protocol[P, R_co, S_co]):
    """A function that gives instances, and can show them while they come."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Return the instance."""
        ...

    def stream(self, *args: P.args, **kwargs: P.kwargs) -> S_co:
        """Yield it as far as it is complete, and at last whole; see `structured`."""
        ...

    @overload  # a class method is got from its class
    def __get__(
        self: Asking[Concatenate[type[C], Q], R_co, S_co], instance: None, owner: type[C], /
    ) -> Callable[Q, R_co]: ...
    @overload
    def __get__(self, instance: None, owner: type, /) -> Self: ...
    @overload
    def __get__(
        self: Asking[Concatenate[Any, Q], R_co, S_co], instance: object, owner: type, /
    ) -> Callable[Q, R_co]: ...


class Streaming:
    """What ``ask.stream`` is: the function in pieces, with all its layers.

    Args:
        stack: The layers.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._function: Callable[..., Any] | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Ask, and return the iterator of the instances.

        Raises:
            TypeError: The function cannot be asked for pieces, or one of its layers not be put around them.
        """
        if self._function is None:
            stack = self._stack
            self._function = native(stack if stack.kind.is_stream else Stack(_in_pieces(stack.target), stack.layers))
        return self._function(*args, **kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        return Streaming, (self._stack,)


def _in_pieces(target: Target) -> Target:
    """Return a function of the same parameters that yields what `target` returns in pieces.

    Raises:
        TypeError: It takes no ``stream=``.
    """
    ask = target.function
    parameters = target.signature.parameters.values()
    if not any(each.name == "stream" or each.kind is Parameter.VAR_KEYWORD for each in parameters):
        message = (
            f"{target.name} cannot be asked for pieces: give it a keyword stream=, with which it returns what a model "
            "streams, or make it a generator function"
        )
        raise TypeError(message)

    # Who is read no further is closed, with the connection behind it: neither `yield from` nor `async for` does that.
    def pieces(*args: Any, **kwargs: Any) -> Iterator[Any]:
        answer = _pieces(ask(*args, stream=True, **kwargs), "__iter__", target.name)
        try:
            yield from answer
        finally:
            getattr(answer, "close", _nothing)()

    async def async_pieces(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        answer = _pieces(await ask(*args, stream=True, **kwargs), "__aiter__", target.name)
        if isinstance(answer, tuple):
            for piece in answer:
                yield piece
            return
        try:
            async for piece in answer:
                yield piece
        finally:
            close = getattr(answer, "aclose", getattr(answer, "close", _nothing))
            if inspect.isawaitable(closing := close()):
                await closing

    if target.kind is Kind.ASYNC:
        return Target(async_pieces, Kind.ASYNC_GENERATOR, target.declared)
    return Target(pieces, Kind.GENERATOR, target.declared)


def _nothing() -> None:
    """Close what cannot be closed."""


def _pieces(answer: Any, method: str, name: str) -> Any:
    """Return what was answered if it comes in pieces, a whole answer as one piece.

    Raises:
        TypeError: It is neither.
    """
    whole = read(answer)
    if whole is not None:
        return (Chunk(whole.text, usage=usage_of(answer), finish_reason=whole.reason or None),)
    if not hasattr(answer, method):
        message = f"structured: {name} returned {type(answer).__qualname__} for stream=True, which is no stream"
        raise TypeError(message)
    return answer
