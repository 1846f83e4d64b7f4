"""The fake provider as it is measured: a direct call, an exchange on the wire without a client, a server."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from beluga.llm import FakeProvider
from beluga.llm.fake._wire import HTTPRequest
from beluga.llm.fake.turns import CallLog
from benchmarks.timing import batch

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.timing import Batch

__all__ = ["ANSWER", "PATHS", "QUESTION", "answering", "direct", "exchange", "forgetful", "start_milliseconds"]

QUESTION, ANSWER = "How is the weather?", "It is sunny today in Paris."
PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}


def direct(fake: FakeProvider) -> Callable[[], Any]:
    """Return a call of `fake`."""
    return lambda: fake.generate(QUESTION)


def exchange(fake: FakeProvider, dialect: str) -> Callable[[], Any]:
    """Return all that is ours of a call over HTTP: from the bytes of the request to those of the answer."""
    body = {"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": QUESTION}]}
    request = HTTPRequest("POST", PATHS[dialect], {"content-type": "application/json"}, json.dumps(body).encode())
    respond = fake._responder()
    return lambda: list(respond(request))


def answering() -> FakeProvider:
    """Return a provider that always gives the same answer."""
    return FakeProvider().default(ANSWER)


def forgetful(make: Callable[..., Callable[[], Any]], *args: str) -> Batch:
    """Return a timer of a call that begins each batch with an empty log: a long one would measure the memory."""
    fake = answering()
    timer = batch(make(fake, *args))

    def run(loops: int) -> float:
        fake._log = CallLog(0)
        return timer(loops)

    return run


def start_milliseconds(rounds: int) -> float:
    """Return the least time until a loopback server listens."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        with FakeProvider().serve():
            best = min(best, time.perf_counter() - began)
    return best * 1000
