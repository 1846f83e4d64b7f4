"""Take the items of a stream through the layers that want to see them.

Two kinds of layers do: one that watches lets each item pass as it is (`Policy.watch`), one that filters may hand out
none, another or several for it, and may keep some for later (`Policy.on_item`, `Policy.on_end`). An item goes outward,
from the innermost layer to the consumer; a guard that redacts inside a span that counts goes like this:

    source       "Call 555-"      "0100 now"      end of the stream
    guard        keeps it         "Call [PHONE]"  on_end: " now"
    span         -                counts it       counts it
    consumer     -                "Call [PHONE]"  " now"

What a layer gives at the end passes through the layers outside it, as any other item; its own `on_item` is not asked
again. Layers inside one whose `Use` or `Again` replaced the stream do not see the items of what stands in.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from beluga._engine.drivers import perform, perform_async
from beluga._engine.policy import Ask, Policy
from beluga._engine.timeouts import expired, reset_deadline, set_deadline
from beluga.clock import MACHINE, SYSTEM

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable, Iterator

    from beluga._engine.call import Call
    from beluga._engine.policy import Watch
    from beluga._engine.timeouts import Deadline

__all__ = ["StreamDeadline", "StreamLayers", "filtered", "filtered_async", "watched", "watched_async"]


class StreamLayers:
    """The items of one call on their way out through the layers that have to do with them.

    Args:
        call: The call.
        layers: Those layers, innermost first, each with who watches for it.

    Attributes:
        watch: Speaks for all who watch.
        filtered: Whether a layer may hand out other items than it got.
        shown: Takes an item and gives those to hand out for it.
        held: What the layers gave when the stream had ended.
    """

    __slots__ = ("_layers", "call", "filtered", "held", "shown", "watch")

    def __init__(self, call: Call, layers: list[tuple[Policy, Watch | None]]) -> None:
        watches = [watch for _, watch in layers if watch is not None]
        self.call = call
        self.held: list[Any] = []
        self.watch: Watch = watches[0] if len(watches) == 1 else _Watches(watches)
        self.filtered: bool = any(_changes(layer) for layer, _ in layers)
        self._layers = layers
        # A filter on its own, the usual case, serves without a loop around it (0.1 us an item).
        alone = len(layers) == 1 and not watches
        self.shown: Callable[[Any], Iterable[Any]] = (
            functools.partial(layers[0][0].on_item, call) if alone else self._shown_to_all
        )

    @classmethod
    def of(cls, call: Call, depth: int) -> StreamLayers | None:
        """Return the items of `call`, or None where none of its `depth` outermost layers has to do with them."""
        watching = call.stack.watching
        if not watching:
            return None
        layers = [(layer, layer.watch(call)) for i, layer in watching if i < depth]
        layers = [(layer, watch) for layer, watch in layers if watch is not None or _changes(layer)]
        return cls(call, layers) if layers else None

    def through(self, items: Iterable[Any], start: int = 0) -> Iterable[Any]:
        """Pass `items` through the layers from `start` on, innermost first; one may become none or several."""
        for layer, watch in self._layers[start:]:
            if watch is not None:
                items = _witnessed(items, watch)
            if _changes(layer):
                items = [outgoing for item in items for outgoing in layer.on_item(self.call, item)]
        return items

    def _shown_to_all(self, item: Any) -> Iterable[Any]:
        return self.through((item,))

    def flush(self) -> Iterator[Ask]:
        """Put what the layers kept back into `held`; yield the I/O that must be answered on the way."""
        for position, (layer, _) in enumerate(self._layers, 1):
            produced = layer.on_end(self.call)
            while isinstance(produced, Ask):
                yield produced
                failure = None if self.call.answer is None else self.call.answer.error
                if failure is not None and not isinstance(failure, Exception):
                    raise failure  # a cancellation is no answer
                produced = layer.on_end(self.call)
            self.call.answer = None
            self.held.extend(self.through(produced, position))


def _changes(layer: Policy) -> bool:
    kind = type(layer)
    return kind.on_item is not Policy.on_item or kind.on_end is not Policy.on_end


def _witnessed(items: Iterable[Any], watch: Watch) -> list[Any]:
    items = list(items)
    for item in items:
        watch.seen(item)
    return items


class _Watches:
    """Several who watch as one.

    Args:
        watches: The innermost first.
    """

    __slots__ = ("_inward", "_outward")

    def __init__(self, watches: list[Watch]) -> None:
        self._outward = watches
        self._inward = watches[::-1]

    def seen(self, item: Any) -> None:
        for watch in self._outward:
            watch.seen(item)

    def suspend(self) -> None:
        for watch in self._outward:
            watch.suspend()

    def resume(self) -> None:
        for watch in self._inward:
            watch.resume()


class StreamDeadline:
    """The deadline of one stream, which holds while the stream works and not while its consumer does.

    Args:
        call: The call.
        own: The deadline that the budget set.
    """

    __slots__ = ("_call", "own")

    def __init__(self, call: Call, own: Deadline) -> None:
        self._call = call
        self.own = own

    def seen(self, item: Any) -> None:  # noqa: ARG002 - an item of any kind comes too late
        if self._call.environment.monotonic() > self.own.at:
            raise expired(self._call.name, self.own.total)

    def suspend(self) -> None:
        token: Any = self.own.token  # which is there: the stream has begun
        reset_deadline(token)

    def resume(self) -> None:
        self.own.token = set_deadline(self.own.at)

    def items(self, source: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """Pass the items of `source` on; what three frames an item (250 ns) would do is in line here."""
        own: Any = self.own
        at, call = own.at, self._call
        clock: Any = MACHINE if call.environment is SYSTEM else call.environment
        try:
            item = next(source)
            while True:
                if clock.monotonic() > at:
                    self.seen(item)
                reset_deadline(own.token)
                try:
                    reply = yield item
                except GeneratorExit:
                    self.resume()
                    raise
                except BaseException as thrown:
                    self.resume()
                    call.steered = True
                    item = source.throw(thrown)
                else:
                    own.token = set_deadline(at)
                    if reply is None:
                        item = next(source)
                    else:
                        call.steered = True
                        item = source.send(reply)
        except StopIteration as done:
            return done.value
        except BaseException:
            source.close()
            raise


def watched(call: Call, watch: Watch, source: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Pass the items of `source` on under the eyes of `watch`."""
    seen, suspend, resume = watch.seen, watch.suspend, watch.resume
    try:
        item = next(source)
        while True:
            seen(item)
            suspend()
            try:
                reply = yield item
            except GeneratorExit:
                resume()
                raise
            except BaseException as thrown:
                resume()
                call.steered = True
                item = source.throw(thrown)
            else:
                resume()
                if reply is not None:
                    call.steered = True
                item = source.send(reply)
    except StopIteration as done:
        value = done.value
    except BaseException:
        source.close()
        raise
    return value


def filtered(items: StreamLayers, source: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Pass the items of `source` through layers that may change them."""
    suspend, resume = items.watch.suspend, items.watch.resume
    try:
        item = next(source)
        while True:
            reply = thrown = None
            for outgoing in items.shown(item):
                suspend()
                try:
                    reply = yield outgoing
                except GeneratorExit:
                    raise
                except BaseException as error:
                    thrown = error
                    break
                finally:
                    resume()
            if reply is not None or thrown is not None:
                items.call.steered = True
            item = source.send(reply) if thrown is None else source.throw(thrown)
    except StopIteration as done:
        value = done.value
    except BaseException:
        source.close()
        raise
    for ask in items.flush():
        items.call.answer = perform(items.call, ask)
    for outgoing in items.held:
        suspend()
        try:
            yield outgoing
        finally:
            resume()
    return value


async def watched_async(call: Call, watch: Watch, source: AsyncGenerator[Any, Any]) -> AsyncGenerator[Any, Any]:
    """Pass the items of `source` on under the eyes of `watch`."""
    seen, suspend, resume, advance = watch.seen, watch.suspend, watch.resume, source.__anext__
    coming: Awaitable[Any] = advance()
    try:
        while True:
            item = await coming
            seen(item)
            suspend()
            try:
                reply = yield item
            except GeneratorExit:
                resume()
                raise
            except BaseException as thrown:
                resume()
                call.steered = True
                coming = source.athrow(thrown)
            else:
                resume()
                if reply is None:
                    coming = advance()
                else:
                    call.steered = True
                    coming = source.asend(reply)
    except StopAsyncIteration:
        pass
    except BaseException:
        await source.aclose()
        raise


async def filtered_async(items: StreamLayers, source: AsyncGenerator[Any, Any]) -> AsyncGenerator[Any, Any]:
    """Pass the items of `source` through layers that may change them."""
    suspend, resume = items.watch.suspend, items.watch.resume
    try:
        item = await source.__anext__()
        while True:
            reply = thrown = None
            for outgoing in items.shown(item):
                suspend()
                try:
                    reply = yield outgoing
                except GeneratorExit:
                    raise
                except BaseException as error:
                    thrown = error
                    break
                finally:
                    resume()
            if reply is None and thrown is None:
                item = await source.__anext__()
            else:
                items.call.steered = True
                item = await (source.asend(reply) if thrown is None else source.athrow(thrown))
    except StopAsyncIteration:
        pass
    except BaseException:
        await source.aclose()
        raise
    for ask in items.flush():
        items.call.answer = await perform_async(items.call, ask)
    for outgoing in items.held:
        suspend()
        try:
            yield outgoing
        finally:
            resume()
