"""What a call costs in tokens."""

from __future__ import annotations

from typing import NoReturn

import attrs

__all__ = ["Usage"]


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
        TypeError: When a figure is no int.
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
            msg = f"the figures of Usage are ints, not {kinds}"
            raise TypeError(msg)
        if min(figures) < 0:
            msg = f"no figure of Usage can be negative: {self!r}"
        elif self.reasoning_tokens > self.output_tokens:
            msg = f"Usage.reasoning_tokens ({self.reasoning_tokens}) are a part of output_tokens ({self.output_tokens})"
        else:
            msg = (
                f"Usage.cached_tokens ({self.cached_tokens}) and cache_write_tokens "
                f"({self.cache_write_tokens}) are parts of input_tokens ({self.input_tokens})"
            )
        raise ValueError(msg)

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
