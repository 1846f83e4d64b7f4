"""Values from parsed JSON: strict, complete, and with errors that name the place."""

from __future__ import annotations

import datetime
import decimal
import enum
import json
import pathlib
import typing
import uuid
from dataclasses import InitVar, dataclass, field
from typing import Annotated, Any, Literal, NewType, NotRequired, TypedDict

import annotated_types
import attrs
import pydantic
import pytest

from beluga._types.annotations import read_type
from beluga._types.fit import fit
from beluga._types.problems import for_author, for_people
from beluga._types.scalars import BY_HAND, Rules, Seconds


class Status(enum.Enum):
    OPEN = "open"
    PAID = "paid"


class Share(enum.Enum):
    HALF = 0.5
    WHOLE = 1.0


@attrs.frozen
class Line:
    text: str = attrs.field(converter=str.strip)
    price: float = attrs.field(default=0.0, validator=attrs.validators.ge(0))


@attrs.frozen
class Invoice:
    number: int
    lines: list[Line]
    status: Status = Status.OPEN
    _note: str | None = None
    total: float = attrs.field(init=False, default=0.0)


@dataclass
class Node:
    name: str
    children: list[Node] = field(default_factory=list)


class Address(TypedDict):
    street: str
    zip: NotRequired[str]


class Spot(typing.NamedTuple):
    x: int
    y: int = 0


Item = typing.TypeVar("Item")


@attrs.frozen
class Box(typing.Generic[Item]):
    item: Item


@attrs.frozen
class Chain:
    next: typing.Self | None


class Model(pydantic.BaseModel):
    number: int
    ages: dict[str, int] = {}


Id = NewType("Id", int)


def structured(kind, value):
    """The value of a type that JSON gives, which has no problem."""
    given, problems = fit(read_type(kind), json.loads(json.dumps(value)))
    assert problems == []
    return given


def problems_of(kind, value):
    """What is wrong with a JSON value, for people and for its author."""
    _, problems = fit(read_type(kind), json.loads(json.dumps(value)))
    return [for_people(problem) for problem in problems], [for_author(problem) for problem in problems]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (str, "a", "a"),
        (int, 3.0, 3),
        (float, 3, 3.0),
        (bool, True, True),
        (None, None, None),
        (Any, {"a": [1]}, {"a": [1]}),
        (list, [1, "a"], [1, "a"]),
        (list[int], [1], [1]),
        (tuple[int, ...], [1], (1,)),
        (tuple[int, str], [1, "a"], (1, "a")),
        (set[int], [1, 1], {1}),
        (frozenset[str], ["a"], frozenset("a")),
        (dict[str, float], {"a": 1}, {"a": 1.0}),
        (dict, {"a": 1}, {"a": 1}),
        (Status, "paid", Status.PAID),
        (Literal["a", 1], 1, 1),
        (Literal["a", 1], 1.0, 1),
        (Share, 1, Share.WHOLE),
        (int | str, "1", "1"),
        (int | None, None, None),
        (Annotated[Id, "a number"], 7, 7),
        (Node, {"name": "a", "children": [{"name": "b"}]}, Node("a", [Node("b")])),
        (Address, {"street": "x"}, {"street": "x"}),
        (Line | Address, {"street": "x"}, {"street": "x"}),
        (datetime.date, "2026-02-03", datetime.date(2026, 2, 3)),
        (datetime.datetime, "2026-02-03T04:05:06Z", datetime.datetime(2026, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)),
        (datetime.time, "04:05", datetime.time(4, 5)),
        (datetime.timedelta, "P1DT2H", datetime.timedelta(days=1, hours=2)),
        (decimal.Decimal, 0.1, decimal.Decimal("0.1")),
        (decimal.Decimal, "12.50", decimal.Decimal("12.50")),
        (uuid.UUID, "12345678-1234-5678-1234-567812345678", uuid.UUID(int=0x12345678123456781234567812345678)),
        (pathlib.Path, "a/b", pathlib.Path("a/b")),
        (bytes, "aGk=", b"hi"),
        (int | float, 3.0, 3.0),
        (dict[Literal["a"], int], {"a": 1}, {"a": 1}),
        (Spot, {"x": 1}, Spot(1)),
        (Box[int], {"item": 1}, Box(1)),
        (Model, {"number": 1}, Model(number=1)),
        (Chain, {"next": {"next": None}}, Chain(Chain(None))),
    ],
)
def test_a_fitting_value_becomes_one_of_the_type(kind, value, expected):
    """Each type that the schema describes can be made."""
    assert structured(kind, value) == expected
    assert type(structured(kind, value)) is type(expected)


@pytest.mark.parametrize("kind", [int, Literal[1], enum.IntEnum("Level", {"LOW": 1})], ids=["int", "literal", "enum"])
def test_only_json_writes_a_whole_number_with_a_point(kind):
    """1.0 is 1 in a model's answer, in a choice as in a number, and a mistake in what people write."""
    assert structured(kind, 1.0) == 1
    assert fit(read_type(kind), 1.0, BY_HAND)[1]


def test_defaults_converters_and_aliases_of_a_class_count():
    """A class is made as its own code makes it."""
    invoice = structured(Invoice, {"number": 7, "lines": [{"text": " tea "}], "note": "x"})
    assert invoice == Invoice(7, [Line("tea")], note="x")


@pytest.mark.parametrize(
    ("kind", "value", "told", "quoted"),
    [
        (int, "3", "the answer: expected a whole number, not a string", 'not "3"'),
        (int, 3.5, "the answer: expected a whole number, not a fraction", "not 3.5"),
        (int, True, "the answer: expected a whole number, not a boolean", "not true"),
        (float, float("inf"), "the answer: expected a number, not a number out of range", "not Inf"),
        (float, 10**400, "the answer: expected a number, not a number out of range", "not 1000"),
        (str, None, "the answer: expected a string, not null", "not null"),
        (bool, 1, "the answer: expected true or false, not a number", "not 1"),
        (list[int], {"a": 1}, "the answer: expected a list, not an object", "not an object"),
        (list[int], [1, "a"], "[1]: expected a whole number, not a string", 'not "a"'),
        (tuple[int, int], [1], "the answer: expected a list of 2, not of 1", "not of 1"),
        (tuple[int, int], "a", "the answer: expected a list of 2, not a string", 'not "a"'),
        (set[list[int]], [[1]], "the answer: holds items that cannot be in a set", "cannot be in a set"),
        (dict[str, int], {"ann": "x"}, "[key 1]: expected a whole number, not a string", '["ann"]: expected'),
        (dict[str, int], [], "the answer: expected an object, not a list", "not a list"),
        (Status, "late", 'the answer: expected one of "open", "paid"', 'paid", not "late"'),
        (Status, [], 'the answer: expected one of "open", "paid"', "not a list"),
        (Literal[1], True, "the answer: expected one of 1", "not true"),
        (int | None, "x", "the answer: expected a whole number or null, not a string", 'not "x"'),
        (Line | None, {"price": 1}, "text: is missing", "text: is missing"),
        (Line | Node, {"text": 1}, "text: expected a string, not a number", "not 1"),
        (Line, 5, "the answer: expected an object, not a number", "not 5"),
        (Line, {}, "text: is missing", "text: is missing"),
        (Line, {"text": "a", "Price": 1}, "has 1 unknown key; known are text, price", 'unknown key "Price"; known'),
        (Line, {"text": "a", "price": -1}, "the answer: is refused by Line: ValueError", "'price' must be >= 0: -1"),
        (datetime.date, "soon", "the answer: expected a date such as 2026-01-31, not a string", 'not "soon"'),
        (uuid.UUID, "1" * 32, "the answer: expected a UUID, not a string", "not"),
        (bytes, "a", "expected bytes in base64, not a string", 'not "a"'),
        (Annotated[list[int], annotated_types.Len(1, 2)], [], "expected a list of 1 to 2 items, not of 0", "not of 0"),
        (Annotated[int, annotated_types.Ge(1)], 0, "expected a whole number of at least 1", "not 0"),
        (Annotated[str, annotated_types.MaxLen(1)], "ab", "expected a string of at most 1 character", 'not "ab"'),
        (dict[Literal["a"], int], {"ann": 1}, 'has a key that is not one of "a"', 'has the key "ann"'),
        (Model, {"number": "ann"}, "number: is refused by Model: int_parsing", "should be a valid integer"),
        (Model, {"number": 1, "ages": {"ann": "x"}}, "ages[key 1]: is refused by Model", 'ages["ann"]'),
        (Invoice, {"number": 1, "lines": [], "_note": "a"}, "the answer: has 1 unknown key", '"_note"'),
    ],
)
def test_a_problem_names_place_and_rule_and_quotes_only_for_the_author(kind, value, told, quoted):
    """People see types and the author of the answer its own words."""
    for_people, for_author = problems_of(kind, value)
    assert len(for_people) == 1
    assert told in for_people[0]
    assert quoted in for_author[0]


def test_all_problems_are_found_at_once_with_their_paths():
    """One more attempt can put all of them right."""
    value = {"number": "7", "lines": [{"text": "a"}, {"text": "b", "price": "abc"}, {"price": 1}], "status": "x"}
    assert problems_of(Invoice, value)[1] == [
        'number: expected a whole number, not "7"',
        'lines[1].price: expected a number, not "abc"',
        "lines[2].text: is missing",
        'status: expected one of "open", "paid", not "x"',
    ]


def test_a_validator_that_names_its_attribute_gives_the_path():
    """The validators of attrs say which attribute they are about."""

    @attrs.frozen
    class Choice:
        letter: str = attrs.field(validator=attrs.validators.in_(("a", "b")))

    assert problems_of(list[Choice], [{"letter": "c"}])[0] == ["[0].letter: is refused by Choice: ValueError"]


def test_a_long_value_is_quoted_in_part():
    """A re-ask does not send the answer twice."""
    (quoted,) = problems_of(int, "x" * 1000)[1]
    assert quoted.endswith("xxx...")
    assert len(quoted) < 120


def test_too_deep_an_answer_is_a_problem_and_no_crash():
    """Nesting is bounded by Python's own stack."""
    value = {"name": "a"}
    for _ in range(5000):
        value = {"name": "a", "children": [value]}
    assert [for_people(problem) for problem in fit(read_type(Node), value)[1]] == ["the answer: is nested too deeply"]


@dataclass
class Odd:
    name: str
    seed: InitVar[int]


@attrs.frozen(init=False)
class Custom:
    name: str

    def __init__(self, title): ...


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (list[complex], r"the type\[\] is complex, which neither JSON nor a file has a form for"),
        (dict[int, str], "has keys of type int"),
        (Odd, "Odd cannot be made from its fields, by keyword: missing a required argument: 'seed'"),
        (Custom, "Custom cannot be made from its fields"),
        (Literal[b"x"], "the type is bytes"),
        (object, "the type is object"),
        (tuple[int, *tuple[str, ...]], "the type is tuple"),
    ],
)
def test_a_type_without_a_form_in_json_is_refused(kind, message):
    """It is said when the type is read, not when an answer comes."""
    with pytest.raises(TypeError, match=message):
        read_type(kind)


@attrs.frozen
class Left:
    child: Left | Right | None = None
    a: int = 0


@attrs.frozen
class Right:
    child: Left | Right | None = None
    b: int = 0


def test_a_union_that_holds_itself_takes_time_in_proportion_to_the_value():
    """Each arm looks at each value once: without that, 60 levels would take 2 ** 60 looks."""
    value: dict[str, Any] = {"c": 1}
    for _ in range(60):
        value = {"child": value}
    assert fit(read_type(Left | Right), value)[1]


def test_what_is_shared_is_looked_at_once_and_told_at_each_place():
    """A value that stands in two places has its problems in both."""
    shared = {"text": 1}
    problems = fit(read_type(list[Line | None]), [shared, shared])[1]
    assert [for_people(problem).partition(":")[0] for problem in problems] == ["[0].text", "[1].text"]


@pytest.mark.parametrize(
    ("kind", "value", "by_hand", "by_machine"),
    [
        (int, 3.0, None, 3),
        (Status, "PAID", Status.PAID, None),
        (Seconds, "5m", 300.0, None),
        (datetime.timedelta, "5m", datetime.timedelta(minutes=5), None),
        (datetime.timedelta, 5, datetime.timedelta(seconds=5), None),
    ],
)
def test_people_and_machines_write_differently(kind, value, by_hand, by_machine):
    """Units and names of members are for people; 3.0 for an int is what a machine writes."""
    for rules, expected in ((BY_HAND, by_hand), (Rules(), by_machine)):
        fitted, problems = fit(read_type(kind), value, rules)
        assert bool(problems) is (expected is None)
        assert problems or fitted == expected


def test_a_class_is_read_once():
    """The second reader of a class gets the same tree."""
    assert read_type(Invoice) is read_type(Invoice)
