"""The two models of the desk: a good one that has bad moments, and a small one that fails less often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga.llm import FakeProvider, Reply, faults

if TYPE_CHECKING:
    from beluga._cli.demo.schedule import Schedule
    from beluga.llm import Request

__all__ = ["large_model", "small_model"]

_STALLED = range(5, 1_000_000, 21)
_ANSWERS = (
    "Thank you for your message. We have opened a case and will come back to you within a day.",
    "Thank you. Your request went to a colleague who can see your account.",
    "We are sorry about that. We are looking into it and will write to you this afternoon.",
    "Good question. The help pages have a step-by-step guide, and we have sent you its link.",
    "Thank you. Mia takes over from here; write to mia@example.com or call 212-555-0100.",
)
_WEIGHTS = (4, 4, 4, 4, 1)
_EMPTY = "Your message reached us without a text. What can we do for you?"


def large_model(schedule: Schedule, fault_rate: float, seed: int) -> FakeProvider:
    """Return the model that is asked first: it is down for a while, and one call in 21 never ends."""
    model = FakeProvider(seed=seed, fault_rate=fault_rate).default(_answer)
    model.on(lambda request: schedule.is_down(request.at)).fault(faults.server_error(503))
    model.on(lambda request: request.number in _STALLED).fault(faults.stall(600.0))
    return model


def small_model(fault_rate: float, seed: int) -> FakeProvider:
    """Return the model that stands in: it runs elsewhere, and fails a third as often."""
    return FakeProvider(seed=seed + 1, fault_rate=fault_rate / 3).default(_answer)


def _answer(request: Request) -> Reply:
    text = request.rng().choices(_ANSWERS, _WEIGHTS)[0] if request.text.strip() else _EMPTY
    return Reply(text, per_token=0.05)
