"""Write traces as one HTML page that needs nothing else: a waterfall with a tree, sums and a search.

The page runs no script and loads nothing but what its own hash allows, and what applications gave is data in it, never
markup.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from beluga._traceview.records import arranged, totals
from beluga._traceview.tree import summary, tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

    from beluga._traceview.records import SpanRecord

__all__ = ["Page"]

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
