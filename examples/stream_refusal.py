"""Stream refusal: an ASGI application streams an answer, or says 429 before anything of it went out."""

from __future__ import annotations

import asyncio

from beluga import RateLimited, rate_limited, started
from beluga.testing import FakeProvider, fake_clock

model = FakeProvider("It is sunny.", "It will rain.")


@rate_limited(limit=1, window=60.0)
async def answer(question: str):
    """Stream the model's answer."""
    async for chunk in model.astream(question):
        yield chunk.text


async def app(scope, receive, send) -> None:
    """Serve one question."""
    try:
        stream = await started(answer(scope["query_string"].decode()))
    except RateLimited as error:
        headers = [(b"retry-after", error.retry_after_header.encode())]
        await send({"type": "http.response.start", "status": 429, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    async for text in stream:
        await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def ask(question: bytes) -> None:
    """Be the server and the client of one request."""
    body = b""

    async def send(message) -> None:
        nonlocal body
        if message["type"] == "http.response.start":
            print(message["status"], {name.decode(): value.decode() for name, value in message["headers"]})
        body += message.get("body", b"")

    await app({"type": "http", "query_string": question}, None, send)
    print(" ", body.decode() or "(nothing)")


async def main() -> None:
    """Ask twice within a minute, and once after it."""
    with fake_clock() as clock:
        await ask(b"How is the weather?")
        await ask(b"And tomorrow?")
        clock.advance(60)
        await ask(b"And tomorrow?")


if __name__ == "__main__":
    asyncio.run(main())
