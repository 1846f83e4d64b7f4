"""Turn a model's answer into an instance of a type: ask for a form, take the answer apart, and ask again."""

from __future__ import annotations

import inspect
from inspect import Parameter
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from beluga import events
from beluga._engine.call import Outcome
from beluga._engine.policy import Again, Policy, Use
from beluga._engine.target import Argument, arguments_of, kind_of
from beluga._engine.timeouts import DEADLINE
from beluga._foreign import text, usage_of
from beluga._foreign.answers import Answer, Report, piece_of
from beluga._foreign.messages import as_given, with_more
from beluga._policies.partial import NOTHING_NEW
from beluga._policies.response_format import ResponseFormat, usable, whole
from beluga._policies.structured_stream import Asking, Streaming
from beluga._types.problems import for_people
from beluga.errors import InvalidResponse
from beluga.schema import AIMessage, Chunk, HumanMessage, Message, Response, SystemMessage
from beluga.spending import NOTHING, SCOPE, Account, SpendingScope

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping

    from beluga._engine.call import Call
    from beluga._engine.stack import Stack
    from beluga._engine.target import Target
    from beluga._types.problems import Misfit
    from beluga.schema import Usage

__all__ = ["Layer", "Structured", "structured"]

P = ParamSpec("P")
T = TypeVar("T")


class Structured(Policy, Generic[T]):
    """The type of a function's answers, and a decorator; see `structured`."""

    concern = "structured"

    def __init__(self, kind: Any, *, attempts: int = 2) -> None:
        if inspect.isroutine(kind):
            message = f"structured: say what to make of the answers: @structured(Type) above {kind.__qualname__}"
            raise TypeError(message)
        if not isinstance(attempts, int) or isinstance(attempts, bool) or attempts < 1:
            message = f"structured: attempts={attempts!r} must be a whole number of at least 1; 1 never asks again"
            raise ValueError(message)
        self.kind: Any = kind
        self.form: ResponseFormat = ResponseFormat(kind)
        self.attempts: int = attempts

    # The one decorator that changes what a function returns; and Any, which an answer may be, holds coroutines too.
    @overload  # type: ignore[override]  # see above
    def __call__(  # pyright: ignore[reportOverlappingOverload]  # see above
        self, function: Callable[P, Coroutine[Any, Any, Any]]
    ) -> Asking[P, Coroutine[Any, Any, T], AsyncIterator[T]]: ...
    @overload
    def __call__(  # pyright: ignore[reportOverlappingOverload]  # see above
        self, function: Callable[P, AsyncIterator[Any]]
    ) -> Asking[P, AsyncIterator[T], AsyncIterator[T]]: ...
    @overload
    def __call__(  # pyright: ignore[reportOverlappingOverload]  # see above
        self, function: Callable[P, Iterator[Any]]
    ) -> Asking[P, Iterator[T], Iterator[T]]: ...
    @overload
    def __call__(self, function: Callable[P, Any]) -> Asking[P, T, Iterator[T]]: ...
    def __call__(  # pyright: ignore[reportIncompatibleMethodOverride]  # see above
        self, function: Callable[..., Any]
    ) -> Callable[..., Any]:
        """Decorate `function`: same parameters, same kind, and a `T` for its answer."""
        decorated = super().__call__(function)
        if inspect.isfunction(decorated) and not kind_of(function).is_stream:
            # What reads annotations, such as a web framework, is to find what is returned now.
            signature = inspect.signature(decorated).replace(return_annotation=self.kind)
            decorated.__signature__ = signature  # type: ignore[attr-defined]  # functions take attributes
            decorated.__annotations__ = {**decorated.__annotations__, "return": self.kind}
        return decorated

    def bind(self, target: Target) -> Policy:
        """Return the layer that knows where the function takes messages and schema."""
        layer = StreamLayer if target.kind.is_stream else Layer
        return layer(self.form, self.attempts, _messages_slot(target), _schema_slot(target))

    def __beluga_attributes__(self, stack: Stack) -> Mapping[str, Any]:
        """Give the decorated function one that streams."""
        return {"stream": Streaming(stack)}

    def describe(self) -> str:
        """Return the type and how often it is asked for."""
        return f"{self.form.name} attempts={self.attempts}"


def _messages_slot(target: Target) -> Argument:
    known = arguments_of(target)
    if "messages" in known:
        return known["messages"]
    for slot in known.values():
        if slot.index is not None and slot.name not in {"self", "cls", "schema"}:
            return slot
    message = f"structured: {target.name} takes no messages: give it a parameter messages, or make them its first one"
    raise TypeError(message)


def _schema_slot(target: Target) -> Argument | None:
    """Return where the function takes the schema by keyword, or None."""
    for parameter in target.signature.parameters.values():
        if parameter.name == "schema" and parameter.kind in {Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY}:
            return arguments_of(target)["schema"]
        if parameter.kind is Parameter.VAR_KEYWORD:
            return Argument("schema", None, None)
    return None


@overload
def structured(kind: type[T], /, *, attempts: int = 2) -> Structured[T]: ...
@overload
def structured(kind: Any, /, *, attempts: int = 2) -> Structured[Any]: ...
def structured(kind: Any, /, *, attempts: int = 2) -> Structured[Any]:
    """Return an instance of `kind` in place of a model's answer.

    The function takes messages (a str, a message or a list of them) as its parameter ``messages``, else as its first
    one, and returns what the model answered: a `Response`, its text, or a response of the openai or anthropic SDK. If
    it takes a keyword ``schema`` or any keywords, it is given the JSON schema there, to hand on to the model;
    otherwise the schema is asked for in words, in a system message.

    An answer that does not fit is shown to the model again with what is wrong with it. The last one that does not fit
    raises `InvalidResponse`, and so does, without another attempt, one that was cut, refused, or calls tools. Keys
    that the type does not know are errors, defaults are honoured, and a class's converters and validators run.

    A generator function hands out the pieces of the answer, and gets partial instances in their place: one each time a
    value in it is complete, with None for the fields that have not come, and the whole one, validated, at the end. It
    is asked once, since what was handed out cannot be taken back. Any other function has the same as ``ask.stream``,
    with the same parameters and all its decorators: it is called with ``stream=True`` then, for which it needs a
    parameter, and returns the pieces; a whole answer is one piece.

    Put it outside `retry`, `breaker`, `rate_limited` and output guards, which then see every single answer, and inside
    `budget`, which is charged for all of them. `retry` does not repeat an `InvalidResponse` unless told to.

    Args:
        kind: An attrs or data class, a TypedDict, or any annotation of JSON values such as ``list[Item]``.
        attempts: How often the model is asked at most, the first time included; 1 never asks again.

    Raises:
        TypeError: JSON has no form for `kind`, or the function takes no messages.
        ValueError: `attempts` is below 1.

    Example:
        >>> import attrs
        >>> from beluga.llm import FakeProvider
        >>> @attrs.frozen
        ... class City:
        ...     name: str
        ...     people: int
        >>> model = FakeProvider('{"name": "Oslo", "people": "many"}', '{"name": "Oslo", "people": 724290}')
        >>> @structured(City)
        ... def describe(messages, schema=None):
        ...     return model.generate(messages, schema=schema)
        >>> describe("Tell me about Oslo.")
        City(name='Oslo', people=724290)
        >>> print(model.calls[1].text)
        That answer cannot be used:
        - people: expected a whole number, not "many"
        Answer again with the whole JSON value, corrected and complete, and with nothing else.
    """
    return Structured(kind, attempts=attempts)


class Layer(Policy):
    """What `structured` does around one function.

    Args:
        form: What the answer has to look like.
        attempts: How often the model is asked at most.
        messages: Where the function takes them.
        schema: Where it takes the schema; None where it has to be put into words.
    """

    concern = "structured"

    def __init__(self, form: ResponseFormat, attempts: int, messages: Argument, schema: Argument | None) -> None:
        self._form = form
        self._attempts = attempts
        self._messages = messages
        self._schema = schema

    def enter(self, call: Call) -> None:
        """Give the function messages and schema as it takes them."""
        given = self._messages.read(call)
        asked = self._asked(given, call)
        turn = ReaskState(call)
        call.keep(self, turn)
        turn.open()
        if asked is not given:
            self._messages.write(call, asked)
        if self._schema is not None and not self._schema.is_given(call):
            call.kwargs = {**call.kwargs, self._schema.name: self._form.schema}

    def _asked(self, given: Any, call: Call) -> Any:
        """Return what to ask first: what the caller gave, unless the schema has to be put into words."""
        if self._schema is None:
            return _instructed(_conversation(given, call), self._form.instructions)
        # An iterator could be asked once only.
        return given if isinstance(given, (str, Message, list, tuple)) else _conversation(given, call)

    def leave(self, call: Call, outcome: Outcome) -> Again | Use | None:
        """Take the value out of the answer, or ask again."""
        turn: ReaskState = call.kept(self)
        verdict: Again | Use | None = None
        try:
            turn.close(outcome)
            if outcome.error is None:
                verdict = self._judge(call, turn, outcome.value)
        finally:
            if not isinstance(verdict, Again):
                call.args, call.kwargs = turn.args, turn.kwargs  # an alternative, say, is asked what the caller asked
        return verdict

    def abandon(self, call: Call) -> None:
        """Give back the scope of a budget, and what the caller gave."""
        turn: ReaskState | None = self._turn(call)
        if turn is not None:
            turn.close(Outcome())
            call.args, call.kwargs = turn.args, turn.kwargs

    def _turn(self, call: Call) -> ReaskState | None:
        turn: ReaskState | None = call.kept(self)
        return turn

    def _judge(self, call: Call, turn: ReaskState, given: Any) -> Again | Use:
        answer = usable(call.name, given, turn.asked)
        value, problems = self._form.read(answer.text)
        if not problems:
            call.source = turn.source(given)
            return Use(value)
        call.emit(events.AnswerRejected, attempt=turn.asked, errors=len(problems))
        if turn.asked >= self._attempts or call.environment.monotonic() >= DEADLINE.get():
            raise self._given_up(call, turn, problems)
        turn.open()
        asked = _conversation(self._messages.read(call), call)
        heard = [answer.message] if answer.text else []  # providers refuse an empty message
        self._messages.write(call, with_more(asked, [*heard, HumanMessage(self._form.complaint(problems))]))
        return Again()

    def _given_up(self, call: Call, turn: ReaskState, problems: list[Misfit]) -> InvalidResponse:
        times = "once" if turn.asked == 1 else f"{turn.asked} times"
        late = "" if turn.asked >= self._attempts else "; the time budget leaves no room for another attempt"
        message = f"{call.name}: asked {times}, {self._form.verdict(problems)}{late}"
        return InvalidResponse(message, errors=[for_people(problem) for problem in problems], attempts=turn.asked)


def _conversation(given: Any, call: Call) -> list[Any]:
    return as_given(given, f"structured: the messages of {call.name} are")


def _instructed(messages: list[Any], instructions: SystemMessage) -> list[Any]:
    """Return `messages` with `instructions` after the application's own instructions."""
    roles = (text(message, "role") for message in messages)
    at = next((i for i, role in enumerate(roles) if role not in {"system", "developer"}), len(messages))
    return with_more(messages, [instructions], at)


class StreamLayer(Layer):
    """The same around a stream: the pieces of an answer go in, partial instances come out."""

    def enter(self, call: Call) -> None:
        """Give the function messages and schema as it takes them."""
        super().enter(call)
        call.keep(self, (self._form.incoming(), Report(), call.kept(self)))

    def _turn(self, call: Call) -> ReaskState | None:
        kept = call.kept(self)
        turn: ReaskState | None = kept[-1] if isinstance(kept, tuple) else kept
        return turn

    def watch(self, call: Call) -> ReaskState | None:
        """Begin with an empty answer, unless this stream goes on with the one before it; keep the scope of a budget."""
        turn: ReaskState = call.kept(self)[2]
        if not call.resumed:
            call.keep(self, (self._form.incoming(), Report(), turn))
        return None if turn.scope is None else turn

    def leave(self, call: Call, outcome: Outcome) -> None:  # noqa: ARG002 - the items have been taken one by one
        """Tell what the pieces told of their cost, which the instances in their place do not."""
        _, report, turn = call.kept(self)
        call.source = Chunk(usage=report.usage, finish_reason=(report.finish_reasons or [None])[0])
        turn.close(Outcome(call.source))

    def on_item(self, call: Call, item: Any) -> Iterable[Any]:
        """Give the instance as far as it is complete, where this piece has completed something."""
        answer, report, _ = call.kept(self)
        if not isinstance(item, str):
            report.read(item)
        value = answer.feed(piece_of(item))
        return () if value is NOTHING_NEW else (value,)

    def on_end(self, call: Call) -> Iterable[Any]:
        """Give the whole instance.

        Raises:
            InvalidResponse: The answer does not fit, was cut or refused, or wants tools first.
        """
        answer, report, _ = call.kept(self)
        reason = (report.finish_reasons or [""])[0].lower()
        given = Answer(AIMessage(answer.text), answer.text, reason, calls_tools=reason in {"tool_calls", "tool_use"})
        value, problems = self._form.read(whole(call.name, given, 1).text)
        if problems:
            call.emit(events.AnswerRejected, attempt=1, errors=len(problems))
            message = f"{call.name}: {self._form.verdict(problems)}"
            raise InvalidResponse(message, errors=[for_people(problem) for problem in problems], attempts=1)
        return (value,)


class ReaskState:
    """One call: what the caller gave, and what the model has used up for it so far."""

    __slots__ = ("args", "asked", "kwargs", "scope", "usage")

    def __init__(self, call: Call) -> None:
        self.args = call.args
        self.kwargs = call.kwargs
        self.asked = 0
        self.usage: Usage | None = None
        self.scope: SpendingScope | None = None

    def open(self) -> None:
        """Begin an attempt, on a scope of its own under that of the budget around, if there is one.

        Raises:
            BudgetExceeded: That budget is used up.
        """
        self.asked += 1
        around = SCOPE.get()
        if around is not None:
            self.scope = SpendingScope(Account(), around)
            self.scope.reserve(NOTHING)
            self.scope.resume()

    def seen(self, item: Any) -> None:
        """Learn nothing of an item of a stream."""

    def suspend(self) -> None:
        """Take the scope away while the consumer of a stream works."""
        if self.scope is not None:
            self.scope.suspend()

    def resume(self) -> None:
        """Put it back."""
        if self.scope is not None:
            self.scope.resume()

    def close(self, outcome: Outcome) -> None:
        """End the attempt, and charge what it used up unless a budget further in has done so."""
        usage = usage_of(outcome.value) if outcome.error is None else None
        if usage is not None:
            self.usage = usage if self.usage is None else self.usage + usage
        if self.scope is not None:
            self.scope.leave()
            self.scope.settle(NOTHING if usage is None else self.scope.amount_of(usage))
            self.scope = None

    def source(self, value: Any) -> Any:
        """Return `value`, the last answer, with the usage of all."""
        if self.asked == 1 or self.usage is None:
            return value
        if isinstance(value, Response):
            return Response(value.message, self.usage, value.finish_reason, value.model, value.id, value.raw)
        return Chunk(usage=self.usage)
