"""Which forms a passage may hold at all, told by its shape: most passages rule most forms out.

The shape of a text has ``0`` for each digit and ``A`` for each ASCII letter. Time stamps, prices and words have
shapes that come again and again, so what a short one allows is remembered; what the text says is not in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beluga.guards.patterns import Matcher

__all__ = ["Sieve", "shape"]

_DIGIT, _LETTER = b"0"[0], b"A"[0]
_SHAPES = bytes(
    _DIGIT if chr(code).isdigit() else _LETTER if chr(code).isalpha() else code for code in range(128)
) + bytes(range(128, 256))

_LONGEST, _MOST = 64, 4096  # characters of a shape that is remembered, and how many are


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
        every = tuple(forms)
        most = max((form.digits for form in every), default=0)
        # A row for each number of digits; the last one is for all above. Most signs are plain strings, and `in`
        # takes a fifth of the time that a search does.
        self._rows = [
            [(form.sign, form.shape, form) for form in every if form.digits <= digits] for digits in range(most + 1)
        ]
        self._remembered: dict[str, list[Matcher]] = {}

    def pick(self, passage: str) -> list[Matcher]:
        """Return the forms that the shape of `passage` does not rule out, by priority."""
        look = shape(passage)
        if len(look) > _LONGEST:
            return self._allowed(look)
        forms = self._remembered.get(look)
        if forms is None:
            if len(self._remembered) >= _MOST:
                self._remembered.clear()
            forms = self._remembered[look] = self._allowed(look)
        return forms

    def _allowed(self, look: str) -> list[Matcher]:
        row = self._rows[min(look.count("0"), len(self._rows) - 1)]
        return [form for sign, search, form in row if sign in look and (search is None or search(look))]
