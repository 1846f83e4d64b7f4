"""What a provider's prompt cache would have had of a request."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from beluga.clock import environment
from beluga.llm.fake.replies import tokens_of
from beluga.schema import CachePoint

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from beluga.llm.fake.requests import Request

__all__ = ["PromptCache"]

_MARKERS = 4


class PromptCache:
    """Keeps the beginnings of prompts, as the providers do, and tells how much of the next one it has.

    Where a request marks cache points, up to four of them are kept. Without one OpenAI, and a direct call,
    keep every beginning that ends with a message; Anthropic keeps none. Model and tools belong to the
    beginning, so a change there finds nothing.

    Args:
        minimum: Tokens that a beginning must have to be kept.
        ttl: Seconds that one is kept after its last use, on the environment's clock; a cache point may have
            its own.

    Example:
        >>> from beluga.llm import FakeProvider
        >>> from beluga.schema import HumanMessage, SystemMessage
        >>> fake = FakeProvider(cache=PromptCache(minimum=10)).default("ok")
        >>> rules = SystemMessage("Be brief, be kind, and never promise a refund.")
        >>> [fake.generate([rules, HumanMessage(text)]).usage.cached_tokens for text in ("hi", "bye")]
        [0, 12]

    Source: the guides to prompt caching of OpenAI and Anthropic: 1024 tokens, 5 minutes, 4 markers.
    """

    def __init__(self, minimum: int = 1024, ttl: float = 300.0) -> None:
        if isinstance(minimum, bool) or not isinstance(minimum, int) or minimum < 0:
            message = f"PromptCache.minimum is a number of tokens from 0 on, not {minimum!r}"
            raise ValueError(message)
        if not ttl > 0:
            message = f"PromptCache.ttl is a positive number of seconds, not {ttl!r}"
            raise ValueError(message)
        self.minimum: int = minimum
        self.ttl: float = ttl
        self._kept: dict[Hashable, float] = {}
        self._lock = threading.Lock()

    def ask(self, request: Request) -> tuple[int, int]:
        """Return the tokens that the cache had of `request`, and those that it has from now on; and keep them."""
        now = environment().monotonic()
        had = has = 0
        with self._lock:
            for beginning, tokens, ttl in _beginnings(request, self.ttl):
                if tokens < self.minimum:
                    continue
                until = self._kept.get(beginning, float("-inf"))
                if until >= now:
                    had = tokens
                self._kept[beginning] = max(until, now + ttl)
                has = tokens
        return had, has - had


def _beginnings(request: Request, ttl: float) -> Iterator[tuple[Hashable, int, float]]:
    """Yield each beginning that may be kept, with its tokens and its seconds."""
    marked = [part for message in request.messages for part in message.parts if isinstance(part, CachePoint)]
    is_automatic = not marked and request.dialect != "anthropic"
    beginning: Hashable = (request.model, repr(request.options.get("tools")))
    tokens, left = 0, _MARKERS
    for message in request.messages:
        beginning = hash((beginning, message.role))
        for part in message.parts:
            if isinstance(part, CachePoint):
                if left:
                    yield beginning, tokens, part.ttl or ttl
                left = max(0, left - 1)
            else:
                beginning = hash((beginning, repr(part), part))
                tokens += tokens_of(part)
        if is_automatic:
            yield beginning, tokens, ttl
