"""What providers tell in headers about their limits, in the form of each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from beluga.clock import environment

if TYPE_CHECKING:
    from beluga.llm.fake.faults import Fault

__all__ = ["anthropic_limits", "openai_limits", "retry_after"]

_REQUESTS = 10_000
_TOKENS = 2_000_000
_RESET = 1.0
"""Seconds until a limit is whole again, unless a fault says otherwise."""


def openai_limits(number: int, fault: Fault | None) -> tuple[tuple[str, str], ...]:
    """Return the ``x-ratelimit-...`` headers, whose times are Go's durations."""
    requests, seconds = _left(number, fault)
    reset = _go_duration(seconds)
    return (
        ("x-ratelimit-limit-requests", str(_REQUESTS)),
        ("x-ratelimit-limit-tokens", str(_TOKENS)),
        ("x-ratelimit-remaining-requests", str(requests)),
        ("x-ratelimit-remaining-tokens", str(_TOKENS)),
        ("x-ratelimit-reset-requests", reset),
        ("x-ratelimit-reset-tokens", reset),
    )


def anthropic_limits(number: int, fault: Fault | None) -> tuple[tuple[str, str], ...]:
    """Return the ``anthropic-ratelimit-...`` headers, whose times are RFC 3339."""
    requests, seconds = _left(number, fault)
    reset = _moment(environment().clock.time() + seconds)
    return tuple(
        (f"anthropic-ratelimit-{kind}-{name}", value)
        for kind, limit, left in (
            ("requests", _REQUESTS, requests),
            ("tokens", _TOKENS, _TOKENS),
            ("input-tokens", _TOKENS, _TOKENS),
            ("output-tokens", _TOKENS, _TOKENS),
        )
        for name, value in (("limit", str(limit)), ("remaining", str(left)), ("reset", reset))
    )


def retry_after(seconds: float | None) -> tuple[tuple[str, str], ...]:
    """Return the headers that ask to wait: whole seconds by RFC 9110, and the exact time in milliseconds."""
    if seconds is None:
        return ()
    return ("retry-after", str(math.ceil(seconds))), ("retry-after-ms", f"{seconds * 1000:g}")


def _left(number: int, fault: Fault | None) -> tuple[int, float]:
    """Return the requests that are left after call `number`, and the seconds until all are back."""
    if fault is not None and fault.name == "rate_limit":
        return 0, fault.retry_after or _RESET
    return max(0, _REQUESTS - number), _RESET


def _go_duration(seconds: float) -> str:
    """Return ``12ms``, ``1s`` or ``6m0s``."""
    if seconds < 1.0:
        return f"{round(seconds * 1000)}ms"
    minutes, rest = divmod(seconds, 60.0)
    return f"{minutes:.0f}m{rest:g}s" if minutes else f"{rest:g}s"


def _moment(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
