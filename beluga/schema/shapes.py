"""What a parsed JSON value has to be to become a value of a Python type.

A shape has a `rule`, which completes "expected ...", and `fit`, which takes a JSON value and gives the Python
one, or notes its problems and gives whatever. Nothing is guessed: a text is no number and a boolean no int.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import attrs

from beluga.schema.problems import LARGEST, Key, Path, Problem, mismatch, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Anything", "Choice", "Field", "Items", "OneOf", "Plain", "Quantity", "Record", "Row", "Shape", "Table"]


class Shape(Protocol):
    """The demand on one JSON value."""

    @property
    def rule(self) -> str:
        """What completes "expected ..."."""
        ...

    def fit(self, value: Any, path: Path, problems: list[Problem]) -> Any:
        """Return the Python value, or note in `problems` why there is none."""
        ...


@attrs.frozen
class Anything:
    """Any JSON value, as it is parsed."""

    rule = "anything"

    def fit(self, value: Any, path: Path, problems: list[Problem]) -> Any:  # noqa: ARG002 - the contract of a shape
        return value


@attrs.frozen
class Plain:
    """A text, a boolean or null, of exactly that type."""

    kind: type
    rule: str

    def fit(self, value: Any, path: Path, problems: list[Problem]) -> Any:
        if type(value) is not self.kind:
            problems.append(mismatch(path, self.rule, value))
        return value


@attrs.frozen
class Quantity:
    """An int or a finite float.

    As JSON has one kind of number, 3 is a float too, and 3.0 an int. Source: JSON Schema 2020-12, 4.2.3.
    """

    kind: type[int | float]

    @property
    def rule(self) -> str:
        return "a whole number" if self.kind is int else "a number"

    def fit(self, value: Any, path: Path, problems: list[Problem]) -> Any:
        given = type(value)
        if given is int is self.kind:
            return value
        # Neither infinity nor NaN is in the range.
        fits = (given is float or given is int) and -LARGEST <= value <= LARGEST
        if fits and (self.kind is float or value == int(value)):
            return self.kind(value)
        problems.append(mismatch(path, self.rule, value))
        return None


class Choice:
    """One of a few plain values.

    Args:
        choices: What each choice is in Python, by what it is in JSON.
    """

    def __init__(self, choices: list[tuple[Any, Any]]) -> None:
        # True == 1 == 1.0, so that the type belongs to the key.
        self._choices = {(type(written), written): choice for written, choice in choices}
        self.rule: str = f"one of {', '.join(quote(written) for written, _ in choices)}"

    def fit(self, value: Any, path: Path, problems: list[Problem]) -> Any:
        if not isinstance(value, (list, dict)) and (type(value), value) in self._choices:
            return self._choices[type(value), value]
        wrong = mismatch(path, self.rule, value)
        problems.append(attrs.evolve(wrong, rule=f"expected {self.rule}"))
        return None


@attrs.frozen
class Items:
    """A list of values of one shape, made into a list, tuple or set."""

    item: Shape
    make: Callable[[list[Any]], Any]

    rule = "a list"

    def fit(self, value: Any, path: Path, problems: list[Problem]) -> Any:
        if not isinstance(value, list):
            problems.append(mismatch(path, self.rule, value))
            return None
        before = len(problems)
        fit = self.item.fit
        items = [fit(item, (*path, index), problems) for index, item in enumerate(value)]
        if len(problems) > before:
            return None
        try:
            return self.make(items)
        except TypeError:
            problems.append(Problem(path, "holds items that cannot be in a set"))
            return None


@attrs.frozen
class Row:
    """A list of so many values, each of its own shape, made into a tuple."""

    items: tuple[Shape, ...]

    @property
    def rule(self) -> str:
        return f"a list of {len(self.items)}"

    def fit(self, value: Any, path: Path, problems: list[Problem]) -> Any:
        if not isinstance(value, list):
            problems.append(mismatch(path, self.rule, value))
            return None
        if len(value) != len(self.items):
            problems.append(Problem(path, f"expected {self.rule}, not of {len(value)}"))
            return None
        pairs = enumerate(zip(self.items, value, strict=True))
        return tuple([shape.fit(item, (*path, index), problems) for index, (shape, item) in pairs])


@attrs.frozen
class Table:
    """An object of free keys with values of one shape, made into a dict."""

    item: Shape

    rule = "an object"

    def fit(self, value: Any, path: Path, problems: list[Problem]) -> Any:
        if not isinstance(value, dict):
            problems.append(mismatch(path, self.rule, value))
            return None
        fit = self.item.fit
        return {key: fit(item, (*path, Key(key, n)), problems) for n, (key, item) in enumerate(value.items(), 1)}


@attrs.frozen
class OneOf:
    """A value of any of several shapes: the first that fits."""

    arms: tuple[Shape, ...]

    @property
    def rule(self) -> str:
        return " or ".join(dict.fromkeys(arm.rule for arm in self.arms))

    def fit(self, value: Any, path: Path, problems: list[Problem]) -> Any:
        nearest: list[Problem] | None = None
        for arm in self.arms:
            found: list[Problem] = []
            fitted = arm.fit(value, path, found)
            if not found:
                return fitted
            # A value of the right kind with a flaw inside is nearer than one of another kind.
            alien = any(problem.alien and problem.path == path for problem in found)
            if not alien and (nearest is None or len(found) < len(nearest)):
                nearest = found
        problems += nearest or [mismatch(path, self.rule, value)]
        return None


@attrs.frozen
class Field:
    """One property of a record."""

    shape: Shape
    required: bool


_SHOWN = 5
"""Unknown keys that their author gets to see again."""


@attrs.define(eq=False)
class Record:
    """An object with exactly the fields of a class, made into its instance.

    Args:
        kind: The class, called with the fields that were given.
        fields: By their keys; filled in once all are known, as a class may contain itself.
    """

    kind: Callable[..., Any]
    name: str
    fields: Mapping[str, Field] = attrs.field(factory=dict, repr=False)

    rule = "an object"

    def fit(self, value: Any, path: Path, problems: list[Problem]) -> Any:
        if not isinstance(value, dict):
            problems.append(mismatch(path, self.rule, value))
            return None
        before = len(problems)
        given = {}
        for key, field in self.fields.items():
            if key in value:
                given[key] = field.shape.fit(value[key], (*path, key), problems)
            elif field.required:
                problems.append(Problem((*path, key), "is missing"))
        if len(given) < len(value):
            problems.append(self._strangers(value, path))
        return self._made(given, path, problems) if len(problems) == before else None

    def _strangers(self, value: dict[str, Any], path: Path) -> Problem:
        unknown = [key for key in value if key not in self.fields]
        known = f"; known are {', '.join(self.fields)}" if self.fields else "; it takes none"
        keys = "key" if len(unknown) == 1 else "keys"
        quoted = ", ".join(map(quote, unknown[:_SHOWN]))
        return Problem(path, f"has {len(unknown)} unknown {keys}{known}", f"has unknown {keys} {quoted}{known}")

    def _made(self, given: dict[str, Any], path: Path, problems: list[Problem]) -> Any:
        """Make the instance, or note what the class's own converters and validators have against it."""
        try:
            return self.kind(**given)
        except Exception as error:
            # attrs' own validators name the attribute among the arguments of what they raise.
            names = [arg.name for arg in error.args if isinstance(arg, attrs.Attribute)]
            why = str(error.args[0] if error.args else "").partition("\n")[0]
            refused = f"is refused by {self.name}: {type(error).__name__}"
            problems.append(Problem((*path, *names[:1]), refused, f"{refused}: {why}"))
            return None
