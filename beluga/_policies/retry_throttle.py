"""Stop retries while most calls fail, for all who share one throttle."""

from __future__ import annotations

from typing import Any

from beluga._engine.state import StateByClock, new_lock
from beluga.clock import environment

__all__ = ["RetryThrottle"]


class RetryThrottle:
    """Stop retries while most calls fail, so that retries do not finish off a struggling provider.

    A failure that could be retried takes one token, a success gives `token_ratio` back, and there is no retry
    while no more than half of the tokens are left. Share one object among all callers of one provider.

    Args:
        max_tokens: Tokens at the start and at most; above 0 and at most 1000.
        token_ratio: Tokens that a success gives back.

    Raises:
        ValueError: A figure is out of its range.

    Source: gRPC proposal A6, "Throttling Retry Attempts and Hedged RPCs".

    Example:
        >>> throttle = RetryThrottle(max_tokens=4)
        >>> [throttle.failed() for _ in range(3)]
        [True, False, False]
    """

    def __init__(self, max_tokens: float = 10.0, token_ratio: float = 0.1) -> None:
        if not 0 < max_tokens <= 1000:  # noqa: PLR2004 - the bound of gRPC A6
            message = f"RetryThrottle: max_tokens={max_tokens!r} must be above 0 and at most 1000"
            raise ValueError(message)
        if not 0 < token_ratio <= max_tokens:
            message = f"RetryThrottle: token_ratio={token_ratio!r} must be above 0 and at most max_tokens"
            raise ValueError(message)
        self.max_tokens = max_tokens
        self.token_ratio = token_ratio
        self._purses = StateByClock(lambda: _Purse(max_tokens))
        self._lock = new_lock()

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle the figures; a copy has all its tokens."""
        return RetryThrottle, (self.max_tokens, self.token_ratio)

    @property
    def tokens(self) -> float:
        """How many tokens are left."""
        return self._purses.of(environment()).tokens

    def failed(self) -> bool:
        """Take a token for a failure; return whether a retry is allowed."""
        return self._change(-1.0) > self.max_tokens / 2

    def succeeded(self) -> None:
        """Give back a share of a token; free of the lock while all tokens are there."""
        if self.tokens < self.max_tokens:
            self._change(self.token_ratio)

    def _change(self, by: float) -> float:
        purse = self._purses.of(environment())
        with self._lock:
            while True:
                before = purse.tokens
                after = min(max(0.0, before + by), self.max_tokens)
                if purse.tokens is before:
                    purse.tokens = after
                    return after


class _Purse:
    """The tokens of a throttle under one clock."""

    __slots__ = ("tokens",)

    def __init__(self, tokens: float) -> None:
        self.tokens = tokens
