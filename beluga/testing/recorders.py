"""Keep the events and the spans of a block, to assert on them; show and compare spans as a tree."""

from __future__ import annotations

import contextlib
import functools
import inspect
import itertools
import textwrap
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from beluga import events
from beluga._traceview import views
from beluga._traceview.records import from_sdk
from beluga.clock import SYSTEM, InUse, environment
from beluga.telemetry import use_provider
from beluga.telemetry.spans import moment
from beluga.testing.clock import Undo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.id_generator import IdGenerator

    from beluga._traceview.records import SpanRecord

__all__ = ["EventRecorder", "SpanRecorder", "record_events", "record_spans"]


E = TypeVar("E", bound=events.Event)


class EventRecorder(list[events.Event], Undo):
    """The events so far, in order; the recording ends when its block is left, or when it is called."""

    def of(self, *kinds: type[E]) -> list[E]:
        """Return those of `kinds`."""
        return [event for event in self if isinstance(event, kinds)]

    def one(self, kind: type[E]) -> E:
        """Return the only event of `kind`.

        Raises:
            AssertionError: There is none, or more than one.
        """
        found = self.of(kind)
        if len(found) != 1:
            seen = ", ".join(type(event).__name__ for event in self) or "nothing"
            message = f"expected one {kind.__name__}, got {len(found)}; recorded were {seen}"
            raise AssertionError(message)
        return found[0]


def record_events(*kinds: type[events.Event]) -> EventRecorder:
    """Record every event, or those of `kinds`, from now on; of all threads.

    Returns:
        The events; the recording ends when its block is left, or when it is called.

    Example:
        >>> from beluga.events import EdgeTaken, emit
        >>> with record_events() as seen:
        ...     emit(EdgeTaken("graph", source="a", target="b"))
        >>> seen.one(EdgeTaken).target
        'b'
    """
    recorder = EventRecorder()
    return recorder.enforce(events.subscribe(recorder.append, *kinds))


class SpanRecorder(Undo):
    """The spans that have begun, in the order in which they began; it ends as an `EventRecorder` does."""

    def __init__(self) -> None:
        self._started: list[ReadableSpan] = []

    def __repr__(self) -> str:
        return f"<SpanRecorder\n{textwrap.indent(self.tree(), '  ')}\n>" if self._started else "<SpanRecorder>"

    def on_start(self, span: Any, parent_context: object = None) -> None:  # noqa: ARG002 - the SDK's signature
        """Keep a span; called by the SDK."""
        self._started.append(span)

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        """All spans, ended or not."""
        return tuple(self._started)

    @property
    def records(self) -> Sequence[SpanRecord]:
        """The same as records, with tokens, attempts, verdicts and the like at hand."""
        return tuple(map(from_sdk, self._started))

    def one(self, name: str, **attributes: Any) -> ReadableSpan:
        """Return the only span of that name.

        Args:
            name: The span's name.
            attributes: What it must have too, by the keys of `beluga.telemetry.SEMCONV`, such as ``model="gpt-4o"``.

        Raises:
            AssertionError: There is none, or more than one.
            ValueError: A key is not in the table.
        """
        wanted = {_attribute(key): value for key, value in attributes.items()}
        found = [
            span
            for span in self._started
            if span.name == name and wanted.items() <= dict(span.attributes or {}).items()
        ]
        if len(found) != 1:
            with_these = f" with {attributes}" if attributes else ""
            message = (
                f"expected one span {name!r}{with_these}, got {len(found)}; recorded were\n{self.tree() or '(none)'}"
            )
            raise AssertionError(message)
        return found[0]

    def outline(self) -> str:
        """Return the names of the spans, each indented under its parent."""
        return views.outline(self.records)

    def tree(self) -> str:
        """Return the spans with a bar for their time, model, tokens, first chunk, attempts, verdicts and error."""
        return views.tree(self.records)

    def assert_tree(self, expected: str) -> None:
        """Compare `outline` with `expected`, whose common indentation does not count.

        Raises:
            AssertionError: They differ; the message shows both.
        """
        wanted = textwrap.dedent(expected).strip("\n").rstrip()
        if self.outline() != wanted:
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

    def assert_no_leak(self, *secrets: str) -> None:
        """Make sure that none of `secrets` stands anywhere in a span: names, attributes, events, links, status.

        Raises:
            AssertionError: One does; the message names the span and the place, and not the secret.
            ValueError: A secret is empty, and would be found everywhere.
        """
        if not secrets or not all(secrets):
            message = "assert_no_leak needs the texts to look for, and an empty one would be everywhere"
            raise ValueError(message)
        for span in self._started:
            for place, text in _texts(span):
                if any(secret in text for secret in secrets):
                    message = f"the span {_safe(span.name, secrets)!r} holds a secret in its {_safe(place, secrets)}"
                    raise AssertionError(message)


def _attribute(key: str) -> str:
    from beluga.telemetry import names

    if key not in names():
        message = f"{key!r} is not a key of beluga.telemetry.SEMCONV: take one of {', '.join(sorted(names()))}"
        raise ValueError(message)
    return names()[key]


def _texts(span: ReadableSpan) -> Iterator[tuple[str, str]]:
    """Yield every text of a span and where it stands."""
    yield "name", span.name
    yield "status", span.status.description or ""
    places = [("attribute", span.attributes), ("resource", span.resource.attributes)]
    places += [(f"event {event.name}", event.attributes) for event in span.events]
    places += [("link", link.attributes) for link in span.links]
    for place, attributes in places:
        for key, value in (attributes or {}).items():
            yield f"{place} {key}", f"{key} {value!s}"


def _safe(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def _ids() -> IdGenerator:
    """Return a source of ids that count from 1 on a fake clock, so that two runs of a test give the same trace."""
    from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator

    class _Counting(IdGenerator):
        def __init__(self) -> None:
            self._spans, self._traces, self._random = itertools.count(1), itertools.count(1), RandomIdGenerator()

        def generate_span_id(self) -> int:
            return self._random.generate_span_id() if environment() is SYSTEM else next(self._spans)

        def generate_trace_id(self) -> int:
            return self._random.generate_trace_id() if environment() is SYSTEM else next(self._traces)

    return _Counting()


def _on_clock(method: Callable[..., Any], parameter: str) -> Callable[..., Any]:
    """Return `method` with the fake clock's time for `parameter`, unless the caller gives another."""

    @functools.wraps(method)
    def timed(*args: Any, **kwargs: Any) -> Any:
        now = moment()
        if now is None:
            return method(*args, **kwargs)
        given = inspect.signature(method).bind(*args, **kwargs)
        if given.arguments.get(parameter) is None:
            given.arguments[parameter] = now
        return method(*given.args, **given.kwargs)

    return timed


_PROVIDER: ContextVar[Any] = ContextVar("beluga.testing.provider", default=None)
"""The provider of the innermost `record_spans` of this context."""
_LOCK = threading.Lock()


@functools.cache
def _dispatcher() -> Any:
    """Return the global provider while spans are recorded: it gives each span to the provider of its context.

    Other instrumentations ask the API for a tracer when they are imported, and keep it. So their tracer decides at each
    span, and outside of every block does what the tracer of the real provider would do.
    """
    from opentelemetry import trace

    silent = trace.NoOpTracer()

    class _Tracer(trace.Tracer):
        def __init__(self, wanted: tuple[Any, ...], options: dict[str, Any]) -> None:
            self._wanted, self._options = wanted, options

        def _chosen(self) -> Any:
            provider = _PROVIDER.get()
            if provider is None:
                provider = trace.__dict__["_TRACER_PROVIDER"]
                provider = dispatcher.real if provider is dispatcher else provider
            return silent if provider is None else provider.get_tracer(*self._wanted, **self._options)

        def start_span(self, *args: Any, **kwargs: Any) -> Any:
            return self._chosen().start_span(*args, **kwargs)

        def start_as_current_span(self, *args: Any, **kwargs: Any) -> Any:
            return self._chosen().start_as_current_span(*args, **kwargs)

    class _Dispatcher(trace.TracerProvider):
        real: Any = None
        blocks = 0

        def get_tracer(self, *args: Any, **kwargs: Any) -> Any:
            return _Tracer(args, kwargs)

    dispatcher = _Dispatcher()
    return dispatcher


@contextlib.contextmanager
def _global(provider: Any) -> Iterator[None]:
    """Let everybody who asks OpenTelemetry's API in this context get `provider`, until the block ends."""
    from opentelemetry import trace

    # The only way to put it back: the public setter works once in a process, and belongs to the application.
    api, dispatcher = trace.__dict__, _dispatcher()
    with _LOCK:
        if not dispatcher.blocks:
            dispatcher.real, api["_TRACER_PROVIDER"] = api["_TRACER_PROVIDER"], dispatcher
        dispatcher.blocks += 1
    try:
        with InUse(provider, (_PROVIDER, provider)):
            yield
    finally:
        with _LOCK:
            dispatcher.blocks -= 1
            if not dispatcher.blocks and api["_TRACER_PROVIDER"] is dispatcher:
                api["_TRACER_PROVIDER"] = dispatcher.real


def record_spans() -> SpanRecorder:
    """Record the spans of this context with a provider of its own, from now on.

    Spans of other instrumentations are among them where they get their tracer from OpenTelemetry's API; not those of a
    tracer that was taken from a provider by name before.

    On a fake clock ids count from 1 and times are the clock's, also those of spans and events that the application
    makes with `beluga.telemetry.tracer` by itself, so that a trace is the same in every run.

    Returns:
        The spans; the recording ends when its block is left, or when it is called.

    Example:
        >>> from beluga import traced
        >>> @traced(tool="lookup_invoice")
        ... def lookup() -> None: ...
        >>> with record_spans() as spans:
        ...     lookup()
        >>> print(spans.outline())
        execute_tool lookup_invoice
    """
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

    recorder = SpanRecorder()

    class _ClockedProvider(TracerProvider):
        def get_tracer(self, *args: Any, **kwargs: Any) -> Any:
            tracer: Any = super().get_tracer(*args, **kwargs)
            tracer.start_span = _on_clock(tracer.start_span, "start_time")
            return tracer

    class _Processor(SpanProcessor):
        def on_start(self, span: Any, parent_context: Any = None) -> None:
            span.add_event = _on_clock(span.add_event, "timestamp")
            span.end = _on_clock(span.end, "end_time")
            recorder.on_start(span, parent_context)

    provider = _ClockedProvider(shutdown_on_exit=False, id_generator=_ids())
    provider.add_span_processor(_Processor())
    return recorder.enforce(use_provider(provider), _global(provider))
