"""The test kit: time that does not pass, models that do not cost, and records of what happened.

Clock, fake provider and recorders need nothing but beluga itself; the strategies and the pytest plugin need
``pip install "beluga-ai[testing]"``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import beluga.testing.contracts as contracts  # noqa: PLR0402 - the other form confuses mypy in its own package
    import beluga.testing.strategies as strategies  # noqa: PLR0402 - the same
    from beluga.llm import faults
    from beluga.llm.fake import FakeProvider
    from beluga.llm.fake.replies import Reply
    from beluga.testing.clock import FakeClock, fake_clock
    from beluga.testing.network import no_network
    from beluga.testing.recorder import EventRecorder, record_events
    from beluga.testing.spans import SpanRecorder, record_spans

__all__ = [
    "EventRecorder",
    "FakeClock",
    "FakeProvider",
    "Reply",
    "SpanRecorder",
    "contracts",
    "fake_clock",
    "faults",
    "no_network",
    "record_events",
    "record_spans",
    "strategies",
]

_ROOMS = {
    "EventRecorder": "beluga.testing.recorder",
    "FakeClock": "beluga.testing.clock",
    "FakeProvider": "beluga.llm.fake",
    "Reply": "beluga.llm.fake.replies",
    "SpanRecorder": "beluga.testing.spans",
    "fake_clock": "beluga.testing.clock",
    "no_network": "beluga.testing.network",
    "record_events": "beluga.testing.recorder",
    "record_spans": "beluga.testing.spans",
}
_MODULES = {
    "contracts": "beluga.testing.contracts",
    "faults": "beluga.llm.fake.faults",
    "strategies": "beluga.testing.strategies",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(_MODULES[name])
    if name not in _ROOMS:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(importlib.import_module(_ROOMS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
