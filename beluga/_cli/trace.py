"""``beluga trace``: read a file of traces, as a tree in the terminal or as a page for the browser."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING

from beluga._cli.output import replacing
from beluga._traceview.records import arranged, traces
from beluga._traceview.views import Page, summary, tree
from beluga.telemetry.attributes import checked, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import TextIO

    from beluga._traceview.records import SpanRecord

__all__ = ["trace"]

_UNREADABLE = 2
_TEXT = 4_000
_REMEMBERED = 20_000
_SHORT = 200
"""Characters up to which a text is remembered: names and models come again and again, messages do not."""


def trace(path: Path, *, html: Path | None, out: TextIO, err: TextIO) -> int:
    """Show the spans of a file of OTLP JSON lines, redacted.

    A line that cannot be read is reported with its number and skipped.

    Args:
        path: The file.
        html: Where to write a page instead of a tree; None prints the tree.
        out: Where the tree goes.
        err: Where complaints go.

    Returns:
        The exit status: 0, or 2 where the file cannot be read or the page not written.

    Raises:
        BrokenPipeError: Nobody reads `out` any more.
    """
    found = _redacted(path, lambda number, why: err.write(f"{path}:{number}: {why}; skipped\n"))
    at = path
    try:
        if html is None:
            _print(found, out)
            return 0
        if html.exists() and html.samefile(path):
            err.write(f"{html}: is the file of traces itself; give the page another name\n")
            return _UNREADABLE
        with path.open("rb"):  # what fails from here on is the page
            at = html
        _write(found, html, title=path.name)
    except BrokenPipeError:
        raise  # who reads the tree has read enough; the command line ends without a word
    except OSError as error:
        err.write(f"{at}: {error.strerror or type(error).__name__}\n")
        return _UNREADABLE
    out.write(f"{html}\n")
    return 0


def _redacted(path: Path, broken: Callable[[int, str], object]) -> Iterator[list[SpanRecord]]:
    # Redaction is what takes the time.
    once = checked(redact, _TEXT)
    remembered = functools.lru_cache(_REMEMBERED)(once)
    for records in traces(path, broken):
        yield [record.redacted(lambda text: (remembered if len(text) <= _SHORT else once)(text)) for record in records]


def _print(found: Iterator[list[SpanRecord]], out: TextIO) -> None:
    out.writelines(
        f"trace {records[0].trace_id}: {summary(arranged(records))}\n{tree(records)}\n\n" for records in found
    )


def _write(found: Iterator[list[SpanRecord]], html: Path, title: str) -> None:
    with replacing(html) as raw, io.TextIOWrapper(raw, "utf-8", errors="replace") as file:
        page = Page(file, title)
        for records in found:
            page.add(records)
        page.end()
