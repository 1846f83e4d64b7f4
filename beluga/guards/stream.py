"""The hold-back window that makes any redactor work on a token stream.

A redactor does not look at a text as a whole. It looks at its *passages*: runs of words that may hold
a finding, cut where no finding can reach across. Where a passage begins and ends depends on nothing but
its own characters, and so does what is found in it. That is why a stream gives the same result for every
way to cut a text into chunks: `Window` reads a whole text and a stream with the same few lines. In a
stream it only stops before a passage whose end has not arrived.

A passage longer than the window is read in overlapping pieces; each piece ends `reach` characters before
the window does, so that a finding of at most `reach` characters is never torn.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from beluga.guards.patterns import BLANK, REACH

if TYPE_CHECKING:
    from collections.abc import Callable

    from beluga.guards.base import Finding

__all__ = ["Passages", "RedactionStream", "Window"]


@attrs.frozen
class Passages:
    """Where the passages of a text begin and end.

    Args:
        gates: A passage begins at the word in which one of these matches.
        rest: Matches from the start of a passage, or from inside it, to its end.
        limit: The size of the window, in characters.
        reach: The longest finding that is surely found whole.
    """

    gates: tuple[re.Pattern[str], ...]
    rest: re.Pattern[str]
    limit: int
    reach: int

    def find(self, text: str, position: int) -> int:
        """Return where the next passage at or after `position` begins, or -1."""
        hits = [hit.start() for hit in (gate.search(text, position) for gate in self.gates) if hit]
        return self.word(text, position, min(hits)) if hits else -1

    def word(self, text: str, position: int, inside: int) -> int:
        """Return where the word around `inside` begins, not before `position`."""
        # No word is longer than the window: `_long` opens a passage at the start of one that is.
        before = text[max(position, inside - self.limit) : inside]
        if not before or before[-1].isspace():
            return inside
        return inside - len(before.rsplit(None, 1)[-1])


class Window:
    """Reads a text passage by passage, each one exactly once, in whatever pieces it comes.

    Args:
        passages: How the text falls into passages.
        detect: Finds what is in a passage, given the characters before it; offsets count from its start.
        placeholders: Recognises what stands for an earlier finding.
    """

    def __init__(
        self,
        passages: Passages,
        detect: Callable[[str, str], list[Finding]],
        placeholders: re.Pattern[str],
    ) -> None:
        self._passages = passages
        self._detect = detect
        self._placeholders = placeholders
        self._long = re.compile(rf"(?<!\S)\S{{{passages.limit}}}")
        self._before = ""  # the last REACH characters before the present place, findings as one BLANK
        self._inside = False  # the present place is inside a passage longer than the window

    def advance(self, text: str, *, final: bool) -> tuple[list[Finding], int]:
        """Read on as far as `text` decides; return the findings, and how far that was."""
        findings: list[Finding] = []
        at, size, limit = 0, len(text), self._passages.limit
        while at < size:
            start = at if self._inside else self._next(text, at)
            if start < 0:
                end = size if final else self._passages.word(text, at, size)
                self._skip(text, at, end)
                return findings, end
            if start > at:
                self._skip(text, at, start)
                at = start
            end = self._end(text, start)
            if end == size and not final and end - start < limit:
                break
            at = self._read(text, start, end, findings)
        return findings, at

    def _next(self, text: str, at: int) -> int:
        start = self._passages.find(text, at)
        long = self._long.search(text, at) if len(text) - at >= self._passages.limit else None
        if long is not None and (start < 0 or long.start() < start):
            return long.start()
        return start

    def _end(self, text: str, start: int) -> int:
        match = self._passages.rest.match(text, start)
        return match.end() if match else start

    def _read(self, text: str, start: int, end: int, findings: list[Finding]) -> int:
        limit = self._passages.limit
        self._inside = end - start >= limit
        if self._inside:
            end = start + limit
        found = self._detect(self._before, text[start:end])
        if self._inside:
            cut = limit - self._passages.reach
            kept = []
            for finding in found:
                if finding.start < cut:
                    kept.append(finding)
                    cut = max(cut, finding.end)
            found, end = kept, start + cut
        pieces, last = [], start
        for finding in found:
            placed = attrs.evolve(finding, start=start + finding.start, end=start + finding.end)
            findings.append(placed)
            pieces += [text[last : placed.start], BLANK]
            last = placed.end
        pieces.append(text[last:end])
        self._remember("".join(pieces))
        return end

    def _skip(self, text: str, start: int, end: int) -> None:
        """Remember the last characters of a stretch that holds no finding."""
        size = 4 * REACH
        while True:
            stretch = text[max(start, end - size) : end]
            # Half a placeholder at its left edge must not count, hence the double length.
            if size >= end - start or len(self._placeholders.sub(BLANK, stretch)) >= 2 * REACH:
                break
            size *= 2
        self._remember(stretch)

    def _remember(self, stretch: str) -> None:
        if len(stretch) < 2 * REACH:
            stretch = self._before + stretch
        if "[" in stretch or not stretch.isascii():
            stretch = self._placeholders.sub(BLANK, stretch)
        self._before = stretch[-REACH:]


class RedactionStream:
    """Redacts a text that arrives in chunks; the joined output is what redacting it whole would give.

    What is held back is only what can still become a finding. After an error, or when the consumer stops
    early, drop the stream: what it holds is never sent.

    Args:
        window: The reader.
        replace: Gives the placeholder for a finding and its text.
        bound: The most characters that may be held back.
    """

    def __init__(self, window: Window, replace: Callable[[Finding, str], str], bound: int) -> None:
        self.bound = bound
        self._window = window
        self._replace = replace
        self._held = ""
        self._open = True

    def feed(self, chunk: str) -> str:
        """Take the next chunk and return what can no longer change.

        Raises:
            ValueError: The stream is closed, or failed before: it stays shut.
        """
        return self._advance(self._held + chunk, final=False)

    def close(self) -> str:
        """End the text and return the rest of it; a second call returns nothing."""
        if not self._open:
            return ""
        rest = self._advance(self._held, final=True)
        self._open = False
        return rest

    def _advance(self, text: str, *, final: bool) -> str:
        if not self._open:
            raise ValueError("this stream is closed; open another one with .stream()")
        # Shut until the work is done: a detector that raises must not be followed by raw text.
        self._open, self._held = False, ""
        findings, end = self._window.advance(text, final=final)
        done = replaced(text[:end], findings, self._replace)
        self._open, self._held = True, text[end:]
        return done


def replaced(text: str, findings: list[Finding], replace: Callable[[Finding, str], str]) -> str:
    """Return `text` with every finding replaced."""
    if not findings:
        return text
    pieces, last = [], 0
    for finding in findings:
        pieces += [text[last : finding.start], replace(finding, text[finding.start : finding.end])]
        last = finding.end
    pieces.append(text[last:])
    return "".join(pieces)
