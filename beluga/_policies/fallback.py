"""Answer in another way when the first one fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

import attrs

from beluga import events
from beluga._engine.decorator import OptionsDecorator
from beluga._engine.options import matcher, tuple_if_any
from beluga._engine.policy import Again, Hints, Policy
from beluga._engine.target import kind_of
from beluga.classification import ErrorCode, classify
from beluga.errors import add_note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from beluga._engine.call import Call, Outcome
    from beluga._engine.options import Matched
    from beluga._engine.target import Target

__all__ = ["Fallback", "fallback"]

F = TypeVar("F")
_NO_FUNCTION: Any = None

_SAME_EVERYWHERE = frozenset(
    {
        ErrorCode.INVALID_INPUT,
        ErrorCode.GUARD_BLOCKED,
        ErrorCode.BUDGET_EXHAUSTED,
        ErrorCode.CONTENT_FILTERED,
        ErrorCode.CANCELLED,
    }
)
"""What an alternative would run into as well, or must not get round."""


def _another_may_answer(error: Exception) -> bool:
    return classify(error) not in _SAME_EVERYWHERE


@attrs.frozen(eq=False)
class Fallback(Policy):
    """The alternatives of a function, in order; see `fallback`."""

    concern = "fallback"
    hints = Hints(leave="on error")
    belongs_inside: ClassVar[Mapping[str, str]] = {
        "guarded": "the alternatives' answers do not pass the guards",
    }

    alternatives: tuple[Callable[..., Any], ...]
    on: tuple[Matched, ...] | None = attrs.field(default=None, converter=tuple_if_any)
    _matches: Callable[[Exception], bool] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Work out once what every failure needs."""
        if not self.alternatives:
            message = "fallback: name at least one alternative: fallback(ask_another_model)"
            raise ValueError(message)
        for alternative in self.alternatives:
            kind_of(alternative)  # what is not a function is refused right here
        matches = _another_may_answer if self.on is None else matcher(self.on, "fallback: on")
        object.__setattr__(self, "_matches", matches)

    @classmethod
    def of(cls, *alternatives: Callable[..., Any], on: Matched | Iterable[Matched] | None = None) -> Fallback:
        """Call the `alternatives` one after the other, with the same arguments, when the function fails.

        They are of the function's own kind and bring their own decorators; the layers inside this one are not run for
        them. The first good answer is the result; if none comes, the last error is raised. A stream is replaced only
        before its first item went out.

        Args:
            alternatives: Functions that take the same arguments.
            on: Error codes, exception types and predicates that let the next one try; None means every error that
                another provider need not run into, so not a bad request, a blocked text or a used-up budget.

        Raises:
            TypeError: An alternative is of another kind, or `on` holds something else.
            ValueError: There is no alternative.

        Example:
            >>> def ask_small(question: str) -> str:
            ...     return "a short answer"
            >>> @fallback(ask_small)
            ... def ask(question: str) -> str:
            ...     raise ConnectionError("refused")
            >>> ask("why?")
            'a short answer'
        """
        return cls(alternatives, on=on)

    def __call__(self, function: F = _NO_FUNCTION) -> F:
        """Decorate `function`."""
        if not callable(function) and not isinstance(function, (classmethod, staticmethod)):
            names = ", ".join(map(_name, self.alternatives))
            message = (
                f"fallback({names}) decorates the function that it stands in for, and got {_kind(function)}: "
                f"if {names} is that function, name another one: @fallback(other) above it"
            )
            raise TypeError(message)
        return super().__call__(function)

    def bind(self, target: Target) -> Policy:
        """Make sure that every alternative is of the function's own kind."""
        for alternative in self.alternatives:
            kind = kind_of(alternative)
            if kind is not target.kind:
                message = (
                    f"fallback: {_name(alternative)} is {kind.noun} and cannot stand in for "
                    f"the {target.kind.value} {target.name}: make both of one kind"
                )
                raise TypeError(message)
        return self

    def leave(self, call: Call, outcome: Outcome) -> Again | None:
        """Ask for the next alternative, if the error and the stream allow one."""
        error = outcome.error
        tried = call.kept(self, 0)
        if tried:
            call.keep(self, 0)  # a layer further out may run this one again, which then begins at the first
        if not isinstance(error, Exception) or call.items or not self._matches(error):
            return None
        if tried == len(self.alternatives):
            add_note(error, f"beluga: {call.name} and {tried} alternative{'s' * (tried > 1)} failed")
            return None
        call.keep(self, tried + 1)
        alternative = self.alternatives[tried]
        call.emit(events.FallbackTaken, alternative=_name(alternative), code=classify(error))
        return Again(instead=alternative)

    def describe(self) -> str:
        """Return the names of the alternatives."""
        return ", ".join(map(_name, self.alternatives))


def _kind(given: Any) -> str:
    return "nothing" if given is None else f"a {type(given).__name__}"


def _name(function: Any) -> str:
    name: str = getattr(function, "__qualname__", None) or type(function).__qualname__
    return name


fallback: Final = OptionsDecorator(
    Fallback.of,
    words={
        "on": "exception exceptions",
        "write @fallback(lambda *args, **options: default), of the function's own kind": "default",
        "write @fallback(other)": "alternatives fallback fallback_function functions",
    },
)
"""Call alternatives one after the other when the function fails; see `Fallback.of`."""
