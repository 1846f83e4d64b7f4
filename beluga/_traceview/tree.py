"""Show a trace as plain text: a line for each span, indented under its parent, with a bar for its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga._traceview.records import arranged, totals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from beluga._traceview.records import SpanRecord

    Rows = Sequence[tuple[int, SpanRecord]]

__all__ = ["duration", "outline", "summary", "tags", "tree"]

_BAR = 16
_WIDEST = 48
_DEEPEST = 24
_STEPS = ((1.0, 1.0, "s"), (1e-3, 1e3, "ms"), (0.0, 1e6, "µs"))


def outline(records: Iterable[SpanRecord]) -> str:
    """Return the names of the spans, each indented under its parent."""
    return "\n".join("  " * depth + record.name for depth, record in arranged(records))


def tree(records: Iterable[SpanRecord]) -> str:
    """Return the spans with bar, duration, and what they tell: model, tokens, attempts, verdicts, error."""
    rows = arranged(records)
    names = [_one_line("  " * min(depth, _DEEPEST) + record.name) for depth, record in rows]
    width = min(_WIDEST, max(map(len, names), default=0))
    begin = min((record.start for _, record in rows), default=0)
    whole = max((record.end or record.start for _, record in rows), default=0) - begin
    return "\n".join(
        f"{name:<{width}}  {_bar(record, begin, whole)} {_taken(record):>8}  {_told(record)}".rstrip()
        for name, (_, record) in zip(names, rows, strict=True)
    )


def summary(rows: Rows) -> str:
    """Return the sums of `arranged` rows in one line."""
    given, taken, cost = totals(rows)
    failed = sum(record.error is not None for _, record in rows)
    told = [f"{len(rows)} span{'s' * (len(rows) != 1)}"]
    if given or taken:
        told.append(f"{given} + {taken} tokens")
    if cost:
        told.append(f"cost {cost:g}")
    if failed:
        told.append(f"{failed} failed")
    return ", ".join(told)


def duration(seconds: float) -> str:
    """Return so many seconds for a reader.

    Example:
        >>> duration(0.25), duration(90.5), duration(0.0000031)
        ('250 ms', '90.5 s', '3.1 µs')
    """
    factor, unit = next((factor, unit) for least, factor, unit in _STEPS if seconds >= least)
    return f"{seconds * factor:.3g} {unit}" if seconds < 1_000 else f"{seconds:.0f} s"  # noqa: PLR2004 - three digits


def _bar(record: SpanRecord, begin: int, whole: int) -> str:
    if whole <= 0:
        return "█" * _BAR
    first = min(_BAR - 1, (record.start - begin) * _BAR // whole)
    last = max(first + 1, -(-((record.end or begin + whole) - begin) * _BAR // whole))
    return "·" * first + "█" * (min(last, _BAR) - first) + "·" * (_BAR - min(last, _BAR))


def _taken(record: SpanRecord) -> str:
    return "open" if record.end is None else duration(record.seconds)


def _told(record: SpanRecord) -> str:
    told = [*tags(record)]
    if record.error is not None:
        told.append(f"error: {record.error or record.attributes.get('error.type', 'unknown')}")
    return _one_line("  ".join(told))


def tags(record: SpanRecord) -> Iterator[str]:
    """Yield in a few words each what a span tells besides its name, its time and its error."""
    if record.model and record.model not in record.name:
        yield record.model
    given, taken = record.tokens
    if given or taken:
        yield f"{given}+{taken} tokens"
    if record.first_chunk is not None:
        yield f"first chunk {duration(record.first_chunk)}"
    if record.cost:
        yield f"cost {record.cost:g}"
    if record.attempts > 1:
        yield f"{record.attempts} attempts"
    for verdict in dict.fromkeys(record.verdicts):
        yield f"guard {verdict}"
    if record.outcome not in {"", "completed", "error"}:
        yield record.outcome


def _one_line(text: str) -> str:
    """Return `text` without line breaks and control characters, which could repaint a terminal."""
    return "".join(c if c.isprintable() else "�" if c not in "\r\n\t" else " " for c in text)
