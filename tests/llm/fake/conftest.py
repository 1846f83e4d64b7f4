"""A client of both dialects that trusts nobody: it reads the bytes as they come, from any surface."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import shutil
import subprocess
import urllib.parse
from typing import Any

import attrs
import httpx
import pytest

from beluga.classification import classify
from beluga.errors import BelugaError
from beluga.schema import Usage
from beluga.testing import fake_clock


class Refused(Exception):
    """An error that a provider told, with what `classify` looks at."""

    def __init__(self, status, body, headers=()):
        super().__init__(status, body)
        self.status_code = status
        self.body = body
        self.headers = dict(headers)


@attrs.frozen
class Seen:
    """What a caller gets to see of an answer."""

    text: str = ""
    thinking: str = ""
    calls: tuple[Any, ...] = ()
    usage: Usage | None = None
    finish_reason: str | None = None


class OpenAI:
    """The words of chat completions."""

    path = "/v1/chat/completions"

    def body(self, text, *, stream):
        asked = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}
        return asked | ({"stream": True, "stream_options": {"include_usage": True}} if stream else {})

    def whole(self, body):
        (choice,) = body["choices"]
        message = choice["message"]
        calls = [self.call(call) for call in message.get("tool_calls", ())]
        thoughts = message.get("reasoning_content", "")
        return Seen(message["content"] or "", thoughts, tuple(calls), self.usage(body), choice["finish_reason"])

    def call(self, raw):
        return raw["id"], raw["function"]["name"], json.loads(raw["function"]["arguments"])

    def usage(self, body):
        usage = body["usage"]
        read, written = usage["prompt_tokens_details"], usage["completion_tokens_details"]
        assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
        return Usage(
            usage["prompt_tokens"],
            usage["completion_tokens"],
            read["cached_tokens"],
            read["cache_write_tokens"],
            written["reasoning_tokens"],
        )

    def stream(self, events):
        text = thinking = ""
        calls, usage, finish = {}, None, None
        for name, data in events:
            assert name is None
            if data == "[DONE]":
                break
            chunk = json.loads(data)
            if "error" in chunk:
                raise Refused(200, chunk)
            if not chunk["choices"]:
                usage = self.usage(chunk)
                continue
            (choice,) = chunk["choices"]
            delta = choice["delta"]
            text += delta.get("content") or ""
            thinking += delta.get("reasoning_content") or ""
            for part in delta.get("tool_calls", ()):
                if part["index"] in calls:
                    assert not part.keys() & {"id", "type"}
                    calls[part["index"]]["function"]["arguments"] += part["function"]["arguments"]
                else:
                    calls[part["index"]] = part
            finish = finish or choice["finish_reason"]
        assert events[-1] == (None, "[DONE]")
        return Seen(text, thinking, tuple(map(self.call, calls.values())), usage, finish)


class Anthropic:
    """The words of messages."""

    path = "/v1/messages"
    reasons = {"end_turn": "stop", "max_tokens": "length", "tool_use": "tool_calls"}  # noqa: RUF012 - nobody writes to it

    def body(self, text, *, stream):
        asked = {"model": "claude", "max_tokens": 100, "messages": [{"role": "user", "content": text}]}
        return asked | ({"stream": True} if stream else {})

    def whole(self, body):
        blocks = body["content"]
        assert body["stop_sequence"] is None
        return Seen(
            "".join(block["text"] for block in blocks if block["type"] == "text"),
            "".join(block["thinking"] for block in blocks if block["type"] == "thinking"),
            tuple((block["id"], block["name"], block["input"]) for block in blocks if block["type"] == "tool_use"),
            self.usage(body["usage"]),
            self.reasons.get(body["stop_reason"], body["stop_reason"]),
        )

    def usage(self, usage):
        written, read = usage["cache_creation_input_tokens"], usage["cache_read_input_tokens"]
        return Usage(usage["input_tokens"] + written + read, usage["output_tokens"], read, written)

    def stream(self, events):
        message, blocks, is_open = None, [], False
        for name, data in events:
            event = json.loads(data)
            assert name == event["type"]
            if name == "error":
                raise Refused(200, event)
            if name == "message_start":
                message = event["message"]
            elif name == "content_block_start":
                assert (event["index"], is_open) == (len(blocks), False)
                blocks.append(event["content_block"])
                is_open = True
            elif name == "content_block_delta":
                assert event["index"] == len(blocks) - 1
                self.add(blocks[-1], event["delta"])
            elif name == "content_block_stop":
                is_open = False
            elif name == "message_delta":
                message |= event["delta"] | {"usage": event["usage"]}
        assert events[-1][0] == "message_stop"
        for block in blocks:
            if block["type"] == "tool_use":
                block["input"] = json.loads(block.pop("written") or "{}")
            assert block["type"] != "thinking" or block["signature"]
        return self.whole(message | {"content": blocks})

    def add(self, block, delta):
        field = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}
        if delta["type"] == "input_json_delta":
            block["written"] = block.get("written", "") + delta["partial_json"]
        else:
            (told,) = delta.keys() - {"type"}
            assert field[delta["type"]] == told
            block[told] += delta[told]


DIALECTS = {"openai": OpenAI(), "anthropic": Anthropic()}


def events_of(body):
    """Return the (name, data) of server-sent events, and fail where one is cut."""
    events = []
    text = body.decode().replace("\r\n", "\n")
    *blocks, rest = text.split("\n\n")
    assert not rest
    for block in blocks:
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        events.append((fields.get("event"), fields["data"]))
    return events


def read(dialect, status, headers, pieces):
    """Return what an answer means, or raise what it tells."""
    body = b"".join(pieces)
    known = {name.lower(): value for name, value in headers}
    if status != 200:
        raise Refused(status, json.loads(body), known)
    if known["content-type"].startswith("text/event-stream"):
        return dialect.stream(events_of(body))
    assert known["content-type"] == "application/json"
    return dialect.whole(json.loads(body))


def by_transport(fake, dialect, body, **options):
    """Ask through an httpx client, and read the raw bytes."""
    client = httpx.Client(transport=fake.transport(httpx, **options), timeout=None)
    with client.stream("POST", f"http://fake{dialect.path}", json=body) as response:
        return read(dialect, response.status_code, response.headers.items(), list(response.iter_raw()))


def by_async_transport(fake, dialect, body, **options):
    """Do the same with the asynchronous client."""

    async def main():
        client = httpx.AsyncClient(transport=fake.transport(httpx, **options), timeout=None)
        async with client.stream("POST", f"http://fake{dialect.path}", json=body) as response:
            pieces = [piece async for piece in response.aiter_raw()]
            return read(dialect, response.status_code, response.headers.items(), pieces)

    return asyncio.run(main())


def by_socket(fake, dialect, body, *, patience=30.0, **options):
    """Ask over loopback with the standard library; a client's time-out is real time there."""
    with fake.serve(**options) as url:
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=patience)
        with contextlib.closing(connection):
            connection.request("POST", dialect.path, json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return read(dialect, answer.status, answer.getheaders(), [answer.read()])


def by_curl(fake, dialect, body, **options):
    """Ask over loopback with curl."""
    with fake.serve(**options) as url:
        command = ["curl", "-sS", "-i", "--max-time", "30", "-d", "@-", url + dialect.path]
        done = subprocess.run(command, input=json.dumps(body).encode(), capture_output=True, check=True)
    top, _, answer = done.stdout.partition(b"\r\n\r\n")
    first, *lines = top.decode().split("\r\n")
    headers = [tuple(line.split(": ", 1)) for line in lines]
    return read(dialect, int(first.split()[1]), headers, [answer])


def directly(fake, text, *, stream):
    """Call the provider itself."""
    if not stream:
        response = fake.generate(text)
        calls = tuple((call.id, call.name, call.arguments) for call in response.tool_calls)
        return Seen(response.text, response.message.thinking, calls, response.usage, response.finish_reason)
    chunks = list(fake.stream(text))
    calls = tuple((c.tool_call.id, c.tool_call.name, c.tool_call.arguments) for c in chunks if c.tool_call)
    return Seen(
        "".join(chunk.text for chunk in chunks),
        "".join(chunk.thinking for chunk in chunks),
        calls,
        chunks[-1].usage,
        chunks[-1].finish_reason,
    )


SURFACES = {"transport": by_transport, "async transport": by_async_transport, "socket": by_socket}
if shutil.which("curl"):
    SURFACES["curl"] = by_curl


def outcome(ask, *args, **options):
    """Return what `ask` shows: an answer or the kind of its failure, and how much virtual time it took."""
    with fake_clock() as clock:
        try:
            seen = ask(*args, **options)
        except (Exception, BelugaError) as error:
            code = classify(error)
            if code is None:
                raise
            seen = code
        return seen, clock.monotonic()


@attrs.frozen
class Wire:
    """What the tests of this folder share."""

    dialects = DIALECTS
    surfaces = SURFACES
    read = staticmethod(read)
    events_of = staticmethod(events_of)
    directly = staticmethod(directly)
    outcome = staticmethod(outcome)
    Refused = Refused
    Seen = Seen


@pytest.fixture(scope="session")
def wire():
    """The clients, the surfaces, and what reads an answer."""
    return Wire()


@pytest.fixture(params=sorted(DIALECTS))
def dialect(request):
    """Each dialect."""
    return DIALECTS[request.param]


@pytest.fixture(params=sorted(SURFACES))
def surface(request):
    """Each way to reach the fake provider over HTTP."""
    return SURFACES[request.param]


@pytest.fixture(params=[False, True], ids=["whole", "stream"])
def stream(request):
    """Whether the answer is wanted piece by piece."""
    return request.param
