"""What the decorators say to a misuse: always what to write instead."""

from __future__ import annotations

import datetime

import pytest

from beluga import (
    CircuitBreaker,
    GuardPipeline,
    Rate,
    RateLimiter,
    RetryPolicy,
    TimeoutBudget,
    breaker,
    budget,
    fallback,
    guarded,
    llm,
    rate_limited,
    retry,
)
from beluga.guards import InjectionDetector, PatternDetector, PatternRedactor, PIIRedactor


def ask(question=""):
    return question


MISUSES = {
    "one guard": (lambda: guarded(input=PIIRedactor()), "write input=[PIIRedactor()]"),
    "a guard's class in a list": (lambda: guarded(output=[PIIRedactor]), "write output=[PIIRedactor()]"),
    "a guard's class": (lambda: guarded(tool=PIIRedactor), "write tool=[PIIRedactor()]"),
    "a guard in place": (lambda: guarded(PIIRedactor()), "write input=[PIIRedactor()] or output=[PIIRedactor()]"),
    "a pipeline of one": (lambda: GuardPipeline(input=PIIRedactor()), "write input=[PIIRedactor()]"),
    "a model without its name": (lambda: llm.new("openai"), "write llm.new('openai', model=\"...\")"),
    "two texts to detect": (lambda: PatternDetector("own", "x+"), "write PatternDetector(('own', 'x+'))"),
    "two texts to redact": (lambda: PatternRedactor("own", "x+"), "write PatternRedactor(('own', 'x+'))"),
    "one text to redact": (lambda: PatternRedactor("x+"), "write PatternRedactor(('name', 'x+'))"),
    "two texts of PII": (lambda: PIIRedactor("own", "x+"), "write PIIPattern('own', r'...', '[OWN]')"),
    "two texts of a rule": (lambda: InjectionDetector(("own", "x+")), "write patterns=[('own', 'x+')]"),
    "two texts more": (lambda: InjectionDetector(extra=("own", "x+")), "write extra=[('own', 'x+')]"),
    "a bare budget": (lambda: budget(ask), "write @budget(10.0) above ask"),
    "a bare limit": (lambda: rate_limited(ask), "write @rate_limited(limit=100, window=60.0) above ask"),
    "a bare fallback, called": (lambda: fallback(ask)("why?"), "name another one: @fallback(other) above it"),
    "a bare fallback, called with nothing": (lambda: fallback(ask)(), "and got nothing: if ask is that function"),
    "a retry by place": (lambda: retry(3), "write retry(max_attempts=3)"),
    "a breaker by place": (lambda: breaker(5, 30), "write breaker(failure_threshold=5, reset_timeout=30)"),
    "a policy by place": (lambda: RetryPolicy(3), "write RetryPolicy(max_attempts=3)"),
    "a circuit by place": (
        lambda: CircuitBreaker(5, 30),
        "write CircuitBreaker(failure_threshold=5, reset_timeout=30)",
    ),
    "an unhashable key": (lambda: rate_limited(5, key="question")(ask)([1]), "name a parameter that is hashable"),
    "one rate": (lambda: RateLimiter(rates=Rate(5)), "must be a list of Rate objects, such as [Rate(60), "),
    "a misspelt option": (lambda: RetryPolicy(max_atempts=3), "did you mean max_attempts=?"),
}


@pytest.mark.parametrize(("misuse", "hint"), MISUSES.values(), ids=MISUSES)
def test_a_misuse_says_what_to_write(misuse, hint):
    """In the words that can be pasted."""
    with pytest.raises((TypeError, ValueError)) as caught:
        misuse()
    assert hint in str(caught.value)


FOREIGN = {
    retry: """after attempts base before before_sleep delay exception factor giveup interval logger max_delay
        max_retries max_time max_tries max_value on on_backoff on_giveup on_retry on_success reraise retries retry
        retry_error_callback sleep stop timeout total tries wait wait_exp_base wait_initial wait_jitter wait_max""",
    breaker: """exclude exceptions expected_exception fail_max fallback_function listeners max_failures recovery_timeout
        state_storage threshold timeout timeout_duration ttl""",
    rate_limited: """amount burst calls capacity identifier key_func limit_value max_burst max_calls max_rate minutes
        per per_method period raise_on_limit rate seconds storage strategy time_period times weight""",
    budget: "deadline limit max_cost max_tokens seconds timeout usd",
    fallback: "default exception exceptions fallback fallback_function",
    guarded: "guards input_guards inputs output_guards outputs validators",
}


@pytest.mark.parametrize(
    ("decorator", "word"),
    [(decorator, word) for decorator, words in FOREIGN.items() for word in words.split()],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_the_words_of_other_libraries_are_known(decorator, word):
    """Of tenacity, stamina, backoff, pybreaker, circuitbreaker, limits and their kin: what does it here."""
    with pytest.raises(TypeError, match=f"{decorator.__name__} has no option {word}=: ") as caught:
        decorator(**{word: 1})
    hint = str(caught.value).partition("=: ")[2]
    assert hint.startswith(("write ", "subscribe ", "put ", "leave it out", "catch "))


DURATIONS = {
    "budget": (lambda time: budget(time).total),
    "step": (lambda time: TimeoutBudget(time).total),
    "initial_backoff": (lambda time: RetryPolicy(initial_backoff=time).initial_backoff),
    "max_backoff": (lambda time: RetryPolicy(max_backoff=time).max_backoff),
    "max_elapsed": (lambda time: RetryPolicy(max_elapsed=time).max_elapsed),
    "attempt_timeout": (lambda time: RetryPolicy(attempt_timeout=time).attempt_timeout),
    "reset_timeout": (lambda time: CircuitBreaker(reset_timeout=time).reset_timeout),
    "breaker's window": (lambda time: CircuitBreaker(window=time).window),
    "slow_call": (lambda time: CircuitBreaker(slow_call=time).slow_call),
    "limit's window": (lambda time: RateLimiter(5, time).window),
    "rate's window": (lambda time: Rate(5, time).window),
    "wait": (lambda time: RateLimiter(5, wait=time).longest_wait),
}


@pytest.mark.parametrize("read", DURATIONS.values(), ids=DURATIONS)
def test_a_time_is_given_as_in_a_configuration(read):
    """As seconds, a timedelta, or a text with a unit; a text that is none is refused with an example of one."""
    for given, expected in [
        (90, 90.0),
        (datetime.timedelta(minutes=1.5), 90.0),
        ("90s", 90.0),
        ("1m30s", 90.0),
        ("500ms", 0.5),
    ]:
        assert read(given) == expected
    for wrong in ("", "90", "soon", "-5s", "30s1m"):
        with pytest.raises(ValueError, match=r"seconds.* such as .*ms"):
            read(wrong)


def test_an_option_is_called_as_it_is_written():
    """Also where it is kept under another name."""
    with pytest.raises(ValueError, match="retry: backoff=5 must be a function"):
        retry(backoff=5)
