"""The hold-back window that makes any redactor work on a token stream.

A redactor does not look at a text as a whole. It looks at its *passages*: runs of words that may hold
a finding, cut where no finding can reach across. Where a passage begins and ends depends on nothing but
its own characters, and so does what is found in it. That is why a stream gives the same result for every
way to cut a text into chunks: `Window` reads a whole text and a stream with the same few lines. In a
stream it only stops before a passage whose end has not arrived.

With ``d(p)`` for what is done to one passage, and ``p1 p2 ... pn`` for the passages of a text::

    whole(text)    =  d(p1) d(p2) ... d(pn)
    stream(chunks) =  the same, because no pi depends on where a chunk ends, and each is read once, when its end is in

    chunks     "pay 41"     "11 1111 1111 1"      "111 now"
    passages   pay| 4111 1111 1111 1111|now|
    held            41      4111 1111 1111 1      now          until a character comes that cannot go on
    out        "pay "       ""                    "[CREDIT_CARD] "    "now"

A passage longer than the window is read in overlapping pieces; each piece ends `reach` characters before
the window does, so that a finding of at most `reach` characters is never torn.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from beluga.guards._tables import Labels
from beluga.guards.base import Finding
from beluga.guards.patterns import BLANK, REACH

if TYPE_CHECKING:
    from collections.abc import Callable

    from beluga.guards._tables import Columns
    from beluga.guards.patterns import Present, Words

    Replace = Callable[[Finding, str, str], str]

__all__ = ["Passages", "RedactionStream", "Window"]


@attrs.frozen
class Passages:
    """Where the passages of a text begin and end.

    Args:
        gates: A passage begins at the word in which one of these matches.
        rest: Matches from the start of a passage, or from inside it, to its end.
        limit: The size of the window, in characters.
        reach: The longest finding that is surely found whole.
        words: A passage begins at the word in which one of these stands, too.
        drawn: Matches from one of these words inside a passage to the end of what it draws in.
        block: Matches where something begins of which every part counts, not only the last word before its end.
        columns: What the cells of a table are read with in front of them.
    """

    gates: tuple[re.Pattern[str], ...]
    rest: re.Pattern[str]
    limit: int
    reach: int
    words: Words | None = None
    drawn: re.Pattern[str] = re.compile("")
    block: re.Pattern[str] = re.compile("(?!)")
    columns: Columns | None = None
    long: re.Pattern[str] = attrs.field(init=False, repr=False)

    @long.default  # pyright: ignore[reportAttributeAccessIssue]  # attrs' way of a default from other fields
    def _window_of_one_word(self) -> re.Pattern[str]:
        # More than 2**31 repetitions are no regular expression; a window of that size has no end anyway.
        return re.compile(rf"(?<!\S)\S{{{min(self.limit, 2**31)}}}")

    def word(self, text: str, position: int, inside: int) -> int:
        """Return where the word around `inside` begins, not before `position`."""
        # No word is longer than the window: `long` opens a passage at the start of one that is.
        before = text[max(position, inside - self.limit) : inside]
        if not before or before[-1].isspace():
            return inside
        return inside - len(before.rsplit(None, 1)[-1])


_PIECES = 64  # of what was read before they are put together
_SHORT = 256  # a passage shorter than this is read again with every chunk


class Window:
    """Reads a text passage by passage, each one exactly once, in whatever pieces it comes.

    Args:
        passages: How the text falls into passages.
        detect: Finds what is in a passage, given the characters before it: start and end, counted from the
            passage's start, and kind; sorted and disjoint.
        placeholders: Recognises what stands for an earlier finding.
    """

    def __init__(
        self,
        passages: Passages,
        detect: Callable[[str, str], list[tuple[int, int, str]]],
        placeholders: re.Pattern[str],
    ) -> None:
        self._passages = passages
        self._detect = detect
        self._placeholders = placeholders
        self._labels = Labels(passages.columns) if passages.columns else None
        self._recent: list[str] = []  # what was read, at least the last REACH characters, findings as one BLANK
        self._labelled = False
        self._inside = False  # the present place is inside a passage longer than the window

    def advance(self, text: str, *, final: bool) -> tuple[list[Finding], int]:
        """Read on as far as `text` decides; return the findings, and how far that was."""
        if self._labels is None:
            return self._advance(text, final=final)
        self._labelled = self._labels.read(text)
        findings, end = self._advance(text, final=final)
        if not final:
            self._labels.move(text, end)
        return findings, end

    def _advance(self, text: str, *, final: bool) -> tuple[list[Finding], int]:
        findings: list[Finding] = []
        at, size, limit = 0, len(text), self._passages.limit
        words = self._passages.words.within(text) if self._passages.words else None
        starts = self._starts(text, words)
        drawn = self._drawn(text, words)
        while at < size:
            start = at if self._inside else starts(at)
            if start < 0:
                end = size if final else self._passages.word(text, at, size)
                if not final:
                    self._skip(text, at, end)
                return findings, end
            if start > at:
                self._skip(text, at, start)
            match = self._passages.rest.match(text, start, start + limit)
            end = drawn(start, match.end()) if match else start
            if end == size and not final and end - start < limit:
                return findings, start
            # A gate that opens on a blank opens nothing: go on behind it.
            at = self._read(text, start, end, findings) if end > start else self._step(text, start)
        return findings, at

    def _starts(self, text: str, words: Present | None) -> Callable[[int], int]:
        """Return a function that gives the start of the next passage, or -1, for rising positions."""
        passages, size = self._passages, len(text)
        gates = passages.gates
        if size < passages.limit and len(gates) == 1 and passages.words is None:
            search = gates[0].search

            def only(position: int) -> int:
                match = search(text, position)
                return passages.word(text, position, match.start()) if match else -1

            return only
        if size >= passages.limit:  # no word of a shorter text is that long
            gates = (*gates, passages.long)
        hits = [-1] * len(gates)

        def following(position: int) -> int:
            # Each gate is asked again only behind its last hit: asking all of them each time takes time
            # with the square of the text.
            for index, gate in enumerate(gates):
                if hits[index] < position:
                    match = gate.search(text, position)
                    hits[index] = match.start() if match else size
            first = min(hits)
            if words is not None:
                first = min(first, words.following(position)[0])
            return passages.word(text, position, first) if first < size else -1

        return following

    def _drawn(self, text: str, words: Present | None) -> Callable[[int, int], int]:
        """Return a function that says how far the words between two places draw a passage, for rising places."""
        if words is None:
            return lambda _, end: end
        match, block, limit = self._passages.drawn.match, self._passages.block, self._passages.limit
        has_blocks = block.search(text) is not None

        def furthest(start: int, end: int) -> int:
            at = start
            while at < end:
                # Of the words in what is drawn in, the last draws in most; a block may go on beyond that.
                places = [begun.start() for begun in block.finditer(text, at, end)] if has_blocks else []
                places.append(words.last(at, end))
                at = end
                for place in places:
                    if place >= 0 and (found := match(text, place, start + limit)) and found.end() > end:
                        end = found.end()
            return end

        return furthest

    def _step(self, text: str, start: int) -> int:
        self._skip(text, start, start + 1)
        self._inside = False
        return start + 1

    def _read(self, text: str, start: int, end: int, findings: list[Finding]) -> int:
        limit, last = self._passages.limit, start
        self._inside = end - start >= limit
        if self._inside:
            end = start + limit
        view = self._labels.view(text, start, end) if self._labelled and self._labels else None
        found = self._detect(self._before(), view.text if view else text[start:end])
        if view:
            found = [(*view.span(first, behind), kind) for first, behind, kind in found]
        if self._inside:
            found, cut = _undivided(found, limit - self._passages.reach)
            end = start + cut
        for first, behind, kind in found:
            findings.append(Finding(kind, start + first, start + behind, 1.0, kind))
            self._recent += (text[last : start + first], BLANK)
            last = start + behind
        self._recent.append(text[last:end])
        return end

    def _skip(self, text: str, start: int, end: int) -> None:
        """Remember the last characters of a stretch that holds no finding."""
        size = 4 * REACH
        # Half a placeholder at its left edge must not count, hence the double length.
        while end - start > size and len(self._placeholders.sub(BLANK, text[end - size : end])) < 2 * REACH:
            size *= 2
        self._recent.append(text[max(start, end - size) : end])
        if len(self._recent) > _PIECES:
            self._before()

    def _before(self) -> str:
        """Return the last REACH characters before the present place, findings and placeholders as one BLANK."""
        if not self._recent:
            return ""
        # More is kept than is returned: a placeholder whose end is yet to come will shrink.
        kept = self._placeholders.sub(BLANK, "".join(self._recent))[-4 * REACH :]
        self._recent = [kept]
        return kept[-REACH:]


def _undivided(found: list[tuple[int, int, str]], cut: int) -> tuple[list[tuple[int, int, str]], int]:
    """Return the findings that begin before `cut`, and `cut` moved behind the last of them."""
    kept = []
    for first, behind, kind in found:
        if first < cut:
            kept.append((first, behind, kind))
            cut = max(cut, behind)
    return kept, cut


class RedactionStream:
    """Redacts a text that arrives in chunks; the joined output is what redacting it whole would give.

    What is held back is only what can still become a finding. After an error, or when the consumer stops
    early, drop the stream: what it holds is never sent.

    Args:
        window: The reader.
        replace: Gives what stands for a finding, by its text and the character behind it.
        bound: The most characters that may be held back.
    """

    def __init__(self, window: Window, replace: Replace, bound: int) -> None:
        self.bound = bound
        self._window = window
        self._replace = replace
        self._held = ""
        self._unread: list[str] = []  # what came since then: adding each to the text would copy the window each time
        self._size = 0  # of both
        self._due = 0  # how long they must be to be worth reading again
        self._open = True

    @property
    def held(self) -> int:
        """How many characters are held back now."""
        return self._size

    def feed(self, chunk: str) -> str:
        """Take the next chunk and return what can no longer change.

        Raises:
            ValueError: The stream is closed, or failed before: it stays shut.
        """
        size = self._size + len(chunk)
        if self._open and size < self._due and "\n" not in chunk:
            self._unread.append(chunk)
            self._size = size
            return ""
        done = self._advance(chunk, final=False)
        size = self._size
        # A long passage is read again when it has grown by an eighth, not at every character, or a stream of
        # single characters would take time with the square of the window.
        self._due = 0 if size < _SHORT else min(size + size // 8, self.bound)
        return done

    def close(self) -> str:
        """End the text and return the rest of it; a second call returns nothing."""
        if not self._open:
            return ""
        rest = self._advance("", final=True)
        self._open = False
        return rest

    def _advance(self, chunk: str, *, final: bool) -> str:
        if not self._open:
            msg = "this stream is closed; open another one with .stream()"
            raise ValueError(msg)
        text = "".join((self._held, *self._unread, chunk))
        # Shut until the work is done: a detector that raises must not be followed by raw text.
        self._open, self._held, self._size = False, "", 0
        self._unread.clear()
        findings, end = self._window.advance(text, final=final)
        done = replaced(text, end, findings, self._replace)
        self._open, self._held, self._size = True, text[end:], len(text) - end
        return done


def replaced(text: str, size: int, findings: list[Finding], replace: Replace) -> str:
    """Return the first `size` characters of `text` with every finding replaced."""
    if not findings:
        return text[:size]
    pieces, last = [], 0
    for finding in findings:
        start, end = finding.start, finding.end
        pieces += [text[last:start], replace(finding, text[start:end], text[end : end + 1])]
        last = end
    pieces.append(text[last:size])
    return "".join(pieces)
