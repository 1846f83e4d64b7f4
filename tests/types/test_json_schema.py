"""The JSON schemas of types."""

from __future__ import annotations

import dataclasses
import datetime
import pathlib
import re
import typing
import uuid
from collections.abc import Mapping, Sequence
from enum import Enum, IntEnum, StrEnum
from typing import Annotated, Any, Literal, NamedTuple, NewType, NotRequired, Optional, Required, TypedDict

import annotated_types
import attrs
import pydantic
import pytest

from beluga._types.json_schema import json_schema
from beluga.config import Seconds


class Unit(StrEnum):
    """How to measure."""

    METRIC = "metric"
    IMPERIAL = "imperial"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


@attrs.frozen
class Place:
    """Where something is.

    Attributes:
        name: In any language,
            or a code.
    """

    name: str
    _height: float = 0.0
    cached: str = attrs.field(init=False, default="")
    note: str = attrs.field(default="", metadata={"description": "For people."})


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0
    tags: list[str] = dataclasses.field(default_factory=list)
    label: Annotated[str, "What is written on it."] = ""


class Trip(TypedDict):
    """A trip."""

    start: Place
    end: NotRequired[Annotated[Place, "Where it ends."]]


class Loose(TypedDict, total=False):
    id: Required[int]
    name: str


@attrs.frozen
class Tree:
    value: int
    left: Tree | None = None


@attrs.frozen
class Forest:
    """A wood.

    Attributes:
        oldest: By its rings.
    """

    trees: list[Tree]
    oldest: Tree | None = None
    first: Annotated[Tree | None, "The first one."] = None
    only: Annotated[Tree, "Not said either."] = Tree(1)


class Spot(NamedTuple):
    x: int
    y: int = 0


UserId = NewType("UserId", int)
TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (str, TEXT),
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (None, {"type": "null"}),
        (type(None), {"type": "null"}),
        (Any, {}),
        (list, {"type": "array", "items": {}}),
        (list[str], {"type": "array", "items": TEXT}),
        (Sequence[str], {"type": "array", "items": TEXT}),
        (tuple[str, ...], {"type": "array", "items": TEXT}),
        (
            tuple[str, int, str],
            {
                "type": "array",
                "prefixItems": [TEXT, {"type": "integer"}, TEXT],
                "minItems": 3,
                "maxItems": 3,
                "items": {"anyOf": [TEXT, {"type": "integer"}]},  # OpenAI refuses an array without
            },
        ),
        (tuple[str, str], {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2}),
        (set[str], {"type": "array", "items": TEXT, "uniqueItems": True}),
        (dict, {"type": "object", "additionalProperties": {}}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (Mapping[str, str], {"type": "object", "additionalProperties": TEXT}),
        (str | None, {"anyOf": [TEXT, {"type": "null"}]}),
        (Optional[str], {"anyOf": [TEXT, {"type": "null"}]}),  # noqa: UP045 - the old form is read too
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (Literal["a", 1, True], {"type": ["boolean", "integer", "string"], "enum": ["a", 1, True]}),
        (Literal[Unit.METRIC], {"type": "string", "enum": ["metric"]}),
        (Unit, {"type": "string", "enum": ["metric", "imperial"], "description": "How to measure."}),
        (Level, {"type": "integer", "enum": [1, 2]}),
        (Annotated[str, "A name.", "ignored"], {"type": "string", "description": "A name."}),
        (Annotated[str, 5], TEXT),
        (UserId, {"type": "integer"}),
        (datetime.date, {"type": "string", "format": "date"}),
        (datetime.datetime, {"type": "string", "format": "date-time"}),
        (datetime.timedelta, {"type": "string", "format": "duration"}),
        (uuid.UUID, {"type": "string", "format": "uuid"}),
        (pathlib.Path, TEXT),
        (bytes, {"type": "string", "contentEncoding": "base64"}),
        (
            Annotated[int, annotated_types.Ge(1), annotated_types.Lt(9)],
            {"type": "integer", "minimum": 1, "exclusiveMaximum": 9},
        ),
        (Annotated[float, annotated_types.MultipleOf(0.5)], {"type": "number", "multipleOf": 0.5}),
        (Annotated[str, annotated_types.Len(1, 5)], {"type": "string", "minLength": 1, "maxLength": 5}),
        (Annotated[list[str], annotated_types.MinLen(1)], {"type": "array", "items": TEXT, "minItems": 1}),
        (
            Annotated[int | None, annotated_types.Le(3)],
            {"anyOf": [{"type": "integer", "maximum": 3}, {"type": "null"}]},
        ),
        (
            dict[Literal["a"], int],
            {
                "type": "object",
                "additionalProperties": {"type": "integer"},
                "propertyNames": {"type": "string", "enum": ["a"]},
            },
        ),
        (Seconds, {"type": "number", "minimum": 0}),
    ],
    ids=str,
)
def test_each_type_has_its_schema(kind: Any, schema: dict[str, Any]) -> None:
    """Every type that JSON can express is described as draft 2020-12 says."""
    assert json_schema(kind) == schema


def test_an_attrs_class_is_a_closed_object() -> None:
    """Arguments of the initialiser are the properties, those without a default are required, no more is allowed."""
    assert json_schema(Place) == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "In any language, or a code."},
            "height": {"type": "number"},
            "note": {"type": "string", "description": "For people."},
        },
        "required": ["name"],
        "additionalProperties": False,
        "description": "Where something is.",
    }


def test_a_data_class_is_described_without_its_generated_docstring() -> None:
    """What dataclasses writes as a docstring is no description."""
    schema = json_schema(Point)
    assert "description" not in schema
    assert schema["required"] == ["x"]
    assert list(schema["properties"]) == ["x", "y", "tags", "label"]
    assert schema["properties"]["label"] == {"type": "string", "description": "What is written on it."}


def test_a_typed_dictionary_says_what_is_required() -> None:
    """Required and NotRequired count, in annotations that are strings too."""
    assert json_schema(Trip)["required"] == ["start"]
    assert json_schema(Loose)["required"] == ["id"]


def test_the_description_of_a_field_goes_before_that_of_its_type() -> None:
    """A nested record stands in place, and is described by the field where that has something to say."""
    properties = json_schema(Trip)["properties"]
    assert properties["start"]["description"] == "Where something is."
    assert properties["end"]["description"] == "Where it ends."
    assert properties["start"]["properties"] == properties["end"]["properties"]


def test_a_record_that_contains_itself_is_referred_to() -> None:
    """The root is "#", another record gets a definition, once."""
    assert json_schema(Tree)["properties"]["left"] == {"anyOf": [{"$ref": "#"}, {"type": "null"}]}
    forest = json_schema(Forest)
    assert forest["properties"]["trees"]["items"] == {"$ref": "#/$defs/Tree"}
    assert forest["$defs"]["Tree"]["properties"]["left"]["anyOf"][0] == {"$ref": "#/$defs/Tree"}


def test_a_reference_stands_alone() -> None:
    """A description beside a $ref would be refused by a provider; around it, it is fine."""
    properties = json_schema(Forest)["properties"]
    assert properties["only"] == {"$ref": "#/$defs/Tree"}
    assert properties["first"]["description"] == "The first one."


def test_two_recursive_records_of_one_name_are_kept_apart() -> None:
    """Definitions of equal names are numbered."""
    other = attrs.make_class("Tree", {"inner": attrs.field(type=Any)})
    other.__annotations__["inner"] = list[other]
    both = attrs.make_class("Both", {"a": attrs.field(type=Tree), "b": attrs.field(type=other)})
    both.__annotations__ |= {"a": Tree, "b": other}
    assert set(json_schema(both)["$defs"]) == {"Tree", "Tree_2"}


@attrs.frozen
class Strange:
    value: list[complex]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Strange, "Strange.value[] is complex, which neither JSON nor a file has a form for; use str"),
        (dict[int, str], "the type has keys of type int, but the keys of a JSON object are str"),
        (Literal[b"x"], "the type is bytes"),
        (typing.TypeVar("T"), "the type is ~T"),
        (list["Tree"], "the type[] is written as a string"),
        ([str], "the type is [<class 'str'>]"),
        (Enum("Sides", {"LEFT": (1, 2)}), 'a choice has the value "(1, 2)" of type tuple, which is not JSON\'s'),
    ],
    ids=str,
)
def test_what_json_cannot_express_is_refused(kind: Any, message: str) -> None:
    """The error names the place and the type, and what can be used."""
    with pytest.raises(TypeError, match=re.escape(message)):
        json_schema(kind)


def test_an_annotation_that_nobody_can_resolve_is_refused() -> None:
    """A name that exists for type checkers only is an error that says so."""
    kind = attrs.make_class("Lost", {"x": attrs.field(type="Nowhere")})
    kind.__annotations__ = {"x": "Nowhere"}
    with pytest.raises(TypeError, match=r"annotation of Lost cannot be resolved: name 'Nowhere'"):
        json_schema(kind)


def test_a_named_tuple_is_an_object() -> None:
    """Names tell a model more than places."""
    schema = json_schema(Spot)
    assert (list(schema["properties"]), schema["required"]) == (["x", "y"], ["x"])


Item = typing.TypeVar("Item")


@attrs.frozen
class Box(typing.Generic[Item]):
    item: Item
    more: list[Item] = attrs.field(factory=list)


@attrs.frozen
class Words(Box[str]):
    language: str = "en"


def test_a_generic_class_is_described_with_its_arguments() -> None:
    """In an alias and in a class that fills the variable of its base."""
    assert json_schema(Box[int])["properties"] == {
        "item": {"type": "integer"},
        "more": {"type": "array", "items": {"type": "integer"}},
    }
    assert json_schema(Words)["properties"]["more"]["items"] == TEXT


class Branch(pydantic.BaseModel):
    leaf: str
    branches: list[Branch] = []


@attrs.frozen
class Holder:
    branch: Branch
    other: Branch | None = None


def test_a_pydantic_model_describes_itself() -> None:
    """At the top as an object, further in by a reference whose definition stands at the top."""
    assert json_schema(Branch)["type"] == "object"
    schema = json_schema(Holder)
    assert schema["properties"]["branch"] == {"$ref": "#/$defs/Branch"}
    assert schema["$defs"]["Branch"]["properties"]["branches"]["items"] == {"$ref": "#/$defs/Branch"}


def test_definitions_of_two_libraries_with_one_name_are_kept_apart() -> None:
    """References follow a definition that had to be renamed."""
    other = attrs.make_class("Branch", {"inner": attrs.field(type=Any)})
    other.__annotations__["inner"] = list[other]
    both = attrs.make_class("Both", {"a": attrs.field(type=other), "b": attrs.field(type=Branch)})
    both.__annotations__ |= {"a": other, "b": Branch}
    schema = json_schema(both)
    assert schema["properties"]["b"] == {"$ref": "#/$defs/Branch_2"}
    assert schema["$defs"]["Branch_2"]["properties"]["branches"]["items"] == {"$ref": "#/$defs/Branch_2"}


def test_bounds_that_a_type_cannot_have_are_refused() -> None:
    """What would not be checked is an error."""
    with pytest.raises(TypeError, match="the bounds of at least 1 of the type need a number"):
        json_schema(Annotated[str, annotated_types.Ge(1)])
