"""Models over HTTP: what is sent, what comes back, and the settings."""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import math
import warnings
import weakref

import httpx
import pytest
import respx

from beluga import DeadlineExceeded, budget, llm
from beluga.errors import ConfigError
from beluga.schema import Chunk, Usage


def test_a_whole_answer_is_read(wire, ask):
    """Text, usage in our convention, finish reason, model and id; and the provider's data as they came."""
    with respx.mock:
        route = respx.post(wire.url).respond(json=wire.answer)
        response = ask(wire.model(), "Hi")
    assert route.call_count == 1
    assert response.text == "Hello."
    assert response.usage == Usage(12, 3, cached_tokens=4)
    assert response.finish_reason == "stop"
    assert (response.model, response.id) == (wire.answer["model"], wire.answer["id"])
    assert response.raw == wire.answer


def test_a_stream_is_read(wire, ask_stream):
    """The texts in their order, and one last chunk that has usage and finish reason."""
    with respx.mock:
        body = wire.stream("Hel", "lo.")
        respx.post(wire.url).respond(content=body, headers={"content-type": "text/event-stream"})
        chunks = ask_stream(wire.model(), "Hi")
    assert chunks == [
        Chunk("Hel"),
        Chunk("lo."),
        Chunk(usage=Usage(12, 3, cached_tokens=4), finish_reason="stop"),
    ]


def test_the_key_goes_into_its_header(wire, ask, answering, secrets):
    """Each provider has its own, and Anthropic wants to know the version."""
    transport = answering(httpx.Response(200, json=wire.answer))
    ask(wire.model(transport=transport), "Hi")
    headers = transport.requests[0].headers
    if wire.provider == "openai":
        assert headers["authorization"] == f"Bearer {secrets[0]}"
    else:
        assert headers["x-api-key"] == secrets[0]
        assert headers["anthropic-version"] == "2023-06-01"
    assert headers["content-type"] == "application/json"


def test_a_key_from_the_environment_is_found(wire, monkeypatch, answering):
    """The variable has the name that the provider's own SDK uses."""
    monkeypatch.setenv(f"{wire.provider.upper()}_API_KEY", "from-environment")
    transport = answering(httpx.Response(200, json=wire.answer))
    wire.model(api_key=None, transport=transport).generate("Hi")
    assert "from-environment" in str(transport.requests[0].headers.raw)


def test_a_missing_key_names_the_variable(wire, monkeypatch):
    """The error says where it looked and what to do."""
    variable = f"{wire.provider.upper()}_API_KEY"
    monkeypatch.delenv(variable, raising=False)
    with pytest.raises(ConfigError, match=f"pass api_key=, or set {variable}"):
        wire.model(api_key=None)


@pytest.mark.parametrize("key", ["sk-secret\n", "sk secret", "sk-geh\u00e9im", 7])
def test_a_key_that_cannot_be_sent_is_refused_and_not_quoted(wire, key):
    """An HTTP client would quote it in its own error."""
    with pytest.raises(ConfigError, match="api_key= cannot be sent") as caught:
        wire.model(api_key=key)
    assert str(key).strip() not in str(caught.value)


def test_an_empty_key_sends_none(wire, answering):
    """A local server wants none."""
    transport = answering(httpx.Response(200, json=wire.answer))
    wire.model(api_key="", transport=transport).generate("Hi")
    assert not {"authorization", "x-api-key"} & set(transport.requests[0].headers)


def test_repr_shows_provider_and_model_alone(wire, secrets):
    """A model in a log gives no key away."""
    model = wire.model(base_url="https://user:pass@example.com/v1")
    assert repr(model) == f"<{wire.provider} model 'gpt-4o'>"
    assert secrets[0] not in repr(model)


def test_base_url_headers_and_model_can_be_others(wire, ask, answering):
    """At construction, and for one call."""
    transport = answering(httpx.Response(200, json=wire.answer))
    model = wire.model(base_url="http://127.0.0.1:8080/api/", headers={"x-team": "blue"}, transport=transport)
    ask(model, "Hi", model="other", headers={"x-call": "7"})
    request = transport.requests[0]
    assert str(request.url).startswith("http://127.0.0.1:8080/api/")
    assert (request.headers["x-team"], request.headers["x-call"]) == ("blue", "7")
    assert json.loads(request.content)["model"] == "other"


@pytest.mark.parametrize(
    "url",
    [
        *(
            "example.com",
            "ftp://example.com",
            "https://",
            "https://example.com/#v1",
        ),
        *(
            "https://example.com:99999",
            "https://example.com:x",
            "https://[::1",
            "https://exam ple.com",
            "http://a.b/\n",
        ),
    ],
)
def test_a_base_url_that_is_none_is_refused(wire, url):
    """At construction, not with the first call; nothing can be added to a query."""
    with pytest.raises(ConfigError, match="http"):
        wire.model(base_url=url)


@pytest.mark.parametrize("at", ["construction", "call"])
def test_a_header_of_your_own_takes_the_place_of_ours(wire, answering, at):
    """Names of headers have no case: two keys in one request are a riddle for whoever reads it."""
    name = {"openai": "Authorization", "anthropic": "X-API-Key"}[wire.provider]
    transport = answering(httpx.Response(200, json=wire.answer))
    settings, options = ({"headers": {name: "mine"}}, {}) if at == "construction" else ({}, {"headers": {name: "mine"}})
    wire.model(transport=transport, **settings).generate("Hi", **options)
    assert transport.requests[0].headers.get_list(name) == ["mine"]


@pytest.mark.parametrize(
    "headers",
    [
        ["x"],
        {"x": None},
        {"x": 7},
        {7: "x"},
        {"": "x"},
        {"a b": "x"},
        {"x": "hid\nden"},
        {"x": "h\u00efdden"},
        {"x": " x"},
    ],
)
def test_headers_that_cannot_be_sent_are_refused_and_not_quoted(wire, headers):
    """At once, as the client below would quote the value."""
    with pytest.raises((TypeError, ValueError), match="headers=") as caught:
        wire.model(headers=headers)
    assert "dden" not in str(caught.value)


@pytest.mark.parametrize("timeout", [0, -1, math.inf, math.nan, True, "5"])
def test_a_timeout_that_is_none_is_refused(wire, timeout):
    """It is a number of seconds above 0."""
    with pytest.raises(ValueError, match="timeout="):
        wire.model(timeout=timeout)


def test_a_model_needs_a_name(wire):
    """Another thing than a text is refused at construction."""
    with pytest.raises(TypeError, match="model="):
        wire.model(model=None)


@pytest.mark.parametrize("name", ["stream", "messages"])
def test_what_is_no_option_is_refused(wire, name):
    """A stream would be taken for a nonsensical answer, and messages for those of each call."""
    with pytest.raises(TypeError, match=f"{name}= is no option"):
        wire.model(**{name: True})


def test_a_call_has_no_option_to_stream(wire, ask_any, answering):
    """There is a method for it."""
    model = wire.model(transport=answering(httpx.Response(500)))
    with pytest.raises(TypeError, match=r"call stream\(\)"):
        ask_any(model, "Hi", stream=True)


def test_settings_are_options_of_each_call_and_its_own_go_before(wire, ask, answering):
    """temperature=0 once for all; None leaves an option out again."""
    transport = answering(httpx.Response(200, json=wire.answer))
    model = wire.model(transport=transport, temperature=0, top_p=0.5)
    ask(model, "Hi", temperature=1, top_p=None)
    sent = json.loads(transport.requests[0].content)
    assert sent["temperature"] == 1
    assert "top_p" not in sent


@pytest.mark.parametrize(
    ("timeout", "phases"),
    [(None, (5.0, 600.0, 600.0, 600.0)), (30, (5.0, 30.0, 30.0, 30.0)), (2, (2.0, 2.0, 2.0, 2.0))],
)
def test_timeouts_go_to_the_client(wire, ask_any, answering, timeout, phases):
    """600 seconds of silence by default, and 5 to connect."""
    seen = []

    def answer(request):
        seen.append(request.extensions["timeout"])
        if b'"stream":true' in request.content:
            return httpx.Response(200, content=wire.stream("x"), headers={"content-type": "text/event-stream"})
        return httpx.Response(200, json=wire.answer)

    ask_any(wire.model(transport=answering(answer), timeout=timeout), "Hi")
    assert seen == [dict(zip(("connect", "read", "write", "pool"), phases, strict=True))]


def test_a_client_of_your_own_keeps_its_timeouts(wire, answering):
    """Unless the model or the call has one."""
    transport = answering(httpx.Response(200, json=wire.answer))
    with httpx.Client(transport=transport, timeout=httpx.Timeout(7.0, read=9.0)) as client:
        model = wire.model(client=client)
        model.generate("Hi")
        model.generate("Hi", timeout=1.0)
    phases = [request.extensions["timeout"] for request in transport.requests]
    assert phases[0] == {"connect": 7.0, "read": 9.0, "write": 7.0, "pool": 7.0}
    assert phases[1]["read"] == 1.0


def test_no_phase_outlasts_the_time_budget(wire, answering):
    """The deadline of the running call caps every time-out."""
    transport = answering(httpx.Response(200, json=wire.answer))
    model = wire.model(transport=transport)

    @budget(3.0)
    def ask():
        return model.generate("Hi")

    ask()
    assert all(0.0 < seconds <= 3.0 for seconds in transport.requests[0].extensions["timeout"].values())


def test_nothing_is_sent_after_the_deadline(wire, answering):
    """There is no point in asking when nobody waits any more."""
    from beluga.clock import environment
    from beluga.testing import fake_clock

    transport = answering(httpx.Response(200, json=wire.answer))
    model = wire.model(transport=transport)

    @budget(3.0)
    def ask():
        environment().clock.sleep(4.0)
        return model.generate("Hi")

    with fake_clock(), pytest.raises(DeadlineExceeded):
        ask()
    assert transport.requests == []


def test_a_client_of_your_own_stays_open(wire, answering):
    """Who made it closes it."""
    transport = answering(httpx.Response(200, json=wire.answer))
    client = httpx.Client(transport=transport)
    with wire.model(client=client) as model:
        model.generate("Hi")
    assert not client.is_closed
    client.close()


def test_an_async_client_of_your_own_needs_no_loop_of_asyncio(wire, answering):
    """What it waits with is its own business: anyio lets it run under trio."""
    client = httpx.AsyncClient(transport=answering(httpx.Response(200, json=wire.answer)))

    async def main():
        async with wire.model(async_client=client) as model:
            return await model.agenerate("Hi")

    with pytest.raises(StopIteration) as done:
        main().send(None)
    assert done.value.value.text == "Hello."


def test_a_closed_model_says_so(wire, ask):
    """A new client would never be closed."""
    model = wire.model()
    model.close()
    with pytest.raises(RuntimeError, match="closed"):
        ask(model, "Hi")


def test_each_event_loop_has_a_client_of_its_own(wire, answering):
    """Connections of one loop cannot serve another."""
    model = wire.model(transport=answering(httpx.Response(200, json=wire.answer)))
    clients = [asyncio.run(_client(model)) for _ in range(2)]
    assert clients[0] is not clients[1]


def test_a_closed_event_loop_keeps_no_connection():
    """Else each ``asyncio.run`` leaves a socket and its loop behind, for as long as the model lives."""
    with warnings.catch_warnings(), llm.FakeProvider(*["Hello."] * 4).serve() as url:
        warnings.simplefilter("ignore", ResourceWarning)  # asyncio's, about connections that outlive their loop
        model = llm.new("openai", model="gpt-4o", api_key="k", base_url=f"{url}/v1")
        loops = [asyncio.run(_loop_of_a_call(model)) for _ in range(4)]
        gc.collect()
        collected = [loop() is None for loop in loops]
        del model
        gc.collect()
    assert collected == [True, True, True, False]


async def _loop_of_a_call(model):
    await model.agenerate("Hi")
    return weakref.ref(asyncio.get_running_loop())


async def _client(model):
    await model.agenerate("Hi")
    assert model._clients.of_running_loop() is model._clients.of_running_loop()
    return model._clients.of_running_loop()


@pytest.mark.parametrize(
    "settings",
    [
        {"client": "no client"},
        {"client": httpx.AsyncClient()},
        {"async_client": httpx.Client()},
        {"client": httpx.Client(), "transport": httpx.MockTransport(lambda _: None)},
        {"transport": "no client and no transport"},
    ],
)
def test_clients_of_the_wrong_kind_are_refused(wire, settings):
    """At construction, with the right place in the message."""
    with pytest.raises(TypeError, match="|".join(settings)):
        wire.model(**settings)


@pytest.mark.parametrize("messages", [[], [7], [b"bytes"], {"role": "user"}])
def test_what_is_no_conversation_is_refused(wire, ask_any, messages):
    """Before anything is sent."""
    with pytest.raises((TypeError, ValueError), match="message"):
        ask_any(wire.model(), messages)


def test_a_stream_left_early_gives_its_connection_back(wire, answering, pieces):
    """Also where the consumer breaks off in the middle."""
    body = pieces([wire.stream("a", "b", "c")])
    transport = answering(httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=body))
    stream = wire.model(transport=transport).stream("Hi")
    assert next(stream) == Chunk("a")
    assert not body.closed
    stream.close()
    assert body.closed


def test_an_async_stream_left_early_gives_its_connection_back(wire, answering, pieces):
    """The same for async."""
    body = pieces([wire.stream("a", "b", "c")])
    transport = answering(httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=body))

    async def main():
        stream = wire.model(transport=transport).astream("Hi")
        assert await anext(stream) == Chunk("a")
        await stream.aclose()

    asyncio.run(main())
    assert body.closed


def test_a_complete_stream_does_not_mind_how_the_connection_ends(wire, ask_stream, answering, pieces):
    """After the end mark nothing can go wrong any more."""
    body = pieces([wire.stream("a"), b"data: rubbish\n\n"], httpx.ReadError("reset"))
    transport = answering(httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=body))
    assert ask_stream(wire.model(transport=transport), "Hi")[-1].finish_reason == "stop"


def test_a_complete_stream_ends_although_the_server_goes_on(wire, ask_stream, answering, pieces):
    """A proxy that keeps a connection alive with comments would else keep the caller for ever."""
    comments = iter([b": still here\n\n"] * 9)
    body = pieces(itertools.chain([wire.stream("a")], comments))
    transport = answering(httpx.Response(200, stream=body, headers={"content-type": "text/event-stream"}))
    assert ask_stream(wire.model(transport=transport), "Hi")[-1].finish_reason == "stop"
    assert len(list(comments)) == 8
    assert body.closed


def test_a_model_is_a_model():
    """It has the four methods of the contract."""
    assert isinstance(llm.new("openai", model="m", api_key="k"), llm.Model)
