"""Where Anthropic's prompt cache is to end: marks on blocks of a request.

Source: Anthropic's guide to prompt caching, as of 2026-08: at most four marks, and one that is kept for an hour
comes before those that are kept for five minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Marks"]

_MOST: Final = 4
_SHORT: Final = 300.0  # seconds; whoever wants more gets the longer of the two times
_UNMARKABLE: Final = frozenset({"thinking", "redacted_thinking"})


class Marks:
    """Collects the marks while a request is written, and sets those that the API takes."""

    def __init__(self) -> None:
        self._ttls: dict[int, float] = {}

    def add(self, ttl: float | None, blocks: Iterable[dict[str, Any]]) -> None:
        """Let the cache end with the first of `blocks`, which go backwards, that can be marked."""
        for block in blocks:
            if block.get("type") not in _UNMARKABLE:
                self._ttls[id(block)] = ttl or 0.0
                return

    def set(self, blocks: Iterable[dict[str, Any]]) -> None:
        """Mark those of `blocks`, all there are in the order of the API, that were chosen.

        Of more than four the first is kept, which ends what all conversations share, and the last ones, which end
        what this one's next turn shares. Marks that the caller set himself, on a tool of his own form, stay and count.
        """
        if not self._ttls:
            return
        blocks = list(blocks)
        own = [block for block in blocks if block.get("cache_control")]
        chosen = [block for block in blocks if id(block) in self._ttls and not block.get("cache_control")]
        room = max(0, _MOST - len(own))
        if len(chosen) > room:
            chosen = [*chosen[:1], *chosen[len(chosen) - room + 1 :]][:room]
        marked = {id(block) for block in chosen}
        may_be_long = True
        for block in blocks:
            if block.get("cache_control"):
                may_be_long = may_be_long and block["cache_control"].get("ttl") == "1h"
            elif id(block) in marked:
                may_be_long = may_be_long and self._ttls[id(block)] > _SHORT
                block["cache_control"] = {"type": "ephemeral", "ttl": "1h"} if may_be_long else {"type": "ephemeral"}
