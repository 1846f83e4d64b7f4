"""The test kit: time that does not pass, models that do not cost, and records of what happened.

Clock, fake provider and recorders need nothing but beluga itself; the strategies and the pytest plugin need
``pip install "beluga-ai[testing]"``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga._lazy import facade

if TYPE_CHECKING:
    import beluga.testing.contracts as contracts  # noqa: PLR0402 - the other form confuses mypy in its own package
    import beluga.testing.strategies as strategies  # noqa: PLR0402 - the same
    from beluga.llm import FakeProvider, faults
    from beluga.llm.fake.cassette import Cassette, record, replay
    from beluga.llm.fake.provider import PromptCache
    from beluga.llm.fake.turns import Reply
    from beluga.testing.clock import FakeClock, fake_clock, instant
    from beluga.testing.network import no_network
    from beluga.testing.recorders import EventRecorder, SpanRecorder, record_events, record_spans
    from beluga.testing.storm import Chaos, chaos, unleash

__all__ = [
    "Cassette",
    "Chaos",
    "EventRecorder",
    "FakeClock",
    "FakeProvider",
    "PromptCache",
    "Reply",
    "SpanRecorder",
    "chaos",
    "contracts",
    "fake_clock",
    "faults",
    "instant",
    "no_network",
    "record",
    "record_events",
    "record_spans",
    "replay",
    "strategies",
    "unleash",
]

_ROOMS = {
    "llm": "FakeProvider Reply faults",
    "llm.fake.cassette": "Cassette record replay",
    "llm.fake.provider": "PromptCache",
    "testing.storm": "Chaos chaos unleash",
    "testing.clock": "FakeClock fake_clock instant",
    "testing.network": "no_network",
    "testing.recorders": "EventRecorder SpanRecorder record_events record_spans",
}
_MODULES = ("contracts", "strategies")

if not TYPE_CHECKING:
    __getattr__, __dir__ = facade(__name__, _ROOMS, _MODULES)
