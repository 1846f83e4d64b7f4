"""Answer in another way when the first one fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from beluga import events
from beluga._engine.options import as_tuple, matcher
from beluga._engine.policy import Again, Hints, Policy
from beluga._engine.target import kind_of
from beluga.classification import ErrorCode, classify
from beluga.errors import add_note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from beluga._engine.call import Call, Outcome
    from beluga._engine.target import Target

__all__ = ["Fallback", "fallback"]

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


class Fallback(Policy):
    """The alternatives of a function, in order; see `fallback`."""

    concern = "fallback"
    hints = Hints(leave="on error")
    belongs_inside: ClassVar[Mapping[str, str]] = {
        "guarded": "the alternatives' answers do not pass the guards",
    }

    def __init__(self, *alternatives: Callable[..., Any], on: Iterable[Any] | None = None) -> None:
        if not alternatives:
            message = "fallback: name at least one alternative: fallback(ask_another_model)"
            raise ValueError(message)
        self.alternatives = alternatives
        self._on = _another_may_answer if on is None else matcher(as_tuple(on), "fallback: on")

    def bind(self, target: Target) -> Policy:
        """Make sure that every alternative is of the function's own kind."""
        for alternative in self.alternatives:
            kind = kind_of(alternative)
            if kind is not target.kind:
                message = (
                    f"fallback: {_name(alternative)} is a {kind.value} and cannot stand in for "
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
        if not isinstance(error, Exception) or call.items or not self._on(error):
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


def _name(function: Any) -> str:
    name: str = getattr(function, "__qualname__", None) or type(function).__qualname__
    return name


def fallback(*alternatives: Callable[..., Any], on: Iterable[Any] | None = None) -> Fallback:
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
    return Fallback(*alternatives, on=on)
