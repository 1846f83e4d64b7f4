"""The fake provider as it is measured: a direct call, an exchange on the wire without a client, a server."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from beluga.llm import FakeProvider
from beluga.llm.fake._wire.happenings import HTTPRequest

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ANSWER", "PATHS", "QUESTION", "direct", "exchange", "start_milliseconds"]

QUESTION, ANSWER = "How is the weather?", "It is sunny today in Paris."
PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}


def direct() -> Callable[[], Any]:
    """Return a call of the provider itself."""
    # A new log now and then, as a test has one of its own: one of a million calls measures the memory.
    fakes = [FakeProvider().default(ANSWER)]

    def call() -> Any:
        if len(fakes[0]._log) > 1000:
            fakes[0] = FakeProvider().default(ANSWER)
        return fakes[0].generate(QUESTION)

    return call


def exchange(dialect: str) -> Callable[[], Any]:
    """Return all that is ours of a call over HTTP: from the bytes of the request to those of the answer."""
    body = {"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": QUESTION}]}
    request = HTTPRequest("POST", PATHS[dialect], {"content-type": "application/json"}, json.dumps(body).encode())
    fakes = [FakeProvider().default(ANSWER)]
    responders = [fakes[0]._responder()]

    def call() -> Any:
        if len(fakes[0]._log) > 1000:
            fakes[0] = FakeProvider().default(ANSWER)
            responders[0] = fakes[0]._responder()
        return list(responders[0](request))

    return call


def start_milliseconds(rounds: int) -> float:
    """Return the least time until a loopback server listens."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        with FakeProvider().serve():
            best = min(best, time.perf_counter() - began)
    return best * 1000
