"""Working through the tickets."""

from __future__ import annotations

import math
import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beluga._cli.demo import desk as room
from beluga._cli.demo.desk import work_through
from beluga._cli.demo.report import most_eventful
from beluga._cli.demo.tickets import STATUSES, Ticket, decorators, read, summary, totals


@pytest.fixture(scope="module")
def bundled():
    """The run that ``beluga demo`` shows."""
    return work_through(read()[0])


def _foreign(count, projects=("north", "south")):
    return [Ticket(line, projects[line % len(projects)], f"question {line}") for line in range(1, count + 1)]


def test_every_decorator_has_something_to_do(bundled):
    """In the bundled file no decorator is idle."""
    did = decorators(bundled)
    assert all(any(figures.values()) for figures in did.values()), did
    assert did["breaker"]["opened"] >= 1
    assert did["breaker"]["closed"] >= 1
    assert did["rate_limited"]["waited"] >= 1
    assert did["rate_limited"]["refused"] >= 1


@pytest.mark.parametrize("count", [24, 60, 300])
def test_every_decorator_has_something_to_do_with_a_strangers_file(count):
    """Retry, breaker, fallback, budget, limit and guards work on tickets that nobody chose for them."""
    did = decorators(work_through([*_foreign(count), Ticket(count + 1, "north", "I am a@example.com")]))
    assert all(any(figures.values()) for figures in did.values()), did


def test_faults_heal(bundled):
    """With three calls in ten failing no ticket fails, and some were answered after retries."""
    assert totals(bundled, [])["failed"] == 0
    assert any(outcome.retries and not outcome.fallback for outcome in bundled.outcomes)


def test_an_outage_is_answered_by_the_fallback(bundled):
    """While the circuit is open the small model answers, and the ticket says why."""
    stood_in = [outcome for outcome in bundled.outcomes if outcome.fallback]
    assert stood_in
    assert {outcome.status for outcome in stood_in} == {"answered"}
    assert "fallback: circuit_open" in {outcome.note for outcome in stood_in}


def test_no_personal_data_is_in_an_answer(bundled):
    """What the model lets slip is taken out of the answer."""
    answers = " ".join(outcome.answer or "" for outcome in bundled.outcomes)
    assert "[EMAIL]" in answers
    assert "@example.com" not in answers


def test_an_empty_text_is_a_ticket():
    """It is answered as any other."""
    run = work_through([Ticket(1, "a", "")], fault_rate=0)
    assert [outcome.status for outcome in run.outcomes] == ["answered"]


def test_the_same_seed_gives_the_same_run():
    """Two runs agree in every outcome and figure; another seed gives another run."""
    tickets = read()[0]
    first, second, other = (summary(work_through(tickets, seed=seed), []) for seed in (3, 3, 4))
    assert first == second
    assert first != other


def test_nothing_at_all_is_a_run():
    """No tickets give no outcomes, no figures and no tree."""
    run = work_through([])
    assert run.outcomes == []
    assert most_eventful(run.spans.spans) is None


def test_all_spans_have_ended_under_one_root_for_each_ticket(bundled):
    """No span is left open, and each ticket has its own tree."""
    bundled.spans.assert_all_ended()
    roots = [span for span in bundled.spans.spans if span.parent is None]
    assert sorted(span.attributes["desk.line"] for span in roots) == [o.line for o in bundled.outcomes]


def test_the_tree_tells_what_happened(bundled):
    """The most eventful ticket shows the calls of the model and what the layers did between them."""
    labels = list(most_eventful(bundled.spans.spans).labels())
    assert labels[0].startswith("ticket in line ")
    assert labels[1] == "answer"
    assert "chat large: ProviderError" in labels
    assert any(label.startswith("retry in ") for label in labels)


@pytest.mark.parametrize("fault_rate", [-0.1, 1.1, math.nan])
def test_a_fault_rate_out_of_range_is_refused(fault_rate):
    """It is told before anything runs."""
    with pytest.raises(ValueError, match="a fault rate is from 0"):
        work_through(_foreign(1), fault_rate=fault_rate)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 40), st.floats(0, 1), st.integers(0, 1000), st.integers(1, 3))
def test_no_ticket_is_lost_or_answered_twice(count, fault_rate, seed, projects):
    """Whatever fails, each ticket has exactly one outcome, and the totals add up."""
    tickets = _foreign(count, ("a", "b", "c")[:projects])
    run = work_through(tickets, fault_rate=fault_rate, seed=seed)
    assert [outcome.line for outcome in run.outcomes] == [ticket.line for ticket in tickets]
    counts = totals(run, [])
    assert counts["tickets"] == count == sum(counts[status] for status in STATUSES)
    assert all((outcome.answer is not None) == (outcome.status == "answered") for outcome in run.outcomes)


def test_nine_calls_in_ten_may_fail(bundled):
    """The bundled file at a fault rate of 0.9: all accounted for, and most of them answered."""
    run = work_through(read()[0], fault_rate=0.9)
    ended = Counter(outcome.status for outcome in run.outcomes)
    assert ended.total() == len(bundled.outcomes)
    assert ended["answered"] > ended.total() / 2


def test_progress_is_told_once_for_each_ticket():
    """The callback hears of every outcome as it comes."""
    heard = []
    run = work_through(_foreign(10), progress=heard.append)
    assert sorted(outcome.line for outcome in heard) == [outcome.line for outcome in run.outcomes]


def test_real_time_gives_every_ticket_an_outcome_too(monkeypatch):
    """On the real clock, made a thousand times as fast, the desk works as on the virtual one."""
    monkeypatch.setattr(room, "_SPEED", 1000.0)
    began = time.monotonic()
    run = work_through(_foreign(12), real_time=True)
    assert len(run.outcomes) == 12
    assert 0 < run.seconds <= (time.monotonic() - began) * 1000.0
