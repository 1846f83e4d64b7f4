"""One span for each call."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, overload

import attrs

from beluga import events, telemetry
from beluga._engine.policy import Policy
from beluga.telemetry import INTERNAL_OPERATIONS, OUTCOME, SEMCONV
from beluga.usage import usage_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextvars import Token

    from opentelemetry.context import Context
    from opentelemetry.trace import Span, SpanKind, Tracer

    from beluga._engine.call import Call, Outcome
    from beluga._engine.stack import Target
    from beluga.schema import Usage

__all__ = ["Traced", "traced"]

current_tracer = telemetry.tracer  # one look-up less on the way of every call

F = TypeVar("F")


class _Api(NamedTuple):
    """What is used of OpenTelemetry, looked up once: an import statement on the way of a call takes 0.6 us."""

    client: SpanKind
    internal: SpanKind
    in_context: Callable[[Span], Context]
    attach: Callable[[Context], Token[Context]]
    detach: Callable[[Token[Context]], None]


@functools.cache
def _api() -> _Api:
    from opentelemetry import context, trace

    kinds = trace.SpanKind
    return _Api(kinds.CLIENT, kinds.INTERNAL, trace.set_span_in_context, context.attach, context.detach)


class _Recording:
    """The span of one call, and what is known of the call so far."""

    __slots__ = ("began", "context", "first_item", "span", "token", "usage")

    def __init__(self, span: Span, began: float) -> None:
        self.span = span
        self.began = began
        self.context = _api().in_context(span)
        self.first_item: float | None = None
        self.usage: Usage | None = None
        self.attach()

    def attach(self) -> None:
        self.token = _api().attach(self.context)

    def detach(self) -> None:
        _api().detach(self.token)


@attrs.frozen(eq=False, kw_only=True)
class Traced(Policy):
    """The options of `traced`, and a decorator; see there."""

    concern = "traced"

    label: str | None = None
    operation: str | None = None
    model: str | None = None
    provider: str | None = None
    agent: str | None = None
    tool: str | None = None
    attributes: Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    capture: bool = False

    def bind(self, target: Target) -> Policy:
        """Return the layer with the span's name and constant attributes worked out."""
        return _Layer(self, target)

    def describe(self) -> str:
        """Return the options that are given."""
        given = attrs.asdict(self, recurse=False, filter=lambda _, value: value not in (None, False))
        return " ".join(f"{name}={value!r}" for name, value in given.items() if not callable(value))


class _Layer(Policy):
    concern = "traced"
    reads_value = False  # but where it records; see _begin

    def __init__(self, options: Traced, target: Target) -> None:
        operation = options.operation or _operation(options)
        subject = options.agent or options.tool or options.model
        self._span_name = options.label or " ".join(filter(None, (operation, subject))) or target.name
        self._is_client = operation is not None and operation not in INTERNAL_OPERATIONS
        self._dynamic = options.attributes if callable(options.attributes) else None
        known = {
            SEMCONV["operation"]: operation,
            SEMCONV["model"]: options.model,
            SEMCONV["provider"]: options.provider,
            SEMCONV["agent"]: options.agent,
            SEMCONV["tool"]: options.tool,
            SEMCONV["stream"]: target.kind.is_stream or None if self._is_client else None,
        }
        if options.attributes is not None and not callable(options.attributes):
            known |= options.attributes
        self._constant = telemetry.attributes_of(known)

    def enter(self, call: Call) -> None:
        tracer = current_tracer()
        if tracer is not None:
            self._begin(call, tracer)

    def _begin(self, call: Call, tracer: Tracer) -> None:
        kind = _api().client if self._is_client else _api().internal
        attributes = self._constant
        if self._dynamic is not None:
            attributes = attributes | telemetry.attributes_of(self._dynamic(call.arguments))
        span = tracer.start_span(self._span_name, kind=kind, attributes=attributes)
        call.keep(self, _Recording(span, call.environment.monotonic()))
        call.valued = True
        call.listen(lambda event: _note(span, event))

    def wants_items(self, call: Call) -> bool:
        return call.kept(self) is not None

    def suspend(self, call: Call) -> None:
        call.kept(self).detach()

    def resume(self, call: Call) -> None:
        call.kept(self).attach()

    def on_item(self, call: Call, item: Any) -> Iterable[Any]:
        recording = call.kept(self)
        if recording.first_item is None:
            recording.first_item = call.environment.monotonic() - recording.began
        recording.usage = usage_of(item) or recording.usage
        return (item,)

    def leave(self, call: Call, outcome: Outcome) -> None:
        if call.valued is None:
            return
        recording = call.kept(self)
        if recording is None:
            return
        call.keep(self, None)
        recording.detach()
        span = recording.span
        if span.is_recording():
            found = self._findings(call, recording, outcome)
            if found:  # the SDK takes its lock for an empty dict, too (1 us)
                span.set_attributes(found)
            if isinstance(outcome.error, Exception):
                telemetry.fail(span, outcome.error)
        span.end()

    def _findings(self, call: Call, recording: _Recording, outcome: Outcome) -> dict[str, Any]:
        """Return what is only known at the end."""
        found: dict[str, Any] = {SEMCONV["first_chunk"]: recording.first_item}
        if call.stack.kind.is_stream:
            found[OUTCOME] = _stream_outcome(outcome.error)
        usage = recording.usage or usage_of(outcome.value)
        if usage is not None:
            found |= {
                SEMCONV["input_tokens"]: usage.input_tokens,
                SEMCONV["output_tokens"]: usage.output_tokens,
                SEMCONV["cached_tokens"]: usage.cached_tokens or None,
                SEMCONV["cache_write_tokens"]: usage.cache_write_tokens or None,
                SEMCONV["reasoning_tokens"]: usage.reasoning_tokens or None,
            }
        if self._is_client and outcome.value is not None:
            reason = getattr(outcome.value, "finish_reason", None)
            found |= {
                SEMCONV["finish_reasons"]: [reason] if isinstance(reason, str) else None,
                SEMCONV["response_id"]: _text(outcome.value, "id"),
                SEMCONV["response_model"]: _text(outcome.value, "model"),
            }
        return telemetry.attributes_of(found)


def _operation(options: Traced) -> str | None:
    if options.agent is not None:
        return "invoke_agent"
    return None if options.tool is None else "execute_tool"


def _text(value: Any, name: str) -> str | None:
    found = getattr(value, name, None)
    return found if isinstance(found, str) and found else None


def _stream_outcome(error: BaseException | None) -> str:
    if error is None:
        return "completed"
    if isinstance(error, GeneratorExit):
        return "abandoned"
    return "error" if isinstance(error, Exception) else "cancelled"


_EVENT_NAMES: Mapping[type[events.Event], str] = {
    events.RetryScheduled: "beluga.retry",
    events.WaitScheduled: "beluga.wait",
    events.CircuitChanged: "beluga.circuit",
    events.CallRefused: "beluga.refused",
    events.FallbackTaken: "beluga.fallback",
    events.GuardBlocked: "beluga.guard",
    events.GuardModified: "beluga.guard",
}


def _note(span: Span, event: events.Event) -> None:
    """Put `event` on the span."""
    fields = attrs.asdict(event, recurse=False)
    del fields["function"]
    fields.pop("key", None)  # whose limit it was may be confidential
    if isinstance(event, (events.GuardBlocked, events.GuardModified)):
        fields["verdict"] = "blocked" if isinstance(event, events.GuardBlocked) else "modified"
    span.add_event(_EVENT_NAMES.get(type(event), "beluga.event"), telemetry.attributes_of(fields))


@overload
def traced(name: F, /) -> F: ...
@overload
def traced(
    name: str | None = None,
    *,
    operation: str | None = None,
    model: str | None = None,
    provider: str | None = None,
    agent: str | None = None,
    tool: str | None = None,
    attributes: Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
    capture: bool = False,
) -> Traced: ...
def traced(name: Any = None, **options: Any) -> Any:
    """Record one OpenTelemetry span for each call, ended on every way out of it.

    The span is current while the function runs and never while a stream rests at a ``yield``. A stream's span begins
    at its first step and tells how it ended in ``beluga.stream.outcome``. Retries, waits, circuit changes and guard
    verdicts of the layers inside are events on it; token usage is read from the result. While nobody records, the
    decorator does nothing.

    Args:
        name: The span's name; None makes it from the operation and its subject (``chat gpt-4o``), else takes the
            function's name.
        operation: ``gen_ai.operation.name``, such as ``"chat"``; None infers it from `agent` or `tool`.
        model: The model that is asked for.
        provider: ``gen_ai.provider.name``, such as ``"openai"``.
        agent: The agent that is invoked.
        tool: The tool that is executed.
        attributes: More attributes, or a callable of all arguments by name that gives them.
        capture: Reserved for message content, which is not recorded yet.

    Source: OpenTelemetry semantic conventions for generative AI, version 1.41.

    Example:
        >>> @traced(operation="chat", model="gpt-4o", provider="openai")
        ... def ask(question: str) -> str:
        ...     return "fine"
        >>> ask("how are you?")
        'fine'
    """
    if callable(name) or isinstance(name, (classmethod, staticmethod)):
        return Traced()(name)
    return Traced(label=name, **options)
