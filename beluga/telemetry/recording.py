"""The span and the measurements of one running call.

This module exists for OpenTelemetry and is loaded when the first call is recorded.
"""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

import attrs
from opentelemetry.context import attach, detach, get_current
from opentelemetry.trace import NoOpTracer, SpanKind, set_span_in_context

from beluga import events
from beluga._engine.state import give_back
from beluga._foreign.answers import SILENT, Report
from beluga.clock import SYSTEM
from beluga.schema.messages import prompt_of
from beluga.telemetry.attributes import OUTCOME, READ_AT_MOST, SEMCONV, attributes_of, names
from beluga.telemetry.content import chunk_text
from beluga.telemetry.spans import error_type, fail, meter_provider, prompt_attributes, tracer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextvars import ContextVar, Token

    from opentelemetry.context import Context
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Span

    from beluga.clock import Environment
    from beluga.schema import Usage

__all__ = ["Instruments", "Recording", "instruments", "prompt_among"]

_ERROR_TYPE = SEMCONV["error_type"]
_NOBODY = NoOpTracer()

_EVENT_NAMES: Mapping[type[events.Event], str] = {
    events.RetryScheduled: "beluga.retry",
    events.RetriesNested: "beluga.nested_retries",
    events.StreamResumed: "beluga.resumed",
    events.WaitScheduled: "beluga.wait",
    events.CircuitChanged: "beluga.circuit",
    events.CallRefused: "beluga.refused",
    events.CacheHit: "beluga.cache.hit",
    events.FallbackTaken: "beluga.fallback",
    events.HedgeStarted: "beluga.hedge",
    events.LimitChanged: "beluga.limit",
    events.AnswerRejected: "beluga.rejected",
    events.GuardBlockedEvent: "beluga.guard",
    events.GuardModified: "beluga.guard",
}


@functools.cache
def _current() -> ContextVar[Context]:
    """Return where OpenTelemetry keeps the current span: its two frames each way take as long as a bare item."""
    token = attach(get_current())
    detach(token)
    return token.var


class Recording:
    """A span that is current while its call runs, and what is known of the call so far.

    Args:
        name: The span's name.
        attributes: Those known at the start, legal ones.
        environment: Where the call gets its time.
        is_client: Whether the call goes to a provider.
        is_answer: Whether its results are a model's or an agent's, which tell more of themselves than their usage.
        is_stream: Whether it hands out items.
    """

    __slots__ = (
        "_before", "_began", "_clock", "_context", "_current", "_environment", "_is_answer", "_is_open", "_is_stream",
        "_room", "_token", "answer", "first_item", "span", "texts",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        attributes: Mapping[str, Any],
        environment: Environment,
        *,
        is_client: bool,
        is_answer: bool,
        is_stream: bool,
    ) -> None:
        self._is_open = False
        kind = SpanKind.CLIENT if is_client else SpanKind.INTERNAL
        # On the real clock a span takes its times by itself, with a better resolution.
        self._clock = None if environment is SYSTEM else environment.clock
        self._environment = environment
        self._is_answer = is_answer
        self._is_stream = is_stream
        self.span: Span = (tracer() or _NOBODY).start_span(
            name, kind=kind, attributes=attributes, start_time=self._moment()
        )
        self.answer: Report | None = None
        self.first_item: float | None = None
        self.texts: list[str] | None = None
        self._room = READ_AT_MOST
        self._is_open = True
        self._context = set_span_in_context(self.span)
        self._current = _current()
        self._token: Token[Context] | None = None
        self._before: Context = self._current.get()
        self._began = environment.monotonic()

    def __del__(self) -> None:
        """End the span of a stream that Python collects without closing it, as it does when its loop is closed."""
        with contextlib.suppress(Exception):
            self.end({OUTCOME: "abandoned"} if self._is_stream else {}, None)

    @property
    def elapsed(self) -> float:
        """Seconds since the call began."""
        return self._environment.monotonic() - self._began

    def resume(self) -> None:
        """Make the span current for the next step of a stream."""
        self._token = self._current.set(self._context)

    def suspend(self) -> None:
        """Make current again what was so before, for as long as the consumer of a stream works."""
        token: Any = self._token
        self._current.reset(token)

    def leave(self) -> None:
        """Make current again what was so before, for good.

        What is collected in the middle of a step, because its event loop is gone, ends in a context where the span
        never was current: there is nothing to take back.
        """
        with contextlib.suppress(ValueError):
            give_back(self._current, self._context, self._token, self._before)

    def seen(self, item: Any) -> None:
        """Take note of an item of a stream."""
        if self.first_item is None:
            self.first_item = self.elapsed
        if type(item) not in SILENT:
            self.read(item)
        if self.texts is not None and self._room > 0 and (text := chunk_text(item)):
            self.texts.append(text)
            self._room -= len(text)

    def read(self, value: Any) -> None:
        """Take in what a result or an item of a stream tells of itself."""
        if type(value) in SILENT:
            return
        if self.answer is None:
            self.answer = Report()
        if self._is_answer:
            self.answer.read(value)
        else:
            self.answer.read_usage(value)

    def findings(self, names: Mapping[str, str]) -> dict[str, Any]:
        """Return the attributes that are only known at the end."""
        found = {} if self.first_item is None else {names["first_chunk"]: self.first_item}
        answer = self.answer
        if answer is None:
            return found
        usage = answer.usage
        if usage is not None:
            found[names["input_tokens"]] = usage.input_tokens
            found[names["output_tokens"]] = usage.output_tokens
            for key in ("cached_tokens", "cache_write_tokens", "reasoning_tokens"):
                if getattr(usage, key):
                    found[names[key]] = getattr(usage, key)
        told = {"response_id": answer.id, "response_model": answer.model, "finish_reasons": answer.finish_reasons}
        return found | attributes_of({names[key]: value for key, value in told.items()})

    def measured(self, names: Mapping[str, str], error: BaseException | None) -> dict[str, Any]:
        """Return the attributes that only the end of the call gives to its measurements."""
        failed = None if error is None or isinstance(error, GeneratorExit) else error_type(error)
        model = self.answer and self.answer.model
        return attributes_of({names["error_type"]: failed, names["response_model"]: model})

    def hear(self, event: events.Event) -> None:
        """Put what a layer inside tells on the span."""
        fields = attrs.asdict(event, recurse=False)
        del fields["function"]
        fields.pop("key", None)  # whose limit it was may be confidential
        if isinstance(event, (events.GuardBlockedEvent, events.GuardModified)):
            fields["verdict"] = "blocked" if isinstance(event, events.GuardBlockedEvent) else "modified"
        if self.span.is_recording():
            self.span.add_event(_EVENT_NAMES.get(type(event), "beluga.event"), attributes_of(fields), self._moment())

    def end(self, found: Mapping[str, Any], error: BaseException | None) -> None:
        """End the span with the attributes found at the end, unless it has ended.

        Of a call whose loop is gone Python finalises the parts in any order: `__del__` may come before the coroutine is
        closed, which then leaves this recording as any other.
        """
        if not self._is_open:
            return
        span, self._is_open = self.span, False
        try:
            if found:
                span.set_attributes(found)
            if isinstance(error, Exception):
                fail(span, error)
            elif error is not None and not isinstance(error, GeneratorExit):
                span.set_attribute(_ERROR_TYPE, error_type(error))  # cancelled: no failure of its own
        finally:
            span.end(self._moment())

    def _moment(self) -> int | None:
        return None if self._clock is None else round(self._clock.time() * 1e9)


def prompt_among(arguments: tuple[Any, ...], table: Mapping[str, str]) -> dict[str, Any]:
    """Return the name and version of the first prompt in `arguments`, by the names of `table`."""
    for value in arguments:
        if type(value) is not str and (prompt := prompt_of(value)) is not None:
            return prompt_attributes(prompt, table)
    return {}


SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
"""The buckets of durations. Source: generative AI metrics, semantic conventions 1.41."""

TOKENS = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864)
"""The buckets of token counts; same source."""

_known: tuple[MeterProvider | None, Instruments | None] = (None, None)
"""The provider asked last and its histograms: a process has one, and only tests change it."""


class Instruments:
    """The histograms of one meter provider.

    Args:
        provider: Who makes them.
        table: The names, see `names`.
    """

    def __init__(self, provider: MeterProvider, table: Mapping[str, str]) -> None:
        meter = provider.get_meter("beluga")

        def histogram(key: str, unit: str, buckets: tuple[float, ...], what: str) -> Any:
            return meter.create_histogram(table[key], unit, what, explicit_bucket_boundaries_advisory=buckets)

        self._table = table
        self._duration = histogram("metric.duration", "s", SECONDS, "How long an operation took.")
        self._first_chunk = histogram("metric.first_chunk", "s", SECONDS, "How long until the first chunk.")
        self._input = histogram("metric.input_tokens", "{token}", TOKENS, "How many tokens were used.")
        self._output = self._input
        if table["metric.output_tokens"] != table["metric.input_tokens"]:
            self._output = histogram("metric.output_tokens", "{token}", TOKENS, "How many tokens were given.")

    def record(
        self,
        duration: float,
        attributes: Mapping[str, Any],
        *,
        first_chunk: float | None = None,
        usage: Usage | None = None,
    ) -> None:
        """Record one call; times are seconds."""
        self._duration.record(duration, attributes)
        if first_chunk is not None:
            self._first_chunk.record(first_chunk, attributes)
        if usage is not None:
            label, failed = self._table["token_type"], self._table["error_type"]
            told = {name: value for name, value in attributes.items() if name != failed}  # it would split the sums
            self._input.record(usage.input_tokens, {**told, label: "input"})
            self._output.record(usage.output_tokens, {**told, label: "output"})


def instruments() -> Instruments | None:
    """Return the histograms of whoever records metrics now, or None where nobody does."""
    provider = meter_provider()
    if provider is None:
        return None
    global _known  # noqa: PLW0603 - one slot, replaced whole, so that threads see one pair or the other
    owner, known = _known
    if owner is not provider:
        known = Instruments(provider, names())
        _known = (provider, known)
    return known
