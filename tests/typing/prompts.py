"""What the checkers must find: a prompt takes texts, messages and functions, and gives messages. Never run."""

from __future__ import annotations

from typing import assert_type

from beluga import PromptBuilder, Template
from beluga.prompt import Section, Situation, flag, role
from beluga.schema import AIMessage, CachePoint, HumanMessage, Message, Tool, tool_of


def search(query: str) -> str:
    return query


def is_long(situation: Situation) -> bool:
    return len(situation.history) > 10


builder = PromptBuilder(
    system_prompt="Be brief.",
    tools=[search, Tool("lookup")],
    static_context=["Facts.", HumanMessage("2+2?"), AIMessage("4")],
    cache_breakpoint=CachePoint(ttl=3600.0),
    history=[HumanMessage("hi"), AIMessage("hello")],
    dynamic_context=["now", Section("x", when=role("admin")), Section("y", when=flag("beta")), Section("z", is_long)],
    user_input="Why?",
)
assert_type(builder.build(role="admin", flags={"beta"}), list[Message])
assert_type(builder.tools, tuple[Tool, ...])
assert_type(builder.fingerprint(), str)
assert_type(tool_of(search), Tool)
assert_type(Template("{a}", version="1.10").render(a=1), str)

PromptBuilder(cache_breakpoint=False)
PromptBuilder(system_prompt=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a prompt is a text
PromptBuilder(history=["hi"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]  # who said it?
