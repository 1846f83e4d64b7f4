"""What a call costs in tokens, and what a provider says of its rate limits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NoReturn, Self

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RateLimit", "RateLimitInfo", "Usage"]


@attrs.frozen
class Usage:
    """What a call used up, in tokens.

    Args:
        input_tokens: The whole input, cached or not.
        output_tokens: The whole output, thoughts included.
        cached_tokens: The part of the input that was read from the provider's cache.
        cache_write_tokens: The part of the input that was written into it.
        reasoning_tokens: The part of the output that were thoughts.

    Raises:
        TypeError: When a figure is not an int.
        ValueError: When one is negative, or parts are larger than their whole.

    Example:
        >>> (Usage(10, 5) + Usage(1, 2)).total_tokens
        18
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0

    def __attrs_post_init__(self) -> None:
        given, taken = self.input_tokens, self.output_tokens
        cached, written, thought = self.cached_tokens, self.cache_write_tokens, self.reasoning_tokens
        # Every answer has one of these: the chain of checks costs a third of a loop over the fields.
        if not (
            type(given) is type(taken) is type(cached) is type(written) is type(thought) is int
            and cached >= 0 <= written
            and cached + written <= given
            and 0 <= thought <= taken
        ):
            self._refuse()

    def _refuse(self) -> NoReturn:
        figures = self._figures()
        if set(map(type, figures)) != {int}:
            kinds = ", ".join(type(figure).__name__ for figure in figures)
            message = f"the figures of Usage are ints, not {kinds}"
            raise TypeError(message)
        if min(figures) < 0:
            message = f"no figure of Usage can be negative: {self!r}"
        elif self.reasoning_tokens > self.output_tokens:
            message = (
                f"Usage.reasoning_tokens ({self.reasoning_tokens}) are a part of output_tokens ({self.output_tokens})"
            )
        else:
            message = (
                f"Usage.cached_tokens ({self.cached_tokens}) and cache_write_tokens "
                f"({self.cache_write_tokens}) are parts of input_tokens ({self.input_tokens})"
            )
        raise ValueError(message)

    def __add__(self, other: Usage) -> Usage:
        """Add figure by figure."""
        if not isinstance(other, Usage):
            return NotImplemented
        return Usage(*(mine + its for mine, its in zip(self._figures(), other._figures(), strict=True)))

    @property
    def total_tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens

    def _figures(self) -> tuple[int, int, int, int, int]:
        return (
            self.input_tokens,
            self.output_tokens,
            self.cached_tokens,
            self.cache_write_tokens,
            self.reasoning_tokens,
        )


_FIGURES: Final = ("limit", "remaining", "reset")


def _named(pattern: str, *figures: str, **buckets: str) -> dict[str, tuple[str, str]]:
    """Return bucket and figure by the names of headers, which `pattern` makes of a figure and of a bucket."""
    return {
        pattern.format(figure=figure, bucket=called): (bucket, figure)
        for bucket, called in buckets.items()
        for figure in figures or _FIGURES
    }


LIMIT_HEADERS: Final = {
    "openai": _named("x-ratelimit-{figure}-{bucket}", requests="requests", tokens="tokens"),
    "anthropic": _named(
        "anthropic-ratelimit-{bucket}-{figure}",
        requests="requests",
        tokens="tokens",
        input_tokens="input-tokens",
        output_tokens="output-tokens",
    ),
    "mistral": _named("x-ratelimit-{figure}-{bucket}-minute", "limit", "remaining", requests="req", tokens="tokens"),
    "cerebras": _named("x-ratelimit-{figure}-{bucket}", requests="requests-day", tokens="tokens-minute"),
    "openrouter": _named("x-ratelimit-{figure}", requests=""),
    "together": {
        **_named("x-ratelimit-{figure}", requests=""),
        **_named("x-tokenlimit-{figure}", "limit", "remaining", tokens=""),
    },
}
"""The headers of each kind of server, in lower case, with bucket and figure; a name means one thing only."""

_KNOWN: Final = {name: meant for family in LIMIT_HEADERS.values() for name, meant in family.items()}
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

        Source: OpenAI's ``x-ratelimit-*`` (durations as Go writes them), Anthropic's ``anthropic-ratelimit-*`` (RFC
        3339), and what Mistral, Cerebras, Together (seconds) and OpenRouter (milliseconds since 1970) send, as of
        2026-08.

        Example:
            >>> headers = {"x-ratelimit-remaining-requests": "59", "x-ratelimit-reset-requests": "1m30s"}
            >>> RateLimitInfo.parse(headers, now=0.0).requests
            RateLimit(limit=None, remaining=59, reset=90.0)
        """
        if not hasattr(headers, "items"):
            message = f"headers are a mapping of names to values, not {type(headers).__name__}"
            raise TypeError(message)
        buckets: dict[str, dict[str, int | float]] = {}
        for name, value in headers.items():
            known = _KNOWN.get(str(name).lower())
            if known is None:
                continue
            bucket, figure = known
            text = str(value).strip()  # a test double's may be a number, and email's a Header
            read = _until(text, now) if figure == "reset" else _count(text)
            if read is not None:
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


_LONGEST: Final = 18  # digits; what is longer is not a count but an attack on int()


_MOMENT: Final = 1e9  # what is greater is not a number of seconds to wait but a moment since 1970: it is before 2001


def _until(text: str, now: float) -> float | None:
    """Read ``6m0s``, ``12ms``, ``1.5``, ``2026-01-27T12:00:30Z`` or ``1769515230000`` as seconds from `now` on."""
    if len(text) > _LONGEST * 4:
        return None
    if text.isascii() and text.replace(".", "", 1).isdecimal():
        seconds = float(text)
        if seconds < _MOMENT:
            return seconds
        return max(0.0, (seconds / 1000 if seconds > _MOMENT * 1000 else seconds) - now)
    if _DURATION.fullmatch(text):
        return sum(float(figure) * _SECONDS[unit] for figure, unit in _STEP.findall(text))
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(text)
        return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now)
    except (ValueError, OverflowError):
        return None
