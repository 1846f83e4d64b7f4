"""``beluga scan`` and ``beluga redact``: find injections, personal data and secrets in texts, or take them out."""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
from bisect import bisect_left, bisect_right
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, TextIO

import attrs

from beluga._cli.output import WRITERS, Format, Hit, replacing
from beluga.guards.base import Finding
from beluga.guards.injection import InjectionDetector
from beluga.guards.pii import PIIRedactor
from beluga.guards.secrets import SecretRedactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from beluga.guards.streaming import Window

__all__ = ["Lines", "decoded", "redact", "redact_file", "scan"]

CLEAN, FOUND, UNREADABLE = 0, 1, 2
"""The exit statuses; an unreadable file outweighs a finding."""

_READ = 1 << 18  # bytes at a time
_PARAGRAPH = 4000  # characters of an attack that goes over several lines
_LONGEST_LINE = 1 << 16
_CHUNK = 65536


def scan(
    paths: Sequence[str | Path],
    *,
    pii: bool = False,
    secrets: bool = False,
    form: Format = "text",
    threshold: float | None = None,
    rules_only: bool = False,
    out: TextIO | None = None,
) -> int:
    """Write where in the files something is found, in memory that does not grow with the files.

    Args:
        paths: The files, and folders of files; ``-`` is the standard input, and so is no path at all. What is hidden
            in a folder, by a name that begins with a dot, is passed over.
        pii: Look for personal data too.
        secrets: Look for secrets too.
        form: How to write it: lines for people, one JSON object, a SARIF log, or GitHub's workflow commands.
        threshold: The score from which a text is an injection; None is the detector's own.
        rules_only: Leave out the statistical model.
        out: Where to write; None is the standard output.

    Returns:
        The exit status: 0 nothing found, 1 something found, 2 a file could not be read.

    Raises:
        ValueError: The threshold is not above 0.0 and at most 1.0.
    """
    writer = WRITERS[form](sys.stdout if out is None else out)
    detector = InjectionDetector(threshold=threshold, model=not rules_only)
    status = CLEAN
    for path in _files(paths or ["-"]):
        try:
            for hit in _hits(path, _detectors(detector, pii=pii, secrets=secrets)):
                status = max(status, FOUND)
                writer.hit(hit)
        except _UnreadableError as error:
            status = UNREADABLE
            writer.unreadable(str(path), str(error))
    writer.end()
    return status


def _files(paths: Iterable[str | Path]) -> Iterator[str | Path]:
    for path in paths:
        folder = Path(path)
        if folder.is_dir():
            yield from sorted(_inside(folder))
        else:
            yield path


def _inside(folder: Path) -> list[Path]:
    """Return the files in a folder, and what in it cannot be looked into: that is told of where it is opened."""
    found: list[Path] = []
    shut: list[OSError] = []
    for home, folders, names in os.walk(folder, onerror=shut.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(home, name) for name in names if not name.startswith(".") and _is_file(Path(home, name))]
    return [*found, *(Path(error.filename) for error in shut)]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # nobody may look
        return True


def _hits(path: str | Path, detectors: list[_Detector]) -> Iterator[Hit]:
    """Read the file block by block and yield what is found, in its order."""
    lines, waiting = Lines(), list[Finding]()
    for block in _blocks(path):
        final = block is None
        lines.feed(block or "")
        for detector in detectors:
            waiting += detector.feed(block or "", final=final)
        waiting.sort(key=lambda found: (found.start, found.end, found.kind))
        # Behind this place a detector may still find something that goes first.
        decided = min(detector.decided for detector in detectors)
        ready = len(waiting) if final else bisect_left(waiting, decided, key=lambda found: found.start)
        for found in waiting[:ready]:
            line, column = lines.place(found.start)
            end_line, end_column = lines.place(max(found.start, found.end - 1))
            yield Hit(str(path), line, column, end_line, end_column + 1, found.kind, found.rule, found.score)
        del waiting[:ready]
        lines.forget(decided)


class _UnreadableError(Exception):
    """A file could not be read; an error of writing is another matter."""


def _blocks(path: str | Path) -> Iterator[str | None]:
    """Yield the text of a file in blocks, and None behind the last one."""
    try:
        if str(path) == "-":
            yield from decoded(sys.stdin.buffer, _READ)
        else:
            with Path(path).open("rb") as source:
                yield from decoded(source, _READ)
    except (OSError, ValueError) as error:
        raise _UnreadableError(getattr(error, "strerror", None) or str(error)) from error
    yield None


class _Detector(Protocol):
    """Finds in a text that arrives in blocks; what begins before `decided` has been found."""

    decided: int

    def feed(self, block: str, *, final: bool) -> list[Finding]: ...


def _detectors(detector: InjectionDetector, *, pii: bool, secrets: bool) -> list[_Detector]:
    found: list[_Detector] = [_Injections(detector)]
    if pii:
        found.append(_Windowed(PIIRedactor().window()))
    if secrets:
        found.append(_Windowed(SecretRedactor().window()))
    return found


class _Windowed:
    """Reads through a redactor's window."""

    def __init__(self, window: Window) -> None:
        self.decided = 0
        self._window = window
        self._held = ""

    def feed(self, block: str, *, final: bool) -> list[Finding]:
        text = self._held + block
        found, end = self._window.advance(text, final=final)
        found = [_moved(finding, self.decided) for finding in found]
        self.decided += end
        self._held = text[end:]
        return found


class _Injections:
    """Looks at paragraph after paragraph."""

    def __init__(self, detector: InjectionDetector) -> None:
        self.decided = 0
        self._detector = detector
        self._held = ""

    def feed(self, block: str, *, final: bool) -> list[Finding]:
        text, at = self._held + block, 0
        found: list[Finding] = []
        while at < len(text) and (end := _paragraph_end(text, at, final=final)):
            found += (_moved(finding, self.decided + at) for finding in self._detector.scan(text[at:end]))
            at = end
        self.decided += at
        self._held = text[at:]
        return found


def _paragraph_end(text: str, start: int, *, final: bool) -> int:
    """Return where the paragraph that begins at `start` ends, or 0 where that is yet to come.

    A long one is cut at the end of a line, and a line of more than `_LONGEST_LINE` characters anywhere.
    """
    end = text.find("\n\n", start, start + _PARAGRAPH + 2)
    if end >= 0:
        return end + 2
    if len(text) - start < _PARAGRAPH + 2:
        return len(text) if final else 0
    cut = text.rfind("\n", start, start + _PARAGRAPH)
    if cut < start:
        cut = text.find("\n", start, start + _LONGEST_LINE)
    if cut >= start:
        return cut + 1
    if len(text) - start >= _LONGEST_LINE:
        return start + _LONGEST_LINE
    return len(text) if final else 0


def _moved(finding: Finding, by: int) -> Finding:
    return attrs.evolve(finding, start=finding.start + by, end=finding.end + by)


def redact_file(file: Path | None, output: Path | None, err: Callable[[str], object]) -> int:
    """Copy a file as `redact` does; a file that is written is there whole or not at all, and may be the one read.

    Args:
        file: Where to read; None and ``-`` are the standard input.
        output: Where to write; None is the standard output.
        err: Prints why a file cannot be read or written.

    Returns:
        The exit status: 0, or 2 where a file cannot be read or written.
    """
    at = file
    try:
        with contextlib.ExitStack() as opened:
            read = file is not None and str(file) != "-"
            source = opened.enter_context(file.open("rb")) if file and read else sys.stdin.buffer
            at = output
            sink = opened.enter_context(replacing(output)) if output else sys.stdout.buffer
            return redact(source, sink)
    except BrokenPipeError:
        raise  # who reads has read enough; the command line ends without a word
    except OSError as error:  # also of the end, where the file gets its name
        err(f"{at}: {error.strerror or type(error).__name__}")
        return UNREADABLE


def redact(source: BinaryIO, sink: BinaryIO) -> int:
    """Copy `source` to `sink` with placeholders for secrets and personal data, in constant memory.

    Bytes that are not UTF-8 pass unchanged. What is read is written as soon as it can no longer change.

    Args:
        source: Where to read, to its end.
        sink: Where to write; it is flushed and left open.

    Returns:
        The exit status, 0.
    """
    # Secrets first: a key holds digits that look like a number of somebody's.
    streams = (SecretRedactor().stream(), PIIRedactor().stream())
    for chunk in decoded(source, _CHUNK):
        text = chunk
        for stream in streams:
            text = stream.feed(text)
        _write(sink, text)
    text = ""
    for stream in streams:
        text = stream.feed(text) + stream.close()
    _write(sink, text)
    return 0


def _write(sink: BinaryIO, text: str) -> None:
    if text:
        sink.write(text.encode("utf-8", "surrogateescape"))
        sink.flush()


def decoded(source: BinaryIO, size: int) -> Iterator[str]:
    """Yield what `source` holds as text, in blocks; a byte that is not UTF-8 becomes a lone surrogate.

    Args:
        source: Where to read, to its end.
        size: The most bytes of a block.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    read = getattr(source, "read1", source.read)  # what is there, rather than waiting for a full block
    while block := read(size):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


class Lines:
    r"""Where the lines of a text begin, as far as somebody may still ask.

    Example:
        >>> lines = Lines()
        >>> lines.feed("one\ntwo")
        >>> lines.place(5)
        (2, 2)
    """

    def __init__(self) -> None:
        self._before = 0  # lines that were forgotten
        self._starts = [0]
        self._size = 0

    def feed(self, block: str) -> None:
        """Take the next part of the text."""
        at = block.find("\n")
        while at >= 0:
            self._starts.append(self._size + at + 1)
            at = block.find("\n", at + 1)
        self._size += len(block)

    def place(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of `offset`, from 1."""
        line = bisect_right(self._starts, offset)
        return self._before + line, offset - self._starts[line - 1] + 1

    def forget(self, offset: int) -> None:
        """Nobody will ask for places before `offset` any more."""
        done = bisect_right(self._starts, offset) - 1
        self._before += done
        del self._starts[:done]
