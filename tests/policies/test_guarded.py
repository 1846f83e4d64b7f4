"""Where guards stand, what they change, and how streams pass through them."""

from __future__ import annotations

import asyncio

import pytest

from beluga import GuardBlocked, GuardPipeline, explain, guarded, traced
from beluga.events import GuardBlockedEvent as Blocked
from beluga.events import GuardModified
from beluga.guards import GuardResult, PatternDetector, PatternRedactor, PIIRedactor
from beluga.schema import Chunk, ToolCall

DETECTOR = PatternDetector(("override", "bad"))
REDACTOR = PatternRedactor(("EMAIL", r"[a-z]+@[a-z.]+"))


class Awaited:
    """A guard that can only be awaited."""

    name = "awaited"

    def __init__(self, *, fails=False):
        self.fails = fails

    async def avalidate(self, content, *, role="input"):
        await asyncio.sleep(0)
        if self.fails:
            raise KeyError(content)
        return GuardResult("bad" not in content, modified=content.replace("x", "y"))


class Streaming:
    """A guard with a stream of its own that holds one letter back."""

    name = "streaming"

    def validate(self, content, *, role="input"):
        return GuardResult(allowed=True, modified=content.upper())

    def stream(self):
        class Window:
            held = ""

            def feed(self, text):
                text, self.held = (self.held + text)[:-1], text[-1]
                return text.upper()

            def close(self):
                return self.held.upper()

        return Window()


@pytest.mark.parametrize(
    "call", [lambda f: f("bad"), lambda f: f(more="bad"), lambda f: f("", "bad"), lambda f: f(k="bad")]
)
def test_every_text_argument_is_guarded(call, events):
    """Named, further and keyword arguments alike; the function does not run, and the text is not told."""

    @guarded(input=[DETECTOR])
    def ask(text="", *rest, more="", number=5, **others):
        raise AssertionError

    with pytest.raises(GuardBlocked, match="pattern_detector blocked the input: rule override matched") as caught:
        call(ask)
    assert "bad" not in str(caught.value)
    assert events.one(Blocked).rules == ("override",)


def test_a_change_is_told_by_the_kinds_of_what_was_found(events):
    """Each once, where a finding has no rule of its own."""
    guarded(output=[PIIRedactor()])(lambda: "ana@example.com, bo@example.com, 203.0.113.9")()
    assert events.one(GuardModified).rules == ("EMAIL", "IP_ADDRESS")


def test_changed_texts_replace_arguments_and_results():
    """What a guard changes is what the function and the caller see."""

    @guarded(input=[REDACTOR], output=[REDACTOR], parameters=["text"])
    def ask(text, other):
        return [text, other]

    assert ask("a@b.c", "a@b.c") == ["[EMAIL]", "[EMAIL]"]
    assert ask(text="fine", other="") == ["fine", ""]


def test_observing_changes_nothing(events):
    """Only events tell what would have been blocked or changed."""

    @guarded(input=[DETECTOR], output=[REDACTOR], tool=[REDACTOR], observe=True)
    def ask(text):
        return text

    assert ask("bad a@b.c") == "bad a@b.c"
    assert events.one(Blocked).observed
    assert all(event.observed for event in events.of(GuardModified))

    @guarded(output=[REDACTOR], observe=True)
    def stream():
        yield "a@b"
        yield 5
        yield ".c"

    assert list(stream()) == ["a@b", 5, ".c"]


def test_tools_are_told_their_name():
    """A guard for tools judges the arguments under the tool's name, and may change them."""
    told = []

    class ToolNames:
        name = "tool_names"

        def validate(self, content, *, role="input"):
            raise AssertionError

        def validate_tool(self, name, arguments):
            told.append((name, dict(arguments)))
            return GuardResult(allowed=True)

    class Shop:
        @traced(tool="buy")
        @guarded(tool=[ToolNames(), REDACTOR])
        def purchase(self, note, count=1):
            return note

    assert Shop().purchase("a@b.c") == "[EMAIL]"
    assert told == [("buy", {"note": "a@b.c", "count": 1})]

    @guarded(tool=[ToolNames(), DETECTOR])
    def sell(note):
        return note

    with pytest.raises(GuardBlocked, match="blocked the tool"):
        sell("bad")
    assert told[-1][0].endswith("sell")


@pytest.mark.parametrize("stage", ["input", "output", "tool"])
def test_async_functions_await_their_guards(stage):
    """A guard that is awaited blocks and changes like any other."""

    @guarded(**{stage: [Awaited()]})
    async def ask(text):
        return text

    assert asyncio.run(ask("x")) == "y"
    with pytest.raises(GuardBlocked):
        asyncio.run(ask("bad"))

    @guarded(**{stage: [Awaited(fails=True)]})
    async def fails(text):
        return text

    with pytest.raises(GuardBlocked, match="the guard failed with KeyError"):
        asyncio.run(fails("x"))


def test_an_async_stream_awaits_its_guards():
    """The whole output is judged at the end, and what a guard blocks never goes out."""

    @guarded(input=[Awaited()], output=[Awaited()])
    async def stream(text):
        yield None
        yield text
        yield 5
        yield Chunk("z", finish_reason="stop")

    async def collect(text):
        return [item async for item in stream(text)]

    assert asyncio.run(collect("x")) == [None, Chunk("yz"), 5, Chunk(finish_reason="stop")]
    with pytest.raises(GuardBlocked):
        asyncio.run(collect("bad"))


def test_a_guard_that_is_awaited_judges_all_that_a_stream_carries():
    """Not its texts alone: what else comes in an item waits for its verdict too."""
    calls = [Chunk(tool_call=ToolCall("1", "look", {"at": word})) for word in ("good", "bad")]

    async def heard(items):
        @guarded(output=[Awaited()])
        async def stream():
            for item in items:
                yield item

        return [item async for item in stream()]

    assert asyncio.run(heard(calls[:1])) == calls[:1]
    with pytest.raises(GuardBlocked):
        asyncio.run(heard(calls))


def test_what_cannot_be_judged_is_an_error():
    """Objects that may hold text do not pass unseen, in arguments, results or streams."""

    @guarded(output=[DETECTOR])
    async def result():
        return object()

    with pytest.raises(TypeError, match="cannot look into object"):
        asyncio.run(result())

    @guarded(output=[Awaited()])
    async def awaited():
        return object()

    with pytest.raises(TypeError, match="cannot look into object"):
        asyncio.run(awaited())

    @guarded(input=[Awaited()], parameters=["text"])
    async def argument(text):
        return text

    with pytest.raises(TypeError, match="cannot look into object"):
        asyncio.run(argument(object()))

    @guarded(output=[DETECTOR])
    def stream():
        yield object()

    with pytest.raises(TypeError, match="yield str or Chunk"):
        list(stream())


def test_a_stream_goes_through_the_window():
    """A guard with a stream of its own holds back only what it must, other guards wait for the end."""

    def stream():
        yield Chunk("")
        yield "ab"
        yield True
        yield Chunk("c", finish_reason="stop")

    expected = [Chunk(""), "A", True, Chunk("B"), Chunk("C"), Chunk(finish_reason="stop")]
    got = list(guarded(output=[Streaming()])(stream)())
    assert "".join(getattr(item, "text", item) for item in got if item is not True) == "ABC"
    assert got[-1] == expected[-1]
    assert "".join(guarded(output=[Streaming(), Streaming()])(lambda_stream)()) == "ABC"
    assert list(guarded(output=[REDACTOR])(lambda_stream)()) == ["abc"]
    with pytest.raises(GuardBlocked):
        list(guarded(output=[PatternDetector(("abc", "abc"))])(lambda_stream)())


def lambda_stream():
    """Yield three letters."""
    yield from "abc"


def test_wrong_guards_raise_at_decoration():
    """What is no guard, an unknown parameter, and a guard that a sync function cannot await."""
    with pytest.raises(TypeError, match="must be a list of names"):
        guarded(parameters="text")
    with pytest.raises(TypeError, match="has no such parameter; it has text"):
        guarded(input=[DETECTOR], parameters=["prompt"])(lambda text: text)
    with pytest.raises(TypeError, match="can only be awaited"):
        guarded(input=[Awaited()])(lambda text: text)
    with pytest.raises(TypeError, match="is not a guard"):
        guarded(input=[PatternDetector])
    with pytest.raises(ValueError, match="not both"):
        guarded(GuardPipeline(), input=[DETECTOR])
    assert guarded(lambda text: text)("x") == "x"
    function = guarded(GuardPipeline(input=[DETECTOR]), observe=True)(lambda text: text)
    assert "input=[pattern_detector] parameters=[text] observe=True" in explain(function)
