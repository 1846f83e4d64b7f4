"""What a fake provider was asked: one entry of its log, and the log."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping  # noqa: TC003 - whoever resolves the fields' types needs it
from typing import Any

import attrs

from beluga.schema import HumanMessage, Message

__all__ = ["CallLog", "Request"]


@attrs.frozen
class Request:
    """One call that a fake provider got.

    Args:
        number: Its number, from 1.
        messages: What was asked.
        options: The keyword arguments of the call; over HTTP the rest of the body.
        at: The monotonic time of the environment's clock.
        log: The log that it is in.
        dialect: ``"openai"`` or ``"anthropic"``; empty for a direct call.
        headers: Of HTTP, by name in lower case; they may hold a key, so they are not shown.
    """

    number: int
    messages: tuple[Message, ...]
    options: dict[str, Any] = attrs.field(hash=False)
    at: float
    log: CallLog = attrs.field(repr=False, eq=False)
    dialect: str = ""
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False, eq=False)

    @property
    def text(self) -> str:
        """What the user said last, or the empty text."""
        return next((m.text for m in reversed(self.messages) if isinstance(m, HumanMessage)), "")

    @property
    def attempt(self) -> int:
        """How often the same messages were asked, this time included."""
        return self.log.attempt(self.number)

    @property
    def client_retries(self) -> int:
        """How often the client had retried this very request by itself, as those of OpenAI and Anthropic tell."""
        told = self.headers.get("x-stainless-retry-count", "")
        return int(told) if told.isdecimal() else 0

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
        return random.Random(f"{self.log.seed}:{self.number}")  # noqa: S311 - it is to be foreseeable


class CallLog:
    """All calls in their order; threads may share one.

    Args:
        seed: The provider's seed.
    """

    def __init__(self, seed: int) -> None:
        self.seed: int = seed
        self._calls: list[Request] = []
        self._attempts: list[int] = []
        self._asked: dict[tuple[Message, ...], int] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._calls)

    def add(
        self,
        messages: tuple[Message, ...],
        options: dict[str, Any],
        at: float,
        dialect: str,
        headers: Mapping[str, str],
    ) -> Request:
        """Log a call and return it with its number."""
        with self._lock:
            request = Request(len(self._calls) + 1, messages, options, at, self, dialect, headers)
            self._calls.append(request)
        return request

    def all(self) -> tuple[Request, ...]:
        """Return the calls so far."""
        return tuple(self._calls)

    def attempt(self, number: int) -> int:
        """Return how often the messages of call `number` had been asked with it."""
        # Counted when somebody asks: it hashes whole conversations, which is as long as the rest of a call.
        with self._lock:
            for request in self._calls[len(self._attempts) : number]:
                count = self._asked[request.messages] = self._asked.get(request.messages, 0) + 1
                self._attempts.append(count)
            return self._attempts[number - 1]
