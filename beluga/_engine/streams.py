"""The drivers of generator and async generator functions.

A stream is entered at its first step, not when it is created, and every way out of it (exhaustion, ``break``,
``close``, ``throw``, an exception, cancellation, garbage collection) leaves every layer exactly once.
Values sent or thrown in and the return value pass through.
"""

from __future__ import annotations

from collections.abc import AsyncIterable
from types import AsyncGeneratorType, GeneratorType
from typing import TYPE_CHECKING, Any

from beluga._engine.call import Outcome
from beluga._engine.course import Run, course
from beluga._engine.drivers import new_call, perform, perform_async
from beluga._engine.items import Items
from beluga._engine.timer import in_time

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Iterable

    from beluga._engine.call import Call
    from beluga._engine.stack import Stack

__all__ = ["async_generator_driver", "generator_driver"]


def generator_driver(stack: Stack) -> Callable[..., Any]:
    """Return a generator function that runs the stack's target through its layers."""

    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        call = new_call(stack, args, kwargs)
        steps = course(call)
        step = next(steps)
        while True:
            if isinstance(step, Run):
                outcome = yield from _hand_out(call, step)
            else:
                outcome = perform(call, step)
            try:
                step = steps.send(outcome)
            except StopIteration as done:
                outcome = done.value
                break
        if outcome.error is None:
            return outcome.value
        raise outcome.release()

    return wrapper


def _hand_out(call: Call, run: Run) -> Generator[Any, Any, Outcome]:
    """Hand out the items of the function that is to run; return how it ended."""
    try:
        source = run.function(*call.args, **call.kwargs)
        if type(source) is not GeneratorType:
            source = _each(source)
        items = Items.of(call, run.depth)
        if items is not None:
            source = _filtered(items, source)
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
                if sent is None:
                    # The rest needs no help from this frame: 20 ns an item instead of 60.
                    return Outcome((yield from source))
                item = source.send(sent)
    except StopIteration as done:
        return Outcome(done.value)
    except BaseException as error:
        return Outcome(error=error)


def _each(items: Iterable[Any]) -> Generator[Any, Any, Any]:
    yield from items


def _filtered(items: Items, source: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Pass the items of `source` through the layers that want them."""
    try:
        item = next(source)
        while True:
            reply = thrown = None
            for outgoing in items.through((item,)):
                items.suspend()
                try:
                    reply = yield outgoing
                except GeneratorExit:
                    raise
                except BaseException as error:
                    thrown = error
                    break
                finally:
                    items.resume()
            if thrown is not None:
                item = source.throw(thrown)
            else:
                item = next(source) if reply is None else source.send(reply)
    except StopIteration as done:
        value = done.value
    except BaseException:
        source.close()
        raise
    for ask in items.flush():
        items.call.answer = perform(items.call, ask)
    for outgoing in items.held:
        items.suspend()
        try:
            yield outgoing
        finally:
            items.resume()
    return value


def async_generator_driver(stack: Stack) -> Callable[..., Any]:
    """Return an async generator function that runs the stack's target through its layers."""
    bounded = stack.bounded

    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        call = new_call(stack, args, kwargs)
        steps = course(call)
        step = next(steps)
        while True:
            if not isinstance(step, Run):
                outcome = await perform_async(call, step)
            else:
                outcome = Outcome()
                try:
                    source = _opened(call, step)
                    advance = source.__anext__
                    item = await (in_time(call, advance()) if bounded else advance())
                    call.items = 1
                    while True:
                        try:
                            sent = yield item
                        except GeneratorExit:
                            await source.aclose()
                            raise
                        except BaseException as thrown:
                            coming = source.athrow(thrown)
                        else:
                            coming = advance() if sent is None else source.asend(sent)
                        item = await (in_time(call, coming) if bounded else coming)
                except StopAsyncIteration:
                    pass
                except BaseException as error:
                    outcome.error = error
            try:
                step = steps.send(outcome)
            except StopIteration as done:
                outcome = done.value
                break
        if outcome.error is not None:
            raise outcome.release()

    return wrapper


def _opened(call: Call, run: Run) -> AsyncGenerator[Any, Any]:
    source = run.function(*call.args, **call.kwargs)
    if type(source) is not AsyncGeneratorType:
        source = _each_async(source)
    items = Items.of(call, run.depth)
    return source if items is None else _filtered_async(items, source)


async def _each_async(items: AsyncIterable[Any] | Iterable[Any]) -> AsyncGenerator[Any, Any]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


async def _filtered_async(items: Items, source: AsyncGenerator[Any, Any]) -> AsyncGenerator[Any, Any]:
    """Pass the items of `source` through the layers that want them."""
    try:
        item = await source.__anext__()
        while True:
            reply = thrown = None
            for outgoing in items.through((item,)):
                items.suspend()
                try:
                    reply = yield outgoing
                except GeneratorExit:
                    raise
                except BaseException as error:
                    thrown = error
                    break
                finally:
                    items.resume()
            if thrown is not None:
                item = await source.athrow(thrown)
            else:
                item = await (source.__anext__() if reply is None else source.asend(reply))
    except StopAsyncIteration:
        pass
    except BaseException:
        await source.aclose()
        raise
    for ask in items.flush():
        items.call.answer = await perform_async(items.call, ask)
    for outgoing in items.held:
        items.suspend()
        try:
            yield outgoing
        finally:
            items.resume()
