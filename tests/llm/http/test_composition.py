"""Models among the decorators: they come bare, and every policy works on what calls them."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from beluga import ErrorCode, ProviderError, budget, fallback, retry, traced
from beluga.llm import FakeProvider, Reply, collect, faults
from beluga.schema import Chunk, Usage
from beluga.testing import fake_clock, record_spans


def over(wire, *script):
    """Return a model of the provider, played by a fake one, and the fake."""
    fake = FakeProvider(*script)
    return wire.model(transport=fake.transport(httpx)), fake


def test_nothing_is_retried_inside(wire, ask_any):
    """One call is one request; how often is the caller's to say."""
    model, fake = over(wire, faults.server_error(503), "late")
    with fake_clock(), pytest.raises(ProviderError):
        ask_any(model, "Hi")
    assert len(fake.calls) == 1


def test_retry_waits_as_long_as_the_provider_asks(wire):
    """The header reaches the policy."""
    model, fake = over(wire, faults.rate_limit(retry_after=7.0), faults.quota(), "never")
    with fake_clock() as clock:
        with pytest.raises(ProviderError) as caught:
            retry(model.generate)("Hi")
        assert clock.monotonic() >= 7.0
    assert caught.value.code is ErrorCode.QUOTA_EXHAUSTED
    assert len(fake.calls) == 2


def test_a_stalled_answer_ends_with_the_time_budget(wire):
    """A sync call cannot be cancelled, so its time-outs are capped: 90 s of silence take 3."""
    model, _ = over(wire, faults.stall(90.0), "late")

    @budget(3.0)
    def ask():
        return model.generate("Hi")

    with fake_clock() as clock:
        with pytest.raises((ProviderError, TimeoutError)) as caught:
            ask()
        assert clock.monotonic() == pytest.approx(3.0)
    assert caught.value.code is ErrorCode.TIMEOUT


def test_a_stream_fails_over_before_its_first_piece(wire):
    """Afterwards it would begin a second time."""
    model, _ = over(wire, faults.overloaded_in_stream(after=0), faults.overloaded_in_stream(after=1))
    other = FakeProvider().default("plan B")

    @fallback(other.stream)
    def ask(question):
        yield from model.stream(question)

    assert collect(ask("Hi")).text == "plan B"
    stream = ask("Hi")
    with pytest.raises(ProviderError) as caught:
        list(stream)
    assert caught.value.code is ErrorCode.PROVIDER_UNAVAILABLE


def test_a_cancelled_stream_gives_its_connection_back(wire, answering, pieces):
    """Cancellation passes, and closes the response on its way."""

    class Endless(pieces):
        async def __aiter__(self):
            yield self.pieces[0]
            await asyncio.Event().wait()

    body = Endless([wire.beginning("a")])
    transport = answering(httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=body))
    model = wire.model(transport=transport)

    async def main():
        seen = asyncio.Event()

        async def consume():
            async for chunk in model.astream("Hi"):
                assert chunk == Chunk("a")
                seen.set()

        task = asyncio.create_task(consume())
        await seen.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert body.closed


def test_a_span_has_the_usage_of_a_model_over_http(wire):
    """It is read from our response, whoever answered."""
    model, _ = over(wire, Reply("Hi", usage=Usage(12, 3, cached_tokens=4)))
    with record_spans() as spans:
        traced(operation="chat", model="gpt-4o")(model.generate)("Hello")
    attributes = spans.spans[0].attributes
    assert (attributes["gen_ai.usage.input_tokens"], attributes["gen_ai.usage.output_tokens"]) == (12, 3)
