"""`chaos` lets a real function fail by chance, by a seed, and only while it is unleashed."""

from __future__ import annotations

import asyncio

import pytest

from beluga import classify, explain, retry
from beluga.testing import chaos, faults, unleash


def outcomes(function, calls=200):
    """Return what so many calls came to."""
    results = []
    for _ in range(calls):
        try:
            results.append(function())
        except Exception as error:
            results.append(f"{type(error).__name__}: {error}")
    return results


def test_nothing_happens_until_it_is_unleashed():
    """A decorated function may go to production."""
    ask = chaos(rate=1)(lambda: "fine")
    assert outcomes(ask, 3) == ["fine"] * 3
    assert "off" in explain(ask)
    with unleash():
        assert "fine" not in outcomes(ask, 3)
        assert "on" in explain(ask)
    assert outcomes(ask, 3) == ["fine"] * 3


def test_a_seed_gives_the_same_failures_again():
    """Whatever other functions did in between."""
    ask = chaos(rate=0.3)(lambda: "fine")

    def run(seed, *, other=None):
        with unleash(seed):
            if other is not None:
                outcomes(other, 5)
            return outcomes(ask)

    def another():
        return "other"

    assert run(1) == run(1) == run(1, other=chaos(rate=0.5)(another))
    assert run(1) != run(2)
    assert 30 <= run(1).count("fine") - 90 <= 70


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ConnectionResetError, "ConnectionResetError"),
        (OSError("the disk is full"), "OSError: the disk is full"),
        (faults.rate_limit(), "ProviderError"),
        ([ValueError("a"), ValueError("a")], "ValueError: a"),
    ],
    ids=["type", "object", "fault", "several"],
)
def test_it_fails_with_what_it_was_given(error, told):
    """An exception, its type, a provider's fault, or several of them; a new object each time."""
    ask = chaos(rate=1, errors=error)(lambda: "fine")
    with unleash():
        assert all(result.startswith(told) for result in outcomes(ask, 5))
        errors = []
        for _ in range(2):
            try:
                ask()
            except Exception as caught:
                errors.append(caught)
        assert errors[0] is not errors[1]


def test_a_fault_is_classified_as_the_provider_would_have_it():
    """So that a retry sees what it would see."""
    ask = chaos(rate=1, errors=faults.rate_limit(retry_after=3))(lambda: "fine")
    with unleash(), pytest.raises(Exception, match="rate_limit") as caught:
        ask()
    assert classify(caught.value) == "rate_limit"


def test_calls_wait_by_the_clock_of_the_test(fake_clock):
    """Up to so many seconds each."""
    ask = chaos(rate=0, delay=2)(lambda: "fine")
    with unleash():
        assert outcomes(ask, 100) == ["fine"] * 100
    assert 60 < fake_clock.monotonic() < 140


def test_a_stream_breaks_off_in_the_middle():
    """After one to five items."""

    @chaos(rate=0, cuts=1)
    async def ask():
        for letter in "abcdefgh":
            yield letter

    async def main():
        items = []
        try:
            async for item in ask():
                items.append(item)  # noqa: PERF401 - what came before the error counts
        except ConnectionError:
            return items
        raise AssertionError

    with unleash():
        assert {len(asyncio.run(main())) for _ in range(60)} == {1, 2, 3, 4, 5}


def test_a_retry_outside_sees_the_failures(fake_clock):
    """Which is what chaos is for."""
    ask = retry(max_attempts=20)(chaos(rate=0.5)(lambda: "fine"))
    with unleash():
        assert outcomes(ask, 50) == ["fine"] * 50
    assert fake_clock.monotonic() > 0


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"rate": 1.5}, "rate=1.5 must be a number at least 0 and at most 1"),
        ({"delay": -1}, "delay=-1 must be"),
        ({"cuts": 2}, "cuts=2 must be"),
        ({"errors": ["gone"]}, "errors holds 'gone': give exceptions"),
        ({"errors": [KeyboardInterrupt]}, "errors holds"),
        ({"errors": []}, "errors= is empty"),
    ],
    ids=str,
)
def test_what_cannot_happen_is_refused(options, problem):
    """When the decorator is made."""
    with pytest.raises((TypeError, ValueError), match=problem):
        chaos(**options)
