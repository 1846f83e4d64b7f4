"""The same battery for each SDK, each surface, sync and async, whole and streamed."""

from __future__ import annotations

import pytest

from beluga import budget
from beluga.classification import ErrorCode, classify, is_transient, retry_after
from beluga.llm import FakeProvider, Reply, faults, tool_call
from beluga.schema import Tool, Usage
from beluga.testing import fake_clock


def failure(caller, *script, **options):
    """Return the error that the SDK raises."""
    try:
        seen = caller.ask(FakeProvider(*script), **options)
    except Exception as error:
        return error
    pytest.fail(f"no error, but {seen!r}")


def test_an_answer_arrives(caller):
    """Text, usage and finish reason of the script are what the SDK's user sees, and the call is logged."""
    fake = FakeProvider(Reply("Grüße, 世界 👩‍👩‍👧", usage=Usage(12, 7)))
    seen = caller.ask(fake, "How is the weather?")
    assert (seen.text, seen.calls) == ("Grüße, 世界 👩‍👩‍👧", ())
    assert (seen.input_tokens, seen.output_tokens) == (12, 7)
    assert seen.finish_reason == caller.sdk.stopped
    assert fake.calls[0].text == "How is the weather?"
    assert [type(tool) for tool in fake.calls[0].options["tools"]] == [Tool]


def test_tool_calls_arrive(caller):
    """Ids, names and arguments come whole, with and without text beside them."""
    calls = [tool_call("weather", city="Zürich", days=[1, 2]), tool_call("weather")]
    for text in ("", "One moment."):
        seen = caller.ask(FakeProvider(Reply(text, tools=calls, thinking="hm")))
        assert seen.text == text
        assert seen.calls == (
            ("call_1_1", "weather", {"city": "Zürich", "days": [1, 2]}),
            ("call_1_2", "weather", {}),
        )
        assert seen.finish_reason == caller.sdk.called


def test_the_sdk_retries_a_rate_limit(caller):
    """After a 429 the SDK waits as long as the fake asks, and the next attempt is answered."""
    fake = FakeProvider(faults.rate_limit(0.001), "fine")
    assert caller.ask(fake, max_retries=1).text == "fine"
    assert [call.headers["x-stainless-retry-count"] for call in fake.calls] == ["0", "1"]


def test_a_rate_limit_is_classified(caller):
    """A 429 is transient, and its wait is known to the millisecond."""
    error = failure(caller, faults.rate_limit(1.5))
    assert (classify(error), is_transient(error)) == (ErrorCode.RATE_LIMIT, True)
    assert retry_after(error, now=0.0) == 1.5


FAULTS = [
    (faults.quota(), ErrorCode.QUOTA_EXHAUSTED),
    (faults.server_error(500), ErrorCode.PROVIDER_UNAVAILABLE),
    (faults.server_error(503), ErrorCode.PROVIDER_UNAVAILABLE),
    (faults.server_error(504), ErrorCode.TIMEOUT),
    (faults.server_error(529), ErrorCode.PROVIDER_UNAVAILABLE),
    (faults.overloaded_in_stream(2), ErrorCode.PROVIDER_UNAVAILABLE),
    (faults.connect_error(), ErrorCode.PROVIDER_UNAVAILABLE),
    (faults.cut_stream(2), ErrorCode.PROVIDER_UNAVAILABLE),
    (faults.bad_json(), ErrorCode.INVALID_RESPONSE),
]


@pytest.mark.parametrize(("fault", "code"), FAULTS, ids=lambda value: getattr(value, "name", ""))
def test_a_fault_is_classified(caller, fault, code):
    """Whatever class the SDK makes of a failure, its kind is that of the script."""
    error = failure(caller, fault, "a b c d")
    assert classify(error) is code
    assert is_transient(error) is fault.error().retryable


@pytest.mark.parametrize("fault", [faults.connect_timeout(), faults.read_timeout()], ids=lambda fault: fault.name)
def test_a_timeout_is_classified(caller, fault):
    """A silence ends with the SDK's own time-out: virtual in the process, real over loopback."""
    if caller.over == "loopback":
        error = failure(caller, fault, timeout=0.1)
    else:
        with fake_clock() as clock:
            error = failure(caller, fault, timeout=60.0, clock=clock)
            assert clock.monotonic() == 60.0
    assert (classify(error), is_transient(error)) == (ErrorCode.TIMEOUT, True)


def test_a_stall_is_a_timeout_in_no_time(make, sdk, is_async, is_stream):
    """90 s of silence against 60 s of patience take 60 virtual seconds; without a limit 90."""
    caller = make(sdk, "transport", is_async, is_stream)
    with fake_clock() as clock:
        error = failure(caller, faults.stall(90.0), "late", timeout=60.0, clock=clock)
        assert classify(error) is ErrorCode.TIMEOUT
        assert clock.monotonic() == 60.0
        assert caller.ask(FakeProvider(faults.stall(90.0), "late"), timeout=100.0, clock=clock).text == "late"
        assert clock.monotonic() == 150.0


def test_an_exhausted_script_is_not_retried(caller):
    """The SDK raises at once, with the message of the fake, although it may retry."""
    fake = FakeProvider("one")
    fake.generate("hi")
    with pytest.raises(Exception, match="has no answer to call 2") as caught:
        caller.ask(fake, max_retries=2)
    assert classify(caught.value) is ErrorCode.INVALID_INPUT
    assert not is_transient(caught.value)
    assert len(fake.calls) == 2


def test_no_deadline_passes_before_the_call_is_sent(make, sdk, over, is_stream):
    """The SDKs ask for the platform in a thread, and connections open in their own time: time waits for both."""
    caller = make(sdk, over, is_async=True, is_stream=is_stream, around=budget(10.0))
    with fake_clock(grace=5.0 if over == "loopback" else 0.0) as clock:
        fake = FakeProvider("fine")
        assert caller.ask(fake, clock=clock).text == "fine"
        assert clock.monotonic() == 0.0
