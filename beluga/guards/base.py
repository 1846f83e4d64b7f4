"""What a guard is, what it finds, and what it says about a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Finding", "Guard", "GuardResult", "check_pairs", "disjoint"]


@attrs.frozen
class Finding:
    """One place in a text that a detector recognised; it never holds the text itself.

    Args:
        start: Offset of the first code point in the text as given.
        end: Offset after the last one.
        kind: What was found, such as ``"EMAIL"`` or ``"injection"``.
        score: How sure the detector is, from 0.0 to 1.0.
        rule: The name of the rule that matched.
    """

    kind: str
    start: int
    end: int
    score: float = 1.0
    rule: str = ""


@attrs.frozen
class GuardResult:
    """A guard's verdict on one text.

    Args:
        allowed: False stops the call.
        reason: Why, in words that do not quote the text.
        modified: The text to use instead; None leaves it unchanged.
        guard: The name of the guard.
        findings: Where, sorted and disjoint.
    """

    allowed: bool
    reason: str = ""
    modified: str | None = attrs.field(default=None, repr=False)
    guard: str = ""
    findings: tuple[Finding, ...] = ()


@runtime_checkable
class Guard(Protocol):
    """Anything with a name that judges a text; `avalidate` may be added for async functions.

    Where both are there, an attribute ``awaits`` may say that it has to be awaited, or need not be.
    """

    name: str

    def validate(self, content: str, *, role: str = "input") -> GuardResult:
        """Judge `content` as an ``"input"``, ``"output"`` or ``"tool"`` text."""
        ...


def disjoint(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort `findings` by place and drop those that overlap an earlier or longer one."""
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda f: (f.start, -f.end)):
        if not kept or finding.start >= kept[-1].end:
            kept.append(finding)
    return tuple(kept)


def check_pairs(owner: str, given: Sequence[Any], option: str = "") -> None:
    """Refuse a pattern that is given as two texts in place of a pair of them.

    Raises:
        ValueError: It is.
    """
    texts = [each for each in given if isinstance(each, (str, bytes))]
    if texts:
        pair = f"({texts[0]!r}, {texts[1]!r})" if len(texts) == len(given) == 2 else f"('name', {texts[-1]!r})"
        written = f"{option}=[{pair}]" if option else f"{owner}({pair})"
        message = f"{owner}: a pattern is a pair of a name and a regular expression, not {texts[0]!r}: write {written}"
        raise ValueError(message)
