"""Tickets: read line by line, where a broken one does no harm; what became of each, and the figures of all."""

from __future__ import annotations

import json
from collections import Counter
from importlib import resources
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
    from pathlib import Path

    from beluga._cli.demo.desk import DemoRun
    from beluga.events import Event

__all__ = ["STATUSES", "Broken", "Status", "Ticket", "TicketResult", "decorators", "parse", "read", "summary", "totals"]

NO_PROJECT = "default"
"""The project of a ticket that names none."""


@attrs.frozen
class Ticket:
    """What a customer wrote, and to which project; `line` is its number in the file, from 1."""

    line: int
    project: str
    text: str = attrs.field(repr=False)


@attrs.frozen
class Broken:
    """A line that is not a ticket, and why."""

    line: int
    reason: str


def read(path: Path | None = None, limit: int | None = None) -> tuple[list[Ticket], list[Broken]]:
    """Return the tickets and the broken lines of a file.

    Args:
        path: A file with one JSON object a line; None takes the file that comes with beluga.
        limit: Stop after so many tickets; None reads them all.

    Raises:
        OSError: The file cannot be read.
    """
    source = resources.files("beluga._cli.demo") / "tickets.jsonl" if path is None else path
    return parse(source.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n"), limit)


def parse(lines: Iterable[bytes], limit: int | None = None) -> tuple[list[Ticket], list[Broken]]:
    """Return the tickets and the broken lines among `lines`; a blank line is neither."""
    tickets: list[Ticket] = []
    broken: list[Broken] = []
    for number, line in enumerate(lines, 1):
        if len(tickets) == limit:
            break
        if not line.strip():
            continue
        found = _ticket(number, line)
        if isinstance(found, Ticket):
            tickets.append(found)
        else:
            broken.append(found)
    return tickets, broken


def _ticket(number: int, line: bytes) -> Ticket | Broken:
    try:
        record = json.loads(line.decode())
    except UnicodeDecodeError as error:
        return Broken(number, f"no UTF-8 at byte {error.start + 1}")
    except (ValueError, RecursionError) as error:
        # The text of the error may quote the line, its position does not.
        at = f" at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else ""
        return Broken(number, f"no JSON{at}")
    if not isinstance(record, dict):
        return Broken(number, 'no object: write {"project": ..., "text": ...}')
    if "text" not in record:
        return Broken(number, 'no "text"')
    if not isinstance(record["text"], str):
        return Broken(number, f'"text" is not a string but {type(record["text"]).__name__}')
    project = record.get("project")
    if not isinstance(project, str | None):
        return Broken(number, f'"project" is not a string but {type(project).__name__}')
    return Ticket(number, project or NO_PROJECT, record["text"])


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
