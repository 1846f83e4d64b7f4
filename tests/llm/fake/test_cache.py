"""What the usage tells about a provider's prompt cache."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga.llm import FakeProvider, Reply, faults
from beluga.llm.fake.provider import PromptCache
from beluga.schema import AIMessage, CachePoint, HumanMessage, SystemMessage, Usage
from beluga.testing import fake_clock

RULES = "Be brief. " * 40  # 100 tokens


def ask(fake, *messages, **options):
    """Return the cached and the written tokens of a call."""
    usage = fake.generate(messages, **options).usage
    return usage.cached_tokens, usage.cache_write_tokens


def provider(minimum=10, **options):
    """Return a provider with a cache."""
    return FakeProvider(cache=PromptCache(minimum, **options)).default("ok")


def test_without_a_cache_nothing_is_told():
    """It has to be asked for."""
    fake = FakeProvider().default("ok")
    assert [ask(fake, SystemMessage(RULES)) for _ in range(2)] == [(0, 0), (0, 0)]


def test_a_shared_beginning_is_read_from_the_cache():
    """Whole messages that an earlier prompt began with are cached; what follows is written."""
    fake = provider()
    assert ask(fake, SystemMessage(RULES), HumanMessage("hi")) == (0, 101)
    assert ask(fake, SystemMessage(RULES), HumanMessage("bye now")) == (100, 2)
    assert ask(fake, SystemMessage("Hello. " + RULES), HumanMessage("hi")) == (0, 103)


def test_a_conversation_is_cached_turn_by_turn():
    """Each turn finds all that the turn before it sent."""
    fake = provider()
    turns = [SystemMessage(RULES)]
    for _ in range(5):
        turns.append(HumanMessage("What now? " * 4))
        cached, written = ask(fake, *turns)
        turns.append(AIMessage("This. " * 6))
    assert (cached, written) == (100 + 4 * (10 + 9) - 9, 10 + 9)


def test_cache_points_say_what_is_kept():
    """With points only the beginnings up to them are kept."""
    fake = provider()
    marked = SystemMessage(parts=[RULES, CachePoint()])
    assert ask(fake, marked, HumanMessage("hi")) == (0, 100)
    assert ask(fake, marked, HumanMessage("hi")) == (100, 0)


def test_only_four_points_count():
    """A fifth point is beyond what the providers take."""
    fake = provider()
    parts = [part for _ in range(5) for part in ("x" * 80, CachePoint())]
    assert ask(fake, HumanMessage(parts=parts)) == (0, 80)


@pytest.mark.parametrize("change", [{"model": "other"}, {"tools": ["another"]}])
def test_model_and_tools_belong_to_the_beginning(change):
    """Another model, or other tools, share nothing."""
    fake = provider()
    ask(fake, SystemMessage(RULES))
    assert ask(fake, SystemMessage(RULES), **change) == (0, 100)


def test_a_short_beginning_is_not_kept():
    """Below the minimum nothing is cached; it is that of the providers unless told otherwise."""
    fake = FakeProvider(cache=True).default("ok")
    assert [ask(fake, SystemMessage(RULES)) for _ in range(2)] == [(0, 0), (0, 0)]
    assert [ask(fake, SystemMessage(RULES * 11)) for _ in range(2)] == [(0, 1100), (1100, 0)]


def test_a_beginning_is_forgotten():
    """After its time without a use it is gone; a point may have a time of its own."""
    fake = provider(ttl=300.0)
    lasting = SystemMessage(parts=[RULES, CachePoint(3600.0)])
    with fake_clock() as clock:
        for message in (SystemMessage(RULES), lasting):
            ask(fake, message)
        clock.advance(299.0)
        assert ask(fake, SystemMessage(RULES)) == (100, 0)
        clock.advance(301.0)
        assert ask(fake, lasting) == (100, 0)
        clock.advance(10_000.0)
        assert ask(fake, lasting) == (0, 100)


def test_a_failed_call_writes_nothing():
    """What a provider refused it has not read."""
    fake = FakeProvider(faults.rate_limit(), "ok", cache=PromptCache(10))
    with pytest.raises(Exception, match="rate_limit"):
        fake.generate([SystemMessage(RULES)])
    assert ask(fake, SystemMessage(RULES)) == (0, 100)


def test_a_replys_own_usage_stands():
    """Figures that the script gives are not changed."""
    usage = Usage(500, 1)
    fake = FakeProvider(cache=PromptCache(1)).default(Reply("ok", usage=usage))
    assert [fake.generate("hello").usage for _ in range(2)] == [usage, usage]


def test_each_dialect_tells_it_in_its_own_way():
    """OpenAI counts cached tokens into the input, Anthropic beside it, and only where something is marked."""
    fake = provider()
    client = httpx.Client(transport=fake.transport(httpx), base_url="https://api.test/v1")
    system = {"role": "system", "content": RULES}
    user = {"role": "user", "content": "hi"}
    openai = [client.post("/chat/completions", json={"model": "m", "messages": [system, user]}) for _ in range(2)]
    usages = [answer.json()["usage"] for answer in openai]
    assert [usage["prompt_tokens"] for usage in usages] == [101, 101]
    assert [usage["prompt_tokens_details"]["cached_tokens"] for usage in usages] == [0, 101]
    marked = [{"type": "text", "text": RULES, "cache_control": {"type": "ephemeral"}}]
    for given_system, figures in ((RULES, [(101, 0, 0), (101, 0, 0)]), (marked, [(1, 0, 100), (1, 100, 0)])):
        body = {"model": "c", "max_tokens": 9, "system": given_system, "messages": [user]}
        told = [client.post("/messages", json=body).json()["usage"] for _ in range(2)]
        names = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        assert [tuple(usage[name] for name in names) for usage in told] == figures


@given(
    st.lists(st.lists(st.sampled_from(["a" * 40, "b" * 44, "c"]), min_size=1, max_size=4), max_size=6),
    st.integers(0, 30),
)
def test_cached_tokens_are_those_of_the_longest_known_beginning(prompts, minimum):
    """Against a model that compares every prompt with all before it."""
    fake = provider(minimum)
    known = []
    for prompt in prompts:
        sizes = [sum((len(text) + 3) // 4 for text in prompt[:count]) for count in range(len(prompt) + 1)]
        expected = max(
            (sizes[n] for n in range(1, len(prompt) + 1) if sizes[n] >= minimum and prompt[:n] in known), default=0
        )
        cached, _ = ask(fake, *map(HumanMessage, prompt))
        assert cached == expected
        known += [prompt[:count] for count in range(1, len(prompt) + 1)]


@pytest.mark.parametrize(
    "wrong", [{"minimum": -1}, {"minimum": 1.5}, {"minimum": True}, {"ttl": 0.0}, {"ttl": float("nan")}]
)
def test_a_wrong_cache_is_refused(wrong):
    """Size and time are checked when the cache is made."""
    with pytest.raises(ValueError, match="PromptCache"):
        PromptCache(**wrong)
