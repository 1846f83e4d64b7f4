"""Tool calls."""

from __future__ import annotations

import pytest

from beluga.guards import ContentFilter, Guard, ToolGuard

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
    """One string instead of several names, and keywords that would not be checked, are refused at once."""
    with pytest.raises(TypeError, match="allow"):
        ToolGuard("search")
    with pytest.raises(ValueError, match="oneOf"):
        ToolGuard(schemas={"t": {"oneOf": []}})


def test_it_is_a_guard():
    """It follows the protocol."""
    assert isinstance(guard, Guard)
