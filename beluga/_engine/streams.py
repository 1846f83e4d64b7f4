"""The drivers of generator and async generator functions.

A stream is entered at its first step, not when it is created, and every way out of it (exhaustion, ``break``,
``close``, ``throw``, an exception, cancellation, garbage collection) leaves every layer exactly once.
Values sent or thrown in and the return value pass through.

Each item would pass as many frames as there are layers if each layer wrapped a generator around the next one. Here it
passes one, the driver's, and one more only where some layer looks at items:

    next(stream) -> wrapper -> source                                  no layer looks: nothing is in between
    next(stream) -> wrapper -> watched(observer, source)              layers that look on, such as a span or a budget
    next(stream) -> wrapper -> filtered(layers, source)               layers that change items, such as a guard

    steps = enter_layers -> Run -> leave_layers        what comes next is the interpreter's affair, as for plain calls:
                                                       after `Again`, say, it yields Run once more

Between two items the consumer runs, for as long as it likes and in whatever context: it may be another task or
thread by then. So what is ambient (a current span, a deadline) is taken back before each ``yield`` and set after it.

The sync and the async half are twins, line by line, as one cannot await in the other; each frame that they could
share would cost 25 ns an item.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterable
from types import AsyncGeneratorType, GeneratorType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from beluga._engine.call import Outcome
from beluga._engine.drivers import new_call, perform, perform_async
from beluga._engine.interpreter import Invoke, enter_layers, interpret, leave_layers, let_go
from beluga._engine.stream_layers import (
    StreamDeadline,
    StreamLayers,
    filtered,
    filtered_async,
    watched,
    watched_async,
)
from beluga._engine.timeouts import await_until

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterable, Iterator

    from beluga._engine.call import Call
    from beluga._engine.interpreter import Step
    from beluga._engine.stack import Stack

    Lead = Callable[[Call], Generator[Step, Outcome, Outcome]]

__all__ = ["async_generator_driver", "generator_driver", "started"]

T = TypeVar("T")
_NOTHING: Any = object()


def generator_driver(  # noqa: C901 - the items must not pass another frame
    stack: Stack, lead: Lead | None = None
) -> Callable[..., Any]:
    """Return a generator function that runs the stack's target through its layers."""
    healthy = Invoke(stack.target.function, stack.depth)

    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:  # noqa: C901 - the same
        call = new_call(stack, args, kwargs)
        try:
            steps = _steps(call, healthy) if lead is None else lead(call)
            outcome: Any = None
            while True:
                try:
                    step = steps.send(outcome)
                except StopIteration as done:
                    outcome = done.value
                    break
                if not isinstance(step, Invoke):
                    outcome = perform(call, step)
                    continue
                # Handed out right here: each frame that the items go through takes 25 ns an item.
                source = None
                try:
                    source = _opened(call, step)
                    item = next(source)
                    call.items = 1
                    while True:
                        try:
                            sent = yield item
                        except GeneratorExit:
                            source.close()
                            raise
                        except BaseException as thrown:
                            item = source.throw(thrown)
                        else:
                            if sent is None:  # the rest needs no help from here
                                outcome = Outcome((yield from source))
                                break
                            item = source.send(sent)
                except StopIteration as done:
                    outcome = Outcome(done.value)
                except BaseException as error:
                    outcome = Outcome(error=error)
                    _close(source)
        except BaseException:  # of a signal handler, in a line of the engine's own
            let_go(call, *stack.holders)
            raise
        if outcome.error is None:
            return outcome.value
        raise outcome.release()

    return wrapper


def _steps(call: Call, healthy: Invoke) -> Generator[Step, Outcome, Outcome]:
    """Lead a stream as `interpret` does, but in a quarter of the time while it is healthy."""
    outcome: Outcome | None
    entered, verdict, outcome = enter_layers(call)
    if outcome is None and verdict is None:
        outcome = yield healthy
        if outcome.error is None:
            entered, verdict, outcome = leave_layers(call, outcome, call.stack.depth)
    if entered or outcome is None:
        outcome = yield from interpret(call, entered, verdict, outcome)
    return outcome


def _opened(call: Call, run: Invoke) -> Any:
    call.sent = True
    source: Any = run.function(*call.args, **call.kwargs)
    if type(source) is not GeneratorType:
        source = _each(source)
    items = StreamLayers.of(call, run.depth)
    if items is None:
        return source
    if items.filtered:
        return filtered(items, source)
    return items.watch.items(source) if isinstance(items.watch, StreamDeadline) else watched(call, items.watch, source)


def _close(source: Any) -> None:
    """Close a stream that has failed; only where a signal came between two of its steps it is not over yet."""
    if source is not None:
        with contextlib.suppress(Exception):
            source.close()


def _each(items: Iterable[Any]) -> Generator[Any, Any, Any]:
    yield from items


def async_generator_driver(  # noqa: C901 - the same
    stack: Stack, lead: Lead | None = None
) -> Callable[..., Any]:
    """Return an async generator function that runs the stack's target through its layers."""
    healthy = Invoke(stack.target.function, stack.depth)

    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        call = new_call(stack, args, kwargs)
        try:
            steps = _steps(call, healthy) if lead is None else lead(call)
            outcome: Any = None
            while True:
                try:
                    step = steps.send(outcome)
                except StopIteration as done:
                    outcome = done.value
                    break
                if not isinstance(step, Invoke):
                    outcome = await perform_async(call, step)
                    continue
                # Handed out right here: an async generator cannot delegate to another one.
                outcome = Outcome()
                source = None
                try:
                    source = _opened_async(call, step)
                    advance = source.__anext__
                    coming = advance()
                    while True:
                        item = await (await_until(call, coming) if stack.bounded else coming)
                        call.items = 1
                        try:
                            sent = yield item
                        except GeneratorExit:
                            await source.aclose()
                            raise
                        except BaseException as thrown:
                            coming = source.athrow(thrown)
                        else:
                            coming = advance() if sent is None else source.asend(sent)
                except StopAsyncIteration:
                    pass
                except BaseException as error:
                    outcome.error = error
                    await _close_async(source)
        except BaseException:  # of a signal handler, in a line of the engine's own
            let_go(call, *stack.holders)
            raise
        if outcome.error is not None:
            raise outcome.release()

    return wrapper


def _opened_async(call: Call, run: Invoke) -> Any:
    call.sent = True
    source = run.function(*call.args, **call.kwargs)
    if type(source) is not AsyncGeneratorType:
        source = _each_async(source)
    items = StreamLayers.of(call, run.depth)
    if items is None:
        return source
    return filtered_async(items, source) if items.filtered else watched_async(call, items.watch, source)


async def _close_async(source: Any) -> None:
    if source is not None:
        with contextlib.suppress(Exception):
            await source.aclose()


async def _each_async(items: AsyncIterable[Any] | Iterable[Any]) -> AsyncGenerator[Any, Any]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


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
    begun = _begun(next(items, _NOTHING), items)
    next(begun)
    return begun


async def _begin(items: AsyncIterator[T]) -> AsyncIterator[T]:
    begun = _begun_async(await anext(items, _NOTHING), items)
    await anext(begun)
    return begun


# Each has begun before anybody sees it, with an item that nobody sees: else to close it would not close the stream.
def _begun(first: Any, rest: Iterator[Any]) -> Generator[Any, Any, Any]:
    try:
        yield
        if first is not _NOTHING:
            yield first
        return (yield from rest)
    finally:
        getattr(rest, "close", bool)()


async def _begun_async(first: Any, rest: AsyncIterator[Any]) -> AsyncGenerator[Any, Any]:
    try:
        yield
        if first is not _NOTHING:
            yield first
        async for item in rest:
            yield item
    finally:
        if (close := getattr(rest, "aclose", None)) is not None:
            await close()
