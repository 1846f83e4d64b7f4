"""What stays true of classification for every text and every header."""

from __future__ import annotations

import math
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from beluga.classification import classify, is_transient, retry_after
from beluga.errors import BelugaError, ErrorCode

TELLING_TEXTS = st.sampled_from(
    [
        "429 Too Many Requests",
        "insufficient_quota",
        "timeout",
        "retry in 18.403470473s",
        "401",
        "overloaded_error",
    ]
)
MESSAGES = st.one_of(st.text(), TELLING_TEXTS)


def _kind(module: str, name: str, *bases: type[Exception]) -> type[Exception]:
    return type(name, bases or (Exception,), {"__module__": module})


KINDS = st.sampled_from(
    [
        Exception,
        ValueError,
        TimeoutError,
        ConnectionError,
        OSError,
        _kind("openai", "RateLimitError", _kind("openai", "APIError")),
        _kind("openai", "APIConnectionError"),
        _kind("anthropic", "APIStatusError", _kind("anthropic", "APIError")),
        _kind("httpx2", "ReadTimeout", _kind("httpx2", "TimeoutException")),
    ]
)
WORDS = st.sampled_from([None, "insufficient_quota", "rate_limit_error", "overloaded_error", "anything"])
STATUSES = st.one_of(st.none(), st.integers(100, 599))


@given(KINDS, STATUSES, WORDS, MESSAGES, MESSAGES)
def test_the_message_changes_nothing(
    kind: type[Exception], status: int | None, word: str | None, message: str, other: str
) -> None:
    """Classification is the same for every wording of the same failure."""
    answers = set()
    for text in (message, other):
        error = kind(text)
        vars(error).update(status_code=status, message=text, body={"error": {"type": word, "message": text}})
        answers.add((classify(error), is_transient(error), retry_after(error, now=0.0)))
    assert len(answers) == 1


@given(st.sampled_from(ErrorCode), MESSAGES, MESSAGES)
def test_the_message_of_our_errors_changes_nothing(code: ErrorCode, message: str, other: str) -> None:
    """An error of ours has the code it was given, whatever it says."""
    assert classify(BelugaError(message, code=code)) is classify(BelugaError(other, code=code)) is code


@given(st.one_of(st.text(), st.from_regex(r"[0-9.:,\- A-Za-z]{0,40}", fullmatch=True)), st.floats(0, 4e9))
def test_no_header_is_a_danger(value: str, now: float) -> None:
    """Whatever a server writes into Retry-After, the wait is None or a finite time from now."""
    error = Exception()
    vars(error)["response"] = SimpleNamespace(headers={"Retry-After": value})
    seconds = retry_after(error, now)
    assert seconds is None or (math.isfinite(seconds) and seconds >= 0.0)
