"""The transport: the client's own errors, its time-outs on the fake clock, and the headers of each provider."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest

from beluga.llm import FakeProvider, Reply, faults
from beluga.testing import fake_clock

OPENAI, ANTHROPIC = "https://api.test/v1/chat/completions", "https://api.test/v1/messages"
ASKED = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}


def client(fake, **options):
    """Return an httpx client of `fake`."""
    return httpx.Client(transport=fake.transport(httpx), **options)


def test_a_stall_runs_into_the_read_timeout():
    """90 s of silence against 60 s of patience is a ReadTimeout after 60 virtual seconds, in no real time."""
    fake = FakeProvider(faults.stall(90.0), "late")
    began = time.perf_counter()
    with fake_clock() as clock, pytest.raises(httpx.ReadTimeout) as caught:
        client(fake, timeout=60.0).post(OPENAI, json=ASKED)
    assert clock.monotonic() == 60.0
    assert caught.value.request.url.path == "/v1/chat/completions"
    assert time.perf_counter() - began < 20.0


def test_a_stall_runs_into_the_read_timeout_of_an_async_client():
    """The same on the clock's own loop, where the waits are awaited."""
    fake = FakeProvider(faults.stall(90.0), "late")

    async def ask():
        async with httpx.AsyncClient(transport=fake.transport(httpx), timeout=60.0) as asked:
            await asked.post(OPENAI, json=ASKED)

    with fake_clock() as clock:
        with pytest.raises(httpx.ReadTimeout):
            clock.run(ask())
        assert clock.monotonic() == 60.0


def test_a_read_timeout_counts_from_the_last_byte():
    """Four waits of 30 s each end in time, however long the whole takes; the fifth would too."""
    fake = FakeProvider(Reply("a b c d", per_token=30.0))
    with fake_clock() as clock:
        answer = client(fake, timeout=60.0).post(OPENAI, json=ASKED | {"stream": True})
        assert clock.monotonic() == 120.0
    assert answer.text.endswith("data: [DONE]\n\n")


def test_waits_add_up_until_something_comes():
    """A stall and a slow first token are one silence."""
    fake = FakeProvider(faults.stall(50.0), faults.slow_tokens(20.0), "a")
    with fake_clock() as clock, client(fake, timeout=60.0) as asked:
        answer = asked.post(OPENAI, json=ASKED | {"stream": True})  # the head of the stream comes after the stall
        assert clock.monotonic() == 70.0
        assert answer.status_code == 200
    fake = FakeProvider(faults.stall(50.0), faults.slow_tokens(20.0), "a")
    with fake_clock() as clock, pytest.raises(httpx.ReadTimeout):
        client(fake, timeout=60.0).post(OPENAI, json=ASKED)
    assert clock.monotonic() == 60.0


@pytest.mark.parametrize(
    ("fault", "error", "waited"),
    [
        (faults.connect_error(), httpx.ConnectError, 0.0),
        (faults.connect_timeout(), httpx.ConnectTimeout, 5.0),
        (faults.read_timeout(), httpx.ReadTimeout, 60.0),
        (faults.cut_stream(1), httpx.RemoteProtocolError, 0.0),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_break_is_the_clients_own_error(fault, error, waited, stream):
    """Each break raises the class that the real network would make httpx raise, after the client's patience."""
    fake = FakeProvider(fault)
    timeout = httpx.Timeout(60.0, connect=5.0)
    with fake_clock() as clock, pytest.raises(error):
        client(fake, timeout=timeout).post(ANTHROPIC, json=ASKED | {"stream": stream})
    assert clock.monotonic() == waited


@pytest.mark.parametrize("fault", [faults.connect_timeout(), faults.read_timeout()])
def test_a_client_without_patience_limits_does_not_hang(fault):
    """Without a time-out the error comes at once, as the wait would have no end."""
    with pytest.raises(httpx.TimeoutException):
        client(FakeProvider(fault), timeout=None).post(OPENAI, json=ASKED)


def test_one_transport_serves_sync_and_async_clients():
    """The same object goes into both kinds of clients, and they share the script."""
    fake = FakeProvider("one", "two")
    shared = fake.transport(httpx)

    async def ask():
        async with httpx.AsyncClient(transport=shared) as asked:
            return (await asked.post(OPENAI, json=ASKED)).json()

    first = httpx.Client(transport=shared).post(OPENAI, json=ASKED).json()
    second = asyncio.run(ask())
    assert [body["choices"][0]["message"]["content"] for body in (first, second)] == ["one", "two"]


def test_a_stream_may_be_left_early():
    """Closing a response ends its exchange; the next call is not disturbed."""
    fake = FakeProvider(Reply("a b c d", per_token=1.0), "next")
    with fake_clock() as clock, client(fake) as asked:
        with asked.stream("POST", OPENAI, json=ASKED | {"stream": True}) as response:
            next(response.iter_raw())
        assert clock.monotonic() == 0.0
        assert "next" in asked.post(OPENAI, json=ASKED).text


@pytest.mark.parametrize("module", [time, "httpx", None])
def test_a_module_without_transports_is_refused(module):
    """The argument is the module itself."""
    with pytest.raises(TypeError, match="takes the module httpx or httpx2 itself"):
        FakeProvider().transport(module)


@pytest.mark.parametrize(
    ("chunking", "error"),
    [(0, ValueError), ([], ValueError), ([3, -1], ValueError), ("7", TypeError), (1.5, TypeError), ([True], TypeError)],
)
def test_a_wrong_chunking_is_refused(chunking, error):
    """Sizes are numbers of bytes from 1 on."""
    with pytest.raises(error, match="chunking"):
        FakeProvider().transport(httpx, chunking=chunking)


def test_pieces_have_the_sizes_asked_for():
    """Bodies are cut across events, and nothing is lost."""
    fake = FakeProvider().default("Grüße an alle")
    whole = client(fake).post(OPENAI, json=ASKED | {"stream": True}).content
    cut = httpx.Client(transport=fake.transport(httpx, chunking=[5, 2]))
    with cut.stream("POST", OPENAI, json=ASKED | {"stream": True}) as response:
        pieces = list(response.iter_raw())
    assert [len(piece) for piece in pieces[:4]] == [5, 2, 5, 2]
    assert len(b"".join(pieces)) == len(whole)


# Headers


def test_openai_tells_its_limits():
    """Request id, limits with Go's durations, and the wait of a 429 in seconds and milliseconds."""
    fake = FakeProvider("ok", faults.rate_limit(1.5))
    fine, limited = (client(fake).post(OPENAI, json=ASKED).headers for _ in range(2))
    assert fine["x-request-id"] == "fake-1"
    assert fine["x-ratelimit-remaining-requests"] == "9999"
    assert fine["x-ratelimit-reset-requests"] == "1s"
    assert limited["x-ratelimit-remaining-requests"] == "0"
    assert limited["x-ratelimit-reset-requests"] == "1.5s"
    assert (limited["retry-after"], limited["retry-after-ms"]) == ("2", "1500")


@pytest.mark.parametrize(("seconds", "shown"), [(0.012, "12ms"), (30.0, "30s"), (90.0, "1m30s"), (360.0, "6m0s")])
def test_openai_writes_durations_as_go_does(seconds, shown):
    """The reset of a limit is a Go duration."""
    fake = FakeProvider(faults.rate_limit(seconds))
    assert client(fake).post(OPENAI, json=ASKED).headers["x-ratelimit-reset-tokens"] == shown


def test_anthropic_tells_its_limits():
    """Request id, four limits with moments of RFC 3339 on the environment's clock, and the wait."""
    fake = FakeProvider(faults.rate_limit(30.0))
    with fake_clock():
        headers = client(fake).post(ANTHROPIC, json=ASKED).headers
    assert headers["request-id"] == "fake-1"
    assert headers["retry-after"] == "30"
    for kind in ("requests", "tokens", "input-tokens", "output-tokens"):
        assert headers[f"anthropic-ratelimit-{kind}-reset"] == "2026-01-01T00:00:30Z"
    assert headers["anthropic-ratelimit-requests-remaining"] == "0"


@pytest.mark.parametrize(
    ("fault", "url", "status", "word"),
    [
        (faults.quota(), OPENAI, 429, "insufficient_quota"),
        (faults.quota(), ANTHROPIC, 402, "billing_error"),
        (faults.rate_limit(), OPENAI, 429, "rate_limit_exceeded"),
        (faults.rate_limit(), ANTHROPIC, 429, "rate_limit_error"),
        (faults.server_error(500), OPENAI, 500, "server_error"),
        (faults.server_error(500), ANTHROPIC, 500, "api_error"),
        (faults.server_error(529), ANTHROPIC, 529, "overloaded_error"),
        (faults.overloaded_in_stream(), OPENAI, 503, "server_error"),
        (faults.overloaded_in_stream(), ANTHROPIC, 529, "overloaded_error"),
    ],
)
def test_a_fault_has_the_status_and_words_of_its_provider(fault, url, status, word):
    """Error bodies are each provider's own; where nobody asked for a stream an overload is an error status."""
    answer = client(FakeProvider(fault)).post(url, json=ASKED)
    error = answer.json()["error"]
    assert answer.status_code == status
    assert word in {error["type"], error.get("code")}
    assert f"status {status}" in error["message"]
    assert ("request_id" in answer.json()) == (url == ANTHROPIC)


def test_openai_tells_the_cost_of_a_stream_only_when_asked():
    """Without include_usage there is no usage chunk; with it every chunk has the field, and the last no choice."""
    fake = FakeProvider().default("a")
    asked = ASKED | {"stream": True}
    plain = client(fake).post(OPENAI, json=asked).text
    assert "usage" not in plain
    told = client(fake).post(OPENAI, json=asked | {"stream_options": {"include_usage": True}}).text
    *chunks, last, done, end = told.split("\n\n")
    assert (done, end) == ("data: [DONE]", "")
    assert '"choices":[],"usage":{"prompt_tokens":1' in last
    assert all('"usage":null' in chunk for chunk in chunks)
