"""Pseudonyms that can be taken back: equal values get equal ones, and nobody outside can guess them."""

from __future__ import annotations

import importlib
import json
import re
import threading
from typing import TYPE_CHECKING, Any

from beluga.clock import environment
from beluga.guards._stand_ins import LONGEST_LABEL, label

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RestoreStream", "Vault"]

# What models make of `[EMAIL_5C1E2A_2]`: other cases, `[EMAIL\_5C1E2A\_2]`, `EMAIL-5c1e2a-2`, `[**E-mail 5C1E2A 2**]`,
# `%5BEMAIL_5C1E2A_2%5D`, endings such as `'s`. The mark and the number are enough to know it again.
_OPEN, _CLOSE = r"(?:\\?\[|%5B|[【［])", r"(?:\\?\]|%5D|[】］])"
_DECORATION = r"[*`\s\\]{0,4}"
_JOIN = r"(?:\\?[_-])"
_LOOSE_JOIN = r"(?:\\?[_\s-]){1,3}"
_BOUND = 160
# Where a pseudonym may have begun whose end is yet to come: an open bracket with words behind it, or the last word.
_BEGUN = re.compile(rf"(?:{_OPEN}[\w\s\\*`-]{{0,{_BOUND}}}(?:%5?)?|[\w\\-]{{1,{_BOUND}}}|%5?)\Z", re.IGNORECASE)


class Vault:
    """Keeps the values behind the pseudonyms of one conversation.

    A pseudonym looks like ``[EMAIL_5C1E2A_2]``: the kind, a mark drawn for this vault, and a number. The mark
    keeps a text that happens to hold ``[EMAIL_2]`` from being taken for ours, and lets a pseudonym be known again
    that a model wrote in another way. Safe to share between threads.

    Example:
        >>> vault = Vault()
        >>> token = vault.pseudonym("EMAIL", "ana@example.com")
        >>> vault.restore(f"Write to {token}, that is {token.lower()}.")
        'Write to ana@example.com, that is ana@example.com.'
    """

    def __init__(self) -> None:
        self._mark = f"{environment().rng.getrandbits(24):06X}"
        self._tokens: dict[tuple[str, str], str] = {}
        self._values: dict[str, str] = {}
        self._numbered: list[str] = []
        self._labels: frozenset[str] = frozenset()
        self._lock = threading.Lock()
        self._read_mark()

    def _read_mark(self) -> None:
        self.pattern: re.Pattern[str] = re.compile(rf"\[[A-Z0-9_]{{1,{LONGEST_LABEL}}}_{self._mark}_[0-9]{{1,9}}\]")
        """Matches every pseudonym of this vault, as it was given out."""
        self._rewritten = self.pattern

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
            return self._add(kind, value) if token is None else token

    def _add(self, kind: str, value: str) -> str:
        name = label(kind)
        token = f"[{name}_{self._mark}_{len(self._values) + 1}]"
        self._tokens[kind, value] = token
        self._values[token] = value
        self._numbered.append(value)
        if name not in self._labels:
            self._labels |= {name}
            self._rewritten = self._all_forms()
        return token

    def _all_forms(self) -> re.Pattern[str]:
        labels = sorted(self._labels, key=len, reverse=True)
        known, spoken = ("|".join(name.replace("_", join) for name in labels) for join in (f"{_JOIN}?", _LOOSE_JOIN))
        bracketed = rf"{_OPEN}{_DECORATION}(?:(?:{spoken}|[^\W\d_][\w\\-]{{0,60}}?){_LOOSE_JOIN})?"
        return re.compile(
            rf"{bracketed}{self._mark}{_LOOSE_JOIN}(?P<inside>[0-9]{{1,9}}){_DECORATION}{_CLOSE}"
            rf"|(?:(?:{known}){_JOIN})?{self._mark}{_JOIN}(?P<bare>[0-9]{{1,9}})(?![0-9])",
            re.IGNORECASE,
        )

    def restore(self, text: str) -> str:
        """Return `text` with the values in the place of their pseudonyms; unknown ones stay.

        A pseudonym is known again in other cases, in Markdown, with other separators, without its brackets, and with
        an ending.
        """
        return self._rewritten.sub(self._value, text)

    def _value(self, match: re.Match[str]) -> str:
        if not match.re.groups:
            return match[0]
        number = int(match["inside"] or match["bare"])
        return self._numbered[number - 1] if 0 < number <= len(self._numbered) else match[0]

    def stream(self) -> RestoreStream:
        """Open a stream that restores a text as it arrives."""
        return RestoreStream(self)

    def begun(self, text: str) -> int:
        """Return from where on `text` may be an unfinished pseudonym; its length where there is none."""
        begun = _BEGUN.search(text, max(0, len(text) - _BOUND - 4))
        cut = begun.start() if begun else len(text)
        across = (m.start() for m in self._rewritten.finditer(text) if m.start() < cut < m.end())
        return min(across, default=cut)

    def dump(self, key: str | bytes) -> bytes:
        """Return all that the vault keeps, encrypted; `load` opens it again with the same key.

        Args:
            key: A key as ``cryptography.fernet.Fernet.generate_key()`` makes them.

        Raises:
            ImportError: The extra ``vault`` is not installed.
            ValueError: `key` is not such a key.
        """
        with self._lock:
            kept = {"mark": self._mark, "values": list(self._tokens)}
        return bytes(_cipher(key).encrypt(json.dumps(kept).encode("ascii")))

    @classmethod
    def load(cls, data: bytes, key: str | bytes) -> Vault:
        """Return the vault that `dump` stored as `data`.

        Args:
            data: What `dump` returned.
            key: The key that it was stored with.

        Raises:
            ImportError: The extra ``vault`` is not installed.
            ValueError: `key` is not a key, or not the one for `data`, or `data` was changed.
        """
        cipher = _cipher(key)
        try:
            kept = json.loads(cipher.decrypt(data))
        except Exception:
            # Nothing is said of the cause: it could tell an attacker how far he got.
            message = "the vault cannot be opened: this is not the key that it was stored with, or the data was changed"
            raise ValueError(message) from None
        vault = cls()
        vault._mark = kept["mark"]
        vault._read_mark()
        for kind, value in kept["values"]:
            vault._add(kind, value)
        return vault


def _cipher(key: str | bytes) -> Any:
    try:
        fernet: Any = importlib.import_module("cryptography.fernet")
    except ImportError:
        message = 'to store a vault takes cryptography: pip install "beluga-ai[vault]"'
        raise ImportError(message) from None
    try:
        return fernet.Fernet(key)
    except (ValueError, TypeError, AttributeError):
        message = "a vault's key is 32 bytes in URL-safe base64, as Fernet.generate_key() makes them"
        raise ValueError(message) from None


class RestoreStream:
    """Restores a text that arrives in chunks, holding back what may be the start of a pseudonym.

    Args:
        vault: Where the values are.
    """

    def __init__(self, vault: Vault) -> None:
        self.bound = 2 * _BOUND
        """The most characters that may be held back."""
        self._vault = vault
        self._held = ""

    def feed(self, chunk: str) -> str:
        """Take the next chunk and return what can no longer change."""
        text = self._held + chunk
        cut = self._vault.begun(text)
        self._held = text[cut:]
        return self._vault.restore(text[:cut])

    def close(self) -> str:
        """End the text and return the rest of it."""
        rest, self._held = self._vault.restore(self._held), ""
        return rest
