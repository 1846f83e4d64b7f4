"""Two small guards made of the user's own regular expressions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from beluga.guards.base import Finding, GuardResult, disjoint

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PatternDetector", "PatternRedactor"]


class _Patterns:
    name = "patterns"

    def __init__(self, *patterns: tuple[str, str | re.Pattern[str]]) -> None:
        if not patterns:
            message = f"{type(self).__name__}: give at least one (name, regular expression)"
            raise ValueError(message)
        self._patterns = [(name, _compiled(type(self).__name__, name, pattern)) for name, pattern in patterns]

    def scan(self, text: str) -> tuple[Finding, ...]:
        """Return where the patterns match, sorted and disjoint."""
        return disjoint(self._matches(text))

    def _matches(self, text: str) -> Iterator[Finding]:
        for name, pattern in self._patterns:
            for match in pattern.finditer(text):
                if match.end() > match.start():
                    yield Finding(name, match.start(), match.end(), rule=name)


def _compiled(owner: str, name: str, pattern: str | re.Pattern[str]) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        message = f"{owner}: the pattern {name!r} is no regular expression: {error}"
        raise ValueError(message) from error


class PatternDetector(_Patterns):
    r"""Block a text in which one of the patterns matches.

    Args:
        patterns: Pairs of a name and a regular expression.

    Raises:
        ValueError: There is no pattern, or one is broken.

    Example:
        >>> PatternDetector(("jailbreak", r"(?i)\bjailbreak")).validate("How to jailbreak?").reason
        'rule jailbreak matched'
    """

    name = "pattern_detector"

    def validate(self, content: str, *, role: str = "input") -> GuardResult:  # noqa: ARG002 - the contract's
        """Block `content` if a pattern matches, and name it."""
        findings = self.scan(content)
        reason = f"rule {findings[0].rule} matched" if findings else ""
        return GuardResult(not findings, reason, guard=self.name, findings=findings)


class PatternRedactor(_Patterns):
    """Replace what the patterns match by ``[NAME]``.

    Args:
        patterns: Pairs of a name and a regular expression.

    Raises:
        ValueError: There is no pattern, or one is broken.

    Example:
        >>> PatternRedactor(("TICKET", r"T-[0-9]+")).redact("see T-123")
        'see [TICKET]'
    """

    name = "pattern_redactor"

    def redact(self, text: str) -> str:
        """Return `text` with a placeholder for each finding."""
        pieces: list[str] = []
        end = 0
        for finding in self.scan(text):
            pieces += (text[end : finding.start], f"[{finding.kind}]")
            end = finding.end
        return "".join((*pieces, text[end:]))

    def validate(self, content: str, *, role: str = "output") -> GuardResult:  # noqa: ARG002 - the contract's
        """Allow `content`, with the findings replaced."""
        findings = self.scan(content)
        if not findings:
            return GuardResult(allowed=True, guard=self.name)
        kinds = ", ".join(dict.fromkeys(finding.kind for finding in findings))
        return GuardResult(True, f"redacted {kinds}", self.redact(content), self.name, findings)
