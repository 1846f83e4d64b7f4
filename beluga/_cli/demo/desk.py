"""The function that answers a ticket, with every production concern as one decorator on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga import breaker, budget, fallback, guarded, rate_limited, retry, traced
from beluga._cli.demo import guards
from beluga._cli.demo.model import large_model, small_model
from beluga.errors import CircuitOpen, DeadlineExceeded, ProviderError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from beluga._cli.demo.schedule import Schedule
    from beluga.schema import Response

    Answer = Callable[..., Awaitable[str]]

__all__ = ["open_desk"]


def open_desk(schedule: Schedule, fault_rate: float, seed: int) -> Answer:
    """Return a fresh ``answer(text, *, project)``: its models, its circuit and its limits are its own."""
    large = large_model(schedule, fault_rate, seed)
    small = small_model(fault_rate, seed)

    @traced(operation="chat", model="large")
    async def ask_large(text: str) -> Response:
        return await large.agenerate(text, model="large")

    @traced(operation="chat", model="small")
    async def ask_small(text: str) -> Response:
        return await small.agenerate(text, model="small")

    @budget(10.0)
    @retry(max_attempts=3, initial_backoff=0.2)
    async def stand_in(text: str, *, project: str) -> str:  # noqa: ARG001 - an alternative takes the same
        return (await ask_small(text)).text

    @traced(name="answer")
    @guarded(input=guards.INPUT, output=guards.OUTPUT, parameters=["text"])
    @fallback(stand_in, on=[CircuitOpen, ProviderError, DeadlineExceeded])
    @budget(20.0)
    # A project that has used up its share is told so; it is not tried again, and nobody stands in.
    @retry(max_attempts=5, initial_backoff=0.4, retryable_errors=[ProviderError, DeadlineExceeded])
    @budget(4.0)  # for each attempt, its turn at the limit included
    @breaker(failure_threshold=4, reset_timeout=2.0, name="large")
    @rate_limited(limit=4, window=2.0, key="project", wait=2.0)
    async def answer(text: str, *, project: str) -> str:  # noqa: ARG001 - the limit counts by it
        return (await ask_large(text)).text

    return answer
