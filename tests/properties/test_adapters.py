"""The adapters against the fake provider on the wire: what is asked arrives, and what is answered comes back."""

from __future__ import annotations

import itertools

import attrs
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga import llm
from beluga.classification import ErrorCode
from beluga.errors import ProviderError
from beluga.llm import FakeProvider, collect, faults
from beluga.llm._http import ANTHROPIC, OPENAI
from beluga.llm._http.anthropic_encoding import encode_messages as to_anthropic
from beluga.llm._http.openai_encoding import encode_messages as to_openai
from beluga.schema import AIMessage, HumanMessage, TextPart, ThinkingPart, ToolCall, ToolMessage
from beluga.testing import fake_clock
from beluga.testing.strategies import fault_scripts, messages, prompts, replies

PROVIDERS = pytest.mark.parametrize("provider", ["openai", "openai-responses", "anthropic"])


def from_wire(profile, body):
    """Return the message of a whole answer."""
    return collect(profile.speech.reader(profile).whole(body)).message


def said(message):
    """Return a message with something in each text: a block that says nothing is not sent."""
    parts = [TextPart("-") if isinstance(part, TextPart) and not part.text.strip() else part for part in message.parts]
    if isinstance(message, ToolMessage):
        return ToolMessage(parts=parts, tool_call_id=message.tool_call_id, is_error=message.is_error)
    return type(message)(parts=parts)


def unflagged(message):
    """Return a message without the flag that a tool failed."""
    if not isinstance(message, ToolMessage):
        return message
    return ToolMessage(parts=message.parts, tool_call_id=message.tool_call_id)


def outcome_of(error):
    """Return what counts of an error, and the wait."""
    return error.code, error.retryable, error.retry_after


def same(outcomes, direct):
    """Say whether the outcomes are those; where no wait is asked for, the wire may tell when a limit is reset.

    A wait of 0 asks for none.
    """
    return len(outcomes) == len(direct) and all(
        one == other or (other[2:] in {(None,), (0.0,)} and one[:2] == other[:2] == (ErrorCode.RATE_LIMIT, True))
        for one, other in zip(outcomes, direct, strict=True)
    )


def over_the_wire(provider, fake):
    """Return a model whose provider is the fake, and whose time-out is longer than the slowest script."""
    return llm.new(provider, model="fake", api_key="k", transport=fake.transport(httpx), timeout=1e6)


@PROVIDERS
@given(conversation=messages().map(lambda listed: [said(message) for message in listed]), reply=replies())
def test_question_and_answer_cross_the_wire_unchanged(provider, conversation, reply):
    """The provider reads the conversation that was sent, and the caller the answer that a direct call gives."""
    # OpenAI cannot be told that a tool failed, other than by the text.
    sent = [unflagged(message) if provider != "anthropic" else message for message in conversation]
    with fake_clock():
        fake = FakeProvider(reply, reply)
        model = over_the_wire(provider, fake)
        whole, streamed = model.generate(conversation), collect(model.stream(conversation))
        direct = FakeProvider(reply).generate(conversation)
    assert list(fake.calls[0].messages) == list(fake.calls[1].messages) == sent
    assert whole.message.text == streamed.message.text == direct.message.text
    assert whole.finish_reason == streamed.finish_reason == direct.finish_reason
    usage = attrs.evolve(direct.usage, reasoning_tokens=0) if provider == "anthropic" else direct.usage
    assert whole.usage == streamed.usage == usage
    named = [(call.name, call.arguments) for call in direct.tool_calls]
    assert [(call.name, call.arguments) for call in whole.tool_calls] == named
    assert [(call.name, call.arguments) for call in streamed.tool_calls] == named


@PROVIDERS
@given(script=fault_scripts(max_faults=3), streamed=st.booleans())
def test_faults_mean_the_same_over_the_wire(provider, script, streamed):
    """Code and wait of each call's error are those that a direct call raises, sync and async."""

    calls = sum(not isinstance(item, faults.Delay) for item in script)

    def outcomes(model):
        for _ in range(calls):
            try:
                yield (collect(model.stream("Hi")) if streamed else model.generate("Hi")).text
            except ProviderError as error:
                yield outcome_of(error)

    async def async_outcomes(model):
        found = []
        for _ in range(calls):
            try:
                if streamed:
                    found.append("".join([chunk.text async for chunk in model.astream("Hi")]))
                else:
                    found.append((await model.agenerate("Hi")).text)
            except ProviderError as error:
                found.append(outcome_of(error))
        return found

    with fake_clock() as clock:
        direct = list(outcomes(FakeProvider(*script)))
        assert same(list(outcomes(over_the_wire(provider, FakeProvider(*script)))), direct)
        assert same(clock.run(async_outcomes(over_the_wire(provider, FakeProvider(*script)))), direct)


PARTS = st.lists(
    st.one_of(
        prompts().filter(str.strip).map(TextPart),
        st.builds(ThinkingPart, prompts(), st.sampled_from(["sealed", "redacted_thinking:abc"])),
        st.builds(
            ToolCall,
            st.sampled_from(["call_1", "call_2"]),
            st.sampled_from(["search", "now"]),
            st.dictionaries(st.text(max_size=5), st.one_of(st.none(), st.integers(), st.text(max_size=5)), max_size=3),
        ),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda part: part.id if isinstance(part, ToolCall) else object(),  # an id stands for one call
)


@given(PARTS)
def test_anthropic_gets_its_own_answer_back(parts):
    """Thoughts with their seals, texts and tool calls, in their order: an answer is a turn of the next question."""
    parts = [
        ThinkingPart("", part.signature)
        if isinstance(part, ThinkingPart) and str(part.signature).startswith("redacted")
        else part
        for part in parts
    ]
    message = AIMessage(parts=parts)
    _, (turn, _) = to_anthropic([message, HumanMessage("Go on.")])
    assert from_wire(ANTHROPIC, {"content": turn["content"]}) == message


@given(PARTS)
def test_openai_gets_text_and_calls_of_its_answer_back(parts):
    """It has one text and a list of calls, and takes no thoughts."""
    message = AIMessage(parts=parts)
    (wire,) = to_openai([message])
    back = from_wire(OPENAI, {"choices": [{"message": wire}]})
    assert back.text == message.text
    assert back.tool_calls == message.tool_calls


@given(messages())
def test_every_tools_answer_follows_its_call(conversation):
    """On both wires: the call is in the assistant's turn before the answer."""
    _, turns = to_anthropic(conversation)
    for before, turn in itertools.pairwise([None, *turns]):
        for block in turn["content"]:
            if block["type"] == "tool_result":
                assert block["tool_use_id"] in {each.get("id") for each in before["content"]}
    called = set()
    for message in to_openai(conversation):
        called |= {call["id"] for call in message.get("tool_calls", ())}
        assert message["role"] != "tool" or message["tool_call_id"] in called


@given(messages())
def test_anthropics_turns_alternate_and_none_is_empty(conversation):
    """Neighbours of one side are one turn."""
    system, turns = to_anthropic(conversation)
    assert all(one["role"] != other["role"] for one, other in itertools.pairwise(turns))
    assert all(turn["content"] for turn in turns)
    assert all(block != {"type": "text", "text": ""} for turn in turns for block in [*system, *turn["content"]])
