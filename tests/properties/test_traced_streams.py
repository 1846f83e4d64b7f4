"""Whatever consumers do with traced streams, and in whatever order: one ended span each, and nobody left inside it."""

from __future__ import annotations

import asyncio
import gc
import inspect

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace

from beluga import retry, telemetry, traced
from beluga.testing import record_spans

ACTS = ("next", "send", "throw", "close", "drop", "exhaust")
STEPS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(ACTS)), max_size=25)


class Thrown(Exception):
    """What a consumer throws in."""


def talk():
    """Yield what is sent; go on after the first exception that is thrown in, and open a span at each step."""
    forgiving, heard = True, 0
    for _ in range(4):
        with telemetry.start_span("inner"):
            pass
        try:
            heard = yield heard
        except Thrown:
            if not forgiving:
                raise
            forgiving = False


async def talk_async():
    """Do the same, waiting now and then."""
    forgiving, heard = True, 0
    for _ in range(4):
        await asyncio.sleep(0)
        with telemetry.start_span("inner"):
            pass
        try:
            heard = yield heard
        except Thrown:
            if not forgiving:
                raise
            forgiving = False


def current():
    return trace.get_current_span().get_span_context().span_id


def act(stream, what):
    """Do one thing to a generator."""
    try:
        if what == "next":
            next(stream)
        elif what == "send" and inspect.getgeneratorstate(stream) == inspect.GEN_SUSPENDED:
            stream.send("hello")
        elif what == "throw":
            stream.throw(Thrown)
        elif what == "close":
            stream.close()
        elif what == "exhaust":
            list(stream)
    except (StopIteration, Thrown):
        return


async def act_async(stream, what):
    """Do one thing to an async generator, in a task of its own."""
    try:
        if what == "next":
            await anext(stream)
        elif what == "send":
            await stream.asend(None)
        elif what == "throw":
            await stream.athrow(Thrown)
        elif what == "close":
            await stream.aclose()
        elif what == "exhaust":
            async for _ in stream:
                pass
    except (StopAsyncIteration, Thrown):
        return


def check(spans, begun):
    """There is one span for each stream that began, ended with an outcome, and the steps lie inside."""
    spans.assert_all_ended()
    outer = [span for span in spans.spans if span.name.startswith("outer")]
    assert sorted(span.name for span in outer) == sorted(f"outer {which}" for which in begun)
    outcomes = {span.attributes["beluga.stream.outcome"] for span in outer}
    assert outcomes <= {"completed", "abandoned", "error"}  # nobody cancels anything
    ids = {span.context.span_id for span in outer}
    assert all(span.parent.span_id in ids for span in spans.spans if span.name == "inner")


@given(STEPS)
def test_generators(steps):
    """Three traced generators, one of them also retried, in any order of steps."""
    with record_spans() as spans, telemetry.start_span("caller") as caller:
        own = caller.get_span_context().span_id
        streams = [traced("outer 0")(talk)(), traced("outer 1")(retry(talk))(), traced("outer 2")(talk)()]
        begun = set()
        for which, what in steps:
            if what == "drop":
                streams[which] = None
            elif streams[which] is not None:
                if what in {"next", "exhaust"}:
                    begun |= {which} if streams[which].gi_frame is not None else set()
                act(streams[which], what)
            assert current() == own
        streams.clear()
        gc.collect()
    check(spans, begun)


@given(STEPS)
def test_async_generators(steps):
    """The same with async generators, each step in a task of its own."""

    async def consumer():
        with telemetry.start_span("caller") as caller:
            own = caller.get_span_context().span_id
            streams = [
                traced("outer 0")(talk_async)(),
                traced("outer 1")(retry(talk_async))(),
                traced("outer 2")(talk_async)(),
            ]
            begun = set()
            for which, what in steps:
                if what == "drop":
                    streams[which] = None
                elif streams[which] is not None:
                    if what in {"next", "send", "exhaust"}:
                        begun |= {which} if streams[which].ag_frame is not None else set()
                    await asyncio.create_task(act_async(streams[which], what))
                assert current() == own
            return begun

    with record_spans() as spans:
        begun = asyncio.run(consumer())
        gc.collect()
    check(spans, begun)
