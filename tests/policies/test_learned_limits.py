"""What a provider tells of its limits narrows a limiter, and never widens it."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga import CircuitOpen, ProviderError, Rate, RateLimited, RateLimiter, rate_limited
from beluga.schema import AIMessage, RateLimit, RateLimitInfo, Response
from beluga.stores import FakeStore
from beluga.testing import fake_clock as make_clock

ALGORITHMS = pytest.mark.parametrize("algorithm", ["fixed_window", "sliding_window", "token_bucket"])


class Headed:
    """A stranger's response, or the error that holds it."""

    def __init__(self, **headers):
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class StatusError(Exception):
    """A stranger's error."""

    def __init__(self, response):
        super().__init__("429")
        self.response = response


def told(remaining, reset=None):
    return Response(AIMessage("fine"), limits=RateLimitInfo(requests=RateLimit(60, remaining, reset)))


SAME = {
    "openai's headers": Headed(x_ratelimit_remaining_requests="7", x_ratelimit_reset_requests="53s"),
    "anthropic's headers": Headed(anthropic_ratelimit_requests_remaining="7"),
    "in any case": Headed(**{"X-RateLimit-Remaining-Requests": "7"}),
    "a mapping": {"x-ratelimit-remaining-requests": "7"},
    "an error": StatusError(Headed(x_ratelimit_remaining_requests="7")),
    "a response of ours": told(7),
    "an error of ours": ProviderError("no", limits=RateLimitInfo(requests=RateLimit(remaining=7))),
    "limits": RateLimitInfo(requests=RateLimit(remaining=7)),
}


@ALGORITHMS
@pytest.mark.parametrize("source", SAME.values(), ids=SAME)
def test_what_is_left_there_is_left_here(source, algorithm, fake_clock):
    """Of whatever kind the source is."""
    limiter = RateLimiter(60, algorithm=algorithm)
    assert limiter.learn_from(source)
    assert limiter.remaining() == 7
    assert [limiter.allow() for _ in range(8)] == [True] * 7 + [False]
    fake_clock.advance(60)
    assert limiter.remaining() == 60


@ALGORITHMS
def test_more_is_left_there_than_here(algorithm, fake_clock):
    """Then the limit that was given holds."""
    limiter = RateLimiter(5, algorithm=algorithm)
    limiter.allow()
    assert limiter.learn_from(told(50))
    assert limiter.remaining() == 4


@ALGORITHMS
@pytest.mark.parametrize("key", [None, "who"])
def test_a_retry_after_closes_the_limiter_for_as_long(key, algorithm, fake_clock):
    """Longer than its window if need be, for this key alone, and for the function as for what is asked by hand."""
    limiter = RateLimiter(60, 10.0, key=key, algorithm=algorithm)
    ask = limiter(lambda who="a": who)
    ask()
    assert limiter.learn_from(StatusError(Headed(retry_after="25")), key and "a")
    with pytest.raises(RateLimited) as caught:
        ask()
    assert caught.value.retry_after == limiter.retry_after(key and "a") == 25.0
    assert limiter.remaining(key and "a") == 0
    fake_clock.advance(24.5)
    assert not limiter.allow(key and "a")
    if key:
        assert ask("b") == "b"
    fake_clock.advance(0.5)
    assert ask() == "a"


@pytest.mark.parametrize("key", [None, "who"])
def test_what_is_counted_in_line_is_closed_too(key):
    """Under the machine's own clock a fixed window takes a short way, which a closure stops as well."""
    limiter = RateLimiter(60, key=key)
    ask = limiter(lambda who="a": who)
    for _ in range(3):
        ask()
    limiter.learn_from({"retry-after": "25"}, key and "a")
    with pytest.raises(RateLimited) as caught:
        ask()
    assert 24.0 < caught.value.retry_after <= 25.0
    if key:
        assert ask("b") == "b"


def test_after_a_closure_the_permits_are_as_they_were(fake_clock):
    """Those taken before it count in their window, the others are free."""
    for algorithm in ("fixed_window", "sliding_window", "token_bucket"):
        limiter = RateLimiter(10, 100.0, algorithm=algorithm)
        for _ in range(4):
            limiter.allow()
        limiter.learn_from({"retry-after": "10"})
        limiter.learn_from({"retry-after": "5"})
        assert limiter.retry_after() == pytest.approx(10.0)
        fake_clock.advance(10.0)
        assert limiter.remaining() == (7 if algorithm == "token_bucket" else 6)


def test_who_waits_waits_for_that(fake_clock):
    """A limiter that waits sleeps until the provider wants more."""
    limiter = RateLimiter(60, wait=True)
    limiter.learn_from({"retry-after-ms": "2500"})
    assert limiter(lambda: "fine")() == "fine"
    assert fake_clock.monotonic() == 2.5


def test_an_empty_bucket_closes_until_it_is_full(fake_clock):
    """As its reset tells; a limiter of tokens reads those of tokens, one of both reads each."""
    limiter = RateLimiter(rates=[Rate(60), Rate(1000, cost=lambda given: given["tokens"], name="tokens")])
    headers = {"anthropic-ratelimit-requests-remaining": "9", "anthropic-ratelimit-output-tokens-remaining": "40"}
    limiter.learn_from(headers)
    assert limiter.retry_after(cost=40) == 0.0
    assert limiter.retry_after(cost=41) == 60.0
    limiter.learn_from({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"})
    assert limiter.retry_after(cost=1) == 360.0
    requests = RateLimiter(60)
    assert requests.learn_from({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"})
    assert requests.remaining() == 60


NOTHING = [None, "fine", Headed(), ValueError(), Response(AIMessage("fine")), {}, 5]


@pytest.mark.parametrize("nothing", NOTHING, ids=lambda value: type(value).__name__)
def test_what_tells_nothing_changes_nothing(nothing, fake_clock):
    """Nor does the refusal of a policy of ours, whose time is not the provider's."""
    limiter = RateLimiter(60)
    assert not limiter.learn_from(nothing)
    assert not limiter.learn_from(CircuitOpen(retry_after=30))
    assert limiter.remaining() == 60


def test_a_clock_that_goes_back_opens_the_limiter():
    """What was closed at a time that has not come says nothing."""
    limiter = RateLimiter(60)
    with make_clock(start=1000.0) as clock:
        limiter.learn_from({"retry-after": "20"})
        assert limiter.retry_after() == 20.0
        clock.monotonic = lambda: 5.0
        assert limiter.retry_after() <= 60.0
    limiter.reset()
    assert limiter.remaining() == 60


def test_a_key_is_asked_for_where_there_are_keys():
    """As everywhere."""
    with pytest.raises(ValueError, match="needs a key"):
        RateLimiter(5, key="who").learn_from({})
    with pytest.raises(ValueError, match="one bucket"):
        RateLimiter(5).learn_from({}, "a")
    with pytest.raises(ValueError, match="learn=1 must be True or False"):
        rate_limited(5, learn=1)
    for wrong in (
        lambda: RateLimiter(5, store=FakeStore(), learn=True),
        lambda: RateLimiter(5, store=FakeStore()).learn_from({}),
    ):
        with pytest.raises(ValueError, match="leave out learn=, or store="):
            wrong()


@pytest.mark.parametrize("kind", ["sync", "async", "generator", "async generator"])
def test_the_decorator_learns_from_what_passes(kind, fake_clock):
    """From a result, the items of a stream and an error, for the key of the call."""
    limiter = RateLimiter(60, key="who", learn=True)

    @limiter
    def ask(who):
        return told(7)

    @limiter
    async def ask_async(who):
        return told(7)

    @limiter
    def stream(who):
        yield from [told(7), "fine", 5]

    @limiter
    async def stream_async(who):
        yield told(7)

    @limiter
    def fail(who):
        raise StatusError(Headed(retry_after="25"))

    async def collect():
        return [item async for item in stream_async("a")]

    calls = {
        "sync": lambda: ask("a"),
        "async": lambda: asyncio.run(ask_async("a")),
        "generator": lambda: list(stream("a")),
        "async generator": lambda: asyncio.run(collect()),
    }
    calls[kind]()
    assert (limiter.remaining("a"), limiter.remaining("b")) == (7, 60)
    with pytest.raises(StatusError):
        fail("b")
    assert (limiter.retry_after("a"), limiter.retry_after("b")) == (0.0, 25.0)


@given(st.lists(st.tuples(st.sampled_from("atl"), st.integers(0, 12)), max_size=20))
def test_nothing_told_admits_more(steps):
    """A limiter that learns admits a call only where one that does not admits it too, unless its window began then."""
    with make_clock() as clock:
        for algorithm in ("sliding_window", "token_bucket"):
            plain, learning = RateLimiter(8, 10.0, algorithm=algorithm), RateLimiter(8, 10.0, algorithm=algorithm)
            for step, figure in steps:
                if step == "l":
                    learning.learn_from({"x-ratelimit-remaining-requests": str(figure)})
                    assert learning.remaining() <= figure
                elif step == "t":
                    clock.advance(figure)
                elif learning.remaining():
                    assert plain.remaining() >= learning.remaining()
                    assert learning.allow()
                    assert plain.allow()


@ALGORITHMS
def test_what_is_used_up_there_is_free_here_when_it_begins_anew_there(algorithm, fake_clock):
    """Nothing is left until the moment that the provider names, and no longer: its window is not ours."""
    limiter = RateLimiter(60, 600.0, algorithm=algorithm)
    limiter.learn_from(told(0, 5.0))
    assert (limiter.remaining(), limiter.retry_after()) == (0, pytest.approx(5.0))
    fake_clock.advance(5.0)
    assert limiter.remaining() == 60
    assert all(limiter.allow() for _ in range(10))
    assert (limiter.remaining(), limiter.remaining()) == (50, 50)
