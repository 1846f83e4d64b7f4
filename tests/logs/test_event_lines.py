"""Events as lines of the log."""

from __future__ import annotations

import pytest
from loguru import logger

from beluga import events, logs, retry, telemetry
from beluga.testing import fake_clock


@pytest.fixture
def lines():
    """The lines that loguru's sinks get, with their level and extra, inside the boundary."""
    seen = []
    logs.install()
    sink = logger.add(lambda message: seen.append(message.record), format="{message}")
    yield seen
    logger.remove(sink)
    logs.uninstall()


def test_an_event_is_a_line_with_the_trace_it_belongs_to(lines, spans):
    """A retry inside a span is logged with its fields and the full trace id."""
    left = [TimeoutError]

    @retry(max_attempts=2, jitter=False)
    def ask():
        if left:
            raise left.pop()

    with fake_clock(), logs.log_events(), telemetry.start_span("request") as span:
        ask()
    (line,) = lines
    assert line["message"].startswith("RetryScheduled function=")
    assert "attempt=1 delay=0.5 code=timeout" in line["message"]
    assert line["extra"]["event"] == "RetryScheduled"
    assert line["extra"]["trace_id"] == f"{span.get_span_context().trace_id:032x}"


def test_what_needs_attention_is_a_warning(lines):
    """An opened circuit is one, a closed one is none; after the block nothing is logged."""
    with logs.log_events(events.CircuitChanged):
        events.emit(events.CircuitChanged("ask", name="model", old="closed", new="open"))
        events.emit(events.CircuitChanged("ask", name="model", old="open", new="closed"))
        events.emit(events.EdgeTaken("graph", source="a", target="b"))
    events.emit(events.CircuitChanged("ask", name="model", old="closed", new="open"))
    assert [line["level"].name for line in lines] == ["WARNING", "INFO"]
