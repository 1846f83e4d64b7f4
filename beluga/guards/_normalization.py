"""A text as a detector should read it, with the way back to the text as it was given.

`normalise` undoes what hides a text from a pattern without changing what it says::

    a full-width 4, a zero-width space, a full-width 1  ->  "41"    .span(0, 2) == (0, 3)

* invisible characters, bidi controls, tag characters, variation selectors and terminal escapes are removed;
* compatibility characters are folded as NFKC folds them (full-width, mathematical, circled, ligatures);
* decimal digits of every script, exotic dashes, spaces and quotes become their ASCII forms;
* base letters and their combining marks are composed, and so are Korean syllables;
* marks on digits and punctuation are dropped.

Letters of other scripts stay what they are. `latinise` reads look-alikes as Latin, a separate step, because it must not
touch text that is honestly written in another script. Decoding what is encoded is `beluga.guards._deobfuscation`.
Clean ASCII text costs one scan and gets an identity view.

Every `View` maps its offsets back with ``view.span(start, end)``. The map is monotone, in range, and covers
whatever was removed inside the span, but not what was removed around it.

Source: Unicode Standard Annex 15 (normalization forms, version 15), Technical Report 36 (invisible characters),
Technical Standard 39 (confusables; the letters are those met in attacks).
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Edits", "View", "latinise", "normalise", "rewrite"]


class Edits:
    """Where a rewritten text differs in length from its source.

    Four parallel columns instead of one object each: five million removed characters take 80 MB, not 1 GB.
    """

    __slots__ = ("ends", "origin_ends", "origin_starts", "starts")

    def __init__(self) -> None:
        self.starts: array[int] = array("L")
        self.ends: array[int] = array("L")
        self.origin_starts: array[int] = array("L")
        self.origin_ends: array[int] = array("L")

    def add(self, start: int, end: int, origin_start: int, origin_end: int) -> None:
        """Note that ``[start, end)`` stands for the source's ``[origin_start, origin_end)``."""
        self.starts.append(start)
        self.ends.append(end)
        self.origin_starts.append(origin_start)
        self.origin_ends.append(origin_end)

    def origin_of_start(self, offset: int) -> int:
        """Return where in the source a span that starts at `offset` starts."""
        at = bisect_right(self.starts, offset) - 1
        if at < 0:
            return offset
        if offset < self.ends[at]:
            return self.origin_starts[at]
        return self.origin_ends[at] + offset - self.ends[at]

    def origin_of_end(self, offset: int) -> int:
        """Return where in the source a span that ends at `offset` ends."""
        at = bisect_left(self.starts, offset) - 1
        if at < 0:
            return offset
        if offset <= self.ends[at]:
            return self.origin_ends[at]
        return self.origin_ends[at] + offset - self.ends[at]


class View:
    """One reading of a text.

    Args:
        text: The text as read.
        name: What was done to it, such as ``"plain"`` or ``"base64"``.
        edits: Where its length differs from its source's; None where every character stands for one.
        source: The view it was made of; None for the text as given.
    """

    __slots__ = ("_edits", "_source", "name", "text")

    def __init__(
        self, text: str, name: str = "plain", *, edits: Edits | None = None, source: View | None = None
    ) -> None:
        self.text: str = text
        self.name: str = name
        self._edits = edits
        self._source = source

    def __repr__(self) -> str:
        """Show the name and size, never the text."""
        return f"<View {self.name!r} of {len(self.text)} characters>"

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original's ``(start, end)`` for a span of this view's text.

        Args:
            start: Offset of the span's first character in `text`.
            end: Offset after its last one; a span that is empty here is empty there.
        """
        empty = end <= start
        if self._edits is not None:
            start, end = self._edits.origin_of_start(start), self._edits.origin_of_end(end)
        if empty:
            end = start
        return (start, end) if self._source is None else self._source.span(start, end)


def rewrite(view: View, pattern: re.Pattern[str], replace: Callable[[str], str], name: str = "") -> View:
    """Return `view` with every match of `pattern` replaced, or `view` itself where nothing changes.

    Args:
        view: What to rewrite.
        pattern: What to replace.
        replace: From the matched text to the new one. Of equal length it is taken to stand for the old
            one character by character; otherwise all of it stands for all of the match.
        name: The new view's name; empty keeps the old one.
    """
    text, edits = view.text, Edits()
    pieces: list[str] = []
    done = size = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        new = replace(match[0])
        if new == match[0]:
            continue
        pieces += text[done:start], new
        size += start - done
        if len(new) != end - start:
            edits.add(size, size + len(new), start, end)
        size += len(new)
        done = end
    if not pieces:
        return view
    pieces.append(text[done:])
    return View("".join(pieces), name or view.name, edits=edits if edits.starts else None, source=view)


# The escape sequences of terminals go as a whole; line breaks, tabs and NEL (U+0085) stay. The set comes
# first because `re` looks for a leading set four times as fast as for an alternation.
_TERMINAL = r"(?:(?<=\x1b)\[[0-9;?]{0,16}[@-~])?"
_CONTROLS = r"\x00-\x08\x0e-\x1f\x7f"
_CONTROL_BYTES = bytes(code for code in (*range(0x20), 0x7F) if not 0x09 <= code <= 0x0D)
_FORMATS = (
    "\x80-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u20dd-\u20e4\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_HIDDEN_ASCII = re.compile(f"[{_CONTROLS}]+{_TERMINAL}")
_HIDDEN = re.compile(f"[{_CONTROLS}{_FORMATS}]+{_TERMINAL}")
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_FOREIGN_CHARACTER = re.compile(r"[^\x00-\x7f]")
_MARKS = "\u0300-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f"
_COMPOSING = re.compile(f"[{_MARKS}\u1161-\u1175]")
_COMPOSABLE = re.compile(f"[^{_MARKS}][{_MARKS}]+|[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?")

# UAX 15 section 13: text that is safe to stream has at most 30 marks in a row. More are dropped, because
# putting marks in order takes time with the square of their number.
_MOST_MARKS = 30
# U+FDFA alone stands for 18 characters; what grows a text more than eightfold stays as it is.
_MOST_GROWTH = 8
_REMEMBERED = 32768

_PLAIN_FORMS = {
    "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u02d7\ufe58": "-",
    "\u2018\u2019\u201a\u201b\u02bc\u2032": "'",
    "\u201c\u201d\u201e\u201f\u2033": '"',
    "\u2044\u2215": "/",
    "\u2236": ":",
    "\u3002\uff61\u066b": ".",
    "\u066c": ",",
    "\u2800\u1680": " ",
    "\u0085\u2028\u2029": "\n",
}
_ASCII_FORMS = {character: plain for many, plain in _PLAIN_FORMS.items() for character in many}
# White letters on black, in circles and in squares, and those of flags: NFKC knows only the black ones.
_ASCII_FORMS |= {chr(first + at): chr(65 + at) for first in (0x1F150, 0x1F170, 0x1F1E6) for at in range(26)}


def _remember(table: dict[int, str], code: int, form: str) -> str:
    """Put `form` into `table`, which starts anew rather than grow with whatever is sent to it."""
    if len(table) >= _REMEMBERED:
        table.clear()
    table[code] = form
    return form


class _Folds(dict[int, str]):
    """What each character is read as, found on first sight and then remembered."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        folded = _ASCII_FORMS.get(character) or unicodedata.normalize("NFKC", character)
        if len(folded) > _MOST_GROWTH:
            folded = character
        digits = [unicodedata.decimal(c, None) for c in folded]
        folded = "".join(c if d is None else str(d) for c, d in zip(folded, digits, strict=True))
        if not folded.isascii():
            folded = "".join(self[ord(c)] if c != character else c for c in folded)
        return _remember(self, code, folded)


_FOLDS = _Folds()


def _fold(text: str) -> str:
    return text.translate(_FOLDS)


def _compose(cluster: str) -> str:
    if cluster[0].isascii() and not cluster[0].isalpha():
        return cluster[0]
    return unicodedata.normalize("NFKC", cluster[: _MOST_MARKS + 1])


def _is_clean(text: str) -> bool:
    """Say whether ASCII text holds no control character; six times as fast as a search for one."""
    return len(text.encode().translate(None, _CONTROL_BYTES)) == len(text)


def _drop(_: str) -> str:
    return ""


def normalise(text: str) -> View:
    r"""Return `text` as a detector should read it, with the map back to it.

    Idempotent: the normal form of a normal form is itself. Never fails: lone surrogates and NUL are
    characters like any other. At most eight times as long as `text`.

    Args:
        text: Any string.

    Returns:
        A view named ``"plain"``; for clean text ``view.text is text``.

    Example:
        >>> view = normalise("card \uff14\uff11\u200b11")
        >>> view.text, view.span(5, 9)
        ('card 4111', (5, 10))
    """
    view = View(text)
    if text.isascii():
        return view if text.isprintable() or _is_clean(text) else rewrite(view, _HIDDEN_ASCII, _drop)
    view = rewrite(view, _HIDDEN, _drop)
    runs = _FOREIGN.findall(view.text)
    one_to_one = all(len(_fold(run)) == len(run) for run in runs)
    view = rewrite(view, _FOREIGN if one_to_one else _FOREIGN_CHARACTER, _fold)
    return rewrite(view, _COMPOSABLE, _compose) if _COMPOSING.search(view.text) else view


# Look-alikes: letters of other scripts, by the Latin ones that they are taken for.
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
_LATIN_MARKS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")


class _Accents(dict[int, str]):
    """Latin letters without their accents; every other character is itself."""

    def __missing__(self, code: int) -> str:
        base = _STROKES.get(code) or unicodedata.normalize("NFD", chr(code))[0]
        plain = base if base.isascii() else chr(code)
        return _remember(self, code, plain)


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
        >>> latinise(normalise("\u0456gn\u043ere pr\u00e9c\u00e9dent")).text
        'ignore precedent'
    """
    if view.text.isascii():
        return view
    return rewrite(rewrite(view, _LATIN_MARKS, _drop, "latin"), _SCRIPT_WORD, _latin_word, "latin")
