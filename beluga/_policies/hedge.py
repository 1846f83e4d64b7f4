"""Ask a second time when an answer takes long, and take the one that comes first; how they run is told in `race`."""

from __future__ import annotations

import bisect
import contextvars
from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from beluga import events
from beluga._engine.decorator import OptionsDecorator
from beluga._engine.options import follow, instance, seconds, whole
from beluga._engine.policy import Hints, Policy
from beluga._engine.race import Race, StreamTask
from beluga._engine.state import StateByClock
from beluga._engine.target import Kind
from beluga._foreign import usage_of
from beluga._policies.retry_state import RetryThrottle
from beluga.clock import environment
from beluga.errors import DeadlineExceeded, Refused
from beluga.spending import SCOPE

if TYPE_CHECKING:
    import asyncio
    import datetime
    from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping

    from beluga._engine.call import Call
    from beluga._engine.target import Target
    from beluga.schema.usage import Usage

    Stream = AsyncGenerator[Any, Any] | StreamTask

__all__ = ["Hedge", "hedge"]

_KNOWN: Final = 100
"""How many of the last calls a percentile is taken from."""
_FEWEST: Final = 10
"""With how many of them at least."""
_BURST: Final = 20
"""How many further runs there may be beyond a tenth of the calls."""


def _own_throttle() -> RetryThrottle:
    return RetryThrottle(max_tokens=2.0 * _BURST)


def _as_delay(value: float | str | datetime.timedelta) -> float | str:
    return value if isinstance(value, str) and value.startswith("p") else seconds(value)


def _is_delay(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if isinstance(value, str):
        digits = value.removeprefix("p")
        if value.startswith("p") and digits.isdecimal() and 0 < int(digits) < 100:  # noqa: PLR2004 - per cent
            return
    elif isinstance(value, float) and 0 < value < float("inf"):
        return
    message = f'hedge: {attribute.name}={value!r} must be seconds above 0, or a percentile such as "p95"'
    raise ValueError(message)


class _Times:
    """The seconds that the last calls took, in the order in which they came and in that of their length."""

    __slots__ = ("_came", "_sorted")

    def __init__(self) -> None:
        self._came: deque[float] = deque()
        self._sorted: list[float] = []

    def add(self, took: float) -> None:
        """Take note of a call, and forget the oldest beyond a hundred."""
        came, known = self._came, self._sorted
        came.append(took)
        bisect.insort(known, took)
        while len(came) > _KNOWN:
            at = bisect.bisect_left(known, came.popleft())
            del known[at : at + 1]
        if len(known) != len(came):  # a signal handler, or another thread, came in between
            self._sorted = sorted(came)

    def percentile(self, per_cent: int) -> float | None:
        """Return what so many of a hundred calls do not pass; None while too few were seen."""
        known = self._sorted
        return known[len(known) * per_cent // 100] if len(known) >= _FEWEST else None


@attrs.frozen(eq=False)
class Hedge(Policy):
    """Begin another run when the first one takes longer than `after`, and take the answer that comes first.

    For async functions, and for async streams, where the first item decides. Those that come later are cancelled, and
    have ended when the call returns. A run that fails in time is not hedged; later, its error counts only if no other
    run answers. Each run goes through the layers inside: it takes its own permit, slot and span. A budget of tokens or
    money outside is charged for every run; one that was thrown away costs what the answer cost.

    `throttle` keeps it from doubling the load of a provider that is slow for everybody: each further run takes a token,
    each answer gives a tenth back, and while half of the tokens are gone there is none. So no more than a tenth of the
    calls, and twenty more, are made twice. Share it with `retry`, whose failures take tokens as well.

    Args:
        after: Seconds, or a percentile of the last 100 calls such as ``"p95"``; there is no second run before 10 have
            been seen.
        max_hedges: Further runs at most, each `after` seconds after the one before.
        throttle: Shared tokens; by default 40 of this decorator's own.

    Raises:
        TypeError: The function is not async.
        ValueError: A figure is out of its range.

    Source: J. Dean, L. A. Barroso, "The Tail at Scale", 2013; gRPC proposal A6, "Throttling Retry Attempts and Hedged
        RPCs".

    Example:
        >>> import asyncio
        >>> runs = []
        >>> @hedge(after=0.01)
        ... async def ask(question: str) -> str:
        ...     runs.append(question)
        ...     await asyncio.sleep(10 if len(runs) == 1 else 0)
        ...     return f"answer {len(runs)}"
        >>> asyncio.run(ask("why?"))
        'answer 2'
    """

    concern = "hedge"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.ASYNC, Kind.ASYNC_GENERATOR})
    hints: Hints = attrs.field(default=Hints(runs_streams=True), init=False, repr=False)
    belongs_inside: ClassVar[Mapping[str, str]] = {
        "cached": "a kept answer needs no second run",
        "retry": "each further run is tried again by itself",
    }

    after: float | str = attrs.field(converter=_as_delay, validator=_is_delay)
    max_hedges: int = attrs.field(default=1, validator=whole(1), kw_only=True)
    throttle: RetryThrottle = attrs.field(factory=_own_throttle, validator=instance(RetryThrottle), kw_only=True)
    _times: StateByClock[_Times] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Make room for the times of calls."""
        follow(self)
        object.__setattr__(self, "_times", StateByClock(_Times))

    def bind(self, target: Target) -> Policy:
        """Return the layer for values or for streams."""
        return _StreamLayer(self) if target.kind.is_stream else _Layer(self)

    def delay(self) -> float | None:
        """Return the seconds after which another run begins; None while too few calls were seen."""
        if isinstance(self.after, float):
            return self.after
        return self._times.of(environment()).percentile(int(str(self.after)[1:]))

    def goes_on(self, call: Call, further: int, delay: float) -> bool:
        """Say whether another run may begin beside so many further ones, and count it."""
        if further >= self.max_hedges or not self.throttle.failed():
            return False
        call.emit(events.HedgeStarted, number=further + 1, after=delay)
        return True

    def learn(self, took: float) -> None:
        """Take note of a call that was answered."""
        self.throttle.succeeded()
        if isinstance(self.after, str):
            self._times.of(environment()).add(took)

    def describe(self) -> str:
        """Return the options, and the delay of now."""
        now = self.delay()
        known = f" ({'not known yet' if now is None else f'{now:.3g} s'})" if isinstance(self.after, str) else ""
        return f"after={self.after!r}{known} max_hedges={self.max_hedges}"


class _Layer(Policy):
    """Runs an async function."""

    concern = "hedge"
    hints = Hints(runs_streams=True)

    def __init__(self, options: Hedge) -> None:
        self._options = options

    async def around(self, call: Call, inner: Callable[[], Any]) -> Any:
        """Run `inner`, and once more where that takes long."""

        async def again() -> Any:
            return await inner()

        value, further = await self._raced(call, inner(), again)
        if further:
            _charge(further, usage_of(value), value)
        return value

    async def _raced(
        self,
        call: Call,
        first: Any,
        again: Callable[[], Coroutine[Any, Any, Any]],
        discard: Callable[[Any], Awaitable[object]] | None = None,
    ) -> tuple[Any, int]:
        """Return the first answer, and how many were thrown away."""
        options, monotonic = self._options, call.environment.monotonic
        delay, began = options.delay(), monotonic()
        if delay is None:
            value = await first
            options.learn(monotonic() - began)
            return value, 0
        context = contextvars.copy_context()
        try:
            signal = first.send(None)
        except StopIteration as done:
            options.learn(monotonic() - began)
            return done.value, 0
        race = Race(call, context, again, delay, lambda further: options.goes_on(call, further, delay), discard)
        try:
            value = await race.answer(first, signal)
        except BaseException:
            _charge(sum(map(_was_sent, race.further)), None)
            raise
        # A first run that was given up counts with what it has taken at least. With the time of the quick one in its
        # place the percentile sinks, for good to the 78th where it is the 95th; with the time of both it climbs.
        options.learn(race.began or monotonic() - began)
        return value, len(race.further)


class _StreamLayer(_Layer):
    """Runs an async stream."""

    async def around(self, call: Call, inner: Callable[[], Any]) -> Any:
        """Hand out the items of the stream whose first one comes first."""

        async def again() -> tuple[Stream, Any]:
            return await _begun(StreamTask(inner()))  # made in the context of its run

        (stream, item), further = await self._raced(call, _begun(inner()), again, _closed)
        usage: Usage | None = None
        try:
            while item is not _NOTHING:
                if further:
                    usage = usage_of(item) or usage
                try:
                    sent = yield item
                except GeneratorExit:
                    raise
                except BaseException as thrown:
                    item = await stream.athrow(thrown)
                else:
                    item = await stream.asend(sent)
        except StopAsyncIteration:
            return
        finally:
            await stream.aclose()
            if further:
                _charge(further, usage)


_NOTHING: Final = object()


async def _begun(stream: Stream) -> tuple[Stream, Any]:
    """Return `stream` and its first item; it is closed where that does not come."""
    try:
        return stream, await stream.asend(None)
    except StopAsyncIteration:
        return stream, _NOTHING
    except BaseException:
        await stream.aclose()
        raise


async def _closed(begun: tuple[Stream, Any]) -> None:
    await begun[0].aclose()


def _was_sent(run: asyncio.Task[Any]) -> bool:
    """Say whether a run that gave no answer is due, or was refused before it was sent."""
    error = run.exception() if run.done() and not run.cancelled() else None
    return not isinstance(error, Refused) or isinstance(error, DeadlineExceeded)


def _charge(further: int, usage: Usage | None, answer: Any = None) -> None:
    """Charge the budgets outside for the runs whose answers were thrown away: what the one that counts has cost."""
    scope = SCOPE.get()
    if scope is None or scope.used_inside:
        return
    told = getattr(scope.amount_of, "answer", None)
    if usage is not None and told is not None:
        told.read(answer)  # a table wants to know the model
    for _ in range(further):
        scope.charge_run(scope.reserved if usage is None else scope.amount_of(usage))


hedge: Final = OptionsDecorator(
    Hedge,
    needs="after=1.5",
    words={
        "after": "delay hedging_delay timeout",
        "max_hedges": "max_hedged_attempts",
        "max_hedges, which does not count the first run": "max_attempts",
    },
)
"""Begin another run when an answer takes long, and take the one that comes first; see `Hedge`."""
