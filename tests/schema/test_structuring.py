"""Values from parsed JSON: strict, complete, and with errors that name the place."""

from __future__ import annotations

import enum
import json
from dataclasses import InitVar, dataclass, field
from typing import Annotated, Any, Literal, NewType, NotRequired, TypedDict

import attrs
import pytest

from beluga.schema.structuring import Structurer


class Status(enum.Enum):
    OPEN = "open"
    PAID = "paid"


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


Id = NewType("Id", int)


def structured(kind, value):
    """The value of a type that JSON gives, which has no problem."""
    given, problems = Structurer(kind)(json.loads(json.dumps(value)))
    assert problems == []
    return given


def problems_of(kind, value):
    """What is wrong with a JSON value, for people and for its author."""
    _, problems = Structurer(kind)(json.loads(json.dumps(value)))
    return [str(problem) for problem in problems], [problem.quoted for problem in problems]


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
        (int | str, "1", "1"),
        (int | None, None, None),
        (Annotated[Id, "a number"], 7, 7),
        (Node, {"name": "a", "children": [{"name": "b"}]}, Node("a", [Node("b")])),
        (Address, {"street": "x"}, {"street": "x"}),
        (Line | Address, {"street": "x"}, {"street": "x"}),
    ],
)
def test_a_fitting_value_becomes_one_of_the_type(kind, value, expected):
    """Each type that the schema describes can be made."""
    assert structured(kind, value) == expected
    assert type(structured(kind, value)) is type(expected)


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
    assert [str(problem) for problem in Structurer(Node)(value)[1]] == ["the answer: is nested too deeply"]


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
        (bytes, "bytes is of type bytes, which cannot be made from JSON"),
        (list[complex], r"list\[\] is of type complex"),
        (dict[int, str], "is of type dict\\[int, str\\]"),
        (Odd, "Odd cannot be made from its fields, by keyword: missing a required argument: 'seed'"),
        (Custom, "Custom cannot be made from its fields"),
        (Literal[b"x"], "has a choice of type bytes"),
        (object, "is of type object"),
    ],
)
def test_a_type_without_a_form_in_json_is_refused(kind, message):
    """It is said when the type is read, not when an answer comes."""
    with pytest.raises(TypeError, match=message):
        Structurer(kind)
