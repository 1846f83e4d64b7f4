"""A text as tokens, and tokens as the letters of the concepts that they stand for."""

from __future__ import annotations

import re

from beluga.guards._confusables import latinise
from beluga.guards._injection.lexicon import CONCEPTS, UNKNOWN
from beluga.guards._normalization import normalise

__all__ = ["LETTERS", "places", "plain_form", "sentences", "tokenise"]

# Scripts without spaces: a listed word is a token, and so is every other character.
_SPACELESS = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_FIRST_SPACELESS = "\u0e00"
_SPACELESS_START = re.compile(f"[{_SPACELESS}]")
# Vowel signs of Indic, Hebrew and Arabic script are part of the word, although `\w` does not know them.
_SIGNS = "\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0dff"

# Tokens differ without end; the table of those seen starts anew at this many.
_REMEMBERED = 50_000
_SHORTEST_STEM = 2


def plain_form(word: str) -> str:
    """Return `word` as it stands in a text that went through the detector's views."""
    return latinise(normalise(word)).text.lower()


def _entries() -> tuple[dict[str, str], dict[str, str]]:
    words: dict[str, str] = {}
    stems: dict[str, str] = {}
    for letter, listed in CONCEPTS.items():
        for entry in listed.split():
            table = stems if entry.endswith("*") else words
            word = entry.rstrip("*")
            table.setdefault(plain_form(word), letter)
            table.setdefault(normalise(word).text.lower(), letter)
    return words, stems


_WORDS, _STEMS = _entries()


def _is_spaceless(word: str) -> bool:
    return _SPACELESS_START.match(word) is not None


# By their first character, the listed words of scripts without spaces, longest first.
_LISTED: dict[str, list[str]] = {}
for _word in sorted((w for w in (*_WORDS, *_STEMS) if _is_spaceless(w)), key=len, reverse=True):
    _LISTED.setdefault(_word[0], []).append(_word)

_ASCII = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_ANY = re.compile(rf"{_ASCII.pattern}|[{_SPACELESS}]+|(?:[^\W_{_SPACELESS}]|[{_SIGNS}])+")


# Chinese, Japanese, Hindi and Arabic end sentences without a space.
_SPACELESS_END = re.compile("[\u0964\u061f\u06d4]|(?<=[.!?])(?=[^\\x00-\\x7f])")


def tokenise(text: str) -> list[str]:
    """Return the tokens of a lower-case text."""
    if text.isascii():
        return _tokenise_ascii(text)
    tokens: list[str] = []
    for run in _ANY.findall(text):
        if run[0] >= _FIRST_SPACELESS and _is_spaceless(run):
            tokens += _split(run)
        else:
            tokens.append(run)
    return tokens


# A line of fewer tokens than this belongs to the next one; a longer sentence than that is cut.
_SHORTEST_SENTENCE = 4
_LONGEST_SENTENCE = 32


def sentences(text: str) -> list[list[str]]:
    """Return the tokens of a lower-case text by sentence: together they are what `tokenise` returns.

    A sentence ends with its line, or with a mark and a space. No language is asked: what matters is that an
    instruction stands apart from what surrounds it.
    """
    for mark in ".!?":
        text = text.replace(mark + " ", mark + "\n")
    if text.isascii():
        lines = map(_tokens_of, text.encode().translate(_SPACED).decode().split("\n"))
    else:
        lines = map(tokenise, _SPACELESS_END.sub("\n", text).split("\n"))
    found: list[list[str]] = []
    begun: list[str] = []
    for line in lines:
        begun = begun + line if begun else line
        if len(begun) < _SHORTEST_SENTENCE:
            continue
        if len(begun) <= _LONGEST_SENTENCE:
            found.append(begun)
        else:
            found += (begun[at : at + _LONGEST_SENTENCE] for at in range(0, len(begun), _LONGEST_SENTENCE))
        begun = []
    if begun:
        found.append(begun)
    return found


# Splitting at spaces takes a fifth of the time of the expression, and is the same where no apostrophe is.
_SEPARATORS = bytes(code for code in range(128) if not re.match(r"[A-Za-z0-9']", chr(code)))
_SPACED = bytes.maketrans(_SEPARATORS, bytes(10 if code == 10 else 32 for code in _SEPARATORS))


def _tokenise_ascii(text: str) -> list[str]:
    return _tokens_of(text.encode().translate(_SPACED).decode())


def _tokens_of(spaced: str) -> list[str]:
    """Return the tokens of a text in which nothing else is left but spaces and apostrophes."""
    if "'" not in spaced:
        return spaced.split()
    return [part for token in spaced.split() for part in (_ASCII.findall(token) if "'" in token else (token,))]


def places(text: str) -> list[tuple[int, int]]:
    """Return where each token of a lower-case text starts and ends."""
    found: list[tuple[int, int]] = []
    for match in (_ASCII if text.isascii() else _ANY).finditer(text):
        start, end = match.span()
        if match[0] >= _FIRST_SPACELESS and _is_spaceless(match[0]):
            for token in _split(match[0]):
                found.append((start, start + len(token)))
                start += len(token)
        else:
            found.append((start, end))
    return found


def _split(run: str) -> list[str]:
    """Cut a run without spaces into listed words and single characters."""
    tokens: list[str] = []
    at, size = 0, len(run)
    while at < size:
        token = run[at]
        for word in _LISTED.get(token, ()):
            if run.startswith(word, at):
                token = word
                break
        tokens.append(token)
        at += len(token)
    return tokens


class _Letters(dict[str, str]):
    """The concept letter of each token, found on first sight and then remembered."""

    def __missing__(self, token: str) -> str:
        if len(self) >= _REMEMBERED:
            self.clear()
        letter = self[token] = _letter(token)
        return letter


def _letter(token: str) -> str:
    word = token.replace("'", "")
    if word in _WORDS:
        return _WORDS[word]
    for size in range(min(len(word), 24), _SHORTEST_STEM - 1, -1):
        if (stem := word[:size]) in _STEMS:
            return _STEMS[stem]
    # Arabic writes "and", "in", "to" and "the" onto the word.
    if word[:1] == "\u0648" or word[:2] == "\u0627\u0644" or word[:1] in "\u0628\u0644":
        shorter = word[2:] if word[:2] == "\u0627\u0644" else word[1:]
        return _letter(shorter) if shorter else UNKNOWN
    return UNKNOWN


LETTERS = _Letters()
