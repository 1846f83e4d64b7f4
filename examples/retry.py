"""Retry: try again what may succeed the second time, without touching the function's body."""

from __future__ import annotations

from beluga import ErrorCode, ProviderError, RetryPolicy, retry
from beluga.llm import FakeProvider, faults
from beluga.testing import fake_clock

CRITICAL = RetryPolicy(
    max_attempts=5,
    initial_backoff=1.0,
    max_backoff=60.0,
    backoff_factor=2.0,
    jitter=True,
    retryable_errors=[ErrorCode.RATE_LIMIT, ErrorCode.TIMEOUT, ErrorCode.PROVIDER_UNAVAILABLE],
)
"""One policy object decorates as many functions as you like."""

model = FakeProvider(
    faults.connect_timeout(),
    "It works.",
    faults.rate_limit(retry_after=7.0),
    faults.server_error(503),
    "It is paid.",
    faults.quota(),
)


@retry
def ask(question: str) -> str:
    """Ask with the defaults: three attempts, exponential backoff with full jitter."""
    return model.generate(question).text


@CRITICAL
def pay(order: str) -> str:
    """Ask with a policy for what must succeed."""
    return model.generate(f"pay {order}").text


def main() -> None:
    """Show an answer after one retry, one after a Retry-After, and an error that is not retried."""
    with fake_clock(seed=1) as clock:
        print("result:", ask("Does it work?"))
        began = clock.monotonic()
        print("data:", pay("order 7"))
        print("the provider asked for 7 s; waited at least:", clock.monotonic() - began >= 7.0)
        try:
            ask("Is there credit left?")
        except ProviderError as error:
            print("not retried:", error.code)


if __name__ == "__main__":
    main()
