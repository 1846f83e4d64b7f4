"""What holds for every script of the fake provider."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from beluga.errors import BelugaError
from beluga.llm import FakeProvider, Reply
from beluga.testing import fake_clock
from beluga.testing.strategies import fault_scripts, messages, prompts, replies

if TYPE_CHECKING:
    from collections.abc import Callable

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
