"""Wrong options raise when the decorator runs, and say what, which value, and what instead."""

from __future__ import annotations

import datetime
import functools

import pytest

from beluga import (
    Bulkhead,
    Cache,
    CircuitBreaker,
    Rate,
    RateLimiter,
    RetryPolicy,
    RetryThrottle,
    TimeoutBudget,
    breaker,
    budget,
    bulkhead,
    explain,
    fallback,
    guarded,
    hedge,
    rate_limited,
    retry,
    spend,
    traced,
)  # fmt: skip
from beluga._engine.options import Live
from beluga._policies.budget import Budget

NAN = float("nan")


async def _async():
    """Do nothing."""


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: retry(max_attempts=0), "retry: max_attempts=0 must be a whole number of at least 1"),
        (lambda: retry(max_attempts=True), "max_attempts=True must be a whole number"),
        (lambda: retry(max_attempts=2.5), "max_attempts=2.5 must be a whole number"),
        (lambda: retry(initial_backoff=-1), "initial_backoff=-1.0 must be a number at least 0"),
        (lambda: retry(max_backoff=NAN), "max_backoff=nan must be a number"),
        (lambda: retry(backoff_factor=0.5), "backoff_factor=0.5 must be a number at least 1"),
        (lambda: retry(max_elapsed=0), "max_elapsed=0.0 must be a number above 0"),
        (lambda: retry(jitter="yes"), "jitter='yes' must be True or False"),
        (lambda: retry(replay=1), "replay=1 must be True or False"),
        (lambda: retry(on_result=5), "on_result=5 must be a function"),
        (lambda: retry(throttle=5), "throttle=5 must be a RetryThrottle"),
        (lambda: retry(retryable_errors="nope"), "'nope', which is no error code; known are"),
        (lambda: retry(retryable_errors=5), "retryable_errors holds 5: list error codes"),
        (lambda: retry(retryable_errors=[KeyboardInterrupt]), "always passes"),
        (lambda: RetryThrottle(0), "max_tokens=0 must be above 0 and at most 1000"),
        (lambda: RetryThrottle(5, 6), "token_ratio=6 must be above 0"),
        (lambda: breaker(failure_threshold=0), "breaker: failure_threshold=0 must be"),
        (lambda: breaker(failure_rate=1.5), "failure_rate=1.5 must be a number above 0 and at most 1"),
        (lambda: breaker(slow_call=0), "slow_call=0.0 must be"),
        (lambda: breaker(counts=[5]), "breaker: counts holds 5"),
        (lambda: breaker(key="project")(lambda text: text), "key='project': .* has no such parameter; it has text"),
        (lambda: breaker(key=5)(lambda text: text), "key=5 must be the name of a parameter"),
        (lambda: CircuitBreaker().trip("a"), "made without key="),
        (lambda: rate_limited(), "give either limit= or rates="),
        (lambda: rate_limited(5, rates=[Rate(5)]), "give either limit= or rates="),
        (lambda: rate_limited(-5), "limit=-5 must be a number above 0"),
        (lambda: rate_limited(5, window=NAN), "window=nan must be"),
        (lambda: rate_limited(5, cost=6), "cost=6 must be a number from 0 to the limit of 5"),
        (lambda: rate_limited(5, cost=-1), "cost=-1 must be"),
        (lambda: rate_limited(5, algorithm="leaky"), "algorithm='leaky' must be \"fixed_window\" or "),
        (lambda: rate_limited(5, wait=-1), "wait=-1.0 must be a bool or the most seconds"),
        (lambda: rate_limited(5, wait="long"), "wait='long' must be"),
        (lambda: rate_limited(5, settle=5), "settle=5 must be a function"),
        (lambda: rate_limited(5, max_keys=0), "max_keys=0 must be"),
        (lambda: rate_limited(5, key="who")(lambda: 1), "it has none"),
        (lambda: RateLimiter(5).allow("a"), "was made without key="),
        (lambda: RateLimiter(5, key="who").remaining(), "needs a key"),
        (lambda: RateLimiter(5, cost=lambda given: 1).allow(), "so give cost= here"),
        (lambda: RateLimiter(5).allow(cost=6), "cost=6 must be"),
        (lambda: budget(), "give total= or share= for time"),
        (lambda: budget(-1), "total=-1.0 must be a number above 0"),
        (lambda: budget(share=2), "share=2 must be a number above 0 and at most 1"),
        (lambda: budget(5, key="who"), "belong to a budget of tokens= or cost="),
        (lambda: budget(tokens=NAN), "tokens=nan must be"),
        (lambda: budget(tokens=5, estimate=-1), "estimate=-1 must be a number of tokens"),
        (lambda: budget(tokens=5, price=5), "price=5 must be a function"),
        (lambda: TimeoutBudget(0), "total=0.0 must be"),
        (lambda: TimeoutBudget(5).allocate(0), "fraction=0 must be"),
        (lambda: spend(tokens=-1), "tokens=-1 and cost=0.0 must not be negative"),
        (lambda: fallback(), "name at least one alternative"),
        (lambda: fallback(_async)(lambda: 1), "make both of one kind"),
    ],
)  # fmt: skip
def test_a_wrong_option_raises_at_once(make, message):
    """ValueError or TypeError, with the option, the value and the rule."""
    with pytest.raises((ValueError, TypeError), match=message):
        make()


@pytest.mark.parametrize(
    ("make", "least"),
    [
        (RetryPolicy, {"max_attempts": 1, "initial_backoff": 0, "max_backoff": 0, "backoff_factor": 1}),
        (CircuitBreaker, {"failure_threshold": 1, "half_open_max": 1, "success_threshold": 1, "max_keys": 1}),
        (CircuitBreaker, {"failure_rate": 1, "minimum_calls": 1, "window": 1e-9, "slow_call": 1e-9}),
        (RateLimiter, {"limit": 1e-9, "window": 1e-9, "cost": 0, "max_keys": 1}),
        (Bulkhead, {"max_concurrent": 1, "max_queue": 0, "max_keys": 1}),
        (Bulkhead, {"max_concurrent": "auto", "start": 1, "maximum": 1}),
        (Cache, {"ttl": 1e-9, "maxsize": 1, "stale": 0, "negative": 1e-9}),
        (budget, {"share": 1, "tokens": 1e-9, "estimate": 0, "key": "text", "max_keys": 1, "window": 1e-9}),
        (hedge, {"after": 1e-9, "max_hedges": 1}),
        (RetryThrottle, {"max_tokens": 1000, "token_ratio": 1e-9}),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else getattr(value, "__name__", ""),
)
def test_the_edge_of_each_range_is_in_it(make, least):
    """The least or the most that an option may be is a good value of it."""
    made = make(**least)
    for option, value in least.items():
        assert getattr(made, option, value) == value


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (RetryPolicy, "max_attempts=0 initial_backoff=-1 max_backoff=-1 backoff_factor=0.9 max_elapsed=0"),
        (RetryPolicy, "attempt_timeout=0"),
        (CircuitBreaker, "failure_threshold=0 reset_timeout=0 half_open_max=0 success_threshold=0 max_keys=0"),
        (CircuitBreaker, "failure_rate=0 failure_rate=1.1 minimum_calls=0 window=0 slow_call=0"),
        (functools.partial(RateLimiter, 5), "window=0 cost=-1 max_keys=0"),
        (RateLimiter, "limit=0"),
        (functools.partial(Bulkhead, 1), "max_queue=-1 max_keys=0"),
        (functools.partial(Bulkhead, "auto"), "start=0 maximum=0"),
        (functools.partial(Cache, 60), "maxsize=0 stale=-1 negative=0"),
        (Cache, "ttl=0"),
        (budget, "total=0 share=0 share=1.1 tokens=0 cost=0"),
        (functools.partial(budget, tokens=5, key="text"), "max_keys=0 window=0"),
        (functools.partial(hedge, after=1), "max_hedges=0"),
        (RetryThrottle, "max_tokens=0 max_tokens=1001 token_ratio=0"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_lies_beyond_the_edge_is_not(make, options):
    """The first value beyond it is refused, by the option's own name."""
    for given in options.split():
        option, _, value = given.partition("=")
        with pytest.raises(ValueError, match=f"{option}="):
            make(**{option: float(value) if "." in value else int(value)})


def test_an_option_that_cannot_change_takes_no_live_value():
    """Whatever its check is, and the message names those that can."""
    able = "max_attempts, initial_backoff, max_backoff, backoff_factor, max_elapsed, attempt_timeout"
    for option in ("jitter", "replay", "on_result", "nested"):
        with pytest.raises(TypeError, match=f"^retry: {option}= cannot follow a live value; these can: {able}$"):
            retry(**{option: Live(lambda: True, lambda rule: None)})


@pytest.mark.parametrize(
    ("make", "option"),
    [
        (Cache, "ttl"),
        (functools.partial(Cache, 60), "maxsize"),
        (functools.partial(bulkhead, 5), "max_queue"),
        (functools.partial(hedge, after=1), "max_hedges"),
        (guarded, "observe"),
        (functools.partial(rate_limited, 5), "algorithm"),
        (functools.partial(rate_limited, 5), "lease"),
        (functools.partial(rate_limited, 5), "wait"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_option_of_a_policy_takes_no_live_value_where_it_cannot_follow_it(make, option):
    """A guard would only have observed, as an object of whatever value is true, and a cache would have failed later."""
    with pytest.raises(TypeError, match=f": {option}= cannot follow a live value"):
        make(**{option: Live(lambda: 1, lambda rule: None)})


@pytest.mark.parametrize("wrong", ["false", 1, None], ids=repr)
def test_a_guard_observes_only_where_it_is_told_so_by_a_bool(wrong):
    """A text of an environment, such as "false", would have turned every guard off."""
    with pytest.raises(ValueError, match=f"^guarded: observe={wrong!r} must be True or False$"):
        guarded(observe=wrong)


def test_a_policy_without_a_live_value_is_of_its_own_class():
    """Only one that follows a value pays for that."""
    for policy in (RetryPolicy(), CircuitBreaker(), RateLimiter(5), budget(5)):
        assert type(policy) in {RetryPolicy, CircuitBreaker, RateLimiter, Budget}


def test_explain_shows_the_signature_as_the_source_has_it():
    """Annotations that are still texts among them."""

    @retry
    def ask(question: str, *, n: Rate | None = None) -> list[str]:
        raise NotImplementedError

    assert explain(ask).splitlines()[0].endswith("ask(question: str, *, n: Rate | None = None) -> list[str]")


def test_durations_may_be_timedeltas():
    """Every option in seconds takes a timedelta."""
    minute = datetime.timedelta(minutes=1)
    assert RetryPolicy(max_backoff=minute).max_backoff == 60.0
    assert budget(minute).total == 60.0
    assert RateLimiter(5, minute).rates[0].window == 60.0


def test_explain_shows_options_and_state():
    """Each layer shows the options that matter, and what it knows now."""
    layers = [
        retry(max_elapsed=9, throttle=RetryThrottle()),
        breaker(failure_rate=0.5, key="text"),
        breaker(),
        budget(9, tokens=5),
        budget(share=0.5),
        budget(cost=3, key="text", price=lambda usage: 1),
        traced(model="gpt-4o", attributes=len),
        fallback(lambda text: text),
        rate_limited(5),
    ]

    def ask(text):
        """Give it back."""
        return text

    for layer in layers:
        ask = layer(ask)
    plan = explain(ask)
    for part in (
        "max_elapsed=9.0 tokens=10/10", "failure_rate=0.5 window=60.0 reset_timeout=30.0 keys=0", "state=closed",
        "total=9.0", "tokens=5", "share=0.5", "cost=3 key='text'", "model='gpt-4o'", "remaining=5",
    ):  # fmt: skip
        assert part in plan, plan
    assert "None" not in plan
    assert "False" not in plan
