"""Structured output: there and back for every type, and never anything but a value or the error."""

from __future__ import annotations

import dataclasses
import enum
import json
from typing import Any, Literal

import attrs
from hypothesis import given
from hypothesis import strategies as st

from beluga import InvalidResponse, structured
from beluga._types.annotations import read_type
from beluga._types.fit import fit
from beluga._types.json_schema import json_schema
from beluga.llm import FakeProvider

TEXTS = st.text(max_size=12)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)


class Size(enum.Enum):
    SMALL = "s"
    LARGE = 2


@attrs.frozen
class Leaf:
    text: str
    weight: float = 1.5
    size: Size = Size.SMALL


@dataclasses.dataclass(frozen=True)
class Tree:
    name: str
    leaf: Leaf | None = None
    trees: tuple[Tree, ...] = ()


LEAVES = st.builds(Leaf, TEXTS, st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(Size))
TREES = st.recursive(
    st.builds(Tree, TEXTS, st.none() | LEAVES),
    lambda inner: st.builds(Tree, TEXTS, st.none() | LEAVES, st.lists(inner, max_size=2).map(tuple)),
    max_leaves=6,
)

# Types with values of them; unions only of what JSON can tell apart.
_PLAIN = [
    (str, TEXTS),
    (int, st.integers()),
    (float, st.floats(allow_nan=False, allow_infinity=False)),
    (bool, st.booleans()),
    (Size, st.sampled_from(Size)),
    (Literal["a", 1, False], st.sampled_from(["a", 1, False])),
    (Leaf, LEAVES),
    (Tree, TREES),
    (int | str | None, st.one_of(st.integers(), TEXTS, st.none())),
    (Any, JSON),
]


def _containers(pairs):
    return st.one_of(
        pairs.map(lambda pair: (list[pair[0]], st.lists(pair[1], max_size=3))),
        pairs.map(lambda pair: (tuple[pair[0], ...], st.lists(pair[1], max_size=3).map(tuple))),
        pairs.map(lambda pair: (tuple[int, pair[0]], st.tuples(st.integers(), pair[1]))),
        pairs.map(lambda pair: (dict[str, pair[0]], st.dictionaries(TEXTS, pair[1], max_size=3))),
        pairs.map(lambda pair: (pair[0] | None, st.none() | pair[1]) if pair[0] is not Any else pair),
    )


TYPES = st.recursive(st.sampled_from(_PLAIN), _containers, max_leaves=3)
TYPES_AND_VALUES = TYPES.flatmap(lambda pair: st.tuples(st.just(pair[0]), pair[1]))


def _plain(value):
    """The JSON value of a Python one."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (Leaf, Tree)):
        names = [field.name for field in (attrs.fields if attrs.has(type(value)) else dataclasses.fields)(type(value))]
        return {name: _plain(getattr(value, name)) for name in names}
    return value


def _asking(kind, model, attempts):
    return structured(kind, attempts=attempts)(lambda messages, schema=None: model.generate(messages, schema=schema))


@given(TYPES_AND_VALUES)
def test_a_value_comes_back_as_it_went(pair):
    """What is written as JSON and structured again is equal, and of the same type."""
    kind, value = pair
    back, problems = fit(read_type(kind), json.loads(json.dumps(_plain(value))))
    assert problems == []
    assert back == value
    assert type(back) is type(value)


@given(TYPES_AND_VALUES, st.sampled_from(["{}", "```json\n{}\n```", "\n {} \t"]))
def test_the_decorated_function_gives_the_value(pair, wrapping):
    """In a fence or bare, boxed or not, by one call."""
    kind, value = pair
    text = json.dumps(_plain(value))
    model = FakeProvider(wrapping.replace("{}", f'{{"value": {text}}}' if _boxed(kind) else text))
    assert _asking(kind, model, 1)("?") == value


def _boxed(kind):
    return json_schema(kind).get("type") != "object"


@given(TYPES, st.lists(st.one_of(JSON.map(json.dumps), st.text(), TEXTS.map("{}{{".format)), min_size=3, max_size=3))
def test_any_answers_give_a_value_or_the_error(pair, texts):
    """Nothing else is raised, the model is asked as often as allowed, and no answer is taken that has problems."""
    kind = pair[0]
    model = FakeProvider(*texts)
    try:
        value = _asking(kind, model, 3)("?")
    except InvalidResponse as error:
        assert len(model.calls) == error.attempts == 3
        assert error.errors
    else:
        assert 1 <= len(model.calls) <= 3
        assert fit(read_type(kind), json.loads(json.dumps(_plain(value))))[1] == []


@given(
    st.recursive(st.sampled_from([str, int, float, bool]), lambda k: k.map(lambda each: list[each]), max_leaves=3), JSON
)
def test_what_is_taken_fits_the_schema(kind, value):
    """The structurer admits what the schema describes, and refuses the rest."""
    assert (fit(read_type(kind), value)[1] == []) is _fits(value, json_schema(kind))


def _fits(value, schema):
    """JSON Schema, as far as these types need it."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    match schema["type"]:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return number and value == int(value)
        case "number":
            return number
        case "array":
            return isinstance(value, list) and all(_fits(item, schema["items"]) for item in value)
