"""Answer in another way when the first one fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

import attrs

from beluga import events
from beluga._engine.decorator import OptionsDecorator
from beluga._engine.options import any_function, matcher, optional, tuple_if_any
from beluga._engine.policy import Again, Hints, Policy
from beluga._engine.target import kind_of
from beluga._policies.retry_state import Progress, check_resume, resumed
from beluga.classification import ErrorCode, classify
from beluga.errors import add_note

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable, Iterable, Mapping

    from beluga._engine.call import Call, Outcome
    from beluga._engine.options import Matched
    from beluga._engine.policy import Watch
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
    resume: Callable[[list[Any]], Iterable[Any] | AsyncIterable[Any]] | None = attrs.field(
        default=None, validator=optional(any_function)
    )
    _matches: Callable[[Exception], bool] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Work out once what every failure needs."""
        if not self.alternatives and self.resume is None:
            message = "fallback: name at least one alternative: fallback(ask_another_model)"
            raise ValueError(message)
        for alternative in self.alternatives:
            kind_of(alternative)  # what is not a function is refused right here
        matches = _another_may_answer if self.on is None else matcher(self.on, "fallback: on")
        object.__setattr__(self, "_matches", matches)

    @classmethod
    def of(
        cls,
        *alternatives: Callable[..., Any],
        on: Matched | Iterable[Matched] | None = None,
        resume: Callable[[list[Any]], Iterable[Any] | AsyncIterable[Any]] | None = None,
    ) -> Fallback:
        """Call the `alternatives` one after the other, with the same arguments, when the function fails.

        They are of the function's own kind and bring their own decorators; the layers inside this one are not run for
        them. The first good answer is the result; if none comes, the last error is raised. A stream is replaced only
        before its first item went out; when it is cut later, `resume` may go on with it.

        Args:
            alternatives: Functions that take the same arguments.
            on: Error codes, exception types and predicates that let the next one try; None means every error that
                another provider need not run into, so not a bad request, a blocked text or a used-up budget.
            resume: Called with the list of a stream's items so far when it is cut after some, once a call; returns a
                stream of the rest, such as what another model says when it is given these. It may yield something
                first that tells the consumer; subscribers hear of `StreamResumed`. The items are kept for it. None
                lets the error pass.

        Raises:
            TypeError: An alternative is of another kind, `on` holds something else, or `resume` does not go with the
                function.
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
        return cls(alternatives, on=on, resume=resume)

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
        if self.resume is not None:
            check_resume(self.concern, self.resume, target)
        for alternative in self.alternatives:
            kind = kind_of(alternative)
            if kind is not target.kind:
                message = (
                    f"fallback: {_name(alternative)} is {kind.noun} and cannot stand in for "
                    f"the {target.kind.value} {target.name}: make both of one kind"
                )
                raise TypeError(message)
        return self

    def watch(self, call: Call) -> Watch | None:
        """Keep the items of a stream, where the rest may have to be asked for."""
        if self.resume is None:
            return None
        state = call.kept(self) or _State(call)
        call.keep(self, state)
        return state.progress.begin(call)

    def leave(self, call: Call, outcome: Outcome) -> Again | None:
        """Ask for the next alternative, or for the rest of a stream, if the error allows one."""
        error = outcome.error
        state = call.kept(self) or _State(call)
        if not isinstance(error, Exception) or not self._matches(error):
            call.keep(self, None)  # a layer further out may run this one again, which then begins at the first
            return None
        call.keep(self, state)
        items, tried = state.progress.items, state.tried
        # A guard further out may hold all items back; then there is a choice.
        if call.items or (items and tried == len(self.alternatives)):
            if self.resume is None or not items or state.is_resumed:
                return None
            state.is_resumed = True
            return Again(instead=resumed(self.concern, call, self.resume, items, error))
        state.tried += 1
        if tried == len(self.alternatives):
            call.keep(self, None)
            if tried:
                add_note(error, f"beluga: {call.name} and {tried} alternative{'s' * (tried > 1)} failed")
            return None
        alternative = self.alternatives[tried]
        call.emit(events.FallbackTaken, alternative=_name(alternative), code=classify(error))
        return Again(instead=alternative)

    def describe(self) -> str:
        """Return the names of the alternatives."""
        given = [*map(_name, self.alternatives), *(["resume"] if self.resume is not None else [])]
        return ", ".join(given)


class _State:
    """How far the fallback of one call has come."""

    __slots__ = ("is_resumed", "progress", "tried")

    def __init__(self, call: Call) -> None:
        self.tried = 0
        self.is_resumed = False
        self.progress = Progress(call.environment.monotonic(), keeps_items=True)


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
