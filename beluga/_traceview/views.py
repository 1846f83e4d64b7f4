"""Show traces: one as plain text with a line for each span, or many as one HTML page that needs nothing else.

In the text each span is indented under its parent, with a bar for its time; the page has a waterfall with a tree, sums
and a search. It runs no script and loads nothing but what its own hash allows, and what applications gave is data in
it, never markup.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from beluga._traceview.records import arranged, totals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

    from beluga._traceview.records import SpanRecord

    Rows = Sequence[tuple[int, SpanRecord]]

__all__ = ["Page", "duration", "outline", "summary", "tree"]

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


_CLIENT = 3
_LARGEST = 2**53
"""Whole numbers beyond it lose their last digits in a browser, and are shown as texts."""


class Page:
    """A page being written, trace by trace, so that no more than one of them is held.

    Args:
        file: Where it goes.
        title: What it is of, such as the file's name.
    """

    def __init__(self, file: TextIO, title: str) -> None:
        self._file = file
        self._sums: list[float] = [0, 0, 0, 0, 0.0]
        self._style, self._script = _asset("page.css"), _asset("page.js")
        policy = f"default-src 'none'; style-src {_hash(self._style)}; script-src {_hash(self._script)}"
        file.write(
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{html.escape(title)}</title>\n<style>{self._style}</style>\n</head>\n<body>\n"
        )
        self._title = title

    def add(self, records: Iterable[SpanRecord]) -> None:
        """Write one trace; its texts must be redacted already."""
        rows = arranged(records)
        if not rows:
            return
        given, taken, cost = totals(rows)
        for at, more in enumerate((1, len(rows), given, taken, cost)):
            self._sums[at] += more
        data = json.dumps(_trace(rows), separators=(",", ":"), ensure_ascii=False)
        # The three ways in which a script element could end early or be read as markup.
        data = data.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
        data = data.encode("utf-8", "replace").decode("utf-8")
        self._file.write(f'<script type="application/json" class="trace-data">{data}</script>\n')

    def end(self) -> None:
        """Write what comes after the traces."""
        self._file.write(
            f'<header><h1>{html.escape(self._title)}</h1><div id="sums">{self._summed()}</div>'
            '<input id="search" type="search" placeholder="Search spans" aria-label="Search spans" autocomplete="off">'
            '<div class="legend"><span class="client"><i></i>model</span><span class="tool"><i></i>tool</span>'
            '<span><i></i>other</span><span class="failed"><i></i>failed</span></div></header>\n'
            '<main><div id="traces"></div><p id="none" hidden>No span holds this text.</p>'
            "<noscript>This page needs JavaScript, its own and no other.</noscript></main>\n"
            f"<script>{self._script}</script>\n</body>\n</html>\n"
        )

    def _summed(self) -> str:
        traces, spans, given, taken, cost = self._sums
        told = [_count(traces, "trace"), _count(spans, "span"), f"{given:,.0f} tokens in", f"{taken:,.0f} out"]
        if cost:
            told.append(f"cost {cost:,.4g}")
        return " · ".join(told)


def _count(number: float, noun: str) -> str:
    return f"{number:,.0f} {noun}{'' if number == 1 else 's'}"


def _trace(rows: Sequence[tuple[int, SpanRecord]]) -> dict[str, Any]:
    begin = min(record.start for _, record in rows)
    end = max(record.end or record.start for _, record in rows)
    inner = [depth for depth, _ in rows[1:]]
    return {
        "id": rows[0][1].trace_id,
        "name": rows[0][1].name,
        "seconds": (end - begin) / 1e9,
        "summary": summary(rows),
        "failed": any(record.error is not None for _, record in rows),
        "spans": [
            _span(depth, record, begin, end, has_children=next_depth > depth)
            for (depth, record), next_depth in zip(rows, [*inner, 0], strict=True)
        ],
    }


def _span(depth: int, record: SpanRecord, begin: int, end: int, *, has_children: bool) -> dict[str, Any]:
    return {
        "depth": depth,
        "parent": has_children,
        "id": record.span_id,
        "name": record.name,
        "kind": _kind(record),
        "start": (record.start - begin) / 1e9,
        "seconds": record.seconds if record.end is not None else (end - record.start) / 1e9,
        "open": record.end is None,
        "error": record.error,
        "service": record.service,
        "tags": " · ".join(tags(record)),
        "attributes": [[key, _shown(value)] for key, value in record.attributes.items()],
        "events": [
            [event.name, max(0, event.time - record.start) / 1e9, [[k, _shown(v)] for k, v in event.attributes.items()]]
            for event in record.events
        ],
    }


def _kind(record: SpanRecord) -> str:
    if record.attributes.get("gen_ai.operation.name") == "execute_tool":
        return "tool"
    return "client" if record.kind == _CLIENT else "other"


def _shown(value: Any) -> Any:
    """Return a value as JSON has it; NaN, infinities and large numbers as texts."""
    if isinstance(value, (list, tuple)):
        return [_shown(item) for item in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return str(value)
    return str(value) if isinstance(value, int) and abs(value) >= _LARGEST else value


def _asset(name: str) -> str:
    return (resources.files("beluga._traceview") / "assets" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
