"""Turn a model's answer into an instance of a type."""

from __future__ import annotations

import inspect
from inspect import Parameter
from typing import TYPE_CHECKING, Any, ClassVar, Generic, ParamSpec, TypeVar, overload

from beluga._engine.policy import Policy
from beluga._engine.target import Argument, Kind, arguments_of
from beluga._policies.structured.reask import Layer
from beluga._policies.structured.response_format import ResponseFormat

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from beluga._engine.target import Target

__all__ = ["Structured", "structured"]

P = ParamSpec("P")
T = TypeVar("T")


class Structured(Policy, Generic[T]):
    """The type of a function's answers, and a decorator; see `structured`."""

    concern = "structured"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.SYNC, Kind.ASYNC})

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
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    @overload
    def __call__(self, function: Callable[P, Any]) -> Callable[P, T]: ...
    def __call__(  # pyright: ignore[reportIncompatibleMethodOverride]  # see above
        self, function: Callable[..., Any]
    ) -> Callable[..., Any]:
        """Decorate `function`: same parameters, same kind, and a `T` for its answer."""
        decorated = super().__call__(function)
        if inspect.isfunction(decorated):
            # What reads annotations, such as a web framework, is to find what is returned now.
            signature = inspect.signature(decorated).replace(return_annotation=self.kind)
            decorated.__signature__ = signature  # type: ignore[attr-defined]  # functions take attributes
            decorated.__annotations__ = {**decorated.__annotations__, "return": self.kind}
        return decorated

    def bind(self, target: Target) -> Policy:
        """Return the layer that knows where the function takes messages and schema."""
        return Layer(self.form, self.attempts, _messages_slot(target), _schema_slot(target))

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

    Put it outside `retry`, `breaker`, `rate_limited` and output guards, which then see every single answer, and inside
    `budget`, which is charged for all of them. `retry` does not repeat an `InvalidResponse` unless told to.

    Args:
        kind: An attrs or data class, a TypedDict, or any annotation of JSON values such as ``list[Item]``.
        attempts: How often the model is asked at most, the first time included; 1 never asks again.

    Raises:
        TypeError: JSON has no form for `kind`, or the function takes no messages or is a generator.
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
