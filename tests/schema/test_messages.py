"""Messages, answers, usage and tools as values."""

from __future__ import annotations

import pickle
import typing
from typing import Any

import attrs
import pytest

from beluga import schema
from beluga.schema import (
    AIMessage,
    AudioPart,
    CachePoint,
    Chunk,
    HumanMessage,
    ImagePart,
    Message,
    Response,
    SystemMessage,
    TextPart,
    ThinkingPart,
    Tool,
    ToolCall,
    ToolMessage,
    ToolResult,
    Usage,
)

CALL = ToolCall("1", "weather", {"city": "Tokyo"})
IMAGE = ImagePart(url="https://example.com/a.png")
MESSAGES = [
    SystemMessage("Be brief."),
    SystemMessage(parts=["Be brief.", CachePoint()]),
    HumanMessage(parts=["What is this?", IMAGE, ToolResult("x", "1")]),
    AIMessage(parts=[ThinkingPart("hm", signature="s"), "A ", "cat", CALL]),
    AIMessage(parts=[]),
    ToolMessage("12 C", "1", is_error=True),
]
RECORDS = [
    *MESSAGES,
    Usage(3, 2, 1),
    Response(AIMessage("hi"), Usage(1, 1), "stop", "m", "id"),
    Chunk("x", tool_call=CALL),
    Tool("weather"),
]


@pytest.mark.parametrize("kind", [SystemMessage, HumanMessage, AIMessage])
def test_a_text_becomes_one_text_part(kind: type[Message]) -> None:
    """`content` and a single text part are two ways to write the same message."""
    assert kind("hi") == kind(content="hi") == kind(parts=[TextPart("hi")]) == kind(parts=["hi"])
    assert kind("hi").parts == (TextPart("hi"),)
    assert kind("").text == ""


def test_each_kind_has_its_role() -> None:
    """The role is the one that providers use."""
    assert [m.role for m in MESSAGES] == ["system", "system", "user", "assistant", "assistant", "tool"]


def test_kinds_of_messages_are_never_equal() -> None:
    """The same words from someone else are another message."""
    kinds: list[type[Message]] = [SystemMessage, HumanMessage, AIMessage]
    assert len({kind("hi") for kind in kinds}) == 3


def test_parts_keep_their_order() -> None:
    """Text, images and calls stay where they were put."""
    message = AIMessage(parts=["a", CALL, "b", IMAGE])
    assert message.parts == (TextPart("a"), CALL, TextPart("b"), IMAGE)
    assert message.tool_calls == (CALL,)


def test_the_text_of_a_prompt_has_a_line_for_each_part() -> None:
    """Parts of a prompt are blocks of their own; an answer is one flow cut into blocks."""
    assert HumanMessage(parts=["a", IMAGE, "b"]).text == "a\nb"
    assert AIMessage(parts=["a", ThinkingPart("hm"), "b"]).text == "ab"
    assert AIMessage(parts=["a", ThinkingPart("h"), ThinkingPart("m")]).thinking == "hm"


@pytest.mark.parametrize(
    ("kind", "arguments", "match"),
    [
        (HumanMessage, {}, "exactly one of content"),
        (HumanMessage, {"content": "a", "parts": ["a"]}, "exactly one of content"),
        (HumanMessage, {"content": ["a"]}, "give a list as parts="),
        (HumanMessage, {"content": b"secret"}, "is a str, not bytes"),
        (HumanMessage, {"parts": "ab"}, "give a single text as content="),
        (HumanMessage, {"parts": [5]}, "cannot hold a int"),
        (HumanMessage, {"parts": [CALL]}, "HumanMessage cannot hold a ToolCall"),
        (SystemMessage, {"parts": [IMAGE]}, "only CachePoint, OpaquePart, TextPart"),
        (AIMessage, {"parts": [ToolResult("x", "1")]}, "AIMessage cannot hold a ToolResult"),
        (ToolMessage, {"parts": [CALL], "tool_call_id": "1"}, "ToolMessage cannot hold a ToolCall"),
        (ToolMessage, {"content": "x"}, "tool_call_id"),
    ],
)
def test_a_wrong_message_is_refused(kind: type[Any], arguments: dict[str, Any], match: str) -> None:
    """What does not belong into a message is an error when it is made, with the fix."""
    with pytest.raises(TypeError, match=match):
        kind(**arguments)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_is_a_frozen_value(record: Any) -> None:
    """Records hash, pickle and evolve to equals, show themselves, and cannot be changed."""
    copy = pickle.loads(pickle.dumps(record))
    assert copy == record == attrs.evolve(record)
    assert hash(copy) == hash(record)
    assert repr(copy) == repr(record)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(record, attrs.fields(type(record))[0].name, None)


def test_a_response_shows_its_message() -> None:
    """Text and tool calls of the message are at hand, and raw data is neither compared nor shown."""
    response = Response(AIMessage(parts=["a", CALL]), raw={"secret": 1})
    assert (response.text, response.tool_calls) == ("a", (CALL,))
    assert response == Response(AIMessage(parts=["a", CALL]))
    assert "secret" not in repr(response)


def test_usage_adds_up() -> None:
    """Usage adds figure by figure."""
    total = Usage(10, 5, 2, 1, 3) + Usage(1, 1, 1, 0, 1)
    assert total == Usage(11, 6, 3, 1, 4)
    assert total.total_tokens == 17
    with pytest.raises(TypeError):
        Usage() + 1


@pytest.mark.parametrize(
    ("figures", "match"),
    [
        ({"input_tokens": -1}, "negative"),
        ({"input_tokens": 5, "cached_tokens": 3, "cache_write_tokens": 3}, r"parts of input_tokens \(5\)"),
        ({"output_tokens": 2, "reasoning_tokens": 3}, r"part of output_tokens \(2\)"),
    ],
)
def test_impossible_usage_is_refused(figures: dict[str, int], match: str) -> None:
    """A negative figure, or parts above their whole, are errors."""
    with pytest.raises(ValueError, match=match):
        Usage(**figures)


@pytest.mark.parametrize("figure", [1.0, True, None, "1"])
def test_usage_is_counted_in_ints(figure: Any) -> None:
    """Neither a float nor a bool is a number of tokens."""
    with pytest.raises(TypeError, match="are ints"):
        Usage(figure)


def test_a_tool_has_a_name_that_providers_take() -> None:
    """A name of other characters, or none, is an error; by default a tool takes no arguments."""
    assert Tool("get_weather").parameters == {"type": "object", "properties": {}}
    for name in ("", "get weather", "x" * 65, "naïve"):
        with pytest.raises(ValueError, match="letters, digits"):
            Tool(name)


def test_the_types_of_fields_can_be_resolved() -> None:
    """Converters such as cattrs find every annotation."""
    for name in schema.__all__:
        kind = getattr(schema, name)
        if attrs.has(kind):
            attrs.resolve_types(kind)
    assert typing.get_type_hints(Response)["message"] is AIMessage
    assert AudioPart in typing.get_args(schema.Part)
