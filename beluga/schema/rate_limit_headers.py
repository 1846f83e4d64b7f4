"""What a provider says about its rate limits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Self

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RateLimit", "RateLimitInfo"]

# x-ratelimit-remaining-tokens of OpenAI, anthropic-ratelimit-input-tokens-reset of Anthropic.
_HEADER: Final = re.compile(
    r"x-ratelimit-(?P<figure>limit|remaining|reset)-(?P<bucket>requests|tokens)"
    r"|anthropic-ratelimit-(?P<bucket2>requests|tokens|input-tokens|output-tokens)-(?P<figure2>limit|remaining|reset)"
)
_DURATION: Final = re.compile(r"(?:\d+(?:\.\d+)?(?:h|ms|m|s|us|µs|ns))+")
_STEP: Final = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)")
_SECONDS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


@attrs.frozen
class RateLimit:
    """One of a provider's buckets.

    Args:
        limit: What it holds when it is full.
        remaining: What is left in it.
        reset: Seconds until it is full again.
    """

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None


@attrs.frozen
class RateLimitInfo:
    """A provider's buckets as one of its answers describes them; None for each that it does not mention.

    Args:
        requests: Calls.
        tokens: Tokens of both kinds.
        input_tokens: Tokens of questions.
        output_tokens: Tokens of answers.
    """

    requests: RateLimit | None = None
    tokens: RateLimit | None = None
    input_tokens: RateLimit | None = None
    output_tokens: RateLimit | None = None

    @classmethod
    def parse(cls, headers: Mapping[str, str], now: float) -> Self | None:
        """Read an answer's headers; a figure that makes no sense counts as missing.

        Args:
            headers: All headers of the answer, in any case.
            now: Seconds since 1970-01-01 UTC, to count from to a point in time.

        Returns:
            None where no header speaks of limits.

        Source: OpenAI's ``x-ratelimit-*`` (durations as Go writes them) and Anthropic's
        ``anthropic-ratelimit-*`` (RFC 3339), as of 2026-08.

        Example:
            >>> headers = {"x-ratelimit-remaining-requests": "59", "x-ratelimit-reset-requests": "1m30s"}
            >>> RateLimitInfo.parse(headers, now=0.0).requests
            RateLimit(limit=None, remaining=59, reset=90.0)
        """
        buckets: dict[str, dict[str, int | float]] = {}
        for name, value in headers.items():
            known = _HEADER.fullmatch(name.lower())
            if known is None:
                continue
            figure = known["figure"] or known["figure2"]
            read = _until(value.strip(), now) if figure == "reset" else _count(value.strip())
            if read is not None:
                bucket = (known["bucket"] or known["bucket2"]).replace("-", "_")
                buckets.setdefault(bucket, {})[figure] = read
        return cls(**{name: RateLimit(**figures) for name, figures in buckets.items()}) if buckets else None  # type: ignore[arg-type]  # limit and remaining are ints: see _count

    @property
    def wait(self) -> float | None:
        """Seconds after which a refused call may go through, None where nothing says so.

        That is when the last empty bucket is full again; where none says that it is empty, the first one.
        """
        told = [bucket for bucket in (self.requests, self.tokens, self.input_tokens, self.output_tokens) if bucket]
        empty = [bucket.reset for bucket in told if bucket.remaining == 0 and bucket.reset is not None]
        if empty:
            return max(empty)
        return min((bucket.reset for bucket in told if bucket.reset is not None), default=None)


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST else None


_LONGEST: Final = 18  # digits; what is longer is no count but an attack on int()


def _until(text: str, now: float) -> float | None:
    """Read ``6m0s``, ``12ms``, ``1.5`` or ``2026-01-27T12:00:30Z`` as seconds from `now` on."""
    if len(text) > _LONGEST * 4:
        return None
    if text.isascii() and text.replace(".", "", 1).isdecimal():
        return float(text)
    if _DURATION.fullmatch(text):
        return sum(float(figure) * _SECONDS[unit] for figure, unit in _STEP.findall(text))
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(text)
        return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now)
    except (ValueError, OverflowError):
        return None
