"""The ways in which a model provider fails, as plain records that a fake provider plays.

A `Fault` ends a call with an error. A `Delay` only slows down the answer that follows it in the script.
Both say what happens and not how: a direct call raises the error, an HTTP surface sends the status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

from beluga.classification import ErrorCode, code_of_status
from beluga.errors import ProviderError

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

__all__ = [
    "Delay",
    "Fault",
    "Phase",
    "bad_json",
    "connect_error",
    "connect_timeout",
    "cut_stream",
    "mixed",
    "overloaded_in_stream",
    "quota",
    "rate_limit",
    "read_timeout",
    "server_error",
    "slow_tokens",
    "stall",
]

Phase = Literal["connect", "read", "response", "body", "stream"]
"""How far a failing call comes: no connection, no answer, an error status, a broken body, a broken stream."""


@attrs.frozen
class Fault:
    """One failure of a provider.

    Args:
        name: The function of this module that makes it.
        code: What kind of failure it is.
        phase: How far the call comes before it fails.
        status: The HTTP status; None where there is no HTTP answer.
        openai_code: OpenAI's word for it, the ``code`` of its error body.
        anthropic_type: Anthropic's word for it, the ``type`` of its error body.
        retry_after: Seconds that the provider asks to wait.
        after: Chunks that a stream delivers before it fails.
        anthropic_status: Anthropic's HTTP status, where it is another one.
    """

    name: str
    code: ErrorCode
    phase: Phase
    status: int | None = None
    openai_code: str = ""
    anthropic_type: str = ""
    retry_after: float | None = None
    after: int = 0
    anthropic_status: int | None = None

    def described(self, status: int | None) -> str:
        """Return what an error says about it.

        Args:
            status: The HTTP status that it is told with; None for none.
        """
        told = "" if status is None else f", status {status}"
        wait = "" if self.retry_after is None else f", retry after {self.retry_after:g} s"
        return f"the fake provider plays {self.name}{told}{wait}"

    @property
    def has_words(self) -> bool:
        """Whether the provider says what is wrong, rather than to break off."""
        return bool(self.openai_code)

    def error(self, request_id: str | None = None) -> ProviderError:
        """Return the error that a direct call raises."""
        return ProviderError(
            self.described(self.status),
            code=self.code,
            status=self.status,
            request_id=request_id,
            retry_after=self.retry_after,
        )


@attrs.frozen
class Delay:
    """A slow answer: the next item of the script is what is answered.

    Args:
        name: The function of this module that makes it.
        before: Seconds before the first sign of the answer.
        per_token: Seconds before each piece of it, on top of the reply's own.
    """

    name: str
    before: float = 0.0
    per_token: float = 0.0


def rate_limit(retry_after: float | None = None) -> Fault:
    """Refuse for the moment: status 429, with a Retry-After of so many seconds where it is given."""
    if retry_after is not None:
        _check_seconds("retry_after", retry_after)
    return Fault(
        *("rate_limit", ErrorCode.RATE_LIMIT, "response", 429),
        openai_code="rate_limit_exceeded",
        anthropic_type="rate_limit_error",
        retry_after=retry_after,
    )


def quota() -> Fault:
    """Refuse for good, as the account is out of credit: OpenAI's status 429, but not transient; Anthropic's 402."""
    return Fault(
        *("quota", ErrorCode.QUOTA_EXHAUSTED, "response", 429),
        openai_code="insufficient_quota",
        anthropic_type="billing_error",
        anthropic_status=402,
    )


def server_error(status: int = 500) -> Fault:
    """Answer with a status from 500 to 599, where 504 counts as a timeout."""
    code = code_of_status(status) if status in range(500, 600) else None
    if code is None:
        message = f"a server error has a status from 500 to 599, not {status!r}"
        raise ValueError(message)
    return Fault(
        *("server_error", code, "response", status),
        openai_code="server_error",
        anthropic_type={504: "timeout_error", 529: "overloaded_error"}.get(status, "api_error"),
    )


def overloaded_in_stream(after: int = 1) -> Fault:
    """Break off a stream of status 200 with an error event after so many chunks."""
    return Fault(
        *("overloaded_in_stream", ErrorCode.PROVIDER_UNAVAILABLE, "stream", 200),
        openai_code="server_error",
        anthropic_type="overloaded_error",
        after=_checked_count(after),
    )


def connect_error() -> Fault:
    """Refuse the connection."""
    return Fault("connect_error", ErrorCode.PROVIDER_UNAVAILABLE, "connect")


def connect_timeout() -> Fault:
    """Let the connection time out before it stands."""
    return Fault("connect_timeout", ErrorCode.TIMEOUT, "connect")


def read_timeout() -> Fault:
    """Take the request and never answer."""
    return Fault("read_timeout", ErrorCode.TIMEOUT, "read")


def cut_stream(after: int = 1) -> Fault:
    """Lose the connection after so many chunks of a stream."""
    return Fault("cut_stream", ErrorCode.PROVIDER_UNAVAILABLE, "stream", 200, after=_checked_count(after))


def bad_json() -> Fault:
    """Answer with status 200 and a body that is not JSON."""
    return Fault("bad_json", ErrorCode.INVALID_RESPONSE, "body", 200)


def stall(seconds: float) -> Delay:
    """Say nothing for so many seconds, then answer with the next item of the script.

    Where nothing comes after it, and as the default, the call ends as `read_timeout` does, if its own did not end it.
    """
    return Delay("stall", before=_check_seconds("seconds", seconds))


def slow_tokens(seconds: float) -> Delay:
    """Answer with the next item of the script, but wait so many seconds before each piece of it."""
    return Delay("slow_tokens", per_token=_check_seconds("seconds", seconds))


def mixed(rate: float, rng: random.Random) -> Fault | None:
    """Draw a transient fault with probability `rate`, else None.

    Args:
        rate: From 0.0 (never) to 1.0 (always). Drawn for each call, a rate of 0.3 gives a prompt one
            failure most often, and now and then two or three in a row.
        rng: Where the chance comes from; seed it and the faults are the same each time.
    """
    if not isinstance(rate, int | float) or not 0.0 <= rate <= 1.0:
        message = f"a fault rate is from 0.0 to 1.0, not {rate!r}"
        raise ValueError(message)
    if rng.random() >= rate:
        return None
    return rng.choice(_TRANSIENT)(rng)


_TRANSIENT: tuple[Callable[[random.Random], Fault], ...] = (
    lambda rng: rate_limit(rng.choice((None, 0.5, 1.0, 2.0))),
    lambda rng: server_error(rng.choice((500, 502, 503, 529))),
    lambda rng: overloaded_in_stream(rng.randrange(3)),
    lambda rng: cut_stream(rng.randrange(3)),
    lambda _: connect_error(),
    lambda _: connect_timeout(),
    lambda _: read_timeout(),
)


def _check_seconds(name: str, seconds: float) -> float:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        message = f"{name} is a number of seconds, not {type(seconds).__name__}"
        raise TypeError(message)
    if not 0.0 <= seconds < float("inf"):
        message = f"{name} is a number of seconds from 0 on, not {seconds!r}"
        raise ValueError(message)
    return float(seconds)


def _checked_count(after: int) -> int:
    if isinstance(after, bool) or not isinstance(after, int) or after < 0:
        message = f"after is a number of chunks from 0 on, not {after!r}"
        raise ValueError(message)
    return after
