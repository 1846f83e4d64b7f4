"""What became of each ticket, from its result and the events on the way, and the figures of a whole run."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

import attrs

from beluga.classification import ErrorCode
from beluga.errors import DeadlineExceeded, GuardBlocked, Refused
from beluga.events import (
    CacheHit,
    CallRefused,
    CircuitChanged,
    FallbackTaken,
    GuardModified,
    HedgeStarted,
    RetryScheduled,
    WaitScheduled,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from beluga._cli.demo.run import DemoRun
    from beluga._cli.demo.tickets import Broken, Ticket
    from beluga.events import Event

__all__ = ["STATUSES", "Status", "TicketResult", "decorators", "summary", "totals"]

Status = Literal["answered", "blocked", "refused", "failed"]
STATUSES: tuple[Status, ...] = ("answered", "blocked", "refused", "failed")


@attrs.frozen
class TicketResult:
    """What became of one ticket.

    Args:
        line: The ticket's line in the file.
        project: Whose ticket it is.
        status: How it ended.
        redacted: The kinds of personal data that were taken out, of the ticket or of the answer.
        retries: Attempts after the first, of the model and of the stand-in.
        waited: Seconds in the queues of the project's rate limit and of the large model.
        fallback: Whether the small model had to stand in.
        seconds: From the ticket's arrival to its end.
        note: Why there is no answer, or why the small model gave it.
        answer: What the customer gets, where there is something.
    """

    line: int
    project: str
    status: Status
    redacted: tuple[str, ...] = ()
    retries: int = 0
    waited: float = 0.0
    fallback: bool = False
    seconds: float = 0.0
    note: str = ""
    answer: str | None = attrs.field(default=None, repr=False)

    @classmethod
    def of(cls, ticket: Ticket, result: str | Exception, events: Sequence[Event], seconds: float) -> TicketResult:
        """Return the result of `ticket`, which gave `result` or failed with it."""
        failure = result if isinstance(result, Exception) else None
        stood_in = [event for event in events if isinstance(event, FallbackTaken)]
        return cls(
            ticket.line,
            ticket.project,
            "answered" if failure is None else _status(failure),
            _redacted(events),
            sum(isinstance(event, RetryScheduled) for event in events),
            round(sum(event.delay for event in events if isinstance(event, WaitScheduled)), 3),
            bool(stood_in),
            round(seconds, 3),
            _note(failure, stood_in),
            None if isinstance(result, Exception) else result,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON has them."""
        return attrs.asdict(self)


def _status(failure: Exception) -> Status:
    if isinstance(failure, GuardBlocked):
        return "blocked"
    if isinstance(failure, Refused) and not isinstance(failure, DeadlineExceeded):
        return "refused"
    return "failed"


def _redacted(events: Iterable[Event]) -> tuple[str, ...]:
    kinds = (rule for event in events if isinstance(event, GuardModified) for rule in event.rules)
    return tuple(dict.fromkeys(kinds))


def _note(failure: Exception | None, stood_in: Sequence[FallbackTaken]) -> str:
    if isinstance(failure, GuardBlocked):
        return ", ".join(dict.fromkeys(finding.rule or finding.kind for finding in failure.findings))
    if isinstance(failure, Refused) and failure.retry_after is not None:
        return f"again in {failure.retry_after:.1f} s"
    if failure is not None:
        return str(getattr(failure, "code", type(failure).__name__))
    return f"fallback: {stood_in[0].code}" if stood_in else ""


def summary(run: DemoRun, broken: Sequence[Broken]) -> dict[str, Any]:
    """Return all that ``beluga demo --json`` prints."""
    return {
        "tickets": [outcome.to_json() for outcome in run.outcomes],
        "broken": [{"line": line.line, "reason": line.reason} for line in broken],
        "totals": totals(run, broken),
        "decorators": decorators(run),
    }


def totals(run: DemoRun, broken: Sequence[Broken]) -> dict[str, Any]:
    """Return how many tickets there were, how they ended, and how long it took by the desk's clock."""
    ended = Counter(outcome.status for outcome in run.outcomes)
    return {
        "tickets": len(run.outcomes),
        **{status: ended[status] for status in STATUSES},
        "broken": len(broken),
        "redacted": sum(bool(outcome.redacted) for outcome in run.outcomes),
        "retried": sum(outcome.retries > 0 for outcome in run.outcomes),
        "fallback": sum(outcome.fallback for outcome in run.outcomes),
        "seconds": run.seconds,
    }


def decorators(run: DemoRun) -> dict[str, dict[str, Any]]:
    """Return what each decorator did, read from the events and the spans."""
    retries = [event for event in run.events if isinstance(event, RetryScheduled)]
    limited, queued = (
        [event.delay for event in run.events if isinstance(event, WaitScheduled) and event.policy == policy]
        for policy in ("rate_limited", "bulkhead")
    )
    refusals = Counter(event.code for event in run.events if isinstance(event, CallRefused))
    circuit = Counter(event.new for event in run.events if isinstance(event, CircuitChanged))
    return {
        "traced": {"spans": len(run.spans.spans)},
        "guarded": {
            "blocked": sum(outcome.status == "blocked" for outcome in run.outcomes),
            "redacted": _counted(kind for outcome in run.outcomes for kind in outcome.redacted),
        },
        "fallback": _counted(event.code for event in run.events if isinstance(event, FallbackTaken)),
        "budget": {"attempts_cut_off": sum(event.error == "DeadlineExceeded" for event in retries)},
        "retry": {
            "retries": _counted(event.code for event in retries),
            "seconds": round(sum(event.delay for event in retries), 3),
        },
        "breaker": {
            "opened": circuit["open"],
            "probes": circuit["half_open"],
            "closed": circuit["closed"],
            "refused": refusals[ErrorCode.CIRCUIT_OPEN],
        },
        "rate_limited": {
            "waited": len(limited),
            "seconds": round(sum(limited), 3),
            "refused": refusals[ErrorCode.RATE_LIMIT],
        },
        "cached": {"hits": sum(isinstance(event, CacheHit) for event in run.events)},
        "bulkhead": {"waited": len(queued)},
        "hedge": {"asked_again": sum(isinstance(event, HedgeStarted) for event in run.events)},
    }


def _counted(names: Iterable[object]) -> dict[str, int]:
    return {str(name): count for name, count in Counter(names).most_common()}
