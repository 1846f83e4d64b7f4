"""The function that answers a ticket, with every production concern as one decorator on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga import breaker, budget, bulkhead, cached, fallback, guarded, hedge, rate_limited, retry, traced
from beluga.clock import environment
from beluga.errors import CircuitOpen, DeadlineExceeded, ProviderError
from beluga.guards import InjectionDetector, PIIRedactor
from beluga.llm import FakeProvider, Reply, faults
from beluga.schema import HumanMessage, SystemMessage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from beluga._cli.demo.run import Schedule
    from beluga.llm import Request
    from beluga.schema import Response

    Answer = Callable[..., Awaitable[str]]

__all__ = ["open_desk"]


_INPUT_GUARDS = (InjectionDetector(), PIIRedactor())
"""What a ticket passes before a model sees it."""
_OUTPUT_GUARDS = (PIIRedactor(),)
"""What an answer passes before a customer sees it."""

_STALLED = range(5, 1_000_000, 21)
_STALLED_SMALL = range(1, 1_000_000, 3)
_ANSWERS = (
    "Thank you for your message. We have opened a case and will come back to you within a day.",
    "Thank you. Your request went to a colleague who can see your account.",
    "We are sorry about that. We are looking into it and will write to you this afternoon.",
    "Good question. The help pages have a step-by-step guide, and we have sent you its link.",
    "Thank you. Mia takes over from here; write to mia@example.com or call 212-555-0100.",
)
_WEIGHTS = (4, 4, 4, 4, 1)
_EMPTY = "Your message reached us without a text. What can we do for you?"


def open_desk(schedule: Schedule, fault_rate: float, seed: int) -> Answer:
    """Return a fresh ``answer(text, *, project)``: its models, its circuit and its limits are its own."""
    large = _large_model(schedule, fault_rate, seed)
    small = _small_model(fault_rate, seed)

    @cached(ttl=600.0, per="project")
    @traced(operation="execute_tool", name="look up help")
    async def help_pages(project: str) -> str:
        await environment().clock.asleep(0.2)
        return f"The help pages of {project}."

    @bulkhead(2, max_queue=100)  # so many calls of it at once are paid for
    @traced(operation="chat", model="large")
    async def ask_large(text: str, pages: str) -> Response:
        return await large.agenerate([SystemMessage(pages), HumanMessage(text)], model="large")

    @hedge(after=1.5)  # it is slow now and then, for no reason that would come again
    @traced(operation="chat", model="small")
    async def ask_small(text: str, pages: str) -> Response:
        return await small.agenerate([SystemMessage(pages), HumanMessage(text)], model="small")

    @budget(10.0)
    @retry(max_attempts=3, initial_backoff=0.2)
    async def stand_in(text: str, *, project: str) -> str:
        return (await ask_small(text, await help_pages(project))).text

    @traced(name="answer")
    @guarded(input=_INPUT_GUARDS, output=_OUTPUT_GUARDS, parameters=["text"])
    @fallback(stand_in, on=[CircuitOpen, ProviderError, DeadlineExceeded])
    @budget(20.0)
    # A project that has used up its share is told so; it is not tried again, and nobody stands in.
    @retry(max_attempts=5, initial_backoff=0.4, retryable_errors=[ProviderError, DeadlineExceeded])
    @budget(4.0)  # for each attempt, its turn at the limit included
    @breaker(failure_threshold=4, reset_timeout=2.0, name="large")
    @rate_limited(limit=4, window=2.0, key="project", wait=2.0)
    async def answer(text: str, *, project: str) -> str:
        return (await ask_large(text, await help_pages(project))).text

    return answer


def _large_model(schedule: Schedule, fault_rate: float, seed: int) -> FakeProvider:
    """Return the model that is asked first: it is down for a while, and one call in 21 never ends."""
    model = FakeProvider(seed=seed, fault_rate=fault_rate).default(_answer)
    model.on(lambda request: schedule.is_down(request.at)).fault(faults.server_error(503))
    model.on(lambda request: request.number in _STALLED).fault(faults.stall(600.0))
    return model


def _small_model(fault_rate: float, seed: int) -> FakeProvider:
    """Return the model that stands in: it runs elsewhere, fails a third as often, and often takes its time."""
    model = FakeProvider(seed=seed + 1, fault_rate=fault_rate / 3).default(_answer)
    model.on(lambda request: request.number in _STALLED_SMALL).fault(faults.stall(8.0))
    return model


def _answer(request: Request) -> Reply:
    text = request.rng().choices(_ANSWERS, _WEIGHTS)[0] if request.text.strip() else _EMPTY
    return Reply(text, per_token=0.05)
