"""What `traced` does on every way out of every kind of function, with the real OpenTelemetry SDK.

The rows are those on which decorators of this kind are known to fail: spans that end before the first item, spans that
stay current in the caller, abandoned streams marked as errors, values sent into a generator that never arrive.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry import trace
from opentelemetry.trace import StatusCode

from beluga import telemetry, traced
from beluga.schema import AIMessage, Response, Usage
from beluga.telemetry.recording import Recording
from beluga.testing import fake_clock, record_spans

KINDS = ("function", "coroutine", "generator", "async generator")
STREAMS = KINDS[2:]


class Boom(Exception):
    """What a body raises."""


def current():
    return trace.get_current_span().get_span_context().span_id


def made(kind, *, fails=False, items=3):  # noqa: C901 - one body for each kind, side by side
    """Return a traced function of that kind, whose body opens the span ``inner`` at every step."""

    def step():
        with telemetry.start_span("inner"):
            pass

    if kind == "function":

        @traced("outer")
        def body():
            step()
            if fails:
                raise Boom
            return "done"

    elif kind == "coroutine":

        @traced("outer")
        async def body():
            await asyncio.sleep(0)
            step()
            if fails:
                raise Boom
            return "done"

    elif kind == "generator":

        @traced("outer")
        def body():
            for item in range(items):
                step()
                yield item
            if fails:
                raise Boom
            return "done"

    else:

        @traced("outer")
        async def body():
            for item in range(items):
                await asyncio.sleep(0)
                step()
                yield item
            if fails:
                raise Boom

    return body


async def consumed(function, stop=None):
    """Call a function of any kind, and take its items, at most `stop`; return what was current at each."""
    called = function()
    if inspect.isawaitable(called):
        await called
        return [current()]
    seen = []
    if inspect.isgenerator(called):
        for item in called:
            seen.append(current())
            if item == stop:
                break
    elif inspect.isasyncgen(called):
        async for item in called:
            seen.append(current())
            if item == stop:
                break
    return seen


@pytest.fixture(autouse=True)
def quiet_opentelemetry(caplog):
    """OpenTelemetry logs what goes wrong with contexts; nothing may."""
    with caplog.at_level(logging.WARNING):
        yield
    assert [record.message for record in caplog.get_records("call")] == []


@pytest.mark.parametrize("kind", KINDS)
class TestEveryKind:
    def test_the_span_covers_the_body(self, kind, spans):
        """What the body does at any step is inside the span, which ends after it."""
        asyncio.run(consumed(made(kind)))
        spans.assert_all_ended()
        outer = spans.one("outer")
        inner = [span for span in spans.spans if span.name == "inner"]
        assert len(inner) == (3 if kind in STREAMS else 1)
        assert {span.parent.span_id for span in inner} == {outer.context.span_id}
        assert all(span.end_time <= outer.end_time for span in inner)
        assert outer.status.status_code is StatusCode.UNSET

    def test_the_caller_never_sees_the_span_as_its_own(self, kind, spans):
        """Between the items and after the call the caller's own span is current."""

        async def caller():
            with telemetry.start_span("caller") as own:
                seen = await consumed(made(kind))
                return {*seen, current()}, own.get_span_context().span_id

        seen, own = asyncio.run(caller())
        assert seen == {own}

    def test_an_exception_is_an_error(self, kind, spans):
        """The span fails with the exception's type, and the exception goes on."""
        with pytest.raises(Boom):
            asyncio.run(consumed(made(kind, fails=True)))
        spans.assert_all_ended()
        outer = spans.one("outer")
        assert outer.status.status_code is StatusCode.ERROR
        assert outer.attributes["error.type"].endswith("Boom")
        assert outer.attributes.get("beluga.stream.outcome") == ("error" if kind in STREAMS else None)

    def test_the_text_of_an_exception_is_redacted(self, kind, spans):
        """No secret and no personal data of an exception's text reaches a span."""
        secret = "sk-proj-" + "Zx9Kq2Lm8Rt4Vw1Yp6Ns3Bd7"

        def fail():
            message = f"key {secret} of ada@example.com refused"
            raise ValueError(message)

        function = {
            "function": lambda: traced("outer")(fail),
            "coroutine": lambda: traced("outer")(_coroutine(fail)),
            "generator": lambda: traced("outer")(_generator(fail)),
            "async generator": lambda: traced("outer")(_async_generator(fail)),
        }[kind]()
        with pytest.raises(ValueError, match="refused"):
            asyncio.run(consumed(function))
        spans.assert_no_leak(secret, "ada@example.com")
        assert "refused" in spans.one("outer").status.description

    def test_it_stays_what_it_was(self, kind, spans):
        """`inspect` sees the kind of function that was decorated."""
        function = made(kind)
        assert inspect.iscoroutinefunction(function) is (kind == "coroutine")
        assert inspect.isgeneratorfunction(function) is (kind == "generator")
        assert inspect.isasyncgenfunction(function) is (kind == "async generator")

    def test_nothing_of_the_call_is_captured(self, kind, spans):
        """Arguments and results stay out of the span unless they are asked for."""

        def body(text):
            return text

        function = {
            "function": lambda: body,
            "coroutine": lambda: _coroutine(body),
            "generator": lambda: _generator(body),
            "async generator": lambda: _async_generator(body),
        }[kind]()
        decorated = traced(operation="chat")(function)
        asyncio.run(consumed(lambda: decorated("confidential")))
        spans.assert_no_leak("confidential")

    def test_a_processor_that_fails_does_not_reach_the_application(self, kind, caplog):
        """A broken exporter costs the span, never the call."""
        from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

        class Broken(SpanProcessor):
            def on_start(self, span, parent_context=None):
                raise Boom

        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(Broken())
        function = traced("outer")(inspect.unwrap(made(kind, items=0)) if kind in STREAMS else _plain(kind))
        with telemetry.use_provider(provider):
            asyncio.run(consumed(function))
        assert caplog.records
        assert all("Boom" in record.getMessage() for record in caplog.records)
        caplog.clear()


def _plain(kind):
    def body():
        return "done"

    return body if kind == "function" else _coroutine(body)


def _coroutine(function):
    async def body(*args):
        return function(*args)

    return body


def _generator(function):
    def body(*args):
        yield function(*args)

    return body


def _async_generator(function):
    async def body(*args):
        yield function(*args)

    return body


@pytest.mark.parametrize("kind", STREAMS)
class TestStreams:
    def test_nothing_is_recorded_before_the_first_step(self, kind, spans):
        """A stream that nobody iterates has no span."""
        stream = made(kind)()
        del stream
        gc.collect()
        assert spans.spans == ()

    def test_break_abandons(self, kind, spans):
        """Leaving the loop early ends the span as abandoned, which is no error."""

        async def caller():
            await consumed(made(kind), stop=1)
            gc.collect()
            for _ in range(3):  # the loop closes a dropped async generator in a task of its own
                await asyncio.sleep(0)

        asyncio.run(caller())
        spans.assert_all_ended()
        outer = spans.one("outer")
        assert outer.attributes["beluga.stream.outcome"] == "abandoned"
        assert outer.status.status_code is StatusCode.UNSET
        assert outer.events == ()

    def test_exhaustion_completes(self, kind, spans):
        """A stream that was read to its end says so, and when its first item came."""
        asyncio.run(consumed(made(kind)))
        outer = spans.one("outer")
        assert outer.attributes["beluga.stream.outcome"] == "completed"
        assert outer.attributes["gen_ai.response.time_to_first_chunk"] >= 0

    def test_an_empty_stream_completes_without_a_first_item(self, kind, spans):
        """No item, no time to the first one."""
        asyncio.run(consumed(made(kind, items=0)))
        outer = spans.one("outer")
        assert outer.attributes["beluga.stream.outcome"] == "completed"
        assert "gen_ai.response.time_to_first_chunk" not in outer.attributes


class TestClosing:
    def test_close_abandons(self, spans):
        """`close` of a generator ends the span where it is called."""
        stream = made("generator")()
        next(stream)
        stream.close()
        assert spans.one("outer").attributes["beluga.stream.outcome"] == "abandoned"
        assert current() == 0

    def test_aclose_in_another_task(self, spans):
        """`aclose` from a task that never iterated ends the span, and later spans get the right parent."""

        async def caller():
            stream = made("async generator")()
            await asyncio.create_task(anext(stream))
            await asyncio.create_task(stream.aclose())
            with telemetry.start_span("later"):
                pass

        asyncio.run(caller())
        spans.assert_tree("""
            outer
              inner
            later
        """)
        assert spans.one("outer").attributes["beluga.stream.outcome"] == "abandoned"

    def test_each_step_in_a_task_of_its_own(self, spans):
        """The span is attached and detached within each step, whichever task makes it."""

        async def caller():
            stream = made("async generator")()
            return [await asyncio.create_task(anext(stream)) for _ in range(3)]

        assert asyncio.run(caller()) == [0, 1, 2]
        assert {s.parent.span_id for s in spans.spans if s.name == "inner"} == {spans.one("outer").context.span_id}

    def test_garbage_collection_of_an_async_generator(self, spans):
        """A stream that is only dropped ends when the loop closes it."""

        async def caller():
            stream = made("async generator")()
            await anext(stream)
            del stream
            gc.collect()
            await asyncio.sleep(0)
            await asyncio.sleep(0)

        asyncio.run(caller())
        spans.assert_all_ended()

    def test_a_break_at_the_end_of_the_program_abandons(self, spans):
        """`asyncio.run` cancels the task that was about to close the dropped stream, which stays a dropped stream."""

        async def caller():
            await consumed(made("async generator"), stop=1)

        asyncio.run(caller())
        outer = spans.one("outer")
        assert outer.attributes["beluga.stream.outcome"] == "abandoned"
        assert "error.type" not in outer.attributes

    def test_a_cancelled_consumer_that_tells_the_stream_cancels(self, spans):
        """A context manager throws its consumer's cancellation into the stream, and that is a cancelled one."""
        stream = contextlib.asynccontextmanager(made("async generator"))

        async def caller():
            async with stream():
                await asyncio.Event().wait()

        async def canceller():
            task = asyncio.create_task(caller())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])

        asyncio.run(canceller())
        assert spans.one("outer").attributes["beluga.stream.outcome"] == "cancelled"

    def test_a_generator_is_collected_in_another_thread(self, spans):
        """Whoever drops it last ends the span, and nobody is left inside it."""
        stream = made("generator")()
        next(stream)
        held = [stream]
        del stream
        with ThreadPoolExecutor(1) as pool:
            pool.submit(held.clear).result()
            assert pool.submit(current).result() == 0
        assert spans.one("outer").attributes["beluga.stream.outcome"] == "abandoned"

    def test_streams_read_in_turns_keep_to_themselves(self, spans):
        """Of two streams that one consumer reads item by item, each is the parent of its own steps only."""

        def steps(name):
            for number in range(3):
                with telemetry.start_span(f"{name}{number}"):
                    pass
                yield number

        a, b = traced("a")(steps), traced("b")(steps)
        with telemetry.start_span("consumer"):
            for _ in zip(a("a"), b("b"), strict=True):
                with telemetry.start_span("between"):
                    pass
        spans.assert_tree("""
            consumer
              a
                a0
                a1
                a2
              b
                b0
                b1
                b2
              between
              between
              between
        """)

    def test_send_throw_and_return_value(self, spans):
        """What a consumer says to a generator reaches it, and its return value comes back."""

        @traced
        def talk():
            heard = yield "hello"
            try:
                yield heard
            except Boom:
                yield "caught"
            return "bye"

        talking = talk()
        assert next(talking) == "hello"
        assert talking.send("you") == "you"
        assert talking.throw(Boom) == "caught"
        with pytest.raises(StopIteration) as ended:
            next(talking)
        assert ended.value.value == "bye"
        spans.assert_all_ended()

    def test_asend_and_athrow(self, spans):
        """The same for an async generator."""

        @traced
        async def talk():
            heard = yield "hello"
            try:
                yield heard
            except Boom:
                yield "caught"

        async def caller():
            talking = talk()
            said = [await anext(talking), await talking.asend("you"), await talking.athrow(Boom)]
            await talking.aclose()
            return said

        assert asyncio.run(caller()) == ["hello", "you", "caught"]
        spans.assert_all_ended()


@pytest.mark.parametrize("kind", ["coroutine", "async generator"])
def test_a_call_whose_loop_is_gone_ends(kind, spans):
    """What waits when its loop is closed is collected where its span never was current: it ends without a word."""

    @traced("outer")
    async def wait():
        await asyncio.Event().wait()

    @traced("outer")
    async def stream():
        yield 1
        await asyncio.Event().wait()

    async def step():
        if kind == "coroutine":
            await wait()
        async for _ in stream():
            pass

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # asyncio says that a task was destroyed
    task = loop.create_task(step())
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    with telemetry.start_span("later") as later:
        del task
        gc.collect()
        assert current() == later.get_span_context().span_id
    spans.assert_all_ended()


def test_a_recording_that_is_finalised_before_its_call_ends_once(spans):
    """Python finalises what it collects in any order, and a span ends once whatever that order is."""

    @traced("outer")
    async def wait(held):
        held += [found for found in gc.get_objects() if isinstance(found, Recording)]
        await asyncio.Event().wait()

    held = []
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)
    gc.collect()  # after which this list is older than the coroutine, and whatever it holds comes first
    gc.disable()  # or a collection in between would make the coroutine as old
    try:
        task = loop.create_task(wait(held))
        loop.run_until_complete(asyncio.sleep(0))
    finally:
        gc.enable()
        loop.close()
    gc.collect()
    order = [found for found in gc.get_objects() if isinstance(found, Recording) or found is task.get_coro()]
    assert [isinstance(found, Recording) for found in order] == [True, False]
    held.append(held)
    del task, held, order
    gc.collect()
    spans.assert_all_ended()
    assert "beluga.stream.outcome" not in spans.one("outer").attributes


@pytest.mark.parametrize("kind", ["coroutine", "async generator"])
def test_cancellation_is_no_error(kind, spans):
    """A cancelled call ends its span, says that it was cancelled, and is no failure of its own."""

    @traced("outer")
    async def wait():
        await asyncio.Event().wait()

    @traced("outer")
    async def stream():
        yield await asyncio.Event().wait()

    async def caller():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wait() if kind == "coroutine" else anext(stream()), 0.01)

    with fake_clock() as clock:
        clock.run(caller())
    spans.assert_all_ended()
    outer = spans.one("outer")
    assert outer.attributes["error.type"] == "asyncio.exceptions.CancelledError"
    assert outer.status.status_code is StatusCode.UNSET
    if kind == "async generator":
        assert outer.attributes["beluga.stream.outcome"] == "cancelled"


def test_methods_are_traced_too(spans):
    """Methods, class methods and static methods have one span for each call."""

    class Desk:
        @traced
        def own(self):
            return "own"

        @classmethod
        @traced
        def of_class(cls):
            return cls.__name__

        @traced
        @staticmethod
        def of_nobody():
            return "nobody"

    desk = Desk()
    assert (desk.own(), desk.of_class(), desk.of_nobody()) == ("own", "Desk", "nobody")
    assert [span.name.rpartition(".")[2] for span in spans.spans] == ["own", "of_class", "of_nobody"]


def test_the_first_chunk_is_timed_on_the_clock():
    """Time to first chunk counts from the first step, not from the creation of the stream."""

    @traced(operation="chat", model="m")
    async def stream():
        await asyncio.sleep(2)
        yield "a"
        await asyncio.sleep(5)
        yield Response(AIMessage("b"), Usage(3, 4))

    async def caller():
        made_early = stream()
        await asyncio.sleep(10)
        return [item async for item in made_early]

    with fake_clock() as clock, record_spans() as spans:
        clock.run(caller())
    span = spans.one("chat m")
    assert span.attributes["gen_ai.response.time_to_first_chunk"] == pytest.approx(2.0)
    assert (span.end_time - span.start_time) / 1e9 == pytest.approx(7.0)
    assert span.attributes["gen_ai.usage.output_tokens"] == 4
