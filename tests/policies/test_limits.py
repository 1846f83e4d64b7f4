"""Limiters, breakers, budgets and spans: what the properties do not reach."""

from __future__ import annotations

import asyncio

import pytest

from beluga import (
    Amount,
    BudgetExceeded,
    CircuitBreaker,
    DeadlineExceeded,
    ErrorCode,
    Rate,
    RateLimited,
    RateLimiter,
    TimeoutBudget,
    breaker,
    budget,
    fallback,
    retry,
    traced,
)  # fmt: skip
from beluga.config import Live
from beluga.errors import CircuitOpen
from beluga.events import CircuitChanged, FallbackTaken
from beluga.schema import Chunk, Usage

ALGORITHMS = pytest.mark.parametrize("algorithm", ["fixed_window", "sliding_window", "token_bucket"])


@ALGORITHMS
def test_keys_are_bounded(algorithm, fake_clock):
    """Beyond max_keys the oldest key is forgotten, and begins afresh."""
    limiter = RateLimiter(1, key="who", algorithm=algorithm, max_keys=2)
    assert [limiter.allow(key) for key in "abca"] == [True, True, True, True]
    assert limiter.describe().endswith("keys=2")
    assert limiter.remaining("new") == 1
    assert limiter.retry_after("a") > 0
    with pytest.raises(RateLimited):
        limiter.reserve("a")


@ALGORITHMS
def test_a_result_settles_what_the_call_cost(algorithm, fake_clock):
    """Tokens are reserved by estimate and corrected by the result, also for calls at the same moment."""
    limiter = RateLimiter(
        rates=[Rate(10), Rate(100, cost=lambda given: given["n"], name="tokens")],
        algorithm=algorithm,
        key=lambda given: "one",
        settle=lambda result: result,
    )

    @limiter
    def ask(n, actual):
        return actual

    for _ in range(2):
        ask(40, 10)
    assert limiter.remaining("one") == 8
    ask(70, 70)
    with pytest.raises(RateLimited, match="10 per 60 s and 100 per 60 s is used up"):
        ask(40, 0)
    with pytest.raises(ValueError, match="tokens: cost='x'"):
        ask("x", 0)


def test_a_limited_wait_is_refused_beyond_it(fake_clock):
    """A place that comes too late for the longest wait or the deadline is not taken."""
    limiter = RateLimiter(1, 10.0, wait=5)
    call = limiter(lambda: fake_clock.monotonic())
    assert call() == 0
    with pytest.raises(RateLimited):
        call()
    fake_clock.advance(6)
    assert call() == 10
    patient = RateLimiter(1, 10.0, wait=True)(lambda: fake_clock.monotonic())
    bounded = budget(5)(patient)
    bounded()
    with pytest.raises(RateLimited):
        bounded()


def test_the_argument_may_be_missing_or_in_kwargs(fake_clock):
    """A key is read from wherever it is given, and a call without it is the function's own error."""
    limiter = RateLimiter(1, key="who")

    @limiter
    def ask(who, **more):
        return who

    @limiter
    def anything(**given):
        return given["who"]

    assert ask("a") == "a"
    assert anything(who="b") == "b"
    with pytest.raises(TypeError, match="missing a required argument: 'who'"):
        ask()
    with pytest.raises(TypeError, match="is called without 'who'"):
        anything()


def test_a_rate_of_failures_opens_the_circuit(fake_clock, events):
    """Enough calls and enough failures within the window; old ones are forgotten, slow ones count as bad."""
    policy = CircuitBreaker(failure_rate=0.5, minimum_calls=4, window=10, slow_call=2, reset_timeout=5)

    @policy
    def ask(seconds):
        fake_clock.advance(seconds)

    for seconds in (3, 11, 0, 0, 0):
        ask(seconds)
    assert policy.state == "closed"
    for _ in range(2):
        ask(3)
    assert policy.state == "open"
    fake_clock.advance(5)
    ask(0)
    assert [event.new for event in events.of(CircuitChanged)] == ["open", "half_open", "closed"]


def test_each_key_has_its_circuit(fake_clock):
    """One key's outage does not stop the others; our own refusals and the caller's faults count neither way."""
    policy = CircuitBreaker(failure_threshold=1, key="who", max_keys=2)

    @policy
    def ask(who, error=None):
        if error:
            raise error

    for error in (RateLimited(), KeyboardInterrupt(), BudgetExceeded()):
        with pytest.raises(type(error)):
            ask("a", error)
    ask("a")
    with pytest.raises(DeadlineExceeded):
        ask("a", DeadlineExceeded())
    with pytest.raises(CircuitOpen):
        ask("a")
    ask("b")
    policy.reset("a")
    ask("a")
    policy.trip("b")
    with pytest.raises(CircuitOpen):
        ask("b")


def test_tokens_and_money_are_charged_to_all_around(fake_clock):
    """Usage is charged inside and outside: of a stream its last report, of a failure the estimate."""
    outer = budget(tokens=1000, key=lambda given: 0)
    inner = budget(tokens=500, cost=1.0, key=lambda given: 0, price=lambda usage: 0.25, estimate=lambda given: 5)

    @outer
    @inner
    def ask(error=None):
        if error:
            raise error
        return Usage(input_tokens=10, output_tokens=5)

    @outer
    @inner
    def stream():
        yield "a"
        yield Usage(input_tokens=1, output_tokens=1)
        yield Usage(input_tokens=2, output_tokens=3)

    ask()
    with pytest.raises(ValueError, match="no"):
        ask(ValueError("no"))
    assert list(stream())
    assert inner.account(0).spent == Amount(25, 0.5)
    assert outer.account(0).spent.tokens == 25
    ask()
    ask()
    with pytest.raises(BudgetExceeded, match="does not cover the call: 1 spent") as caught:
        ask()
    assert caught.value.unit == "cost"


def test_a_price_that_fails_leaves_the_estimate():
    """The error surfaces, and the call costs what was reserved for it."""
    policy = budget(tokens=50, key=lambda given: 0, price=lambda usage: 1 / 0, estimate=20)
    with pytest.raises(ZeroDivisionError):
        policy(lambda: Usage(input_tokens=1))()
    assert policy.account(0).spent.tokens == 20


def test_time_budgets_fail_early_and_late(fake_clock):
    """No time left at the start, too late at the end, no budget to share, and steps of a TimeoutBudget."""
    late = budget(5)(lambda: fake_clock.advance(6))
    with pytest.raises(DeadlineExceeded):
        late()
    with pytest.raises(RuntimeError, match="needs an enclosing budget"):
        budget(share=0.5)(lambda: None)()
    turn = TimeoutBudget(10)
    part = turn.allocate(0.5)
    assert part.remaining() == 5
    with pytest.raises(DeadlineExceeded), part:
        assert part.remaining() == 5
        fake_clock.advance(6)
    fake_clock.advance(6)
    assert turn.remaining() == 0
    with pytest.raises(DeadlineExceeded), turn.allocate():
        raise AssertionError
    with pytest.raises(DeadlineExceeded):
        budget(5)(lambda: (fake_clock.advance(5), budget(1)(lambda: None)()))()

    @budget(10)
    @budget(5)
    def stream():
        yield 1
        fake_clock.advance(20)
        yield 2

    with pytest.raises(DeadlineExceeded):
        list(stream())


def test_fallbacks_are_tried_in_order(events):
    """Each is told; the last error is raised with a note; what is the same everywhere is raised at once."""

    def down():
        raise ConnectionError("b")

    @fallback(down, down)
    def ask():
        raise ConnectionError("a")

    with pytest.raises(ConnectionError, match="b") as caught:
        ask()
    assert caught.value.__notes__ == [f"beluga: {ask.__qualname__} and 2 alternatives failed"]
    assert len(events.of(FallbackTaken)) == 2
    with pytest.raises(ConnectionError, match="a"):
        fallback(down, on=ErrorCode.TIMEOUT)(ask.__wrapped__)()
    assert fallback(lambda: "fine", on=[ConnectionError, lambda error: False])(down)() == "fine"
    assert fallback(lambda: "fine", on=lambda error: True)(down)() == "fine"
    assert fallback(lambda: "fine", on="provider_unavailable")(down)() == "fine"


def test_retries_stop_for_a_reason(fake_clock):
    """max_elapsed, a bad result, an unlimited growth and our own refusals."""
    with pytest.raises(ConnectionError) as caught:
        retry(max_elapsed=1, initial_backoff=5, jitter=False)(_down)()
    assert "max_elapsed=1 s" in caught.value.__notes__[0]
    answers = iter([1, 2, 3])
    assert retry(on_result=lambda value: value < 9)(lambda: next(answers))() == 3
    policy = retry(max_attempts=2, backoff_factor=1e200)
    assert policy.backoff(5000) == policy.max_backoff

    @retry(retryable_errors=Exception)
    @breaker(failure_threshold=1)
    def ask():
        raise ConnectionError

    with pytest.raises(CircuitOpen):
        ask()
    with pytest.raises(RateLimited):
        retry(retryable_errors=RateLimited, max_attempts=1)(RateLimiter(1)(_down_limited))()


def _down():
    raise ConnectionError


def _down_limited():
    raise RateLimited


def test_a_span_hears_of_what_happens_inside_it_only(spans, fake_clock, caplog):
    """Retries inside are events on the span; a retry outside comes after the span's end, and is none."""

    @retry(max_attempts=2)
    @traced("outer", operation="chat")
    @retry(max_attempts=2)
    def ask():
        raise ConnectionError

    with pytest.raises(ConnectionError):
        ask()
    assert [[event.name for event in span.events] for span in spans.spans] == [["beluga.retry"]] * 2
    assert not caplog.records
    spans.assert_all_ended()


def test_a_span_tells_what_came_of_the_call(spans, fake_clock):
    """Usage, answer and the way a stream ended; the agent's or tool's name makes the span's."""

    class Answer:
        usage = Usage(input_tokens=3, output_tokens=4, cached_tokens=1)
        finish_reason, id, model = "stop", "id-1", "gpt-4o"

    traced(operation="chat", model="gpt-4o", attributes={"tenant": "a"})(lambda: Answer())()
    found = spans.one("chat gpt-4o").attributes
    assert found["gen_ai.usage.output_tokens"] == 4
    assert found["gen_ai.response.finish_reasons"] == ("stop",)
    assert found["tenant"] == "a"
    traced(agent="planner")(lambda: None)()
    assert spans.one("invoke_agent planner").kind.name == "INTERNAL"

    @traced("stream")
    def stream():
        yield Usage(input_tokens=1, output_tokens=2)
        yield "x"

    list(stream())
    assert spans.one("stream").attributes["beluga.stream.outcome"] == "completed"
    half = traced("half")(stream.__wrapped__)()
    next(half)
    half.close()
    assert spans.one("half").attributes["beluga.stream.outcome"] == "abandoned"
    failing = traced("failing")(stream.__wrapped__)()
    next(failing)
    with pytest.raises(ValueError, match="x"):
        failing.throw(ValueError("x"))
    assert spans.one("failing").attributes["beluga.stream.outcome"] == "error"


@ALGORITHMS
def test_a_reset_forgets_one_key_or_all(algorithm, fake_clock):
    """The keys named begin anew, the others stay as they are, and a limiter without keys takes none."""
    limiter = RateLimiter(1, key="who", algorithm=algorithm)
    assert [limiter.allow(key) for key in "abab"] == [True, True, False, False]
    limiter.reset("a")
    assert [limiter.remaining(key) for key in "ab"] == [1, 0]
    limiter.reset()
    assert [limiter.remaining(key) for key in "ab"] == [1, 1]
    with pytest.raises(ValueError, match="key"):
        RateLimiter(1).reset("a")


@ALGORITHMS
def test_a_reset_lets_who_waits_go_on(algorithm, fake_clock):
    """The first of the queue is told at once, and does not sleep until its old turn."""
    limiter = RateLimiter(1, 60.0, algorithm=algorithm, wait=True)

    @limiter
    async def ask():
        return fake_clock.monotonic()

    async def main():
        await ask()
        waiting = asyncio.ensure_future(ask())
        await asyncio.sleep(5.0)
        limiter.reset()
        return await waiting

    assert fake_clock.run(main()) == 5.0


@pytest.mark.parametrize(
    "options",
    [
        {"algorithm": "token_bucket"},
        {"algorithm": "sliding_window", "wait": True},
        {"algorithm": "fixed_window"},
        {"rates": [Rate(5), Rate(9)]},
    ],
    ids=str,
)
def test_a_key_that_cannot_be_hashed_is_told(options, fake_clock):
    """Whichever layer counts, the error names the decorator and the function, and not a dict's inside."""
    limiter = RateLimiter(**({"limit": 5} | options if "rates" not in options else options), key="who")
    ask = limiter(lambda who: who)
    assert ask("ada") == "ada"
    with pytest.raises(TypeError, match=r"rate_limited.*list"):
        ask(["ada"])


@ALGORITHMS
def test_of_several_rates_all_are_taken_or_none(algorithm, fake_clock):
    """What the first rate gave goes back when the second has nothing left."""
    limiter = RateLimiter(rates=[Rate(10, name="calls"), Rate(100, cost=60, name="tokens")], algorithm=algorithm)
    assert [limiter.allow(), limiter.allow()] == [True, False]
    assert limiter.allow(cost=40)
    assert [limiter.allow(cost=0) for _ in range(9)] == [True] * 8 + [False]


@ALGORITHMS
def test_what_was_never_sent_costs_nothing(algorithm, fake_clock):
    """A call that a layer further in refuses gives all of its permits back."""
    limiter = RateLimiter(10, algorithm=algorithm, cost=4, settle=lambda result: result)

    @limiter
    @RateLimiter(1)
    def ask():
        return 4

    ask()
    with pytest.raises(RateLimited, match="limit of 1 per"):
        ask()
    assert limiter.remaining() == 6


@ALGORITHMS
def test_a_call_that_fails_without_a_report_keeps_its_booking(algorithm, fake_clock):
    """It was sent, and nobody knows what it cost."""
    limiter = RateLimiter(10, algorithm=algorithm, cost=4, settle=lambda result: 1)

    @limiter
    def ask():
        raise ConnectionError

    with pytest.raises(ConnectionError):
        ask()
    assert limiter.remaining() == 6


@pytest.mark.parametrize(
    ("settle", "told"),
    [
        (lambda result: "much", "gave str, which is not a number of permits"),
        (lambda result: -1, "gave int, which is not a number of permits"),
        (lambda result: True, "gave bool, which is not a number of permits"),
        (lambda result: result.usage, "failed with AttributeError"),
    ],
    ids=["a text", "less than nothing", "a flag", "an error"],
)
def test_a_settlement_that_fails_leaves_the_booking(settle, told, fake_clock, caplog):
    """The answer is there and paid for: it is handed out, and the log says what went wrong."""
    limiter = RateLimiter(10, cost=4, settle=settle)
    assert limiter(lambda: "answer")() == "answer"
    assert limiter.remaining() == 6
    assert [record.getMessage() for record in caplog.records] == [
        f"rate_limited: settle= {told}; the booked cost stands"
    ]


def test_a_stream_is_settled_by_its_last_report(fake_clock):
    """Of its items the last one that tells a usage counts, and a broken stream that told one is settled as well."""
    limiter = RateLimiter(1000, cost=400, settle=lambda item: item.usage.input_tokens)

    @limiter
    def ask(*, fails):
        yield Chunk("a", usage=Usage(100, 1))
        yield Chunk("b", usage=Usage(150, 2))
        yield Chunk("c")
        if fails:
            raise ConnectionError

    list(ask(fails=False))
    assert limiter.remaining() == 850
    with pytest.raises(ConnectionError):
        list(ask(fails=True))
    assert limiter.remaining() == 700


def test_a_stream_that_a_retry_inside_began_anew_is_settled_once(fake_clock):
    """The limit sees one call; of all its streams the last report counts."""
    limiter, runs = RateLimiter(1000, cost=400, settle=lambda item: item.usage.input_tokens), []

    @limiter
    @retry(initial_backoff=0, replay=True)
    def ask(told):
        runs.append(told)
        yield Chunk("a", usage=Usage(100, 1))
        if len(runs) == 1:
            raise ConnectionError
        yield Chunk("b", usage=told)

    assert len([*ask(Usage(150, 2))]) == 3
    assert (len(runs), limiter.remaining()) == (2, 850)


def test_a_reservation_is_settled_once(fake_clock):
    """Permits that are given back cannot be given back again."""
    limiter = RateLimiter(1000)
    reservation = limiter.reserve(cost=400)
    reservation.settle(150)
    reservation.settle(0)
    assert limiter.remaining() == 850


@ALGORITHMS
def test_a_clock_that_goes_back_refuses_nobody_for_longer_than_a_window(algorithm):
    """What was taken at a time that has not come counts as taken now."""
    meter = RateLimiter(2, 10.0, algorithm=algorithm).permits.system.meters[0]
    assert [meter.take(None, 1000.0, 1) for _ in range(3)] == [True, True, False]
    assert not meter.take(None, 5.0, 1)
    assert 5.0 < meter.free_at(None, 5.0, 1) <= 15.0
    assert meter.take(None, 15.0, 1)


@ALGORITHMS
def test_permits_of_a_key_that_is_forgotten_are_not_given_back(algorithm):
    """A key that had to make room in the meantime begins afresh, with its limit and no more."""
    limiter = RateLimiter(3, key="who", algorithm=algorithm, max_keys=1)
    reservation = limiter.reserve("a", cost=2)
    assert limiter.allow("b")
    reservation.settle(0)
    assert limiter.remaining("a") == 3


@ALGORITHMS
def test_several_windows_worth_of_permits_are_free_windows_later(algorithm, fake_clock):
    """Who waits behind others asks for more than one window gives, from a limiter in use and from a fresh one."""
    meter = RateLimiter(2, 10.0, algorithm=algorithm).permits.system.meters[0]
    fresh = meter.free_at(None, 0.0, 4)
    meter.take(None, 0.0, 2)
    used = meter.free_at(None, 0.0, 4)
    assert fresh == 10.0
    assert used == 20.0


def test_a_live_limit_must_cover_the_cost():
    """A new limit that a call could never meet is refused before it comes into use."""
    rules = []
    RateLimiter(Live(lambda: 10, rules.append, "limits"), cost=4)
    for rule in rules:
        rule(4)
    with pytest.raises(ValueError, match=r"cost=4 must be a number from 0 to the limit of 3"):
        for rule in rules:
            rule(3)


@pytest.mark.parametrize("layers", [(), (breaker,)], ids=["alone", "with another layer"])
def test_a_key_counts_however_it_is_given(layers):
    """By place, by name and by default, under the machine's own clock, where the call is counted in line."""
    limiter = RateLimiter(6, key="tenant")

    def ask(tenant="a", *, text=""):
        return tenant, text

    for layer in layers:
        ask = layer(ask)
    ask = limiter(ask)
    for _ in range(2):
        assert [ask("a"), ask(tenant="a"), ask(text="x")] == [("a", ""), ("a", ""), ("a", "x")]
    for call in (lambda: ask("a"), lambda: ask(tenant="a"), ask):
        with pytest.raises(RateLimited):
            call()
    assert (limiter.remaining("a"), limiter.remaining("b"), ask("b")) == (0, 6, ("b", ""))
    for call in (lambda: ask([]), lambda: ask(tenant=[])):
        with pytest.raises(TypeError, match="key= gave a list"):
            call()
    strict = limiter(lambda tenant, *, text: tenant)
    with pytest.raises(TypeError, match=r"missing .* 'tenant'"):
        strict(text="x")
