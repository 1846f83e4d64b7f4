"""A stream with the promises of five layers and a budget, as somebody would write it by hand for one function.

One span where somebody records, no guard, another attempt before the first item, a circuit, a limit and a deadline that
everything inside sees and the consumer does not, checked at each item. Values sent and thrown in pass through, and any
way out is counted. Nothing of it can be shared, looked into, configured or tested by itself.
"""

from __future__ import annotations

import asyncio
import threading
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from opentelemetry import trace

from benchmarks.floors import numbers, numbers_async

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

__all__ = ["stream", "stream_async"]

DEADLINE: ContextVar[float] = ContextVar("handmade.deadline", default=float("inf"))
ATTEMPTS = 3
TOTAL = 10.0


class _State:
    """What the calls share: the window of the limit, and the failures of the circuit."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.ends, self.used, self.failures, self.opened = 0.0, 0, 0, 0.0

    def enter(self, now: float) -> None:
        """Take a permit of a closed circuit."""
        with self.lock:
            if self.opened > now:
                raise ConnectionRefusedError(self.opened - now)
            if now >= self.ends:
                self.ends, self.used = now + 60.0, 0
            self.used += 1
            if self.used > 10**9:
                raise ConnectionRefusedError(self.ends - now)

    def leave(self, now: float, *, good: bool) -> None:
        """Count what came of it."""
        with self.lock:
            self.failures = 0 if good else self.failures + 1
            if self.failures >= 5:
                self.opened = now + 30.0


STATE = _State()


def stream(count: int) -> Generator[int, Any, None]:
    """Give `count` items."""
    monotonic = time.monotonic
    began = monotonic()
    at = min(began + TOTAL, DEADLINE.get())
    span = trace.get_current_span()
    if span.is_recording():
        span.add_event("stream")
    for attempt in range(ATTEMPTS):
        STATE.enter(monotonic())
        token = DEADLINE.set(at)
        begun = good = False
        source = numbers(count)
        try:
            item = next(source)
            while True:
                if monotonic() > at:
                    raise TimeoutError
                begun = True
                DEADLINE.reset(token)
                try:
                    sent = yield item
                except GeneratorExit:
                    token = DEADLINE.set(at)
                    raise
                except BaseException as error:
                    token = DEADLINE.set(at)
                    item = source.throw(error)
                else:
                    token = DEADLINE.set(at)
                    item = next(source) if sent is None else source.send(sent)
        except StopIteration:
            good = True
            return
        except ConnectionError:
            if begun or attempt == ATTEMPTS - 1:
                raise
        finally:
            source.close()
            DEADLINE.reset(token)
            STATE.leave(monotonic(), good=good)


async def stream_async(count: int) -> AsyncGenerator[int, Any]:
    """Give `count` items; the source is cancelled at the deadline, the consumer never."""
    monotonic = time.monotonic
    began = monotonic()
    at = min(began + TOTAL, DEADLINE.get())
    span = trace.get_current_span()
    if span.is_recording():
        span.add_event("stream")
    for attempt in range(ATTEMPTS):
        STATE.enter(monotonic())
        token = DEADLINE.set(at)
        begun = good = False
        source = numbers_async(count)
        coming: Any = anext(source)
        try:
            while True:
                async with asyncio.timeout_at(at):
                    item = await coming
                if monotonic() > at:
                    raise TimeoutError
                begun = True
                DEADLINE.reset(token)
                try:
                    sent = yield item
                except GeneratorExit:
                    token = DEADLINE.set(at)
                    raise
                except BaseException as error:
                    token = DEADLINE.set(at)
                    coming = source.athrow(error)
                else:
                    token = DEADLINE.set(at)
                    coming = anext(source) if sent is None else source.asend(sent)
        except StopAsyncIteration:
            good = True
            return
        except ConnectionError:
            if begun or attempt == ATTEMPTS - 1:
                raise
        finally:
            await source.aclose()
            DEADLINE.reset(token)
            STATE.leave(monotonic(), good=good)
