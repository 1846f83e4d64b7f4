"""What a guard is, what it finds, and what it says about a text; and recognisers, which are functions that find."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

import attrs

__all__ = [
    "SENTENCE",
    "Finding",
    "Guard",
    "GuardResult",
    "Recogniser",
    "Span",
    "check_pairs",
    "cut_out",
    "disjoint",
    "has_to_be_awaited",
    "spans_of",
]


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


# Recognisers: finders that are not regular expressions, such as a model for names and places, beside the patterns. They
# are shown sentences, because a model needs them whole and a stream has to know where it may stop waiting:
#
#     chunks   "Ask An"    "a Roe about it. Th"     "anks"
#     shown    -           "Ask Ana Roe about it. "  -           "Thanks" at the end
#
# What patterns have found, or what stands for an earlier finding, is cut out of its spans: check digits know better.

Span: TypeAlias = Finding | tuple[int, int, str]
Recogniser: TypeAlias = Callable[[str], Iterable[Span] | Awaitable[Iterable[Span]]]
"""From a text to findings, or to triples of start, end and kind; the function may be async."""

# A sentence ends behind a word, before another: neither `3. March` nor `Mr. Roe` nor `tel. 555 0101` is cut. Of the
# scripts without blanks the full stop is enough. A line is over at its end, unless a number goes on in the next.
_END = r"(?:(?<=[^\W\d_]{5}[.!?])|(?<=[^\W\d_]{5}[.!?][\"')\]]))[ \t]+(?=[^\W\d_])|(?<=[。！？])"
SENTENCE = re.compile(rf"(?:(?!{_END})(?:[^\n]|(?<=\d)\n(?=\d)))*+(?:{_END}|\n)?")


def has_to_be_awaited(recogniser: Recogniser) -> bool:
    """Say whether `recogniser` is async."""
    return inspect.iscoroutinefunction(recogniser) or inspect.iscoroutinefunction(type(recogniser).__call__)


def spans_of(recogniser: Recogniser, answer: Any, size: int) -> list[tuple[int, int, str]]:
    """Return what a recogniser found in a text of `size` characters.

    Raises:
        TypeError: The answer is something else than findings or triples; the message says of which types.
        ValueError: A span does not lie in the text.
    """
    name = getattr(recogniser, "__name__", type(recogniser).__name__)
    if inspect.isawaitable(answer) or not isinstance(answer, Iterable) or isinstance(answer, (str, bytes)):
        if inspect.iscoroutine(answer):
            answer.close()
        message = f"the recogniser {name} returned {type(answer).__name__}; it must return findings"
        raise TypeError(message)
    spans = []
    for found in answer:
        match found:
            case Finding(kind=str(kind), start=int(start), end=int(end)) | (int(start), int(end), str(kind)) if kind:
                pass
            case _:
                message = f"the recogniser {name} must find (start, end, kind), not {type(found).__name__}"
                raise TypeError(message)
        if not 0 <= start <= end <= size:
            message = f"the recogniser {name} found {kind} from {start} to {end} in a text of {size} characters"
            raise ValueError(message)
        spans.append((start, end, kind))
    return spans


def cut_out(
    text: str, spans: Iterable[tuple[int, int, str]], taken: Iterable[tuple[int, int]]
) -> list[tuple[int, int, str]]:
    """Return the parts of `spans` that are not `taken`, without the blanks and signs at their edges; sorted."""
    used = sorted(taken)
    kept: list[tuple[int, int, str]] = []
    for start, end, kind in sorted(spans, key=lambda span: (span[0], -span[1])):
        parts = [(start, end)]
        for first, behind in used:
            parts = (
                [
                    part
                    for left, right in parts
                    for part in ((left, min(right, first)), (max(left, behind), right))
                    if part[0] < part[1]
                ]
                if first < end and start < behind
                else parts
            )
        for left, right in parts:
            places = [place for place in range(left, right) if text[place].isalnum()]
            if places:
                kept.append((places[0], places[-1] + 1, kind))
                used.append((places[0], places[-1] + 1))
    kept.sort()
    return kept
