"""The desk: the function that answers a ticket, under every decorator, and a day on which workers call it."""

from __future__ import annotations

import asyncio
import random
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import attrs

from beluga import (
    breaker,
    budget,
    bulkhead,
    cached,
    events,
    fallback,
    guarded,
    hedge,
    rate_limited,
    retry,
    telemetry,
    traced,
)
from beluga._cli.demo.tickets import TicketResult
from beluga.clock import Environment, SystemClock, environment, use_environment
from beluga.errors import CircuitOpen, DeadlineExceeded, ProviderError
from beluga.guards import InjectionDetector, PIIRedactor
from beluga.llm import FakeProvider, Reply, faults
from beluga.schema import HumanMessage, SystemMessage
from beluga.testing import fake_clock, record_spans

if TYPE_CHECKING:
    import threading
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from beluga._cli.demo.tickets import Ticket
    from beluga.clock import Clock, Timer
    from beluga.llm import Request
    from beluga.schema import Response
    from beluga.testing import SpanRecorder

    Answer = Callable[..., Awaitable[str]]
    Progress = Callable[[TicketResult], object]

__all__ = ["BriskClock", "DemoRun", "Schedule", "open_desk", "work_through"]

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

_WORKERS = 8
_SPEED = 5.0
_HAPPENED: ContextVar[list[events.Event] | None] = ContextVar("beluga.demo.happened", default=None)
"""The events of the ticket that the current task works on."""
_GAP = 0.8
_RUSH_GAP = 0.05
_FEWEST, _MOST = 10, 20
"""Tickets in a rush, but never more than half of them."""
_OUTAGE = 4.0
_RECOVERY = 7.0
"""Seconds after which a circuit that opened in the outage lets a probe through that finds the provider up."""
_CALM = 2.5


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


@attrs.frozen
class DemoRun:
    """What happened in one run.

    Args:
        outcomes: One for each ticket, in the order of the file.
        events: All events, in the order in which they happened.
        spans: All spans.
        seconds: From the first ticket to the last answer, by the desk's clock.
        fault_rate: How often the large model failed, beside its outage.
        real_time: Whether somebody waited for it.
    """

    outcomes: Sequence[TicketResult]
    events: Sequence[events.Event]
    spans: SpanRecorder
    seconds: float
    fault_rate: float
    real_time: bool


def work_through(
    tickets: Sequence[Ticket],
    *,
    fault_rate: float = 0.3,
    seed: int = 7,
    real_time: bool = False,
    progress: Progress = lambda _: None,
) -> DemoRun:
    """Answer `tickets` and return what happened.

    Args:
        tickets: What to answer.
        fault_rate: The probability, from 0.0 to 1.0, that a call of the large model fails.
        seed: Of faults, answers and jitter; in virtual time the same seed gives the same run.
        real_time: Wait for real, five times as fast as life; else no time passes at all.
        progress: Called with each outcome when it is known.

    Raises:
        ValueError: `fault_rate` is out of its range.
    """
    schedule = Schedule.of(len(tickets))
    shift = _Shift(open_desk(schedule, fault_rate, seed), zip(tickets, schedule.arrivals, strict=True), progress)
    with record_spans() as spans, events.subscribe(shift.hear):
        if real_time:
            rng = random.Random(seed)  # noqa: S311 - jitter needs no secrecy
            with use_environment(Environment(BriskClock(_SPEED), rng)):
                seconds = asyncio.run(shift.work())
        else:
            with fake_clock(seed=seed) as clock:
                seconds = clock.run(shift.work())
    outcomes = sorted(shift.outcomes, key=lambda outcome: outcome.line)
    return DemoRun(outcomes, shift.events, spans, round(seconds, 3), fault_rate, real_time)


class _Shift:
    """A few workers at one pile of tickets."""

    def __init__(self, answer: Answer, pile: Iterator[tuple[Ticket, float]], progress: Progress) -> None:
        self.outcomes: list[TicketResult] = []
        self.events: list[events.Event] = []
        self._answer = answer
        self._pile = pile
        self._progress = progress

    def hear(self, event: events.Event) -> None:
        """Keep an event of ours, also with the ticket that it belongs to."""
        happened = _HAPPENED.get()
        if happened is not None:
            happened.append(event)
            self.events.append(event)

    async def work(self) -> float:
        """Work until the pile is gone; return how long it took."""
        began = environment().monotonic()
        async with asyncio.TaskGroup() as workers:
            for _ in range(_WORKERS):
                workers.create_task(self._worker(began))
        return environment().monotonic() - began

    async def _worker(self, began: float) -> None:
        # All workers take from one iterator, so that each ticket is in the hands of exactly one.
        for ticket, arrives in self._pile:
            await environment().clock.asleep(max(0.0, began + arrives - environment().monotonic()))
            outcome = await self._handle(ticket)
            self.outcomes.append(outcome)
            self._progress(outcome)

    async def _handle(self, ticket: Ticket) -> TicketResult:
        happened: list[events.Event] = []
        _HAPPENED.set(happened)
        began = environment().monotonic()
        result: Any
        with telemetry.start_span("ticket", {"desk.line": ticket.line, "desk.project": ticket.project}):
            try:
                result = await self._answer(ticket.text, project=ticket.project)
            except Exception as error:  # whatever it is, the ticket is accounted for
                result = error
        return TicketResult.of(ticket, result, happened, environment().monotonic() - began)


@attrs.frozen
class Schedule:
    """The course of one run, in seconds from its start.

    Tickets arrive evenly, but for a rush of a quarter of them in the second half. Before that the provider goes down
    for a while; however few tickets there are, it is back before the rush.

    Args:
        arrivals: When each ticket comes.
        outage: From when to when the provider answers nobody.
    """

    arrivals: tuple[float, ...]
    outage: tuple[float, float]

    @classmethod
    def of(cls, count: int) -> Schedule:
        """Return the schedule of `count` tickets."""
        rush = min(max(count // 4, _FEWEST), _MOST, count // 2)
        rush_from = min(count * 5 // 8, count - rush)
        down_from = rush_from // 2
        arrivals, now, down_at = [], 0.0, 0.0
        for number in range(count):
            if number == down_from:
                down_at = round(now, 3)
            if down_from < number == rush_from - 2:
                now = max(now, down_at + _RECOVERY)
            arrivals.append(round(now, 3))
            if rush_from <= number < rush_from + rush:
                now += _RUSH_GAP
            else:
                now += _CALM if rush_from - 2 <= number < rush_from else _GAP
        return cls(tuple(arrivals), (down_at, down_at + _OUTAGE))

    def is_down(self, at: float) -> bool:
        """Say whether the provider is down `at` that second."""
        return self.outage[0] <= at < self.outage[1]


class BriskClock:
    """Real time, but faster, so that nobody has to watch a full minute of it.

    Args:
        speed: Seconds of the desk in one second of the real clock.
    """

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._real_clock: Clock = SystemClock()
        self._began = self._real_clock.monotonic()

    def monotonic(self) -> float:
        """Return the desk's seconds since the clock was made."""
        return (self._real_clock.monotonic() - self._began) * self.speed

    def time(self) -> float:
        """Return seconds since 1970, as they are."""
        return self._real_clock.time()

    def sleep(self, seconds: float) -> None:
        """Block this thread for `seconds` of the desk."""
        self._real_clock.sleep(seconds / self.speed)

    async def asleep(self, seconds: float) -> None:
        """Suspend this task for `seconds` of the desk."""
        await self._real_clock.asleep(seconds / self.speed)

    def wait(self, event: threading.Event, seconds: float) -> None:
        """Block this thread until `event` is set, for `seconds` of the desk at most."""
        self._real_clock.wait(event, seconds / self.speed)

    def call_later(self, seconds: float, callback: Callable[[], Any]) -> Timer:
        """Run `callback` on the running event loop in `seconds` of the desk."""
        return self._real_clock.call_later(seconds / self.speed, callback)
