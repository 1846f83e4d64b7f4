"""Servers that speak nearly as OpenAI or Anthropic does: nothing of an answer is lost, and no failure passes."""

from __future__ import annotations

import json
import re

import httpx
import pytest

from beluga import events, llm
from beluga.errors import ConfigError, ProviderError
from beluga.llm import FakeProvider, collect, faults
from beluga.llm._http import PROFILES
from beluga.schema import (
    AIMessage,
    HumanMessage,
    OpaquePart,
    SystemMessage,
    TextPart,
    ThinkingPart,
    ToolCall,
    ToolMessage,
)

STREAM = {"content-type": "text/event-stream"}
LIST, REFUND = ToolCall("a", "list_orders"), ToolCall("b", "refund", {"order": 7})


def fragment(index="left out", id_=None, name=None, arguments=None):
    """Return a fragment of a tool call, with the fields that are given."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    numbered = {} if index == "left out" else {"index": index}
    return numbered | ({} if id_ is None else {"id": id_}) | {"function": function}


def deltas(*events_, reason="tool_calls"):
    """Return the events of a stream with these lists of fragments."""
    chosen = [{"choices": [{"index": 0, "delta": {"tool_calls": list(each)}}]} for each in events_]
    return [*chosen, {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}]


@pytest.fixture
def ask(answering):
    """Return what a model at some server makes of an answer: a dict whole, a list or bytes as a stream."""

    def ask(answer, sse=None, provider="openai", headers=STREAM, **settings):
        settings = {"model": "m", "api_key": "k", "base_url": "https://llm.example/v1"} | settings
        if isinstance(answer, dict):
            model = llm.new(provider, transport=answering(httpx.Response(200, json=answer)), **settings)
            return model.generate("hi")
        content = answer if isinstance(answer, bytes) else sse(*answer)
        model = llm.new(
            provider, transport=answering(httpx.Response(200, content=content, headers=headers)), **settings
        )
        return collect(model.stream("hi"))

    return ask


@pytest.fixture
def asked(answering):
    """Return the body that a model sends."""

    def asked(provider, messages, *, streamed=False, options=(), **settings):
        options = dict(options)
        transport = answering(httpx.Response(400))
        settings = {"model": "m", "api_key": "k"} | settings
        model = llm.new(provider, transport=transport, **settings)
        with pytest.raises(ProviderError):
            collect(model.stream(messages, **options)) if streamed else model.generate(messages, **options)
        return json.loads(transport.requests[0].content)

    return asked


@pytest.mark.parametrize(
    "events_",
    [
        [[fragment(0, "a", "list_orders", "")], [fragment(0, "b", "refund", '{"order": 7}')]],
        [[fragment(0, "a", "list_orders", "{}"), fragment(0, "b", "refund", '{"order": 7}')]],
        [[fragment("left out", "a", "list_orders", "")], [fragment("left out", "b", "refund", '{"order": 7}')]],
        [[fragment(None, "a", "list_orders", ""), fragment(None, "b", "refund", '{"order": 7}')]],
        [
            [fragment(0, "a", "list_orders", "")],
            [fragment(1, "b", "refund", "")],
            [fragment(1, "b", None, '{"order"')],
            [fragment(0, "a", None, "{}"), fragment(1, "b", None, ": 7}")],
        ],
        [
            [fragment("left out", "a", "list_orders", "{"), fragment("left out", "a", "list_orders", "}")],
            [fragment("left out", "b", "refund", '{"order"')],
            [fragment("left out", "b", "refund", ": 7}")],
        ],
        [[fragment(0, "a", "list_orders", {})], [fragment(0, "b", "refund", {"order": 7})]],
    ],
    ids=["all are 0", "all are 0 in one", "no index", "null in one", "ids repeated", "names repeated", "objects"],
)
def test_parallel_calls_are_told_apart(ask, sse, events_):
    """However a server numbers its fragments, each call has its own arguments."""
    assert ask(deltas(*events_), sse).tool_calls == (LIST, REFUND)


@pytest.mark.parametrize("index", [0, None, "left out"])
@pytest.mark.parametrize("id_", [None, ""])
def test_calls_without_an_id_get_one(ask, sse, index, id_):
    """The same one in a whole answer and in a stream, also where the same tool is called twice."""
    calls = [fragment(index, id_, "refund", '{"order": 7}'), fragment(index, id_, "refund", '{"order": 8}')]
    choice = {"message": {"content": None, "tool_calls": calls}, "finish_reason": "tool_calls"}
    expected = (ToolCall("call_1", "refund", {"order": 7}), ToolCall("call_2", "refund", {"order": 8}))
    assert ask({"choices": [choice]}).tool_calls == expected
    assert ask(deltas(calls), sse).tool_calls == expected
    assert ask(deltas(calls[:1], calls[1:]), sse).tool_calls == expected


def test_a_used_id_is_not_used_again(ask, sse):
    """Results could not be told apart."""
    calls = [fragment(0, "x", "refund", '{"order": 7}'), fragment(1, "x", "refund", '{"order": 8}')]
    assert [call.id for call in ask(deltas(calls), sse).tool_calls] == ["x", "call_2"]


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        ({"finish_reason": "error"}, "provider_unavailable"),
        ({"finish_reason": "network_error"}, "provider_unavailable"),
        ({"finish_reason": "insufficient_system_resource"}, "provider_unavailable"),
        ({"finish_reason": "stop", "error": {"code": 429, "message": "x"}}, "rate_limit"),
        ({"finish_reason": "stop", "error": {"code": "502", "message": "x"}}, "provider_unavailable"),
        ({"finish_reason": "stop", "error": "overloaded"}, "provider_unavailable"),
    ],
)
def test_a_choice_that_failed_is_an_error(ask, sse, choice, code):
    """It passes for an answer nowhere, so that retry, fallback and breaker see it."""
    with pytest.raises(ProviderError) as whole:
        ask({"choices": [{"index": 0, "message": {"content": "Hel"}} | choice]})
    with pytest.raises(ProviderError) as streamed:
        ask([{"choices": [{"delta": {"content": "Hel"}}]}, {"choices": [{"index": 0, "delta": {}} | choice]}], sse)
    assert (whole.value.code, whole.value.partial) == (code, False)
    assert (streamed.value.code, streamed.value.partial) == (code, True)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": "rate_limit_exceeded"}, "rate_limit"),
        ({"error": {"code": "429"}}, "rate_limit"),
        ({"object": "error", "message": "x", "type": "BadRequestError", "code": 400}, "invalid_input"),
        ({"error": {"message": "x"}, "choices": [{"message": {"content": "Hel"}}]}, "provider_unavailable"),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "x"}}, "provider_unavailable"),
    ],
)
@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_an_error_in_a_good_status_is_an_error(ask, sse, provider, body, code):
    """In each form in use, whole, as an event, and in place of a stream."""
    for answer in (body, [body], json.dumps(body).encode()):
        with pytest.raises(ProviderError) as caught:
            ask(answer, sse, provider)
        assert caught.value.code == code


ANSWER = {"message": {"content": "Hello."}, "finish_reason": "stop"}
WHOLE = [
    {"choices": [{"index": 0, "delta": {"content": "Hello."}}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2}},
]


@pytest.mark.parametrize(
    ("spoil", "is_odd"),
    [
        (lambda sse: sse(*WHOLE, "[DONE]"), False),
        (lambda sse: sse(*WHOLE, "[DONE]  "), False),
        (lambda sse: sse(*WHOLE), True),
        (lambda sse: sse(*WHOLE).rstrip(b"\n"), True),
        (lambda sse: sse({}, {"type": "ping"}, *WHOLE, "", "[DONE]"), False),
        (lambda sse: sse(*WHOLE[:2], WHOLE[2] | {"choices": None}, "[DONE]"), False),
        (lambda sse: sse(*WHOLE[:2], {"usage": WHOLE[2]["usage"]}, "[DONE]"), False),
        (lambda sse: b"\xef\xbb\xbf: hi\n\n" + sse(*WHOLE, "[DONE]").replace(b"\n", b"\r\n"), False),
        (
            lambda _: json.dumps(
                WHOLE[2] | {"choices": [{"message": {"content": "Hello."}, "finish_reason": "stop"}]}
            ).encode(),
            True,
        ),
    ],
)
@pytest.mark.parametrize("label", ["text/event-stream", "application/json", "text/plain"])
def test_an_answer_is_not_lost_at_its_last_byte(ask, sse, spoil, is_odd, label):
    """Whatever a server forgets once the answer is there; an event says what."""
    with_label = is_odd or label != "text/event-stream"
    heard = []
    with events.subscribe(heard.append, events.AnswerOdd):
        response = ask(spoil(sse), headers={"content-type": label})
    assert (response.text, response.finish_reason, response.usage.total_tokens) == ("Hello.", "stop", 7)
    assert bool(heard) == with_label


def test_a_connection_that_fails_after_the_reason_has_failed_nobody(answering, pieces, sse):
    """All of the answer was there."""
    body = pieces([sse(*WHOLE[:2])], httpx.ReadError("reset"))
    model = llm.new("openai", model="m", api_key="k", transport=answering(httpx.Response(200, stream=body)))
    assert collect(model.stream("hi")).text == "Hello."


@pytest.mark.parametrize("ending", [[], [{"type": "message_stop"}]])
def test_a_call_that_the_bound_has_cut_is_kept_raw(ask, sse, ending):
    """The block is open when the message ends."""
    start = {"type": "content_block_start", "index": 0}
    block = {"type": "tool_use", "id": "t", "name": "refund", "input": {}}
    piece = {"type": "input_json_delta", "partial_json": '{"order": '}
    stop = {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {"output_tokens": 3}}
    begun = [start | {"content_block": block}]
    pieces = [{"type": "content_block_delta", "index": 0, "delta": piece}]
    assert ask([*begun, *pieces, stop, *ending], sse, "anthropic").tool_calls == (
        ToolCall("t", "refund", raw='{"order": '),
    )
    assert ask([*begun, stop, *ending], sse, "anthropic").tool_calls == (ToolCall("t", "refund", raw=""),)


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_numbers_that_json_cannot_hold_are_kept_raw(ask, asked, number):
    """And the conversation goes on: what is sent is JSON."""
    written = f'{{"order": {number}}}'
    choice = {"message": {"tool_calls": [fragment(0, "a", "refund", written)]}, "finish_reason": "tool_calls"}
    (call,) = ask({"choices": [choice]}).tool_calls
    assert (call.arguments, call.raw) == ({}, written)
    history = [HumanMessage("hi"), AIMessage(parts=[call]), ToolMessage("no", "a")]
    sent = asked("mistral", history)["messages"][1]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(sent) == {"raw": written}
    old = ToolCall("a", "refund", {"order": float(number)})
    for provider in ("openai", "mistral", "anthropic"):
        body = json.dumps(asked(provider, [HumanMessage("hi"), AIMessage(parts=[old]), ToolMessage("no", "a")]))
        assert "NaN}" not in body
        assert "Infinity}" not in body


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_half_a_surrogate_pair_is_replaced(asked, provider):
    """In any text that is sent, and an event says so; a pair in two halves becomes its character."""
    heard = []
    with events.subscribe(heard.append, events.RequestMended):
        body = asked(
            provider,
            [
                SystemMessage("s\ud800"),
                HumanMessage("h\ud83d\ude00\udc00"),
                AIMessage(parts=[ToolCall("a", "f", {"x": "\ud800"})]),
                ToolMessage("\udfff", "a"),
            ],
        )
    text = json.dumps(body, ensure_ascii=False)
    text.encode()
    assert "h\U0001f600\ufffd" in text
    assert text.count("\ufffd") == 4
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("provider", "fits"),
    [("anthropic", r"[A-Za-z0-9_-]{1,64}"), ("mistral", r"[A-Za-z0-9]{9}"), ("openai", r".{1,40}")],
)
def test_foreign_ids_are_rewritten_without_collisions(asked, provider, fits):
    """Calls and results still belong together, and the same id is rewritten alike each time."""
    ids = ["functions.f:0", "functions.f:1", "x" * 50, "ü", "abcdef123", "call_1"]
    messages = [
        HumanMessage("hi"),
        AIMessage(parts=[ToolCall(id_, "f", {"n": n}) for n, id_ in enumerate(ids)]),
        *(ToolMessage(str(n), id_) for n, id_ in reversed(list(enumerate(ids)))),
    ]
    sent = asked(provider, messages)["messages"]
    if provider == "anthropic":
        calls = {block["input"]["n"]: block["id"] for block in sent[1]["content"]}
        results = {int(block["content"][0]["text"]): block["tool_use_id"] for block in sent[2]["content"]}
    else:
        calls = {json.loads(call["function"]["arguments"])["n"]: call["id"] for call in sent[1]["tool_calls"]}
        results = {int(message["content"]): message["tool_call_id"] for message in sent[2:]}
    assert calls == results
    assert len(set(calls.values())) == len(ids)
    assert all(re.fullmatch(fits, id_) for id_ in calls.values())
    assert calls[4] == "abcdef123"
    assert asked(provider, messages)["messages"] == sent


def test_anthropic_gets_an_id_once_in_a_conversation(asked):
    """Servers that name no ids get call_1 in each turn."""
    turn = [AIMessage(parts=[ToolCall("call_1", "f")]), ToolMessage("ok", "call_1")]
    sent = asked("anthropic", [HumanMessage("hi"), *turn, *turn])["messages"]
    used = [block["id"] for each in sent for block in each["content"] if block["type"] == "tool_use"]
    answered = [block["tool_use_id"] for each in sent for block in each["content"] if block["type"] == "tool_result"]
    assert used == answered
    assert len(set(used)) == 2


def test_blanks_at_the_end_of_a_prefill_go(asked):
    """Anthropic refuses them."""
    sent = asked("anthropic", [HumanMessage("hi"), AIMessage("Answer: \n")])["messages"]
    assert sent[-1]["content"] == [{"type": "text", "text": "Answer:"}]


DETAILS = [
    {"type": "reasoning.encrypted", "data": "x", "index": 0},
    {"type": "reasoning.text", "text": "Hm. So.", "index": 1},
]
THOUGHTS = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "Yes."}]
SIGNED = {"google": {"thought_signature": "sig"}}


def test_what_a_server_wants_back_comes_back(ask, asked, sse):
    """Thoughts, their details and the signature of a call: the same from a whole answer and a stream."""
    message = {
        "role": "assistant",
        "content": "Yes.",
        "reasoning": "Hm. So.",
        "reasoning_details": DETAILS,
        "tool_calls": [{**fragment(0, "a", "f", "{}"), "extra_content": SIGNED}],
    }
    pieces = [
        {"reasoning": "Hm. ", "reasoning_details": [DETAILS[0], {**DETAILS[1], "text": "Hm. "}]},
        {"reasoning": "So.", "reasoning_details": [{**DETAILS[1], "text": "So."}]},
        {"content": "Ye"},
        {"content": "s."},
        {"tool_calls": [{**fragment(0, "a", "f", ""), "extra_content": SIGNED}]},
        {"tool_calls": [fragment(0, None, None, "{}")]},
    ]
    whole = ask({"choices": [{"message": message, "finish_reason": "tool_calls"}]}, provider="openrouter")
    streamed = ask(
        [
            *({"choices": [{"index": 0, "delta": piece}]} for piece in pieces),
            {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]},
        ],
        sse,
        "openrouter",
    )
    assert whole.message == streamed.message
    sent = asked("openrouter", [HumanMessage("hi"), whole.message])["messages"][1]
    assert sent["reasoning_details"] == DETAILS
    assert sent["tool_calls"][0]["extra_content"] == SIGNED
    for other in ("openai", "mistral", "anthropic"):
        assert "sig" not in json.dumps(asked(other, [HumanMessage("hi"), whole.message])["messages"])


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ("deepseek", {"reasoning_content": "Hm."}),
        ("groq", {"reasoning": "Hm."}),
        ("openai", {}),
        (
            "mistral",
            {"content": THOUGHTS},
        ),
    ],
)
def test_thoughts_go_back_under_the_servers_name(asked, provider, expected):
    """Where a server takes them at all; those of Anthropic carry its seal, and go to nobody else."""
    sent = asked(provider, [HumanMessage("hi"), AIMessage(parts=[ThinkingPart("Hm."), "Yes."])])["messages"][1]
    assert sent == {"role": "assistant", "content": "Yes."} | expected
    sealed = AIMessage(parts=[ThinkingPart("Hm.", "seal"), "Yes."])
    assert asked(provider, [HumanMessage("hi"), sealed])["messages"][1]["content"] == "Yes."


def test_mistrals_thoughts_are_read(ask, sse):
    """They are parts of the content."""
    choice = {"message": {"content": THOUGHTS}, "finish_reason": "stop"}
    whole = ask({"choices": [choice]}, provider="mistral")
    streamed = ask([{"choices": [{"delta": {"content": THOUGHTS}, "finish_reason": "stop"}]}, "[DONE]"], sse, "mistral")
    assert whole.message == streamed.message == AIMessage(parts=[ThinkingPart("Hm."), "Yes."])


def test_anthropics_own_blocks_come_back(ask, asked, sse):
    """Its server's tools, their results and its citations: the same whole and streamed, and back as they came."""
    citation = {"type": "web_search_result_location", "url": "https://x", "encrypted_index": "e"}
    blocks = [
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "whales"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"encrypted_content": "c"}]},
        {"type": "text", "text": "Whales"},
        {"type": "text", "text": " swim.", "citations": [citation]},
        {"type": "text", "text": " Yes."},
        {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}, "caller": {"type": "direct"}},
    ]
    stream = []
    for index, block in enumerate(blocks):
        kind = block["type"]
        begun = {
            **block,
            **({"input": {}} if "input" in block else {}),
            **({"text": "", "citations": None} if kind == "text" else {}),
        }
        pieces = [{"type": "text_delta", "text": block["text"]}] if kind == "text" else []
        pieces += [{"type": "citations_delta", "citation": each} for each in block.get("citations", ())]
        pieces += [{"type": "input_json_delta", "partial_json": json.dumps(block["input"])}] if "input" in block else []
        stream += [{"type": "content_block_start", "index": index, "content_block": begun}]
        stream += [{"type": "content_block_delta", "index": index, "delta": piece} for piece in pieces]
        stream += [{"type": "content_block_stop", "index": index}]
    stream += [{"type": "message_delta", "delta": {"stop_reason": "tool_use"}}, {"type": "message_stop"}]
    whole = ask({"content": blocks, "stop_reason": "tool_use"}, provider="anthropic")
    assert ask(stream, sse, "anthropic").message == whole.message
    assert whole.message.text == "Whales swim. Yes."
    assert OpaquePart("anthropic", {"citations": [citation]}, "previous") in whole.message.parts
    assert asked("anthropic", [HumanMessage("hi"), whole.message])["messages"][1]["content"] == blocks
    assert TextPart("Whales") in whole.message.parts


@pytest.mark.parametrize(
    ("provider", "settings", "expected"),
    [
        ("openai", {}, {"max_completion_tokens": 9}),
        ("azure", {"base_url": "https://x.openai.azure.com/openai/v1"}, {"max_completion_tokens": 9}),
        ("openai", {"base_url": "https://llm.example/v1"}, {"max_tokens": 9}),
        ("openai", {"base_url": "https://api.groq.com/openai/v1"}, {"max_completion_tokens": 9}),
        ("mistral", {}, {"max_tokens": 9}),
        ("llama.cpp", {}, {"max_tokens": 9}),
        ("anthropic", {}, {"max_tokens": 9}),
    ],
)
def test_the_bound_has_the_servers_name(asked, provider, settings, expected):
    """A bound that a server does not know is a bound that is ignored."""
    body = asked(provider, "hi", options={"max_tokens": 9}, **settings)
    assert {name: value for name, value in body.items() if name.startswith("max_")} == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"max_tokens": 9, "max_completion_tokens": 5}, {"max_completion_tokens": 5}),
        ({"max_tokens": 9, "max_completion_tokens": None}, {}),
        ({"temperature": None}, {}),
        ({"temperature": 1, "extra_body": {"temperature": 2, "top_k": 3}}, {"temperature": 2, "top_k": 3}),
    ],
)
def test_raw_names_win_and_none_leaves_out(asked, options, expected):
    """So that whoever knows a server better than its profile has the last word."""
    assert asked("openai", "hi", options=options) == {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        **expected,
    }


def test_a_stream_asks_for_its_usage_where_that_is_taken(asked):
    """None leaves the option out, and so does a profile whose server refuses it."""
    assert asked("openai", "hi", streamed=True)["stream_options"] == {"include_usage": True}
    assert "stream_options" not in asked("openai", "hi", streamed=True, options={"stream_options": None})
    assert "stream_options" not in asked("mistral", "hi", streamed=True)


AZURE = "https://x.openai.azure.com/openai"
BEDROCK = "https://b.us-east-1.api.aws/anthropic"


@pytest.mark.parametrize(
    ("provider", "base_url", "url", "header"),
    [
        ("azure", f"{AZURE}/d?api-version=1", f"{AZURE}/d/chat/completions?api-version=1", "api-key"),
        ("openai", f"{AZURE}/v1/", f"{AZURE}/v1/chat/completions", "api-key"),
        ("anthropic", "https://gateway.example/v1", "https://gateway.example/v1/messages", "x-api-key"),
        ("bedrock-anthropic", BEDROCK, f"{BEDROCK}/v1/messages", "authorization"),
        ("together", None, "https://api.together.xyz/v1/chat/completions", "authorization"),
    ],
)
def test_each_server_is_reached_in_its_way(answering, provider, base_url, url, header):
    """Its URL, with a query where there is one, and the header of its key."""
    transport = answering(httpx.Response(400))
    with pytest.raises(ProviderError):
        llm.new(provider, model="m", api_key="key", base_url=base_url, transport=transport).generate("hi")
    (request,) = transport.requests
    assert str(request.url) == url
    assert request.headers[header] in {"key", "Bearer key"}


def test_local_servers_need_no_key_and_azure_needs_a_place():
    """What cannot be known is asked for when the model is made."""
    assert llm.new("ollama", model="m").provider == "ollama"
    assert llm.new("openai", model="m", base_url="http://localhost:11434/v1").provider == "ollama"
    with pytest.raises(ConfigError, match="pass base_url="):
        llm.new("azure", model="m", api_key="k")


def test_streamed_answers_carry_model_and_id(ask, sse):
    """As whole ones do."""
    response = ask([WHOLE[0] | {"model": "m-1", "id": "c-1"}, *WHOLE[1:], "[DONE]"], sse)
    assert (response.model, response.id) == ("m-1", "c-1")


@pytest.mark.parametrize("name", [name for name, profile in PROFILES.items() if profile.limits])
def test_limits_come_in_each_servers_own_headers(name):
    """The fake tells them as that server does, and an answer and a refusal have them."""
    fake = FakeProvider("Hello!", faults.rate_limit(), profile=name)
    base = {} if PROFILES[name].base_url else {"base_url": "https://x.openai.azure.com"}
    model = llm.new(name, model="m", api_key="none", transport=fake.transport(httpx), **base)
    told = model.generate("hi").limits
    assert told.requests.remaining == 9_999
    with pytest.raises(ProviderError) as caught:
        model.generate("hi")
    assert caught.value.limits.requests.remaining == 0
    if name != "mistral":  # which does not tell when
        assert 0.0 <= caught.value.limits.requests.reset <= 1.0


@pytest.mark.parametrize("name", ["deepseek", "ollama", "vllm"])
def test_who_tells_no_limits_has_none(name):
    """The fake invents none for it."""
    model = llm.new(name, model="m", api_key="none", transport=FakeProvider("Hello!", profile=name).transport(httpx))
    assert model.generate("hi").limits is None


def _piece(id_, name, arguments, index=0):
    """One fragment of a call as a chunk; what is None is left out."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    call = {"index": index, "function": function} | ({} if id_ is None else {"id": id_})
    return {"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([("a", "ref", ""), (None, "und", ""), (None, None, '{"order":7}')], [("refund", {"order": 7})]),
        ([("a", "ref", ""), ("a", "und", ""), ("a", None, '{"order":7}')], [("refund", {"order": 7})]),
        ([("a", "refund", ""), (None, "refund", '{"order"'), (None, "refund", ":7}")], [("refund", {"order": 7})]),
        ([("a", None, ""), (None, "refund", "{}")], [("refund", {})]),
        ([("a", "f", "{}", "0"), ("b", "g", '{"x":1}', "1")], [("f", {}), ("g", {"x": 1})]),
        ([(None, "f", "{}"), (None, "g", '{"x":1}')], [("f", {}), ("g", {"x": 1})]),
    ],
    ids=["a name in pieces", "with its id", "a name each time", "an id before its name", "numbers as texts", "no ids"],
)
def test_names_of_calls_come_in_pieces_or_again(ask, sse, pieces, expected):
    """A wrong tool is never called."""
    events_ = [*(_piece(*piece) for piece in pieces), {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]
    answer = ask([*events_, "[DONE]"], sse)
    assert [(call.name, call.arguments) for call in answer.tool_calls] == expected


@pytest.mark.parametrize(
    "odd",
    ["[DONE] bye", '{"choices": [null]}', "null", "[]", '"ping"', '{"choices": [{}]}'],
)
def test_what_holds_nothing_spoils_nothing(ask, sse, odd):
    """As openai's own client passes it over, or behind the answer."""
    said = {"choices": [{"index": "0", "delta": {"content": "hi"}, "finish_reason": "stop"}]}
    answer = ask([said, odd], sse)
    assert (answer.text, answer.finish_reason) == ("hi", "stop")


def test_a_message_in_place_of_a_delta_is_the_answer_and_one_beside_it_is_not(ask, sse):
    """Some send it whole, others say it again at the end."""
    whole = {"choices": [{"index": 0, "message": {"content": "hi"}, "finish_reason": "stop"}]}
    piece = {"choices": [{"index": 0, "delta": {"content": "hi"}}]}
    assert ask([whole, "[DONE]"], sse).text == "hi"
    assert ask([piece, whole, "[DONE]"], sse).text == "hi"


@pytest.mark.parametrize(
    ("provider", "body", "code"),
    [
        ("openai", {"code": 429, "message": "slow down"}, "rate_limit"),
        ("openai", {"status": "503", "detail": "busy"}, "provider_unavailable"),
        ("anthropic", {"code": "401", "msg": "no"}, "auth_error"),
        ("openai", {"detail": "Not found"}, "invalid_response"),
        ("openai", {"choices": [{"message": {"content": "h"}, "finish_reason": "failed"}]}, "provider_unavailable"),
    ],
)
def test_an_error_that_does_not_call_itself_one_is_an_error(ask, provider, body, code):
    """Its status says what it is, and so whether another attempt helps."""
    with pytest.raises(ProviderError) as caught:
        ask(body, provider=provider)
    assert caught.value.code == code


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_an_event_called_error_is_one(ask, provider):
    """Whatever it holds."""
    with pytest.raises(ProviderError) as caught:
        ask(b'event: error\ndata: {"type": "overloaded_error", "message": "x"}\n\n', provider=provider)
    assert caught.value.code == "provider_unavailable"


def test_a_stream_of_gemini_that_came_as_a_list_is_read(ask):
    """So it comes where nobody asks for events, as behind a gateway that drops the query."""
    pieces = [
        {"candidates": [{"content": {"parts": [{"text": text}]}, "finishReason": reason}]}
        for text, reason in (("hi", None), (" you", "STOP"))
    ]
    body, label = json.dumps(pieces).encode(), {"content-type": "application/json"}
    assert ask(body, provider="gemini", headers=label).text == "hi you"


@pytest.mark.parametrize(("content", "text"), [("hi", "hi"), (None, "")])
def test_anthropics_content_may_be_a_text_or_null(ask, content, text):
    """Of a gateway, and of a refusal."""
    answer = ask({"content": content, "stop_reason": "refusal"}, provider="anthropic")
    assert (answer.text, answer.finish_reason) == (text, "content_filter")
