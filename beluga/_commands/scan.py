"""``beluga scan``: say where in files there are injections, personal data or secrets."""

from __future__ import annotations

import json
import sys
from bisect import bisect_right
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import attrs

from beluga.guards.base import Finding, disjoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["Hit", "scan"]

CLEAN, FOUND, UNREADABLE = 0, 1, 2
"""The exit statuses; an unreadable file outweighs a finding."""

_BLOCK = 4000  # characters of an attack that goes over several lines


@attrs.frozen
class Hit:
    """One finding in a file; lines and columns count from 1, and the text itself is not kept."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    kind: str
    rule: str
    score: float

    def __str__(self) -> str:
        rule = "" if self.rule in {"", self.kind} else f" ({self.rule})"
        return f"{self.file}:{self.line}:{self.column}: {self.kind}{rule}"


def scan(
    paths: Sequence[str | Path],
    *,
    pii: bool = False,
    secrets: bool = False,
    as_json: bool = False,
    out: TextIO | None = None,
) -> int:
    """Write where in the files something is found, one line each.

    Args:
        paths: The files; ``-`` is the standard input, and so is no path at all.
        pii: Look for personal data too.
        secrets: Look for secrets too.
        as_json: Write one JSON object instead of lines.
        out: Where to write; None is the standard output.

    Returns:
        The exit status: 0 nothing found, 1 something found, 2 a file could not be read.
    """
    sink = sys.stdout if out is None else out
    detectors = list(_detectors(pii=pii, secrets=secrets))
    hits: list[Hit] = []
    errors: list[dict[str, str]] = []
    for path in paths or ["-"]:
        try:
            text = _read(path)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            errors.append({"file": str(path), "error": reason})
            if not as_json:
                sys.stderr.write(f"{path}: cannot be read: {reason}\n")
            continue
        found = list(_hits(str(path), text, detectors))
        hits += found
        if not as_json:
            sink.writelines(f"{hit}\n" for hit in found)
    if as_json:
        json.dump({"findings": [attrs.asdict(hit) for hit in hits], "errors": errors}, sink, ensure_ascii=False)
        sink.write("\n")
    return UNREADABLE if errors else FOUND if hits else CLEAN


def _read(path: str | Path) -> str:
    if str(path) == "-":
        return sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    return Path(path).read_bytes().decode("utf-8", "surrogateescape")


def _detectors(*, pii: bool, secrets: bool) -> Iterator[Callable[[str], Iterable[Finding]]]:
    from beluga import guards

    yield _Injections(guards.InjectionDetector())
    if pii:
        yield guards.PIIRedactor().scan
    if secrets:
        yield guards.SecretRedactor().scan


class _Injections:
    """Looks at every line by itself and at blocks of lines: an attack may be either."""

    def __init__(self, detector: Any) -> None:
        self._detector = detector

    def __call__(self, text: str) -> Iterable[Finding]:
        found = [finding for start, line in _lines(text) for finding in self._judge(start, line)]
        for start, block in _blocks(text):
            # A line says better where it is.
            if not any(start <= finding.start < start + len(block) for finding in found):
                found += self._judge(start, block)
        return disjoint(found)

    def _judge(self, start: int, part: str) -> list[Finding]:
        result = self._detector.validate(part, role="input")
        if result.allowed:
            return []
        places = result.findings or (Finding("INJECTION", 0, len(part.rstrip())),)
        return [attrs.evolve(place, start=start + place.start, end=start + place.end) for place in places]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.split("\n"):
        if line.strip():
            yield start, line
        start += len(line) + 1


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    while start < len(text):
        end = text.find("\n\n", start)
        end = len(text) if end < 0 else end + 2
        if end - start > _BLOCK:
            cut = text.rfind("\n", start, start + _BLOCK)
            end = cut + 1 if cut > start else start + _BLOCK
        block = text[start:end]
        if "\n" in block.strip():
            yield start, block
        start = end


def _hits(path: str, text: str, detectors: Iterable[Callable[[str], Iterable[Finding]]]) -> Iterator[Hit]:
    found = sorted((f for detect in detectors for f in detect(text)), key=lambda f: (f.start, f.end, f.kind))
    if not found:
        return
    starts = [0]
    starts += (index + 1 for index, character in enumerate(text) if character == "\n")
    for finding in found:
        line, last = (
            bisect_right(starts, finding.start),
            bisect_right(starts, max(finding.start, finding.end - 1)),
        )
        yield Hit(
            file=path,
            line=line,
            column=finding.start - starts[line - 1] + 1,
            end_line=last,
            end_column=finding.end - starts[last - 1] + 1,
            kind=finding.kind,
            rule=finding.rule,
            score=finding.score,
        )
