"""What a recorded span costs, against opening the same one by hand."""

from __future__ import annotations

import pytest

from beluga import traced
from benchmarks.floors import answer
from benchmarks.subjects import SPAN, recording


@pytest.mark.benchmark(group="traced, recording")
def test_floor(benchmark):
    """The floor opens the span itself."""
    with recording() as tracer:

        def bare(question):
            with tracer.start_as_current_span(**SPAN):
                return answer(question)

        assert benchmark(bare, 1) == 1


@pytest.mark.benchmark(group="traced, recording")
def test_ours(benchmark):
    """The decorator opens one with the same attributes."""
    with recording():
        assert benchmark(traced(operation="chat", model="gpt-4o", provider="openai")(answer), 1) == 1
