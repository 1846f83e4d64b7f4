"""What holds for every script of the fake provider."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from beluga.errors import BelugaError
from beluga.llm import FakeProvider, Reply
from beluga.testing import fake_clock
from beluga.testing.strategies import fault_scripts, messages, prompts, replies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from beluga.schema import Message


def play(fake: FakeProvider, conversation: list[Message], surfaces: list[str]) -> list[Any]:
    """Return all that a caller sees, and the log, of one call on each of the `surfaces`."""
    seen: list[Any] = []
    with fake_clock() as clock:
        for surface in surfaces:
            try:
                answer = getattr(fake, surface)(conversation)
                for piece in answer if surface == "stream" else [answer]:
                    seen.append((clock.monotonic(), piece))  # noqa: PERF401 - what came before an error counts too
            except BelugaError as error:
                seen.append((clock.monotonic(), type(error), str(error), vars(error)))
    return [seen, fake.calls, clock.monotonic()]


async def aplay(fake: FakeProvider, conversation: list[Message], surfaces: list[str]) -> list[Any]:
    """Do the same on the asynchronous twins of `surfaces`."""
    seen: list[Any] = []
    with fake_clock() as clock:
        for surface in surfaces:
            try:
                if surface == "generate":
                    response = await fake.agenerate(conversation)
                    seen.append((clock.monotonic(), response))
                else:
                    async for piece in fake.astream(conversation):
                        seen.append((clock.monotonic(), piece))  # noqa: PERF401 - what came before an error counts too
            except BelugaError as error:
                seen.append((clock.monotonic(), type(error), str(error), vars(error)))
    return [seen, fake.calls, clock.monotonic()]


FAKES = st.builds(
    lambda script, seed, rate: lambda: FakeProvider(*script, seed=seed, fault_rate=rate),
    fault_scripts(max_faults=3),
    st.integers(0, 3),
    st.sampled_from([0.0, 0.5]),
)
SURFACES = st.lists(st.sampled_from(["generate", "stream"]), min_size=1, max_size=5)


@given(FAKES, messages(max_turns=2), SURFACES)
def test_async_is_as_sync(fake: Callable[[], FakeProvider], conversation: list[Message], surfaces: list[str]) -> None:
    """Pieces, errors, times and log are the same on both sides."""
    assert play(fake(), conversation, surfaces) == asyncio.run(aplay(fake(), conversation, surfaces))


@given(FAKES, messages(max_turns=2), SURFACES)
def test_a_play_can_be_repeated(
    fake: Callable[[], FakeProvider], conversation: list[Message], surfaces: list[str]
) -> None:
    """The same script, seed and calls give the same, to the last id."""
    assert play(fake(), conversation, surfaces) == play(fake(), conversation, surfaces)


@given(replies(), prompts())
def test_a_stream_joins_to_the_whole(reply: Reply, prompt: str) -> None:
    """Text, thoughts, calls, usage and finish reason of a stream are those of the response."""
    with fake_clock():
        response = FakeProvider(reply).generate(prompt)
        chunks = list(FakeProvider(reply).stream(prompt))
    assert "".join(chunk.text for chunk in chunks) == response.text == reply.text
    assert "".join(chunk.thinking for chunk in chunks) == response.message.thinking
    assert tuple(chunk.tool_call for chunk in chunks if chunk.tool_call) == response.tool_calls
    assert (chunks[-1].usage, chunks[-1].finish_reason) == (response.usage, response.finish_reason)
    assert all(chunk.finish_reason is None for chunk in chunks[:-1])


PARTS = {"role": "user", "parts": [{"text": "a"}, {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}]}
CALLED = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
USED = {"type": "tool_use", "id": "c", "name": "f", "input": {}}
BODIES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {
        "model": "m",
        "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": None, "tool_calls": [CALLED]}],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}],
        "tool_choice": "required",
    },
    "/v1/responses": {
        "model": "m",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "a"}]}],
        "tools": [{"type": "function", "name": "f", "parameters": {}}],
        "tool_choice": "required",
    },
    "/v1/messages": {
        "model": "m",
        "max_tokens": 5,
        "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": [USED]}],
        "tools": [{"name": "f", "input_schema": {}}],
        "tool_choice": {"type": "any"},
    },
    "/v1/messages/count_tokens": {
        "model": "m",
        "messages": [{"role": "user", "content": "a"}],
        "tools": [{"name": "f", "input_schema": {}}],
    },
    "/v1beta/models/g:generateContent": {"contents": [PARTS], "tools": [{"functionDeclarations": [{"name": "f"}]}]},
    "/v1/embeddings": {"model": "m", "input": ["a", [1]], "dimensions": 8, "encoding_format": "base64"},
}
"""One request that each of these endpoints answers."""

ODD = st.sampled_from([None, True, -1, 1.5, "", "x", [], {}, [None], {"a": None}, 10**30])


@st.composite
def spoilt_requests(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Return the path and the body of a request in which one value is another."""
    path = draw(st.sampled_from(sorted(BODIES)))
    body = deepcopy(BODIES[path])
    inside: Any = body
    while True:
        key = draw(st.sampled_from(sorted(inside) if isinstance(inside, dict) else range(len(inside))))
        if not inside[key] or not isinstance(inside[key], (dict, list)) or draw(st.booleans()):
            break
        inside = inside[key]
    inside[key] = draw(ODD)
    return path, body


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """Return a client of one fake provider that always says the same."""
    with httpx.Client(transport=FakeProvider().default("a").transport(httpx), base_url="http://fake") as client:
        yield client


@pytest.mark.parametrize("path", sorted(BODIES))
def test_each_endpoint_answers_its_request(client: httpx.Client, path: str) -> None:
    """What the next test spoils is answered as it stands."""
    assert client.post(path, json=BODIES[path]).status_code == 200


@given(spoilt=spoilt_requests())
@example(spoilt=("/v1/chat/completions", BODIES["/v1/chat/completions"] | {"tools": None}))
@example(spoilt=("/v1/messages/count_tokens", BODIES["/v1/messages/count_tokens"] | {"tools": None}))
@example(spoilt=("/v1beta/models/g:generateContent", {"contents": [PARTS], "tools": [{"functionDeclarations": [0]}]}))
def test_a_spoilt_request_is_answered_or_refused(client: httpx.Client, spoilt: tuple[str, dict[str, Any]]) -> None:
    """Whatever stands in a body, the client is told of its own mistake, and the script is not blamed for it."""
    path, body = spoilt
    assert client.post(path, json=body).status_code in {200, 400}
