"""The rows of the table, each measured when it is asked for."""

from __future__ import annotations

import asyncio
import functools
import itertools
from typing import TYPE_CHECKING, Any

import wrapt

from beluga import CircuitOpen, Policy, RateLimiter, Use, breaker, prices, traced
from beluga.guards import PIIRedactor, SecretRedactor
from beluga.schema import Usage
from benchmarks import dialects, exchanges, footprint, graphs, handmade, peers, reloads, scanners, stores
from benchmarks.floors import (
    ITEMS,
    answer,
    answer_async,
    numbers,
    numbers_async,
    pass_through,
    pass_through_async,
    refuse,
)
from benchmarks.row import Row, measured
from benchmarks.subjects import (
    ONE_ASYNC_POLICY,
    ONE_POLICY,
    SPAN,
    consume,
    consume_async,
    five,
    open_breaker,
    recording,
    refused,
    six,
)
from benchmarks.timing import async_batch, batch, measure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from beluga import Call
    from benchmarks.timing import Batch

__all__ = ["rows", "transparent"]


def rows(seconds: float) -> Iterator[Row]:
    """Measure row by row.

    Args:
        seconds: For the whole table, about.
    """
    loop = asyncio.new_event_loop()
    part = seconds / 22
    try:
        yield from _policies(loop, part * 4, is_async=False)
        yield from _policies(loop, part * 4, is_async=True)
        yield _growth(part)
        yield from _refusal(part)
        yield _used(part)
        yield _evicted(part)
        yield _price(part)
        yield from _streams(loop, part * 4)
        yield _traced(part * 2)
        yield from graphs.rows(loop, part * 10)
        yield from _fakes(loop, part * 2)
        yield from _scans(part)
        yield from stores.rows(loop, part)
    finally:
        loop.close()
    yield from dialects.rows(part * 3)
    yield _memory(100_000 if part > 1 else 20_000)
    yield from reloads.rows(part, edits=20 if part > 1 else 6)
    yield from _imports(rounds=6 if part > 1 else 3)


_TARGETS: Mapping[tuple[str, str], float] = {
    ("cached, hit", "sync"): 8.7,  # 1 us
    ("cached, hit", "async"): 6.5,  # 1.5 us
    ("bulkhead", "sync"): 3.0,
    ("bulkhead", "async"): 3.0,
    ("hedge", "async"): 2_000.0,  # above the floor
}
"""What those policies should take that are not to take four times the floor."""


def _policies(loop: asyncio.AbstractEventLoop, seconds: float, *, is_async: bool) -> Iterator[Row]:
    """Measure one policy at a time and all six, on a call that goes well."""
    plain, floor = (answer_async, pass_through_async) if is_async else (answer, pass_through)
    take: Callable[..., Batch] = functools.partial(async_batch, loop) if is_async else batch
    kind = "async" if is_async else "sync"
    others = peers.ASYNC if is_async else peers.SYNC
    stack_name, needed, stacked = peers.STACKS[is_async]
    contenders = {"floor": take(floor(plain), 1), "six": take(six(plain), 1)}
    ours = ONE_ASYNC_POLICY if is_async else ONE_POLICY
    contenders |= {name: take(decorate(plain), 1) for name, decorate in ours.items()}
    known: dict[str, Batch | None] = {
        f"{policy}/{name}": take(decorate(plain), 1) if peers.installed(name.partition(".")[0]) else None
        for policy, decorators in others.items()
        for name, decorate in decorators.items()
    }
    known[stack_name] = take(stacked(plain), 1) if all(map(peers.installed, needed)) else None
    figures, theirs = measured(contenders, known, seconds)
    for policy in ours:
        own = {name: theirs[f"{policy}/{name}"] for name in others.get(policy, ())}
        target = _TARGETS.get((policy, kind), 4.0)
        what, extra = f"{policy}, {kind}", policy == "hedge"
        yield Row(
            what=what, floor=figures["floor"], ours=figures[policy], target=target, peers=own, unit="ns", extra=extra
        )
    yield Row(
        what=f"six decorators, {kind}",
        floor=figures["floor"],
        ours=figures["six"],
        target=10.0 if is_async else 12.0,
        peers={stack_name: theirs[stack_name]},
    )


def _stack(decorate: Callable[[Any], Any], depth: int) -> Any:
    return functools.reduce(lambda inner, _: decorate(inner), range(depth), answer)


@wrapt.decorator
def transparent(wrapped: Any, _: object, args: Any, kwargs: Any) -> Any:
    """Call through one of wrapt's proxies."""
    return wrapped(*args, **kwargs)


def _growth(seconds: float) -> Row:
    """Compare what a layer costs in a high stack with what it costs in a low one; 1.0 is linear."""
    makers: dict[str, Callable[[Any], Any]] = {"ours": breaker, "wrapt": transparent}
    depths = (1, 5, 9)
    figures = measure(
        {f"{name}{depth}": batch(_stack(make, depth), 1) for name, make in makers.items() for depth in depths},
        seconds,
    )
    low, high = ({n: (figures[f"{n}{to}"] - figures[f"{n}{at}"]) / 4 for n in makers} for at, to in ((1, 5), (5, 9)))
    return Row(
        what="a layer in a stack of 9, against one of 5",
        floor=low["ours"],
        ours=high["ours"],
        target=1.25,
        peers={"wrapt, nested": high["wrapt"] / low["wrapt"] * low["ours"]},
    )


def _refusal(seconds: float) -> Iterator[Row]:
    known = {
        name: batch(refused(opened(answer)), 1) if peers.installed(name) else None
        for name, opened in peers.OPENED.items()
    }
    contenders = {
        "floor": batch(refused(refuse([True])), 1),
        "same": batch(refused(refuse([True], CircuitOpen)), 1),
        "ours": batch(refused(open_breaker()), 1),
    }
    figures, theirs = measured(contenders, known, seconds)
    what = "refusal by an open circuit, caught"
    yield Row(what=what, floor=figures["floor"], ours=figures["ours"], target=1.6, peers=theirs)
    yield Row(what=f"{what}, against a bare CircuitOpen", floor=figures["same"], ours=figures["ours"], target=1.5)


class _Known(Policy):
    """Has the answer already, as a cache and a fake have."""

    def enter(self, call: Call) -> Use:
        return Use("fine")


def _used(seconds: float) -> Row:
    """Measure an answer that a layer has against the time that is promised, 1 us."""
    figures = measure({"ours": batch(_Known()(answer), 1)}, seconds)
    return Row(what="an answer that a layer has (Use)", floor=1_000.0, ours=figures["ours"], target=1.0, promised=True)


def _price(seconds: float) -> Row:
    """Measure what a usage costs by the table against the time that is promised, 1 us."""
    usage = Usage(1200, 340, cached_tokens=600)
    genai = peers.installed("genai_prices")
    theirs_usage = genai and genai.Usage(input_tokens=1200, cache_read_tokens=600, output_tokens=340)
    known = {"genai-prices": batch(genai.calc_price, theirs_usage, "gpt-4o") if genai else None}
    figures, theirs = measured({"ours": batch(prices.price, "gpt-4o", usage)}, known, seconds)
    return Row(what="a price of a usage", floor=1_000.0, ours=figures["ours"], target=1.0, peers=theirs, promised=True)


def _evicted(seconds: float) -> Row:
    """Measure a new key of a limiter that has all the keys it keeps against the time that is promised, 4 us."""
    limiter, keys = RateLimiter(5, key="key", max_keys=10_000), itertools.count()
    for _ in range(10_000):
        limiter.allow(next(keys))
    figures = measure({"ours": batch(lambda _: limiter.allow(next(keys)), 1)}, seconds)
    return Row(what="a new key of a full limiter", floor=4_000.0, ours=figures["ours"], target=1.0, promised=True)


def _streams(loop: asyncio.AbstractEventLoop, seconds: float) -> Iterator[Row]:
    """Measure streams of 100 items, by the item."""
    take = functools.partial(async_batch, loop)
    groups = {
        "sync": {
            "floor": batch(consume(numbers), ITEMS),
            "five": batch(consume(five(numbers)), ITEMS),
            "six": batch(consume(six(numbers)), ITEMS),
            "hand": batch(consume(handmade.stream), ITEMS),
        },
        "async": {
            "floor": take(consume_async(numbers_async), ITEMS),
            "five": take(consume_async(five(numbers_async)), ITEMS),
            "six": take(consume_async(six(numbers_async)), ITEMS),
            "hand": take(consume_async(handmade.stream_async), ITEMS),
        },
    }
    for kind, contenders in groups.items():
        figures = {name: figure / ITEMS for name, figure in measure(contenders, seconds / 2).items()}
        for name, label in (("five", "five layers"), ("six", "five layers and budget")):
            yield Row(what=f"item of a stream, {label}, {kind}", floor=figures["floor"], ours=figures[name], target=2.5)
        what = f"the same against one written by hand, {kind}"
        yield Row(what=what, floor=figures["hand"], ours=figures["six"], target=1.5)


def _traced(seconds: float) -> Row:
    with recording() as tracer:

        def bare(question: Any) -> Any:
            with tracer.start_as_current_span(**SPAN):
                return answer(question)

        ours = traced(operation="chat", model="gpt-4o", provider="openai")(answer)
        figures = measure({"floor": batch(bare, 1), "ours": batch(ours, 1)}, seconds)
    return Row(what="traced, recording", floor=figures["floor"], ours=figures["ours"], target=1.2)


def _fakes(loop: asyncio.AbstractEventLoop, seconds: float) -> Iterator[Row]:
    """Measure the fake provider against the times that are promised: 5 us, 15 us and 5 ms."""
    known = {
        name: batch(make(loop)) if peers.installed(peers.FAKES_NEED[name]) else None
        for name, make in peers.FAKES.items()
    }
    contenders = {"direct": exchanges.forgetful(exchanges.direct)}
    contenders |= {dialect: exchanges.forgetful(exchanges.exchange, dialect) for dialect in exchanges.PATHS}
    # Not in turns: a call of a peer's takes a thousand times as long and leaves nothing of ours in the caches.
    figures = measure(contenders, seconds / 2)
    _, theirs = measured({}, known, seconds / 2)
    yield Row(
        what="fake provider, a direct call",
        floor=5_000.0,
        ours=figures["direct"],
        target=1.0,
        peers=theirs,
        promised=True,
    )
    for dialect in exchanges.PATHS:
        what = f"fake provider, an exchange of {dialect}"
        yield Row(what=what, floor=15_000.0, ours=figures[dialect], target=1.0, promised=True)
    yield Row(
        what="fake provider, until a server listens",
        floor=5.0,
        ours=exchanges.start_milliseconds(20),
        target=1.0,
        unit="ms",
        promised=True,
    )


def _scans(seconds: float) -> Iterator[Row]:
    """Measure the guards that look for data, by the character; the floor is two megabytes a second."""
    text = scanners.conversation(12)
    for what, kind, others in (
        ("PII, ten kinds, a character", PIIRedactor, scanners.PII),
        ("secrets, a character", SecretRedactor, scanners.SECRETS),
    ):
        known = {
            name: batch(make(), text) if peers.installed(module) else None for name, (module, make) in others.items()
        }
        figures, theirs = measured({"ours": batch(scanners.ours(kind), text)}, known, seconds)
        by_character = {name: took and took / len(text) for name, took in theirs.items()}
        yield Row(
            what=what, floor=500.0, ours=figures["ours"] / len(text), target=1.0, peers=by_character, promised=True
        )


def _memory(keys: int) -> Row:
    return Row(
        what="a key of a limiter",
        floor=250.0,
        ours=footprint.bytes_a_key(keys),
        target=1.0,
        peers={"limits": footprint.bytes_a_key_of_limits(keys)},
        unit="B",
        promised=True,
    )


def _imports(rounds: int) -> Iterator[Row]:
    ours, others = ("import beluga", footprint.FACADE), ("tenacity", "stamina")
    statements = ("import attrs", *ours, *(f"import {name}" for name in others))
    took = footprint.import_milliseconds(statements, rounds)
    for statement, what in zip(ours, ("import beluga", "import of all decorators"), strict=True):
        yield Row(
            what=what,
            floor=took["import attrs"],
            ours=took[statement],
            target=20.0,
            peers={name: took.get(f"import {name}") for name in others},
            unit="ms",
            extra=True,
        )
