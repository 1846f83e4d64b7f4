"""Make a decorator from the class of a policy, so that its options stand in one place: that class.

The signature, the docstring, the hover of an editor and the two type checkers all read them there.
"""

from __future__ import annotations

import functools
import inspect
from inspect import Parameter
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Decorator", "OptionsDecorator"]

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound="Callable[..., Any] | classmethod[Any, ..., Any] | staticmethod[..., Any]")


class OptionsDecorator(Generic[P, T]):
    """Takes options and returns a policy, which decorates; it cannot stand bare above a function.

    Args:
        policy: The class of the policy, whose options these are.
        needs: The options that a call has to give, as they would be written.
        words: The options here, or what else to write, each with the words, spaces between, that other libraries use.
    """

    def __init__(
        self, policy: Callable[P, T], *, needs: str | None = None, words: Mapping[str, str] | None = None
    ) -> None:
        made: Any = getattr(policy, "__self__", policy)
        self.__name__: str = made.concern
        self.__qualname__: str = self.__name__
        self.__module__ = made.__module__
        self.__doc__ = policy.__doc__
        self.__signature__: inspect.Signature = inspect.signature(policy).replace(return_annotation=made)
        self._policy = policy
        self._needs = needs
        self._words = {word: here for here, others in (words or {}).items() for word in others.split()}
        if policy is made:
            made.__init__ = self._explained(made.__init__)  # type: ignore[method-assign]  # of a class that attrs made

    def _explained(self, init: Callable[..., None]) -> Callable[..., None]:
        """Let the class say what to write, in the words of its decorator, where it is made by itself."""

        @functools.wraps(init)
        def __init__(policy: Any, *args: Any, **options: Any) -> None:  # noqa: N807 - it is one
            try:
                self.__signature__.bind(*args, **options)
            except TypeError as error:
                raise self._misuse(args, options, error, type(policy).__name__) from None
            init(policy, *args, **options)

        return __init__

    def __call__(self, *args: P.args, **options: P.kwargs) -> T:
        """Make the policy with these options."""
        if self._needs is not None and len(args) == 1 and not options and _is_function(args[0]):
            name = getattr(args[0], "__qualname__", type(args[0]).__qualname__)
            message = f"{self.__name__} needs options: write @{self.__name__}({self._needs}) above {name}"
            raise TypeError(message)
        made: T = self._made(args, options)
        return made

    def _made(self, args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
        try:
            self.__signature__.bind(*args, **options)
        except TypeError as error:
            raise self._misuse(args, options, error, self.__name__) from None
        make: Any = self._policy  # the type checkers have compared its parameters already
        return make(*args, **options)

    def _misuse(self, args: tuple[Any, ...], options: Mapping[str, Any], error: TypeError, name: str) -> TypeError:
        """Say what to write instead of a call of `name` that does not fit the signature."""
        parameters = [p for p in self.__signature__.parameters.values() if p.kind is not Parameter.VAR_POSITIONAL]
        known = [p.name for p in parameters]
        unknown = next((option for option in options if option not in known), None)
        if unknown is not None:
            return TypeError(f"{name} has no option {unknown}=: {self._nearest(unknown, known)}")
        if args and _is_function(args[0]):
            given = ", ".join(f"{option}=..." for option in options)
            return TypeError(f"{name} takes options or a function, not both: write @{name}({given}) above the function")
        places = sum(p.kind is not Parameter.KEYWORD_ONLY for p in parameters)
        if len(args) > places:
            written = [_written(args[i]) for i in range(places)]
            written += [
                f"{p.name}={_written(value)}" for p, value in zip(parameters[places:], args[places:], strict=False)
            ]
            return TypeError(f"{name} takes its options by name: write {name}({', '.join(written)})")
        return TypeError(f"{name}: {error}")

    def _nearest(self, unknown: str, known: list[str]) -> str:
        if unknown in self._words:
            word = self._words[unknown]
            return f"write {word}=" if word.isidentifier() else word
        import difflib

        near = difflib.get_close_matches(unknown, known, 1)
        return f"did you mean {near[0]}=?" if near else f"it has {', '.join(known)}"

    def __repr__(self) -> str:
        """Show the options with their defaults."""
        bare = [p.replace(annotation=Parameter.empty) for p in self.__signature__.parameters.values()]
        return f"{self.__name__}{inspect.Signature(bare)}"

    def __reduce__(self) -> str:
        """Pickle by name, as a function is."""
        return self.__qualname__


class Decorator(OptionsDecorator[P, T]):
    """Decorates the function that it is called with, or takes options and returns a policy, which decorates.

    Example:
        >>> from beluga import RetryPolicy
        >>> retry = Decorator(RetryPolicy, words={"max_attempts": "attempts"})
        >>> @retry
        ... def ask(): ...
        >>> @retry(max_attempts=5)
        ... def embed(): ...
        >>> retry(attempts=5)
        Traceback (most recent call last):
        TypeError: retry has no option attempts=: write max_attempts=
        >>> retry(5)
        Traceback (most recent call last):
        TypeError: retry takes its options by name: write retry(max_attempts=5)
    """

    @overload
    def __call__(self, function: F, /) -> F: ...
    @overload
    def __call__(self, *args: P.args, **options: P.kwargs) -> T: ...
    def __call__(self, *args: Any, **options: Any) -> Any:
        """Decorate a function, or make the policy with these options."""
        if len(args) == 1 and not options and _is_function(args[0]):
            return self._made((), {})(args[0])
        return self._made(args, options)


def _is_function(argument: Any) -> bool:
    """Say whether it stands where a function does: also a property or a running coroutine, which `kind_of` refuses."""
    return callable(argument) or hasattr(type(argument), "__get__") or hasattr(type(argument), "close")


def _written(value: Any) -> str:
    """Return `value` as it would be written, if that is short and surely no secret."""
    return repr(value) if isinstance(value, (int, float)) else "..."
