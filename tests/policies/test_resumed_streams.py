"""Streams that go on after they were cut: what comes before, what comes after, and what is refused."""

from __future__ import annotations

import asyncio

import pytest

from beluga import (
    CircuitBreaker,
    CircuitOpen,
    DeadlineExceeded,
    RateLimited,
    RetryPolicy,
    cached,
    explain,
    fallback,
    guarded,
    rate_limited,
    retry,
    structured,
)
from beluga.events import RetryScheduled, StreamResumed
from beluga.guards import PIIRedactor

QUICK = {"initial_backoff": 0}
WORDS = ("Call ", "555-0", "100, ", "or ", "wait.")


class Cut:
    """A stream of words that is cut after so many, each time it is asked for, and can be begun at any word."""

    def __init__(self, *cuts, error=ConnectionError, words=WORDS):
        self.cuts, self.error, self.all, self.begun = list(cuts), error, words, []

    def words(self, begin=0):
        self.begun.append(begin)
        last = begin + self.cuts.pop(0) if self.cuts else len(self.all)
        yield from self.all[begin:last]
        if last < len(self.all):
            raise self.error

    async def words_async(self, begin=0):
        for word in self.words(begin):
            await asyncio.sleep(0)
            yield word

    def collect(self, kind, decorate, clock):
        if kind == "sync":
            return list(decorate(self.words)())

        async def collected():
            return [word async for word in decorate(self.words_async)()]

        return clock.run(collected())

    def resume(self, kind):
        return lambda items: (self.words if kind == "sync" else self.words_async)(len(items))


KINDS = pytest.mark.parametrize("kind", ["sync", "async"])
HELD = ("Wri", "te-to", "-me, ", "or wait.")
"""Words of which a guard lets none out before the third."""


@KINDS
def test_a_cut_stream_goes_on(kind, fake_clock, events):
    """The consumer sees each item once, and subscribers hear after how many it was cut."""
    cut = Cut(2, 1)
    assert cut.collect(kind, retry(resume=cut.resume(kind), **QUICK), fake_clock) == list(WORDS)
    assert cut.begun == [0, 2, 3]
    assert [(event.items, event.code) for event in events.of(StreamResumed)] == [
        (2, "provider_unavailable"),
        (3, "provider_unavailable"),
    ]
    assert [event.attempt for event in events.of(RetryScheduled)] == [1, 2]


@KINDS
def test_a_stream_that_gave_nothing_begins_anew(kind, fake_clock, events):
    """There is nothing to go on with."""
    cut = Cut(0, 5)
    assert cut.collect(kind, retry(resume=cut.resume(kind), **QUICK), fake_clock) == list(WORDS)
    assert cut.begun == [0, 0]
    assert not events.of(StreamResumed)


@KINDS
def test_the_attempts_count_for_the_whole_stream(kind, fake_clock):
    """After the last of them, and after an error that is not retried, the error comes out behind the items."""
    cut = Cut(1, 1, 1, 1)
    with pytest.raises(ConnectionError) as caught:
        cut.collect(kind, retry(resume=cut.resume(kind), **QUICK), fake_clock)
    assert cut.begun == [0, 1, 2]
    assert "gave up after 3 attempts" in caught.value.__notes__[0]
    cut = Cut(1, error=ZeroDivisionError)
    with pytest.raises(ZeroDivisionError):
        cut.collect(kind, retry(resume=cut.resume(kind), **QUICK), fake_clock)
    assert cut.begun == [0]


@KINDS
def test_the_rest_passes_the_layers_further_in(kind, fake_clock):
    """A breaker and a limit there see each attempt, and each has its time."""
    breaker = CircuitBreaker(failure_threshold=2)
    cut = Cut(1, 1, 1)
    with pytest.raises(CircuitOpen):
        policy = RetryPolicy(resume=cut.resume(kind), **QUICK)
        cut.collect(kind, lambda words: policy(breaker(words)), fake_clock)
    assert (cut.begun, breaker.state) == ([0, 1], "open")
    cut = Cut(1)
    with pytest.raises(RateLimited):
        policy = RetryPolicy(resume=cut.resume(kind), max_attempts=2, **QUICK)
        cut.collect(kind, lambda words: policy(rate_limited(1)(words)), fake_clock)
    assert cut.begun == [0]


def test_a_stream_that_hangs_midway_goes_on(fake_clock):
    """The time of an attempt cuts it, and bounds the rest as well."""
    hung = []

    async def words(items=()):
        for word in WORDS[len(items) :][:2]:
            yield word
        hung.append(len(items))
        await asyncio.sleep(600)

    async def collect(seen):
        async for word in retry(resume=words, attempt_timeout=5, max_attempts=3, **QUICK)(words)():
            seen.append(word)

    seen = []
    with pytest.raises(DeadlineExceeded):
        fake_clock.run(collect(seen))
    assert (seen, hung, fake_clock.monotonic()) == (list(WORDS), [0, 2, 4], 15.0)


@KINDS
def test_a_guard_around_it_sees_one_stream(kind, fake_clock):
    """A number that the cut divides is found all the same, and what is held back is not lost."""
    cut = Cut(2)
    policy = retry(resume=cut.resume(kind), **QUICK)
    items = cut.collect(kind, lambda words: guarded(output=[PIIRedactor()])(policy(words)), fake_clock)
    assert "".join(items) == "".join(WORDS).replace("555-0100", "[PHONE]")
    assert cut.begun == [0, 2]


def test_the_rest_may_begin_with_a_word_for_the_consumer(fake_clock):
    """What `resume` yields first is an item like the others, and counts as one."""
    cut = Cut(2)

    def resume(items):
        yield f"[{len(items)}]"
        yield from cut.words(len(items))

    assert list(retry(resume=resume, **QUICK)(cut.words)()) == [*WORDS[:2], "[2]", *WORDS[2:]]


def test_what_cannot_go_on_is_refused():
    """At decoration where that is known, and with the type of what `resume` gave where it is not."""

    def stream():
        yield 1
        raise ConnectionError

    async def stream_async(items):
        yield 1
        raise ConnectionError

    async def answer(items):
        return items

    with pytest.raises(TypeError, match=r"resume= goes on with a stream, and .*answer is an async function"):
        retry(resume=list)(answer)
    with pytest.raises(TypeError, match=r"resume= is an async function, and .*stream a generator function"):
        retry(resume=answer)(stream)
    with pytest.raises(TypeError, match=r"resume= is an async generator function, and .*stream a generator function"):
        retry(resume=lambda items: items)(retry(resume=stream_async)(stream))
    with pytest.raises(ValueError, match=r"either replay=True, .* or resume="):
        retry(resume=list, replay=True)
    with pytest.raises(ValueError, match="resume=5 must be a function"):
        retry(resume=5)
    for wrong, kind in [("text", "str"), (None, "NoneType"), (stream_async([]), "async_generator")]:
        with pytest.raises(TypeError, match=f"resume gave a {kind} for .*stream, and must give a stream"):
            list(retry(resume=lambda items: wrong, **QUICK)(stream)())  # noqa: B023 - called within this turn


@KINDS
def test_another_model_goes_on(kind, fake_clock, events):
    """What a fallback resumes with is seen by the layers outside it alone, and the consumer sees each item once."""
    cut, other = Cut(2), Cut()
    breaker = CircuitBreaker(failure_threshold=1)
    policy = fallback(resume=other.resume(kind))
    assert cut.collect(kind, lambda words: policy(breaker(words)), fake_clock) == list(WORDS)
    assert (cut.begun, other.begun, str(breaker.state)) == ([0], [2], "open")
    assert [(event.items, event.code) for event in events.of(StreamResumed)] == [(2, "provider_unavailable")]


@KINDS
def test_another_model_goes_on_once(kind, fake_clock):
    """A rest that is cut as well passes its error through; a later call begins afresh."""
    cut, other = Cut(2, 1), Cut(1, 1)
    policy = fallback(resume=other.resume(kind))
    for begun in ([2], [2, 1]):
        with pytest.raises(ConnectionError):
            cut.collect(kind, policy, fake_clock)
        assert other.begun == begun


def test_alternatives_come_before_the_first_item_and_resume_after_it():
    """One call may need both: the alternative is cut too, and what goes on is told of the items of both."""

    def other():
        yield "It "
        raise ConnectionError

    @fallback(other, resume=lambda items: [len(items)])
    def stream():
        raise ConnectionError
        yield

    assert list(stream()) == ["It ", 1]
    assert "1. fallback  test_alternatives" in explain(stream)
    assert explain(stream).endswith(".other, resume")


def test_what_a_fallback_cannot_go_on_with_is_refused():
    """The same is refused as of a retry, and an error that the other would run into as well passes through."""

    def stream(error=ConnectionError):
        yield 1
        raise error

    async def answer():
        return 1

    with pytest.raises(TypeError, match=r"fallback: resume= goes on with a stream, and .*answer is an async function"):
        fallback(resume=list)(answer)
    with pytest.raises(ValueError, match="resume=5 must be a function"):
        fallback(resume=5)
    with pytest.raises(ValueError, match="name at least one alternative"):
        fallback()
    with pytest.raises(TypeError, match=r"fallback: resume gave a str for .*stream, and must give a stream"):
        list(fallback(resume=lambda items: "text")(stream)())
    with pytest.raises(KeyError):
        list(fallback(resume=list, on=[ConnectionError])(stream)(KeyError))


@KINDS
def test_what_a_guard_further_out_holds_of_a_stream_that_is_begun_anew_is_dropped(kind, fake_clock):
    """A stream that is tried again inside a guard begins with nothing held back, so no word comes twice."""
    decorate = guarded(output=[PIIRedactor()])
    stream = Cut(1, words=HELD)
    assert "".join(stream.collect(kind, lambda f: decorate(retry(**QUICK)(f)), fake_clock)) == "Write-to-me, or wait."
    assert stream.begun == [0, 0]

    stream = Cut(1, words=HELD)
    other = Cut(words=HELD).words if kind == "sync" else Cut(words=HELD).words_async
    heard = stream.collect(kind, lambda f: decorate(fallback(other)(f)), fake_clock)
    assert "".join(heard) == "Write-to-me, or wait."


@KINDS
def test_the_items_of_a_stream_that_is_begun_anew_further_in_are_neither_kept_nor_gone_on_from(kind, fake_clock):
    """A cache keeps, and `resume` is given, the items of the last attempt, where no earlier one went out."""
    decorate = guarded(output=[PIIRedactor()])
    stream = Cut(1, words=HELD)
    seen = []

    def twice(function):
        kept = decorate(cached(ttl=60)(retry(**QUICK)(function)))
        seen.append(kept)
        return kept

    first = stream.collect(kind, twice, fake_clock)
    again = stream.collect(kind, lambda _: seen[0], fake_clock)
    assert "".join(first) == "".join(again) == "Write-to-me, or wait."
    assert stream.begun == [0, 0]

    stream = Cut(1, 2, words=HELD)
    resume = stream.resume(kind)
    inner = retry(max_attempts=2, **QUICK)
    heard = stream.collect(kind, lambda f: decorate(fallback(resume=resume)(inner(f))), fake_clock)
    assert "".join(heard) == "Write-to-me, or wait."
    assert stream.begun == [0, 0, 2]


@KINDS
def test_a_fallback_goes_on_with_a_stream_of_which_a_guard_further_out_holds_all(kind, fake_clock):
    """Where there is no other alternative, `resume` goes on with what came, whether it went out or is held back."""
    stream = Cut(2, words=HELD)
    only = fallback(resume=stream.resume(kind))
    heard = stream.collect(kind, lambda f: guarded(output=[PIIRedactor()])(only(f)), fake_clock)
    assert "".join(heard) == "Write-to-me, or wait."
    assert stream.begun == [0, 2]


def test_an_error_before_the_first_item_tells_of_no_alternatives_where_there_are_none():
    """A fallback that can only go on with a stream adds no note to an error that came before it."""

    @fallback(resume=iter)
    def ask():
        raise ConnectionError
        yield

    with pytest.raises(ConnectionError) as caught:
        list(ask())
    assert not hasattr(caught.value, "__notes__")


def test_a_partial_answer_begins_anew_with_the_attempt_further_in():
    """The text of a failed attempt is no part of the answer that the next one gives."""
    attempts = []

    @structured(dict[str, int])
    @retry(**QUICK)
    def ask(messages):
        attempts.append(messages)
        yield '{"a": '
        if len(attempts) == 1:
            raise ConnectionError
        yield "1}"

    assert list(ask([]))[-1] == {"a": 1}


def test_a_stream_goes_on_with_whatever_can_be_iterated(fake_clock):
    """In an async stream that is an object with ``__aiter__`` as well as a list."""

    class Rest:
        def __init__(self, items):
            self.items = [f"{len(items)} of them", "bye"]

        def __aiter__(self):
            return self

        async def __anext__(self):
            if not self.items:
                raise StopAsyncIteration
            return self.items.pop(0)

    for rest in (Rest, lambda items: [f"{len(items)} of them", "bye"]):
        heard = Cut(2).collect("async", retry(resume=rest, **QUICK), fake_clock)
        assert heard == ["Call ", "555-0", "2 of them", "bye"]
