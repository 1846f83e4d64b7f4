"""The lines about a prompt: tokens of each slot, and what was left out."""

from __future__ import annotations

from beluga.prompt import PromptBuilder, Section, flag
from beluga.schema import AIMessage, HumanMessage, Tool

BUILDER = PromptBuilder(
    system_prompt="secret " * 1000,
    tools=[Tool("search")],
    static_context=["Facts.", "More."],
    dynamic_context=[Section("a" * 40, priority=1), Section("b", when=flag("beta"))],
)
HISTORY = [HumanMessage("q" * 40), AIMessage("a" * 40)] * 5


def test_each_slot_has_a_line_with_its_tokens() -> None:
    """In the order of the prompt, with what is in it, and no word of its texts."""
    lines = BUILDER.explain(history=HISTORY, user_input="now", flags=["beta"]).splitlines()
    assert lines == [
        "system_prompt      1,754 tokens",
        "tools                 27 tokens  search",
        "static_context        12 tokens  2 messages",
        f"-- static part: 1,793 tokens; fingerprint {BUILDER.fingerprint()[:8]}",
        "history              140 tokens  10 messages",
        "dynamic_context       19 tokens  2 sections",
        "user_input             5 tokens",
        "total              1,957 tokens",
    ]


def test_what_a_budget_left_out_is_said() -> None:
    """Slots that lost something say how much is left of what there was."""
    lines = BUILDER.explain(history=HISTORY, user_input="now", budget=1820).splitlines()
    assert lines[4:6] == [
        "history                0 tokens  0 of 10 messages, the rest is over the budget",
        "dynamic_context       14 tokens  1 section",
    ]


def test_a_static_part_that_is_too_short_is_said() -> None:
    """Below 1024 tokens no provider keeps it, so the breakpoint does nothing."""
    assert "below the 1024 from which on providers keep it" in PromptBuilder(system_prompt="hi").explain()
