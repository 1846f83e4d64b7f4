"""One span for each call."""

from __future__ import annotations

import functools
import inspect
import sys
from typing import TYPE_CHECKING, Any, Final

import attrs

from beluga._engine.decorator import Decorator
from beluga._engine.options import shown, text_if_any
from beluga._engine.policy import Hints, Policy
from beluga._engine.target import check_plain
from beluga._foreign import text
from beluga.schema.usage import Usage
from beluga.telemetry.attributes import (
    ARGUMENTS,
    CACHE_HIT,
    FORMATS,
    INTERNAL_OPERATIONS,
    OUTCOME,
    attributes_of,
    encodable,
    legacy_attributes,
    names,
    redactor,
    requested,
)
from beluga.telemetry.spans import CONVERSATION, recording

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from beluga._engine.call import Call, Outcome
    from beluga._engine.target import Target
    from beluga.telemetry.recording import Recording

__all__ = ["Traced", "traced"]


def _is_agent(_: Any, __: Any, value: Any) -> None:
    if value is not None and not _named(value):
        message = f"traced: agent= must be a text, or have a name, not {type(value).__name__}"
        raise TypeError(message)


def _is_capture(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not (value is None or isinstance(value, bool) or callable(value)):
        message = f"traced: {attribute.name}={value!r} must be True, False, None, or a function that redacts a text"
        raise TypeError(message)
    if callable(value):
        check_plain(f"traced: {attribute.name}=", value)


def _is_mapping(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not (value is None or callable(value) or hasattr(value, "keys")):
        message = f"traced: {attribute.name}={type(value).__name__} must be a mapping, or a function that gives one"
        raise TypeError(message)
    if callable(value):
        check_plain(f"traced: {attribute.name}=", value)


@attrs.frozen(eq=False)
class Traced(Policy):
    """Record one OpenTelemetry span for each call, ended on every way out of it.

    The span is current while the function runs and never while a stream rests at a ``yield``. A stream's span begins
    at its first step and tells how it ended in ``beluga.stream.outcome``. Retries, waits, circuit changes and guard
    verdicts of the layers inside are events on it; token usage is read from the result or from a stream's chunks. Where
    a meter provider is set, calls to a model are measured too. While nobody records, the decorator does nothing.

    Args:
        name: The span's name; None makes it from the operation and its subject (``chat gpt-4o``), else takes the
            function's name.
        operation: ``gen_ai.operation.name``, such as ``"chat"``; None infers it from `agent` or `tool`.
        model: The model that is asked for.
        provider: ``gen_ai.provider.name``, such as ``"openai"``.
        agent: The agent that is invoked: its name, or what has a ``name`` and perhaps an ``id``, a ``description`` and
            a ``version``, as an item or attribute, such as an agent of a framework or an A2A card.
        tool: The tool that is executed.
        attributes: More attributes, or a callable of all arguments by name that gives them.
        capture: Whether to keep what goes in and comes out, redacted: True takes personal data and secrets out, a
            function of a text does as it says, and a text that it fails on is withheld. False never keeps any; None
            asks ``OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT``, which is off unless set.

    Raises:
        TypeError: An option is of the wrong type.

    Source: OpenTelemetry semantic conventions for generative AI, version 1.41.

    Example:
        >>> @traced(operation="chat", model="gpt-4o", provider="openai")
        ... def ask(question: str) -> str:
        ...     return "fine"
        >>> ask("how are you?")
        'fine'
    """

    concern = "traced"

    label: str | None = attrs.field(default=None, validator=text_if_any, alias="name")
    operation: str | None = attrs.field(default=None, validator=text_if_any, kw_only=True)
    model: str | None = attrs.field(default=None, validator=text_if_any, kw_only=True)
    provider: str | None = attrs.field(default=None, validator=text_if_any, kw_only=True)
    agent: str | object | None = attrs.field(default=None, validator=_is_agent, kw_only=True)
    tool: str | None = attrs.field(default=None, validator=text_if_any, kw_only=True)
    attributes: Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = attrs.field(
        default=None, validator=_is_mapping, kw_only=True
    )
    capture: bool | Callable[[str], str] | None = attrs.field(default=None, validator=_is_capture, kw_only=True)
    __repr__ = shown

    def bind(self, target: Target) -> Policy:
        """Return the layer with the span's name and constant attributes worked out."""
        return _Layer(self, target)

    def describe(self) -> str:
        """Return the options that are given."""
        given = attrs.asdict(self, recurse=False, filter=lambda _, value: value is not None and value is not False)
        given |= {"agent": _named(self.agent)} if self.agent else {}
        return " ".join(f"{name}={value!r}" for name, value in given.items() if not callable(value))


class _Layer(Policy):
    concern = "traced"
    hints = Hints(leave="on demand", needed=recording)  # the demand is made where it records

    def __init__(self, options: Traced, target: Target) -> None:
        self._operation = operation = options.operation or _operation(options)
        agent = options.agent
        subject = _named(agent) or options.tool or options.model
        self._span_name = encodable(options.label or " ".join(filter(None, (operation, subject))) or target.name)
        self._is_client = operation is not None and operation not in INTERNAL_OPERATIONS
        self._is_tool = operation == "execute_tool"
        self._is_answer = operation is not None and not self._is_tool
        self._is_stream = target.kind.is_stream
        self._names = table = names()
        self._redact = redactor(options.capture)
        parameters = _parameters(target) if operation is not None else {}
        self._rest = next((p.name for p in parameters.values() if p.kind is p.VAR_KEYWORD), None)
        # Only where an argument may say something is a call's worth of binding them spent on it (2 us).
        known = ARGUMENTS.keys() | FORMATS | {"tool_call_id"}
        self._asks = bool(known & parameters.keys()) or (self._rest is not None and self._is_client)
        self._dynamic = options.attributes if callable(options.attributes) else None
        self._measured = attributes_of(
            {
                table["operation"]: operation,
                table["provider"]: options.provider,
                table["model"]: options.model,
            }
        )
        self._constant = self._measured | attributes_of(
            {
                table["agent"]: _named(agent),
                table["agent_id"]: text(agent, "id"),
                table["agent_version"]: text(agent, "version"),
                table["tool"]: options.tool,
                table["tool_type"]: "function" if self._is_tool else None,
                table["tool_description"]: _described(target) if options.tool else None,
                table["agent_description"]: text(agent, "description") or (_described(target) if agent else None),
                table["stream"]: self._is_stream or None if self._is_client else None,
                **legacy_attributes(options.provider),
                **({} if callable(options.attributes) else options.attributes or {}),
            }
        )

    def enter(self, call: Call) -> None:
        if recording():
            try:
                self._begin(call)
            except Exception as error:
                _report("begin", error)

    def _begin(self, call: Call) -> None:
        attributes = self._constant
        if self._dynamic is not None:
            asked = self._dynamic
            attributes = attributes | _tried("find the attributes of", lambda: attributes_of(asked(call.arguments)))
        if self._asks:
            attributes = _tried("find what is asked for by", self._requested, call) | attributes
        if self._is_client:
            attributes = _tried("find the prompt of", self._prompt, call) | attributes
        conversation = CONVERSATION.get()
        if conversation is not None and self._operation is not None:
            attributes = attributes | attributes_of({self._names["conversation"]: conversation})
        begun = _room().Recording(
            self._span_name,
            attributes,
            call.environment,
            is_client=self._is_client,
            is_answer=self._is_answer,
            is_stream=self._is_stream,
        )
        call.keep(self, begun)
        begun.resume()
        call.wants_value = True
        call.listen(begun.hear)
        if self._redact is not None and begun.span.is_recording():
            begun.texts = []
            begun.span.set_attributes(_tried("keep what goes into the call of", self._taken, call, self._redact))

    def watch(self, call: Call) -> Recording | None:
        begun: Recording | None = call.kept(self)
        return begun

    def leave(self, call: Call, outcome: Outcome) -> None:
        begun: Recording | None = call.kept(self)
        if begun is None:
            return
        # What happens further out, such as a retry, comes when this span has ended.
        call.listeners = tuple(heard for heard in call.listeners if heard != begun.hear)
        error = GeneratorExit() if self._is_stream and _is_cut_short(outcome.error) else outcome.error
        begun.read(outcome.value if call.source is None else call.source)
        if call.served and begun.answer is not None:
            begun.answer.usage = Usage()  # what was used was counted when the answer was made
        if self._is_client:  # while the span is current, so that an exemplar finds it
            _tried("measure the call of", self._measure, begun, error)
        begun.leave()
        found = {}
        if begun.span.is_recording():
            found = begun.findings(self._names)
            if call.served:
                found[CACHE_HIT] = True
            if self._is_stream:
                found[OUTCOME] = _stream_outcome(error)
            if begun.texts is not None:
                found |= _tried("keep what comes out of the call of", self._given, begun, outcome)
        _tried("end", begun.end, found, error)
        call.keep(self, None)

    def abandon(self, call: Call) -> None:
        """End the span, and make current what was so before."""
        begun: Recording | None = call.kept(self)
        if begun is not None:
            begun.leave()
            begun.end({OUTCOME: "abandoned"} if self._is_stream else {}, None)

    def _measure(self, begun: Recording, error: BaseException | None) -> None:
        """Record the call in the histograms, where somebody keeps them."""
        histograms = _room().instruments()
        if histograms is not None:
            found = begun.measured(self._names, error)
            usage = begun.answer and begun.answer.usage
            histograms.record(begun.elapsed, self._measured | found, first_chunk=begun.first_item, usage=usage or None)

    def _taken(self, call: Call, redact: Callable[[str], str]) -> dict[str, Any]:
        """Return what went into the call, redacted."""
        from beluga.telemetry import content

        if self._is_tool:
            return attributes_of({self._names["tool_arguments"]: content.given(call.arguments, redact)})
        arguments = self._arguments(call)
        return attributes_of(
            {
                self._names["input_messages"]: content.input_messages(arguments, redact),
                self._names["system_instructions"]: content.instructions(arguments, redact),
                self._names["tool_definitions"]: content.tool_definitions(arguments, redact),
            }
        )

    def _requested(self, call: Call) -> dict[str, Any]:
        """Return what the arguments ask of a model, or by which call a tool is used."""
        arguments = self._arguments(call)
        if self._is_tool:
            return attributes_of({self._names["tool_call_id"]: arguments.get("tool_call_id")})
        return attributes_of(requested(arguments, self._names)) if self._is_client else {}

    def _prompt(self, call: Call) -> dict[str, Any]:
        """Return the name and version of the prompt that is among the arguments."""
        found: dict[str, Any] = _room().prompt_among((*call.args, *call.kwargs.values()), self._names)
        return found

    def _arguments(self, call: Call) -> Mapping[str, Any]:
        """Return the arguments by name, those that only ``**options`` takes among them."""
        arguments = dict(call.arguments)
        return arguments | arguments.pop(self._rest, {}) if self._rest is not None else arguments

    def _given(self, begun: Recording, outcome: Outcome) -> dict[str, Any]:
        """Return what came out of it, redacted."""
        if self._redact is None or (outcome.error is not None and not begun.texts):
            return {}
        from beluga.telemetry import content

        value = "".join(begun.texts) if begun.texts else outcome.value
        if self._is_tool:
            return attributes_of({self._names["tool_result"]: content.given(value, self._redact)})
        reasons = begun.answer and begun.answer.finish_reasons
        reason = reasons[0] if reasons else None
        return attributes_of({self._names["output_messages"]: content.output_messages(value, reason, self._redact)})


@functools.cache
def _room() -> ModuleType:
    """Return the room that needs OpenTelemetry: an import statement on the way of a call takes 0.6 us."""
    from beluga.telemetry import recording as room

    return room


def _named(agent: object) -> str | None:
    return agent if isinstance(agent, str) else text(agent, "name")


def _operation(options: Traced) -> str | None:
    if options.agent is not None:
        return "invoke_agent"
    return None if options.tool is None else "execute_tool"


def _parameters(target: Target) -> Mapping[str, inspect.Parameter]:
    try:
        return target.signature.parameters
    except (TypeError, ValueError):  # some builtins have no signature
        return {}


def _described(target: Target) -> str | None:
    """Return the first sentence or line of the function's docstring."""
    doc = inspect.getdoc(target.declared)
    return doc.partition("\n")[0] or None if doc else None


def _stream_outcome(error: BaseException | None) -> str:
    if error is None:
        return "completed"
    if isinstance(error, GeneratorExit):
        return "abandoned"
    return "error" if isinstance(error, Exception) else "cancelled"


def _is_cut_short(error: BaseException | None) -> bool:
    """Say whether `error` is the end of the loop for a task that was only about to close a dropped stream.

    `asyncio.run` cancels all tasks when its own is done, and one of them may be what asyncio makes of a ``break``.
    """
    asyncio = sys.modules.get("asyncio")
    if asyncio is None or not isinstance(error, asyncio.CancelledError):
        return False
    try:
        task = asyncio.current_task()
    except RuntimeError:  # another library's loop
        return False
    return task is not None and type(task.get_coro()).__name__ == "async_generator_athrow"


def _tried(step: str, act: Callable[..., dict[str, Any] | None], *args: Any) -> dict[str, Any]:
    """Return what `act` finds; its failure costs the span nothing else."""
    try:
        return act(*args) or {}
    except Exception as error:
        _report(step, error)
        return {}


def _report(step: str, error: Exception) -> None:
    """Tell the log, by type alone, that a span suffered and the call did not."""
    import logging

    logging.getLogger(__name__).warning("could not %s a span: %s", step, type(error).__name__)


traced: Final = Decorator(Traced)
"""Record one OpenTelemetry span for each call; see `Traced`."""
