"""Types as trees: what fits is what the schema allows, and comes back as it went."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import decimal
import enum
import functools
import json
import pathlib
import typing
import uuid
from typing import Annotated, Any, Literal

import attrs
import jsonschema
from annotated_types import Ge, Gt, Le, Len, Lt, MultipleOf
from hypothesis import event, given
from hypothesis import strategies as st

from beluga._types.annotations import read_type
from beluga._types.fit import fit
from beluga._types.json_schema import json_schema
from beluga._types.scalars import BY_HAND, format_checks

TEXTS = st.text(max_size=8)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), FLOATS, TEXTS, st.dates().map(str)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS | st.just("a"), inner, max_size=3)),
    max_leaves=6,
)


class Size(enum.Enum):
    """How large."""

    SMALL = "s"
    LARGE = 2


# Each type with values of it, and what JSON calls it: in a union, values of one name could not be told apart.
SCALARS = [
    (str, TEXTS, "text"),
    (int, st.integers(), "number"),
    (float, FLOATS, "number"),
    (bool, st.booleans(), "flag"),
    (None, st.none(), "null"),
    (Size, st.sampled_from(Size), "any"),
    (Literal["a", 1, False], st.sampled_from(["a", 1, False]), "any"),
    (datetime.date, st.dates(), "text"),
    (datetime.datetime, st.datetimes(timezones=st.just(datetime.UTC)), "text"),
    (datetime.time, st.times(), "text"),
    (datetime.timedelta, st.timedeltas(), "text"),
    (decimal.Decimal, st.decimals(allow_nan=False, allow_infinity=False, places=3), "any"),
    (uuid.UUID, st.uuids(), "text"),
    (pathlib.Path, st.sampled_from(["a", "a/b", "/"]).map(pathlib.Path), "text"),
    (bytes, st.binary(max_size=6), "text"),
    (Annotated[int, Ge(3), Lt(9)], st.integers(3, 8), "number"),
    (Annotated[int, MultipleOf(4)], st.integers().map(lambda n: 4 * n), "number"),
    (Annotated[float, Gt(0), Le(1)], st.floats(0, 1, exclude_min=True), "number"),
    (Annotated[str, Len(1, 3)], st.text(min_size=1, max_size=3), "text"),
]


def _record(make, kinds):
    """A class with the fields f0, f1, ...."""
    names = [f"f{place}" for place in range(len(kinds))]
    if make == "attrs":
        kind = attrs.make_class("Made", {name: attrs.field() for name in names}, frozen=True)
    elif make == "data":
        return dataclasses.make_dataclass("Made", list(zip(names, kinds, strict=True)), frozen=True)
    elif make == "dict":
        return typing.TypedDict("Made", dict(zip(names, kinds, strict=True)))
    else:
        return typing.NamedTuple("Made", list(zip(names, kinds, strict=True)))
    kind.__annotations__ = dict(zip(names, kinds, strict=True))
    return kind


def _records(pairs):
    def build(make, drawn):
        kind = _record(make, [each for each, _, _ in drawn])
        names = [f"f{place}" for place in range(len(drawn))]
        values = st.tuples(*(each for _, each, _ in drawn)).map(lambda row: kind(**dict(zip(names, row, strict=True))))
        return kind, values, "object"

    return st.builds(
        build, st.sampled_from(["attrs", "data", "dict", "named"]), st.lists(pairs, min_size=1, max_size=3)
    )


def _one_of(a, b):
    told_apart = len({a[2], b[2], "any"}) == 3
    return (a[0] | b[0], a[1] | b[1], "any") if told_apart and isinstance(a[0], type) and isinstance(b[0], type) else a


def _grown(pairs):
    return st.one_of(
        _records(pairs),
        pairs.map(lambda each: (list[each[0]], st.lists(each[1], max_size=3), "list")),
        pairs.map(lambda each: (tuple[each[0], ...], st.lists(each[1], max_size=3).map(tuple), "list")),
        st.tuples(pairs, pairs).map(lambda two: (tuple[two[0][0], two[1][0]], st.tuples(two[0][1], two[1][1]), "list")),
        pairs.map(lambda each: (dict[str, each[0]], st.dictionaries(TEXTS, each[1], max_size=3), "object")),
        st.tuples(pairs, pairs).map(lambda two: _one_of(*two)),
    )


TYPES = st.recursive(st.sampled_from(SCALARS), _grown, max_leaves=5)
TYPES_AND_VALUES = TYPES.flatmap(lambda each: st.tuples(st.just(each[0]), each[1]))


def _iso(length):
    sign, length = ("-", -length) if length < datetime.timedelta() else ("", length)
    return f"{sign}P{length.days}DT{length.seconds}.{length.microseconds:06}S"


_TEXTS = {
    enum.Enum: lambda value: value.value,
    datetime.timedelta: _iso,
    (datetime.date, datetime.time): lambda value: value.isoformat(),
    (decimal.Decimal, uuid.UUID, pathlib.Path): str,
    bytes: lambda value: base64.b64encode(value).decode(),
}


def _in_json(value):
    """The form that a value has in JSON."""
    for kind, form in _TEXTS.items():
        if isinstance(value, kind):
            return form(value)
    if hasattr(value, "_asdict"):
        value = value._asdict()
    elif attrs.has(type(value)) or dataclasses.is_dataclass(value):
        names = [field.name for field in (attrs.fields if attrs.has(type(value)) else dataclasses.fields)(type(value))]
        value = {name: getattr(value, name) for name in names}
    if isinstance(value, dict):
        return {key: _in_json(each) for key, each in value.items()}
    return [_in_json(each) for each in value] if isinstance(value, (list, tuple)) else value


@functools.cache
def _formats():
    checker = jsonschema.FormatChecker(formats=())
    checker.checkers = {name: (is_of, ()) for name, is_of in format_checks().items()}
    return checker


def _allows(kind, value):
    return jsonschema.Draft202012Validator(json_schema(kind), format_checker=_formats()).is_valid(value)


@given(TYPES_AND_VALUES)
def test_a_value_fits_its_type_its_schema_and_comes_back(pair):
    """In Python's form and in JSON's, by hand and by machine."""
    kind, value = pair
    tree = read_type(kind)
    written = json.loads(json.dumps(_in_json(value)))
    event(type(value).__name__)
    assert fit(tree, value, BY_HAND) == (value, [])
    back, problems = fit(tree, written)
    assert (back, problems) == (value, [])
    assert type(back) is type(value)
    jsonschema.Draft202012Validator.check_schema(json_schema(kind))
    assert _allows(kind, written)


@given(TYPES, JSON)
def test_the_schema_and_the_tree_agree_about_any_value(each, value):
    """What one takes the other takes: limits are sets, bytes in base64, and bounds of dates, which no schema tells."""
    kind = each[0]
    fits = not fit(read_type(kind), value)[1]
    event(f"fits: {fits}")
    if "contentEncoding" not in json.dumps(json_schema(kind)):
        assert _allows(kind, value) is fits


@given(TYPES, JSON)
def test_no_value_ends_in_a_traceback(each, value: Any):
    """Whatever is wrong is a list of problems, by machine and by hand."""
    for rules in (BY_HAND, None):
        fitted, problems = fit(read_type(each[0]), value, *([rules] if rules else []))
        assert isinstance(problems, list)
        assert problems or fitted is not None or value is None
