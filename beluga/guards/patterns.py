"""What a redactor looks for: a regular expression, and what must be true around and inside its matches."""

from __future__ import annotations

import functools
import operator
import re
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Gate = Callable[[str], object]
    Reader = Callable[[str, int], Iterator[tuple[int, int]]]

__all__ = [
    "BLANK",
    "REACH",
    "KeyPattern",
    "Matcher",
    "PIIPattern",
    "Pattern",
    "Prefilter",
    "ReadPattern",
    "SecretPattern",
    "Words",
    "initials",
    "matcher",
    "shape",
]

BLANK = "\0"
"""Stands for every character of a finding, so that its edges are boundaries and nothing matches across it."""

REACH = 80
"""How many characters before a match its `context` may look at."""


@attrs.frozen
class Pattern:
    """One kind of thing to find.

    Args:
        name: The kind, such as ``"EMAIL"``; findings carry it.
        pattern: The regular expression, as text or compiled with flags; a group called ``value`` narrows the
            finding to itself.
        placeholder: What to put in its place; None makes ``[NAME]``.
        check: Gets the matched text and returns how many of its characters, from the left, are right:
            0 or False rejects the match, a negative number rejects all that it covers, True accepts all of it.
        context: A regular expression that must match somewhere in the characters before: at most 80, back
            to the last digit.
        unless: One that must not.
        needs: A cheap regular expression without which the pattern is not tried.
        shape: Another, for the passage with each digit written as ``0`` and each ASCII letter as ``A``.
        digits: How many digits a passage must have, or the pattern is not tried.
        priority: Patterns of a lower number go first; what they found, others leave alone.
    """

    name: str = attrs.field(validator=attrs.validators.min_len(1))
    pattern: str | re.Pattern[str]
    placeholder: str | None = None
    check: Callable[[str], int] | None = attrs.field(default=None, kw_only=True)
    context: str | None = attrs.field(default=None, kw_only=True)
    unless: str | None = attrs.field(default=None, kw_only=True)
    needs: str | None = attrs.field(default=None, kw_only=True)
    shape: str | None = attrs.field(default=None, kw_only=True)
    digits: int = attrs.field(default=0, kw_only=True)
    priority: int = attrs.field(default=0, kw_only=True)

    @property
    def replacement(self) -> str:
        """The placeholder, or the one made of the name."""
        return f"[{self.name.upper()}]" if self.placeholder is None else self.placeholder


@attrs.frozen
class PIIPattern(Pattern):
    """One kind of personal data; the arguments are those of `Pattern`.

    Example:
        >>> from beluga.guards import PIIRedactor
        >>> PIIRedactor(PIIPattern("employee_id", r"EMP-[0-9]{6}")).redact("EMP-123456 called")
        '[EMPLOYEE_ID] called'
    """


@attrs.frozen
class SecretPattern(Pattern):
    """One form of credentials; the arguments are those of `Pattern`."""


@attrs.frozen
class KeyPattern(SecretPattern):
    """A form that has a run of eighteen letters, digits, ``_`` and ``-`` at least, as the keys of providers do."""


@attrs.frozen
class ReadPattern(SecretPattern):
    """A form that is read by a function; the expression only says where there may be one.

    Args:
        reads: Gets a text and where to begin, and yields the places of the findings.
    """

    reads: Reader = attrs.field(kw_only=True)


class Words:
    """Finds which of many words stands next in a text, in capitals or not.

    One expression that stops only at their rarest letters says whether there is any, in a third of the time that it
    takes to look each of them up; that takes a twentieth of what a plain alternation in `re` does.

    Args:
        words: What to find, in small letters and without blanks.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = tuple(words)
        self._plain = tuple(word for word in self._words if word.isascii())

    def within(self, text: str) -> Present | None:
        """Return those that are in `text`, for who asks where; None where none is."""
        plain = text.isascii()
        small = (text if plain else text.replace("\u0130", "i")).lower()  # of all letters the one that would be two
        words, any_in = (self._plain, self._any_plain) if plain else (self._words, self._any)
        return Present(small, [word for word in words if word in small]) if any_in(small) else None

    # Made when they are first asked: `re` takes 4 ms for a hundred and fifty words.
    _any = functools.cached_property(lambda self: _any_of(self._words))
    _any_plain = functools.cached_property(lambda self: _any_of(self._plain))


def _any_of(words: Iterable[str]) -> Gate:
    """Return what says whether one of `words` is in a text: ``k(?:(?<=tok)en|ey)`` for `token` and `key`."""
    by_rarest: dict[str, list[str]] = {}
    for word in words:
        rarest = max(word, key=lambda letter: "etaoinsrhldcumfpgwybvkxjqz".find(letter) % 99)  # a sign is rarer
        before, _, behind = word.partition(rarest)
        tail = f"(?<={re.escape(before + rarest)})" if before else ""
        by_rarest.setdefault(rarest, []).append(tail + re.escape(behind))
    every = (f"{re.escape(letter)}(?:{'|'.join(tails)})" for letter, tails in by_rarest.items())
    return re.compile("|".join(every) or "(?!)").search


class Present:
    """The places of words in a text."""

    __slots__ = ("_hits", "_latest", "_small", "_words")

    def __init__(self, small: str, words: list[str]) -> None:
        self._small = small
        self._words = words
        self._hits = [-1] * len(words)
        self._latest = 0

    def following(self, position: int) -> tuple[int, str]:
        """Return the next word from `position` on, and where it is; behind the last one, the length of the text.

        It is quick for rising positions.
        """
        hits, words, size = self._hits, self._words, len(self._small)
        if position < self._latest:
            hits[:] = [-1] * len(words)
        self._latest = position
        first, found = size, ""
        for index, hit in enumerate(hits):
            if hit < position:
                hit = self._small.find(words[index], position)  # noqa: PLW2901 - the same word, further on
                hits[index] = hit = size if hit < 0 else hit  # noqa: PLW2901 - the same
            if hit < first or (hit == first and len(words[index]) > len(found)):
                first, found = hit, words[index]
        return first, found

    def last(self, start: int, end: int) -> int:
        """Return where the last word between two places begins, or -1."""
        return max(self._small.rfind(word, start, end) for word in self._words)


class Matcher:
    """A pattern made ready to search."""

    __slots__ = (
        "_check",
        "_context",
        "_placed",
        "_reads",
        "_unless",
        "digits",
        "group",
        "is_key",
        "name",
        "needs",
        "search",
        "shape",
        "sign",
    )

    def __init__(self, pattern: Pattern) -> None:
        self.name: str = pattern.name
        self.digits: int = pattern.digits
        self.is_key: bool = isinstance(pattern, KeyPattern)
        self._check = pattern.check
        self._reads = pattern.reads if isinstance(pattern, ReadPattern) else None
        compiled = _compile(pattern, pattern.pattern)
        self.search: Callable[[str, int], re.Match[str] | None] = compiled.search
        self.group: int | str = "value" if "value" in compiled.groupindex else 0
        self.needs: Callable[[str], object] | None = _needs(pattern)
        # What a shape must hold, as a plain string if it is one: "" is in every text.
        self.sign: str = _plain(pattern.shape) or ""
        self.shape: Callable[[str], object] | None = None if self.sign else _search(pattern, pattern.shape)
        self._context = _search(pattern, pattern.context)
        self._unless = _search(pattern, pattern.unless)
        self._placed = bool(pattern.context or pattern.unless)

    @property
    def reads_once(self) -> bool:
        """Whether it has found all there is when it was asked once: edges of findings are nothing to it."""
        return self._reads is not None

    def places(self, work: str, offset: int) -> Iterable[tuple[int, int]]:
        """Return the places in `work`, from `offset` on, that match and pass the pattern's checks."""
        if self._reads is not None:
            return self._reads(work, offset)
        first = self.search(work, offset)
        return () if first is None else self._matches(work, first)

    def _matches(self, work: str, first: re.Match[str]) -> Iterator[tuple[int, int]]:
        """Yield the places from the match `first` on.

        What the check turns down is tried again one character later: an over-long or ill-begun match must not
        hide the right one inside it. What the context turns down is passed over whole, because the rest of
        a number has no better context than its beginning.
        """
        match: re.Match[str] | None = first
        size = len(work)
        while match is not None:
            start, end = match.span(self.group)
            again = match.start() + 1
            if self._placed and not self._in_place(work, start):
                again = max(end, again)
            else:
                text = work[start:end]
                taken = 0 if BLANK in text else len(text) if self._check is None else self._accepted(text)
                if taken > 0:
                    yield start, start + taken
                    again = start + taken
                elif taken < 0:
                    again = max(end, again)
            # Nothing starts at the end but an empty match, and that would come for ever.
            match = self.search(work, again) if again < size else None

    def _in_place(self, work: str, start: int) -> bool:
        before = surroundings(work, start)
        return not (self._context and not self._context(before)) and not (self._unless and self._unless(before))

    def _accepted(self, text: str) -> int:
        verdict = self._check(text) if self._check else True
        if not isinstance(verdict, int):
            # Said by type: what a check returns may be the text.
            msg = f"the check of pattern {self.name!r} must return a number or a bool, not {type(verdict).__name__}"
            raise TypeError(msg)
        return len(text) if verdict is True else min(verdict, len(text))


_ESCAPED = re.compile(r"\\([^\w\s])")
_SPECIAL = re.compile(r"[][(){}.*+?^$|\\]")
_FILLING = re.compile(f"{BLANK}+")
# What another redactor put is the end of what it found, and may have been a number.
_LAST_DIGIT = re.compile(r"(?s:.*)(?:\d|\[[A-Z][A-Z_]{1,38}\])")


def surroundings(work: str, start: int) -> str:
    """Return the characters before `start` that a context may look at, each finding as one blank.

    They begin behind the last digit or placeholder: words belong to the first number behind them.
    """
    before = work[max(0, start - REACH) : start]
    if BLANK in before:
        before = _FILLING.sub(BLANK, work[:start])
    before = before[-REACH:]
    digit = _LAST_DIGIT.match(before)
    return before[digit.end() :] if digit else before


def _search(pattern: Pattern, expression: str | None) -> Gate | None:
    return _compile(pattern, expression).search if expression else None


def _plain(expression: str | None) -> str | None:
    """Return the one string that `expression` matches, or None where there are more."""
    if not expression or _SPECIAL.search(_ESCAPED.sub("", expression)):
        return None
    return _ESCAPED.sub(r"\1", expression)


def _needs(pattern: Pattern) -> Gate | None:
    plain = _plain(pattern.needs)
    return operator.methodcaller("__contains__", plain) if plain else _search(pattern, pattern.needs)


def _compile(pattern: Pattern, source: str | re.Pattern[str]) -> re.Pattern[str]:
    try:
        compiled = re.compile(source)
    except (re.error, TypeError, OverflowError, RecursionError) as error:
        message = f"pattern {pattern.name!r} is not a valid regular expression: {error}"
        raise ValueError(message) from None
    if not isinstance(compiled.pattern, str):
        message = f"pattern {pattern.name!r} is made of bytes, and guards read text; write it without the b"
        raise ValueError(message)  # noqa: TRY004 - what is wrong is the pattern
    return compiled


@functools.lru_cache(maxsize=1024)
def matcher(pattern: Pattern) -> Matcher:
    """Compile `pattern` once per process."""
    return Matcher(pattern)


def initials(words: str) -> tuple[str, str]:
    """Return the first letters of `words`, in both cases, and an expression for what follows one just matched.

    A regular expression that begins with the set of first letters is up to ten times as fast as one that tries
    every word everywhere, as ``(?i:one|another)`` does.

    Args:
        words: Regular expressions separated by ``|``, each of which begins with a plain letter.

    Example:
        >>> initials("tel|text|fax")
        ('tTfF', '(?:(?<=[tT])(?i:el|ext)|(?<=[fF])(?i:ax))')
    """
    by_first: dict[str, list[str]] = {}
    for word in words.split("|"):
        first = word[0] + word[0].upper() if word[0].upper() != word[0] else word[0]
        by_first.setdefault(first, []).append(word[1:])
    tails = (f"(?<=[{first}])(?i:{'|'.join(rest)})" for first, rest in by_first.items())
    return "".join(by_first), f"(?:{'|'.join(tails)})"


# What a passage may hold is told by its shape: ``0`` for a digit, ``A`` for an ASCII letter. Time stamps, prices and
# words have shapes that come again and again: what a short one allows is remembered, and the text is not in it.
_DIGIT, _LETTER = b"0"[0], b"A"[0]
_SHAPES = bytes(
    _DIGIT if chr(code).isdigit() else _LETTER if chr(code).isalpha() else code for code in range(128)
) + bytes(range(128, 256))

_KEY = re.compile(r"[0A_-]{18}")
_LONGEST, _MOST = 64, 4096  # characters of a shape that is remembered, and how many are


def shape(text: str) -> str:
    """Return `text` with each digit as ``0``, each ASCII letter as ``A``, and ``?`` for what is beyond ASCII.

    Example:
        >>> shape("SSN 123-45-6789")
        'AAA 000-00-0000'
    """
    return text.encode("ascii", "replace").translate(_SHAPES).decode("ascii")


class Prefilter:
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
        keys = _KEY.search(look) is not None
        return [
            form
            for sign, search, form in row
            if (keys or not form.is_key) and sign in look and (search is None or search(look))
        ]
