"""The recorder of spans."""

from __future__ import annotations

import threading

import pytest
from opentelemetry import trace

from beluga import telemetry, traced
from beluga.clock import environment
from beluga.testing import fake_clock, record_spans


def run():
    with fake_clock(), record_spans() as spans:

        @traced(operation="chat", model="gpt-4o")
        def ask():
            environment().clock.sleep(0.5)

        with telemetry.start_span("request"):
            ask()
            environment().clock.sleep(0.5)
    return spans


def test_a_trace_on_the_fake_clock_is_the_same_in_every_run():
    """Ids count from 1, times are the clock's, and so is the tree."""
    first, second = run(), run()
    for one, other in zip(first.spans, second.spans, strict=True):
        assert (one.context.trace_id, one.context.span_id) == (other.context.trace_id, other.context.span_id)
        assert (one.start_time, one.end_time) == (other.start_time, other.end_time)
    assert first.spans[0].context.trace_id == 1
    assert first.tree() == ("request        ████████████████      1 s\n  chat gpt-4o  ████████········   500 ms")
    assert first.tree().splitlines()[1] in repr(first)


def run_by_hand():
    """Record with the recorder outside the clock, and with spans and events of the application's own."""
    with record_spans() as spans, fake_clock() as clock:
        tracer = telemetry.tracer()
        with telemetry.start_span("request") as span:
            clock.advance(1)
            span.add_event("seen", {"by": "hand"})
            with tracer.start_as_current_span("step"):
                clock.advance(2)
            tracer.start_span("past", start_time=5).end(7)
            span.record_exception(ValueError("late"))
    return [
        (s.name, s.context.trace_id, s.context.span_id, s.start_time, s.end_time, [e.timestamp for e in s.events])
        for s in spans.spans
    ]


def test_spans_made_by_hand_are_on_the_clock_too():
    """Whichever stands outside, ids count and times are the clock's; a time that is given counts."""
    first = run_by_hand()
    assert first == run_by_hand()
    (_, _, _, start, end, events), (_, _, _, begun, ended, _), (_, _, _, past, gone, _) = first
    assert (end - start, events) == (3e9, [start + 1e9, start + 3e9])
    assert (begun - start, ended - start) == (1e9, 3e9)
    assert (past, gone) == (5, 7)
    assert [row[1:3] for row in first] == [(1, 1), (1, 2), (1, 3)]


def test_without_a_fake_clock_ids_are_random():
    """Two recorders in two processes must not give the same ids."""
    with record_spans() as spans:
        traced(lambda: None)()
    assert spans.spans[0].context.trace_id > 2**32


def test_one_finds_by_name_and_by_what_is_known():
    """The keys are those of the table, and a wrong one is refused."""
    spans = run()
    assert spans.one("chat gpt-4o", model="gpt-4o") is spans.spans[1]
    with pytest.raises(AssertionError, match="got 0"):
        spans.one("chat gpt-4o", model="other")
    with pytest.raises(ValueError, match="is not a key"):
        spans.one("chat gpt-4o", modle="gpt-4o")


def test_a_tree_that_differs_is_shown():
    """The message has what was expected and what came."""
    with pytest.raises(AssertionError, match=r"(?s)expected:\nrequest\n  chat.*got:\nrequest .*\n  chat gpt-4o "):
        run().assert_tree("""
            request
              chat
        """)


def test_an_open_span_is_named():
    """`assert_all_ended` says which one never ended."""
    with record_spans() as spans:
        stream = traced("stream")(_endless)()
        next(stream)
        with pytest.raises(AssertionError, match="never ended: stream"):
            spans.assert_all_ended()
        assert "open" in spans.tree()
        stream.close()
        spans.assert_all_ended()


def _endless():
    while True:
        yield


@pytest.mark.parametrize("place", ["name", "attribute", "key", "event", "status"])
def test_a_leak_is_found_wherever_it_is(place):
    """The message says where, and not what."""
    from opentelemetry.trace import Status, StatusCode

    with record_spans() as spans, telemetry.start_span("swordfish" if place == "name" else "request") as span:
        if place == "attribute":
            span.set_attribute("note", ["a", "a swordfish"])
        if place == "key":
            span.set_attribute("swordfish", 1)
        if place == "event":
            span.add_event("said", {"text": "swordfish"})
        if place == "status":
            span.set_status(Status(StatusCode.ERROR, "swordfish"))
    with pytest.raises(AssertionError, match="holds a secret") as found:
        spans.assert_no_leak("swordfish")
    assert "swordfish" not in str(found.value)
    spans.assert_no_leak("another")
    with pytest.raises(ValueError, match="empty"):
        spans.assert_no_leak("")


def test_spans_of_other_instrumentations_are_seen():
    """Whether they asked for their tracer before the block, as modules do, or within it."""
    early = trace.get_tracer("a.library", "1.0")

    @traced(name="ours")
    def ask():
        with early.start_as_current_span("theirs"):
            trace.get_tracer("another").start_span("inside").end()

    for _ in range(2):
        with record_spans() as spans:
            ask()
        spans.assert_tree("""
            ours
              theirs
                inside
        """)
    with early.start_as_current_span("outside") as span:
        assert not span.is_recording()


def test_spans_of_others_stay_in_their_context():
    """Another thread, and whoever comes after the block, has what it had before; blocks lie within each other."""
    library = trace.get_tracer("a.library.of.threads")
    seen = []

    def elsewhere():
        with library.start_as_current_span("elsewhere") as span:
            seen.append(span.is_recording())

    before = trace.get_tracer_provider()
    with record_spans() as outer:
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join(30)
        with record_spans() as inner, library.start_as_current_span("inner"):
            pass
        with library.start_as_current_span("outer"):
            pass
    assert (seen, [span.name for span in outer.spans], [span.name for span in inner.spans]) == (
        [False],
        ["outer"],
        ["inner"],
    )
    assert trace.get_tracer_provider() is before
