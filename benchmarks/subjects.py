"""The decorated functions that are measured."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.trace import TracerProvider

import beluga
from beluga import breaker, budget, bulkhead, cached, guarded, hedge, rate_limited, retry, telemetry, traced
from benchmarks.floors import answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from opentelemetry.trace import Tracer

__all__ = [
    "ONE_ASYNC_POLICY",
    "ONE_POLICY",
    "SPAN",
    "consume",
    "consume_async",
    "five",
    "open_breaker",
    "recording",
    "refused",
    "six",
]

PLENTY = 10**9
"""A limit that is never reached."""

ONE_POLICY: Mapping[str, Callable[[Any], Any]] = {
    "retry": retry,
    "breaker": breaker,
    "rate_limited": rate_limited(PLENTY),
    "rate_limited, keyed": rate_limited(PLENTY, key="question"),
    "budget": budget(10.0),
    "traced, not recording": traced,
    "guarded, no guards": guarded,
    "cached, hit": cached(ttl=1e9),
    "bulkhead": bulkhead(10),
}
"""One decorator each."""

ONE_ASYNC_POLICY: Mapping[str, Callable[[Any], Any]] = {**ONE_POLICY, "hedge": hedge(after=30.0)}
"""The same for async functions."""

SPAN: dict[str, Any] = {
    "name": "chat gpt-4o",
    "attributes": {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "gen_ai.provider.name": "openai"},
}
"""The span that `recording` records."""


def six(function: Any) -> Any:
    """Put six decorators on `function`."""
    return traced(guarded(budget(10.0)(retry(breaker(rate_limited(PLENTY)(function))))))


def five(function: Any) -> Any:
    """Put five decorators on a stream."""
    return traced(guarded(retry(breaker(rate_limited(PLENTY)(function)))))


def open_breaker() -> Callable[..., Any]:
    """Return a function behind an open circuit."""
    policy = beluga.CircuitBreaker(reset_timeout=1e9)
    policy.trip()
    return policy(answer)


def refused(function: Callable[..., Any]) -> Callable[[Any], None]:
    """Return a caller of `function` that catches what it raises."""

    def call(question: Any) -> None:
        try:  # noqa: SIM105 - a context manager would be measured as well
            function(question)
        except Exception:
            pass

    return call


def consume(stream: Callable[[int], Any]) -> Callable[[int], None]:
    """Return a function that takes all items of `stream`."""

    def run(count: int) -> None:
        for _ in stream(count):
            pass

    return run


def consume_async(stream: Callable[[int], Any]) -> Callable[[int], Any]:
    """Return an async function that takes all items of `stream`."""

    async def run(count: int) -> None:
        async for _ in stream(count):
            pass

    return run


@contextlib.contextmanager
def recording() -> Iterator[Tracer]:
    """Record spans with the SDK, without a processor; the tracer records into the same place."""
    provider = TracerProvider()
    with telemetry.use_provider(provider):
        yield provider.get_tracer("bare")
    provider.shutdown()
