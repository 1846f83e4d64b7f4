"""What is sent: messages, parts, tools and options in each provider's own form."""

from __future__ import annotations

import base64
import json
from typing import Any

import attrs
import pytest

from beluga.llm._http import ANTHROPIC, OPENAI
from beluga.llm._http.anthropic_encoding import request as anthropic_request
from beluga.llm._http.openai_encoding import request as openai_request
from beluga.llm._http.openai_encoding import streamed
from beluga.llm._http.parts import tool_call
from beluga.schema import (
    AIMessage,
    AudioPart,
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

GIF = b"GIF89a" + bytes(8)
GIF64 = base64.b64encode(GIF).decode()
PDF = b"%PDF-1.7 " + bytes(8)
CALL = ToolCall("call_1", "search", {"q": "whales"})


def openai(*messages, model="gpt-4o", **options):
    """Return the request to OpenAI."""
    return openai_request(OPENAI, model, messages, options)


def anthropic(*messages, **options):
    """Return the request to Anthropic."""
    return anthropic_request(ANTHROPIC, "claude", messages, options)


@attrs.frozen
class City:
    """A city."""

    name: str
    people: int


@attrs.frozen
class Town:
    name: str
    people: int | None = None


def search(query: str, limit: int = 5) -> str:
    """Search the web.

    Args:
        query: What for.
    """
    return query * limit


def test_a_conversation_for_openai():
    """Plain texts stay texts, arguments are JSON in a text, a tool's answer is a message."""
    wire = openai(
        SystemMessage("Be brief."),
        HumanMessage("Look up whales."),
        AIMessage(parts=[ThinkingPart("hm", "sealed"), "I look.", CALL]),
        ToolMessage("They are big.", "call_1"),
    )
    assert wire["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Look up whales."},
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "search", "arguments": '{"q":"whales"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "They are big."},
    ]


def test_a_conversation_for_anthropic():
    """The system stands apart, arguments are an object, a tool's answer is on the user's side."""
    wire = anthropic(
        SystemMessage("Be brief."),
        HumanMessage("Look up whales."),
        AIMessage(parts=[ThinkingPart("hm", "sealed"), ThinkingPart("unsigned"), "I look.", CALL]),
        ToolMessage("Not found.", "call_1", is_error=True),
        HumanMessage("And now?"),
    )
    assert wire["system"] == [{"type": "text", "text": "Be brief."}]
    assert wire["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "Look up whales."}]},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "sealed"},
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "call_1", "name": "search", "input": {"q": "whales"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "call_1",
                    "content": [{"type": "text", "text": "Not found."}],
                    "is_error": True,
                },
                {"type": "text", "text": "And now?"},
            ],
        },
    ]


def test_several_images_keep_their_order_and_detail_for_openai():
    """The recipe: two diagrams to compare, by URL and as bytes."""
    message = HumanMessage(
        parts=[
            "Compare these two:",
            ImagePart(url="https://example.com/v1.png", mime_type="image/png", detail="high"),
            ImagePart(data=GIF, detail="low"),
            "What changed?",
            ImagePart(url="https://example.com/v3.png"),
        ]
    )
    assert openai(message)["messages"][0]["content"] == [
        {"type": "text", "text": "Compare these two:"},
        {"type": "image_url", "image_url": {"url": "https://example.com/v1.png", "detail": "high"}},
        {"type": "image_url", "image_url": {"url": f"data:image/gif;base64,{GIF64}", "detail": "low"}},
        {"type": "text", "text": "What changed?"},
        {"type": "image_url", "image_url": {"url": "https://example.com/v3.png"}},
    ]


def test_several_images_keep_their_order_for_anthropic():
    """It knows no detail."""
    message = HumanMessage(
        parts=["Compare:", ImagePart(url="https://example.com/v1.png", detail="high"), ImagePart(data=GIF), "Well?"]
    )
    assert anthropic(message)["messages"][0]["content"] == [
        {"type": "text", "text": "Compare:"},
        {"type": "image", "source": {"type": "url", "url": "https://example.com/v1.png"}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/gif", "data": GIF64}},
        {"type": "text", "text": "Well?"},
    ]


def test_files_and_recordings():
    """A document has its name, a text file its text, a recording its format."""
    pdf = FilePart(data=PDF, name="bill.pdf")
    pdf64 = base64.b64encode(PDF).decode()
    wav = AudioPart(data=b"RIFF" + bytes(4) + b"WAVE" + bytes(4))
    assert openai(HumanMessage(parts=[pdf, wav]))["messages"][0]["content"] == [
        {"type": "file", "file": {"filename": "bill.pdf", "file_data": f"data:application/pdf;base64,{pdf64}"}},
        {"type": "input_audio", "input_audio": {"data": base64.b64encode(wav.data).decode(), "format": "wav"}},
    ]
    text = FilePart(data=b"caf\xc3\xa9", mime_type="text/plain")
    link = FilePart(url="https://example.com/a.pdf")
    assert anthropic(HumanMessage(parts=[pdf, text, link]))["messages"][0]["content"] == [
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": pdf64},
            "title": "bill.pdf",
        },
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "café"}},
        {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}},
    ]


@pytest.mark.parametrize(
    ("make", "message", "said"),
    [
        (openai, HumanMessage(parts=[FilePart(url="https://example.com/a.pdf")]), "pass data="),
        (openai, HumanMessage(parts=[AudioPart(url="https://example.com/a.wav")]), "pass data="),
        (openai, ToolMessage(parts=[ImagePart(data=GIF)], tool_call_id="1"), "HumanMessage after"),
        (openai, AIMessage(parts=[ImagePart(data=GIF)]), "HumanMessage"),
        (anthropic, HumanMessage(parts=[AudioPart(url="https://example.com/a.wav")]), "as text"),
    ],
)
def test_what_a_provider_has_no_form_for_is_refused(make, message, said):
    """Before anything is sent, with what to do instead; nothing is left out in silence."""
    with pytest.raises(ValueError, match=said):
        make(message)


def test_tool_results_in_a_users_message():
    """For OpenAI they become messages of their own, in the order of the parts."""
    message = HumanMessage(parts=[ToolResult("first", "call_1"), ToolResult("second", "call_2"), "Go on."])
    assert [each["role"] for each in openai(message)["messages"]] == ["tool", "tool", "user"]
    blocks = anthropic(message)["messages"][0]["content"]
    assert [block["type"] for block in blocks] == ["tool_result", "tool_result", "text"]


def test_images_in_tool_results_for_anthropic():
    """It takes them there."""
    wire = anthropic(ToolMessage(parts=["See:", ImagePart(data=GIF)], tool_call_id="1"))
    assert [block["type"] for block in wire["messages"][0]["content"][0]["content"]] == ["text", "image"]


def test_arguments_that_were_no_json_go_back_as_they_came():
    """Anthropic takes nothing but an object, which holds them."""
    message = AIMessage(parts=[tool_call("1", "search", '{"q": ')])
    assert openai(message)["messages"][0]["tool_calls"][0]["function"]["arguments"] == '{"q": '
    assert anthropic(message)["messages"][0]["content"][0]["input"] == {"raw": '{"q": '}


def test_empty_texts_are_left_out_for_anthropic():
    """It refuses them; a conversation of nothing else is an error here."""
    wire = anthropic(SystemMessage(""), HumanMessage("a"), AIMessage(""), HumanMessage(parts=["b", " \n"]))
    assert wire["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}
    ]
    assert "system" not in wire
    with pytest.raises(ValueError, match="not empty"):
        anthropic(SystemMessage("only"), HumanMessage("\n\n"))


def test_a_system_option_beside_a_system_message_is_refused():
    """One of them would be lost without a word."""
    assert anthropic(HumanMessage("a"), system="b")["system"] == "b"
    with pytest.raises(ValueError, match="system="):
        anthropic(SystemMessage("a"), HumanMessage("a"), system="b")


def test_tools_are_functions_records_or_the_providers_own():
    """Three forms, in their order."""
    tools = [search, Tool("now", "Tell the time."), {"type": "web_search"}]
    theirs = openai(HumanMessage("a"), tools=tools)["tools"]
    assert [tool.get("function", {}).get("name") for tool in theirs] == ["search", "now", None]
    assert theirs[0]["function"]["parameters"]["required"] == ["query"]
    assert theirs[0]["function"]["description"] == "Search the web."
    assert theirs[2] == {"type": "web_search"}
    ours = anthropic(HumanMessage("a"), tools=tools)["tools"]
    assert [tool.get("name") for tool in ours] == ["search", "now", None]
    assert ours[0]["input_schema"] == theirs[0]["function"]["parameters"]


@pytest.mark.parametrize("tools", [search, "search", Tool("now"), {"type": "x"}])
def test_a_lone_tool_is_refused(tools):
    """tools= is a list."""
    for make in (openai, anthropic):
        with pytest.raises(TypeError, match="tools= is a list"):
            make(HumanMessage("a"), tools=tools)


@pytest.mark.parametrize(
    ("choice", "theirs", "ours"),
    [
        ("auto", "auto", {"type": "auto"}),
        ("none", "none", {"type": "none"}),
        ("required", "required", {"type": "any"}),
        (
            "search",
            {"type": "function", "function": {"name": "search"}},
            {"type": "tool", "name": "search"},
        ),
        ({"type": "x"}, {"type": "x"}, {"type": "x"}),
    ],
)
def test_the_choice_of_a_tool(choice, theirs, ours):
    """Four words that both know, a tool's name, or the provider's own form."""
    assert openai(HumanMessage("a"), tool_choice=choice)["tool_choice"] == theirs
    assert anthropic(HumanMessage("a"), tool_choice=choice)["tool_choice"] == ours


def test_options_have_one_name_for_both():
    """What beluga does not know goes in as it is, None is left out, a call's cache key is OpenAI's alone."""
    options = {"max_tokens": 9, "stop": "END", "cache_key": "k", "temperature": 0, "top_p": None, "service_tier": "x"}
    theirs, ours = openai(HumanMessage("a"), **options), anthropic(HumanMessage("a"), **options)
    del theirs["messages"], ours["messages"]
    shared = {"temperature": 0, "service_tier": "x"}
    assert theirs == {"model": "gpt-4o", "max_completion_tokens": 9, "stop": "END", "prompt_cache_key": "k", **shared}
    assert ours == {"model": "claude", "max_tokens": 9, "stop_sequences": ["END"], **shared}
    assert anthropic(HumanMessage("a"))["max_tokens"] == 4096


def test_a_type_is_a_schema():
    """OpenAI holds the model to it strictly where every property is required."""
    form = openai(HumanMessage("a"), schema=City)["response_format"]["json_schema"]
    assert (form["name"], form["strict"]) == ("City", True)
    assert form["schema"]["required"] == ["name", "people"]
    assert not openai(HumanMessage("a"), schema=Town)["response_format"]["json_schema"]["strict"]
    assert anthropic(HumanMessage("a"), schema=City)["output_config"] == {
        "format": {"type": "json_schema", "schema": form["schema"]}
    }


@pytest.mark.parametrize(
    ("kind", "strict"),
    [
        (list[int], True),
        (int | None, True),
        (tuple[float, float], True),
        (tuple[int, str], False),
        (set[int], False),
        (dict[str, int], False),
        (Any, False),
        (list[Any], False),
    ],
)
def test_a_schema_is_strict_only_where_openai_takes_it(kind, strict):
    """Keywords that strict mode refuses would be an error of the API, where the schema can go in as a wish."""
    record = attrs.make_class("Record", {"field": attrs.field(type=kind)}, frozen=True)
    form = openai(HumanMessage("a"), schema=record)["response_format"]["json_schema"]
    assert form["strict"] is strict


def test_a_dict_is_a_schema_as_it_is():
    """Its title is its name."""
    schema = {"title": "My city!", "type": "object", "properties": {}}
    form = openai(HumanMessage("a"), schema=schema)["response_format"]["json_schema"]
    assert form == {"name": "My_city_", "schema": schema, "strict": False}


def test_a_stream_of_openai_asks_for_its_usage():
    """Unless the caller says otherwise."""
    assert streamed(OPENAI, openai(HumanMessage("a")))["stream_options"] == {"include_usage": True}
    own = {"include_usage": False}
    assert streamed(OPENAI, openai(HumanMessage("a"), stream_options=own))["stream_options"] == own


# Prompt caching


STATIC = SystemMessage(parts=["Long instructions.", CachePoint()])


def marked(wire):
    """Return the texts and names of the blocks that Anthropic's cache ends with, and for how long."""
    blocks = [*wire.get("tools", ()), *wire.get("system", ())]
    blocks += [block for turn in wire["messages"] for block in turn["content"]]
    return [
        (block.get("text") or block.get("name") or block["type"], block["cache_control"].get("ttl"))
        for block in blocks
        if "cache_control" in block
    ]


def test_a_cache_point_marks_the_block_before_it():
    """In the system, among the parts of a message, and at the beginning of one."""
    assert marked(anthropic(STATIC, HumanMessage("a"))) == [("Long instructions.", None)]
    parts = ["a", CachePoint(), "b"]
    assert marked(anthropic(HumanMessage(parts=parts))) == [("a", None)]
    assert marked(anthropic(HumanMessage("a"), AIMessage(parts=[CachePoint(), "b"]))) == [("a", None)]


def test_a_cache_point_before_everything_marks_the_last_tool():
    """The tools come first in the cache."""
    wire = anthropic(HumanMessage(parts=[CachePoint(), "a"]), tools=[Tool("one"), Tool("two")])
    assert marked(wire) == [("two", None)]
    assert marked(anthropic(HumanMessage(parts=[CachePoint(), "a"]))) == []


def test_thoughts_are_not_marked():
    """The API refuses it."""
    wire = anthropic(HumanMessage("a"), AIMessage(parts=["b", ThinkingPart("hm", "sealed"), CachePoint()]))
    assert marked(wire) == [("b", None)]


def test_a_tools_answer_is_marked_whole():
    """Not a block inside of it."""
    assert marked(anthropic(ToolMessage(parts=["a", CachePoint()], tool_call_id="1"))) == [("tool_result", None)]


def test_of_more_than_four_marks_the_first_and_the_last_three_are_kept():
    """A fifth is an error of the API."""
    messages = [message for n in range(4) for message in (HumanMessage(parts=[f"q{n}", CachePoint()]), AIMessage("a"))]
    wire = anthropic(STATIC, *messages, HumanMessage(parts=["q4", CachePoint()]))
    assert [text for text, _ in marked(wire)] == ["Long instructions.", "q2", "q3", "q4"]


@pytest.mark.parametrize(
    ("own", "kept"),
    [(1, ["Long instructions.", "q2", "q3"]), (3, ["Long instructions."]), (4, [])],
)
def test_marks_of_the_callers_own_tools_count(own, kept):
    """With them too there are four at most."""
    tools = [{"type": "custom", "name": str(n), "cache_control": {"type": "ephemeral"}} for n in range(own)]
    messages = [HumanMessage(parts=[f"q{n}", CachePoint()]) for n in range(4)]
    wire = anthropic(STATIC, *messages, tools=tools)
    assert [text for text, _ in marked(wire)] == [str(n) for n in range(own)] + kept


def test_an_hour_does_not_come_after_five_minutes_of_the_callers_own():
    """The tools come before all messages."""
    tool = {"type": "custom", "name": "web", "cache_control": {"type": "ephemeral"}}
    wire = anthropic(HumanMessage(parts=["a", CachePoint(3600.0)]), tools=[tool])
    assert marked(wire) == [("web", None), ("a", None)]


def test_an_hour_comes_before_five_minutes():
    """More than 300 seconds are an hour, but not after a shorter one."""
    points = [CachePoint(3600.0), CachePoint(300.0), CachePoint(3600.0)]
    wire = anthropic(*(SystemMessage(parts=[str(n), point]) for n, point in enumerate(points)), HumanMessage("a"))
    assert marked(wire) == [("0", "1h"), ("1", None), ("2", None)]


def test_the_callers_own_tool_is_not_changed():
    """A mark goes into a copy."""
    own = {"type": "web_search", "name": "web"}
    assert marked(anthropic(HumanMessage(parts=[CachePoint(), "a"]), tools=[own])) == [("web", None)]
    assert own == {"type": "web_search", "name": "web"}


@pytest.mark.parametrize(
    ("model", "knows"),
    [
        ("gpt-5.6", True),
        ("gpt-5.6-terra", True),
        ("gpt-5.10", True),
        ("gpt-6-mini", True),
        ("gpt-5.5", False),
        ("gpt-5", False),
        ("gpt-4o", False),
        ("gpt-4.1", False),
        ("llama-3", False),
    ],
)
def test_openai_models_that_know_marks_get_them(model, knows):
    """Others would refuse them as an unknown field."""
    mark = {"prompt_cache_breakpoint": {"mode": "explicit"}}
    wire = openai(STATIC, HumanMessage(parts=["a", CachePoint(), "b"]), model=model)
    expected = [{"type": "text", "text": "Long instructions.", **mark}] if knows else "Long instructions."
    assert wire["messages"][0]["content"] == expected
    assert (wire["messages"][1]["content"][0] == {"type": "text", "text": "a", **mark}) is knows


def test_a_mark_at_the_beginning_goes_to_the_message_before():
    """Whose text becomes a part for it."""
    wire = openai(SystemMessage("Static."), HumanMessage(parts=[CachePoint(), "a"]), model="gpt-5.6")
    assert wire["messages"][0]["content"][0]["prompt_cache_breakpoint"] == {"mode": "explicit"}
    assert wire["messages"][1]["content"] == "a"


def test_conversations_with_the_same_static_part_share_a_cache_key():
    """It depends on nothing after the first cache point; without one there is none, and the caller's own wins."""
    one, other = openai(STATIC, HumanMessage("a")), openai(STATIC, HumanMessage("b"), AIMessage("c"))
    assert one["prompt_cache_key"] == other["prompt_cache_key"]
    changed = openai(SystemMessage(parts=["Other.", CachePoint()]), HumanMessage("a"))
    assert changed["prompt_cache_key"] != one["prompt_cache_key"]
    assert "prompt_cache_key" not in openai(HumanMessage("a"))
    assert openai(STATIC, HumanMessage("a"), cache_key="mine")["prompt_cache_key"] == "mine"


def test_a_prompt_builders_breakpoint_reaches_both_wires():
    """The end of its last static message."""
    from beluga.prompt import PromptBuilder

    builder = PromptBuilder(system_prompt="Be brief.", static_context=["Long text."], user_input="Hi")
    messages = builder.build()
    assert len(marked(anthropic(*messages))) == 1
    assert "prompt_cache_breakpoint" in json.dumps(openai(*messages, model="gpt-5.6"))
    assert "prompt_cache_key" in openai(*messages)
