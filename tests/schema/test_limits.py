"""What providers say about their limits, read from headers."""

from __future__ import annotations

from email.header import Header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga.schema import RateLimit, RateLimitInfo


def test_openai_buckets_are_read():
    """Requests and tokens, whose resets are durations as Go writes them."""
    headers = {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "1s",
        "X-RateLimit-Limit-Tokens": "150000",
        "X-RateLimit-Remaining-Tokens": "149984",
        "X-RateLimit-Reset-Tokens": "6m0s",
        "content-type": "application/json",
    }
    assert RateLimitInfo.parse(headers, 0.0) == RateLimitInfo(
        requests=RateLimit(60, 59, 1.0), tokens=RateLimit(150000, 149984, 360.0)
    )


def test_anthropic_buckets_are_read():
    """Four of them, whose resets are points in time."""
    headers = {}
    for bucket in ("requests", "tokens", "input-tokens", "output-tokens"):
        headers[f"anthropic-ratelimit-{bucket}-limit"] = "50"
        headers[f"anthropic-ratelimit-{bucket}-remaining"] = "0"
        headers[f"anthropic-ratelimit-{bucket}-reset"] = "1970-01-01T00:01:40Z"
    limit = RateLimit(50, 0, 40.0)
    assert RateLimitInfo.parse(headers, 60.0) == RateLimitInfo(limit, limit, limit, limit)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1.0),
        ("6m0s", 360.0),
        ("12ms", 0.012),
        ("1h2m3.5s", 3723.5),
        ("250µs", 0.00025),
        ("7", 7.0),
        ("0.5", 0.5),
        ("1970-01-01T00:00:10+00:00", 5.0),
        ("1970-01-01T00:00:01Z", 0.0),
        ("", None),
        ("soon", None),
        ("-1s", None),
        ("1s soon", None),
        (".", None),
        ("9" * 100, None),
        ("2026-99-99T00:00:00Z", None),
    ],
)
def test_a_reset_is_read_or_passed_over(text, seconds):
    """Durations, plain seconds and points in time; anything else says nothing."""
    info = RateLimitInfo.parse({"x-ratelimit-reset-requests": text}, 5.0)
    assert (info.requests.reset if info else None) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["-1", "1.5", "many", "", "9" * 40, "\u0663"])
def test_a_count_that_is_none_is_passed_over(text):
    """It is a whole number that is not negative."""
    assert RateLimitInfo.parse({"x-ratelimit-limit-requests": text}, 0.0) is None


@pytest.mark.parametrize("headers", [None, "x-ratelimit-limit-requests: 1"], ids=["none", "text"])
def test_what_is_not_headers_is_refused(headers):
    """An error without a response has no headers, and says so at once."""
    with pytest.raises(TypeError, match="headers are a mapping of names to values, not"):
        RateLimitInfo.parse(headers, 0.0)


def test_a_value_that_is_not_a_text_is_read_as_one():
    """A test double gives numbers, and the standard library a Header where a name or a value is not ASCII."""
    headers = {"x-ratelimit-limit-requests": 60, "x-ratelimit-reset-requests": Header("1.5"), 1: "a"}
    assert RateLimitInfo.parse(headers, 0.0).requests == RateLimit(limit=60, remaining=None, reset=1.5)
    assert RateLimitInfo.parse({"x-ratelimit-limit-requests": None}, 0.0) is None


def test_headers_without_limits_give_nothing():
    """Most answers say nothing about them."""
    assert RateLimitInfo.parse({"retry-after": "7", "x-ratelimit-limit-images": "5"}, 0.0) is None


@pytest.mark.parametrize(
    ("info", "wait"),
    [
        (RateLimitInfo(), None),
        (RateLimitInfo(requests=RateLimit(remaining=0)), None),
        (RateLimitInfo(requests=RateLimit(remaining=0, reset=3.0), tokens=RateLimit(remaining=0, reset=9.0)), 9.0),
        (RateLimitInfo(requests=RateLimit(remaining=5, reset=9.0), tokens=RateLimit(remaining=0, reset=3.0)), 3.0),
        (RateLimitInfo(requests=RateLimit(remaining=5, reset=9.0), tokens=RateLimit(remaining=7, reset=3.0)), 3.0),
    ],
)
def test_the_wait_is_until_the_empty_buckets_are_full(info, wait):
    """Where none is empty, until the first one is full."""
    assert info.wait == wait


@given(st.text(max_size=40), st.floats(0, 4e9))
def test_no_header_is_too_strange(text, now):
    """Whatever a server sends is read or passed over."""
    for name in ("x-ratelimit-reset-tokens", "anthropic-ratelimit-tokens-reset", "x-ratelimit-limit-tokens"):
        info = RateLimitInfo.parse({name: text}, now)
        assert info is None or info.tokens is not None


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (
            {"x-ratelimit-limit-req-minute": "60", "x-ratelimit-remaining-req-minute": "0"}
            | {"x-ratelimit-remaining-tokens-minute": "7"},
            RateLimitInfo(requests=RateLimit(60, 0), tokens=RateLimit(None, 7)),
        ),
        (
            {"x-ratelimit-remaining-requests-day": "0", "x-ratelimit-reset-requests-day": "33011.382867"}
            | {"x-ratelimit-reset-tokens-minute": "11.38"},
            RateLimitInfo(requests=RateLimit(None, 0, 33011.382867), tokens=RateLimit(None, None, 11.38)),
        ),
        (
            {"x-ratelimit-limit": "600", "x-ratelimit-remaining": "1", "x-ratelimit-reset": "1.5"}
            | {"x-tokenlimit-limit": "9", "x-tokenlimit-remaining": "8"},
            RateLimitInfo(requests=RateLimit(600, 1, 1.5), tokens=RateLimit(9, 8)),
        ),
        ({"X-RateLimit-Reset": "1741305600000"}, RateLimitInfo(requests=RateLimit(None, None, 100.0))),
        ({"X-RateLimit-Reset": "1741305600"}, RateLimitInfo(requests=RateLimit(None, None, 100.0))),
        ({"X-RateLimit-Reset": "1541305600000"}, RateLimitInfo(requests=RateLimit(None, None, 0.0))),
        ({"x-ratelimit-limit-unknown": "3", "ratelimit": "3"}, None),
    ],
    ids=["mistral", "cerebras", "together", "openrouter", "seconds since 1970", "a moment that is past", "unknown"],
)
def test_each_servers_own_names_are_read(headers, expected):
    """And a number that is too great to wait for is a moment."""
    assert RateLimitInfo.parse(headers, 1741305500.0) == expected
