"""The faults that a fake provider plays, as records and as errors."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from beluga import DeadlineExceeded, ProviderError, budget
from beluga.classification import TRANSIENT, ErrorCode, classify, is_transient, retry_after
from beluga.llm import FakeProvider, Reply, faults
from beluga.testing import fake_clock

if TYPE_CHECKING:
    from collections.abc import Callable

C = ErrorCode

FAULTS = [
    (faults.rate_limit(), "response", C.RATE_LIMIT, 429),
    (faults.rate_limit(2), "response", C.RATE_LIMIT, 429),
    (faults.quota(), "response", C.QUOTA_EXHAUSTED, 429),
    (faults.server_error(), "response", C.PROVIDER_UNAVAILABLE, 500),
    (faults.server_error(504), "response", C.TIMEOUT, 504),
    (faults.overloaded_in_stream(), "stream", C.PROVIDER_UNAVAILABLE, 200),
    (faults.connect_error(), "connect", C.PROVIDER_UNAVAILABLE, None),
    (faults.connect_timeout(), "connect", C.TIMEOUT, None),
    (faults.read_timeout(), "read", C.TIMEOUT, None),
    (faults.cut_stream(), "stream", C.PROVIDER_UNAVAILABLE, 200),
    (faults.bad_json(), "body", C.INVALID_RESPONSE, 200),
]


@pytest.mark.parametrize(("fault", "phase", "code", "status"), FAULTS, ids=lambda value: str(value)[:30])
def test_a_fault_raises_its_own_error(fault: faults.Fault, phase: str, code: ErrorCode, status: int | None) -> None:
    """The error of a direct call has the fault's code, status and request id, and retries by its code."""
    error = fault.error("fake-1")
    assert fault.phase == phase
    assert classify(error) is code
    assert (error.status, error.request_id) == (status, "fake-1")
    assert is_transient(error) is error.retryable is (code in TRANSIENT)
    assert fault.name in str(error)


def test_a_rate_limit_asks_to_wait() -> None:
    """The wait that is given reaches the caller; none is given by default."""
    assert retry_after(faults.rate_limit(2.5).error(), now=0.0) == 2.5
    assert retry_after(faults.rate_limit().error(), now=0.0) is None


def test_a_fault_knows_the_words_of_the_wire() -> None:
    """The words of both providers classify as the fault itself does."""
    for fault, *_ in FAULTS:
        for word in (fault.openai_code, fault.anthropic_type):
            error = Exception()
            vars(error).update(status_code=fault.status, body={"error": {"type": word}})
            if fault.phase in {"response", "stream"} and word:
                assert classify(error) is fault.code


@pytest.mark.parametrize(
    ("make", "argument", "error"),
    [
        (faults.rate_limit, -1, ValueError),
        (faults.rate_limit, float("nan"), ValueError),
        (faults.rate_limit, "2", TypeError),
        (faults.stall, float("inf"), ValueError),
        (faults.stall, True, TypeError),
        (faults.slow_tokens, -0.5, ValueError),
        (faults.server_error, 429, ValueError),
        (faults.server_error, 600, ValueError),
        (faults.cut_stream, -1, ValueError),
        (faults.overloaded_in_stream, 1.5, ValueError),
    ],
)
def test_an_impossible_fault_is_refused(
    make: Callable[[Any], object], argument: object, error: type[Exception]
) -> None:
    """A wrong time, status or count is an error when the fault is made."""
    with pytest.raises(error):
        make(argument)


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_fault_rate_is_a_probability(rate: float) -> None:
    """A rate outside of 0 to 1 is an error."""
    with pytest.raises(ValueError, match=r"0\.0 to 1\.0"):
        faults.mixed(rate, random.Random(0))


def test_mixed_faults_come_at_their_rate() -> None:
    """Never at 0, always at 1, of every kind, all transient, and the same for the same seed."""
    rng = random.Random(7)
    drawn = [faults.mixed(0.3, rng) for _ in range(2000)]
    found = [fault for fault in drawn if fault is not None]
    assert 500 < len(found) < 700
    assert all(fault.code in TRANSIENT for fault in found)
    assert len(Counter(fault.name for fault in found)) == 7
    assert not any(faults.mixed(0.0, rng) for _ in range(100))
    assert all(faults.mixed(1.0, rng) for _ in range(100))
    again = random.Random(7)
    assert drawn == [faults.mixed(0.3, again) for _ in range(2000)]


async def _later(request): ...


def test_a_stall_with_nothing_behind_it_stalls():
    """As the last item and as the default: the caller's time-out ends the call, or after the stall a read time-out."""
    for fake in (FakeProvider(faults.stall(600.0)), FakeProvider()):
        if not fake.calls:
            fake.default(faults.stall(600.0))
        with fake_clock() as clock:
            with pytest.raises(DeadlineExceeded):
                clock.run(budget(10.0)(fake.agenerate)("hi"))
            assert clock.monotonic() == 10.0
            with pytest.raises(ProviderError) as caught:
                fake.generate("hi")
            assert caught.value.code is ErrorCode.TIMEOUT
            assert clock.monotonic() == 610.0


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: FakeProvider(faults.rate_limit),
            TypeError,
            r"not the function itself: write faults.rate_limit",
        ),
        (lambda: FakeProvider().default(faults.stall), TypeError, r"write faults.stall\(...\)"),
        (lambda: FakeProvider().on("x").reply(faults.quota), TypeError, r"write faults.quota\(...\)"),
        (lambda: FakeProvider(Reply), TypeError, r"write Reply\(...\)"),
        (lambda: FakeProvider(_later), TypeError, "make it a plain function"),
        (lambda: FakeProvider().default(faults.slow_tokens(1.0)), ValueError, "has nothing to slow down"),
    ],
)
def test_what_cannot_work_is_refused_when_the_script_is_made(make, error, message):
    """Not at the first call."""
    with pytest.raises(error, match=message):
        make()
