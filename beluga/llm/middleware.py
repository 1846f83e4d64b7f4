"""Middleware: what stands around a model and is a model itself.

For what may repeat or refuse a call there are the decorators; this is for what looks at messages and answers, or
changes them, whoever calls the model and in whichever of the four ways.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

import attrs

from beluga.llm.base import Collector, Model, as_messages

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from beluga.schema import Chunk, Message, Response

__all__ = ["Hooks", "Middleware", "ModelCall", "ModelWrapper", "apply_middleware"]

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


T = TypeVar("T")


@attrs.frozen
class ModelCall:
    """What a model is asked, as hooks see it.

    Args:
        messages: The conversation.
        options: The options.
        streamed: Whether the answer comes in pieces.
    """

    messages: tuple[Message, ...]
    options: dict[str, Any] = attrs.field(factory=dict, hash=False)
    streamed: bool = False


@attrs.frozen(kw_only=True)
class Hooks:
    """Functions that are called at the stations of each call of a model; a middleware.

    Each may return None, which leaves all as it is. In the async calls they may be async functions. What a hook raises
    ends the call, and is seen by the hooks further out.

    Args:
        before: Takes the `ModelCall`; may return another, which is made in its place.
        after: Takes the call and the `Response`; may return another response. A stream has it at its end, put
            together, and does not look at what it returns; one that is left early does not have it.
        on_chunk: Takes the call and each `Chunk` of a stream; may return another chunk.
        on_error: Takes the call and what the model raised; may return another exception to raise from it.

    Raises:
        TypeError: One of them cannot be called.

    Example:
        >>> from beluga.llm import FakeProvider, apply_middleware
        >>> asked = []
        >>> hooks = Hooks(before=lambda call: asked.append(call.messages[0].text))
        >>> model = apply_middleware(FakeProvider("Hello!"), hooks)
        >>> model.generate("Hi").text, asked
        ('Hello!', ['Hi'])
    """

    before: Callable[[ModelCall], Any] | None = None
    after: Callable[[ModelCall, Response], Any] | None = None
    on_chunk: Callable[[ModelCall, Chunk], Any] | None = None
    on_error: Callable[[ModelCall, Exception], Any] | None = None

    def __attrs_post_init__(self) -> None:
        for name in ("before", "after", "on_chunk", "on_error"):
            hook = getattr(self, name)
            if hook is not None and not callable(hook):
                message = f"Hooks: {name}= is a function, not {type(hook).__name__}"
                raise TypeError(message)

    def __call__(self, model: Model) -> Model:
        """Put the hooks around `model`."""
        return HookedModel(model, self)


class HookedModel(ModelWrapper):
    """A model with one set of hooks around it."""

    def __init__(self, inner: Model, hooks: Hooks) -> None:
        super().__init__(inner)
        self._hooks = hooks

    def generate(self, messages: str | Message | Iterable[Message], **options: Any) -> Response:
        hooks = self._hooks
        call = ModelCall(as_messages(messages), options)
        call = _now(hooks.before, call, otherwise=call)
        try:
            response = self.inner.generate(call.messages, **call.options)
        except Exception as error:
            _raise(_now(hooks.on_error, call, error, otherwise=error), error)
        return _now(hooks.after, call, response, otherwise=response)

    async def agenerate(self, messages: str | Message | Iterable[Message], **options: Any) -> Response:
        hooks = self._hooks
        call = ModelCall(as_messages(messages), options)
        call = await _soon(hooks.before, call, otherwise=call)
        try:
            response = await self.inner.agenerate(call.messages, **call.options)
        except Exception as error:
            _raise(await _soon(hooks.on_error, call, error, otherwise=error), error)
        return await _soon(hooks.after, call, response, otherwise=response)

    def stream(self, messages: str | Message | Iterable[Message], **options: Any) -> Iterator[Chunk]:
        hooks = self._hooks
        call = ModelCall(as_messages(messages), options, streamed=True)
        call = _now(hooks.before, call, otherwise=call)
        collector = Collector()
        with closing(self.inner.stream(call.messages, **call.options)) as chunks:
            while True:
                try:
                    chunk = next(chunks, None)
                except Exception as error:
                    _raise(_now(hooks.on_error, call, error, otherwise=error), error)
                if chunk is None:
                    break
                chunk = _now(hooks.on_chunk, call, chunk, otherwise=chunk)
                if hooks.after is not None:
                    collector.add(chunk)
                yield chunk
        if hooks.after is not None:
            hooked = collector.response()
            _now(hooks.after, call, hooked, otherwise=hooked)

    async def astream(self, messages: str | Message | Iterable[Message], **options: Any) -> AsyncIterator[Chunk]:
        hooks = self._hooks
        call = ModelCall(as_messages(messages), options, streamed=True)
        call = await _soon(hooks.before, call, otherwise=call)
        collector = Collector()
        async with aclosing(self.inner.astream(call.messages, **call.options)) as chunks:
            while True:
                try:
                    chunk = await anext(chunks, None)
                except Exception as error:
                    _raise(await _soon(hooks.on_error, call, error, otherwise=error), error)
                if chunk is None:
                    break
                chunk = await _soon(hooks.on_chunk, call, chunk, otherwise=chunk)
                if hooks.after is not None:
                    collector.add(chunk)
                yield chunk
        if hooks.after is not None:
            hooked = collector.response()
            await _soon(hooks.after, call, hooked, otherwise=hooked)


def _now(hook: Callable[..., Any] | None, *args: Any, otherwise: T) -> T:
    """Return what `hook` makes of it, else `otherwise`."""
    if hook is None:
        return otherwise
    made = hook(*args)
    if inspect.isawaitable(made):
        getattr(made, "close", lambda: None)()
        message = f"the hook {_name(hook)} is async and the call is not; use a plain function, or agenerate and astream"
        raise TypeError(message)
    return _checked(hook, made, otherwise)


async def _soon(hook: Callable[..., Any] | None, *args: Any, otherwise: T) -> T:
    """Do what `_now` does, and wait for a hook that is async."""
    if hook is None:
        return otherwise
    made = hook(*args)
    return _checked(hook, await made if inspect.isawaitable(made) else made, otherwise)


def _checked(hook: Callable[..., Any], made: Any, otherwise: T) -> T:
    if made is None:
        return otherwise
    kind = Exception if isinstance(otherwise, Exception) else type(otherwise)
    if not isinstance(made, kind):
        message = f"the hook {_name(hook)} returned {type(made).__name__}; it returns a {kind.__name__}, or None"
        raise TypeError(message)
    checked: T = made  # type: ignore[assignment]  # just looked at
    return checked


def _name(hook: Callable[..., Any]) -> str:
    return getattr(hook, "__qualname__", None) or type(hook).__qualname__


def _raise(made: Exception, error: Exception) -> NoReturn:
    if made is error:
        raise error
    raise made from error
