"""Functions that are called at the stations of each call of a model."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import attrs

from beluga.llm.base import as_messages
from beluga.llm.collecting import Collector
from beluga.llm.middleware import ModelWrapper, aclosing, closing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

    from beluga.llm.base import Model
    from beluga.schema import Chunk, Message, Response

__all__ = ["Hooks", "ModelCall"]

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
