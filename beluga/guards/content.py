"""Simple limits on content: words and patterns that must not occur, and length."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga.errors import GuardBlocked
from beluga.guards._normalization import normalise
from beluga.guards.base import Finding, GuardResult, disjoint
from beluga.guards.redactor import Redactor, passages_for, patterns_of
from beluga.guards.streaming import RedactionStream

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable
    from typing import NoReturn

__all__ = ["ContentFilter", "MaxLength", "PatternDetector"]


class ContentFilter:
    """Blocks a text that holds enough of the given keywords; case and disguises make no difference.

    A keyword counts once, wherever it occurs, also inside a longer word.

    Args:
        keywords: What must not occur.
        threshold: How many different keywords block; fewer are let through.

    Raises:
        ValueError: A keyword is empty, or `threshold` is less than 1.
        TypeError: `keywords` is one string instead of several.

    Example:
        >>> ContentFilter(["spam", "scam"]).validate("This is SPAM").reason
        'content blocked: matched keywords [spam]'
    """

    name = "content_filter"

    def __init__(self, keywords: Iterable[str], threshold: int = 1) -> None:
        if isinstance(keywords, str):
            message = "keywords must be several strings, not one; write ContentFilter(['word'])"
            raise TypeError(message)
        self.keywords: tuple[str, ...] = tuple(dict.fromkeys(keywords))
        if not all(self.keywords):
            message = "an empty keyword would match every text; leave it out"
            raise ValueError(message)
        if threshold < 1:
            message = f"threshold must be at least 1, not {threshold}"
            raise ValueError(message)
        self.threshold = threshold
        self._folded = tuple((word, normalise(word).text.lower()) for word in self.keywords)

    def scan(self, text: str) -> tuple[Finding, ...]:
        """Return the first place of every keyword in `text`, overlapping ones merged."""
        view = normalise(text)
        places = []
        for word, at, size in self._places(view.text):
            start, end = view.span(at, at + size)
            places.append(Finding("keyword", start, end, rule=word))
        return disjoint(places)

    def validate(self, content: str, *, role: str = "input") -> GuardResult:  # noqa: ARG002 - every role alike
        """Block `content` where at least `threshold` keywords occur in it."""
        matched = [word for word, _, _ in self._places(normalise(content).text)]
        if len(matched) < self.threshold:
            return GuardResult(allowed=True, guard=self.name)
        return GuardResult(
            allowed=False,
            reason=f"content blocked: matched keywords [{', '.join(matched)}]",
            guard=self.name,
            findings=self.scan(content),
        )

    def _places(self, text: str) -> list[tuple[str, int, int]]:
        lowered = text.lower()
        if len(lowered) != len(text):  # 'İ' becomes two characters; such a text is compared letter by letter
            lowered = "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)
        found = ((word, lowered.find(folded), len(folded)) for word, folded in self._folded)
        return [place for place in found if place[1] >= 0]


class PatternDetector:
    r"""Block a text in which one of the patterns matches.

    Disguises (full-width letters, invisible characters) are seen through. A stream is cut before the match.

    Args:
        patterns: Pairs of a name and a regular expression, as text or compiled.

    Raises:
        ValueError: There is no pattern, or one is not valid or can take exponential time.

    Example:
        >>> PatternDetector(("jailbreak", r"(?i)\bjailbreak")).validate("How to jailbreak?").reason
        'rule jailbreak matched'
    """

    name = "pattern_detector"

    def __init__(self, *patterns: tuple[str, str | re.Pattern[str]]) -> None:
        own = patterns_of(type(self).__name__, patterns)
        self._passages = passages_for(own)
        self._finder = Redactor(own, self._passages)

    def scan(self, text: str) -> tuple[Finding, ...]:
        """Return where the patterns match, sorted and disjoint."""
        return self._finder.scan(text)

    def validate(self, content: str, *, role: str = "input") -> GuardResult:  # noqa: ARG002 - the contract's
        """Block `content` if a pattern matches, and name it."""
        findings = self.scan(content)
        reason = f"rule {findings[0].rule} matched" if findings else ""
        return GuardResult(not findings, reason, guard=self.name, findings=findings)

    def stream(self) -> RedactionStream:
        """Open a stream that raises `GuardBlocked` before any of a match gets out."""
        return RedactionStream(self._finder.window(), self._block, self._passages.limit)

    def _block(self, finding: Finding, *_: str) -> NoReturn:
        # No message holds the text.
        message = f"{self.name} blocked the output: rule {finding.rule} matched"
        raise GuardBlocked(message, findings=(finding,), guard=self.name, stage="output")


class MaxLength:
    """Blocks a text of more than `limit` characters.

    Args:
        limit: The most characters that pass.

    Raises:
        ValueError: `limit` is less than 1.

    Example:
        >>> MaxLength(10).validate("more than ten").reason
        'content length 13 exceeds the limit of 10 characters'
    """

    name = "max_length"

    def __init__(self, limit: int) -> None:
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            message = f"limit must be a whole number of at least 1, not {limit!r}"
            raise ValueError(message)
        self.limit = limit

    def validate(self, content: str, *, role: str = "input") -> GuardResult:  # noqa: ARG002 - every role alike
        """Block `content` where it is too long."""
        size = len(content)
        if size <= self.limit:
            return GuardResult(allowed=True, guard=self.name)
        return GuardResult(
            allowed=False,
            reason=f"content length {size} exceeds the limit of {self.limit} characters",
            guard=self.name,
            findings=(Finding("length", self.limit, size, rule="max_length"),),
        )
