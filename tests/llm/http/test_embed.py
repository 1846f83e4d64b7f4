"""Vectors of texts, from a server or from the fake."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from beluga import llm
from beluga.classification import ErrorCode
from beluga.errors import ProviderError
from beluga.llm import FakeProvider
from beluga.schema import Usage

TEXTS = ["Where is my order?", "Whales sing."]


def served(**settings):
    """Return a model whose provider is the fake."""
    return llm.new("openai", model="e", api_key="k", transport=FakeProvider().transport(httpx), **settings)


def test_vectors_cross_the_wire():
    """Sync and async, and as the fake gives them directly; chat options of the model are not sent."""

    async def main():
        async with served() as model:
            return await model.aembed(TEXTS, dimensions=8)

    direct = FakeProvider().embed(TEXTS, dimensions=8)
    for found in (served(temperature=0).embed(TEXTS, dimensions=8), asyncio.run(main())):
        assert found.vectors == direct.vectors
        assert (found.usage, found.model) == (Usage(8), "e")
    assert served().embed(TEXTS[0]).vectors == FakeProvider().embed(TEXTS[0]).vectors
    assert "2 vectors" in repr(direct)


def test_vectors_come_in_the_order_of_their_texts(answering):
    """Whatever the order of the answer."""
    data = [{"index": 1, "embedding": [1]}, {"index": 0, "embedding": [0]}]
    transport = answering(httpx.Response(200, json={"data": data}))
    assert llm.new("ollama", model="e", transport=transport).embed(["a", "b"]).vectors == ((0.0,), (1.0,))


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (httpx.Response(429, json={"error": {"code": "rate_limit_exceeded"}}), ErrorCode.RATE_LIMIT),
        (httpx.Response(200, json={"error": "overloaded"}), ErrorCode.PROVIDER_UNAVAILABLE),
        (httpx.Response(200, json={"data": [{"embedding": ["x"]}]}), ErrorCode.INVALID_RESPONSE),
    ],
)
def test_a_failure_is_an_error(answering, response, code):
    """As for answers."""
    with pytest.raises(ProviderError) as caught:
        llm.new("openai", model="e", api_key="k", transport=answering(response)).embed("x")
    assert caught.value.code is code


def test_what_cannot_be_embedded_is_refused():
    """Before anything is sent."""
    for nothing in ("", [], ["a", ""]):
        with pytest.raises(ValueError, match="none of them empty"):
            served().embed(nothing)
    with pytest.raises(ValueError, match="anthropic takes no texts to embed"):
        llm.new("anthropic", model="c", api_key="k", transport=FakeProvider().transport(httpx)).embed("x")
