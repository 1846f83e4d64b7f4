"""What a token budget leaves out, and what it never touches."""

from __future__ import annotations

import pytest

from beluga import ErrorCode, classify
from beluga.prompt import PromptBuilder, PromptTooLong, Section, estimate_tokens
from beluga.prompt.budget import messages_tokens, tools_tokens
from beluga.schema import (
    AIMessage,
    CachePoint,
    FilePart,
    HumanMessage,
    ImagePart,
    SystemMessage,
    ThinkingPart,
    Tool,
    ToolCall,
    ToolMessage,
    ToolResult,
)

# With this counter every message costs 10: one for the text and nine for the frame would be odd to read.
TEN = PromptBuilder(cache_breakpoint=False, count_tokens=lambda text: 6 if text else 0)


def texts(builder: PromptBuilder, **arguments) -> str:
    return " ".join(message.text for message in builder.build(**arguments))


def turn(number: int) -> list:
    return [HumanMessage(f"q{number}"), AIMessage(f"a{number}")]


def build(budget: int, *, sections=(), history=(), user_input="now") -> str:
    return texts(TEN, dynamic_context=sections, history=history, user_input=user_input, budget=budget)


LOW, HIGH = Section("low", priority=-1), Section("high", priority=0)


@pytest.mark.parametrize(
    ("budget", "left"),
    [
        (100, "q1 a1 q2 a2 must low low2 high now"),
        (90, "q1 a1 q2 a2 must low low2 high now"),
        (89, "q1 a1 q2 a2 must low high now"),
        (70, "q1 a1 q2 a2 must high now"),
        (69, "q2 a2 must high now"),
        (49, "must high now"),
        (29, "must now"),
        (20, "must now"),
    ],
)
def test_things_are_dropped_in_the_order_that_is_documented(budget: int, left: str) -> None:
    """Below 0 first, of equals the last; then the oldest turns; then other priorities; the rest never."""
    sections = ["must", LOW, Section("low2", priority=-1), HIGH]
    assert build(budget, sections=sections, history=[*turn(1), *turn(2)]) == left


def test_a_budget_that_is_too_small_is_an_error() -> None:
    """The error has both figures and is told apart from others by its code."""
    with pytest.raises(PromptTooLong, match=r"needs 20 tokens .* budget is 19; raise the budget") as caught:
        build(19, sections=["must", LOW, HIGH], history=turn(1))
    assert (caught.value.needed, caught.value.budget) == (20, 19)
    assert classify(caught.value) is ErrorCode.CONTEXT_LENGTH
    assert isinstance(caught.value, ValueError)


def test_the_static_part_and_the_tools_count_and_stay() -> None:
    """They are paid for first."""
    builder = PromptBuilder(system_prompt="x" * 400, tools=[Tool("search")], cache_breakpoint=False)
    tools = tools_tokens(builder.tools, estimate_tokens)
    with pytest.raises(PromptTooLong) as caught:
        builder.build(history=turn(1), user_input="now!", budget=1)
    assert caught.value.needed == 104 + tools + 5


def test_a_call_and_its_results_go_together() -> None:
    """A turn with tools is dropped as a whole."""
    calls = AIMessage(parts=[ToolCall("1", "search"), ToolCall("2", "search")])
    history = [HumanMessage("q1"), calls, ToolMessage("r1", "1"), ToolMessage("r2", "2"), AIMessage("a1"), *turn(2)]
    assert build(75, history=history).split() == ["q2", "a2", "now"]


def test_results_in_a_users_message_go_with_their_calls() -> None:
    """Some applications send results as parts of the user's message; that begins no turn."""
    call = AIMessage(parts=[ToolCall("1", "search")])
    history = [HumanMessage("q1"), call, HumanMessage(parts=[ToolResult("r1", "1")]), AIMessage("a1"), *turn(2)]
    assert [type(message) for message in TEN.build(history=history, user_input="now", budget=73)] == [
        HumanMessage,
        AIMessage,
        HumanMessage,
    ]


def test_a_result_without_its_call_is_left_as_it_is() -> None:
    """What a provider will refuse is not hidden."""
    stray = ToolMessage("r", "unknown")
    assert TEN.build(history=[HumanMessage("q"), stray], user_input="now", budget=100)[1] == stray
    assert TEN.build(history=[HumanMessage("q"), stray], user_input="now", budget=29) == [HumanMessage("now")]


def test_an_id_that_comes_again_belongs_to_the_latest_call() -> None:
    """Ids may be counted from 1 in each turn, and do not tie turns together."""
    asked = [HumanMessage("q"), AIMessage(parts=[ToolCall("1", "search")]), ToolMessage("r", "1")]
    assert len(TEN.build(history=[*asked, *asked], user_input="now", budget=45)) == 4


def agent_round(number: int) -> list:
    return [AIMessage(parts=[ToolCall(f"{number}", "search")]), ToolMessage(f"r{number}", f"{number}")]


def test_the_turn_under_way_keeps_its_question_and_its_newest_results() -> None:
    """Where the history ends with what is to be answered, older turns go first, then older rounds."""
    history = [*turn(1), HumanMessage("question"), *agent_round(1), *agent_round(2), *agent_round(3)]
    left = [message.text for message in TEN.build(history=history, budget=55)]
    assert left == ["question", "", "r2", "", "r3"]
    left = [message.text for message in TEN.build(history=history, budget=30)]
    assert left == ["question", "", "r3"]
    with pytest.raises(PromptTooLong):
        TEN.build(history=history, budget=29)


def test_the_cut_stays_where_it_is_while_a_conversation_grows() -> None:
    """With each turn another beginning, a provider would find nothing in its cache."""
    history, beginnings = [], []
    for number in range(40):
        history += turn(number)
        beginnings.append(build(200, history=history).split()[0])
    # Nine turns of 20 tokens fit; after that, a quarter of the budget is two and a half turns.
    assert set(beginnings[:9]) == {"q0"}
    assert 10 <= len(set(beginnings[9:])) <= 13


def test_no_more_is_dropped_than_needed_where_little_is_left() -> None:
    """A whole quarter goes only when that leaves the newest turn."""
    assert build(30, history=[*turn(1), *turn(2)]) == "q2 a2 now"


def test_the_budget_of_one_prompt_goes_before_that_of_the_builder() -> None:
    """What fits a small model need not be what fits all."""
    builder = PromptBuilder(history=turn(1), budget=5, cache_breakpoint=False)
    assert texts(builder, user_input="now", budget=100) == "q1 a1 now"
    assert texts(builder, user_input="now") == "now"


def test_every_part_is_counted() -> None:
    """Text by its length, media by a flat estimate, marks as nothing, calls and results as they are written."""

    def cost(*parts: object, kind=HumanMessage) -> int:
        return messages_tokens([kind(parts=parts)], estimate_tokens) - 4

    image = ImagePart(url="https://example.com/a.png")
    small = ImagePart(url="https://example.com/a.png", detail="low")
    assert cost("12345", CachePoint()) == 2
    assert (cost(image), cost(small), cost(FilePart(data=b"%PDF-1"))) == (765, 85, 1500)
    assert cost(ToolResult("1234", "1")) == 5
    assert cost(ThinkingPart("12345678"), kind=AIMessage) == 2
    assert cost(ToolCall("1", "search", {"query": "x" * 400}), kind=AIMessage) > 100
    assert messages_tokens([SystemMessage("")], estimate_tokens) == 4
