"""What the checkers must find of every decorator: bare, with options, as a shared object, and misused."""

from __future__ import annotations

import datetime
from collections.abc import AsyncGenerator, Callable
from typing import assert_type

from beluga import (
    CircuitBreaker,
    Rate,
    RateLimiter,
    RetryPolicy,
    breaker,
    budget,
    fallback,
    guarded,
    rate_limited,
    retry,
    traced,
)


def plain(a: int, b: str = "") -> float:
    return a + len(b)


async def waits(a: int) -> str:
    return str(a)


async def stream(a: int) -> AsyncGenerator[str, None]:
    yield str(a)


# Bare: the function keeps its type.
assert_type(retry(plain)(1, b="x"), float)
assert_type(breaker(plain)(1), float)
assert_type(traced(plain)(1), float)
assert_type(guarded(plain)(1), float)
assert_type(retry(stream)(1), AsyncGenerator[str, None])

# With options: a policy, which decorates any number of functions.
assert_type(retry(max_attempts=5, max_elapsed=datetime.timedelta(minutes=1)), RetryPolicy)
assert_type(retry(retryable_errors=[TimeoutError, "rate_limit", lambda error: bool(error.args)]), RetryPolicy)
assert_type(breaker(failure_threshold=5, reset_timeout=30, counts=TimeoutError), CircuitBreaker)
assert_type(rate_limited(100, 60, key="user", wait=5.0), RateLimiter)
assert_type(rate_limited(rates=[Rate(5), Rate(1000, cost=lambda given: given["n"])]), RateLimiter)
assert_type(budget(10.0)(plain)(1), float)
assert_type(budget(tokens=100, key="user", estimate=lambda given: 5)(plain)(1), float)
assert_type(budget(share=0.5)(plain)(1), float)
assert_type(traced("name", operation="chat")(plain)(1), float)
assert_type(guarded(input=[])(plain)(1), float)
assert_type(fallback(plain, plain, on=TimeoutError)(plain)(1), float)

# As an object.
shared_retry = RetryPolicy(max_attempts=5)
shared_breaker = CircuitBreaker(name="openai")
shared_limit = RateLimiter(2, 60.0)
assert_type(shared_retry(plain)(1), float)
assert_type(shared_breaker(plain)(1), float)
assert_type(shared_limit(plain)(1), float)
assert_type(shared_limit.allow(), bool)
kept: Callable[[int], object] = shared_retry(waits)

# Misused.
retry(3)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]  # by name only
retry(max_attemps=3)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]  # misspelt
retry(max_attempts="3")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]  # a text
retry(initial_backoff=None)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]  # none
breaker(5, 30)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]  # by name only
CircuitBreaker(5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  # by name only
rate_limited(plain)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # bare, but it needs a limit
rate_limited(1, 60, "user")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  # a key by name only
budget(plain)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # bare, but it needs a bound
budget(10.0, 5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  # one figure without a name
fallback(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # not a function
