"""What stands in the place of a finding: a placeholder, its last characters, a keyed hash, or what a function gives.

Whatever it is, it has to be recognised again, or a second pass could find something in it. So nothing that stands for
a value runs on into the text behind it, and hashes are written in letters, among which no number can hide.
"""

from __future__ import annotations

import hashlib
import hmac
import inspect
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

from beluga._types.problems import nearest
from beluga.guards._normalization import normalise

__all__ = ["LONGEST_LABEL", "StandIns", "Strategy", "label", "unknown"]

Strategy: TypeAlias = Literal["placeholder", "mask_last4", "hash"] | Callable[[str], str]
"""How to replace a finding: one of three names, or a function from the text found to the text to put there."""

_NAMES = ("placeholder", "mask_last4", "hash")
LONGEST_LABEL = 40
# Sixteen consonants for the sixteen hexadecimal digits: they spell no word and no number.
_LETTERS = str.maketrans("0123456789abcdef", "bcdfghjklmnpqrst")
_HASHED = r"_[bcdfghj-np-t]{16}\]"
_MASKED = r"(?<!\*)\*{4}[A-Za-z0-9]{4}(?![^\W_])"
_FEWEST = 8  # letters and digits of a value of which four may stay
_AFTER_MASK = frozenset(" \t\r\n!\"#$%&'(),-./:;<=>?@[\\]^_`{|}~")


def label(kind: str) -> str:
    """Return `kind` as it stands in placeholders and pseudonyms: in capitals, and short."""
    return re.sub(r"[^A-Z0-9]+", "_", kind.upper())[:LONGEST_LABEL].strip("_") or "VALUE"


class StandIns:
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
            own.append(r"\[" + (r"[A-Z0-9_]{1,40}" if open else f"(?:{'|'.join(map(label, placeholders))})") + _HASHED)
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
            return f"[{label(kind)}_{self._hash(kind, text)}]"
        if strategy == "mask_last4":
            plain = "".join(filter(str.isalnum, normalise(text).text))
            if len(plain) >= _FEWEST and plain[-4:].isascii() and (not following or following in _AFTER_MASK):
                return "****" + plain[-4:]
        return self._placeholders.get(kind, f"[{label(kind)}]")

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
