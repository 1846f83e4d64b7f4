"""A stream that is refused, behind a real server and seen by a real client."""

from __future__ import annotations

import contextlib
import socket
import threading

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from beluga import RateLimited, rate_limited, started, telemetry


@contextlib.contextmanager
def serving(app):
    """Serve `app` on a free port of the loopback, and give its address."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", loop="asyncio"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)


@rate_limited(limit=1, window=60.0)
async def answer():
    yield "It is "
    yield "sunny."


async def ask(request):
    try:
        stream = await started(answer())
    except RateLimited as error:
        return JSONResponse({"error": "slow down"}, 429, headers={"Retry-After": error.retry_after_header})
    return StreamingResponse(stream, media_type="text/plain")


def test_a_refused_stream_is_a_429():
    """The first question is streamed, the second refused with a head that says so, and when to come again."""
    app = telemetry.TraceMiddleware(Starlette(routes=[Route("/", ask)]))
    with serving(app) as address, httpx.Client(trust_env=False, timeout=30) as client:
        first, second = client.get(address), client.get(address)
    assert (first.status_code, first.text) == (200, "It is sunny.")
    assert second.status_code == 429
    assert 1 <= int(second.headers["Retry-After"]) <= 60
