"""Letters that only look like Latin ones, read as the Latin ones that they look like.

A separate step, because it must not touch text that is honestly written in another script.

Source: Unicode Technical Standard 39 (confusables); the letters are those met in attacks.
"""

from __future__ import annotations

import re
import unicodedata

from beluga.guards._normalization import View, remember, rewrite

__all__ = ["latinise"]

# By what they are taken for.
_LOOK_ALIKES = {
    "a": "\u0430\u03b1\u0251\u13aa\u0391\u0410\u1d00",
    "b": "\u0184\u042c\u0432\u0392\u0412\u13f4\u0299",
    "c": "\u0441\u03f2\u0421\u1d04\u13df",
    "d": "\u0501\u13a0\u146f\u1d05",
    "e": "\u0435\u0395\u0415\u0454\u03b5\u13ac\u212e\u04bd\u1d07",
    "f": "\u03dd\u0192\ua730",
    "g": "\u0261\u0581\u050d\u0262",
    "h": "\u04bb\u043d\u0397\u041d\u0570\u13bb\u029c",
    "i": "\u0456\u03b9\u0131\u0399\u0406\u04cf\u0269\u04c0\u026a",
    "j": "\u0458\u0408\u03f3\u1d0a",
    "k": "\u043a\u03ba\u039a\u041a\u1d0b",
    "l": "\u04cf\u01c0\u029f\u13de",
    "m": "\u043c\u039c\u041c\u028d\u1d0d",
    "n": "\u0578\u039d\u03b7\u057c\u0274\u043f",
    "o": "\u043e\u03bf\u039f\u041e\u0585\u03c3\u0d20\u1d0f",
    "p": "\u0440\u03c1\u03a1\u0420\u1d18",
    "q": "\u051b\u0566\u01eb",
    "r": "\u0433\u1d26\u0280\u13a1",
    "s": "\u0455\u0405\ua731\u0282",
    "t": "\u0442\u03c4\u03a4\u0422\u1d1b",
    "u": "\u057d\u03c5\u028b\u1d1c",
    "v": "\u03bd\u0475\u1d20\u13d9",
    "w": "\u0461\u051d\u1d21\u03c9\u0448",
    "x": "\u0445\u03c7\u03a7\u0425",
    "y": "\u0443\u03b3\u03a5\u0423\u04af\u028f",
    "z": "\u0396\u1d22\u0290",
}
_TO_LATIN = {ord(c): latin for latin, many in reversed(_LOOK_ALIKES.items()) for c in many}
# Some are only taken for Latin among Latin letters: a word of Russian is not made of these alone by chance.
_FAINT = frozenset(
    map(
        ord,
        "\u0432\u0433\u043a\u043c\u043d\u043f\u0442\u0443\u0448\u03b3\u03b5\u03b7\u03b9\u03ba\u03c3\u03c4\u03c5\u03c7\u03c9",
    )
)
_TWINS = {code: latin for code, latin in _TO_LATIN.items() if code not in _FAINT}
_STROKES = {ord(a): b for a, b in zip("øØłŁđĐħŧıİ", "oOlLdDhtiI", strict=True)}
# Words with a letter of a script that has look-alikes, or with an accent. The part before that letter is
# bounded, because `re` tries it from every letter of a word.
_SIMILAR = "\u00c0-\u02af\u0370-\u058f\u0d20\u13a0-\u13ff\u146f\u1d00-\u1fff\u212e\ua720-\ua7ff"
_SCRIPT_WORD = re.compile(f"[A-Za-z]{{0,32}}[{_SIMILAR}][A-Za-z{_SIMILAR}]*")


# Marks of Latin, Greek and Cyrillic that `normalise` could not compose with their letter.
_MARKS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")


def _nothing(_: str) -> str:
    return ""


class _Accents(dict[int, str]):
    """Latin letters without their accents; every other character is itself."""

    def __missing__(self, code: int) -> str:
        base = _STROKES.get(code) or unicodedata.normalize("NFD", chr(code))[0]
        plain = base if base.isascii() else chr(code)
        return remember(self, code, plain)


_ACCENTS = _Accents()


def _latin_word(word: str) -> str:
    """Return `word` in plain Latin letters if it mixes with them or looks like them throughout."""
    plain = word.translate(_ACCENTS)
    if plain.isascii():
        return plain
    if any(c.isascii() for c in plain):
        return plain.translate(_TO_LATIN)
    latin = plain.translate(_TWINS)
    return latin if latin.isascii() else plain


def latinise(view: View) -> View:
    r"""Return `view` with accents taken off Latin letters and look-alikes read as Latin ones.

    Only words that mix scripts, or that consist of look-alikes alone, are read as Latin: a Russian sentence
    stays Russian. Meant for text that went through `normalise`.

    Args:
        view: What to read as Latin.

    Returns:
        A view named ``"latin"``, or `view` itself where nothing changes.

    Example:
        >>> from beluga.guards._normalization import normalise
        >>> latinise(normalise("\u0456gn\u043ere pr\u00e9c\u00e9dent")).text
        'ignore precedent'
    """
    if view.text.isascii():
        return view
    return rewrite(rewrite(view, _MARKS, _nothing, "latin"), _SCRIPT_WORD, _latin_word, "latin")
