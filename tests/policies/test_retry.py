"""Retry's figures and limits: what a note, an event and a bound say, to the second."""

from __future__ import annotations

import asyncio
import re

import pytest

from beluga import (
    DeadlineExceeded,
    ErrorCode,
    ProviderError,
    RetryPolicy,
    RetryThrottle,
    budget,
    explain,
    layers,
    remaining,
    retry,
)
from beluga._engine.options import Live
from beluga._engine.target import Kind
from beluga.events import RetryScheduled
from beluga.testing.contracts.suite import outcome, subject

KINDS = pytest.mark.parametrize("kind", list(Kind))
STEADY = {"initial_backoff": 1.0, "backoff_factor": 2.0, "jitter": False}


class Down:
    """A function that fails as often as it is told, and says how often it was called."""

    def __init__(self, clock, faults=99, error=ConnectionError, seconds=0.0):
        self.clock, self.faults, self.error, self.seconds = clock, faults, error, seconds
        self.calls = []

    def ask(self):
        self.calls.append(self.clock.monotonic())
        self.clock.advance(self.seconds)
        if len(self.calls) <= self.faults:
            raise self.error
        return "fine"


def notes_of(function, error=ConnectionError):
    with pytest.raises(error) as caught:
        function()
    return getattr(caught.value, "__notes__", [])


def test_the_note_tells_attempts_and_time(fake_clock):
    """The time runs from the first failure, so that it is what the retries cost, without the first attempt."""
    down = Down(fake_clock, seconds=0.5)
    (note,) = notes_of(retry(max_attempts=3, **STEADY)(down.ask))
    assert down.calls == [0.0, 1.5, 4.0]
    assert note == "beluga: gave up after 3 attempts, 4 s after the first had failed"


def test_two_attempts_are_told_with_their_time(fake_clock):
    """From two on there is a time between the first failure and the last."""
    (note,) = notes_of(retry(max_attempts=2, **STEADY)(Down(fake_clock).ask))
    assert note == "beluga: gave up after 2 attempts, 1 s after the first had failed"


def test_one_attempt_that_was_all_there_was_needs_no_note(fake_clock):
    """An error that is not retried at all comes out as it was raised."""
    assert not notes_of(retry(**STEADY)(Down(fake_clock, error=KeyError).ask), KeyError)
    assert not notes_of(retry(max_attempts=1)(Down(fake_clock).ask))


def test_one_attempt_that_something_forbade_to_repeat_has_a_note(fake_clock):
    """It says what stood in the way."""
    (note,) = notes_of(retry(max_elapsed=0.5, **STEADY)(Down(fake_clock).ask))
    assert note == "beluga: gave up after 1 attempt: max_elapsed=0.5 s"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
@KINDS
def test_what_is_no_exception_is_shown_to_no_predicate(kind, error, fake_clock):
    """Whoever interrupts the program does not ask whether that is worth another attempt."""
    asked = []
    function = retry(retryable_errors=lambda fault: asked.append(fault) or True)(subject(kind, error()))
    with pytest.raises(error):
        outcome(kind, function)
    assert not asked


def test_the_event_of_an_error_names_its_class_and_code(fake_clock, events):
    """Who listens learns which attempt failed, how, and how long the wait is."""
    retry(**STEADY)(Down(fake_clock, faults=2).ask)()
    told = [(each.attempt, each.delay, each.code, each.error) for each in events.of(RetryScheduled)]
    code = ErrorCode.PROVIDER_UNAVAILABLE
    assert told == [(1, 1.0, code, "ConnectionError"), (2, 2.0, code, "ConnectionError")]


def test_the_event_of_a_bad_result_has_no_code(fake_clock, events):
    """A result is not an error, and is not told."""
    answers = iter(["bad", "good"])
    assert retry(on_result=lambda answer: answer == "bad", **STEADY)(lambda: next(answers))() == "good"
    (told,) = events.of(RetryScheduled)
    assert (told.attempt, told.delay, told.code, told.error) == (1, 1.0, None, "result")


@pytest.mark.parametrize(("bound", "calls"), [(3.0, 3), (2.75, 2)])
def test_the_longest_time_may_be_used_up(bound, calls, fake_clock):
    """A wait that ends exactly at max_elapsed is allowed, one that ends later is not."""
    down = Down(fake_clock)
    notes_of(retry(max_attempts=9, max_elapsed=bound, **STEADY)(down.ask))
    assert len(down.calls) == calls


def test_the_longest_time_counts_the_first_attempt_too(fake_clock):
    """It is the time of the whole call."""
    down = Down(fake_clock, seconds=2.0)
    notes_of(retry(max_attempts=9, max_elapsed=4.0, **STEADY)(down.ask))
    assert down.calls == [0.0, 3.0]


@pytest.mark.parametrize(("bound", "calls"), [(3.0, 2), (3.25, 3)])
def test_a_wait_that_uses_up_the_budget_is_not_begun(bound, calls, fake_clock):
    """Behind it there would be no time left for the attempt."""
    down = Down(fake_clock)
    function = budget(bound)(retry(max_attempts=9, **STEADY)(down.ask))
    with pytest.raises((ConnectionError, DeadlineExceeded)):
        function()
    assert len(down.calls) == calls


@pytest.mark.parametrize(("asked", "calls"), [(120.0, [0.0, 120.0]), (120.5, [0.0])])
def test_a_provider_may_ask_for_two_minutes(asked, calls, fake_clock):
    """Up to that its wish is followed in full, beyond it the error is raised at once and says so."""
    busy = ProviderError("busy", code=ErrorCode.RATE_LIMIT, retry_after=asked)
    down = Down(fake_clock, faults=1, error=busy)
    function = retry(**STEADY)(down.ask)
    if len(calls) == 2:
        assert function() == "fine"
    else:
        assert "the provider asked to wait 120.5 s" in notes_of(function, ProviderError)[0]
    assert down.calls == calls


def test_the_waits_grow_up_to_the_longest(fake_clock):
    """Each is the one before times the factor, and none is above max_backoff."""
    down = Down(fake_clock)
    notes_of(retry(max_attempts=5, initial_backoff=1.0, backoff_factor=3.0, max_backoff=5.0, jitter=False)(down.ask))
    assert [later - sooner for sooner, later in zip(down.calls, down.calls[1:], strict=False)] == [1.0, 3.0, 5.0, 5.0]


def test_a_throttle_closes_at_half_of_its_tokens(fake_clock):
    """A failure costs a token, a success gives a part back, and at half of them nothing is repeated."""
    throttle = RetryThrottle(max_tokens=4.0, token_ratio=0.5)
    function = retry(max_attempts=2, throttle=throttle, **STEADY)
    down = Down(fake_clock)
    (note,) = notes_of(function(down.ask))
    assert (throttle.tokens, len(down.calls)) == (2.0, 2)
    assert notes_of(function(down.ask)) == ["beluga: gave up after 1 attempt: the retry throttle is closed"]
    assert (throttle.tokens, len(down.calls)) == (1.0, 3)
    healthy = function(Down(fake_clock, faults=0).ask)
    for tokens in (1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.0):
        healthy()
        assert throttle.tokens == tokens
    assert note == "beluga: gave up after 2 attempts, 1 s after the first had failed"


@pytest.mark.parametrize("kind", ["sync", "async", "generator", "async generator"])
def test_each_attempt_has_a_time_of_its_own(kind, fake_clock):
    """One that hangs is given up at its time-out, and leaves the rest of the budget to the next one."""
    begun = []

    def seconds():
        begun.append((fake_clock.monotonic(), remaining()))
        return 60.0 if len(begun) == 1 else 1.0

    def ask():
        fake_clock.advance(min(seconds(), remaining() + 0.5))  # as a client does that is given what remains
        return "fine"

    async def ask_async():
        await asyncio.sleep(seconds())
        return "fine"

    def stream():
        yield ask()

    async def stream_async():
        yield await ask_async()

    def bounded(function):
        return budget(20.0)(retry(attempt_timeout=4.0, initial_backoff=1.0, jitter=False)(function))

    async def collect():
        return [item async for item in bounded(stream_async)()]

    if kind == "sync":
        answer = bounded(ask)()
    elif kind == "async":
        answer = fake_clock.run(bounded(ask_async)())
    elif kind == "generator":
        (answer,) = bounded(stream)()
    else:
        (answer,) = fake_clock.run(collect())
    late = 0.5 * (not kind.startswith("async"))
    assert answer == "fine"
    assert begun == [(0.0, 4.0), (5.0 + late, 4.0)]
    assert fake_clock.monotonic() == 6.0 + late


def test_the_last_attempt_s_time_out_is_the_error(fake_clock):
    """It is a DeadlineExceeded with the attempt's seconds, and has not the budget's."""

    @retry(attempt_timeout=4.0, initial_backoff=0)
    async def ask():
        await asyncio.sleep(60)

    with pytest.raises(DeadlineExceeded) as caught:
        fake_clock.run(ask())
    assert (caught.value.total, fake_clock.monotonic()) == (4.0, 12.0)
    assert "gave up after 3 attempts" in caught.value.__notes__[0]


def test_an_attempt_ends_with_the_budget_around_all(fake_clock):
    """The earlier deadline counts, and no attempt follows it."""
    begun = []

    @budget(5.0)
    @retry(attempt_timeout=4.0, initial_backoff=0)
    async def ask():
        begun.append(remaining())
        await asyncio.sleep(60)

    with pytest.raises(DeadlineExceeded):
        fake_clock.run(ask())
    assert (begun, fake_clock.monotonic()) == ([4.0, 1.0], 5.0)


def test_the_time_out_of_attempts_is_shown_and_may_be_live(fake_clock):
    """`explain` tells it at its place, inside the retry, and a configuration may change it."""
    current = [4.0]
    policy = RetryPolicy(attempt_timeout=Live(lambda: current[0], lambda rule: rule(current[0])), max_attempts=1)

    @policy
    async def ask():
        await asyncio.sleep(60)

    assert [layer.name for layer in layers(ask)] == ["retry", "attempt_timeout"]
    assert "attempt_timeout=4.0" in explain(ask)
    current[0] = 7.0
    with pytest.raises(DeadlineExceeded):
        fake_clock.run(ask())
    assert fake_clock.monotonic() == 7.0


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), True, [1]], ids=repr)
def test_the_time_of_an_attempt_is_a_number_of_seconds(wrong):
    """Anything else is refused when the decorator runs."""
    with pytest.raises(ValueError, match=r"attempt_timeout=.* must be a number above 0"):
        retry(attempt_timeout=wrong)


def test_the_note_of_an_error_says_who_else_tried():
    """And which option leaves it to one of the two."""

    @retry(max_attempts=3, initial_backoff=0.0)
    def inner():
        raise ConnectionError

    @retry(max_attempts=2, initial_backoff=0.0)
    def outer():
        inner()

    with pytest.raises(ConnectionError) as caught:
        outer()
    told = 'the last of them tried 3 times by .*inner as well .nested="outer" here would leave it to this retry'
    assert re.search(told, caught.value.__notes__[-1])
