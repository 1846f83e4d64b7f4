"""Keep the spans of a block, and show and compare them as a tree."""

from __future__ import annotations

import contextlib
import textwrap
from typing import TYPE_CHECKING, Any

from beluga.telemetry import use_provider

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from opentelemetry.sdk.trace import ReadableSpan

__all__ = ["SpanRecorder", "record_spans"]


class SpanRecorder:
    """The spans that have begun in the block, in the order in which they began."""

    def __init__(self) -> None:
        self._started: list[ReadableSpan] = []

    def on_start(self, span: Any, parent_context: object = None) -> None:  # noqa: ARG002 - the SDK's signature
        """Keep a span; called by the SDK."""
        self._started.append(span)

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        """All spans, ended or not."""
        return tuple(self._started)

    def one(self, name: str) -> ReadableSpan:
        """Return the only span of that name.

        Raises:
            AssertionError: There is none, or more than one.
        """
        found = [span for span in self._started if span.name == name]
        if len(found) != 1:
            message = f"expected one span {name!r}, got {len(found)}; recorded were\n{self.tree() or '(none)'}"
            raise AssertionError(message)
        return found[0]

    def tree(self) -> str:
        """Return the names of the spans, each indented under its parent."""
        return "\n".join(self._lines(None, 0))

    def _lines(self, parent: int | None, depth: int) -> Iterator[str]:
        known = {span.context.span_id for span in self._started if span.context}
        for span in self._started:
            above = span.parent.span_id if span.parent is not None and span.parent.span_id in known else None
            if above == parent and span.context is not None:
                yield "  " * depth + span.name
                yield from self._lines(span.context.span_id, depth + 1)

    def assert_tree(self, expected: str) -> None:
        """Compare `tree` with `expected`, whose common indentation does not count.

        Raises:
            AssertionError: They differ; the message shows both.
        """
        wanted = textwrap.dedent(expected).strip("\n").rstrip()
        if self.tree() != wanted:
            message = f"the spans are not as expected.\nexpected:\n{wanted}\ngot:\n{self.tree()}"
            raise AssertionError(message)

    def assert_all_ended(self) -> None:
        """Make sure that no span is still open.

        Raises:
            AssertionError: One is; the message names it.
        """
        still_open = [span.name for span in self._started if span.end_time is None]
        if still_open:
            message = f"spans that never ended: {', '.join(still_open)}"
            raise AssertionError(message)


@contextlib.contextmanager
def record_spans() -> Iterator[SpanRecorder]:
    """Record the spans of this context with a provider of its own, until the block ends.

    Example:
        >>> from beluga import traced
        >>> @traced(tool="lookup_invoice")
        ... def lookup() -> None: ...
        >>> with record_spans() as spans:
        ...     lookup()
        >>> print(spans.tree())
        execute_tool lookup_invoice
    """
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

    recorder = SpanRecorder()

    class _Processor(SpanProcessor):
        def on_start(self, span: Any, parent_context: Any = None) -> None:
            recorder.on_start(span, parent_context)

    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(_Processor())
    with use_provider(provider):
        yield recorder
