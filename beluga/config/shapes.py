"""What a single value may be: strictly its type, within its bounds.

A shape has a `rule`, which completes "must be ...", and two methods. `fit` takes a value of a parsed file and
gives it back as it will stand in the configuration, or notes the problem and gives `INVALID`. `read` turns the
text of an environment variable into such a value. A bool is no int, 4096.5 and "4096" are none either.
"""

from __future__ import annotations

import datetime
import json
import math
import pathlib
import re
from typing import TYPE_CHECKING, Any, Final, Protocol

import attrs

from beluga._types.suggest import nearest
from beluga.config.durations import seconds_of

if TYPE_CHECKING:
    import enum
    from collections.abc import Mapping

    from beluga.config.problems import Findings, Place

__all__ = [
    "SCALARS",
    "SCALAR_KINDS",
    "UNBOUNDED",
    "Anything",
    "Bounds",
    "Choice",
    "Duration",
    "Flag",
    "Instance",
    "Nothing",
    "Number",
    "Shape",
    "Whole",
]


class Shape(Protocol):
    """The demand on one value."""

    @property
    def rule(self) -> str:
        """What completes "must be ..."."""
        ...

    def fit(self, value: Any, place: Place, found: Findings) -> Any:
        """Return `value` as it will stand in the configuration, or note why not and return `INVALID`."""
        ...

    def read(self, text: str) -> Any:
        """Turn the text of a variable into what `fit` takes.

        Raises:
            ValueError: It cannot be one.
        """
        ...


@attrs.frozen
class Bounds:
    """The least and the greatest number allowed, each None for no bound."""

    least: float | None = None
    most: float | None = None

    def __contains__(self, value: float) -> bool:
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def __str__(self) -> str:
        if self.least is not None and self.most is not None:
            return f" from {self.least} to {self.most}"
        if self.least is not None:
            return f" of at least {self.least}"
        return "" if self.most is None else f" of at most {self.most}"


UNBOUNDED: Final = Bounds()
NOT_NEGATIVE: Final = Bounds(least=0)

_FLAGS: Final = {**dict.fromkeys(("true", "yes", "on", "1"), True), **dict.fromkeys(("false", "no", "off", "0"), False)}
_WHOLE: Final = re.compile(r"[+-]?[0-9]+")
_NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@attrs.frozen
class Whole:
    """An int within bounds."""

    bounds: Bounds = UNBOUNDED

    @property
    def rule(self) -> str:
        return f"an int{self.bounds}"

    def fit(self, value: Any, place: Place, found: Findings) -> Any:
        if isinstance(value, int) and not isinstance(value, bool) and value in self.bounds:
            return value
        return found.reject(place, self.rule, value)

    def read(self, text: str) -> Any:
        if not _WHOLE.fullmatch(text):
            raise ValueError(self.rule)
        return int(text)


@attrs.frozen
class Number:
    """A finite float within bounds; an int is taken for one."""

    bounds: Bounds = UNBOUNDED

    @property
    def rule(self) -> str:
        return f"a finite number{self.bounds}"

    def fit(self, value: Any, place: Place, found: Findings) -> Any:
        number = _finite(value)
        if number is None or number not in self.bounds:
            return found.reject(place, self.rule, value)
        return number

    def read(self, text: str) -> Any:
        if not _NUMBER.fullmatch(text):
            raise ValueError(self.rule)
        return float(text)


@attrs.frozen
class Duration:
    """Float seconds, given as a number or as text with a unit."""

    bounds: Bounds = NOT_NEGATIVE

    @property
    def rule(self) -> str:
        if self.bounds == NOT_NEGATIVE:
            return "a duration such as 30, '30s' or '5m'"
        return f"a duration such as '30s' or '5m'{self.bounds} seconds"

    def fit(self, value: Any, place: Place, found: Findings) -> Any:
        number = _duration(value) if isinstance(value, str) else _finite(value)
        if number is None or number < 0 or number not in self.bounds:
            return found.reject(place, self.rule, value)
        return number

    def read(self, text: str) -> Any:
        return float(text) if _NUMBER.fullmatch(text) else seconds_of(text)


@attrs.frozen
class Flag:
    """True or False."""

    rule = "true or false"

    def fit(self, value: Any, place: Place, found: Findings) -> Any:
        return value if isinstance(value, bool) else found.reject(place, self.rule, value)

    def read(self, text: str) -> Any:
        if text.lower() not in _FLAGS:
            raise ValueError(self.rule)
        return _FLAGS[text.lower()]


@attrs.frozen
class Instance:
    """Text, and types that are written as text."""

    kind: type
    rule: str
    parse: Any = None

    def fit(self, value: Any, place: Place, found: Findings) -> Any:
        # A datetime is a date to isinstance, and loses its time where only a date was meant.
        if type(value) is self.kind or (isinstance(value, self.kind) and self.kind is pathlib.Path):
            return value
        if self.parse is not None and isinstance(value, str):
            try:
                return self.parse(value)
            except ValueError:
                pass
        return found.reject(place, self.rule, value)

    def read(self, text: str) -> Any:
        return text


@attrs.frozen
class Choice:
    """One of a few values, by an Enum's values or names or a Literal's values."""

    known: tuple[tuple[str, Any, Any], ...]
    """For each choice its name, how it is written, and what it becomes."""

    @classmethod
    def of_enum(cls, kind: type[enum.Enum]) -> Choice:
        return cls(tuple((member.name, member.value, member) for member in kind))

    @classmethod
    def of_literal(cls, values: tuple[Any, ...]) -> Choice:
        return cls(tuple(("", value, value) for value in values))

    @property
    def rule(self) -> str:
        written = [repr(value) if isinstance(value, (str, int)) else name for name, value, _ in self.known]
        return f"one of {', '.join(written)}"

    def fit(self, value: Any, place: Place, found: Findings) -> Any:
        for name, written, choice in self.known:
            # True == 1 == 1.0, so the types have to agree as well.
            if value is choice or (type(value) is type(written) and value == written):
                return choice
            if name and value == name:
                return choice
        meant = "" if place.secret or not isinstance(value, str) else nearest(value, self._words())
        return found.reject(place, self.rule, value, suggestion=meant and repr(meant))

    def read(self, text: str) -> Any:
        for name, written, _ in self.known:
            if text in {name, str(written)}:
                return written
        return text

    def _words(self) -> list[str]:
        return [word for name, written, _ in self.known for word in (written, name) if word and isinstance(word, str)]


@attrs.frozen
class Nothing:
    """Null."""

    rule = "null"

    def fit(self, value: Any, place: Place, found: Findings) -> Any:
        return None if value is None else found.reject(place, self.rule, value)

    def read(self, text: str) -> Any:
        if text != "null":
            raise ValueError(self.rule)


@attrs.frozen
class Anything:
    """Whatever the file holds, unchecked."""

    rule = "anything"

    def fit(self, value: Any, place: Place, found: Findings) -> Any:  # noqa: ARG002 - the contract of a shape
        return value

    def read(self, text: str) -> Any:
        return json.loads(text)


SCALAR_KINDS: Final = (Whole, Number, Duration, Flag, Instance, Choice, Nothing)

SCALARS: Final[Mapping[Any, Shape]] = {
    Any: Anything(),
    str: Instance(str, "a string"),
    bool: Flag(),
    type(None): Nothing(),
    pathlib.Path: Instance(pathlib.Path, "a path", pathlib.Path),
    datetime.datetime: Instance(datetime.datetime, "a date and time", datetime.datetime.fromisoformat),
    datetime.date: Instance(datetime.date, "a date", datetime.date.fromisoformat),
    datetime.time: Instance(datetime.time, "a time of day", datetime.time.fromisoformat),
}
"""The shapes of annotations that need no more than their name."""


def _finite(value: Any) -> float | None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _duration(text: str) -> float | None:
    try:
        return seconds_of(text)
    except ValueError:
        return None
