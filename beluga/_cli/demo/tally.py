"""Count what became of the tickets and what each decorator did."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from beluga._cli.demo.results import STATUSES
from beluga.classification import ErrorCode
from beluga.events import CallRefused, CircuitChanged, FallbackTaken, RetryScheduled, WaitScheduled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from beluga._cli.demo.run import Run
    from beluga._cli.demo.tickets import Broken

__all__ = ["decorators", "summary", "totals"]


def summary(run: Run, broken: Sequence[Broken]) -> dict[str, Any]:
    """Return all that ``beluga demo --json`` prints."""
    return {
        "tickets": [outcome.to_json() for outcome in run.outcomes],
        "broken": [{"line": line.line, "reason": line.reason} for line in broken],
        "totals": totals(run, broken),
        "decorators": decorators(run),
    }


def totals(run: Run, broken: Sequence[Broken]) -> dict[str, Any]:
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


def decorators(run: Run) -> dict[str, dict[str, Any]]:
    """Return what each decorator did, read from the events and the spans."""
    retries = [event for event in run.events if isinstance(event, RetryScheduled)]
    waits = [event for event in run.events if isinstance(event, WaitScheduled)]
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
            "waited": len(waits),
            "seconds": round(sum(event.delay for event in waits), 3),
            "refused": refusals[ErrorCode.RATE_LIMIT],
        },
    }


def _counted(names: Iterable[object]) -> dict[str, int]:
    return {str(name): count for name, count in Counter(names).most_common()}
