"""How much of a conversation the providers' prompt caches serve: two simulators, and prompts in several orders."""

from __future__ import annotations

import itertools

import pytest

from beluga.prompt import PromptBuilder, Section, estimate_tokens, flag
from beluga.prompt.budget import rendered
from beluga.schema import AIMessage, CachePoint, HumanMessage, SystemMessage, ToolCall, ToolMessage


def blocks(tools, messages):
    """Return what goes over the wire, as (text, is marked): each tool and each part of a message."""
    yield from ((rendered(tool), False) for tool in tools)
    for message in messages:
        marked = isinstance(message.parts[-1], CachePoint)
        parts = [part for part in message.parts if not isinstance(part, CachePoint)]
        for part in parts:
            yield f"{message.role} {rendered(part)}", marked and part is parts[-1]


def running_hashes(texts) -> list[int]:
    """Return, for each text, what stands for it and all before it."""
    return list(itertools.accumulate(texts, lambda seen, text: hash((seen, text)), initial=0))[1:]


class ExplicitCache:
    """Anthropic's: keeps each prefix that ends in a mark, and looks back 20 blocks from each mark for one.

    Tools come first, then all system messages, then the others. Prefixes below 1024 tokens are not kept, and
    more than four marks are an error.
    """

    def __init__(self) -> None:
        self.kept: set[int] = set()
        self.cached = self.total = 0

    def send(self, tools, messages) -> None:
        system = [message for message in messages if isinstance(message, SystemMessage)]
        rest = [message for message in messages if not isinstance(message, SystemMessage)]
        wire = list(blocks(tools, [*system, *rest]))
        sizes = list(itertools.accumulate(estimate_tokens(text) for text, _ in wire))
        prefixes = running_hashes(text for text, _ in wire)
        marks = [place for place, (_, marked) in enumerate(wire) if marked]
        assert len(marks) <= 4
        reached = {place for mark in marks for place in range(max(0, mark - 20), mark + 1)}
        self.cached += max((sizes[place] for place in reached if prefixes[place] in self.kept), default=0)
        self.total += sizes[-1]
        self.kept |= {prefixes[mark] for mark in marks if sizes[mark] >= 1024}


class AutomaticCache:
    """OpenAI's: serves the longest prefix of an earlier request, in steps of 128 tokens from 1024 on."""

    def __init__(self) -> None:
        self.kept: set[int] = set()
        self.cached = self.total = 0

    def send(self, tools, messages) -> None:
        text = "".join(text for text, _ in blocks(tools, messages))
        steps = [text[start : start + 512] for start in range(0, len(text) - 511, 512)]
        prefixes = running_hashes(steps)
        served = sum(1 for _ in itertools.takewhile(self.kept.__contains__, prefixes)) * 128
        self.cached += served if served >= 1024 else 0
        self.total += estimate_tokens(text)
        self.kept.update(prefixes)


def search(query: str) -> str:
    """Search the handbook of the shop."""
    return query


STATIC = {
    "system_prompt": "You answer the customers of a shop for tea. " * 60,
    "tools": [search],
    "static_context": [f"Chapter {number} of the handbook. " * 120 for number in range(4)],
}
BUILDER = PromptBuilder(**STATIC, dynamic_context=[Section("Prices are new.", when=flag("prices"))])


def naive(history, dynamic, user_input):
    """What changes comes first: the time in the system prompt, as in many a tutorial."""
    first = PromptBuilder(static_context=[SystemMessage(dynamic)], cache_breakpoint=False).build()
    return [*first, *PromptBuilder(**STATIC).build(history=history, user_input=user_input)]


def context_before_history(history, dynamic, user_input):
    """The context of each prompt stands between the static part and the conversation."""
    return [*BUILDER.build(dynamic_context=[dynamic]), *PromptBuilder(history=history).build(user_input=user_input)]


def context_as_system(history, dynamic, user_input):
    """The context is a system message, where the builder would have made it the user's."""
    return BUILDER.build(history=history, dynamic_context=[SystemMessage(dynamic)], user_input=user_input)


def built(history, dynamic, user_input):
    """The order of the builder."""
    number = len(history) // 2
    flags = ["prices"] if number % 3 else []
    return BUILDER.build(history=history, dynamic_context=[dynamic], user_input=user_input, flags=flags)


def hits(cache, order, turns=20) -> float:
    """Return the share of input tokens that the cache serves over a conversation."""
    history: list = []
    for number in range(turns):
        question = f"Question {number}: " + "which tea is it? " * 8
        cache.send(BUILDER.tools, order(history, f"It is 10:{number:02}. " + "Some facts. " * 15, question))
        history += [HumanMessage(question), AIMessage(f"Answer {number}: " + "It is the green one. " * 12)]
    return cache.cached / cache.total


@pytest.mark.parametrize("cache", [ExplicitCache, AutomaticCache])
def test_the_builder_lets_caches_serve_nine_tenths_of_a_conversation(cache) -> None:
    """Over 20 turns, the cold first one included, with flags and context that change in each."""
    assert hits(cache(), built) >= 0.9


@pytest.mark.parametrize("cache", [ExplicitCache, AutomaticCache])
def test_a_time_at_the_beginning_leaves_nothing_to_serve(cache) -> None:
    """The same texts with the same marks, with what changes put first."""
    assert hits(cache(), naive) <= 0.02


@pytest.mark.parametrize("cache", [ExplicitCache, AutomaticCache])
def test_context_before_the_history_keeps_it_from_being_served(cache) -> None:
    """That is why the history comes before the dynamic context."""
    assert hits(cache(), context_before_history) <= hits(cache(), built) - 0.1


def test_context_as_a_system_message_keeps_the_history_from_being_served() -> None:
    """That is why a dynamic text is the user's, and a system message there is linted."""
    assert hits(ExplicitCache(), context_as_system) <= hits(ExplicitCache(), built) - 0.1


@pytest.mark.parametrize("cache", [ExplicitCache, AutomaticCache])
def test_an_agent_at_work_is_served_too(cache) -> None:
    """Within one turn, each call of a tool makes the history longer, and its beginning stays."""
    served = cache()
    history: list = [HumanMessage("Find the best tea.")]
    for number in range(20):
        served.send(BUILDER.tools, BUILDER.build(history=history))
        call = ToolCall(f"call_{number}", "search", {"query": f"tea {number}"})
        history += [AIMessage(parts=[call]), ToolMessage(f"Tea {number} is fine. " * 20, call.id)]
    assert served.cached / served.total >= 0.9


@pytest.mark.parametrize("cache", [ExplicitCache, AutomaticCache])
def test_a_long_conversation_in_a_budget_is_still_served(cache) -> None:
    """The oldest turns are cut off some at a time; cut off in each turn, the history would never be served."""
    limit = PromptBuilder(**STATIC).build(user_input="x")
    budget = sum(estimate_tokens(message.text) for message in limit) + 3000

    def cut(history, dynamic, user_input):
        return BUILDER.build(history=history, dynamic_context=[dynamic], user_input=user_input, budget=budget)

    def cut_in_each_turn(history, dynamic, user_input):
        return BUILDER.build(history=history[-24:], dynamic_context=[dynamic], user_input=user_input)

    assert hits(cache(), cut, turns=80) >= 0.85
    assert hits(cache(), cut, turns=80) >= hits(cache(), cut_in_each_turn, turns=80) + 0.1
