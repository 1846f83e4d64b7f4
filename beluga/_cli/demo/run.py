"""Work through the tickets with a few concurrent workers, and keep what happened."""

from __future__ import annotations

import asyncio
import random
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import attrs

from beluga import events, telemetry
from beluga._cli.demo.desk import open_desk
from beluga._cli.demo.results import Outcome
from beluga._cli.demo.schedule import BriskClock, Schedule
from beluga.clock import Environment, environment, use_environment
from beluga.testing import fake_clock, record_spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from beluga._cli.demo.desk import Answer
    from beluga._cli.demo.tickets import Ticket
    from beluga.testing import SpanRecorder

    Progress = Callable[[Outcome], object]

__all__ = ["Run", "work_through"]

_WORKERS = 8
_SPEED = 5.0
_HAPPENED: ContextVar[list[events.Event] | None] = ContextVar("beluga.demo.happened", default=None)
"""The events of the ticket that the current task works on."""


@attrs.frozen
class Run:
    """What happened in one run.

    Args:
        outcomes: One for each ticket, in the order of the file.
        events: All events, in the order in which they happened.
        spans: All spans.
        seconds: From the first ticket to the last answer, by the desk's clock.
        fault_rate: How often the large model failed, beside its outage.
        real_time: Whether somebody waited for it.
    """

    outcomes: Sequence[Outcome]
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
) -> Run:
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
    return Run(outcomes, shift.events, spans, round(seconds, 3), fault_rate, real_time)


class _Shift:
    """A few workers at one pile of tickets."""

    def __init__(self, answer: Answer, pile: Iterator[tuple[Ticket, float]], progress: Progress) -> None:
        self.outcomes: list[Outcome] = []
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

    async def _handle(self, ticket: Ticket) -> Outcome:
        happened: list[events.Event] = []
        _HAPPENED.set(happened)
        began = environment().monotonic()
        result: Any
        with telemetry.start_span("ticket", {"desk.line": ticket.line, "desk.project": ticket.project}):
            try:
                result = await self._answer(ticket.text, project=ticket.project)
            except Exception as error:  # whatever it is, the ticket is accounted for
                result = error
        return Outcome.of(ticket, result, happened, environment().monotonic() - began)
