"""What becomes of a ticket."""

from __future__ import annotations

import pytest

from beluga._cli.demo.tickets import Ticket, TicketResult
from beluga.errors import CircuitOpen, DeadlineExceeded, GuardBlocked, ProviderError, RateLimited
from beluga.guards import Finding

TICKET = Ticket(1, "a", "?")


@pytest.mark.parametrize(
    ("failure", "status", "note"),
    [
        (GuardBlocked("no", findings=[Finding("injection", 0, 1, rule="override")]), "blocked", "override"),
        (RateLimited("no", retry_after=2.0), "refused", "again in 2.0 s"),
        (CircuitOpen("no"), "refused", "circuit_open"),
        (DeadlineExceeded("late"), "failed", "timeout"),
        (ProviderError("down"), "failed", "provider_unavailable"),
        (KeyError("a bug"), "failed", "KeyError"),
    ],
)
def test_an_error_decides_status_and_note(failure, status, note):
    """Each kind of failure has its status, and a note that does not quote the ticket."""
    outcome = TicketResult.of(TICKET, failure, [], 0.0)
    assert (outcome.status, outcome.note, outcome.answer) == (status, note, None)


def test_an_answer_is_kept():
    """A text is the answer, and needs no note."""
    outcome = TicketResult.of(TICKET, "fine", [], 0.5)
    assert (outcome.status, outcome.note, outcome.answer, outcome.seconds) == ("answered", "", "fine", 0.5)
