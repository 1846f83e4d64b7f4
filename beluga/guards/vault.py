"""What stands in the place of a finding, and how a pseudonym is taken back.

A placeholder, the last characters, a keyed hash, what a function gives, or a pseudonym of a vault. Whatever it is, it
has to be recognised again, or a second pass could find something in it. So nothing that stands for a value runs on into
the text behind it, and hashes are written in letters, among which no number can hide.
"""

from __future__ import annotations

import hashlib
import hmac
import importlib
import inspect
import json
import re
import secrets
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from beluga._types.problems import nearest
from beluga.clock import environment
from beluga.guards._normalization import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Placeholders", "RestoreStream", "Strategy", "Vault", "unknown"]

Strategy: TypeAlias = Literal["placeholder", "mask_last4", "hash"] | Callable[[str], str]
"""How to replace a finding: one of three names, or a function from the text found to the text to put there."""

_NAMES = ("placeholder", "mask_last4", "hash")
_LONGEST_LABEL = 40
# Sixteen consonants for the sixteen hexadecimal digits: they spell no word and no number.
_LETTERS = str.maketrans("0123456789abcdef", "bcdfghjklmnpqrst")
_HASHED = r"_[bcdfghj-np-t]{16}\]"
_MASKED = r"(?<!\*)\*{4}[A-Za-z0-9]{4}(?![^\W_])"
_FEWEST = 8  # letters and digits of a value of which four may stay
_AFTER_MASK = frozenset(" \t\r\n!\"#$%&'(),-./:;<=>?@[\\]^_`{|}~")


def _label(kind: str) -> str:
    """Return `kind` as it stands in placeholders and pseudonyms: in capitals, and short."""
    return re.sub(r"[^A-Z0-9]+", "_", kind.upper())[:_LONGEST_LABEL].strip("_") or "VALUE"


class Placeholders:
    """Gives what stands in the place of a finding, by its kind.

    Args:
        owner: Whose they are, for errors.
        placeholders: The placeholder of each kind; others get theirs by their name.
        strategy: One for all, or a mapping from kinds; what it does not name gets its placeholder.
        key: What hashes are made with; None draws one.
        open: Whether there may be findings of kinds without a placeholder.
    """

    def __init__(
        self,
        owner: str,
        placeholders: Mapping[str, str],
        strategy: Strategy | Mapping[str, Strategy] = "placeholder",
        key: str | bytes | None = None,
        *,
        open: bool = False,  # noqa: A002 - a set of kinds is open or closed
    ) -> None:
        self._placeholders = placeholders
        self._by_kind: dict[str, Any] = dict(strategy) if isinstance(strategy, Mapping) else {}
        self._for_all: Any = "placeholder" if isinstance(strategy, Mapping) else strategy
        for kind in self._by_kind:
            if kind not in placeholders and (nearest(kind, placeholders) or not open):
                message = f"{owner}: strategy names {unknown(kind, placeholders)}"
                raise ValueError(message)
        used = {*_checked(owner, [self._for_all, *self._by_kind.values()])}
        self._key = _key(owner, key, used="hash" in used)
        own = sorted({re.escape(text) for text in placeholders.values() if text}, key=len, reverse=True)
        own += [r"\[[A-Z][A-Z_]{0,38}(?:_\d{1,2})?\]"] if open else []
        if "hash" in used:
            own.append(r"\[" + (r"[A-Z0-9_]{1,40}" if open else f"(?:{'|'.join(map(_label, placeholders))})") + _HASHED)
        own += [_MASKED] if "mask_last4" in used else []
        self.pattern: str = "|".join(own)
        """Matches all that they give, but for what a function gives."""

    def give(self, kind: str, text: str, following: str) -> str:
        """Return what stands for `text`, in front of the character `following`."""
        strategy = self._by_kind.get(kind, self._for_all)
        if callable(strategy):
            given = strategy(text)
            if not isinstance(given, str):
                message = f"the strategy for {kind} must return str, not {type(given).__name__}"
                raise TypeError(message)
            return given
        if strategy == "hash":
            return f"[{_label(kind)}_{self._hash(kind, text)}]"
        if strategy == "mask_last4":
            plain = "".join(filter(str.isalnum, normalise(text).text))
            if len(plain) >= _FEWEST and plain[-4:].isascii() and (not following or following in _AFTER_MASK):
                return "****" + plain[-4:]
        return self._placeholders.get(kind, f"[{_label(kind)}]")

    def _hash(self, kind: str, text: str) -> str:
        said = f"{kind}\0{normalise(text).text.casefold()}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()[:16].translate(_LETTERS)


def unknown(name: object, known: Mapping[str, object]) -> str:
    """Say that `name` is none of the `known` kinds, and which it is most like."""
    meant = nearest(name, known)
    hint = f"did you mean {meant!r}?" if meant else f"there are {', '.join(sorted(known))}"
    return f"{name!r}, which is not a kind; {hint}"


def _checked(owner: str, strategies: list[Any]) -> list[str]:
    """Return the names among `strategies`, all of which are known or functions of one text."""
    names = []
    for strategy in strategies:
        if isinstance(strategy, str) and strategy in _NAMES:
            names.append(strategy)
            continue
        if not callable(strategy):
            meant = nearest(strategy, _NAMES)
            hint = f"did you mean {meant!r}?" if meant else f"give {', '.join(map(repr, _NAMES))} or a function"
            message = f"{owner}: {strategy!r} is not a strategy; {hint}"
            raise ValueError(message)  # noqa: TRY004 - a misspelt name is the usual reason
        try:
            inspect.signature(strategy).bind("text")
        except TypeError:
            message = f"{owner}: a strategy is called with the text found alone, and {strategy!r} takes something else"
            raise ValueError(message) from None
        except ValueError:  # written in C, without a signature
            continue
    return names


def _key(owner: str, key: str | bytes | None, *, used: bool) -> bytes:
    if key is None:
        return secrets.token_bytes(32)
    if not isinstance(key, (str, bytes)) or not key:
        message = f"{owner}: key= is what hashes are made with, a str or bytes that is not empty"
        raise ValueError(message)
    if not used:
        message = f"{owner}: key= is for hashes alone; say strategy='hash', or leave it out"
        raise ValueError(message)
    return key.encode() if isinstance(key, str) else key


# Pseudonyms.

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
        self.pattern: re.Pattern[str] = re.compile(rf"\[[A-Z0-9_]{{1,{_LONGEST_LABEL}}}_{self._mark}_[0-9]{{1,9}}\]")
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
        name = _label(kind)
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
