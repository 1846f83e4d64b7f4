"""Tools from functions."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Annotated, Any

import pytest

import beluga
from beluga.schema import Tool, tool_of

if TYPE_CHECKING:
    from decimal import Decimal


def weather(city: str, days: Annotated[int, "How far to look."] = 1, *, exact: bool = False) -> str:
    """Tell the weather.

    It is a guess.

    Args:
        city: In any language.
        days (int): Not read, as the annotation says more.
        exact: Whether to
            give decimals.

    Returns:
        A sentence.
    """
    return f"{city} {days} {exact}"


def no_annotation(city) -> None: ...


def positional(city: str, /) -> None: ...


def variadic(*cities: str) -> None: ...


def typed_elsewhere(price: Decimal) -> None: ...


class Desk:
    """Answer questions."""

    def ask(self, question: str) -> str:
        """Ask the desk."""
        return question

    def __call__(self, question: str) -> str:
        return question


def test_a_function_says_all_that_a_model_needs() -> None:
    """Name, description and schema come from the function alone."""
    assert tool_of(weather) == Tool(
        "weather",
        "Tell the weather.\n\nIt is a guess.",
        {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "In any language."},
                "days": {"type": "integer", "description": "How far to look."},
                "exact": {"type": "boolean", "description": "Whether to give decimals."},
            },
            "required": ["city"],
            "additionalProperties": False,
        },
    )


def test_a_tool_is_its_own_tool() -> None:
    """Whoever takes tools and functions needs no case for each."""
    tool = Tool("search")
    assert tool_of(tool) is tool


def test_decorators_do_not_change_a_tool() -> None:
    """Policies keep the signature, so the model sees the plain function."""
    assert tool_of(beluga.retry(weather)) == tool_of(weather)


@pytest.mark.parametrize(
    ("function", "name", "description"),
    [
        (Desk().ask, "ask", "Ask the desk."),
        (Desk(), "Desk", "Answer questions."),
        (functools.partial(weather, days=2), "weather", "Tell the weather.\n\nIt is a guess."),
    ],
    ids=["method", "object", "partial"],
)
def test_whatever_can_be_called_becomes_a_tool(function: Any, name: str, description: str) -> None:
    """Methods, callable objects and partials are tools too, without their self."""
    tool = tool_of(function)
    assert (tool.name, tool.description) == (name, description)
    assert "self" not in tool.parameters["properties"]


def test_a_function_without_parameters_takes_nothing() -> None:
    """Its schema is an empty closed object."""

    def now() -> str:
        return ""

    empty = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    assert tool_of(now).parameters == empty


@pytest.mark.parametrize(
    ("function", "kind", "match"),
    [
        (no_annotation, TypeError, "no_annotation: the parameter city needs an annotation"),
        (positional, TypeError, "arguments by name, which city: str cannot take"),
        (variadic, TypeError, r"arguments by name, which \*cities: str cannot take"),
        (typed_elsewhere, TypeError, "cannot be resolved: name 'Decimal' is not defined"),
        (Desk, TypeError, "a Tool or a function, not the class Desk"),
        ("weather", TypeError, "a Tool or a function, not an instance of str"),
        (lambda: None, ValueError, "letters, digits"),
    ],
)
def test_what_cannot_be_a_tool_is_refused(function: Any, kind: type[Exception], match: str) -> None:
    """The error comes when the tool is made, and says what to change."""
    with pytest.raises(kind, match=match):
        tool_of(function)
