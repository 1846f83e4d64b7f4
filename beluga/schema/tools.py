"""What a model is told about a tool that it may call: said whole, or read from a plain function."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

import attrs

from beluga.schema.parts import as_dict, is_str

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Tool", "tool_of"]

_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


_NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}}


@attrs.frozen
class Tool:
    """A tool that a model may call.

    Args:
        name: Up to 64 letters, digits, ``_`` and ``-``, as the providers ask.
        description: What it does and when to use it, for the model.
        parameters: The JSON schema of its arguments; by default it takes none.

    Raises:
        ValueError: When the name would be refused by the providers.
    """

    name: str = attrs.field(validator=is_str)
    description: str = attrs.field(default="", validator=is_str)
    parameters: dict[str, Any] = attrs.field(
        factory=lambda: {"type": "object", "properties": {}}, converter=as_dict, hash=False
    )

    def __attrs_post_init__(self) -> None:
        if not _TOOL_NAME.fullmatch(self.name):
            message = f"a tool's name is 1 to 64 letters, digits, '_' or '-', not {self.name!r}"
            raise ValueError(message)


def is_tool(given: Any) -> bool:
    """Say whether a dict or an object describes a tool as OpenAI, Anthropic or MCP do."""
    return _described(given) is not None


def _described(given: Any) -> tuple[str, str, Any] | None:
    """Return name, description and schema of a stranger's tool: a dict, a tool of MCP, or a pydantic model."""
    if isinstance(given, type):
        schema = getattr(given, "model_json_schema", None)
        return (given.__name__, inspect.getdoc(given) or "", schema()) if callable(schema) else None
    inner = _field(given, "function")
    source = inner if isinstance(inner, dict) else given
    name, description = _field(source, "name"), _field(source, "description")
    schemas = (_field(source, field) for field in ("parameters", "input_schema", "inputSchema"))
    schema = next((each for each in schemas if isinstance(each, dict)), _NO_ARGUMENTS if source is inner else None)
    if not isinstance(name, str) or schema is None:
        return None
    return name, description if isinstance(description, str) else "", schema


def _field(holder: Any, name: str) -> Any:
    return holder.get(name) if isinstance(holder, dict) else getattr(holder, name, None)


def tool_of(function: Tool | Callable[..., Any] | type | dict[str, Any]) -> Tool:
    """Return what a model is told about a function that it may call.

    The name is the function's, the description is its docstring up to the first section, and each parameter
    is described by its annotation and by what the section ``Args:`` or an ``Annotated[..., "text"]`` says.
    A decorated function is seen as the function below. A `Tool` is returned as it is.

    Args:
        function: A function, method, partial or callable object whose parameters can all be given by name; or a
            pydantic model, or a tool as OpenAI, Anthropic or MCP describe one.

    Raises:
        TypeError: When a parameter has no annotation, cannot be given by name, or is of a type that JSON has
            no form for.
        ValueError: When the name is not one that providers take.

    Example:
        >>> def weather(city: str, days: int = 1) -> str:
        ...     '''Tell the weather.
        ...
        ...     Args:
        ...         city: In any language.
        ...     '''
        >>> tool = tool_of(weather)
        >>> tool.name, tool.description, tool.parameters["required"]
        ('weather', 'Tell the weather.', ['city'])
        >>> tool.parameters["properties"]["city"]
        {'type': 'string', 'description': 'In any language.'}
    """
    if isinstance(function, Tool):
        return function
    described = _described(function)
    if described is not None:
        return Tool(*described)
    if not callable(function) or isinstance(function, type):
        what = "the class" if isinstance(function, type) else "an instance of"
        name = function.__name__ if isinstance(function, type) else type(function).__name__
        message = f"a tool is a Tool or a function, not {what} {name}"
        raise TypeError(message)
    # Who only sends messages needs no schemas: importing beluga.schema takes 5 of 20 ms less.
    from beluga._types.annotations import read_function
    from beluga._types.json_schema import describe

    arguments = read_function(function)
    return Tool(arguments.name, arguments.doc, describe(attrs.evolve(arguments, doc="")))
