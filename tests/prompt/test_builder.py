"""The order of a prompt, what is in it when, and how a wrong one is refused."""

from __future__ import annotations

import pickle
import subprocess
import sys

import attrs
import pytest

import beluga
from beluga.prompt import PromptBuilder, Section, flag, role
from beluga.schema import (
    AIMessage,
    CachePoint,
    HumanMessage,
    ImagePart,
    SystemMessage,
    TextPart,
    ThinkingPart,
    Tool,
    ToolCall,
    ToolMessage,
)


def search(query: str) -> str:
    """Search the web."""
    return query


HISTORY = [HumanMessage("hi"), AIMessage("hello")]
BUILDER = PromptBuilder(
    user_input="Why?",
    dynamic_context=["It rains."],
    history=HISTORY,
    static_context=["We sell tea.", "We close at six."],
    tools=[search, Tool("lookup")],
    system_prompt="Be brief.",
)


def test_a_prompt_is_in_the_order_that_caches_reward() -> None:
    """What never changes comes first, what only grows comes next, and what is new comes last."""
    assert BUILDER.build() == [
        SystemMessage("Be brief."),
        SystemMessage("We sell tea."),
        SystemMessage(parts=["We close at six.", CachePoint()]),
        HumanMessage("hi"),
        AIMessage(parts=["hello", CachePoint()]),
        HumanMessage("It rains."),
        HumanMessage("Why?"),
    ]


def test_tools_stand_aside_in_their_order() -> None:
    """Functions become tools, and nobody sorts them."""
    assert [tool.name for tool in BUILDER.tools] == ["search", "lookup"]
    assert BUILDER.tools[0].description == "Search the web."


def test_what_build_gets_is_for_one_prompt() -> None:
    """Context is added to the builder's; history and input take its place; the builder stays as it is."""
    texts = [
        message.text
        for message in BUILDER.build(dynamic_context=["It snows."], user_input="When?", history=[HumanMessage("so")])
    ]
    assert texts[3:] == ["so", "It rains.", "It snows.", "When?"]
    assert BUILDER.build()[-1] == HumanMessage("Why?")


def test_texts_become_messages_and_messages_stay() -> None:
    """Static texts are the application's, dynamic ones the user's; an empty text is no message."""
    example = [HumanMessage("2+2?"), AIMessage("4")]
    messages = PromptBuilder(
        system_prompt="",
        static_context=["", "Facts.", *example],
        dynamic_context=["", AIMessage("Go on."), Section(["one", "two"][0])],
        cache_breakpoint=False,
    ).build()
    assert messages == [SystemMessage("Facts."), *example, AIMessage("Go on."), HumanMessage("one")]


@pytest.mark.parametrize(
    ("role_given", "flags", "expected"),
    [
        (None, (), ["always"]),
        ("admin", (), ["admin", "always"]),
        ("owner", ["beta", "dark"], ["admin", "beta", "always"]),
        (None, {"dark"}, ["dark", "always"]),
    ],
)
def test_sections_appear_when_their_condition_holds(role_given, flags, expected) -> None:
    """A role, a flag or a predicate decides."""
    builder = PromptBuilder(
        dynamic_context=[
            Section("admin", when=role("admin", "owner")),
            Section("beta", when=flag("beta")),
            Section("dark", when=lambda situation: situation.flags == {"dark"}),
            Section("never", when=lambda situation: len(situation.history) > 100),
            "always",
        ]
    )
    assert [message.text for message in builder.build(role=role_given, flags=flags)] == expected


def test_a_predicate_sees_the_conversation() -> None:
    """History and input of this prompt are what it looks at."""
    seen = []
    builder = PromptBuilder(system_prompt="x", dynamic_context=[Section("y", when=seen.append)])
    builder.build(history=HISTORY, user_input="now", role="guest", flags=["a"])
    assert (seen[0].history, seen[0].user_input) == (tuple(HISTORY), HumanMessage("now"))
    assert (seen[0].role, seen[0].flags) == ("guest", {"a"})


def test_the_breakpoint_can_be_left_out_or_last_longer() -> None:
    """False marks nothing; a CachePoint is used as it is, at both places."""
    plain = attrs.evolve(BUILDER, cache_breakpoint=False).build()
    assert not any(isinstance(part, CachePoint) for message in plain for part in message.parts)
    hour = CachePoint(ttl=3600.0)
    marked = attrs.evolve(BUILDER, cache_breakpoint=hour).build()
    assert [part for message in marked for part in message.parts if isinstance(part, CachePoint)] == [hour, hour]


CALL = ToolCall("1", "search", {"query": "tea"})


@pytest.mark.parametrize(
    ("history", "marked"),
    [
        ([HumanMessage("a"), AIMessage(parts=[CALL]), ToolMessage("b", "1")], 2),
        ([HumanMessage("a"), AIMessage(parts=[CALL])], 1),
        ([HumanMessage("a"), AIMessage(parts=[])], 0),
        ([HumanMessage("a"), AIMessage(parts=["b", ThinkingPart("hm", "s")])], 0),
        ([HumanMessage(parts=["a", ImagePart(url="https://example.com/a.png")]), AIMessage("")], 0),
    ],
)
def test_the_history_is_marked_where_providers_allow_it(history, marked) -> None:
    """A thought, an empty text and an empty message cannot bear a mark: the message before does."""
    built = PromptBuilder(history=history).build()
    assert [isinstance(message.parts[-1], CachePoint) for message in built if message.parts].index(True) == marked
    assert built[marked].parts[:-1] == history[marked].parts
    assert [m for place, m in enumerate(built) if place != marked] == history[:marked] + history[marked + 1 :]


def test_a_mark_of_the_users_own_is_kept() -> None:
    """Whoever ends the static part with a CachePoint gets that one and no second."""
    own = SystemMessage(parts=["Facts.", CachePoint(ttl=60.0)])
    assert PromptBuilder(static_context=[own]).build() == [own]


def test_the_fingerprint_is_the_same_in_another_process() -> None:
    """Hash randomisation does not reach it, so that a test can pin it."""
    builder = PromptBuilder(system_prompt="Be brief.", tools=[search], static_context=["Tea."])
    assert builder.fingerprint() == "7bd460cb163a8b89e4c7c8bbe509bef2"
    code = (
        "from beluga import PromptBuilder\n"
        "def search(query: str) -> str:\n    'Search the web.'\n"
        "print(PromptBuilder(system_prompt='Be brief.', tools=[search], static_context=['Tea.']).fingerprint())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == builder.fingerprint()


def test_the_fingerprint_tells_images_apart() -> None:
    """Bytes count by their content."""
    first, same, other = (
        PromptBuilder(static_context=[HumanMessage(parts=[ImagePart(data=b"GIF89a" + byte)])]).fingerprint()
        for byte in (b"1", b"1", b"2")
    )
    assert first == same != other


def test_a_builder_is_a_value_that_shows_no_text() -> None:
    """It compares and pickles, and its repr holds neither prompt nor input."""
    assert pickle.loads(pickle.dumps(BUILDER)) == BUILDER == attrs.evolve(BUILDER)
    assert "1 dynamic" in repr(BUILDER)
    for text in ("brief", "tea", "rains", "Why"):
        assert text not in repr(BUILDER)


def test_the_facade_has_the_builder() -> None:
    """The two names most used are at hand."""
    assert beluga.PromptBuilder is PromptBuilder
    assert beluga.Template is beluga.prompt.Template


@pytest.mark.parametrize(
    ("arguments", "kind", "match"),
    [
        ({"system_prompt": None}, TypeError, "system_prompt"),
        ({"static_context": "Facts."}, TypeError, "static_context is a list.*not a str"),
        ({"static_context": {"a", "b"}}, TypeError, "static_context is a list.*not a set"),
        ({"static_context": [5]}, TypeError, "a prompt is made of a str, a message .* not int"),
        ({"static_context": [Section("x", when=flag("beta"))]}, TypeError, "goes into dynamic_context"),
        ({"tools": {search}}, TypeError, "tools is a list.*not a set"),
        ({"tools": ["search"]}, TypeError, "a Tool or a function"),
        ({"tools": [Tool("pay", parameters={"secret": {1}})]}, TypeError, "a set cannot be written as JSON"),
        (
            {"static_context": [AIMessage(parts=[ToolCall("1", "pay", {"x": object()})])]},
            TypeError,
            "a object cannot be",
        ),
        ({"tools": [search, Tool("search")]}, ValueError, "given more than once: search"),
        ({"dynamic_context": HumanMessage("x")}, TypeError, "dynamic_context is a list"),
        ({"dynamic_context": [None]}, TypeError, "not NoneType"),
        ({"history": "hi"}, TypeError, "history is a list"),
        ({"history": ["hi"]}, TypeError, "history is a list of messages .* has a str"),
        ({"history": [SystemMessage("x")]}, TypeError, "a SystemMessage goes into system_prompt"),
        ({"user_input": AIMessage("x")}, TypeError, "user_input is a str or a HumanMessage, not AIMessage"),
        ({"cache_breakpoint": "yes"}, TypeError, "True, False or a CachePoint"),
        ({"static_context": [{"a", 1}]}, TypeError, "not int"),
        ({"count_tokens": 5}, TypeError, "count_tokens.*callable"),
        ({"budget": 0}, ValueError, "at least 1"),
        ({"budget": 1.5}, ValueError, "whole number of tokens"),
        ({"budget": True}, ValueError, "whole number of tokens"),
    ],
)
def test_a_wrong_argument_is_refused_at_once(arguments, kind, match) -> None:
    """The error comes from the constructor, and says what to give."""
    with pytest.raises(kind, match=match):
        PromptBuilder(**arguments)


@pytest.mark.parametrize(
    ("arguments", "kind", "match"),
    [
        ({}, ValueError, "nothing in this prompt"),
        ({"flags": "beta"}, TypeError, "flags is a list or set"),
        ({"flags": 5}, TypeError, "flags is a list or set of names, not a int"),
        ({"flags": [5]}, TypeError, "the name of a flag is a str, not int"),
        ({"role": 5}, TypeError, "role is a str or None"),
        ({"user_input": 5}, TypeError, "user_input is a str"),
        ({"history": [SystemMessage("x")]}, TypeError, "a SystemMessage goes into"),
        ({"user_input": "x", "budget": -1}, ValueError, "at least 1"),
    ],
)
def test_a_wrong_argument_of_build_is_refused(arguments, kind, match) -> None:
    """What is given for one prompt is checked as what is given for all."""
    with pytest.raises(kind, match=match):
        PromptBuilder().build(**arguments)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Section("x", when="beta"), "role.*flag.*predicate.*not str"),
        (lambda: Section("x", priority=1.5), "an int, or None"),
        (lambda: Section("x", priority=True), "an int, or None"),
        (lambda: Section(5), "not int"),
        (lambda: role(), "names of one or more roles"),
        (lambda: flag("a", ""), "names of one or more flags"),
    ],
)
def test_a_wrong_section_is_refused(make, match) -> None:
    """A condition that nobody can ask is an error, not a section that never shows."""
    with pytest.raises(TypeError, match=match):
        make()


def test_text_parts_stay_in_one_message() -> None:
    """A section of several messages stays together, in order."""
    pair = [HumanMessage("a"), AIMessage(parts=[TextPart("b")])]
    assert PromptBuilder(dynamic_context=[Section(pair)]).build() == pair
    assert PromptBuilder(dynamic_context=[Section(["a", pair[1], ""])]).build() == pair
