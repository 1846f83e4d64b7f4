"""What reads like a command acts where it is called; its block, or a call of what it returns, undoes it."""

from __future__ import annotations

import contextvars
import gc
import random
import warnings

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import get_tracer_provider

from beluga import TimeoutBudget, detached, events, remaining, telemetry
from beluga.clock import SYSTEM, Environment, environment, use_environment
from beluga.telemetry.spans import CONVERSATION, meter_provider, recording
from beluga.testing import fake_clock, instant, no_network, record_events, record_spans

COMMANDS = {
    "use_environment": (lambda: use_environment(Environment(SYSTEM.clock, random.Random(0))), environment),
    "use_provider": (lambda: telemetry.use_provider(TracerProvider(shutdown_on_exit=False)), recording),
    "use_meter_provider": (lambda: telemetry.use_meter_provider(MeterProvider()), meter_provider),
    "use_conversation": (lambda: telemetry.use_conversation("c-1"), CONVERSATION.get),
    "subscribe": (lambda: events.subscribe(print), events.listening),
    "detached": (detached, remaining),
    "fake_clock": (fake_clock, environment),
    "instant": (instant, environment),
    "no_network": (no_network, lambda: __import__("socket").socket.connect),
    "record_events": (record_events, events.listening),
    "record_spans": (record_spans, lambda: (recording(), get_tracer_provider())),
}
command = pytest.mark.parametrize(("act", "state"), COMMANDS.values(), ids=COMMANDS)


def _alone(check):
    """Run a check in a context of its own, inside a budget, of which `detached` takes it out."""
    with TimeoutBudget(60).allocate():
        check()


@command
def test_it_acts_at_the_call_and_is_undone_by_calling_it(act, state):
    """Without `with` it is in force from the call on; undone twice it is undone once."""

    def check():
        before = state()
        undo = act()
        assert _differ(state(), before)
        undo()
        undo()
        assert not _differ(state(), before)

    contextvars.copy_context().run(_alone, check)


@command
def test_its_block_undoes_it_on_every_way_out(act, state):
    """An error inside leaves nothing behind; what the block is given is in force."""

    def check():
        before = state()
        with pytest.raises(RuntimeError, match=r"^inside$"), act():
            assert _differ(state(), before)
            raise RuntimeError("inside")
        assert not _differ(state(), before)

    contextvars.copy_context().run(_alone, check)


@command
def test_it_may_be_undone_in_another_context(act, state):
    """A fixture's end runs where its beginning never was: nothing is raised there."""

    def check():
        contextvars.copy_context().run(act())

    contextvars.copy_context().run(_alone, check)


def _differ(now, before):
    """Compare states; the seconds of a budget go by."""
    return type(now) is not type(before) if isinstance(before, float) else now != before


def test_clock_and_records_are_what_is_returned():
    """Nothing has to be unpacked: the clock moves, and events and spans are kept."""
    clock, seen, spans = fake_clock(), record_events(), record_spans()
    try:
        clock.advance(5)
        events.emit(events.EdgeTaken("graph", source="a", target="b"))
        with telemetry.start_span("step"):
            pass
        assert (environment().monotonic(), len(seen), spans.outline()) == (5.0, 1, "step")
    finally:
        for undo in (spans, seen, clock):
            undo()


def test_a_span_without_its_block_is_told():
    """It has not begun, and nobody would miss it: a warning with its name."""
    with pytest.warns(RuntimeWarning, match="the span 'step' was never opened: write `with start_span"):
        telemetry.start_span("step")


def test_a_span_may_decorate_a_function(spans):
    """Each call has a span of its own, and nobody is warned."""

    @telemetry.start_span("step")
    def step():
        return 1

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert step() + step() == 2
        del step
        gc.collect()
    assert [span.name for span in spans.spans] == ["step", "step"]
