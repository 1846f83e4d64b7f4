"""Which forms a passage may hold at all, told by its shape: most passages rule most forms out.

The shape of a text has ``0`` for each digit and ``A`` for each ASCII letter. A time stamp, a price and a word
have a shape that comes again and again, so what it allows is remembered; what the text says is not in it.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from beluga.guards.patterns import Matcher

__all__ = ["Sieve", "shape"]

_DIGIT, _LETTER = b"0"[0], b"A"[0]
_SHAPES = bytes(
    _DIGIT if chr(code).isdigit() else _LETTER if chr(code).isalpha() else code for code in range(128)
) + bytes(range(128, 256))
_REMEMBERED, _LONGEST = 1024, 64


def shape(text: str) -> str:
    """Return `text` with each digit as ``0``, each ASCII letter as ``A``, and ``?`` for what is beyond ASCII.

    Example:
        >>> shape("SSN 123-45-6789")
        'AAA 000-00-0000'
    """
    return text.encode("ascii", "replace").translate(_SHAPES).decode("ascii")


class Sieve:
    """Picks the forms that are worth a search.

    Args:
        forms: All of them, by priority.
    """

    def __init__(self, forms: Iterable[Matcher]) -> None:
        self._forms = tuple(forms)
        self._remembered: Callable[[str], tuple[Matcher, ...]] = functools.lru_cache(_REMEMBERED)(self._allowed)

    def pick(self, passage: str) -> tuple[Matcher, ...]:
        """Return the forms that the shape of `passage` does not rule out, by priority."""
        look = shape(passage)
        return self._remembered(look) if len(look) <= _LONGEST else self._allowed(look)

    def _allowed(self, look: str) -> tuple[Matcher, ...]:
        digits = look.count("0")
        return tuple(
            [form for form in self._forms if form.digits <= digits and (form.shape is None or form.shape(look))]
        )
