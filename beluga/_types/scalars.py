"""Values that have no parts: what each is called, how JSON describes it, and what is taken for one.

There is one table, `SCALARS`. A scalar's `take` gives a parsed value back as it will stand, or `INVALID`; its `read`
turns a text that is all there is, such as an environment variable, into what `take` understands. A boolean is not an
int, and a text is not a number, whatever Python would say.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import decimal
import pathlib
import re
import sys
import types
import uuid
from typing import TYPE_CHECKING, Annotated, Any, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "BY_HAND",
    "INVALID",
    "SCALARS",
    "SECONDS",
    "Rules",
    "ScalarType",
    "Seconds",
    "format_checks",
    "is_finite",
    "seconds_of",
]

INVALID: Final = object()
"""Stands for a value that does not fit; its problem is noted elsewhere."""


@attrs.frozen
class Rules:
    """How strictly values are taken.

    Args:
        whole_floats: 3.0 is an int. JSON has one kind of number, so it is what a model or a client may write.
            Source: JSON Schema 2020-12, 4.2.3.
        by_hand: People write the values: ``"5m"`` is a length of time, and the name of a member is one of an Enum.
        converter_first: A field with an attrs converter gives it the value as it is, and is checked behind it.
        null_is_default: Null stands for the default of a field that could not be null, for those who have to write
            every field.
    """

    whole_floats: bool = True
    by_hand: bool = False
    converter_first: bool = False
    null_is_default: bool = False


BY_HAND: Final = Rules(whole_floats=False, by_hand=True, converter_first=True)
"""For what people write: configuration, environment variables, scripts. The default is for JSON of machines."""


@attrs.frozen
class ScalarType:
    """One kind of value without parts.

    Args:
        kind: Its Python type.
        words: What completes "expected ..." for the author of a JSON value.
        schema: How JSON Schema describes it.
        take: Gives a value as it will stand, or `INVALID`.
        by_hand: What completes "must be ..." for a person; by default the same words.
        read: Turns a text into what `take` understands, or raises ValueError.
        ordered: Whether it can have a least and a greatest value.
    """

    kind: Any
    words: str
    schema: Mapping[str, Any]
    take: Callable[[Any, Rules], Any]
    by_hand: str = attrs.field(default=attrs.Factory(lambda self: self.words, takes_self=True), kw_only=True)
    read: Callable[[str], Any] = attrs.field(default=str, kw_only=True)
    ordered: bool = attrs.field(default=False, kw_only=True)


def _exactly(kind: type) -> Callable[[Any, Rules], Any]:
    def take(value: Any, rules: Rules) -> Any:  # noqa: ARG001 - the contract of a scalar
        return value if type(value) is kind else INVALID

    return take


def _parsed(kind: type, parse: Callable[[str], Any]) -> Callable[[Any, Rules], Any]:
    """Take values of exactly that type, for a datetime is a date to isinstance, and texts that name one."""

    def take(value: Any, rules: Rules) -> Any:  # noqa: ARG001 - the contract of a scalar
        if type(value) is kind:
            return value
        try:
            return parse(value) if isinstance(value, str) else INVALID
        except (ValueError, ArithmeticError):
            return INVALID

    return take


# Numbers

_LARGEST: Final = sys.float_info.max
"""Beyond it there is no float but infinity, which JSON does not know."""

_WHOLE: Final = re.compile(r"[+-]?[0-9]+")
_NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def is_finite(value: Any) -> bool:
    """Tell whether `value` is a number that JSON can write."""
    # Neither infinity nor NaN is in the range, nor an int that no float can hold.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST


def _whole(value: Any, rules: Rules) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if rules.whole_floats and isinstance(value, float) and is_finite(value) and value == int(value):
        return int(value)
    return INVALID


def _number(value: Any, rules: Rules) -> Any:  # noqa: ARG001 - the contract of a scalar
    return float(value) if is_finite(value) else INVALID


def _decimal(value: Any, rules: Rules) -> Any:  # noqa: ARG001 - the contract of a scalar
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return decimal.Decimal(value)
    if is_finite(value):
        return decimal.Decimal(str(value))  # of the digits that were written: Decimal(0.1) has 55
    return value if isinstance(value, decimal.Decimal) and value.is_finite() else INVALID


def _matching(pattern: re.Pattern[str], words: str, make: Callable[[str], Any]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        text = text.strip()
        if not pattern.fullmatch(text):
            raise ValueError(words)
        return make(text)

    return read


# Lengths of time

SECONDS: Final = "beluga.duration"
"""The mark that tells a length of time from any other float."""

Seconds = Annotated[float, SECONDS]
"""The annotation of a setting that is a length of time; its value is float seconds.

In a file or a variable it is a number of seconds, or text with a unit: ``"250ms"``, ``"30s"``, ``"5m"``,
``"1h30m"``, ``"2d"``.
"""

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(ms|s|m|h|d)", re.ASCII)
_ISO: Final = re.compile(
    r"(-?)P(?=.)(?:(\d+)W|(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,6})?)S)?)?)", re.ASCII
)


def seconds_of(text: str) -> float:
    """Return the seconds that `text` names.

    Raises:
        ValueError: It is not a duration, or its units are not in falling order.

    Example:
        >>> seconds_of("1h30m"), seconds_of("250ms")
        (5400.0, 0.25)
    """
    total, largest, at = 0.0, float("inf"), 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None or _UNITS[part[2]] >= largest:
            break
        largest = _UNITS[part[2]]
        total += float(part[1]) * largest
        at = part.end()
    if not text or at < len(text):
        message = "a duration is a number and a unit, such as '30s', '5m' or '1h30m'"
        raise ValueError(message)
    return total


def _duration(value: Any, rules: Rules) -> Any:
    if isinstance(value, str) and rules.by_hand:
        try:
            value = seconds_of(value)
        except ValueError:
            return INVALID
    return float(value) if is_finite(value) else INVALID


def _timedelta(value: Any, rules: Rules) -> Any:
    if isinstance(value, datetime.timedelta):
        return value
    try:
        if isinstance(value, str) and (iso := _ISO.fullmatch(value)):
            weeks, days, hours, minutes, seconds = (float(part or 0) for part in iso.groups()[1:])
            length = datetime.timedelta(days + 7 * weeks, seconds, hours=hours, minutes=minutes)
            return -length if iso[1] else length
        if rules.by_hand and (seconds := _duration(value, rules)) is not INVALID:
            return datetime.timedelta(seconds=seconds)
    except OverflowError:
        pass
    return INVALID


def _read_seconds(text: str) -> Any:
    text = text.strip()
    return float(text) if _NUMBER.fullmatch(text) else text


# Texts that stand for something

_FLAGS: Final = {**dict.fromkeys(("true", "yes", "on", "1"), True), **dict.fromkeys(("false", "no", "off", "0"), False)}


def _read_flag(text: str) -> bool:
    try:
        return _FLAGS[text.strip().lower()]
    except KeyError:
        message = "true or false"
        raise ValueError(message) from None


def _read_null(text: str) -> None:
    if text.strip() != "null":
        message = "null"
        raise ValueError(message)


def _path(value: Any, rules: Rules) -> Any:  # noqa: ARG001 - the contract of a scalar
    # A NUL ends a path for the system, whatever stands behind it.
    if isinstance(value, str) and "\0" not in value:
        return pathlib.Path(value)
    return value if isinstance(value, pathlib.Path) else INVALID


def _uuid(text: str) -> uuid.UUID:
    value = uuid.UUID(text)
    if str(value) != text.lower():  # UUID also takes braces, "urn:uuid:" and 32 digits in a row
        raise ValueError(text)
    return value


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError(text) from error


def _text(schema_format: str) -> dict[str, Any]:
    return {"type": "string", "format": schema_format}


_A_DURATION: Final = "a duration such as 30, '30s' or '5m'"

SCALARS: Final[Mapping[Any, ScalarType]] = {
    row.kind: row
    for row in (
        ScalarType(str, "a string", {"type": "string"}, _exactly(str)),
        ScalarType(bool, "true or false", {"type": "boolean"}, _exactly(bool), read=_read_flag),
        ScalarType(types.NoneType, "null", {"type": "null"}, _exactly(types.NoneType), read=_read_null),
        ScalarType(
            int,
            "a whole number",
            {"type": "integer"},
            _whole,
            by_hand="an int",
            read=_matching(_WHOLE, "an int", int),
            ordered=True,
        ),
        ScalarType(
            float,
            "a number",
            {"type": "number"},
            _number,
            by_hand="a finite number",
            read=_matching(_NUMBER, "a finite number", float),
            ordered=True,
        ),
        ScalarType(
            SECONDS,
            "a number of seconds",
            {"type": "number"},
            _duration,
            by_hand=_A_DURATION,
            read=_read_seconds,
            ordered=True,
        ),
        ScalarType(
            decimal.Decimal,
            "a decimal number such as 9.99",
            {"anyOf": [{"type": "number"}, {"type": "string", "pattern": f"^(?:{_NUMBER.pattern})$"}]},
            _decimal,
            read=str.strip,
            ordered=True,
        ),
        ScalarType(
            datetime.datetime,
            "a date and time such as 2026-01-31T09:30:00Z",
            _text("date-time"),
            _parsed(datetime.datetime, datetime.datetime.fromisoformat),
            by_hand="a date and time",
            ordered=True,
        ),
        ScalarType(
            datetime.date,
            "a date such as 2026-01-31",
            _text("date"),
            _parsed(datetime.date, datetime.date.fromisoformat),
            by_hand="a date",
            ordered=True,
        ),
        ScalarType(
            datetime.time,
            "a time of day such as 09:30:00",
            _text("time"),
            _parsed(datetime.time, datetime.time.fromisoformat),
            by_hand="a time of day",
            ordered=True,
        ),
        ScalarType(
            datetime.timedelta,
            "an ISO 8601 duration such as PT1H30M",
            _text("duration"),
            _timedelta,
            by_hand=_A_DURATION,
            read=_read_seconds,
            ordered=True,
        ),
        ScalarType(uuid.UUID, "a UUID", _text("uuid"), _parsed(uuid.UUID, _uuid)),
        ScalarType(pathlib.Path, "a path", {"type": "string"}, _path),
        ScalarType(bytes, "bytes in base64", {"type": "string", "contentEncoding": "base64"}, _parsed(bytes, _base64)),
    )
}
"""Each scalar by its annotation. Formats are those that OpenAI's strict mode takes; it refuses any other."""


def format_checks() -> Mapping[str, Callable[[Any], bool]]:
    """Return for each ``format`` of the table whether a text is of it, so that all who check agree."""
    rules = Rules()
    formats = {row.schema["format"]: row for row in SCALARS.values() if "format" in row.schema}

    def check(row: ScalarType) -> Callable[[Any], bool]:
        return lambda value: not isinstance(value, str) or row.take(value, rules) is not INVALID

    return {name: check(row) for name, row in formats.items()}
