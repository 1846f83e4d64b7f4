"""Take a trace and a deadline along: into headers and out of them, into other threads.

Baggage travels in headers that anybody on the way can read, so only what is named may leave or come in.

Source: W3C Trace Context and W3C Baggage, as OpenTelemetry's propagators write them.
"""

from __future__ import annotations

import contextvars
import functools
import inspect
import math
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from beluga._engine.timeouts import TimedBlock, current_deadline
from beluga.clock import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence

    from opentelemetry.context import Context

    Headers = Mapping[str, Any] | Iterable[tuple[Any, Any]]

__all__ = ["arequest_hook", "carry", "extract", "inject", "named", "only", "request_hook", "resume"]

_ELSEWHERE = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)

P = ParamSpec("P")
R = TypeVar("R")


def inject(headers: MutableMapping[str, str] | None = None, *, baggage: Iterable[str] = ()) -> MutableMapping[str, str]:
    """Write the current trace, and the deadline of the budget around, into `headers` and return them.

    Any mapping of texts serves, such as the ``_meta`` of an MCP request. Without a current span and a budget nothing is
    written. The deadline is a wall time, so what waits in a queue uses it up; see `resume`.

    Args:
        headers: What to fill; None makes a new dict.
        baggage: Names of the baggage entries that may leave; by default none.

    Example:
        >>> from beluga import telemetry
        >>> from beluga.testing import record_spans
        >>> with record_spans(), telemetry.start_span("request"):
        ...     list(inject())
        ['traceparent']
    """
    from opentelemetry import propagate

    filled: MutableMapping[str, str] = {} if headers is None else headers
    propagate.inject(filled, only(named(baggage), None))
    at = current_deadline()
    if at != math.inf:
        around = environment()
        filled[DEADLINE_HEADER] = f"{around.clock.time() + at - around.monotonic():.6f}"
    return filled


class resume:  # noqa: N801 - a block, as `contextlib.suppress` is one
    """Go on with the trace and within the deadline that `headers` tell of: a block, for ``with`` and ``async with``.

    What `inject` wrote in one process counts in the next one: spans hang under the sender's, and everything inside has
    what is left of its time budget. An ``async with`` block is cancelled at the deadline; a plain one cannot be
    stopped. Headers that tell of neither change nothing, nor does what is not a valid figure.

    Args:
        headers: As for `extract`.
        longest: Seconds at most, whatever the headers say; they may come from anybody, or from a clock that is wrong.
        baggage: Names of the baggage entries that may come in; by default none.

    Raises:
        DeadlineExceeded: Nothing is left, or the block ended after its deadline.
        TypeError: `headers` are neither a mapping nor pairs.

    Example:
        >>> from beluga import budget, remaining, telemetry
        >>> @budget(10.0)
        ... def send() -> dict[str, str]:
        ...     return dict(telemetry.inject())
        >>> with telemetry.resume(send()):  # in another process
        ...     9.0 < remaining() <= 10.0
        True
    """

    def __init__(self, headers: Headers, *, longest: float = 3600.0, baggage: Iterable[str] = ()) -> None:
        self._context = extract(headers, baggage=baggage)
        texts = [_text(value) for name, value in _pairs(headers) if _text(name).lower() == DEADLINE_HEADER]
        self._at = _moment(texts[-1]) if texts else math.inf
        self._longest = longest

    def __enter__(self) -> Self:
        """Begin."""
        return self._begin(is_async=False)

    def _begin(self, *, is_async: bool) -> Self:
        from opentelemetry import context, trace

        left = max(0.0, self._at - environment().clock.time())
        self._block = None if left == math.inf else TimedBlock(_STEP, min(left, self._longest), is_async=is_async)
        told = trace.get_current_span(self._context).get_span_context().is_valid
        span = trace.get_current_span(self._context if told else None)
        self._token = context.attach(trace.set_span_in_context(span, self._context))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """End."""
        from opentelemetry import context

        context.detach(self._token)
        late = None if self._block is None else self._block.end(error)
        if late is not None:
            raise late from error

    async def __aenter__(self) -> Self:
        """Begin, with a timer."""
        return self._begin(is_async=True)

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """End."""
        self.__exit__(kind, error, trace)


DEADLINE_HEADER = "beluga-deadline"
_STEP = "what was sent here"


def _moment(text: str) -> float:
    """Return the seconds since 1970 that `text` tells; infinite where it is not a figure."""
    try:
        at = float(text)
    except ValueError:
        return math.inf
    return at if math.isfinite(at) else math.inf


def extract(headers: Headers, *, baggage: Iterable[str] = ()) -> Context:
    """Return the context that `headers` tell of, for `start_span(context=)`.

    Names are compared without case. What is not a valid trace gives a context without one, and a new trace begins.

    Args:
        headers: A mapping, or pairs of texts or bytes as ASGI has them.
        baggage: Names of the baggage entries that may come in; by default none.

    Raises:
        TypeError: `headers` are neither.

    Example:
        >>> from opentelemetry.trace import get_current_span
        >>> context = extract({"TraceParent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
        >>> f"{get_current_span(context).get_span_context().trace_id:032x}"
        '0af7651916cd43dd8448eb211c80319c'
    """
    from opentelemetry import propagate
    from opentelemetry.context import Context

    carrier: dict[str, list[str]] = {}
    for name, value in _pairs(headers):
        carrier.setdefault(_text(name).lower(), []).append(_text(value))
    return only(named(baggage), propagate.extract(carrier, Context()))


def carry(function: Callable[P, R]) -> Callable[P, R]:
    """Bind the current context to `function`, for threads and executors, which do not take it along.

    Each call runs in a copy of its own, so one carried function may run in many threads at once.

    Raises:
        TypeError: It is a coroutine function or a generator, whose body would run elsewhere, or cannot be called.

    Example:
        >>> from concurrent.futures import ThreadPoolExecutor
        >>> from beluga import telemetry
        >>> from beluga.testing import record_spans
        >>> def step() -> None:
        ...     with telemetry.start_span("step"):
        ...         pass
        >>> with record_spans() as spans, telemetry.start_span("request"), ThreadPoolExecutor() as pool:
        ...     pool.submit(carry(step)).result()
        >>> print(spans.outline())
        request
          step
    """
    if any(is_kind(function) for is_kind in _ELSEWHERE):
        message = (
            f"carry cannot bind {getattr(function, '__qualname__', function)!r}: it serves plain functions. "
            "Tasks take the context along by themselves; a generator runs in the context of whoever iterates it"
        )
        raise TypeError(message)
    if not callable(function):
        message = f"carry needs a function, not {type(function).__name__}"
        raise TypeError(message)
    bound = contextvars.copy_context()

    @functools.wraps(function)
    def carried(*args: P.args, **kwargs: P.kwargs) -> R:
        return bound.copy().run(function, *args, **kwargs)

    return carried


def request_hook(*, baggage: Iterable[str] = ()) -> Callable[[Any], None]:
    """Return a hook that puts the current trace into each request of an ``httpx.Client``.

    Example:
        >>> import httpx
        >>> client = httpx.Client(event_hooks={"request": [request_hook()]})
    """
    allowed = named(baggage)

    def hook(request: Any) -> None:
        inject(request.headers, baggage=allowed)

    return hook


def arequest_hook(*, baggage: Iterable[str] = ()) -> Callable[[Any], Any]:
    """Return such a hook for an ``httpx.AsyncClient``."""
    put = request_hook(baggage=baggage)

    async def hook(request: Any) -> None:
        put(request)

    return hook


def _pairs(headers: Any) -> Sequence[tuple[Any, Any]]:
    items = getattr(headers, "items", None)  # the standard library's headers are not a Mapping, and have it
    try:
        return [(name, value) for name, value in (headers if items is None else items())]
    except (TypeError, ValueError):
        message = f"extract needs headers as a mapping or as pairs of name and value, not {type(headers).__name__}"
        raise TypeError(message) from None


def named(baggage: Iterable[str]) -> tuple[str, ...]:
    """Return the names of `baggage`.

    Raises:
        TypeError: It is one text, whose letters would be taken for names, or holds what is not a text.
    """
    names = (baggage,) if isinstance(baggage, str) else tuple(baggage)
    if isinstance(baggage, str) or not all(isinstance(name, str) for name in names):
        message = f"baggage={baggage!r} must be names, such as ['tenant']"
        raise TypeError(message)
    return names


def only(allowed: Iterable[str], context: Context | None) -> Context:
    """Return `context`, None for the current one, without the baggage that is not allowed."""
    from opentelemetry import baggage

    entries = baggage.get_all(context)
    kept = baggage.clear(context)
    for name in frozenset(allowed):
        if name in entries:
            kept = baggage.set_baggage(name, entries[name], kept)
    return kept


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
