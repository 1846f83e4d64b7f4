"""Encodings that hide a message: what a run of each looks like, and the bytes that it stands for.

A decoder raises `ValueError` where a run only looked like its encoding.

Source: RFC 4648 (base64, base32, base16); RFC 1924 and Adobe's PostScript (base85);
ITU-R M.1677-1 (Morse code); Unicode tag characters, block E0000.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from beluga.guards._normalization import Edits, View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "BINARY",
    "DECIMAL",
    "HEX",
    "MORSE",
    "SHORTEST_RUN",
    "from_binary",
    "from_decimal",
    "from_hex",
    "from_morse",
    "long_runs",
    "readable",
    "runs",
    "smuggled",
]

# A word of so many characters is none, or one of the longest.
SHORTEST_RUN = 16
_LEAST_READABLE = 0.9
BASE64 = re.compile(r"(?<![\w+/-])[A-Za-z0-9+/_-]{16,}={0,2}")
BASE32 = re.compile(r"(?<!\w)[A-Z2-7]{16,}={0,6}")
HEX = re.compile(r"(?:(?:0x|\\x)?[0-9a-fA-F]{2}[\s:,]{0,2}){8,}")
BINARY = re.compile(r"(?:[01]{8}[\s,]{0,2}){4,}")
DECIMAL = re.compile(r"(?:\b\d{2,3}[\s,]{1,2}){7,}\d{2,3}\b")
MORSE = re.compile(r"(?:[.-]{1,6}(?:\s?[/|]\s?|\s{1,3})){5,}[.-]{1,6}")


def readable(text: str) -> bool:
    """Say whether `text` is text: bytes decoded by mistake are not printable for long."""
    good = sum(c.isalpha() or c in " ,.'!?\n" for c in text)
    return good >= _LEAST_READABLE * len(text) > 0


def _is_encoded(text: str) -> bool:
    """Say whether `text` is one run of base64 or base32, as a message that was encoded twice is."""
    return bool(BASE64.fullmatch(text.strip()) or BASE32.fullmatch(text.strip()))


def from_base64(run: str) -> bytes:
    """Return the bytes of a run of base64, of either alphabet, padded or not."""
    run = "".join(run.split()).rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(run[: len(run) - (len(run) % 4 == 1)] + "=" * (-len(run) % 4))


def from_base32(run: str) -> bytes:
    """Return the bytes of a run of base32."""
    run = run.rstrip("=")
    run = run[: len(run) // 8 * 8 + {0: 0, 1: 0, 2: 2, 3: 2, 4: 4, 5: 5, 6: 5, 7: 7}[len(run) % 8]]
    return base64.b32decode(run + "=" * (-len(run) % 8))


def from_hex(run: str) -> bytes:
    """Return the bytes of pairs of hexadecimal digits."""
    return bytes.fromhex(re.sub(r"0x|\\x|[\s:,]", "", run))


def from_binary(run: str) -> bytes:
    """Return the bytes of groups of eight bits."""
    bits = re.sub(r"[\s,]", "", run)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8))


def from_decimal(run: str) -> bytes:
    """Return the bytes that decimal numbers stand for."""
    return bytes(min(255, int(number)) for number in re.findall(r"\d+", run))


BASE85 = re.compile(r"[!-~]{20,}")
# It mixes capitals and marks as neither an address nor code does.
_LEAST_MARKS, _LEAST_CAPITALS, _SEEN = 3, 8, 50
_TRIED = 500


def from_base85(run: str) -> bytes:
    """Return the bytes of a run of base85, as RFC 1924 or as Adobe writes it."""
    run = run.removeprefix("<~").removesuffix("~>")
    seen = run[:_SEEN]
    marks = len(seen) - sum(map(str.isalnum, seen))
    if marks < _LEAST_MARKS or sum(map(str.isupper, seen)) < min(_LEAST_CAPITALS, len(seen) // 6):
        raise ValueError
    try:
        found = base64.a85decode(run[:_TRIED])
    except ValueError:
        return base64.b85decode(run)
    return base64.a85decode(run) if readable(found.decode("latin-1")) else base64.b85decode(run)


# HEX takes ten times as long over a word of megabytes, which has no gaps.
_DIGITS = re.compile(r"(?:[0-9a-fA-F]{16}){1,}(?:[0-9a-fA-F]{2}){0,7}")

_LONG_RUNS = (
    ("base64", BASE64, from_base64),
    ("base85", BASE85, from_base85),
    ("base32", BASE32, from_base32),
    ("hex", _DIGITS, from_hex),
    ("binary", BINARY, from_binary),
)

# ITU-R M.1677-1: the letters, in the order of the alphabet.
_MORSE_LETTERS: dict[str, str] = dict(
    zip(
        (
            ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- "
            "-. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.."
        ).split(),
        "abcdefghijklmnopqrstuvwxyz",
        strict=True,
    )
)


def from_morse(run: str) -> bytes:
    """Return the letters of Morse code."""
    words = re.split(r"\s*[/|]\s*|\s{2,}", run.strip())
    return " ".join("".join(_MORSE_LETTERS.get(s, "?") for s in word.split()) for word in words).encode()


# What is written in characters that show nothing: tag characters, bytes as variation selectors, and bits as two kinds
# of characters without width.
_TAGS = re.compile("[\U000e0020-\U000e007e]+")
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}")
_WIDTHLESS = re.compile("[\u180e\u200b-\u200f\u2060-\u2064\ufeff]{24,}")


def _from_tags(run: str) -> bytes:
    return bytes(ord(c) - 0xE0000 for c in run)


def _from_selectors(run: str) -> bytes:
    codes = map(ord, run)
    return bytes(code - 0xFE00 if code < 0xE0100 else code - 0xE0100 + 16 for code in codes)


def _from_widthless(run: str) -> bytes:
    """Return the bytes of bits; which of the two characters is 1, and which parts them, the text itself tells."""
    kinds = sorted(set(run), key=run.count)[-2:]
    for one in kinds if len(kinds) > 1 else ():
        bits = "".join("1" if c == one else "0" for c in run if c in kinds)
        for size in (8, 7):
            found = bytes(int(bits[at : at + size], 2) for at in range(0, len(bits) - size + 1, size))
            if readable(found.decode("latin-1")):
                return found
    raise ValueError


_INVISIBLE = (
    ("tags", _TAGS, _from_tags),
    ("selectors", _SELECTORS, _from_selectors),
    ("widthless", _WIDTHLESS, _from_widthless),
)


# More of a run than this is data, not a message.
_MOST_OF_A_RUN = 100_000
# Lines of one encoded message.
_LINES = re.compile(r"(?<![\w+/-])(?:[A-Za-z0-9+/_-]{16,}\s{1,4}){1,2000}[A-Za-z0-9+/_-]{2,}={0,2}")


def runs(view: View, name: str, pattern: re.Pattern[str], decode: Callable[[str], bytes]) -> Iterator[View]:
    """Yield what the matches of `pattern` say, those that `decode` to text."""
    for match in pattern.finditer(view.text):
        yield from _decoded(view, name, match.span(), decode)


def long_runs(view: View) -> Iterator[View]:
    """Yield what words too long to be words say."""
    at = 0
    words = [word for word in view.text.split() if len(word) >= SHORTEST_RUN]
    for word in words:
        at = view.text.index(word, at)
        for name, pattern, decode in _LONG_RUNS:
            for match in pattern.finditer(word):
                span = (at + match.start(), at + match.end())
                yield from _decoded(view, name, span, decode)
        at += len(word)
    if len(words) > 1:
        yield from runs(view, "base64", _LINES, from_base64)


def _decoded(view: View, name: str, span: tuple[int, int], decode: Callable[[str], bytes]) -> Iterator[View]:
    start, end = span
    try:
        text = decode(view.text[start : min(end, start + _MOST_OF_A_RUN)]).decode()
    except ValueError:  # of base64, of hexadecimal, or of UTF-8: it is something else
        return
    if readable(text) or _is_encoded(text):
        edits = Edits()
        edits.add(0, len(text), start, end)
        yield View(text, name, edits=edits, source=view)


def smuggled(text: str) -> Iterator[View]:
    """Yield what `text` says in invisible characters."""
    if text.isascii():
        return
    source = View(text)
    for name, pattern, decode in _INVISIBLE:
        yield from runs(source, name, pattern, decode)
