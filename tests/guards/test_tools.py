"""Tool calls."""

from __future__ import annotations

import datetime  # noqa: TC003 - resolved when the function is read
import sys
import types

import attrs
import pydantic
import pytest

from beluga.guards import ContentFilter, Guard, ToolGuard
from beluga.schema import Tool, tool_of

SCHEMA = {
    "type": "object",
    "properties": {
        "query": {"type": "string", "maxLength": 20, "pattern": "^[a-z ]*$"},
        "limit": {"type": "integer", "minimum": 1, "maximum": 10},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2},
        "options": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"deep": {"type": ["boolean", "null"]}},
        },
    },
    "required": ["query"],
    "forbidden": ["__proto__"],
    "maxProperties": 3,
}
guard = ToolGuard(["search"], schemas={"search": SCHEMA})


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"query": "x"}, ""),
        ({"query": "x", "limit": 10, "tags": ["a"]}, ""),
        ({"query": "x", "options": {"deep": None}}, ""),
        ('{"query": "x"}', ""),
        ({}, "lack required fields: [query]"),
        ({"query": 1}, "argument query must be string, not int"),
        ({"query": "x" * 21}, "argument query has 21 characters"),
        ({"query": "DROP"}, "argument query does not match its pattern"),
        ({"query": "x", "limit": 11}, "argument limit is out of range"),
        ({"query": "x", "limit": True}, "argument limit must be integer, not bool"),
        ({"query": "x", "tags": ["c"]}, "argument tags[0] is none of the allowed values"),
        ({"query": "x", "tags": ["a"] * 3}, "argument tags has 3 items, the most is 2"),
        ({"query": "x", "options": {"other": 1}}, "argument options.other is unknown"),
        ({"query": "x", "__proto__": 1}, "contain forbidden fields: [__proto__]"),
        ({"query": "x", "a": 1, "b": 1, "c": 1}, "have 4 fields, maximum is 3"),
        ("not json", "the arguments are not valid JSON"),
        ("[1]", "the arguments are no object"),
    ],
)
def test_schema(arguments, reason):
    """Arguments must fit their schema; the reason names the place and never the value."""
    result = guard.validate_tool("search", arguments)

    assert result.allowed is (not reason)
    assert reason in result.reason


def test_allow_list():
    """Only listed tools may be called; no list allows all, an empty one none."""
    assert not guard.validate_tool("delete", {}).allowed
    assert ToolGuard().validate_tool("delete", {}).allowed
    assert not ToolGuard([]).validate_tool("search", {}).allowed


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://example.com/x", True),
        ("see https://api.example.com:8443/x and more", True),
        ("https://example.com.evil.test/", False),
        ("https://notexample.com/", False),
        ("https://example.com@evil.test/", False),
        ("https:/\\evil.test", False),
        ("HTTPS://EVIL.test", False),
        ("h\u200bttps://evil.test", False),
        ("ｈttps://evil.test", False),
        ("no url at all", True),
    ],
)
def test_domains(url, allowed):
    """URLs in arguments may name allowed domains only, however they are written."""
    strict = ToolGuard(domains=["example.com"])

    assert strict.validate_tool("fetch", {"url": url}).allowed is allowed
    assert strict.validate_tool("fetch", {"deep": [{"list": (url,)}]}).allowed is allowed
    assert strict.validate(url, role="tool").allowed is allowed


def test_argument_guards_see_every_string():
    """Nested strings and keys go through the given guards, and the reason names the place."""
    filtering = ToolGuard(arguments=[ContentFilter(["drop table"])])

    result = filtering.validate_tool("sql", {"steps": [{"query": "DROP TABLE users"}]})
    assert result.reason.startswith("tool 'sql': argument steps[0].query was blocked by content_filter")
    assert not filtering.validate_tool("sql", {"drop table": 1}).allowed
    assert not filtering.validate("drop table").allowed


def test_nesting_without_end_is_blocked():
    """Arguments that nobody can look through are not let through."""
    deep: object = "x"
    for _ in range(100):
        deep = [deep]

    assert not ToolGuard(domains=[]).validate_tool("t", {"a": deep}).allowed


def test_bad_arguments():
    """One string instead of several names is refused at once."""
    with pytest.raises(TypeError, match="allow"):
        ToolGuard("search")


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"oneOf": []}, "is not valid"),
        ({"properties": {"a": {"type": "integr"}}}, r"properties\.a\.type is not valid: 'integr'"),
        ({"properties": {"a": {"maxLenght": 5}}}, "has the keyword 'maxLenght', .* did you mean maxLength"),
        ({"properties": {"a": {"pattern": "("}}}, "pattern"),
        ({"properties": {"a": {"pattern": "(a+)+b"}}}, "exponential"),
        ({"properties": {"a": {"$ref": "#/$defs/b"}}}, "refers to '#/\\$defs/b', which is not in it"),
        ({"properties": {"a": {"$ref": "https://example.com/s"}}}, "nothing is fetched"),
        ({"$ref": "#"}, "refers to itself without end"),
        ({"required": "a"}, "is not valid"),
        ({"city": {"type": "string"}}, "has no keyword of JSON Schema"),
    ],
)
def test_a_schema_that_cannot_be_checked_is_refused_when_the_guard_is_built(schema, message):
    """Nobody finds out at the first call of a tool."""
    with pytest.raises(ValueError, match=message):
        ToolGuard(schemas={"t": schema})


@pytest.mark.parametrize(
    ("schema", "arguments", "reason"),
    [
        ({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"c": 1}, "must fit one of its alternatives"),
        ({"properties": {"a": {"oneOf": [{"type": "integer"}, {"type": "number"}]}}}, {"a": 1}, "exactly one"),
        ({"properties": {"a": {"not": {"type": "string"}}}}, {"a": "secret"}, "must keep to the rule not"),
        ({"properties": {"a": {"uniqueItems": True}}}, {"a": [1, 1.0]}, "has an item twice"),
        ({"properties": {"a": {"exclusiveMinimum": 0}}}, {"a": 0}, "out of range"),
        ({"properties": {"a": {"format": "date"}}}, {"a": "2026-02-30"}, "is not of the format date"),
        ({"properties": {"a": {"prefixItems": [{"type": "string"}]}}}, {"a": [1]}, "argument a[0] must be string"),
        ({"properties": {"a": {"multipleOf": 3}}}, {"a": 4}, "is not a multiple of 3"),
        ({"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"type": "string"}}}, {"a": 1}, "must be string"),
        ({"patternProperties": {"^n_": {"type": "integer"}}}, {"n_a": "x"}, "argument n_a must be integer"),
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, {"a": 1}, "lack required fields: [b]"),
        ({"properties": {"a": {"type": "number"}}}, '{"a": NaN}', "not valid JSON"),
        ({"properties": {"a": {"type": "integer"}}}, {"a": 3.5}, "must be integer, not float"),
    ],
)
def test_all_of_json_schema_is_checked(schema, arguments, reason):
    """Every keyword counts, and no reason holds a value."""
    result = ToolGuard(schemas={"t": schema}).validate_tool("t", arguments)
    assert not result.allowed
    assert reason in result.reason
    assert "secret" not in result.reason


def book(
    city: str,
    night: datetime.date,
    rooms: int | None = None,
    tags: set[str] = frozenset(),
    at: tuple[int, int] = (0, 0),
):
    """Book a hotel."""
    raise AssertionError("a guard calls no tool")


@attrs.frozen
class Booking:
    city: str
    night: datetime.date
    rooms: int | None = None
    tags: set[str] = frozenset()
    at: tuple[int, int] = (0, 0)


class Model(pydantic.BaseModel):
    city: str
    night: datetime.date
    rooms: int | None = None
    tags: set[str] = set()
    at: tuple[int, int] = (0, 0)


@pytest.mark.parametrize(
    "rules",
    [
        book,
        tool_of(book),
        tool_of(book).parameters,
        Booking,
        Model,
        Model.model_json_schema(),
        types.SimpleNamespace(inputSchema=tool_of(book).parameters),
        {"name": "book", "inputSchema": tool_of(book).parameters},
        {"type": "function", "function": {"name": "book", "parameters": tool_of(book).parameters}},
    ],
    ids=["function", "tool", "its schema", "class", "model", "its schema", "MCP tool", "MCP's JSON", "OpenAI's JSON"],
)
@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        ({"city": "Oslo", "night": "2026-02-03"}, True),
        ({"city": "Oslo", "night": "2026-02-03", "rooms": 3.0}, True),
        ({"city": "Oslo", "night": "2026-02-03", "rooms": None, "tags": ["a", "b"], "at": [1, 2]}, True),
        ({"city": "Oslo", "night": "2026-02-30"}, False),
        ({"city": "Oslo", "night": "2026-02-03", "rooms": 3.5}, False),
        ({"city": 7, "night": "2026-02-03"}, False),
        ({"city": "Oslo", "night": "2026-02-03", "at": [1]}, False),
        ({"city": "Oslo"}, False),
    ],
)
def test_one_value_has_one_answer_whatever_says_what_is_allowed(rules, arguments, allowed):
    """A function, its tool, its schema, a class and a model agree."""
    assert ToolGuard(schemas={"book": rules}).validate_tool("book", arguments).allowed is allowed


def test_functions_and_tools_know_their_names():
    """A list of them needs no names written beside."""
    guard = ToolGuard(schemas=[book, Tool("stop")])
    assert not guard.validate_tool("book", {}).allowed
    assert guard.validate_tool("stop", {}).allowed
    with pytest.raises(TypeError, match="dict has no name"):
        ToolGuard(schemas=[{}])
    with pytest.raises(TypeError, match="not int"):
        ToolGuard(schemas={"book": 5})


def test_what_is_missing_is_told(monkeypatch):
    """Without the extra, a raw schema says what to install, and a function is checked all the same."""
    monkeypatch.setitem(sys.modules, "jsonschema.exceptions", None)
    assert not ToolGuard(schemas=[book]).validate_tool("book", {}).allowed
    with pytest.raises(ImportError, match=r"the schema of 't' needs jsonschema.*beluga-ai\[jsonschema\]"):
        ToolGuard(schemas={"t": {}})


def test_it_is_a_guard():
    """It follows the protocol."""
    assert isinstance(guard, Guard)
