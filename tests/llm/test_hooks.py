"""Hooks and middleware: where they are called, in which order, and what they may change."""

from __future__ import annotations

import asyncio

import attrs
import pytest

from beluga.errors import ErrorCode, ProviderError
from beluga.llm import FakeProvider, Hooks, ModelWrapper, Reply, apply_middleware, collect, faults, tool_call
from beluga.schema import AIMessage, Chunk, Response, TextPart, ThinkingPart, ToolCall, Usage


def _generate(model, text):
    return model.generate(text)


def _agenerate(model, text):
    return asyncio.run(model.agenerate(text))


def _stream(model, text):
    return collect(model.stream(text))


def _astream(model, text):
    async def main():
        return [chunk async for chunk in model.astream(text)]

    return collect(asyncio.run(main()))


WAYS = {"sync": _generate, "async": _agenerate, "stream": _stream, "astream": _astream}


@pytest.fixture(params=WAYS)
def way(request):
    """Name each way to ask."""
    return request.param


@pytest.fixture
def ask(way):
    """Ask in each way; a stream is put together."""
    return WAYS[way]


def recorded(name, log):
    """Return hooks that write down when they are called."""
    return Hooks(
        before=lambda call: log.append(f"{name} before"),
        after=lambda call, response: log.append(f"{name} after {response.text}"),
        on_chunk=lambda call, chunk: log.append(f"{name} chunk"),
        on_error=lambda call, error: log.append(f"{name} error {error.code}"),
    )


def test_the_first_listed_is_outermost(ask, way):
    """Before goes from the outside in, after from the inside out."""
    log = []
    model = apply_middleware(FakeProvider("Hi"), recorded("outer", log), recorded("inner", log))
    assert ask(model, "x").text == "Hi"
    chunks = ["inner chunk", "outer chunk"] * 2 if "stream" in way else []
    assert log == ["outer before", "inner before", *chunks, "inner after Hi", "outer after Hi"]


def test_an_error_passes_all_hooks_on_its_way_out(ask):
    """Nothing is after it, and it is the same error still."""
    log = []
    model = apply_middleware(FakeProvider(faults.quota()), recorded("outer", log), recorded("inner", log))
    with pytest.raises(ProviderError):
        ask(model, "x")
    assert log == ["outer before", "inner before", "inner error quota_exhausted", "outer error quota_exhausted"]


def test_before_may_change_the_call(ask):
    """What it returns is asked in place of the call."""
    fake = FakeProvider("Hi")
    hooks = Hooks(before=lambda call: attrs.evolve(call, options={**call.options, "temperature": 0}))
    ask(apply_middleware(fake, hooks), "x")
    assert fake.calls[0].options == {"temperature": 0}


def test_the_call_says_whether_it_is_streamed(ask, way):
    """A hook can tell one from the other."""
    seen = []
    ask(apply_middleware(FakeProvider("Hi"), Hooks(before=lambda call: seen.append(call.streamed))), "x")
    assert seen == ["stream" in way]


@pytest.mark.parametrize("ask", [_generate, _agenerate])
def test_after_may_change_the_response(ask):
    """Of a whole answer, that is."""
    hooks = Hooks(after=lambda call, response: attrs.evolve(response, message=AIMessage("other")))
    assert ask(apply_middleware(FakeProvider("Hi"), hooks), "x").text == "other"


@pytest.mark.parametrize("ask", [_stream, _astream])
def test_on_chunk_may_change_chunks(ask):
    """Of a stream the pieces can be changed, and after sees them so."""
    seen = []
    hooks = Hooks(
        on_chunk=lambda call, chunk: attrs.evolve(chunk, text=chunk.text.upper()),
        after=lambda call, response: seen.append(response.text),
    )
    assert ask(apply_middleware(FakeProvider("one two"), hooks), "x").text == "ONE TWO"
    assert seen == ["ONE TWO"]


def test_on_error_may_raise_another_error_from_it(ask):
    """The first one stays its cause."""
    hooks = Hooks(on_error=lambda call, error: LookupError("translated"))
    with pytest.raises(LookupError, match="translated") as caught:
        ask(apply_middleware(FakeProvider(faults.quota()), hooks), "x")
    assert caught.value.__cause__.code is ErrorCode.QUOTA_EXHAUSTED


def test_what_a_hook_raises_ends_the_call_and_is_seen_further_out(ask):
    """Its own hooks do not see it, those around do."""
    seen = []

    def refuse(call):
        raise PermissionError("no")

    fake = FakeProvider("Hi")
    model = apply_middleware(
        fake,
        Hooks(on_error=lambda call, error: seen.append(("outer", type(error)))),
        Hooks(before=refuse, on_error=lambda call, error: seen.append(("inner", type(error)))),
    )
    with pytest.raises(PermissionError):
        ask(model, "x")
    assert seen == [("outer", PermissionError)]
    assert fake.calls == ()


@pytest.mark.parametrize("ask", [_agenerate, _astream])
def test_hooks_of_async_calls_may_be_async(ask):
    """They are waited for."""
    seen = []

    async def before(call):
        await asyncio.sleep(0)
        seen.append("before")

    async def after(call, response):
        await asyncio.sleep(0)
        seen.append(response.text)

    ask(apply_middleware(FakeProvider("Hi"), Hooks(before=before, after=after)), "x")
    assert seen == ["before", "Hi"]


@pytest.mark.parametrize("ask", [_generate, _stream])
def test_an_async_hook_of_a_sync_call_is_refused(ask):
    """It would never be waited for."""

    async def before(call):
        raise AssertionError

    with pytest.raises(TypeError, match="before is async"):
        ask(apply_middleware(FakeProvider("Hi"), Hooks(before=before)), "x")


def test_a_hook_that_returns_something_else_is_an_error(ask):
    """A forgotten wrapper shows itself at once."""
    with pytest.raises(TypeError, match="returned str; it returns a ModelCall, or None"):
        ask(apply_middleware(FakeProvider("Hi"), Hooks(before=lambda call: "oops")), "x")


def test_hooks_that_cannot_be_called_are_refused():
    """When they are made."""
    with pytest.raises(TypeError, match="after="):
        Hooks(after="text")


def test_a_stream_left_early_closes_the_one_inside():
    """And has no after."""
    closed, seen = [], []

    class Inner(FakeProvider):
        def stream(self, messages, **options):
            try:
                yield from super().stream(messages, **options)
            finally:
                closed.append(True)

    hooks = Hooks(after=lambda call, response: seen.append(response))
    stream = apply_middleware(Inner("one two three"), ModelWrapper, hooks).stream("x")
    assert next(stream) == Chunk("one ")
    stream.close()
    assert (closed, seen) == ([True], [])


def test_a_wrapper_passes_everything_on(ask):
    """Whoever overrides nothing changes nothing."""
    assert ask(apply_middleware(FakeProvider("Hi"), ModelWrapper), "x").text == "Hi"


def test_a_middleware_that_returns_no_model_is_an_error():
    """So is one that cannot be called."""
    with pytest.raises(TypeError, match="returned NoneType"):
        apply_middleware(FakeProvider(), lambda model: None)
    with pytest.raises(TypeError, match="str cannot be called"):
        apply_middleware(FakeProvider(), "text")


def test_a_stream_put_together_is_the_whole_answer():
    """Parts, usage and finish reason are those of the response."""
    reply = Reply("It is sunny.", thinking="Let me see.", tools=[tool_call("weather", city="Oslo")])
    fake = FakeProvider(reply, reply)
    whole, streamed = fake.generate("x"), collect(fake.stream("x"))
    assert streamed.text == whole.text
    assert streamed.message.thinking == whole.message.thinking
    assert [call.arguments for call in streamed.tool_calls] == [call.arguments for call in whole.tool_calls]
    assert (streamed.usage, streamed.finish_reason) == (whole.usage, whole.finish_reason)


def test_parts_stand_in_the_order_of_their_chunks():
    """A signature ends thoughts, a tool call stands between the texts."""
    call = ToolCall("1", "search")
    chunks = [
        *(Chunk(thinking="a"), Chunk(thinking="b"), Chunk(signature="s1")),
        *(Chunk(thinking="c"), Chunk("d"), Chunk("e"), Chunk(tool_call=call), Chunk("f")),
        Chunk(signature="sealed"),
        Chunk(usage=Usage(1, 1), finish_reason="stop"),
    ]
    parts = [
        ThinkingPart("ab", "s1"),
        ThinkingPart("c"),
        TextPart("de"),
        call,
        TextPart("f"),
        ThinkingPart("", "sealed"),
    ]
    assert collect(chunks) == Response(AIMessage(parts=parts), Usage(1, 1), "stop")
