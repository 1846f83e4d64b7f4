"""What keeps a static part from being the same in each run."""

from __future__ import annotations

import pytest

from beluga.prompt import PromptBuilder
from beluga.schema import AIMessage, HumanMessage, SystemMessage, Tool, ToolCall
from beluga.testing import fake_clock

NOW = 1_780_000_000.0  # 2026-05-28, 20:26:40 UTC


def rules(text: str) -> list[str]:
    with fake_clock(wall=NOW):
        return [finding.rule for finding in PromptBuilder(system_prompt=text).lint()]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("It is 2024-02-03T10:20:30Z.", "timestamp"),
        ("It is 2024-02-03 10:20.", "timestamp"),
        ("The time is 10:20:30.", "timestamp"),
        ("now=1780000000", "timestamp"),
        ("now=1780000000123", "timestamp"),
        ("Today is 2026-05-28.", "date"),
        ("Today is 28 May 2026.", "date"),
        ("Today is May 27, 2026.", "date"),
        ("Today is 29. May 2026.", "date"),
        ("Session 123e4567-e89b-12d3-a456-426614174000", "uuid"),
        ("Session 123E4567-E89B-12D3-A456-426614174000", "uuid"),
        ("trace 4bf92f3577b34da6a3ce929d0e0e4736", "random_id"),
        ("request req_011CSHoEeqs5C35K2UUqR7Fy", "random_id"),
        ("run 01ARZ3NDEKTSV4RRFFQ69G5FAV", "random_id"),
        ("Use <Config object at 0x7f3a5c0b9d60>.", "address"),
        ("Allowed: {'read', 'write'}", "set_order"),
    ],
)
def test_what_changes_from_run_to_run_is_found(text: str, rule: str) -> None:
    """Each finding has the rule that it broke."""
    assert rules(text) == [rule]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The company was founded on 2019-03-01, and opens at 09:00.",
        "The law of 3 May 2021 applies.",
        "Call +49 30 1234567890.",
        "Our MAC is 00:11:22:33:44:55.",
        "The order 1234567890 was large.",
        'Answer as {"city": "Berlin", "days": 3}.',
        "Use thread_pool_executor_v2 or call_the_function_1.",
        "deadbeefdeadbeef and 12345678901234567890 are no hashes",
        "see commit 87ee978",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "Today is 2026-13-45.",
    ],
)
def test_what_stays_the_same_is_not_found(text: str) -> None:
    """Facts with dates and numbers in them are welcome."""
    assert rules(text) == []


def test_a_finding_says_where_and_what_to_do_without_the_text() -> None:
    """The place is enough to find it, and no prompt lands in a log."""
    builder = PromptBuilder(static_context=["Fine.", "Secret plan of 2024-02-03T10:20."])
    (finding,) = builder.lint()
    assert finding.where == "static_context[1], characters 15 to 31"
    assert str(finding) == (
        "static_context[1], characters 15 to 31: timestamp: it differs in each run, so nothing after it is cached; "
        "give it in dynamic_context"
    )
    assert "Secret" not in repr(finding)


def test_tools_are_found_out_of_order_and_with_ids() -> None:
    """An order by name is the same wherever the tools come from."""
    tools = [Tool("b"), Tool("a", "Made at 0x7f3a5c0b9d60.")]
    assert [
        (finding.rule, finding.where.partition(", characters")[0]) for finding in PromptBuilder(tools=tools).lint()
    ] == [
        ("tool_order", "tools"),
        ("address", "tools, a"),
    ]


def test_examples_in_the_static_part_are_read_too() -> None:
    """A tool call of an example is looked at like a text."""
    call = ToolCall("req_011CSHoEeqs5C35K2UUqR7Fy", "search")
    example = [HumanMessage("hi"), AIMessage(parts=["ok", call])]
    assert [finding.rule for finding in PromptBuilder(static_context=example).lint()] == ["random_id"]


def test_a_system_message_behind_the_breakpoint_is_found() -> None:
    """Some providers move it to the front, where it changes what is cached."""
    (finding,) = PromptBuilder(dynamic_context=["x", SystemMessage("y")]).lint()
    assert (finding.rule, finding.where) == ("late_system_message", "dynamic_context[1]")


def test_what_is_dynamic_may_change() -> None:
    """Times and ids belong there."""
    assert PromptBuilder(dynamic_context=["It is 2024-02-03T10:20."], user_input="10:20:30?").lint() == ()


@pytest.mark.parametrize("piece", ["1", "a1", "{'", "'a', ", "req_", "0x", "00:", "{'a', 'b'", "- 1 May ", "1."])
def test_linting_takes_time_linear_in_the_text(piece: str) -> None:
    """A text of 200 000 characters is read at once; a quadratic rule would take minutes."""
    PromptBuilder(system_prompt=piece * (200_000 // len(piece))).lint()
