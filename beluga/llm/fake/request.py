"""What a fake provider was asked: one entry of its log."""

from __future__ import annotations

import random
from typing import Any

import attrs

from beluga.schema import HumanMessage, Message

__all__ = ["Request"]


@attrs.frozen
class Request:
    """One call that a fake provider got.

    Args:
        number: Its number, from 1.
        messages: What was asked.
        options: The keyword arguments of the call.
        attempt: How often the same messages were asked, this time included.
        at: The monotonic time of the environment's clock.
        seed: The provider's seed.
    """

    number: int
    messages: tuple[Message, ...]
    options: dict[str, Any] = attrs.field(hash=False)
    attempt: int
    at: float
    seed: int = attrs.field(repr=False)

    @property
    def text(self) -> str:
        """What the user said last, or the empty text."""
        return next((m.text for m in reversed(self.messages) if isinstance(m, HumanMessage)), "")

    @property
    def model(self) -> str:
        """The model that was asked for."""
        return str(self.options["model"]) if "model" in self.options else "fake"

    @property
    def id(self) -> str:
        """The id of the request and of its answer."""
        return f"fake-{self.number}"

    def rng(self) -> random.Random:
        """Return a source of chance that depends on the seed and the number of the call alone."""
        return random.Random(f"{self.seed}:{self.number}")  # noqa: S311 - it is to be foreseeable
