"""What providers tell in headers about their limits, in the form of each."""

from __future__ import annotations

import functools
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
    return ("x-ratelimit-remaining-requests", str(requests)), *_openai_frame(seconds)


def anthropic_limits(number: int, fault: Fault | None) -> tuple[tuple[str, str], ...]:
    """Return the ``anthropic-ratelimit-...`` headers, whose times are RFC 3339."""
    requests, seconds = _left(number, fault)
    reset = int(environment().clock.time() + seconds)
    return ("anthropic-ratelimit-requests-remaining", str(requests)), *_anthropic_frame(reset)


# What is the same for every call of a second is made once: the headers are else a third of an exchange.
@functools.lru_cache(maxsize=64)
def _openai_frame(seconds: float) -> tuple[tuple[str, str], ...]:
    reset = _go_duration(seconds)
    return (
        ("x-ratelimit-limit-requests", str(_REQUESTS)),
        ("x-ratelimit-limit-tokens", str(_TOKENS)),
        ("x-ratelimit-remaining-tokens", str(_TOKENS)),
        ("x-ratelimit-reset-requests", reset),
        ("x-ratelimit-reset-tokens", reset),
    )


@functools.lru_cache(maxsize=64)
def _anthropic_frame(moment: int) -> tuple[tuple[str, str], ...]:
    reset = _rfc_3339(moment)
    kinds = ("tokens", "input-tokens", "output-tokens")
    return (
        ("anthropic-ratelimit-requests-limit", str(_REQUESTS)),
        ("anthropic-ratelimit-requests-reset", reset),
        *((f"anthropic-ratelimit-{kind}-limit", str(_TOKENS)) for kind in kinds),
        *((f"anthropic-ratelimit-{kind}-remaining", str(_TOKENS)) for kind in kinds),
        *((f"anthropic-ratelimit-{kind}-reset", reset) for kind in kinds),
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


def _rfc_3339(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
