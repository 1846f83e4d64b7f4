"""Middleware: what stands around a model and is a model itself.

For what may repeat or refuse a call there are the decorators; this is for what looks at messages and answers, or
changes them, whoever calls the model and in whichever of the four ways.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, Self

from beluga.llm.base import Model

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beluga.schema import Chunk, Message, Response

__all__ = ["Middleware", "ModelWrapper", "apply_middleware"]

Middleware = Callable[[Model], Model]
"""Takes a model and returns one that does something around it."""


def apply_middleware(model: Model, *middleware: Middleware) -> Model:
    """Put `middleware` around a model, the first one outermost.

    Args:
        model: Any model.
        middleware: `Hooks`, subclasses of `ModelWrapper`, or functions that take a model and return one.

    Raises:
        TypeError: One of them cannot be called, or returned no model.
    """
    for layer in reversed(middleware):
        if not callable(layer):
            message = f"a middleware takes a model and returns one; {type(layer).__name__} cannot be called"
            raise TypeError(message)
        model = layer(model)
        if not isinstance(model, Model):
            message = f"a middleware returns a model, and {layer!r} returned {type(model).__name__}"
            raise TypeError(message)
    return model


class ModelWrapper:
    """A model that passes everything on to another one; override what should be different.

    Args:
        inner: The other one.

    Example:
        >>> class Terse(ModelWrapper):
        ...     def generate(self, messages, **options):
        ...         return super().generate(messages, **{"max_tokens": 100, **options})
    """

    def __init__(self, inner: Model) -> None:
        self.inner: Model = inner

    def generate(self, messages: str | Message | Iterable[Message], **options: Any) -> Response:
        """Return the whole answer."""
        return self.inner.generate(messages, **options)

    async def agenerate(self, messages: str | Message | Iterable[Message], **options: Any) -> Response:
        """Return the whole answer, without blocking the event loop."""
        return await self.inner.agenerate(messages, **options)

    def stream(self, messages: str | Message | Iterable[Message], **options: Any) -> Iterator[Chunk]:
        """Yield the answer in pieces."""
        with closing(self.inner.stream(messages, **options)) as chunks:
            yield from chunks

    async def astream(self, messages: str | Message | Iterable[Message], **options: Any) -> AsyncIterator[Chunk]:
        """Yield the answer in pieces, without blocking the event loop."""
        async with aclosing(self.inner.astream(messages, **options)) as chunks:
            async for chunk in chunks:
                yield chunk

    def close(self) -> None:
        """Close the other one, where it can be closed."""
        close = getattr(self.inner, "close", None)
        if close is not None:
            close()

    async def aclose(self) -> None:
        """Close the other one, where it can be closed."""
        aclose = getattr(self.inner, "aclose", None)
        if aclose is not None:
            await aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} around {self.inner!r}>"


@contextlib.contextmanager
def closing(chunks: Iterator[Chunk]) -> Iterator[Iterator[Chunk]]:
    """Close a stream at the end of the block, where it can be closed."""
    try:
        yield chunks
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()


@contextlib.asynccontextmanager
async def aclosing(chunks: AsyncIterator[Chunk]) -> AsyncIterator[AsyncIterator[Chunk]]:
    """Close an async stream at the end of the block, where it can be closed."""
    try:
        yield chunks
    finally:
        aclose = getattr(chunks, "aclose", None)
        if aclose is not None:
            await aclose()
