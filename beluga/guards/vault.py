"""Pseudonyms that can be taken back: equal values get equal ones, and nobody outside can guess them."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from beluga.clock import environment
from beluga.guards._stand_ins import label

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RestoreStream", "Vault"]

_OPEN_TOKEN = re.compile(r"\[[A-Z0-9_]*\Z")
_LONGEST_KIND = 40


class Vault:
    """Keeps the values behind the pseudonyms of one conversation.

    A pseudonym looks like ``[EMAIL_5C1E_2]``: the kind, a mark drawn for this vault, and a number. The mark
    keeps a text that happens to hold ``[EMAIL_2]`` from being taken for ours. Safe to share between threads.

    Example:
        >>> vault = Vault()
        >>> token = vault.pseudonym("EMAIL", "ana@example.com")
        >>> vault.restore(f"Write to {token}.")
        'Write to ana@example.com.'
    """

    def __init__(self) -> None:
        self._mark = f"{environment().rng.getrandbits(24):06X}"
        self._tokens: dict[tuple[str, str], str] = {}
        self._values: dict[str, str] = {}
        self._lock = threading.Lock()
        self.pattern: re.Pattern[str] = re.compile(rf"\[[A-Z0-9_]{{1,{_LONGEST_KIND}}}_{self._mark}_[0-9]{{1,9}}\]")
        """Matches every pseudonym of this vault."""

    def __repr__(self) -> str:
        """Show how many values there are, never the values."""
        return f"<Vault of {len(self)} values>"

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the pseudonyms given out."""
        return iter(tuple(self._values))

    def pseudonym(self, kind: str, value: str) -> str:
        """Return the pseudonym of `value`, always the same one for the same kind and value."""
        with self._lock:
            token = self._tokens.get((kind, value))
            if token is None:
                token = f"[{label(kind)}_{self._mark}_{len(self._values) + 1}]"
                self._tokens[kind, value] = token
                self._values[token] = value
            return token

    def restore(self, text: str) -> str:
        """Return `text` with the values in the place of their pseudonyms; unknown ones stay."""
        return self.pattern.sub(lambda match: self._values.get(match[0], match[0]), text)

    def stream(self) -> RestoreStream:
        """Open a stream that restores a text as it arrives."""
        return RestoreStream(self)


class RestoreStream:
    """Restores a text that arrives in chunks, holding back what may be the start of a pseudonym.

    Args:
        vault: Where the values are.
    """

    def __init__(self, vault: Vault) -> None:
        self.bound = _LONGEST_KIND + 20
        """The most characters that may be held back."""
        self._vault = vault
        self._held = ""

    def feed(self, chunk: str) -> str:
        """Take the next chunk and return what can no longer change."""
        text = self._held + chunk
        start = _OPEN_TOKEN.search(text, max(0, len(text) - self.bound))
        cut = start.start() if start else len(text)
        self._held = text[cut:]
        return self._vault.restore(text[:cut])

    def close(self) -> str:
        """End the text and return the rest of it."""
        rest, self._held = self._held, ""
        return rest
