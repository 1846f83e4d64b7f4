"""Retries inside retries: they are noticed, and can leave the attempts to the outermost one."""

from __future__ import annotations

import asyncio

import pytest

from beluga import RetryPolicy, explain, retry
from beluga.events import RetriesNested
from beluga.llm import FakeProvider, faults

QUICK = {"initial_backoff": 0, "max_attempts": 3}


class Down:
    """What always fails, called through a function of its own kind that is decorated too."""

    def __init__(self, inner, outer):
        self.calls = 0
        kinds = {
            "sync": (self.sync, lambda ask: lambda: ask()),
            "async": (self.asynchronous, lambda ask: self.awaiting(ask)),
            "generator": (self.generator, lambda ask: self.passing(ask)),
            "async generator": (self.async_generator, lambda ask: self.passing_async(ask)),
        }
        self.kinds = {kind: outer(around(inner(function))) for kind, (function, around) in kinds.items()}

    def sync(self):
        self.calls += 1
        raise TimeoutError(self.calls)

    async def asynchronous(self):
        await asyncio.sleep(0)
        self.sync()

    def generator(self):
        self.sync()
        yield

    async def async_generator(self):
        self.sync()
        yield

    @staticmethod
    def awaiting(ask):
        async def outer():
            return await asyncio.create_task(ask())

        return outer

    @staticmethod
    def passing(ask):
        def outer():
            yield from ask()

        return outer

    @staticmethod
    def passing_async(ask):
        async def outer():
            async for item in ask():
                yield item

        return outer

    def run(self, kind, clock):
        called = self.kinds[kind]()
        if kind == "async":
            return clock.run(called)
        if kind == "async generator":
            return clock.run(_collected(called))
        return list(called or ())


async def _collected(stream):
    return [item async for item in stream]


KINDS = pytest.mark.parametrize("kind", ["sync", "async", "generator", "async generator"])


@KINDS
@pytest.mark.parametrize("inner", ["both", "outer"])
def test_the_outermost_retry_alone_makes_the_attempts(kind, inner, fake_clock, events):
    """Where it says so, retries in the functions that it calls, and in their tasks, try nothing again."""
    down = Down(retry(nested=inner, **QUICK), retry(nested="outer", **QUICK))
    with pytest.raises(TimeoutError) as caught:
        down.run(kind, fake_clock)
    assert down.calls == 3
    assert any("the attempts are left to the retry around it" in note for note in caught.value.__notes__)
    assert not events.of(RetriesNested)
    with pytest.raises(TimeoutError):
        asyncio.run(down.kinds["async"]())  # nothing is left of it in this context
    assert down.calls == 6


@KINDS
def test_the_inner_retry_may_be_the_one_that_says_so(kind, fake_clock, events):
    """It leaves the attempts to a retry around it, whatever that one says, and makes them where there is none."""
    inner = retry(nested="outer", **QUICK)
    down = Down(inner, retry(**QUICK))
    with pytest.raises(TimeoutError):
        down.run(kind, fake_clock)
    assert down.calls == 3
    assert not events.of(RetriesNested)
    alone = Down(inner, lambda function: function)
    with pytest.raises(TimeoutError):
        alone.run(kind, fake_clock)
    assert alone.calls == 3


@pytest.mark.parametrize("order", [("outer", "both"), ("both", "outer"), ("outer", "outer")])
def test_one_of_two_retries_on_a_function_makes_the_attempts(order, fake_clock):
    """On whichever of them it stands; a good call leaves nothing behind for the next one."""
    calls = []

    def ask(fails):
        calls.append(1)
        if fails:
            raise TimeoutError

    outer, inner = (retry(nested=nested, **QUICK) for nested in order)
    both = outer(inner(ask))
    both(False)
    with pytest.raises(TimeoutError):
        both(True)
    assert len(calls) == 4


@KINDS
def test_nested_retries_multiply_and_tell(kind, fake_clock, events):
    """By default both try again, as ever; an event and the note say so."""
    down = Down(retry(**QUICK), retry(**QUICK))
    with pytest.raises(TimeoutError) as caught:
        down.run(kind, fake_clock)
    assert down.calls == 9
    told = events.of(RetriesNested)
    assert [event.attempts for event in told] == [3, 3]
    assert all(event.inner != event.function for event in told)
    assert "the last of them tried 3 times by" in caught.value.__notes__[-1]


def test_a_retry_on_its_own_tells_of_no_other(fake_clock, events):
    """Neither does one whose function raises the same error object each time."""
    error = TimeoutError()

    @retry(**QUICK)
    def ask():
        raise error

    for _ in range(2):
        with pytest.raises(TimeoutError):
            ask()
    assert not events.of(RetriesNested)


def test_the_outermost_retry_is_not_that_of_its_stream_s_consumer(fake_clock):
    """Between two items, and after an abandoned stream, a retry of the consumer's own tries again."""
    calls = []

    @retry(**QUICK)
    def consumer_s():
        calls.append(1)
        raise TimeoutError

    @retry(nested="outer", **QUICK)
    def stream():
        yield 1
        yield 2

    for _ in stream():
        with pytest.raises(TimeoutError):
            consumer_s()
        break
    with pytest.raises(TimeoutError):
        consumer_s()
    assert len(calls) == 6


def test_blocks_nest_as_functions_do(fake_clock):
    """The attempts of a block are the only ones inside it, and nothing of that is left around it."""
    down = Down(retry(**QUICK), lambda function: function)
    with pytest.raises(TimeoutError):
        for attempt in RetryPolicy(nested="outer", **QUICK).attempts():
            with attempt:
                down.run("sync", fake_clock)
    assert down.calls == 3
    for _ in RetryPolicy(nested="outer", **QUICK).attempts():
        with pytest.raises(TimeoutError):
            down.run("sync", fake_clock)
        assert down.calls == 6
        break
    with pytest.raises(TimeoutError):
        down.run("sync", fake_clock)
    assert down.calls == 9


def test_explain_warns_of_two_retries_on_one_function():
    """Unless the outer one makes the attempts alone."""

    def plan(**options):
        return explain(retry(**options)(retry(lambda: 1)))

    assert "retry stands outside retry: their attempts multiply" in plan()
    assert "warning" not in plan(nested="outer")
    assert "warning" in explain(retry(retry(nested="outer")(lambda: 1)))


@pytest.mark.parametrize("wrong", ["inner", None, True, ["outer"]], ids=repr)
def test_other_words_are_refused(wrong):
    """The message shows those that there are."""
    with pytest.raises(ValueError, match='must be "both" or "outer"'):
        retry(nested=wrong)


def test_a_client_that_retries_by_itself_is_noticed(events):
    """It tells the server how often it did, and so its request, which the error keeps, tells the retry around it."""
    httpx = pytest.importorskip("httpx", reason="it is an extra")
    fake = FakeProvider().default(faults.server_error(503))
    client = httpx.Client(transport=fake.transport(httpx), base_url="https://api.openai.com/v1")
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi!"}]}

    @retry(initial_backoff=0, max_attempts=2)
    def ask():
        for sent in range(3):  # as the clients of OpenAI and Anthropic do with max_retries=2, their default
            answer = client.post("/chat/completions", json=body, headers={"x-stainless-retry-count": str(sent)})
        answer.raise_for_status()

    with pytest.raises(httpx.HTTPStatusError) as caught:
        ask()
    assert [call.client_retries for call in fake.calls] == [0, 1, 2, 0, 1, 2]
    assert [(event.inner, event.attempts) for event in events.of(RetriesNested)] == [("the client", 3)]
    assert "tried 3 times by the client as well (max_retries=0 turns that off)" in caught.value.__notes__[-1]


def test_an_error_that_takes_no_marks_is_tried_again(fake_clock):
    """What cannot be noticed on it goes unnoticed."""

    class Closed(TimeoutError):
        def __setattr__(self, name, value):
            raise TypeError(name)

    def ask():
        raise Closed

    with pytest.raises(Closed):
        retry(**QUICK)(retry(**QUICK)(ask))()
