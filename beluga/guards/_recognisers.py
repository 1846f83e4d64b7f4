"""Finders that are not regular expressions, such as a model for names and places, beside the patterns.

A recogniser is a function from a text to spans. It is shown sentences, because a model needs them whole and a stream
has to know where it may stop waiting::

    chunks   "Ask An"    "a Roe about it. Th"     "anks"
    shown    -           "Ask Ana Roe about it. "  -           "Thanks" at the end

What patterns have found, or what stands for an earlier finding, is cut out of its spans: check digits know better.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeAlias

from beluga.guards.base import Finding

__all__ = ["SENTENCE", "Recogniser", "Span", "cut_out", "has_to_be_awaited", "spans_of"]

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
