"""What a redactor looks for: a regular expression, and what must be true around and inside its matches."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["BLANK", "REACH", "Matcher", "PIIPattern", "Pattern", "SecretPattern", "matcher"]

BLANK = "\0"
"""Stands for every character of a finding, so that its edges are boundaries and nothing matches across it."""

REACH = 80
"""How many characters before a match its `context` may look at."""


@attrs.frozen
class Pattern:
    """One kind of thing to find.

    Args:
        name: The kind, such as ``"EMAIL"``; findings carry it.
        pattern: The regular expression; a group called ``value`` narrows the finding to itself.
        placeholder: What to put in its place; None makes ``[NAME]``.
        check: Gets the matched text and returns how many of its characters, from the left, are right:
            0 or False rejects the match, True accepts all of it.
        context: A regular expression that must match somewhere in the 80 characters before.
        unless: One that must not.
        needs: A cheap regular expression without which the pattern is not tried.
        digits: How many digits a passage must have, or the pattern is not tried.
        priority: Patterns of a lower number go first; what they found, others leave alone.
    """

    name: str = attrs.field(validator=attrs.validators.min_len(1))
    pattern: str
    placeholder: str | None = None
    check: Callable[[str], int] | None = attrs.field(default=None, kw_only=True)
    context: str | None = attrs.field(default=None, kw_only=True)
    unless: str | None = attrs.field(default=None, kw_only=True)
    needs: str | None = attrs.field(default=None, kw_only=True)
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


class Matcher:
    """A pattern made ready to search."""

    __slots__ = ("_check", "_context", "_unless", "digits", "group", "name", "needs", "search")

    def __init__(self, pattern: Pattern) -> None:
        self.name = pattern.name
        self.digits = pattern.digits
        self._check = pattern.check
        compiled = _compile(pattern, pattern.pattern)
        self.search = compiled.search
        self.group: int | str = "value" if "value" in compiled.groupindex else 0
        self.needs = pattern.needs and _compile(pattern, pattern.needs).search
        self._context = pattern.context and _compile(pattern, pattern.context).search
        self._unless = pattern.unless and _compile(pattern, pattern.unless).search

    def find(self, work: str, position: int) -> Iterator[tuple[int, int]]:
        """Yield the places in `work`, from `position` on, that match and pass the pattern's checks.

        A match that is turned down is tried again one character later: an over-long or ill-begun match
        must not hide the right one inside it.
        """
        match = self.search(work, position)
        while match is not None:
            start, end = match.span(self.group)
            end = start + self._accepted(work, start, end)
            if end > start:
                yield start, end
                match = self.search(work, end)
            else:
                match = self.search(work, match.start() + 1)

    def _accepted(self, work: str, start: int, end: int) -> int:
        text = work[start:end]
        if BLANK in text:
            return 0
        size = len(text)
        if self._check is not None:
            verdict = self._check(text)
            size = size if verdict is True else min(int(verdict), size)
        if size and (self._context or self._unless):
            before = surroundings(work, start)
            if (self._context and not self._context(before)) or (self._unless and self._unless(before)):
                return 0
        return size


_FILLING = re.compile(f"{BLANK}+")


def surroundings(work: str, start: int) -> str:
    """Return the characters before `start` that a context may look at, each finding as one blank."""
    before = work[:start]
    return (_FILLING.sub(BLANK, before) if BLANK in before else before)[-REACH:]


def _compile(pattern: Pattern, source: str) -> re.Pattern[str]:
    try:
        return re.compile(source)
    except (re.error, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"pattern {pattern.name!r} is no valid regular expression: {error}") from None


@functools.lru_cache(maxsize=1024)
def matcher(pattern: Pattern) -> Matcher:
    """Compile `pattern` once per process."""
    return Matcher(pattern)
